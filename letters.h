/* The % letters, by which -o, get's TO and -subst name what differs from node to node. */
#ifndef LETTERS_H
#define LETTERS_H

#include "base/path.h"

/* Of one node; what is NULL is not known, and its letter an error. */
struct letters {
	const struct path *node; /* %n; %i is its last id */
	size_t rank;		 /* %r, from 0 */
	const char *host;	 /* %h */
	const char *machine;	 /* %m */
	const char *job;	 /* %j */
	const char *stream;	 /* %s: out, err or rc */
};
#define LETTERS_OF_NODE "nihr" /* those by which nodes differ */
#define LETTERS_ALL "nihrmj"

/* The first letter that is none of `known`, or "" where a % stands at the end; NULL: all are. "%" may always stand behind a %. Borrowed. */
const char *letters_unknown(const char *pattern, const char *known);
const char *letters_help(bool stream); /* what each stands for, as people are told: "%n path, ..."; stream: with %s. Static */
bool letters_have(const char *pattern, const char *any); /* one of these letters stands in it */
/* The pattern with what its letters stand for, where a slash becomes "_": it names a part of a path. The caller frees; NULL when a letter
 * is unknown. */
char *letters_fill(const char *pattern, const struct letters *);
#endif
