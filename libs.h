/* A program under a root: the files it needs to run there, and who needs each. */
#ifndef LIBS_H
#define LIBS_H

#include "util.h"

struct libs_query {
	const char *root;	      /* "/" or the copy of another machine's root */
	const char *search;	      /* PATH, for a program named without a slash */
	const char *ld_library_path;  /* the caller's; used only when root is "/"; may be NULL */
	const char *ld_preload;	      /* the caller's LD_PRELOAD; used only when root is "/"; may be NULL */
	const char *extra_dirs;	      /* -L: directories inside the root, parted by colons; may be NULL */
};

enum need_kind { NEED_FILE, NEED_LINK, NEED_DIR };
/* What it is for: a program (the one asked for, and what a #! line names), a library or PT_INTERP, or what the loader
 * reads to find libraries outside its built-in directories (ld.so.cache, musl's path file). Links have the role of what they lead to;
 * where one leads to both, of the first. */
enum need_role { NEED_PROGRAM, NEED_LIBRARY, NEED_LOADER_FILE };
struct need {
	enum need_kind kind;
	enum need_role role;
	char *path;   /* where it lies inside the root: absolute, without "." or "..", its directories resolved */
	char *source; /* where the head can open it (NEED_FILE); under the root, or the head's own for ./program */
	char *target; /* what the link says (NEED_LINK), unchanged */
	char *by;     /* whom it is for: the path of the program or library that named it */
};

struct needs {
	struct need *at; /* sorted by path, each path once; directories that hold nothing are not listed */
	size_t count, room;
	char *program;	    /* path inside the root of the program itself */
	char *machine;	    /* of its ELF file, or its interpreter's, as uname -m names it */
	char *interpreter;  /* PT_INTERP of the program, or of the #! interpreter: for running the carried loader by hand; or NULL */
	struct strings library_dirs; /* directories inside the root that hold shipped libraries, in the order found */
	struct strings untold_dirs;  /* those of them that the carried loader has no way to know of (from -L or ld.so.conf without
				      * a cache): only LD_LIBRARY_PATH on the node makes it look there */
	bool shebang;	    /* the program is a script */
};

/* The program, its libraries as the loader of that root would find them (hwcaps variants beside them), the links on the
 * way, and for a script its interpreter likewise. A program beginning with "." or, when root is "/", with "/", is the
 * head's own file; one beginning with "/" is under the root otherwise.
 * 0, or -1 with libs_error() and *status 127 (not found) or 126 (found, but can't be run). needs_free in either case. */
int libs_of_program(const struct libs_query *, const char *program, struct needs *out, int *status);
/* The same for an ELF file or script among the files of -f: adds what it needs, but not the file itself; what can't be
 * found is only told to whoever: warn_missing is called with a text. Files of other kinds add nothing. */
void libs_of_file(const struct libs_query *, const char *source, const char *path_inside, struct needs *out,
    void (*warn_missing)(const char *text));
const char *libs_error(void);
void needs_free(struct needs *);
/* Where `path` (inside the root, absolute) really lies: every link resolved inside the root, which nothing can leave.
 * The links met on the way are added to out when it is not NULL. Caller frees; NULL with errno (ENOENT, ELOOP). */
char *libs_resolve(const char *root, const char *path, struct needs *links, const char *by);
#endif
