/* The list of files that a program needs: where each lies inside the root, where the head has it, and which file needs it. */
#ifndef NEEDS_H
#define NEEDS_H

#include "ship/rootfs.h"

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
	char *by;     /* the path of the program or library that names it */
};

struct needs {
	struct need *at; /* sorted by path, each path once; directories that hold nothing are not listed */
	size_t count, room;
	char *program;	   /* path inside the root of the program itself */
	char *machine;	   /* of its ELF file, or its interpreter's, as uname -m names it */
	char *interpreter; /* PT_INTERP of the program, or of the #! interpreter: for running the carried loader by hand; or NULL */
	struct strings library_dirs; /* directories inside the root that hold shipped libraries, in the order found */
	struct strings untold_dirs;  /* those of them that no file tells the carried loader of (from -L, or ld.so.conf without a cache):
				      * only LD_LIBRARY_PATH on the node makes it look there */
	bool shebang;		     /* the program is a script */
};

void needs_free(struct needs *); /* it is empty afterwards */
/* Adds one unless its path is listed. Everything is copied; source and target may be NULL. */
void needs_add(struct needs *, enum need_kind, enum need_role, const char *path, const char *by, const char *source, const char *target);
void needs_add_symlinks(struct needs *, const struct symlinks *, enum need_role, const char *by); /* each as needs_add does */
const struct need *needs_at(const struct needs *, const char *path);				  /* borrowed; NULL when it is not listed */
bool needs_have_name(const struct needs *, const char *name); /* a file or link of that name, in any directory */
#endif
