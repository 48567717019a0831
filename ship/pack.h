/* On the head: makes a command, a root and the files asked for into a manifest, and knows where its contents come from. */
#ifndef PACK_H
#define PACK_H

#include "ship/source.h"

/* What `cp` sends: a file, or a directory with all in it. */
struct copy {
	const char *from; /* a path of the head; a link is followed, but none within a directory */
	const char *to;	  /* its path in the manifest; "": what is in the directory, without itself */
};

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
	const struct copy *copies;	/* for `cp`, instead of all of the above: what goes where, */
	size_t copy_count;		/* so many */
	const char *cwd;		/* the working directory: made on the node, the job user's own; or NULL */
	void (*warn)(const char *text); /* called with each warning, as of a missing library of an -f entry; may be NULL */
};

struct pack {
	struct manifest manifest;
	struct source *at; /* each digest once; at[0] is the manifest's own blob */
	size_t count, room;
	struct deps *deps; /* which file needs which, for `gproc ldd`; NULL without a program */
};

/* What -f sends: each entry under the path it has on the head; directories with all that is in them; a link as a link, and for an
 * entry that is itself one also what it leads to. Where a directory of an entry's path is a link that is sent too, the entry lies
 * where the link leads. Fifos, sockets and devices are refused as entries, and within directories left out with a warning.
 * Directories that are only on the way have mode 0755 and time 0, so that the same launch makes the same manifest. */

/* Makes all of *out. 0, or -1 with pack_error() and *status: 127 or 126 for the program, 255 otherwise. pack_free in either case. */
int pack_make(const struct pack_query *, struct pack *out, int *status);
const char *pack_error(void); /* why the last call failed; borrowed until the next */
/* The files for which there is a '1' among the entries, by their places, are on the nodes already: their contents are not sent. */
void pack_leave_out(struct pack *, const char *there);
void pack_free(struct pack *); /* what a pack owns; it is empty afterwards */
/* Borrowed; NULL when no source has it, or the manifest names it in the other scope alone: no honest node asks for that. */
struct source *pack_find(const struct pack *, const struct object_name *);
#endif
