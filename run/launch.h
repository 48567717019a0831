/* The program of a job: which file it is, with which arguments and environment, and how it is started as its user. */
#ifndef LAUNCH_H
#define LAUNCH_H

#include <sys/stat.h>

#include "run/facts.h"
#include "run/task.h"

/* The start of one program. */
struct start {
	const struct node_facts *facts;
	const struct task *task;
	const char *tree, *own; /* where in the store the shipped files are; "" when nothing was shipped */
	const char *given;	/* what the names of contents begin with that the store has handed over */
	const struct strings *merged; /* of its view: see struct view_plan */
	int store, proc;	/* descriptors of the store and of a proc file system */

	bool by_hand;  /* the carried loader runs it */
	char *program; /* the shipped program's real path inside the root, no leading slash */
	bool is_known; /* what it is in the store: so is it where the view shows it, */
	struct stat known;
	char *path; /* to exec: the child finds it */
	char **argv, **env;
	char *cwd;
	pid_t pid;
	int report;	  /* becomes readable when launch_state may have changed; -1 once it can't change any more */
	int held;	  /* its other end: while it is held an exec, which closes the child's, wakes nobody; -1: it isn't */
	bool over;	  /* the child has ended: what it said is all that comes */
	struct buf said;  /* by the child */
	uint32_t lowered; /* bits, by the numbers of struct surroundings: limits of the caller's that are beyond what is allowed here */
	char hint[400];	  /* "": where sent files lie that arguments name and that are not at their own paths */
	char note[400];	  /* "": what the user is told of the start, however it ends */
	int status;	  /* for PROC_FAILED, */
	char why[512];	  /* and its text */
};

/* In the job's view: finds the program and makes its environment. 0, or -1 with status and why. */
int launch_make(struct start *);
/* Begins to start it, in a child with a session of its own, on descriptors 0, 1 and 2: there it becomes the user, looks at what the
 * user's files say of how to run it, expands its arguments, and execs. Its pid is in the launch; nothing is waited for, as the user
 * can stop it. 0, or -1 with status and why. */
int launch_run(struct start *);

enum launch_state {
	LAUNCH_STARTING,
	LAUNCH_EXPANDING, /* its arguments, which should not take long; with no report left: it ended at that */
	LAUNCH_RUNS,	  /* it was exec'd, or has ended before */
	LAUNCH_FAILED,	  /* with status and why; the child ends */
};
enum launch_state launch_state(struct start *); /* as of now */
/* The child has ended. Without it, and without task.wants_start, nothing tells of an exec. */
void launch_over(struct start *);
#endif
