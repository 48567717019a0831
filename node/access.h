/* Who may use this master: the users of -users, and the nodes that the -allow file gives to each. */
#ifndef ACCESS_H
#define ACCESS_H

#include "node/neighbour.h"
#include "opts.h"

void access_open(const struct options *);			   /* dies when -users or -allow names a user that is unknown here */
bool access_is_chief(uint32_t uid);				   /* root, or the user who runs the master: may do everything */
bool access_may_launch(const struct peer *);			   /* without -users, the -allow file decides */
bool access_may_use(const struct peer *, const struct path *node); /* of a user who may launch: this node too */
void access_rules(struct strings *);				   /* adds the lines of the -allow file, "1-8 alice,@staff" */
#endif
