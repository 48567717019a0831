/* Who may use this master: the users of -users, and the nodes that the -allow file gives to each. */
#ifndef ACCESS_H
#define ACCESS_H

#include "node/neighbour.h"
#include "nodespec.h"
#include "opts.h"

void access_open(const struct options *);    /* dies when -users or -allow names a user that is unknown here */
bool access_is_chief(uint32_t uid);	     /* root, or the user who runs the master: may do everything */
bool access_may_launch(const struct peer *); /* without -users, the -allow file decides */
/* Begins to find out which of the known nodes a user who may launch may use: those that are selected in the end. NULL: all. */
struct nodespec_search *access_search(const struct peer *, const struct path *const *known, size_t count);
void access_rules(struct strings *); /* adds the lines of the -allow file, "1-8 alice,@staff" */
#endif
