/* What a process passes on to those that it starts and a job must not have from the daemon. doc/security.md lists all of it. */
#ifndef INHERIT_H
#define INHERIT_H

#include "base/util.h"

/* In a daemon that runs jobs, when it has its namespaces: puts back to the usual what only a process itself can change, so that all that
 * it forks has it so: what prctl sets, the personality, inheritable and ambient capabilities, where requested keys are put.
 * The audit's login uid that it has, UINT32_MAX without one. proc: a proc file system, or -1. */
uint32_t inherit_settle(int proc);
/* In a keeper, for itself and all that it starts, the rest of it: the place when memory runs out, keys, the login's user, priorities.
 * login: the daemon's, as above. 0, or -1 with errno where a job would have the daemon's keys. */
int inherit_shed(int proc, uint32_t login, uid_t user);
/* In a process that has become a user other than root: all capabilities, however the daemon had it that they are kept. -1 with errno. */
int inherit_renounce(void);
#endif
