/* The one struct that is this node: read by all of the daemon; each part is written by the file named beside it. */
#ifndef SELF_H
#define SELF_H

#include "link/key.h"
#include "node/map.h"
#include "opts.h"

struct keep;
struct neighbour;
struct store;
struct worker;

struct daemon {
	/* node.c, at the start */
	const struct options *options;
	bool is_master;
	uint64_t boot;	       /* of this process, random, never 0 */
	struct node_info info; /* of this node; strings owned. The address is door.c's */
	char *runs;	       /* as in msg_node */
	struct worker *worker;
	struct store *store;
	struct keep *keep; /* what its jobs have printed */
	bool ending; /* node.c: it was told to end */
	/* upstream.c; on a master node.c, at the start */
	bool has_path;
	struct path path;
	uint64_t master; /* the boot of the master above, its own on the master; 0: none yet */
	struct keyring keys;
	bool has_keys;
	struct neighbour *parent;  /* joined; NULL: none */
	char *home;		   /* address of the own parent, kept while it is lost; NULL: never joined */
	struct strings ancestors;  /* addresses beyond that, the nearest first */
	uint32_t heartbeat, grace; /* milliseconds */
	/* neighbour.c */
	struct neighbour *neighbours; /* the newest first */
	/* tree.c */
	struct map map; /* all below this node */
	/* part.c */
	uint32_t jobs; /* running here */
};
extern struct daemon self;
#endif
