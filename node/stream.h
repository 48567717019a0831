/* What neighbours want of the objects here: pieces of each in turn, as the link takes them. */
#ifndef STREAM_H
#define STREAM_H

#include "node/neighbour.h"
#include "run/contents.h"

/* An object that a neighbour wants from us, sent as it arrives here. */
struct stream {
	struct blob *blob;	   /* pinned */
	uint64_t offset, end, job; /* end: it wants no more for now */
	bool packed;		   /* it is welcome deflated */
	struct deflating deflating;
	bool left; /* of a thin blob: it held the others up, and has to wait until they are through */
	bool parked; /* in which of its neighbour's queues it is */
	struct neighbour *to;
	struct stream *next, **at; /* in that queue, and what points to it there */
	struct stream *next_in_bucket;
};

struct stream *stream_of(const struct neighbour *, const struct blob *); /* or NULL: a neighbour has one for a blob at most */
struct stream *stream_take(struct neighbour *, const struct blob *);	 /* off its list; or NULL */
void stream_append(struct neighbour *, struct stream *);		 /* behind the others that have a turn */
void stream_park(struct neighbour *, struct stream *);			 /* has none, until there is more of its object or it is appended */
struct stream *stream_first(const struct neighbour *);			 /* the next in turn; else one that is parked; or NULL */
void streams_rouse(struct neighbour *);					 /* all of them have a turn */
void stream_skip(struct stream *);					 /* past zeros, which are never sent */
bool stream_can_go(const struct stream *);				 /* there is something to send that it asks for */
bool stream_over(const struct stream *);				 /* it has all, or wants what lies behind the end */
/* Writes one piece as a frame; deflated where that is welcome and the link is one that it pays for. -1 with store_error(). */
int stream_put(struct neighbour *, struct stream *, struct buf *out);
bool streams_packed(const struct blob *); /* some neighbour would have it deflated */
void streams_wake(const struct blob *);	  /* there is more of it */
#endif
