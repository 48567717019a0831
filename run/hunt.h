/* Ends what a plain kill does not: a process that waits, dead or dying, for another one of its own job. */
#ifndef HUNT_H
#define HUNT_H

#include "base/util.h"

/* Kills what lives below a child of this process that has been killed and doesn't end, and what traces it or them, where that is the
 * same user's and not root's. The server of a file system, or the tracer, that a killed process waits for may be its own child, which
 * becomes ours only when it ends. At most some thousand processes a call: call it again while the child stays. Needs a proc file
 * system that lists children. */
void hunt_below(int proc, pid_t child);
#endif
