/* The user's side of every command but m and s. Each returns the exit status, or ends the process with it: 0, that of the command on the
 * nodes, 126 or 127 when it can't be run or found, 255 when gproc failed, 2 for wrong usage. */
#ifndef CLIENT_H
#define CLIENT_H

#include "client/naming.h"
#include "opts.h"
#include "proto.h"
#include "ship/pack.h"

int client_exec(const struct options *, const char *spec, char **argv);	      /* e: runs a command on nodes */
int client_info(const struct options *, const char *spec);		      /* i: the tree; spec NULL: all of it */
int client_ldd(const struct options *, char **programs);		      /* ldd: what would be sent; programs ends in NULL */
int client_attach(const struct options *, const char *job);		      /* attach: shows what a job has printed and prints */
int client_ps(const struct options *, const char *job);		      /* ps: the jobs of all nodes; or the processes of one */
int client_kill(const struct options *, const char *job, const char *signal); /* kill: signal NULL is TERM */
int client_forget(const struct options *, const char *spec);		      /* forget: nodes that are down leave the map */
int client_power(const struct options *, const char *spec, bool reboot);      /* halt, or reboot */

/* What a launch does where it runs no program: cp and get. */
struct carriage {
	unsigned flags;		 /* LAUNCH_PUT, LAUNCH_GET, ... */
	bool silent;		 /* of what goes wrong nothing is said */
	struct strings words;	 /* what each node is told, as argv */
	bool hosts;		/* begin wants to know the nodes' hosts and machines */
	const struct pack *pack; /* what is sent, or NULL; borrowed */
	void *owner;		 /* for the calls below */
	/* Which nodes take part, before anything comes of them. NULL: neither that nor what they write is wanted. */
	void (*begin)(void *owner, const struct msg_accepted *, const struct naming *);
	/* What one of them, by its place, has written. -1: nothing more of it is of use. */
	int (*take)(void *owner, size_t node, const uint8_t *data, size_t len);
	/* Nothing more comes of it. Why it failed here, or NULL; borrowed until the end of all. */
	const char *(*end)(void *owner, size_t node);
};
/* Launches it on nodes; ends as client_exec does, with 1 where something failed on a node or here. */
int exec_carry(const struct options *, const char *spec, const struct carriage *);
#endif
