/* Bytes with bounds: a writer that grows, and a reader that latches its first failure.
 * Must never know message names or descriptors. */
#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

void
buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){0};
}

uint8_t *
buf_grow(struct buf *b, size_t len)
{
	if (b->room - b->len < len) {
		size_t room = b->room ? b->room : 64;

		while (room - b->len < len)
			room = room > SIZE_MAX / 2 ? SIZE_MAX : room * 2;
		b->data = xrealloc(b->data, room, 1);
		b->room = room;
	}
	return b->data + b->len;
}

void
put_bytes(struct buf *b, const void *data, size_t len)
{
	if (len)
		memcpy(buf_grow(b, len), data, len);
	b->len += len;
}

static void
put_uint(struct buf *b, uint64_t value, size_t size)
{
	uint8_t *to = buf_grow(b, size);
	size_t i;

	for (i = 0; i < size; i++)
		to[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
	b->len += size;
}

void
put_u8(struct buf *b, unsigned value)
{
	put_uint(b, value, 1);
}

void
put_u16(struct buf *b, unsigned value)
{
	put_uint(b, value, 2);
}

void
put_u32(struct buf *b, uint32_t value)
{
	put_uint(b, value, 4);
}

void
put_u64(struct buf *b, uint64_t value)
{
	put_uint(b, value, 8);
}

void
put_str(struct buf *b, const char *text)
{
	size_t len = strlen(text);

	put_u32(b, (uint32_t)len);
	put_bytes(b, text, len + 1);
}

void
put_block(struct buf *b, const void *data, size_t len)
{
	put_u32(b, (uint32_t)len);
	put_bytes(b, data, len);
}

void
put_digest(struct buf *b, const struct digest *d)
{
	put_bytes(b, d->byte, DIGEST_LEN);
}

void
put_object_name(struct buf *b, const struct object_name *n)
{
	put_digest(b, &n->digest);
	put_u32(b, n->scope);
}

void
put_strings(struct buf *b, const struct strings *list)
{
	size_t i;

	put_u32(b, (uint32_t)list->count);
	for (i = 0; i < list->count; i++)
		put_str(b, list->at[i]);
}

void
set_u32(struct buf *b, size_t at, uint32_t value)
{
	size_t i;

	for (i = 0; i < 4; i++)
		b->data[at + i] = (uint8_t)(value >> (24 - 8 * i));
}

struct reader
reader_over(const void *data, size_t len)
{
	const uint8_t *at = data;

	return (struct reader){.at = at, .end = len ? at + len : at};
}

size_t
reader_left(const struct reader *r)
{
	return r->bad ? 0 : (size_t)(r->end - r->at);
}

const uint8_t *
take_bytes(struct reader *r, size_t len)
{
	const uint8_t *at = r->at;

	if (r->bad || len > (size_t)(r->end - r->at)) {
		r->bad = true;
		return NULL;
	}
	if (len)
		r->at += len;
	return at;
}

static uint64_t
take_uint(struct reader *r, size_t size)
{
	const uint8_t *from = take_bytes(r, size);
	uint64_t value = 0;
	size_t i;

	for (i = 0; from && i < size; i++)
		value = value << 8 | from[i];
	return value;
}

unsigned
take_u8(struct reader *r)
{
	return (unsigned)take_uint(r, 1);
}

unsigned
take_u16(struct reader *r)
{
	return (unsigned)take_uint(r, 2);
}

uint32_t
take_u32(struct reader *r)
{
	return (uint32_t)take_uint(r, 4);
}

uint64_t
take_u64(struct reader *r)
{
	return take_uint(r, 8);
}

const char *
take_str(struct reader *r)
{
	size_t len = take_u32(r);
	const char *text = (const char *)take_bytes(r, len);
	const uint8_t *nul = take_bytes(r, 1);

	if (!text || !nul || *nul != 0 || memchr(text, 0, len)) {
		r->bad = true;
		return "";
	}
	return text;
}

struct reader
take_block(struct reader *r)
{
	size_t len = take_u32(r);
	const uint8_t *at = take_bytes(r, len);

	if (!at)
		return (struct reader){.bad = true};
	return reader_over(at, len);
}

bool
take_bool(struct reader *r)
{
	unsigned value = take_u8(r);

	if (value > 1)
		r->bad = true;
	return value == 1;
}

struct digest
take_digest(struct reader *r)
{
	const uint8_t *from = take_bytes(r, DIGEST_LEN);
	struct digest d = {{0}};

	if (from)
		memcpy(d.byte, from, DIGEST_LEN);
	return d;
}

struct object_name
take_object_name(struct reader *r)
{
	struct object_name n = {.digest = take_digest(r)};

	n.scope = take_u32(r);
	return n;
}

void
take_strings(struct reader *r, struct strings *list)
{
	uint32_t count = take_u32(r), i;

	for (i = 0; i < count && !r->bad; i++) {
		const char *text = take_str(r);

		if (!r->bad)
			strings_add(list, text);
	}
}

uint32_t
skip_strings(struct reader *r)
{
	uint32_t count = take_u32(r), i;

	for (i = 0; i < count && !r->bad; i++)
		(void)take_str(r);
	return count;
}

bool
reader_done(const struct reader *r)
{
	return !r->bad && r->at == r->end;
}

struct shared *
shared_new(size_t len)
{
	struct shared *s = xmalloc(sizeof(*s) + len);

	*s = (struct shared){.holders = 1, .len = len};
	return s;
}

struct shared *
shared_hold(struct shared *s)
{
	s->holders++;
	return s;
}

void
shared_drop(struct shared *s)
{
	if (!s || --s->holders > 0)
		return;
	if (s->freed)
		s->freed(s);
	free(s);
}

bool
digest_equal(const struct digest *a, const struct digest *b)
{
	return memcmp(a->byte, b->byte, DIGEST_LEN) == 0;
}

bool
object_equal(const struct object_name *a, const struct object_name *b)
{
	return a->scope == b->scope && digest_equal(&a->digest, &b->digest);
}

static void
put_hex(const uint8_t *bytes, size_t len, char *out)
{
	static const char hex[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < len; i++) {
		out[2 * i] = hex[bytes[i] >> 4];
		out[2 * i + 1] = hex[bytes[i] & 15];
	}
	out[2 * len] = '\0';
}

void
digest_text(const struct digest *d, char out[DIGEST_TEXT])
{
	put_hex(d->byte, DIGEST_LEN, out);
}

void
object_text(const struct object_name *n, char out[OBJECT_TEXT])
{
	uint8_t scope[] = {(uint8_t)(n->scope >> 24), (uint8_t)(n->scope >> 16), (uint8_t)(n->scope >> 8), (uint8_t)n->scope};

	digest_text(&n->digest, out);
	out[DIGEST_TEXT - 1] = '.';
	put_hex(scope, sizeof(scope), out + DIGEST_TEXT);
}
