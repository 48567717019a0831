/* What clients ask of the master, a step at a time: no request holds a turn up, and users take turns. */
#ifndef AGENDA_H
#define AGENDA_H

#include "node/neighbour.h"

/* A request under way. Until it is done nothing more is read from its client, so that the frame's bytes stay. */
struct errand {
	struct neighbour *client;
	struct frame frame;
	bool (*step)(struct errand *); /* does a millisecond's worth or so; true: the request has been answered */
	void *work;		       /* step's own, NULL at first */
	void (*drop)(void *work);      /* frees it, when the errand is done or its client gone; NULL: nothing is to be freed */
	bool asleep, full;	       /* no step for now; because its client has not taken what it was sent */
	struct errand *next;
};
void agenda_add(struct neighbour *client, const struct frame *,
	bool (*step)(struct errand *)); /* copies the frame's head; its body stays the link's */
void agenda_sleep(struct errand *);	/* by its step: no further one until agenda_wake */
void agenda_wake(struct errand *);	/* its step is called again in its user's turn */
/* By its step, before it sends more: true when the client has not taken what it was sent; then it sleeps until it has. */
bool agenda_waits_for_client(struct errand *);
void agenda_client_flushed(struct neighbour *); /* it may have taken what its errand waits for */
void agenda_client_gone(struct neighbour *);	/* ends its errand, if it has one */
#endif
