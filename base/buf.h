/* Bytes with bounds: a writer that grows, and a reader that latches its first failure. Integers are big-endian. */
#ifndef BUF_H
#define BUF_H

#include "base/util.h"

/* BLAKE2b-256. bundle.h says over which bytes. */
#define DIGEST_LEN 32
struct digest {
	uint8_t byte[DIGEST_LEN];
};

/* What an object is named by: its digest alone opens nothing, it must be asked for in the scope that it was published in. */
#define SCOPE_PUBLIC UINT32_MAX /* public contents; never a uid */
struct object_name {
	struct digest digest;
	uint32_t scope; /* SCOPE_PUBLIC, or the uid whose own it is */
};

/* Growing bytes; {0} is empty. The caller frees by buf_free. Out of memory ends the process, as in xmalloc. */
struct buf {
	uint8_t *data;
	size_t len, room;
};
void buf_free(struct buf *);			      /* empty afterwards, and can be used again */
uint8_t *buf_grow(struct buf *, size_t len);	      /* the first of len more bytes, behind .len; the caller fills them and adds to .len */
void put_bytes(struct buf *, const void *, size_t);   /* appends a copy */
void put_u8(struct buf *, unsigned);		      /* the low 8 bits */
void put_u16(struct buf *, unsigned);		      /* two bytes, the low 16 bits */
void put_u32(struct buf *, uint32_t);		      /* four bytes */
void put_u64(struct buf *, uint64_t);		      /* eight bytes */
void put_str(struct buf *, const char *);	      /* u32 length without the NUL, bytes, NUL */
void put_block(struct buf *, const void *, size_t);   /* u32 length, bytes */
void put_digest(struct buf *, const struct digest *); /* 32 bytes */
void put_object_name(struct buf *, const struct object_name *); /* its digest, its scope */
void put_strings(struct buf *, const struct strings *);		/* u32 count, then each as put_str */
void set_u32(struct buf *, size_t at, uint32_t);		/* overwrites four bytes already put */

/* A read cursor over borrowed bytes. Taking more than there is, or what is malformed, makes it bad; once bad, always bad, and all that is
 * taken is 0, "" or empty. */
struct reader {
	const uint8_t *at, *end;
	bool bad;
};
struct reader reader_over(const void *, size_t);      /* the bytes must outlive it */
size_t reader_left(const struct reader *);	      /* bytes not yet taken; 0 when bad */
unsigned take_u8(struct reader *);		      /* one byte */
unsigned take_u16(struct reader *);		      /* two bytes */
uint32_t take_u32(struct reader *);		      /* four bytes */
uint64_t take_u64(struct reader *);		      /* eight bytes */
const uint8_t *take_bytes(struct reader *, size_t);   /* borrowed; NULL when bad */
const char *take_str(struct reader *);		      /* borrowed, with its NUL; bad when that is missing or another lies within */
struct reader take_block(struct reader *);	      /* a cursor over the block's bytes alone; bad when they are not all there */
bool take_bool(struct reader *);		      /* one byte; bad unless 0 or 1 */
struct digest take_digest(struct reader *);	      /* 32 bytes */
struct object_name take_object_name(struct reader *); /* as put_object_name has it */
/* Adds copies to the list, which the caller frees, bad or not. The count is bounded by the bytes left. */
void take_strings(struct reader *, struct strings *);
uint32_t skip_strings(struct reader *); /* as take_strings, without copies: how many there were */
/* True when nothing was bad and nothing is left over: the one test at the end of a parse. */
bool reader_done(const struct reader *);

/* Bytes with several holders, unchanged once they are filled; freed when the last holder drops them. */
struct shared {
	size_t holders, len;
	void (*freed)(const struct shared *); /* called just before they are freed; NULL: no call */
	uint32_t owner;			      /* for freed(): whose they are, and as how many bytes they are counted */
	size_t counted;
	uint8_t data[];
};
struct shared *shared_new(size_t len) NEVER_NULL; /* with one holder, the caller, who fills them */
struct shared *shared_hold(struct shared *);	  /* one more holder; returns its argument */
void shared_drop(struct shared *);		  /* one holder less; NULL is allowed */

bool digest_equal(const struct digest *, const struct digest *);	   /* not in constant time: digests are no secrets */
bool object_equal(const struct object_name *, const struct object_name *); /* digest and scope */
#define DIGEST_TEXT (2 * DIGEST_LEN + 1)
void digest_text(const struct digest *, char out[DIGEST_TEXT]); /* 64 hex digits and a NUL */
#define OBJECT_TEXT (DIGEST_TEXT + 9)
void object_text(const struct object_name *, char out[OBJECT_TEXT]); /* the digest's, a dot, eight hex digits of the scope and a NUL */
#endif
