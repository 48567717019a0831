/* The master's answers to questions about nodes, and to halt and reboot. */
#ifndef ANSWER_H
#define ANSWER_H

#include "node/neighbour.h"

void answer_on_query(struct neighbour *, const struct frame *); /* a client's QUERY: answered by an errand */
void answer_map_changed(void);					/* questions that wait for nodes */
void answer_on_strike(struct neighbour *client, const struct frame *); /* forget a node that is down */
void answer_on_health(struct neighbour *client, const struct frame *); /* a client's HEALTH */
void answer_on_renew(struct neighbour *client, const struct frame *); /* nodes are to run a newer gproc */
void answer_on_power(struct neighbour *, const struct frame *);	       /* a client's POWER: sent on to that node by an errand */
#endif
