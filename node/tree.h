/* The tree as this node knows it: nodes that join, nodes that are lost, and what is said of both upwards. */
#ifndef TREE_H
#define TREE_H

#include "node/neighbour.h"
#include "proto.h"

/* What a neighbour sends of itself and of those below it. Malformed messages kill the link. */
void tree_on_join(struct neighbour *, const struct frame *);
void tree_on_up(struct neighbour *, const struct frame *);   /* nodes that are now below a child */
void tree_on_down(struct neighbour *, const struct frame *); /* one below a child that is lost or has left */
void tree_on_stat(struct neighbour *, const struct frame *); /* figures of a child's subtree */
/* A child's link is gone: it is lost, and all that was reached through it is orphaned. */
void tree_child_down(struct neighbour *, const char *why);
void tree_give_orphans_up(void); /* on the master: those that found no other way within the grace are lost */
void tree_send_subtree(void);	 /* this node and all it knows below, to the parent */
void tree_send_self(void);	 /* this node alone, when something about it is new */
void tree_send_figures(void);	 /* this node's, and those that came from below since the last time */
void tree_send_down(const struct path *, uint64_t boot, bool left, const char *why); /* to the parent: that node is lost, or has left */
#endif
