/* Halting and rebooting: the order on its way to a node, and given to that node's PID 1. */
#ifndef POWER_H
#define POWER_H

#include "proto.h"

void power_route(const struct msg_power *); /* carried out when it is for this node, else sent on towards its path */
#endif
