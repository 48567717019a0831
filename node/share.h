/* What each user makes the master hold: clients, launches. All users but root and the master's own have one budget, in fair shares. */
#ifndef SHARE_H
#define SHARE_H

#include "base/util.h"

/* Bytes that a client of a user who may launch is counted as: what it may have sent and not taken; doc/architecture.md has the sum. */
#define SHARE_CLIENT (640u << 10)

/* Counts so many bytes more to a user: false when the share does not allow it (see share_refusal). Root and the master's own user
 * are not counted. */
bool share_take(uint32_t uid, size_t bytes);
void share_give(uint32_t uid, size_t bytes);	 /* what was taken */
char *share_refusal(uint32_t uid, size_t bytes); /* why share_take says no, for that user; caller frees */
#endif
