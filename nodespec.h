/* Which nodes a user means: a spec made into a matcher of paths, and a set of paths made into a spec. */
#ifndef NODESPEC_H
#define NODESPEC_H

#include "base/path.h"

struct nodespec;

#define NODESPEC_MAX 65536 /* bytes of a spec */

/* Reads a spec. The grammar is the README's with ":" (only what lies below), "..." (everything from here down) and "5-." (5 and up); a
 * range up to 4294967295 is an open one. Leading zeros are dropped. No spec selects the master. NULL: nodespec_error() says what is wrong
 * and at which column. The caller frees with nodespec_free. */
struct nodespec *nodespec_parse(const char *text);
const char *nodespec_error(void);				     /* why the last parse failed; borrowed until the next */
void nodespec_free(struct nodespec *);				     /* NULL is allowed */
bool nodespec_matches(const struct nodespec *, const struct path *); /* the spec selects that node */

/* Several specs against all known nodes (sorted by path_compare, no doubles) at once, in time that grows with the nodes plus the parts of
 * the specs. Known nodes and specs must outlive the search. missing: also find out which named nodes are not among the known ones. */
struct nodespec_search *nodespec_search_new(
	const struct nodespec *const *, size_t specs, const struct path *const *known, size_t count, bool missing);
bool nodespec_search_go(
	struct nodespec_search *, size_t steps);     /* does about so much more of it, 100,000 in a millisecond or so; true: done */
void nodespec_search_free(struct nodespec_search *); /* NULL is allowed */
/* Of a search that is done: a spec selects known node i; and does so by numbers and closed ranges alone, no "." "5-." or "..." on the way.
 */
bool nodespec_selected(const struct nodespec_search *, size_t i);
bool nodespec_named(const struct nodespec_search *, size_t i);
/* The named nodes that are not known, folded as pathset_fold does; "" when all are. Nodes that `except` selects (NULL: none) are not among
 * them, as far as the list is one of 5,000 nodes or fewer. Ranges are never counted out one by one otherwise; no more than 5,000 pieces are
 * listed. Where a missing "5" exists elsewhere as "1:5", *hint is "1:5", the first such (else NULL; the caller frees both). */
char *nodespec_missing(struct nodespec_search *, const struct nodespec *except, char **hint);
/* The same of ways to what is open: of "8:." node 8, which is not selected itself. Behind a "." nothing is missing. */
char *nodespec_missing_ways(struct nodespec_search *);

/* Paths (sorted by path_compare, no doubles; the master is left out) as a short spec that selects exactly them:
 * "1-4,9,1:5-7,2-3:1-8", level by level. Lists of the same ids below neighbouring parents are folded together. Caller frees. */
char *pathset_fold(const struct path *paths, size_t count);
uint64_t pathset_count(const char *folded); /* nodes in what pathset_fold or nodespec_missing wrote; at most UINT64_MAX */
#endif
