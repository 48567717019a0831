/* Halting and rebooting: the order on its way to a node, and given to that node's PID 1. */
#ifndef POWER_H
#define POWER_H

#include "node/neighbour.h"

void power_on_power(struct neighbour *, const struct frame *); /* carried out when it is for this node, else sent on towards its path */
#endif
