/* What env(1) runs from a script's first line: its words by the rules of coreutils' -S. */
#ifndef ENVLINE_H
#define ENVLINE_H

#include "base/util.h"

struct envline {
	char *program; /* the word it runs; below the directory of -C where it is relative and has a slash; NULL when it runs none */
	bool is_split; /* by -S: several words */
	bool clears;   /* -i: the program gets none of the caller's variables */
	struct strings changes; /* "NAME=value", or "NAME" for -u, in order */
};
/* Parses the one argument that the kernel passes to env: only -S makes several words of it, in which ${NAME} is the caller's variable.
 * 0, or -1 with envline_error(): what env itself would refuse it for. envline_free in either case. */
int envline_parse(const char *argument, struct envline *out);
const char *envline_error(void); /* why the last line was refused; borrowed until the next */
/* A variable as the program gets it, where the caller has it as `callers` (or NULL). Borrowed; NULL when it is not set. */
const char *envline_variable(const struct envline *, const char *name, const char *callers);
void envline_free(struct envline *); /* what a line owns; it is empty afterwards */
#endif
