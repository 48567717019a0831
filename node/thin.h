/* Objects for which there is no room here: they pass through a window in memory, so that whoever is below need not care. */
#ifndef THIN_H
#define THIN_H

#include "node/stream.h"

/* Who waits here for an object: a job of this node. Neighbours that wait have a stream. */
struct waiter {
	uint64_t job;
	struct waiter *next;
};

/* An object that is not whole yet. */
struct fetch {
	struct digest digest;
	struct blob *blob;	  /* pinned */
	struct neighbour *source; /* NULL: none at the moment */
	uint64_t job;		  /* in whose name it was asked for */
	uint64_t heard;		  /* when it last moved, or was asked for */
	uint64_t asked;		  /* the offset up to which it was asked for; 0: it must be asked anew */
	uint64_t queued;	  /* of a thin one that waits for a window: its place among them */
	unsigned damaged;
	struct waiter *waiters;
	struct fetch *next;
};

/* relay.c's */
extern struct fetch *fetches;
void fetch_want(struct fetch *, uint64_t offset); /* asks its source from there on, up to the blob's limit */
void fetch_rename(struct fetch *);		  /* to another job that waits for it, if there is one, with that job's source */

void thin_begin(struct fetch *); /* nothing of it is kept any more */
void thin_mind(struct fetch *);	 /* a thin one has changed: its streams, what they have taken, its source, what is here */
void thin_turns(void);		 /* windows may be free, or others wanted */
void thin_tick(void);		 /* now and then: whoever stands still is left behind, or gives up his turn */
#endif
