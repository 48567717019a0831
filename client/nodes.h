/* The mode nodes. */
#ifndef NODES_H
#define NODES_H

#include "opts.h"

int client_nodes(const struct options *, const char *spec); /* shows those that a spec selects now; returns the exit status */
#endif
