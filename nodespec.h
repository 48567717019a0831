/* Which nodes a user means: a spec made into a matcher of paths, and a set of paths made into a spec. */
#ifndef NODESPEC_H
#define NODESPEC_H

#include "base/path.h"

struct nodespec;

/* Reads a spec. The grammar is the README's with ":" (only what lies below), "..." (everything from here down) and "5-." (5 and up); a
 * range up to 4294967295 is an open one. Leading zeros are dropped. No spec selects the master. NULL: nodespec_error() says what is wrong
 * and at which column. The caller frees with nodespec_free. */
struct nodespec *nodespec_parse(const char *text);
const char *nodespec_error(void);				     /* why the last parse failed; borrowed until the next */
void nodespec_free(struct nodespec *);				     /* NULL is allowed */
bool nodespec_matches(const struct nodespec *, const struct path *); /* the spec selects that node */

/* The nodes that the spec names by number and that are not among the known ones (sorted by path_compare, no doubles), folded as
 * pathset_fold does; "" when all are known. Of "8:." node 8 is the missing one. Behind a "." an id is missing only where no known node
 * has it: ".:99". Ranges are never counted out one by one, so "1-4000000000" costs nothing; no more than 100,000 pieces are listed.
 * Where a missing "5" exists elsewhere as "1:5", *hint is "1:5", the first such (else NULL; the caller frees both). */
char *nodespec_missing(const struct nodespec *, const struct path *known, size_t count, char **hint);

/* Paths (sorted by path_compare, no doubles; the master is left out) as a short spec that selects exactly them:
 * "1-4,9,1:5-7,2-3:1-8", level by level. Lists of the same ids below neighbouring parents are folded together. Caller frees. */
char *pathset_fold(const struct path *paths, size_t count);
#endif
