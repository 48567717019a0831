/* What clients ask the master about jobs: which there are, a signal for one, its output. */
#ifndef ROLL_H
#define ROLL_H

#include "node/neighbour.h"

void roll_on_ps(struct neighbour *, const struct frame *);     /* a client's PS: one job a step */
void roll_on_kill(struct neighbour *, const struct frame *);   /* a client's KILL, of a job that may be another client's */
void roll_on_attach(struct neighbour *, const struct frame *); /* a client's ATTACH */
#endif
