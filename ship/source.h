/* A file of the head that is sent: hashed, and read again for as long as it holds what was hashed. */
#ifndef SOURCE_H
#define SOURCE_H

#include "ship/hashed.h"

/* A file of the head whose contents belong to the manifest. */
struct source {
	struct blob_id id;
	bool is_public, is_private; /* in which scopes the manifest names it: everybody's, the sender's, or both */
	char *file;		    /* where to open it; NULL for the manifest itself */
	uint8_t *bytes;		    /* owned: the contents of the manifest and of files that do not say their size; else NULL */
	/* What fstat said when it was hashed. Where that has changed since, only what still hashes to the same is sent: of a file that
	 * something is added to, all that there was. */
	struct file_mark mark;
	bool known;    /* it was not hashed anew: */
	uint64_t sent; /* the object was read up to there. What is asked for again is proved, for it may have come out wrong */
};

/* Hashes a file and fills in all but the scopes. 0, or -1 with source_error(). source_clear in either case, on zeros at least. */
int source_of_file(const char *file, struct source *);
void source_clear(struct source *); /* frees what it owns */
/* Reads up to len bytes of a source's object (chunk digests, then contents) from offset; the file is opened with the caller's rights. How
 * many, or -1 with source_error(), which names the file: it is gone, unreadable, or was changed within what was hashed. */
ssize_t source_read(struct source *, uint64_t offset, uint8_t *out, size_t len);
const char *source_error(void); /* why the last call failed; borrowed until the next */
#endif
