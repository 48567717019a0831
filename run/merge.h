/* The directories that the node and the shipped tree both have, shown as one. */
#ifndef MERGE_H
#define MERGE_H

#include "run/stage.h"

/* True where a shipped file belongs beside the node's own: `name` is of the root. */
bool merge_is_place(const struct view_plan *, const char *name);
/* Merges all of them in the view's root. 0, or -1 with stage_error(). Ends as the user. */
int merge_all(struct stage *);
#endif
