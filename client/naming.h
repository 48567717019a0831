/* What nodes are called before a person: by their paths, or by their hosts' names where -names asks for that. */
#ifndef NAMING_H
#define NAMING_H

#include "base/path.h"

struct naming;

/* Nodes, folded: "1-4,1:5". naming NULL: by their paths. The paths are sorted. The caller frees. */
char *naming_fold(const struct naming *, const struct path *, size_t count);
/* The same as they are listed, "1-4,1:5 (5)": with their number where there are several. The caller frees. */
char *naming_counted(const struct naming *, const struct path *, size_t count);
/* The same of a list that the master has folded; *count (or NULL) is how many nodes it holds. The caller frees. */
char *naming_list(const struct naming *, const char *folded, uint64_t *count);
#endif
