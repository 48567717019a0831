/* One job on this node: its view, its files, its processes. The daemon only ever talks to the keeper. */
#ifndef WORKER_H
#define WORKER_H

#include "run/store.h"
#include "run/view.h"

/* Made once, at start-up, before any link: private mount propagation, a mount namespace (and, without root, a user namespace
 * that maps the caller's uid to itself), subreaper, the binRoot directory. */
struct worker_setup {
	const char *binroot;		/* absolute */
	uint64_t budget;		/* of the store; 0: half of the memory */
	bool private;			/* -p */
	bool runs_jobs;			/* false on a master: needs only a store */
	bool no_overlay, no_namespaces; /* as if the kernel had none: for trying what is done then */
};
struct worker;
struct worker *worker_open(const struct worker_setup *); /* NULL with worker_error() */
void worker_tidy(struct worker *);			 /* now and then, without hurry: gives back what nobody uses */
void worker_close(struct worker *);			 /* removes binRoot when it was made here and nobody uses it, and the store */
const char *worker_error(void);
struct store *worker_store(struct worker *);
/* What this node can't do and how it makes do, one text (no overlay, no mount namespace...); "" when all is there. */
const char *worker_limits(const struct worker *);

/* What to run; borrowed for the call of worker_start only. */
struct work {
	uint64_t job;
	const struct object_name *manifest_name; /* NULL: nothing was shipped */
	const struct manifest *manifest;	 /* all its blobs are whole in the store and pinned by the caller until PROC_GONE */
	bool localbin;
	bool glob; /* expand arguments under binRoot that hold * ? [ */
	enum view view;
	char *const *argv; /* NULL-ended; argv[0] as typed */
	char *const *env;  /* NULL-ended; GPROC_ROOT and PATH are added here, the others by the caller */
	const char *cwd;   /* the caller's, or with node_cwd a directory of the node's own */
	bool node_cwd;
	uint32_t umask;	   /* the caller's, and its soft limits: see struct surroundings */
	const uint64_t *limits;
	uint32_t limit_count;
	uint32_t uid, gid;
	const uint32_t *groups;
	size_t group_count;
	bool tell_start; /* PROC_STARTED is wanted */
	bool give;	 /* there is no room to copy all: hand over what can be */
};

/* Bytes of the budget that the job's own files take beside their contents in the store: copies of all of them, or with `give` without
 * those that are handed over, if nobody else has them pinned; what is handed over is gone from the store, and a later launch asks for it
 * anew. NULL: nothing was shipped. */
uint64_t worker_needs(const struct worker *, const struct manifest *, bool give);

struct proc; /* a keeper and what it keeps; owned by the worker, freed by proc_free */
/* Never blocks and does nothing but fork: the keeper does the rest and reports. NULL with worker_error() (no process to be had). */
struct proc *worker_start(struct worker *, const struct work *);
int proc_output(const struct proc *, int stream); /* 1 or 2: non-blocking descriptor to read; the caller closes by proc_close_output */
void proc_close_output(struct proc *, int stream);
int proc_control(const struct proc *); /* descriptor that becomes readable when proc_event has something */

enum proc_event {
	PROC_NOTHING, /* not now */
	PROC_PLACED,  /* between keeper and worker: the job's own files are made */
	PROC_STARTED, /* the program was exec'd; only where work.tell_start asked for it */
	PROC_FAILED,  /* it could not be: status 126, 127 or 255, and a text; 0: nobody knows how it ended */
	PROC_EXITED,  /* the program itself has ended: wait status as of waitpid; the text is "" when it left no process behind */
	PROC_NOTE,    /* something that its user should know: a text; status 1: only where the program fails; before PROC_EXITED */
	PROC_GONE,    /* keeper and all the job's processes are gone; follows every other; the job's mount is gone */
};
struct proc_report {
	enum proc_event event;
	int status;	/* PROC_FAILED: exit status to report; PROC_EXITED: as waitpid has it */
	char text[512]; /* PROC_FAILED: why, in the user's words; PROC_NOTE: what */
};
/* The next report, PROC_NOTHING when there is none yet. Each proc yields STARTED then EXITED, or FAILED, then GONE; a keeper
 * that was killed yields FAILED ("its keeper was killed") before GONE when nothing else was reported; after proc_kill, EXITED. */
struct proc_report proc_next(struct proc *);
int proc_signal(struct proc *, int signal); /* to the job's process group, and to the program if it has left it */
void proc_kill(struct proc *);		    /* everything that belongs to the job, surely */
/* For each PROC_PRESS_MS that PROC_GONE doesn't come after proc_kill: a keeper that hasn't heard of it is killed itself, and what a dead
 * one left is hunted. */
void proc_press(struct proc *);
enum { PROC_PRESS_MS = 1000 };
void proc_free(struct worker *, struct proc *); /* after PROC_GONE */
/* Called by the daemon for every child that waitpid gave it: keepers, and orphans of dead keepers, which are killed. */
void worker_reaped(struct worker *, pid_t pid, int status);
/* When daemon shuts down: kill all, then wait (blocking, at most the milliseconds given) until all are gone. */
void worker_end(struct worker *, unsigned wait_ms);
#endif
