/* Standard input on its way to the programs. */
#ifndef READING_H
#define READING_H

#include "client/terminal.h"
#include "link/link.h"
#include "proto.h"

struct reading {
	struct link *link;		 /* NULL: nothing is read */
	uint64_t job, sent, limit, most; /* bytes; limit: how far the master takes it; most: read by any program */
	uint64_t moved;			 /* milliseconds: when a piece was sent last */
	char *slow;			 /* nodes that hold it up, folded, as the master has answered reading_ask; NULL: none */
	bool answered;			 /* to the last time it was asked */
	off_t start;			 /* offset that standard input had; -1: it has none */
	bool over, failed;		 /* nothing more is read; reading it has failed, which was told */
	struct terminal *keys;		 /* whose keys it reads; or NULL */
	struct buf typed;		 /* there: what the master has no room for yet */
};
/* Whether there is anything to read: not where standard input is /dev/null, was closed or is only to be written, as nohup has it. */
bool reading_wanted(void);
/* Begins, for so many nodes: a terminal is read for one alone, several get its end, and where nothing is wanted all. terminal: where the job
 * has one; else NULL. */
void reading_begin(struct reading *, struct link *, uint64_t job, size_t nodes, bool wanted, struct terminal *terminal);
/* What to poll standard input for: 0 when it may not be read now; *wait, milliseconds, is shortened when it should be asked again. */
short reading_events(const struct reading *, int *wait);
/* Reads what is there, and sends it. What is wished of gproc by keys, and not done here: WISH_END, WISH_DETACH or none. */
enum terminal_wish reading_go(struct reading *);
bool reading_flows(const struct reading *);		   /* it is on its way, and no user types it */
bool reading_is_full(const struct reading *);		   /* that is so, and the master takes no more for now */
void reading_ask(struct reading *);			   /* asks the master which nodes hold it up */
int reading_taken(struct reading *, const struct frame *); /* a TAKEN of the master's. -1: malformed */
void reading_end(const struct reading *);		   /* puts the offset back behind the last byte that any program has read */
#endif
