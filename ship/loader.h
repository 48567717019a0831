/* The rules of a root's dynamic loader, glibc's or musl's: where it looks and how it reads what names those places. */
#ifndef LOADER_H
#define LOADER_H

#include "elf.h"

enum loader_kind { LOADER_GLIBC, LOADER_MUSL };
struct loader {
	enum loader_kind kind;
	char *lib, *platform;	   /* what $LIB and $PLATFORM stand for */
	struct strings configured; /* directories of /etc/ld.so.conf, or of musl's path file */
	struct strings builtin;	   /* directories it knows by itself; musl's are empty where it has a path file */
	char *config;		   /* the file by which it knows the configured ones: ld.so.cache, musl's path file; or NULL */
};

/* The loader of a program; interp is its PT_INTERP, a path inside the root, or NULL for a library on its own: then the
 * usual one of its machine is asked, musl's when it needs musl's libc. */
void loader_read(const char *root, const struct elf *, const char *interp, struct loader *out);
void loader_free(struct loader *);
/* One directory of a search path, or a DT_NEEDED with a slash, with $ORIGIN, $LIB and $PLATFORM (braces too) replaced.
 * *is_own is set when it was relative to origin. Caller frees; NULL when this loader would not use it. */
char *loader_expand(const struct loader *, const char *text, size_t len, const char *origin, bool *is_own);
/* Whether the loader itself answers to this name, as musl's does for libc.so, libm.so and the like. */
bool loader_is_itself(const struct loader *, const char *name);
/* The bytes that part directories in LD_LIBRARY_PATH (`variable`), or in RPATH and RUNPATH. */
const char *loader_separators(const struct loader *, bool variable);
#endif
