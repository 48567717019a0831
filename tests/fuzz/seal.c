/* Any bytes to either end of a link, and sealed sessions that someone meddles with: no crash, nothing allocated
 * for who has not proved the key, and never a byte heard that the other end did not say, in its order. */
#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "link/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Random numbers that are the same in every run, so that a finding can be run again. */
static uint32_t next_random;

static const char *
name(void)
{
	return "counter";
}

static uint32_t
number(void)
{
	return next_random = next_random * 1664525 + 1013904223;
}

static void
fill(void *const out, const size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		((uint8_t *)out)[i] = (uint8_t)(number() >> 24);
}

static struct randombytes_implementation counter = {.implementation_name = name, .random = number, .buf = fill};

static struct keyring
ring_of(size_t count)
{
	struct keyring ring = {.count = count, .plain = !count};
	size_t i;

	for (i = 0; i < count; i++)
		memset(ring.key[i], (int)i + 1, KEY_LEN);
	return ring;
}

/* Without the key nobody is ever ready, unless both are plain. */
static void
any_bytes(const uint8_t *data, size_t size, bool initiator, size_t keys, size_t step)
{
	struct keyring ring = ring_of(keys);
	struct buf plain = {0}, out = {0};
	struct seal *s = seal_new(&ring, initiator, &out);
	size_t at, len;

	for (at = 0; at < size; at += len) {
		len = size - at < step ? size - at : step;
		assert(seal_input(s, data + at, len, &plain, &out) <= len);
		(void)seal_why(s);
	}
	assert(!keys || (seal_state(s) != SEAL_READY && plain.len == 0));
	assert(out.len <= SEAL_HELLO_MAX && plain.len <= size);
	assert((seal_state(s) == SEAL_BAD) == (*seal_why(s) != '\0'));
	seal_free(s);
	buf_free(&plain);
	buf_free(&out);
}

struct end {
	struct seal *seal;
	struct buf plain, out, old; /* old: all that was ever sent */
	size_t said;
	uint8_t voice; /* the bytes it says are voice, voice + 1, ... */
};

static void
say(struct end *e, size_t len)
{
	uint8_t *words = xmalloc(len);
	size_t i;

	for (i = 0; i < len; i++)
		words[i] = (uint8_t)(e->voice + e->said + i);
	if (seal_state(e->seal) == SEAL_READY) {
		size_t before = e->out.len;

		seal_output(e->seal, words, len, &e->out);
		put_bytes(&e->old, e->out.data + before, e->out.len - before);
		e->said += len;
	}
	free(words);
}

static void
hear(struct end *e, const struct end *other)
{
	size_t i;

	assert(e->plain.len <= other->said);
	for (i = 0; i < e->plain.len; i++)
		assert(e->plain.data[i] == (uint8_t)(other->voice + i));
}

static void
carry(struct end *from, struct end *to, size_t len)
{
	len = len < from->out.len ? len : from->out.len;
	if (!len)
		return;
	(void)seal_input(to->seal, from->out.data, len, &to->plain, &to->out);
	from->out.len -= len;
	memmove(from->out.data, from->out.data + len, from->out.len);
	hear(to, from);
}

/* One step of a script: who, what, and how much. */
static void
act(struct end *from, struct end *to, unsigned what, unsigned much)
{
	struct buf *out = &from->out;

	if (what == 0)
		say(from, much * much * 4);
	else if (what == 1)
		carry(from, to, much);
	else if (what == 2)
		carry(from, to, SIZE_MAX);
	else if (what == 3 && out->len)
		out->data[much % out->len] ^= (uint8_t)(1 + much / 32);
	else if (what == 4 && from->old.len) /* replayed */
		put_bytes(out, from->old.data + much % from->old.len, from->old.len - much % from->old.len);
	else if (what == 5 && to->old.len) /* reflected */
		put_bytes(out, to->old.data, to->old.len < much ? to->old.len : much);
	else if (what == 6) /* left out */
		out->len -= much < out->len ? much : out->len;
	else if (what == 7) /* made up */
		put_u8(out, much);
}

static void
session(const uint8_t *data, size_t size)
{
	struct keyring ring = ring_of(2);
	struct end i = {.voice = 1}, r = {.voice = 128};
	size_t at;

	i.seal = seal_new(&ring, true, &i.out);
	r.seal = seal_new(&ring, false, &r.out);
	put_bytes(&i.old, i.out.data, i.out.len);
	for (at = 0; at + 1 < size && i.old.len + r.old.len < 1 << 20; at += 2)
		act(data[at] & 8 ? &r : &i, data[at] & 8 ? &i : &r, data[at] & 7, data[at + 1]);
	seal_free(i.seal);
	seal_free(r.seal);
	buf_free(&i.plain);
	buf_free(&i.out);
	buf_free(&i.old);
	buf_free(&r.plain);
	buf_free(&r.out);
	buf_free(&r.old);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!next_random)
		randombytes_set_implementation(&counter);
	next_random = 1;
	if (size < 1)
		return 0;
	if (data[0] == 's')
		session(data + 1, size - 1);
	else
		any_bytes(data + 1, size - 1, data[0] & 1, data[0] >> 1 & 3, data[0] >> 4 ? data[0] >> 4 : SIZE_MAX);
	return 0;
}
