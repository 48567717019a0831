/* On the head: a command, a root and the files asked for, made into a manifest and the places its contents come from. */
#ifndef PACK_H
#define PACK_H

#include "bundle.h"

struct pack_query {
	const char *root;		/* -r */
	const char *search;		/* PATH */
	const char *ld_library_path;	/* or NULL */
	const char *ld_preload;		/* or NULL */
	const char *ld_audit;		/* or NULL */
	const char *extra_dirs;		/* -L, or NULL */
	const char *program;		/* argv[0] as typed; NULL: ship no program, and no libraries of -f entries (-localbin) */
	const char *files;		/* -f: paths of the head, parted by commas; a comma in a name, and a backslash before a comma,
					 * have a backslash before them; or NULL */
	const char *cwd;		/* the caller's: created, the job user's own; NULL: none */
	void (*warn)(const char *text); /* what only needs telling: a library of an -f entry that is missing; NULL: nobody */
};

/* A file of the head whose contents belong to the manifest. */
struct source {
	struct blob_id id;
	char *file;	/* where to open it; NULL for the manifest itself */
	uint8_t *bytes; /* owned: the contents of the manifest and of files that do not say their size; else NULL */
	/* What fstat said when it was hashed. Where that has changed since, only what still hashes to the same is sent: of a file that
	 * something is added to, all that there was. */
	uint64_t dev, ino, mtime_ns, ctime_ns;
};

struct pack {
	struct manifest manifest;
	struct source *at; /* each digest once; at[0] is the manifest's own blob */
	size_t count, room;
	struct needs *needs; /* who needs what, for `gproc ldd`; NULL without a program */
};

/* What -f sends: each entry under the path it has on the head; directories with all that is in them; a link as a link, and for an
 * entry that is itself one also what it leads to. Where a directory of an entry's path is a link that is sent too, the entry lies
 * where the link leads. Fifos, sockets and devices are refused as entries, and within directories left out with a warning.
 * Directories that are only on the way have mode 0755 and time 0, so that the same launch makes the same manifest. */

/* 0, or -1 with pack_error() and *status 127, 126 (the program) or 255 (anything else). pack_free in either case. */
int pack_make(const struct pack_query *, struct pack *out, int *status);
const char *pack_error(void);
void pack_free(struct pack *);
const struct source *pack_find(const struct pack *, const struct digest *); /* or NULL */
/* Up to len bytes of a source's object from offset (the list first, then the contents), opened with the caller's own
 * rights. How many, or -1 with pack_error(): gone, unreadable, or changed since within what was hashed. The file is named. */
ssize_t pack_read(const struct source *, uint64_t offset, uint8_t *out, size_t len);
#endif
