/* Packs a command by the switches and the caller's environment: a launch and ldd pack alike. */
#ifndef PARCEL_H
#define PARCEL_H

#include "opts.h"
#include "ship/pack.h"

/* With -cwd the working directory is the nodes' own, and no part of it. */
/* Packs a program (NULL: none, as with -localbin) for one machine, which replaces %m in -r. Warnings go to stderr. 0, or -1 with
 * pack_error() and *status. pack_free in either case. */
int parcel_make(const struct options *, const char *machine, const char *program, const char *cwd, struct pack *out, int *status);
char *parcel_root(const struct options *, const char *machine); /* -r with that machine for %m. The caller frees */
bool parcel_has_root(const struct options *, const char *machine); /* with that machine for %m, -r is a directory */
/* Adds the machines, as uname -m prints them, for which it is one. */
void parcel_machines(const struct options *, struct strings *out);
/* The caller's working directory; "/", after a warning, when it has no path. The caller frees. */
char *parcel_cwd(void);
#endif
