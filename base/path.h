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
#define PATH_TEXT (MAX_DEPTH * 11 + 1)

/* Order of a walk through the tree, parents before children, ids rising: <0, 0, >0. */
int path_compare(const struct path *, const struct path *);
bool path_equal(const struct path *, const struct path *);
bool path_under(const struct path *below, const struct path *above); /* above is below itself or an ancestor of it */
int path_push(struct path *, uint32_t id);			     /* one level down; -1 when it is too deep */
struct path path_parent(const struct path *);			     /* of depth > 0 */
/* "1:5:3"; "master" for depth 0. Returns out. */
char *path_text(const struct path *, char out[PATH_TEXT]);
void put_path(struct buf *, const struct path *); /* u8 depth, u32 ids */
struct path take_path(struct reader *);
#endif
