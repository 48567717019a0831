/* The keeper: the process that makes one job's view, runs its program, reaps and kills all that comes of it. */
#ifndef KEEPER_H
#define KEEPER_H

#include "run/facts.h"
#include "run/task.h"

/* What a keeper reports of its job. */
enum proc_event {
	PROC_NOTHING, /* no report yet */
	PROC_PLACED,  /* between keeper and worker, with tell_placed: the job's own files are made */
	PROC_STARTED, /* the program was exec'd; only where task.wants_start asked for it */
	PROC_FAILED,  /* the program could not be started */
	PROC_EXITED,  /* the program itself has ended */
	PROC_NOTE,    /* something that the job's user should know; before PROC_EXITED */
	PROC_GONE,    /* the last report, the worker's own: keeper, all processes of the job and its mounts are gone */
};
struct proc_report {
	enum proc_event event;
	int status;	/* FAILED: 126, 127 or 255, or 0 when it is unknown how it ended; EXITED: as waitpid has it; NOTE: 1 when it is
			 * of use only where the program fails */
	bool lingers;	/* EXITED: processes of the job live on */
	uint64_t ran;	/* EXITED: milliseconds since its start */
	char text[512]; /* FAILED: why, in the user's words; NOTE: what */
};

/* What one keeper is given. */
struct setup {
	const struct node_facts *facts;
	const struct task *task;
	char name[48];		   /* names the job's own things in the store */
	const bool *lower;	   /* by entry of its manifest: what is shown from below, see unpack.h; NULL: nothing */
	char given[72];		   /* what the names of contents handed over to it begin with: see unpack.h */
	int control, in, out, err; /* the keeper's ends; in -1: none */
	bool tell_placed;	   /* PROC_PLACED is wanted */
	int devices;		   /* a detached mount to be the job's /dev/pts, or -1 */
};

/* In a freshly forked process: does it all and exits, with 0 when nothing of the job is left. */
void keeper_run(struct setup *) __attribute__((noreturn));

/* From keeper to daemon: u8 event, u32 status, u8 lingers, string. From daemon to keeper: u8 signal, KEEPER_KILL to end all. */
enum { KEEPER_KILL = 255 };
#endif
