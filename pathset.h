/* Sets of node paths: folded into the shortest spec that selects exactly them, and counted. */
#ifndef PATHSET_H
#define PATHSET_H

#include "base/path.h"

/* Paths (sorted by path_compare, no doubles; the master is left out) as a short spec that selects exactly them:
 * "1-4,9,1:5-7,2-3:1-8", level by level. Lists of the same ids below neighbouring parents are folded together. Caller frees. */
char *pathset_fold(const struct path *paths, size_t count);
/* Nodes in what pathset_fold or nodespec_missing wrote, perhaps with host names behind; at most UINT64_MAX. */
uint64_t pathset_count(const char *folded);

/* ---- the same in parts, for a matcher of specs ---- */

#define LARGEST_ID UINT32_MAX
struct range {
	uint32_t lo, hi;
};
bool range_is_open(const struct range *); /* "." or "5-.", which name no node by its number */

/* Zeroed: none. */
struct boxes {
	struct range *at[MAX_DEPTH + 1]; /* by depth; each box is depth ranges in a row */
	size_t count[MAX_DEPTH + 1], room[MAX_DEPTH + 1], total;
};
void boxes_add(struct boxes *, const struct range *box, uint32_t depth); /* copies depth ranges; depth is 1 to MAX_DEPTH */
void boxes_free(struct boxes *);					 /* what they hold */
char *boxes_fold(struct boxes *); /* as pathset_fold; their order is lost. The caller frees the text */
#endif
