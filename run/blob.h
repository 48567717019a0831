/* What the store and its blobs are made of, for store and contents alone. */
#ifndef BLOB_H
#define BLOB_H

#include "run/quota.h"
#include "run/vault.h"

#define READERS 4 /* files kept open for blob_read: a node serves few at a time, each to many */
#define NAME_ROOM (8 + OBJECT_TEXT)
#define STORE_ERROR 320

struct blob {
	struct store *store;
	struct object_name name;
	void *user;		    /* the daemon's */
	struct blob *next;	    /* in its bucket */
	struct blob *older, *newer; /* among the idle ones */
	struct buf list;	    /* chunk digests that have come */
	struct chunk_hash *hash;    /* of the chunk under way, or NULL */
	uint8_t *window;	    /* of a thin one: contents from `first` on, round and round; NULL: none at the moment */
	uint64_t first;		    /* byte of the contents, where a chunk begins */
	uint64_t size;
	uint64_t at;	     /* bytes of the object that have come */
	uint64_t have;	     /* and are proved */
	uint64_t passed;     /* bytes of zeros before `at`, which its file does not hold */
	uint64_t gap, after; /* the last run of zeros that blob_skip has found: from, to */
	uint64_t stored;     /* bytes of its file, proved or not */
	uint64_t used;	     /* when it was last in use, as a number that only grows */
	uint64_t mtime;	     /* of the entry whose file this is (blob_claim), */
	uint32_t mode;	     /* and its mode */
	struct bill bill;    /* to the users whose jobs have pinned it */
	unsigned pins;
	bool claimed; /* mode and mtime are set */
	bool sized;   /* a source has said a size */
	bool listed;  /* list and size are proved */
	bool whole, idle, thin;
	bool given; /* handed over: freed with its last pin, unless it is wanted again */
};

struct tree {
	struct object_name manifest;
	struct tree *next;
	uint64_t used;
	struct bill bill;
	unsigned holds;
	bool spoiled; /* it may link to what was damaged: gone with its last hold */
};

struct store {
	struct vault vault;
	struct quotas *quotas;
	uint64_t budget, promised;
	uint64_t stored;     /* footprint of all blobs */
	uint64_t lists;	     /* bytes of memory that their lists take: of what is mostly holes that is more */
	uint64_t idle_bytes; /* of those that can be evicted, */
	uint64_t paid;	     /* and of those that some user's share has */
	bool (*give_idle)(void *owner, uint32_t uid, uint64_t lacking);
	void *idle_owner;
	uint64_t now;	     /* counts uses */
	uint64_t seed;
	struct blob **bucket;
	size_t buckets, count; /* of blobs */
	struct blob *oldest, *newest;
	struct tree *trees;
	struct {
		const struct blob *blob;
		int fd;
	} reader[READERS];
	unsigned next_reader;
};

extern char store_error_text[STORE_ERROR];
#define fail(...) latch_error(store_error_text, STORE_ERROR, __VA_ARGS__)

/* Its file under store_dir: part/<name> or blob/<name>. Returns out. */
const char *blob_file(const struct blob *, char out[NAME_ROOM]);
uint64_t store_unused(const struct store *); /* bytes that could be written now, if every room were full */
/* Evicts, what has been idle longest first, until that many bytes are unused. 0, or -1 when nothing is left to evict. */
int store_make_room(struct store *, uint64_t bytes);
int store_refuse(const struct store *, uint64_t bytes, uint64_t left); /* -1 with store_error(): so many are needed and left */
void store_idle_add(struct blob *);				       /* it may be evicted from now on, */
void store_idle_remove(struct blob *);				       /* and no more */
void store_close_reader(const struct blob *);			       /* closes the descriptor that blob_read has kept */
void store_unbill(struct blob *);				       /* what it took of the store is no more there */
/* What was damaged is linked to no more: the name's inodes are removed, all trees once they are not in use. */
void store_spoil(struct store *, const struct object_name *);
#endif
