/* The keeper: the process that makes one job's view, runs its program, reaps and kills all that comes of it. */
#ifndef KEEPER_H
#define KEEPER_H

#include "run/facts.h"

/* What one keeper is given. */
struct keep {
	const struct node_facts *facts;
	const struct work *work;
	char name[48];	       /* names the job's own things in the store */
	char given[72];	       /* what the names of contents handed over to it begin with: see place.h */
	int control, out, err; /* the keeper's ends */
};

/* In a freshly forked process: does it all and exits, with 0 when nothing of the job is left. */
void keeper_run(struct keep *) __attribute__((noreturn));

/* From keeper to daemon: u8 event, u32 status, string. From daemon to keeper: u8 signal, KEEPER_KILL to end all. */
enum { KEEPER_KILL = 255 };
#endif
