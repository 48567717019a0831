/* A walk along a file's path, a part at a time, as the kernel makes it. It opens nothing: the caller says which part is a link. */
#ifndef WALK_H
#define WALK_H

#include "base/buf.h"

/* The next part of a path that is neither empty nor "."; NULL at its end. *at moves behind it and the slashes that follow. */
const char *next_part(const char **at, size_t *len);
bool part_is_up(const char *part, size_t len); /* ".." */
/* The path leads on from a directory, whose name has no slash at its end; from "" every path does but "" itself. */
bool lies_below(const char *path, const char *dir);
const char *last_part(const char *path); /* within path, behind its last slash */

struct walk {
	struct buf place; /* as it would be opened: the beginning, and "/part" for each level; a NUL that .len does not count */
	size_t begin;	  /* bytes of the beginning, which ".." does not shorten */
	char *rest;	  /* the parts that are left, */
	const char *at;	  /* from here on */
	unsigned links;	  /* followed so far */
};
enum walk_step { WALK_END, WALK_UP, WALK_DOWN };

/* A walk along path that nothing leads above its beginning: "" for the root directory, or the name of another root. Both are copied; the
 * caller frees by walk_end. */
struct walk walk_from(const char *begin, const char *path);
enum walk_step walk_step(struct walk *);     /* takes the next part; at the end nothing changes */
bool walk_goes_on(const struct walk *);	     /* something is left of the path, if only "." */
const char *walk_whole(const struct walk *); /* the place; borrowed until the next step */
const char *walk_inside(
	const struct walk *); /* the place without what it begins with: "/usr/bin", "" at the beginning; borrowed likewise */
/* The part just taken is a link with this target: the walk goes on along the target, from the beginning when that is absolute. 0, or
 * -1 with errno: ELOOP after 40 links, as in the kernel (namei.h, MAXSYMLINKS), ENAMETOOLONG when more than 64 KiB are left to go. */
int walk_follow(struct walk *, const char *target);
void walk_end(struct walk *); /* frees; errno stays as it was */
#endif
