/* What host names and groups in a spec stand for, as the map is now, and /etc/gproc/groups. */
#ifndef NAMES_H
#define NAMES_H

#include "node/map.h"
#include "nodespec.h"

/* A spec, searched for among known nodes. */
struct found {
	struct nodespec *spec;
	struct nodespec_search *search;	    /* done */
	struct strings absent, absent_ways; /* names that no node has: of nodes that are named; of those on the way to what is open */
};
void found_free(struct found *); /* frees what it holds, and empties it */

/* The names of one request: what a group stands for is found out once. The nodes must outlive it; paths are theirs. The caller frees. */
struct lookup *lookup_new(struct member *const *, const struct path *const *paths, size_t count);
void lookup_free(struct lookup *); /* NULL is allowed */

/* Begins to search for a spec; 0, or -1 with names_error(). A step of a millisecond or so: when it is LOOKED_UP *out is filled, which the
 * caller frees; LOOKED_UP_BADLY: names_error() says what is wrong with a name or a group. */
enum lookup_state { LOOKING_UP, LOOKED_UP, LOOKED_UP_BADLY };
int lookup_begin(struct lookup *, const char *text); /* text is copied */
enum lookup_state lookup_go(struct lookup *, struct found *out);
const char *names_error(void); /* borrowed until the next call that fails */
#endif
