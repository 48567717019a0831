/* Whether everybody on this machine may read a file: then a user who sends it gives nothing away that is hers alone. */
#ifndef PUBLIC_H
#define PUBLIC_H

#include "base/util.h"

/* The directory that was looked at last: files come many at a time from few. {0} at first; public_end frees. */
struct public_look {
	char *given, *real; /* its path as it was asked for; without links */
	char *dir;	    /* the last whose way was looked at, */
	bool searchable;    /* by everybody, with all on the way to it */
};
/* True for a regular file that isn't the caller's own, with mode 0444 at least, every directory on its way (links followed) with 0111 at
 * least, no extended ACL on any of them; on FUSE, whose modes may hold for nobody else, never. dev and ino: what it is to be still. */
bool public_file(struct public_look *, const char *file, uint64_t dev, uint64_t ino);
void public_end(struct public_look *); /* frees what it remembers */
#endif
