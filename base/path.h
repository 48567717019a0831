/* A node's place in the tree, as a value: the ids from below the master down to the node. */
#ifndef PATH_H
#define PATH_H

#include "base/buf.h"

/* A path is a plain value, so its depth has a limit: 32 levels of only two children each would be four thousand million nodes. */
#define MAX_DEPTH 32
struct path {
	uint32_t depth; /* 0: the master itself */
	uint32_t id[MAX_DEPTH];
};
#define PATH_TEXT (MAX_DEPTH * 11 + 1) /* bytes of the longest text, with its NUL */

/* Order of a walk through the tree, parents before children, ids rising: below, at or above 0. */
int path_compare(const struct path *, const struct path *);
/* The place of a path among sorted ones; count: it is not there. */
size_t paths_find(const struct path *, size_t count, const struct path *);
bool path_equal(const struct path *, const struct path *);	     /* the same node */
bool path_under(const struct path *below, const struct path *above); /* the same, or above is an ancestor */
int path_push(struct path *, uint32_t id);			     /* one level down; 0, or -1 and unchanged at MAX_DEPTH */
struct path path_parent(const struct path *);			     /* of a path that is not the master's */
/* "1:5:3", or "master" for depth 0, into out. Returns out. */
char *path_text(const struct path *, char out[PATH_TEXT]);
void put_path(struct buf *, const struct path *); /* u8 depth, u32 ids */
struct path take_path(struct reader *);		  /* bad when it is deeper than MAX_DEPTH */
#endif
