/* The program of a job: which file it is, with which arguments and environment, and how it is started as its user. */
#ifndef LAUNCH_H
#define LAUNCH_H

#include "run/facts.h"

/* The start of one program. All that the child needs is made before the fork, for it shares our memory until it execs. What is made is
 * freed by exec or exit. */
struct start {
	const struct node_facts *facts;
	const struct work *work;
	const char *tree, *own; /* where in the store the shipped files are; "" when nothing was shipped */
	int store, proc;	/* descriptors of the store and of a proc file system */

	char *program; /* the shipped program's real path inside the root, no leading slash */
	char *path;    /* to exec */
	char **argv, **env;
	char *cwd;
	const char *doing; /* what failed in the child before exec, */
	int error;	   /* and its errno; 0 when the program runs */
	int status;	   /* for PROC_FAILED, */
	char why[512];	   /* and its text */
};

/* In the job's view: finds the program and makes its arguments and environment. 0, or -1 with status and why. */
int launch_make(struct start *);
/* Starts it, in a session of its own, on descriptors 0, 1 and 2. Its pid once it runs; -1 with status and why. */
pid_t launch_run(struct start *);
#endif
