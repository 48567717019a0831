/* Objects on their way from where they are to where they are lacked. */
#ifndef RELAY_H
#define RELAY_H

#include "bundle.h"
#include "node/neighbour.h"

void relay_want(struct neighbour *, uint64_t job, const uint8_t *, size_t);
void relay_unwant(struct neighbour *, const uint8_t *, size_t);
void relay_data(struct neighbour *, const uint8_t *, size_t);
void relay_lack(struct neighbour *, uint64_t job, const uint8_t *, size_t);
/* A job of this node needs it: true when it is whole; else job_has is called when it is, or job_lacks. */
bool relay_need(uint64_t job, const struct digest *);
void relay_job_over(uint64_t job); /* that job needs nothing more */
void relay_neighbour_gone(struct neighbour *);
void relay_parent_is_back(void);
void relay_mind(void);				   /* now and then: who gets nothing from a silent source asks for another */
void relay_bulk(void *neighbour, struct buf *out); /* link_set_bulk's */
#endif
