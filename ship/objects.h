/* The libraries that an ELF file under a root needs, as that root's loader would find them, and that loader itself. */
#ifndef OBJECTS_H
#define OBJECTS_H

#include "elf.h"
#include "ship/needs.h"

struct objects_query {
	const char *root; /* without a slash at its end, unless it is "/" */
	bool at_home;	  /* the root is "/": the caller's environment and working directory mean something */
	const char *ld_library_path, *ld_preload, *ld_audit; /* the caller's, or NULL */
	const char *extra_dirs;				     /* -L, or NULL */
	void (*warn)(const char *text);			     /* for what is missing; NULL: that is an error */
};

/* Adds what the file at `path` (resolved, inside `root`, which is the query's or "/") needs, but not the file. Takes the parsed
 * ELF over. 0, or -1 with objects_error(). */
int objects_add(const struct objects_query *, const char *root, const char *path, struct elf *, struct needs *out);
const char *objects_error(void);
/* What messages end with that name places inside the root: " (under /arm)" or "". Caller frees. */
char *objects_under(const struct objects_query *);
#endif
