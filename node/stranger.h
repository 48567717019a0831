/* Connections whose peer has not yet said who it is: bounded in number and time, fair to each address, told of once. */
#ifndef STRANGER_H
#define STRANGER_H

#include "node/neighbour.h"

/* Another one has come: when there are too many, one goes. Those go first that have proved least, among them those of the address that
 * has most of them, among these the oldest: so a flood pushes out its own. */
void stranger_came(void);
/* Room is needed (descriptors ran out): one goes. False when there is none. */
bool stranger_give_way(void);
/* One is gone: a key that does not fit is told, but not again for each retry. */
void stranger_gone(const struct neighbour *, const char *why);
#endif
