/* The bytes of one blob of the store: proved as they come, kept in a file or passed through a window, read, given away. */
#ifndef CONTENTS_H
#define CONTENTS_H

#include "run/store.h"

uint64_t blob_size(const struct blob *);  /* of the contents; 0 while unknown */
uint64_t blob_have(const struct blob *);  /* bytes of the object, from its start, that are here and proved */
uint64_t blob_total(const struct blob *); /* bytes of the whole object; 0 while unknown */
uint64_t blob_needs(const struct blob *); /* bytes of the store that its contents take, holes left out; 0 until its list is proved */
/* Where a (new) source is to begin: drops the unproved bytes of a chunk that was under way. */
uint64_t blob_resume(struct blob *);
/* The offset that blob_add wants now. Chunks of zeros are passed over as soon as the list is proved: they are never asked for, and what
 * comes of them is not looked at. */
uint64_t blob_next(const struct blob *);
uint64_t blob_skip(struct blob *, uint64_t offset); /* object_skip, where the list is proved; else the offset */
enum { BLOB_NO_ROOM = -2 };
/* The next bytes of the object, at `offset` where the last ended. 0; or with store_error() BLOB_NO_ROOM, or -1 when the digest does not
 * match or the offset is not the next one: then the unproved bytes are forgotten and blob_resume says where to go on. The file is opened,
 * written and closed within the call: no write descriptor lives across a fork (ETXTBSY). */
int blob_add(struct blob *, uint64_t size, uint64_t offset, const uint8_t *data, size_t len);
const uint8_t *blob_list(const struct blob *); /* the proved list; borrowed. NULL: none yet */
/* Up to len proved bytes of the object from offset; how many, 0 when there are none yet, -1 with store_error(). */
ssize_t blob_read(struct blob *, uint64_t offset, uint8_t *out, size_t len);
/* The whole contents in memory (a manifest), at most max; caller frees; NULL with store_error(). */
uint8_t *blob_load(struct blob *, size_t max, size_t *len);
/* Whether what a whole blob holds from that offset of the object on, to the end of its chunk, is still what was proved. */
bool blob_is_sound(struct blob *, uint64_t offset);
/* Gives up what a whole blob holds, in trees too, because it was damaged: it is as if only its list had come. */
void blob_spoil(struct blob *);

/* A *thin* blob passes through a node that has no room for it: only its list is kept, and while it is open a window of half a
 * MiB in memory. It is never whole. What is not proved can't be read here either. A list beyond 4 MiB is refused, by BLOB_NO_ROOM. */
#define STORE_WINDOW (8 * CHUNK_SIZE)	/* half of it is being taken while the other half comes */
void blob_make_thin(struct blob *);	/* a partial one; closed, and nothing of its contents is here any more */
void blob_make_ordinary(struct blob *); /* from the list on */
bool blob_thin(const struct blob *);	/* it passes through */
void blob_open(
	struct blob *, uint64_t offset); /* takes the window if it has none; begins with the chunk that offset lies in, or the list */
void blob_close(struct blob *);		 /* gives the window back, with all that is in it */
bool blob_opened(const struct blob *);	 /* it has its window */
uint64_t blob_first(const struct blob *);	  /* offset of the first contents in the window */
void blob_forget(struct blob *, uint64_t offset); /* contents before it are taken: their chunks make room */
/* What may be asked for, up to an offset: where the window ends; UINT64_MAX for an ordinary one. */
uint64_t blob_limit(const struct blob *);
bool blob_complete(const struct blob *);	       /* whole; or thin, and proved up to its end */
bool blob_ready(const struct blob *, uint64_t offset); /* blob_read has bytes there */

/* Whether the blob's own file can be the one with that mode and time in prepared trees: the first to ask has it, for others a copy
 * will be made. */
bool blob_claim(struct blob *, uint32_t mode, uint64_t mtime);
/* Hands a blob's file over: from now it is `to` (a path from store_dir), and the blob partial and without contents again, as if only
 * its list had come. It must be whole, pinned by the caller alone and linked nowhere; -1 when it isn't, and nothing has changed. */
int blob_give(struct blob *, const char *to);
#endif
