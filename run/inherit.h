/* What a process passes on to those that it starts and a job must not have from the daemon. doc/security.md lists all of it. */
#ifndef INHERIT_H
#define INHERIT_H

#include "base/util.h"

/* In a keeper, for itself and all that it starts: puts back to the usual what would be an advantage or a surprise to a job: the place when
 * memory runs out, keys, the login's user, priorities, what prctl sets, inheritable capabilities. proc: a proc file system, or -1.
 * 0, or -1 with errno where a job would have the daemon's keys. */
int inherit_shed(int proc, uid_t user);
/* In a process that has become a user other than root: all capabilities, however the daemon had it that they are kept. -1 with errno. */
int inherit_renounce(void);
#endif
