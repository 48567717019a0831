/* What other nodes ask for beside the tree, by links that carry nothing else. */
#ifndef ASKER_H
#define ASKER_H

#include "node/neighbour.h"

void asker_on_want(struct neighbour *, const struct frame *);	/* another node's WANT; a stranger's first frame may be one */
void asker_on_unwant(struct neighbour *, const struct frame *); /* its UNWANT */
void asker_job_came(uint64_t job);				/* others may have asked in its name already */
void asker_neighbour_gone(const struct neighbour *);		/* forgets what it asked for */
void asker_tick(void); /* five times a heartbeat: nodes that wait hear that this node is there */
#endif
