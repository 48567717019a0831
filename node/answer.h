/* The master's answers to questions about nodes, and to halt and reboot. */
#ifndef ANSWER_H
#define ANSWER_H

#include "node/neighbour.h"

void answer_query(struct neighbour *, const uint8_t *, size_t);
void answer_map_changed(void); /* questions that wait for nodes */
void answer_power(struct neighbour *, const uint8_t *, size_t);
#endif
