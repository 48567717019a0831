/* A walk along a file's path, a part at a time, as the kernel makes it. It opens nothing: the caller says which part is a link. */
#ifndef WAY_H
#define WAY_H

#include "base/buf.h"

/* The next part of a path that is neither empty nor "."; NULL at its end. *at moves behind it and the slashes that follow. */
const char *next_part(const char **at, size_t *len);
bool part_is_up(const char *part, size_t len); /* ".." */
/* The path leads on from a directory, whose name has no slash at its end; from "" every path does but "" itself. */
bool lies_below(const char *path, const char *dir);
const char *last_part(const char *path); /* within path, behind its last slash */

struct way {
	struct buf place; /* as it would be opened: the beginning, and "/part" for each level; a NUL that .len does not count */
	size_t begin;	  /* bytes of the beginning, which ".." does not shorten */
	char *rest;	  /* the parts that are left, */
	const char *at;	  /* from here on */
	unsigned links;	  /* followed so far */
};
enum way_step { WAY_END, WAY_UP, WAY_DOWN };

/* A walk along path that nothing leads above its beginning: "" for the root directory, or the name of another root. Both are copied; the
 * caller frees by way_end. */
struct way way_from(const char *begin, const char *path);
enum way_step way_step(struct way *);	    /* takes the next part; at the end nothing changes */
bool way_goes_on(const struct way *);	    /* something is left of the path, if only "." */
const char *way_whole(const struct way *);  /* the place; borrowed until the next step */
const char *way_inside(const struct way *); /* the place without what it begins with: "/usr/bin", "" at the beginning; borrowed likewise */
/* The part just taken is a link with this target: the walk goes on along the target, from the beginning when that is absolute. 0, or
 * -1 with errno: ELOOP after 40 links, as in the kernel (namei.h, MAXSYMLINKS), ENAMETOOLONG when more than 64 KiB are left to go. */
int way_follow(struct way *, const char *target);
void way_end(struct way *); /* frees; errno stays as it was */
#endif
