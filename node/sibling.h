/* Links between nodes that feed each other large contents, beside the tree's: made when one is needed, ended when none is. */
#ifndef SIBLING_H
#define SIBLING_H

#include "node/neighbour.h"

/* The link to the node that listens there ("10.0.0.1:6666"), perhaps still under way. NULL: contents are to be had elsewhere, for it is on
 * this machine, or the parent is, or it could not be reached or was given up less than a minute ago. */
struct neighbour *sibling_at(const char *address);
void sibling_avoid(const struct neighbour *);		      /* it is not asked again for a minute */
void sibling_gone(const struct neighbour *, const char *why); /* its link has ended: avoided, if it never was ready */
void sibling_came(struct neighbour *);			      /* a stranger's first frame is a WANT: it is one that asks */
void sibling_tick(void); /* five times a heartbeat: links from which nothing has been asked for long end */
#endif
