/* Where others come in: the listeners for nodes and for clients. */
#ifndef DOOR_H
#define DOOR_H

#include <stdbool.h>

void door_set_address(const char *text); /* -myAddress: a host, perhaps with a port. Blocks to resolve it; dies where it does not */
/* Listens for children, once there is a path. A port that is taken: because the parent is on this machine (then this node is a leaf), or by
 * a stranger (then it tries again; a master dies). */
void door_listen(bool parent_is_here);
void door_open_local(void); /* a master's socket for clients. Dies where it can't be had */
void door_close(void);	    /* takes the socket's name away */
#endif
