/* What a job's processes take. */
#ifndef USAGE_H
#define USAGE_H

#include "base/util.h"

struct usage {
	pid_t program;	      /* 0: it has ended, or not begun */
	char state;	      /* of it, as proc has it: R, S, D, T, t, Z */
	uint64_t cpu, memory; /* milliseconds, of children that have ended too; bytes that are in memory */
};
/* Of all processes below a keeper, whose first child is the program; what has ended in the meantime is left out. */
void usage_below(int proc, pid_t keeper, struct usage *);
#endif
