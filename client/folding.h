/* Output of many nodes held until the end, and shown once where it is equal (-b). */
#ifndef FOLDING_H
#define FOLDING_H

#include "client/naming.h"
#include "client/sink.h"

struct folding;

struct folding *folding_new(const struct path *nodes, size_t count); /* the nodes are borrowed; the caller frees */
/* Holds bytes of a node's stream (1 or 2). False when all nodes together have more than can be held: then *all is what was held of that
 * stream, to be shown at once and freed, and nothing more of it may be added. */
bool folding_add(struct folding *, size_t node, int stream, const uint8_t *data, size_t len, struct buf *all);
bool folding_holds(const struct folding *, size_t node, int stream); /* it is held still, not shown as it comes */
void folding_end(struct folding *, size_t node, unsigned status);    /* the node has ended so */
/* Shows what is held, standard error's on err. As clubak does: a head between dashes, "1-4,9 (5)", and the lines; only nodes with one
 * status stand together, larger sets first. Nodes that have not ended stand apart, as incomplete. */
void folding_show(struct folding *, const struct naming *, struct sink *out, struct sink *err);
void folding_free(struct folding *); /* NULL is allowed */
#endif
