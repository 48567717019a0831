/* Which nodes a user means: a spec made into a matcher of paths. */
#ifndef NODESPEC_H
#define NODESPEC_H

#include "base/path.h"

struct nodespec;

#define NODESPEC_MAX 65536 /* bytes of a spec */

/* Reads a spec. The grammar is the README's with ":" (only what lies below), "..." (everything from here down) and "5-." (5 and up); a
 * range up to 4294967295 is an open one. Leading zeros are dropped. No spec selects the master. A path may begin with a host name or a
 * group, its *head*, of which only a search that is told so knows for which nodes it stands. NULL: nodespec_error() says what is wrong and
 * at which column. The caller frees with nodespec_free. */
struct nodespec *nodespec_parse(const char *text);
struct nodespec *nodespec_parse_numbers(const char *text);	     /* the same without names and groups, which it refuses */
const char *nodespec_error(void);				     /* why the last parse failed; borrowed until the next */
void nodespec_free(struct nodespec *);				     /* NULL is allowed */
bool nodespec_matches(const struct nodespec *, const struct path *); /* the spec selects that node by numbers */
bool nodespec_is_open(const struct nodespec *);			     /* "." "5-." "..." or a head that is open is somewhere in it */
size_t nodespec_group_word(const char *text);			     /* how much of the text can be the name of a group, its beginning */
bool nodespec_is_built_in(const char *word);			     /* no group can have that name: "down", "arch" */

enum head_kind { HEAD_NAME, HEAD_PATTERN, HEAD_GROUP, HEAD_DOWN, HEAD_ARCH, HEAD_VERSION, HEAD_HOST };
struct nodespec_head {
	enum head_kind kind;
	const char *text;  /* as it is written, "@arch=x86_64" */
	const char *value; /* the name, the word behind "@" or the value behind "=" */
	bool named;	   /* it stands for nodes of which it is known that they should be there, or a path from it does */
};
size_t nodespec_heads(const struct nodespec *);				      /* how many; equal ones are one */
const struct nodespec_head *nodespec_head(const struct nodespec *, size_t i); /* borrowed from the spec */

/* Several specs against all known nodes (sorted by path_compare, no doubles) at once, in time that grows with the nodes plus the parts of
 * the specs. Known nodes and specs must outlive the search. missing: also find out which named nodes are not among the known ones. */
struct nodespec_search *nodespec_search_new(
	const struct nodespec *const *, size_t specs, const struct path *const *known, size_t count, bool missing);
/* Before it goes on for the first time: head i of the one spec that is searched stands for these known nodes (their places there, rising);
 * named: as if by their numbers. May be called again for more. */
void nodespec_search_head(struct nodespec_search *, size_t i, const uint32_t *known, size_t count, bool named);
/* What is missing of a search that is done, a group's, is missing where head i of this one names the group. */
void nodespec_search_miss(struct nodespec_search *, size_t i, const struct nodespec_search *group);
bool nodespec_search_go(
	struct nodespec_search *, size_t steps);     /* does about so much more of it, 100,000 in a millisecond or so; true: done */
void nodespec_search_free(struct nodespec_search *); /* NULL is allowed */
/* Of a search that is done: a spec selects known node i; and does so by numbers and closed ranges alone, no "." "5-." or "..." on the way.
 */
bool nodespec_selected(const struct nodespec_search *, size_t i);
bool nodespec_named(const struct nodespec_search *, size_t i); /* the second of these */
/* The named nodes that are not known, folded as pathset_fold does; "" when all are. Nodes that `only`, a search that is done, is not for
 * (NULL: it is for all) are not among them, and those that `except` is for (NULL: none), as far as the list is one of 5,000 nodes or fewer.
 * Ranges are never counted out one by one otherwise; no more than 5,000 pieces are listed. Where a missing "5" exists elsewhere as "1:5",
 * *hint is "1:5", the first such (else NULL; the caller frees both). */
char *nodespec_missing(struct nodespec_search *, const struct nodespec_search *except, const struct nodespec_search *only, char **hint);
/* The same of ways to what is open: of "8:." node 8, which is not selected itself. Behind a "." nothing is missing. */
char *nodespec_missing_ways(struct nodespec_search *);
#endif
