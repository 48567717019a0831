/* The user's side of every command but m and s. Each returns the exit status (design: 0, remote status, 126, 127, 255, 2). */
#ifndef CLIENT_H
#define CLIENT_H

#include "opts.h"

int client_exec(const struct options *, const char *spec, char **argv);
int client_info(const struct options *, const char *spec); /* spec NULL: all */
int client_nodes(const struct options *, const char *spec);
int client_ldd(const struct options *, char **programs);
int client_ps(const struct options *);
int client_kill(const struct options *, const char *job, const char *signal); /* signal NULL: TERM */
int client_power(const struct options *, const char *spec, bool reboot);
#endif
