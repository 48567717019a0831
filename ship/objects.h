/* An ELF file's libraries, as the loader of its root would find them, and that loader itself. */
#ifndef OBJECTS_H
#define OBJECTS_H

#include "elf.h"
#include "ship/deps.h"

struct objects_query {
	const char *root;				     /* without a slash at its end, unless it is "/" */
	bool at_home;					     /* the root is "/": the caller's environment and working directory count */
	const char *ld_library_path, *ld_preload, *ld_audit; /* the caller's, or NULL */
	const char *extra_dirs;				     /* -L, or NULL */
	void (*warn)(const char *text);			     /* called for each library that is missing; NULL: that is an error */
};

/* Adds all that the file at path needs, but not the file. path: resolved, inside root, which is the query's or "/". The parsed ELF is freed
 * here. 0, or -1 with objects_error(). */
int objects_add(const struct objects_query *, const char *root, const char *path, struct elf *, struct deps *out);
const char *objects_error(void); /* why the last file failed; borrowed until the next */
/* The end of a message that names places inside the root: " (under /arm)", or "". The caller frees. */
char *objects_under(const struct objects_query *);
#endif
