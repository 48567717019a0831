/* The job's view of files: the node's own root with the shipped tree merged into it, and binRoot, in a mount namespace. */
#ifndef VIEW_H
#define VIEW_H

#include "run/stage.h"

int view_enter(const struct view_plan *); /* 0, or -1 with view_error(). The working directory stays the store's top; the root may change */
const char *view_error(void);		  /* why the last view_enter failed; borrowed until the next */
#endif
