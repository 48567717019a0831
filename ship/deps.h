/* The list of files that a program needs: where each lies inside the root, where the head has it, and which file needs it. */
#ifndef DEPS_H
#define DEPS_H

#include "ship/rootfs.h"

enum dep_kind { DEP_FILE, DEP_LINK, DEP_DIR };
/* What it is for: a program (the one asked for, and what a #! line names), a library or PT_INTERP, or what the loader
 * reads to find libraries outside its built-in directories (ld.so.cache, musl's path file). Links have the role of what they lead to;
 * where one leads to both, of the first. */
enum dep_role { DEP_PROGRAM, DEP_LIBRARY, DEP_LOADER_FILE };
struct dep {
	enum dep_kind kind;
	enum dep_role role;
	char *path;   /* where it lies inside the root: absolute, without "." or "..", its directories resolved */
	char *source; /* where the head can open it (DEP_FILE); under the root, or the head's own for ./program */
	char *target; /* what the link says (DEP_LINK), unchanged */
	char *by;     /* the path of the program or library that names it */
};

struct deps {
	struct dep *at; /* sorted by path, each path once; directories that hold nothing are not listed */
	size_t count, room;
	char *program;	   /* path inside the root of the program itself */
	char *machine;	   /* of its ELF file, or its interpreter's, as uname -m names it */
	char *interpreter; /* PT_INTERP of the program, or of the #! interpreter: for running the carried loader by hand; or NULL */
	struct strings library_dirs; /* directories inside the root that hold shipped libraries, in the order found */
	struct strings untold_dirs;  /* those of them that no file tells the carried loader of (from -L, or ld.so.conf without a cache):
				      * only LD_LIBRARY_PATH on the node makes it look there */
	bool shebang;		     /* the program is a script */
};

void deps_free(struct deps *); /* it is empty afterwards */
/* Adds one unless its path is listed. Everything is copied; source and target may be NULL. */
void deps_add(struct deps *, enum dep_kind, enum dep_role, const char *path, const char *by, const char *source, const char *target);
void deps_add_symlinks(struct deps *, const struct symlinks *, enum dep_role, const char *by); /* each as deps_add does */
const struct dep *deps_at(const struct deps *, const char *path);			       /* borrowed; NULL when it is not listed */
bool deps_have_name(const struct deps *, const char *name); /* a file or link of that name, in any directory */
#endif
