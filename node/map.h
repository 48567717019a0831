/* The nodes that are known below this one: what they are, how they are, and through which neighbour they are reached. */
#ifndef MAP_H
#define MAP_H

#include "proto.h"

struct neighbour;

struct member {
	struct path path;
	uint32_t generation;   /* as in msg_node */
	struct node_info info; /* strings owned */
	struct node_stat stat;
	char *runs; /* as in msg_node; owned */
	enum node_state state;
	bool told;	       /* its stat has changed since it was last passed on */
	uint64_t since;	       /* now_ms() of the last change of state */
	char *why;	       /* of a lost one; owned */
	struct neighbour *via; /* the one that leads there; NULL unless it is up */
	uint64_t *forget;      /* jobs it was reported lost for: it must kill them when it comes back */
	size_t forget_count;
};
struct map {
	struct member **at; /* sorted by path_compare */
	size_t count, room, up;
};

struct member *map_find(const struct map *, const struct path *); /* or NULL */
/* Finds or adds it, with the facts given (strings are copied), up and reached through via. */
struct member *map_put(struct map *, const struct msg_node *, struct neighbour *via);
void map_set_state(struct map *, struct member *, enum node_state, const char *why); /* why is copied: NULL unless it is lost */
void map_remove(struct map *, struct member *);					     /* frees the member */
/* Index of the first member at or below the path, and how many there are: they stand together. */
size_t map_under(const struct map *, const struct path *, size_t *count);
/* The lowest id from 1 on that no member directly below the path has, but for lost ones. */
uint32_t map_free_id(const struct map *, const struct path *);
void member_must_forget(struct member *, uint64_t job); /* adds the job to those that it must kill when it is back */
#endif
