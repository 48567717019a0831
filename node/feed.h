/* What a launch's programs read, on the master: kept until every one of them has taken it. */
#ifndef FEED_H
#define FEED_H

#include "node/neighbour.h"
#include "proto.h"

struct feed;
/* For nodes whose paths are borrowed; waiting: each begins to read when feed_begins says so. Never NULL; the caller frees by feed_free. */
struct feed *feed_new(uint64_t job, const struct path *, size_t nodes, bool waiting);
void feed_free(struct feed *);			/* NULL is allowed */
size_t feed_cost(size_t nodes, bool waiting);	/* bytes that it takes at most */
int feed_input(struct feed *, const struct msg_input *); /* a piece from the client. -1: not what may follow */
void feed_taken(struct feed *, size_t node, const struct msg_event *); /* an EVENT_TAKEN of that node */
void feed_lost(struct feed *, size_t node);		       /* it waits for nothing more, whatever it had */
void feed_begins(struct feed *, size_t node); /* it has begun, and has nothing yet: see feed_again */
bool feed_starves(const struct feed *);	      /* one has taken all that may be kept for those that wait, and there is more */
void feed_missed(struct feed *, size_t node);		       /* what is on its way there may be lost: */
void feed_again(struct feed *);				       /* sends that once more, for all that were named */
/* Another client goes on with it: the offset of its first byte. UINT64_MAX: the input has ended. */
uint64_t feed_hand_over(struct feed *);
void feed_send_taken(struct feed *, struct neighbour *client); /* sends how far the client may go on, where that has changed */
#endif
