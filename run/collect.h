/* Reads what `gproc get` asked for on this node, with the rights that the caller has just then, and writes it as an archive. */
#ifndef COLLECT_H
#define COLLECT_H

#include "base/util.h"

/* names: absolute paths, NULL-ended, with expand patterns of such. A name that ends in "/" or "/." stands for what is in that directory.
 * Writes to `out`, which may block. 0: all of it was read; 1: not all, and the archive says what and why; -1 with errno: its reader is
 * gone. */
int collect(char *const *names, bool expand, int out);
#endif
