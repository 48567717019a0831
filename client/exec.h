/* The user's side of every command but m and s. Each returns the exit status, or ends the process with it: 0, that of the command on the
 * nodes, 126 or 127 when it can't be run or found, 255 when gproc failed, 2 for wrong usage. */
#ifndef CLIENT_H
#define CLIENT_H

#include "opts.h"

int client_exec(const struct options *, const char *spec, char **argv);	      /* e: runs a command on nodes */
int client_info(const struct options *, const char *spec);		      /* i: the tree; spec NULL: all of it */
int client_nodes(const struct options *, const char *spec);		      /* nodes: those that a spec selects now */
int client_ldd(const struct options *, char **programs);		      /* ldd: what would be sent; programs ends in NULL */
int client_ps(const struct options *);					      /* ps: the jobs of all nodes */
int client_kill(const struct options *, const char *job, const char *signal); /* kill: signal NULL is TERM */
int client_power(const struct options *, const char *spec, bool reboot);      /* halt, or reboot */
#endif
