/* What a command, its switches and the caller's surroundings make of it to be packed: a launch and ldd ask alike. */
#ifndef PARCEL_H
#define PARCEL_H

#include "opts.h"
#include "ship/pack.h"

/* Packs a program (NULL: none, as with -localbin) for one machine, which stands for %m in -r. Warnings go to stderr.
 * 0, or -1 with pack_error() and *status. pack_free in either case. */
int parcel_make(const struct options *, const char *machine, const char *program, const char *cwd, struct pack *out, int *status);
bool parcel_has_root(const struct options *, const char *machine); /* whether -r is a directory for that machine */
/* The machines, by the names of uname -m, for which it is. */
void parcel_machines(const struct options *, struct strings *out);
/* The caller's working directory; "/", after a warning, where it has no path. Caller frees. */
char *parcel_cwd(void);
#endif
