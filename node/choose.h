/* Which nodes a user's spec means, as the map is now. */
#ifndef CHOOSE_H
#define CHOOSE_H

#include "link/net.h"
#include "node/map.h"

/* A user's choice of nodes, told apart by how they are. */
struct choice {
	struct path *paths; /* up, sorted */
	struct member **members;
	size_t count;
	struct member **shown; /* all that the spec selects, up or not, the asker's or not */
	size_t shown_count;
	struct left_out left; /* the nodes that are not among them, and why; strings owned */
	char *refused;	      /* all that this user may not use, named by number or not */
};
void choice_free(struct choice *); /* frees what it holds, and empties it */

/* A choice that is being made, in steps. */
struct choosing;
/* The texts and the asker must outlive it; exclude: nodes to leave out, or ""; only: none but these, or "". The caller frees with
 * choosing_free. */
struct choosing *choosing_new(const struct peer *who, const char *spec, const char *exclude, const char *only);
enum choosing_state { CHOOSING, CHOSEN, CHOSEN_BADLY };
/* A step of a millisecond or so: CHOSEN once *out is filled, which the caller frees; CHOSEN_BADLY: choosing_error() says what is wrong with
 * a spec. */
enum choosing_state choosing_go(struct choosing *, struct choice *out);
const char *choosing_error(void);      /* borrowed until the next that is chosen badly */
void choosing_free(struct choosing *); /* NULL is allowed */
#endif
