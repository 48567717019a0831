/* The daemon, master and slave alike: the tree, the map, the one loop. A master is a node without a parent. */
#ifndef NODE_H
#define NODE_H

#include "opts.h"

/* Runs until it is told to end; returns the exit status. Start-up failures are told by die(). */
int node_run(const struct options *, bool is_master);
#endif
