/* The rules of a root's dynamic loader, glibc's or musl's: the directories it searches, and how it reads the texts that name them. */
#ifndef LOADER_H
#define LOADER_H

#include "elf.h"

enum loader_kind { LOADER_GLIBC, LOADER_MUSL };
struct loader {
	enum loader_kind kind;
	char *lib, *platform;	   /* what $LIB and $PLATFORM stand for */
	struct strings configured; /* directories of /etc/ld.so.conf, or of musl's path file */
	struct strings builtin;	   /* directories built into it; none for musl with a path file */
	char *config;		   /* the file that tells it of the configured ones: ld.so.cache, musl's path file; or NULL */
};

/* Reads the rules of the loader at interp, a program's PT_INTERP inside the root; NULL, for a library on its own: of its machine's usual
 * loader, musl's when it needs musl's libc. The caller frees by loader_free. */
void loader_read(const char *root, const struct elf *, const char *interp, struct loader *out);
void loader_free(struct loader *); /* it is empty afterwards */
/* Replaces $ORIGIN, $LIB and $PLATFORM (braces too) in a directory of a search path, or a DT_NEEDED with a slash. *is_own: it began with
 * $ORIGIN. The caller frees; NULL when this loader would not use it. */
char *loader_expand(const struct loader *, const char *text, size_t len, const char *origin, bool *is_own);
/* Whether the loader itself answers to this name, as musl's does for libc.so, libm.so and the like. */
bool loader_is_itself(const struct loader *, const char *name);
/* The bytes that part directories in LD_LIBRARY_PATH (`variable`), or in RPATH and RUNPATH. */
const char *loader_separators(const struct loader *, bool variable);
#endif
