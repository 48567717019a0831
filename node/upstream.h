/* A slave's way up: finding its parent, proving the key, joining, and finding another way when the parent is gone. */
#ifndef UPSTREAM_H
#define UPSTREAM_H

#include "node/neighbour.h"

/* Loads the keys into self. A master makes one where there is none. false: a slave that has none yet, with errno and key_error(). Dies when
 * the file is unfit, but for a slave that has been waiting for one. */
bool upstream_load_keys(bool is_master);
/* Begins to dial. id NULL: the parent chooses. Dies when the words make no address or id. */
void upstream_start(const char *parent, const char *id);
/* Where this node is in the tree, for a process that runs in this one's place: the value of SUCCESSOR_PLACE. The caller frees. */
char *upstream_place(void);
void upstream_progress(struct neighbour *); /* a link to a parent has been written to or read */
void upstream_on_welcome(struct neighbour *, const struct frame *); /* the parent's WELCOME: this node is in the tree */
void upstream_on_refuse(struct neighbour *, const struct frame *); /* the parent will not have this node: it tries on, or another */
void upstream_on_resend(struct neighbour *, const struct frame *); /* the way up is a new one further up */
void upstream_gone(struct neighbour *, const char *why);	   /* the link to the parent, or a try at one, has ended: it dials again */
#endif
