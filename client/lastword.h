/* The last word: one table, folded by kind, of all that did not go well, on standard error at the end. Every mode that has nodes do
 * something ends with it. */
#ifndef LASTWORD_H
#define LASTWORD_H

#include "client/naming.h"

/* In the order in which they are told. */
enum word {
	WORD_EXIT,	/* number: the status */
	WORD_SIGNAL,	/* number: the signal */
	WORD_TIMED_OUT, /* number: milliseconds that -timeout gave */
	WORD_SPOILT,	/* a file of cp or get; the reason names it */
	WORD_FAILED,	/* could not start; number: the status, 255 where gproc failed */
	WORD_NOT_RENEWED,
	WORD_NOT_BACK,	/* it went to run a newer gproc */
	WORD_ENDED,	/* killed because of another's failure */
	WORD_HELD,	/* not started, for its turn did not come */
	WORD_LOST,
	WORD_RUNNING,	/* when gproc left */
	WORD_LINGERING, /* children of the program hold its output */
	WORD_DOWN,
	WORD_REFUSED,
	WORD_MISSING,
	/* Of these it is said, but they are no failure: */
	WORD_RENEWED,
	WORD_LEFT_OUT, /* down, and chosen by an open part of the spec alone */
	WORD_OPEN_MISSING,
	WORD_NOT_EXCLUDED,
	WORD_NOT_KEPT,
};
struct lastword; /* NULL is an empty one */

/* Something about one node; why "" or NULL: nothing more is to be said. Makes *w when it is NULL; the caller frees by lastword_free. */
void lastword_add(struct lastword **w, enum word, unsigned number, const char *why, const struct path *);
/* The same of all nodes in a list that the master has folded; "": of none. */
void lastword_list(struct lastword **w, enum word, const char *folded, const char *why);
/* Writes the table: "exit 1: 3,9 (2)", a line for each kind and reason. quiet: only of what gproc itself failed at. */
void lastword_print(struct lastword *, const struct naming *, bool quiet);
/* The same as a JSON array, each with its nodes' paths and their number: "bad":[{"what":"exit","code":1,"nodes":"3,9","count":2}] */
void lastword_json(struct lastword *, struct buf *);
void lastword_free(struct lastword *); /* NULL is allowed */
#endif
