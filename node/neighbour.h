/* The other ends of this node's links: the list of them, and what goes to them. */
#ifndef NEIGHBOUR_H
#define NEIGHBOUR_H

#include "base/loop.h"
#include "base/path.h"
#include "link/link.h"
#include "link/net.h"

struct job;
struct branch;
struct launch;
struct stream;
struct errand;

/* NB_SOURCE: another node that this one asks for contents, beside the tree; NB_ASKER: one that asks this one. */
enum neighbour_kind { NB_NEW, NB_CHILD, NB_PARENT, NB_CLIENT, NB_SOURCE, NB_ASKER, NB_KINDS };

/* Streams in the order of their turns; stream.c's. */
struct stream_queue {
	struct stream *first, **last; /* last: only while there are some */
};

/* What is at the other end of a link. Freed at the end of the turn in which the link died. */
struct neighbour {
	struct link *link;
	struct watch watch;
	enum neighbour_kind kind;
	bool dirty, gone; /* has something to flush; already taken off the list */
	uint32_t between; /* the generation that both ends speak; PROTO_FIRST: no more than its frozen forms */
	bool renews;	  /* it knows RENEW and its kin; a client: it has sent one, and is told what becomes of nodes */
	bool waits;	  /* nothing is read from it until it has drained what is queued, or its request is done, or its turn is there: */
	bool later;	  /* it has sent more than there was time for; in the list of those */
	struct neighbour *next, *next_dirty, *next_later;
	uint64_t born;
	struct stream_queue streams, parked; /* the objects that it wants from us; parked: none has anything to send just now */
	struct job *last_job;		     /* job.c's: of the event that came last. With 4,096 children the search for
					      * a branch would take 0.6 s a launch */
	struct branch *last_branch;
	/* child */
	struct path path;
	uint64_t boot;
	bool left;     /* it said good-bye, */
	char *farewell; /* and why */
	char *dialled; /* parent, source: the address as we dialled it */
	/* client */
	struct peer who;
	size_t largest, counted; /* bytes: of a frame that it may send as it is; taken of its user's share */
	struct launch *launch;
	struct errand *errand; /* agenda.c's: what it has asked and was not answered yet */
};

/* How the parts above are told what happens to a neighbour: node.c sets it at the start, before the first link. */
struct neighbour_hooks {
	void (*frame)(struct neighbour *, const struct frame *); /* one has come */
	void (*large)(struct neighbour *, size_t len);		 /* a client has begun to send a frame that is larger than it may */
	void (*bulk)(void *neighbour, struct buf *out);		 /* link_set_bulk's */
	void (*flushed)(struct neighbour *);			 /* at the end of a turn, its link being alive */
	void (*gone)(struct neighbour *, const char *why);	 /* its link has died; it is off the list */
};
void neighbour_set_hooks(const struct neighbour_hooks *); /* borrowed for ever */

struct neighbour *neighbour_new(struct link *, enum neighbour_kind); /* takes the link over */
void neighbour_hear(struct neighbour *);			     /* takes what its link has brought */
void neighbour_send(struct neighbour *, enum priority, unsigned type, uint64_t job, const struct buf *body); /* body NULL: empty */
/* The same, but it need not go in this turn: it goes with what is sent next, a heartbeat if nothing else. */
void neighbour_leave(struct neighbour *, enum priority, unsigned type, uint64_t job, const void *, size_t);
void neighbour_send_bytes(struct neighbour *, enum priority, unsigned type, uint64_t job, const void *,
	size_t); /* the same, of a body that lies elsewhere; copied */
/* The same, and frees the body. No neighbour (NULL): only that. */
void neighbour_post(struct neighbour *, enum priority, unsigned type, uint64_t job, struct buf *body);
/* By link_send_shared. */
void neighbour_send_shared(
	struct neighbour *, enum priority, unsigned type, uint64_t job, const struct buf *before, struct shared *, const struct buf *after);
/* By link_share: with what else goes there in this turn. */
void neighbour_share(struct neighbour *, enum priority, unsigned type, uint64_t job, const struct buf *body);
#define CLIENT_FRAME (128u << 10) /* the largest frame of a client that is read unasked: a piece of contents is half of it */
void neighbour_send_error(struct neighbour *client, uint32_t status, const char *fmt, ...) PRINTF(3, 4); /* an ERROR to a client */
char *neighbour_host(const struct neighbour *); /* its address without the port. The caller frees */
void neighbour_note(const char *which, const struct neighbour *, unsigned type, size_t len); /* for -debug: a message "from" or "to" it */
void neighbour_touch(struct neighbour *);	/* it has something to write: flushed at the end of the turn */
void neighbour_kill(struct neighbour *, const char *why); /* its link ends, for that reason; gone is called at the end of the turn */
void neighbour_malformed(struct neighbour *, const struct frame *); /* its message can't be read: no answer says so, the link ends */
struct neighbour *neighbour_towards(const struct path *);	    /* the child that leads there, or NULL */
void neighbours_flush(void); /* the end of a turn: what was queued goes out, links that died are taken away */
#endif
