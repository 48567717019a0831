/* A program under a root: the files it needs to run there, and who needs each. */
#ifndef LIBS_H
#define LIBS_H

#include "ship/needs.h"

struct libs_query {
	const char *root;		/* "/" or the copy of another machine's root */
	const char *search;		/* PATH, for a program named without a slash */
	const char *ld_library_path;	/* the caller's; used only when root is "/"; may be NULL */
	const char *ld_preload;		/* the caller's LD_PRELOAD; used only when root is "/"; may be NULL */
	const char *ld_audit;		/* the caller's LD_AUDIT, likewise */
	const char *extra_dirs;		/* -L: directories inside the root, parted by colons; may be NULL */
	void (*warn)(const char *text); /* what only needs telling; NULL: nobody */
};

/* The program, its libraries as the loader of that root would find them (hwcaps variants beside them), the links on the
 * way, and for a script its interpreter likewise; where that is env, also what env runs (only a warning where that can't be found
 * among the words of -S). A program beginning with "." or, when root is "/", with "/", is the
 * head's own file; one beginning with "/" is under the root otherwise.
 * 0, or -1 with libs_error() and *status 127 (not found) or 126 (found, but can't be run). needs_free in either case. */
int libs_of_program(const struct libs_query *, const char *program, struct needs *out, int *status);
/* The same for an ELF file or script among the files of -f: adds what it needs, but not the file itself; what can't be
 * found is only a warning. Files of other kinds add nothing. */
void libs_of_file(const struct libs_query *, const char *source, const char *path_inside, struct needs *out);
const char *libs_error(void);
#endif
