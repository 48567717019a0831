/* Manifests, and contents cut into chunks that are hashed and deflated. The only user of zlib. */
#ifndef BUNDLE_H
#define BUNDLE_H

#include "base/buf.h"

/* Contents are hashed in chunks of 64 KiB (the last one shorter), so that one message brings one, and it is proved and handed on at once. A
 * blob is known by digest = BLAKE2b-256(u64 size, big-endian || the chunks' BLAKE2b-256 digests in order). On a link and in the store a
 * blob is an *object*: that list of chunk digests followed by the contents; offsets count from the start of the object, so a node that
 * holds its first bytes can check all that come after them. */
#define CHUNK_SIZE (64u * 1024)
#define PIECE_SIZE (64u * 1024) /* the most that one message carries of an object */

struct blob_id {
	struct digest digest;
	uint64_t size; /* of the contents */
	uint8_t *list; /* chunk digests, list_length(size) bytes; owned */
};
uint64_t list_length(uint64_t size);   /* 32 bytes for each chunk */
uint64_t object_length(uint64_t size); /* list and contents; 0 when it would not fit in 63 bits */
/* Where an object with that list goes on at or after offset: chunks that are all zeros are never sent, for the list tells of them. The
 * offset itself, or where the next chunk with contents begins; the object's end when none follows. */
uint64_t object_skip(uint64_t size, const uint8_t *list, uint64_t offset);
/* How much of the object the piece that begins at offset carries, at most up to `end`: it ends where a chunk does, and before one of zeros.
 * Offset is one that object_skip gives. */
size_t piece_length(uint64_t size, const uint8_t *list, uint64_t offset, uint64_t end);
uint64_t list_holes(uint64_t size, const uint8_t *list);	       /* bytes in chunks that are all zeros, of contents with that list */
struct digest chunk_digest(const void *data, size_t len);	       /* of one chunk */
uint64_t bundle_hashed(void); /* bytes of chunks that this process has hashed so far: the dearest step that contents take */
struct digest blob_digest(uint64_t size, const uint8_t *list);	       /* from contents' size and chunk digests */
void blob_of_bytes(const void *data, size_t len, struct blob_id *out); /* the caller frees by blob_id_free */
int blob_of_file(
	int fd, uint64_t most, struct blob_id *out); /* likewise, from offset 0 to the end, at most that many bytes. 0, or -1 with errno */
void blob_id_free(struct blob_id *);		     /* it is empty afterwards */

/* The digest of a chunk whose bytes come in parts. */
struct chunk_hash;
struct chunk_hash *chunk_hash_new(void);				/* the caller frees by free() */
void chunk_hash_add(struct chunk_hash *, const void *data, size_t len); /* the next part */
struct digest chunk_hash_end(struct chunk_hash *);			/* the digest; the next chunk begins */

/* One piece of an object, deflated into out, which has room for len: how many bytes; 0 when that does not shrink it, or there is no memory.
 */
size_t piece_deflate(const uint8_t *data, size_t len, uint8_t *out);
/* Zeroed before the first piece. What is compressed already is not tried again and again: after 8 pieces in a row that did not shrink by an
 * eighth, 64 are not tried. */
struct deflating {
	unsigned poor, passed; /* such pieces in a row; pieces still to be left as they are */
};
size_t deflating_piece(struct deflating *, const uint8_t *data, size_t len, uint8_t *out); /* as piece_deflate; 0 too: not tried */
/* Exactly raw_len bytes into out; -1 when the input yields anything else, or there is no memory. */
int piece_inflate(const uint8_t *data, size_t len, uint8_t *out, size_t raw_len);
void bundle_idle(void); /* frees the memory that the two above keep for their next call */

enum entry_kind { ENTRY_DIR, ENTRY_FILE, ENTRY_LINK };
enum entry_flags {
	ENTRY_OWN = 1,	   /* from -f, or the working directory: a real, writable file of the job user's own */
	ENTRY_LIBRARY = 2, /* a library or an interpreter: its directory is merged in the view wherever it lies */
	ENTRY_PROGRAM = 4, /* the program itself, and what a #! line names: its directory goes into PATH */
	ENTRY_THERE = 32,  /* ENTRY_FILE of cp: the node has these contents in place, and is not sent them */
	ENTRY_EXACT = 16,  /* for `cp`: owner, nanoseconds and set-id bits are told as well */
	ENTRY_PUBLIC =
		8, /* ENTRY_FILE: everybody may read it where it comes from, and it is not the sender's own: its contents are public */
};
struct entry {
	char *path; /* inside the root: "usr/bin/date", no leading slash, no "." or ".." or empty part */
	enum entry_kind kind;
	unsigned flags;
	uint32_t mode;	      /* permission bits, set-group-id of directories too; set-id bits of files with ENTRY_EXACT alone: another is refused */
	uint64_t mtime;	      /* seconds since 1970 */
	uint32_t mtime_ns, uid, gid; /* with ENTRY_EXACT; else 0 */
	uint64_t size;	      /* ENTRY_FILE */
	uint64_t holes;	      /* ENTRY_FILE: bytes in chunks of zeros, which take no room; 0 where they were not counted */
	uint32_t group;	      /* ENTRY_FILE: 1 + index of the first entry that is the same inode; 0: it has no other name */
	struct digest digest; /* ENTRY_FILE */
	uint32_t scope;	      /* ENTRY_FILE, of a manifest that was read: that of its contents */
	char *target;	      /* ENTRY_LINK: the link's text */
};

/* Entries in the order of a walk (path_order): a directory, then all that is in it; every directory on the way is an entry. */
struct manifest {
	struct entry *at;
	size_t count, room;
	char *program;	    /* path to run, inside the root, with leading slash; "" with -localbin */
	char *interpreter;  /* of the program when it is dynamic, for -view=none; "" when it has none */
	char *machine;	    /* as uname -m prints it; "" when no file says */
	char *library_path; /* directories of shipped libraries, joined by colons, for -view=none */
	bool exact;	    /* of one that was read: an entry has ENTRY_EXACT */
};
#define MAX_ENTRIES 1000000u /* a million paths: more is a mistake or an attack, and would fill a small node's memory */
#define MAX_MANIFEST (64u << 20)
#define MAX_INSIDE 3840u /* length of an entry's path: PATH_MAX less room for a binRoot before it */
#define MAX_LEVELS 128u	 /* parts of an entry's path: a walk of the tree holds a descriptor for each */

bool path_inside(const char *path);	      /* it can be an entry's path: see struct entry and the two limits above */
int path_order(const char *a, const char *b); /* as strcmp, but "/" sorts before all other bytes */
struct entry *manifest_add(struct manifest *, const char *path, enum entry_kind); /* copies path; the rest is 0. Borrowed until the next */
struct entry *manifest_find(const struct manifest *, const char *path); /* in a sorted manifest; borrowed; NULL when it is not there */
void manifest_encode(const struct manifest *, struct buf *out);		/* appends; the entries must be in order */
struct object_name entry_object(const struct entry *);			/* its contents, of an entry that was read */
/* Everything is checked: order, doubles, "..", a file or link used as a directory, modes, kinds, lengths, groups, counts.
 * uid: whose it is; what is not public is looked for in that scope, and nowhere else.
 * 0, or -1 with bundle_error(); on -1 nothing is left to free. */
int manifest_decode(const uint8_t *data, size_t len, uint32_t uid, struct manifest *out);
void manifest_free(struct manifest *); /* what a manifest owns; it is empty afterwards */
const char *bundle_error(void);	       /* why the last manifest was refused; borrowed until the next */
#endif
