/* Places for mounts that a job makes, with its user's rights, in directories of the node's that everybody writes to: what was shipped can
 * be at its own path there without a view of the directory that can't be written. Gone with the last job that uses them. */
#ifndef FOOTHOLD_H
#define FOOTHOLD_H

#include "base/util.h"

struct foothold {
	char *path; /* no leading slash */
	int fd;	    /* holds a lock on it: it is used */
	bool is_dir;
};
struct footholds {
	struct foothold *at;
	size_t count, room;
};

bool foothold_is(mode_t mode, uid_t owner, uid_t user); /* a directory with that mode and owner may be one of the user's */
/* An empty directory or file of the user's below root, made or found: a descriptor, borrowed; or -1: something else is there, or it can't
 * be made. As the user, with an umask of 0. */
int foothold_make(struct footholds *, int root, const char *path, bool is_dir, uid_t user);
/* Removes those that no other job uses. As the user, in the node's own mount namespace. Frees all. */
void foothold_leave(struct footholds *);
#endif
