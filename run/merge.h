/* The directories that the node and the shipped tree both have, shown as one. */
#ifndef MERGE_H
#define MERGE_H

#include "run/stage.h"

/* The directory of the shipped tree that a path means, its links followed; NULL when it is none. The caller frees. */
char *merge_shipped_dir(const struct view_plan *, const char *path);
/* True where a shipped file belongs beside the node's own: `name` is of the root. */
bool merge_is_place(const struct view_plan *, const char *name);
/* Merges all of them in the view's root. 0, or -1 with stage_error(). Ends as the user. */
int merge_all(struct stage *);
#endif
