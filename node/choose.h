/* Which nodes a user's spec means, as the map is now. */
#ifndef CHOOSE_H
#define CHOOSE_H

#include "node/map.h"
#include "node/neighbour.h"
#include "nodespec.h"

/* A user's choice of nodes, told apart by how they are. */
struct choice {
	struct path *paths; /* up, sorted */
	struct member **members;
	size_t count;
	char *down, *missing, *hint;
	char *refused;	     /* those that this user may not use */
	char *named_refused; /* and of them those that are named by number */
	struct path *all;    /* every known path, for what is missing */
};

/* Fills an empty choice; not: nodes to leave out, or NULL. The caller calls choice_free. */
void choice_make(const struct peer *who, const struct nodespec *, const struct nodespec * not, struct choice *);
/* 0, or -1 when the client has been told what is wrong with its spec. The caller calls choice_free. */
int choose(struct neighbour *client, const char *text, const char *exclude, struct choice *);
void choice_free(struct choice *);
#endif
