/* The processes below one, and what proc says of them. */
#ifndef BELOW_H
#define BELOW_H

#include "base/util.h"

/* A process by its directory in proc, which is never another's of the same number: what is read through it after its end fails. -1: there
 * is none. */
int open_process(int proc, pid_t pid);
long status_number(int process, const char *name); /* behind a name, "\nUid:", in its status; -1 when it isn't there */

struct visitor {
	void (*process)(void *owner, int process);
	void (*thread)(void *owner, int thread); /* of each process that was visited; NULL: they are passed over */
	void *owner;
};
/* Visits a child of that parent, and then all below it: some thousand processes at most, and no more than 64 generations. Needs a proc file
 * system that lists children. */
void below_visit(int proc, pid_t child, pid_t parent, const struct visitor *);
#endif
