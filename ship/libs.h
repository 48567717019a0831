/* A program under a root: the files that it needs to run there, and which file needs each. */
#ifndef LIBS_H
#define LIBS_H

#include "ship/deps.h"

struct libs_query {
	const char *root;		/* "/" or the copy of another machine's root */
	const char *search;		/* PATH, for a program named without a slash */
	const char *ld_library_path;	/* the caller's; used only when root is "/"; may be NULL */
	const char *ld_preload;		/* the caller's LD_PRELOAD; used only when root is "/"; may be NULL */
	const char *ld_audit;		/* the caller's LD_AUDIT, likewise */
	const char *extra_dirs;		/* -L: directories inside the root, parted by colons; may be NULL */
	void (*warn)(const char *text); /* called with each warning; may be NULL */
};

/* Lists the program, its libraries as the loader of that root would find them (hwcaps variants beside them), the links on the way, and for
 * a script its interpreter likewise; where that is env, also the program that env runs (with -S, a warning where that is not found). A
 * program that begins with "." or, when root is "/", with "/", is the head's own file; otherwise "/" is the root.
 * 0, or -1 with libs_error() and *status 127 (not found) or 126 (found, but can't be run). deps_free in either case. */
int libs_of_program(const struct libs_query *, const char *program, struct deps *out, int *status);
/* The same for a file of -f, without the file itself. A need that is not found is only a warning. A file that is neither ELF nor a script
 * adds nothing. */
void libs_of_file(const struct libs_query *, const char *source, const char *path_inside, struct deps *out);
const char *libs_error(void); /* why the last look-up failed; borrowed until the next */
#endif
