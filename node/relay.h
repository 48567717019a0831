/* Objects on their way from where they are to where they are lacked. */
#ifndef RELAY_H
#define RELAY_H

#include "bundle.h"
#include "node/neighbour.h"

struct msg_want;
/* What is asked for in a job's name, by a child or, once it is seen that it may, another node: its stream begins or moves; ends. */
void relay_want(struct neighbour *, uint64_t job, const struct msg_want *);
void relay_unwant(struct neighbour *, const struct msg_want *);					/* the other of the two */
void relay_lack(struct neighbour *, uint64_t job, const struct object_name *, const char *why); /* says that it can't be had here */
void relay_on_want(struct neighbour *, const struct frame *);	/* a WANT of a child or client: a stream to it begins or moves */
void relay_on_unwant(struct neighbour *, const struct frame *); /* its stream ends */
void relay_on_data(struct neighbour *, const struct frame *);	/* a piece from a source; one that was not asked for is ignored */
void relay_on_lack(struct neighbour *, const struct frame *);	/* the source has none: another is asked, or those that wait are told why */
void relay_before_is(uint64_t job, const char *was); /* another node is tried in its name; the address that was asked until now */
/* A job of this node needs it: true when it is whole; else job_has is called when it is, or job_lacks. */
bool relay_need(uint64_t job, const struct object_name *, bool is_large); /* large: worth asking the node before this one */
void relay_job_over(uint64_t job);					  /* that job needs nothing more */
void relay_neighbour_gone(struct neighbour *);	   /* its streams end; what it was the source of is asked of another */
void relay_parent_is_back(void);		   /* what another was asked for is asked of this parent */
void relay_tick(void);				   /* now and then: a fetch whose source is silent asks another */
void relay_bulk(void *neighbour, struct buf *out); /* link_set_bulk's */
#endif
