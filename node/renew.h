/* A newer gproc for nodes: its file on its way, tried on this node, and run in the place of this process. */
#ifndef RENEW_H
#define RENEW_H

#include "node/neighbour.h"
#include "proto.h"

void renew_set_leave(void (*leave)(void)); /* how the daemon ends when the newer one is to run; called once */
void renew_on_renew(struct neighbour *parent, const struct frame *);
void renew_on_want(struct neighbour *child, const struct frame *);
void renew_on_data(struct neighbour *, const struct frame *); /* a parent's, or of the client that has the file */
void renew_on_renewed(struct neighbour *child, const struct frame *);
/* On the master: the order of a client that may give it. The client is told of every node, and asked for the file. */
void renew_order(struct neighbour *client, const struct msg_renew *);
void renew_member(const struct path *, enum renewed, const char *text); /* on the master: a node is up as another process, or is lost */
void renew_parent_is_back(void);					/* what is missing is asked of it */
void renew_neighbour_gone(struct neighbour *);
void renew_reaped(pid_t, int status); /* a child of the daemon has ended, perhaps one of ours */
bool renew_is_due(void);	      /* the daemon ends for that */
void renew_run(void);		      /* when all else of it has ended: returns only where nothing can be run */
#endif
