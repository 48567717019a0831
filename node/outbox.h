/* A job's events of this very node, on their way to the head: kept until it has them. */
#ifndef OUTBOX_H
#define OUTBOX_H

#include "base/loop.h"
#include "proto.h"

#define OUTBOX_PIECE (16 * 1024) /* bytes: no event of output carries more */
#define OUTBOX_HOLD 5		 /* milliseconds that output may wait for what follows it */

/* What it shares with its job, which owns both and outlives it. */
struct part_share {
	int64_t *credit;	    /* bytes of events that may go up, of those too that only pass through */
	const uint32_t *window;	    /* the most that credit ever is */
	void (*over)(uint64_t job); /* nothing of it is left here */
};

struct pending; /* an event */
struct outbox {
	uint64_t job;
	struct part_share share;
	bool holds;				/* the owner's to set: output may wait for what follows it */
	struct timer hold;			/* while it does */
	struct pending *first, **last, *unsent; /* events from the oldest that is unacknowledged */
	uint64_t sequence;			/* of the newest event */
	size_t unacknowledged, waiting;		/* bytes of output, as event_charge counts them; of these, unsent while hold is set */
};
void outbox_begin(struct outbox *, uint64_t job, const struct part_share *); /* an empty one; what share points to must outlive it */
size_t outbox_piece(const struct outbox *);		  /* the most bytes that one event of output may carry now */
void outbox_add(struct outbox *, struct msg_event *);	  /* gives it its path and number, and sends it as soon as it may go */
void outbox_await_end(struct outbox *); /* no more output follows what waits, only the verdict, and that soon: it waits for that some time */
bool outbox_pump(struct outbox *);			  /* sends the next event that waits, if there is credit for it; whether it did */
void outbox_drop(struct outbox *, uint64_t sequence);	  /* the head has everything up to here; UINT64_MAX: all is freed */
void outbox_resend(struct outbox *);			  /* the way up is a new one: everything unacknowledged goes again */
void outbox_say(uint64_t job, struct msg_event *);	  /* an event that has no place in the sequence, and is not kept; its path is set */
#endif
