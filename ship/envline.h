/* What env(1) runs from a script's first line: its words by the rules of coreutils' -S. */
#ifndef ENVLINE_H
#define ENVLINE_H

#include "base/util.h"

struct envline {
	char *program; /* the word it runs; below the directory of -C where it is relative and has a slash; NULL when it runs none */
	bool is_split; /* by -S: several words */
	bool clears;   /* -i: the caller's variables are gone */
	struct strings changes; /* "NAME=value", or "NAME" for -u, in order */
};
/* The kernel passes all that follows env as one argument: only -S makes it several words, in which ${NAME} is the caller's variable.
 * 0, or -1 with envline_error(): what env itself would refuse it for. envline_free in either case. */
int envline_parse(const char *argument, struct envline *out);
const char *envline_error(void);
/* A variable as the program gets it, where the caller has it as `callers` (or NULL). Borrowed; NULL when it is not set. */
const char *envline_variable(const struct envline *, const char *name, const char *callers);
void envline_free(struct envline *);
#endif
