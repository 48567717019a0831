/* The last output of the jobs that run on this node, and of those that have ended: in memory, promised to the job's user in the store.
 *
 * All of it together takes at most an eighth of the store. Where there is no more room, ended jobs go, the oldest of the user who has most
 * first, and then a running one's output is kept no longer than it is by then: no job is ever held up, or refused, for what is kept. */
#ifndef KEEP_H
#define KEEP_H

#include "run/store.h"

#define KEEP_JOBS 100 /* ended ones of a user */

struct keep;
struct kept; /* one job's */
struct keep *keep_open(struct store *); /* the store's promises are given back for it when others want them */
void keep_close(struct keep *);		/* frees all that is kept */

/* A job begins: its last `limit` bytes are kept. Jobs of another master's, which have ended, go. Stays valid until keep_end. */
struct kept *keep_begin(struct keep *, uint64_t job, uint32_t uid, uint64_t limit);
void keep_add(struct kept *, int stream, const uint8_t *, size_t); /* what it printed; stream: 1 or 2 */
void keep_end(struct kept *);					   /* nothing more comes; from now on it may go */
struct kept *keep_find(struct keep *, uint64_t job);		   /* or NULL: there was no such job here, or it has gone */

/* One who reads what is kept, and what comes. Never waited for: of what has gone before it was read only the length is known. */
struct keep_reader {
	void (*more)(struct keep_reader *); /* something was added, or it is over */
	struct kept *of;		    /* NULL: it has gone */
	uint64_t at, missed;		    /* bytes from the job's start; that had gone, and keep_next has not told of */
	bool torn[2];			    /* what comes next of this stream begins in the middle of a line */
	struct keep_reader *next;
};
/* Begins with the last so many lines, UINT64_MAX: all. A line of which the beginning has gone counts as gone. of may be NULL. */
void keep_read(struct keep_reader *, struct kept *of, uint64_t lines);
void keep_leave(struct keep_reader *); /* it reads no more */
struct keep_piece {
	int stream;
	const uint8_t *data; /* borrowed until anything is added */
	size_t len;
	uint64_t missed; /* bytes before it that had gone */
};
/* The next piece, at most that long, of one stream. False: there is none now; missed may be set all the same. */
bool keep_next(struct keep_reader *, size_t most, struct keep_piece *);
bool keep_over(const struct keep_reader *); /* nothing is left, and nothing will come */
#endif
