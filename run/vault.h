/* A private file system that no path leads to, and the sure removal of what others may have built in it. */
#ifndef VAULT_H
#define VAULT_H

#include "base/util.h"

struct vault {
	int dir;	  /* its top directory, close-on-exec; mode 0700 */
	bool mounted;	  /* a tmpfs of its own; else a directory of another file system */
	char *path;	  /* of that directory; NULL when mounted */
	const char *over; /* what it is mounted over */
};

/* A tmpfs of `size` bytes and so many inodes in this process's mount namespace (which must be its own, with private propagation), hidden
 * between a directory and a clone of that directory: paths go on meaning what they meant. It belongs to the namespace, so open_tree can
 * clone its directories. The process's root may become the clone. -1 with vault_error(). */
int vault_mount(struct vault *, uint64_t size, uint64_t inodes);
/* An own directory, ".store-<pid>.<n>", in `parent` instead; those there that killed processes of this user left are removed. */
int vault_make(struct vault *, const char *parent);
void vault_close(struct vault *); /* removes all that is in it */
const char *vault_error(void);	  /* why the last call failed; borrowed until the next */

/* Removes a file, or a directory with all that is in it, however deep, following no link. 0, or -1 with errno when something is
 * left, as where a user makes more in it than there can have been; 0 when it was not there. As root each directory is taken from its owner
 * first, who may have it open still. */
int remove_tree(int dir, const char *name);
#endif
