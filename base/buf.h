/* Bytes with bounds: a writer that grows, and a reader that latches its first failure. Integers are big-endian. */
#ifndef BUF_H
#define BUF_H

#include "base/util.h"

/* A 32-byte BLAKE2b-256 digest; what it is taken over, bundle.h says. */
#define DIGEST_LEN 32
struct digest {
	uint8_t byte[DIGEST_LEN];
};

/* What an object is named by: its digest alone opens nothing, it must be asked for in the scope that it was published in. */
#define SCOPE_PUBLIC UINT32_MAX /* everybody's; never a uid */
struct object_name {
	struct digest digest;
	uint32_t scope; /* SCOPE_PUBLIC, or the uid whose own it is */
};

/* Growing bytes. {0} is empty; the owner calls buf_free, after which it is empty again. */
struct buf {
	uint8_t *data;
	size_t len, room;
};
void buf_free(struct buf *);
uint8_t *buf_grow(struct buf *, size_t len); /* room for len more behind len; the caller adds to .len itself */
void put_bytes(struct buf *, const void *, size_t);
void put_u8(struct buf *, unsigned);
void put_u16(struct buf *, unsigned);
void put_u32(struct buf *, uint32_t);
void put_u64(struct buf *, uint64_t);
void put_str(struct buf *, const char *);	    /* u32 length without the NUL, bytes, NUL */
void put_block(struct buf *, const void *, size_t); /* u32 length, bytes */
void put_digest(struct buf *, const struct digest *);
void put_object_name(struct buf *, const struct object_name *);
void put_strings(struct buf *, const struct strings *); /* u32 count, strs */
void set_u32(struct buf *, size_t at, uint32_t);	/* overwrites four bytes already put */

/* A read cursor over bytes that someone else owns. Once bad, always bad, and all that is taken is 0, "" or empty. */
struct reader {
	const uint8_t *at, *end;
	bool bad;
};
struct reader reader_over(const void *, size_t);
size_t reader_left(const struct reader *);
unsigned take_u8(struct reader *);
unsigned take_u16(struct reader *);
uint32_t take_u32(struct reader *);
uint64_t take_u64(struct reader *);
const uint8_t *take_bytes(struct reader *, size_t); /* borrowed; NULL when bad */
const char *take_str(struct reader *);		    /* borrowed; "" when bad; its NUL is checked, none within */
struct reader take_block(struct reader *);	    /* a cursor over the block alone */
bool take_bool(struct reader *);		    /* u8; bad unless 0 or 1 */
struct digest take_digest(struct reader *);
struct object_name take_object_name(struct reader *);
void take_strings(struct reader *, struct strings *); /* adds to the list; the count is bounded by the bytes left */
uint32_t skip_strings(struct reader *);		      /* checks them as take_strings does, and returns how many there are */
/* True when nothing failed and nothing is left over: the one test at the end of a parse. */
bool reader_done(const struct reader *);

/* Bytes that several hold at once and nobody changes: freed when the last holder drops them. */
struct shared {
	size_t holders, len;
	void (*freed)(const struct shared *); /* called before that; NULL: nothing is */
	uint32_t owner;			      /* for freed to know */
	uint8_t data[];
};
struct shared *shared_new(size_t len) NEVER_NULL; /* with one holder, who fills it */
struct shared *shared_hold(struct shared *);	  /* one holder more; returns it */
void shared_drop(struct shared *);		  /* NULL is allowed */

bool digest_equal(const struct digest *, const struct digest *);
bool object_equal(const struct object_name *, const struct object_name *);
#define DIGEST_TEXT (2 * DIGEST_LEN + 1)
void digest_text(const struct digest *, char out[DIGEST_TEXT]); /* 64 hex digits and a NUL */
#endif
