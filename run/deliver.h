/* Puts what `gproc cp` sent where the node itself has its files, with the user's rights. */
#ifndef DELIVER_H
#define DELIVER_H

#include "run/unpack.h"

struct delivery {
	struct unpacking from; /* the store's, with a manifest; the owner is the user, who is acted as where give is set */
	const uint32_t *groups;
	size_t group_count;
	const char *base; /* an absolute directory; links on the way to it are followed, below it none */
	const char *prefix; /* of the entries that are put there; it is no part of their place */
	bool make;	  /* it is made, with what is missing on the way */
};
/* Each file appears whole or not at all, in place of a file or link of that name, and a directory is never replaced by something else nor the
 * other way round. What fails does not keep the rest from being put there. 0, or -1 with a text: the first that failed, why, and how many
 * others. The calling process has one user's groups afterwards. */
int deliver(const struct delivery *, char *why, size_t size);
/* Says of each entry of a manifest, as '1' or '0' on `out`, whether a file of the user's own with these contents is in its place below base
 * already. The calling process is the user. 0, or -1 with errno: its reader is gone. */
int deliver_compare(const struct manifest *, const char *base, int out);
#endif
