/* A walk along a file's path, a part at a time, as the kernel makes it. Opens nothing: what is a link, the caller says. */
#ifndef WAY_H
#define WAY_H

#include "base/buf.h"

/* The next part of a path that is neither empty nor "."; NULL at its end. *at moves behind it and the slashes that follow. */
const char *next_part(const char **at, size_t *len);
bool part_is_up(const char *part, size_t len); /* ".." */

struct way {
	struct buf place; /* where it has come to: what it begins with, and "/part" for each level; a NUL that .len does not count */
	size_t begin;	  /* bytes of the place that ".." does not take away */
	char *rest;	  /* what is still to go, */
	const char *at;	  /* from here on */
	unsigned links;	  /* followed so far */
};
enum way_step { WAY_END, WAY_UP, WAY_DOWN };

/* Walks path from a directory that nothing on the way leads above: "" for the root, or a root's own name. Copies both. way_end frees. */
struct way way_from(const char *begin, const char *path);
enum way_step way_step(struct way *);	    /* takes the next part; at the end the way stays as it is */
bool way_goes_on(const struct way *);	    /* parts are left */
const char *way_whole(const struct way *);  /* the place, as it would be opened; borrowed until the next step */
const char *way_inside(const struct way *); /* the place without what it begins with: "/usr/bin", "" at the beginning; borrowed likewise */
/* What was just stepped down to is a link with that target: the way goes on from there, or from the beginning when the target is absolute.
 * -1 with ELOOP after 40 links, as in the kernel (namei.h, MAXSYMLINKS), and ENAMETOOLONG when more than 64 KiB are left to go. */
int way_follow(struct way *, const char *target);
void way_end(struct way *); /* errno stays as it was */
#endif
