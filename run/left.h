/* What a program has written into its private working directory, and what will go with it. */
#ifndef LEFT_H
#define LEFT_H

#include "bundle.h"

/* Looks at the first level of a directory, which lies at `inside` of what was sent ("" for its root; manifest NULL: nothing was): regular
 * files that hold something, and that were not sent so. A text such as "2 files ... (a, b)" for at most three names; NULL when there are
 * none, or where it can't be read. Never follows a link. Caller frees. */
char *left_in(int dir, const char *inside, const struct manifest *);
#endif
