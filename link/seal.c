/* One end of a link: the first bytes, the proof of the key, then sealed records.
 * Must never know message types, descriptors of links, or which node the peer is. */
#include "link/seal.h"
#include "link/noise.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(KEY_LEN == NOISE_KEY, "the cluster key is Noise's psk");
_Static_assert(SEAL_OVERHEAD == 2 + NOISE_TAG, "u16 length and tag");
_Static_assert(SEAL_RECORD + NOISE_TAG <= 0xffff, "a record's length is a u16");

/* ---- the first bytes of a link: doc/protocol.md, "Handshake and records" ---- */

#define GENERATION 1
#define HEADER 10 /* magic, generation, word, short id */
#define HELLO (HEADER + NOISE_MESSAGE)
#define MAX_LENGTH (SEAL_RECORD + NOISE_TAG)

static const uint8_t magic[4] = {'g', 'p', 'r', 'c'};

/* The initiator asks, the responder grants or refuses. Frozen: a peer of any version understands these. */
enum word { ASK_PLAIN, ASK_SEALED, GRANT_PLAIN, GRANT_SEALED, REFUSE_KEY, REFUSE_PLAIN, REFUSE_SEALED, REFUSE_GENERATION, WORDS };

enum trouble {
	NO_TROUBLE,
	NO_RANDOM,
	NOT_GPROC,
	OTHER_GENERATION,
	WE_HAVE_NO_KEY,
	PEER_HAS_NO_KEY,
	KEYS_DIFFER,
	PEER_IS_PLAIN,
	WE_ARE_PLAIN,
	BAD_HELLO,
	BAD_REFUSAL,
	BAD_GRANT,
	BAD_RECORD,
	TOO_EARLY,
	USED_UP
};

/* State that is needed only until the key is proved. */
struct hello {
	struct noise noise;
	uint8_t sent[HEADER]; /* the initiator's header: the prologue */
	uint8_t in[HELLO];
	size_t len;
};

struct seal {
	const struct keyring *ring;
	struct hello *hello; /* NULL once both messages of the handshake have passed */
	struct noise_cipher send, receive;
	uint8_t *in; /* the beginning of a record; NULL while there is none */
	size_t len;
	enum seal_state state;
	enum trouble trouble;
	bool initiator;
	uint8_t peer_generation, peer_id[KEY_ID];
};

_Static_assert(sizeof(struct seal) + sizeof(struct hello) <= SEAL_HELLO_MAX, "what an unproved peer may make us allocate");

static void
end_hello(struct seal *s)
{
	if (s->hello)
		noise_wipe(&s->hello->noise);
	free(s->hello);
	s->hello = NULL;
}

static void
go_bad(struct seal *s, enum trouble trouble)
{
	s->state = SEAL_BAD;
	s->trouble = trouble;
	end_hello(s);
	sodium_memzero(&s->send, sizeof(s->send));
	sodium_memzero(&s->receive, sizeof(s->receive));
	free(s->in);
	s->in = NULL;
	s->len = 0;
}

/* The short id is that of the key given, or of none. */
static void
make_header(uint8_t out[HEADER], enum word word, const uint8_t *key)
{
	memcpy(out, magic, sizeof(magic));
	out[4] = GENERATION;
	out[5] = (uint8_t)word;
	memset(out + 6, 0, KEY_ID);
	if (key)
		key_id_bytes(key, out + 6);
}

static const uint8_t *
first_key(const struct keyring *ring)
{
	return ring->count ? ring->key[0] : NULL;
}

static void
start_noise(struct seal *s, const uint8_t *key, const uint8_t prologue[HEADER])
{
	uint8_t secret[NOISE_KEY];

	randombytes_buf(secret, sizeof(secret));
	noise_start(&s->hello->noise, key, secret, prologue, HEADER);
	sodium_memzero(secret, sizeof(secret));
}

static void
write_ask(struct seal *s, struct buf *out)
{
	const uint8_t *key = s->ring->plain ? NULL : first_key(s->ring);
	uint8_t *to = buf_grow(out, HELLO);

	make_header(s->hello->sent, key ? ASK_SEALED : ASK_PLAIN, key);
	memcpy(to, s->hello->sent, HEADER);
	out->len += HEADER;
	if (!key)
		return;
	start_noise(s, key, s->hello->sent);
	if (noise_write_first(&s->hello->noise, NULL, 0, to + HEADER))
		go_bad(s, BAD_HELLO);
	else
		out->len += NOISE_MESSAGE;
}

static void
refuse(struct seal *s, enum word word, enum trouble trouble, struct buf *out)
{
	make_header(buf_grow(out, HEADER), word, s->ring->plain ? NULL : first_key(s->ring));
	out->len += HEADER;
	go_bad(s, trouble);
}

static int
write_record(struct noise_cipher *c, const uint8_t *data, size_t len, struct buf *out)
{
	size_t length = len + NOISE_TAG;
	uint8_t *to = buf_grow(out, 2 + length);

	to[0] = (uint8_t)(length >> 8);
	to[1] = (uint8_t)length;
	if (noise_seal(c, data, len, to + 2))
		return -1;
	out->len += 2 + length;
	return 0;
}

/* The initiator takes the responder's message, and sends its first record, which is empty, at once: only that proves the key to the
 * responder. */
static void
take_grant(struct seal *s, struct buf *out)
{
	if (noise_read_second(&s->hello->noise, s->hello->in + HEADER, NOISE_MESSAGE, NULL)) {
		go_bad(s, BAD_GRANT);
		return;
	}
	noise_split(&s->hello->noise, &s->send, &s->receive);
	end_hello(s);
	(void)write_record(&s->send, NULL, 0, out);
	s->state = SEAL_READY;
}

/* Tries the keys with the short id that the initiator named: its message can be made with no other. */
static const uint8_t *
find_key(struct seal *s)
{
	struct hello *h = s->hello;
	size_t i;

	for (i = 0; i < s->ring->count; i++) {
		uint8_t id[KEY_ID];

		key_id_bytes(s->ring->key[i], id);
		if (memcmp(id, s->peer_id, sizeof(id)) != 0)
			continue;
		start_noise(s, s->ring->key[i], h->in);
		if (noise_read_first(&h->noise, h->in + HEADER, NOISE_MESSAGE, NULL) == 0)
			return s->ring->key[i];
	}
	return NULL;
}

static void
take_ask(struct seal *s, struct buf *out)
{
	const uint8_t *key = find_key(s);
	uint8_t *to = buf_grow(out, HELLO);

	if (!key) {
		refuse(s, REFUSE_KEY, BAD_HELLO, out);
		return;
	}
	make_header(to, GRANT_SEALED, key);
	if (noise_write_second(&s->hello->noise, NULL, 0, to + HEADER)) {
		go_bad(s, BAD_HELLO);
		return;
	}
	out->len += HELLO;
	noise_split(&s->hello->noise, &s->receive, &s->send);
	end_hello(s);
}

static bool
knows_id(const struct keyring *ring, const uint8_t id[KEY_ID])
{
	size_t i;

	for (i = 0; i < ring->count; i++) {
		uint8_t ours[KEY_ID];

		key_id_bytes(ring->key[i], ours);
		if (memcmp(ours, id, sizeof(ours)) == 0)
			return true;
	}
	return false;
}

/* The responder's answer to a header. */
static void
judge_ask(struct seal *s, unsigned word, struct buf *out)
{
	if (s->peer_generation != GENERATION)
		refuse(s, REFUSE_GENERATION, OTHER_GENERATION, out);
	else if (word > ASK_SEALED)
		go_bad(s, NOT_GPROC);
	else if (!s->ring->plain && !s->ring->count)
		refuse(s, REFUSE_KEY, WE_HAVE_NO_KEY, out);
	else if (word == ASK_SEALED && s->ring->plain)
		refuse(s, REFUSE_SEALED, WE_ARE_PLAIN, out);
	else if (word == ASK_PLAIN && !s->ring->plain)
		refuse(s, REFUSE_PLAIN, PEER_IS_PLAIN, out);
	else if (word == ASK_SEALED && !knows_id(s->ring, s->peer_id))
		refuse(s, REFUSE_KEY, KEYS_DIFFER, out);
	else if (word == ASK_PLAIN) {
		make_header(buf_grow(out, HEADER), GRANT_PLAIN, NULL);
		out->len += HEADER;
		end_hello(s);
		s->state = SEAL_READY;
	}
}

/* What a refusal means to an initiator that asked for a plain link, or a sealed one, and got such a header. Nothing proves it: one that is
 * no answer to that question was altered on the way, as the question may have been. */
static enum trouble
refusal(const struct seal *s, unsigned word, bool plain, bool same)
{
	static const uint8_t none[KEY_ID];
	bool has_key = memcmp(s->peer_id, none, KEY_ID) != 0, other = s->peer_generation != GENERATION;

	if (other || word == REFUSE_GENERATION)
		return other && word == REFUSE_GENERATION ? OTHER_GENERATION : BAD_REFUSAL;
	switch (word) {
	case REFUSE_KEY:
		return !has_key ? PEER_HAS_NO_KEY : plain ? BAD_REFUSAL : same ? BAD_HELLO : KEYS_DIFFER;
	case REFUSE_PLAIN:
		return plain && has_key ? WE_ARE_PLAIN : BAD_REFUSAL;
	case REFUSE_SEALED:
		return !plain && !has_key ? PEER_IS_PLAIN : BAD_REFUSAL;
	}
	return NO_TROUBLE;
}

/* The initiator reads the answer's header. A refusal is a hint; anything but a grant of exactly what was asked ends the link. */
static void
judge_answer(struct seal *s, unsigned word)
{
	bool plain = s->hello->sent[5] == ASK_PLAIN;
	bool same = memcmp(s->peer_id, s->hello->sent + 6, KEY_ID) == 0;
	enum trouble trouble = refusal(s, word, plain, same);

	if (trouble != NO_TROUBLE)
		go_bad(s, trouble);
	else if (word != (plain ? GRANT_PLAIN : GRANT_SEALED) || !same)
		go_bad(s, BAD_GRANT);
	else if (plain) {
		end_hello(s);
		s->state = SEAL_READY;
	}
}

static void
judge_header(struct seal *s, struct buf *out)
{
	const uint8_t *header = s->hello->in;

	if (memcmp(header, magic, sizeof(magic)) != 0) {
		go_bad(s, NOT_GPROC);
		return;
	}
	s->peer_generation = header[4];
	memcpy(s->peer_id, header + 6, KEY_ID);
	if (s->initiator)
		judge_answer(s, header[5]);
	else
		judge_ask(s, header[5], out);
}

/* The header first, for it may come alone; then, where both ends are to be sealed, the message behind it. */
static size_t
input_hello(struct seal *s, const uint8_t *data, size_t len, struct buf *out)
{
	struct hello *h = s->hello;
	size_t want = (h->len < HEADER ? HEADER : HELLO) - h->len;
	size_t take = len < want ? len : want;

	memcpy(h->in + h->len, data, take);
	h->len += take;
	if (h->len == HEADER)
		judge_header(s, out);
	else if (h->len == HELLO && s->initiator)
		take_grant(s, out);
	else if (h->len == HELLO)
		take_ask(s, out);
	return take;
}

/* ---- records ---- */

/* A record's length with its own two bytes; 0 when no gproc sends such a record. Before the key is proved only an empty record is one. */
static size_t
record_size(const struct seal *s, const uint8_t *record)
{
	size_t length = (size_t)record[0] << 8 | record[1];

	if (length < NOISE_TAG || length > MAX_LENGTH || (s->state == SEAL_HELLO && length != NOISE_TAG))
		return 0;
	return 2 + length;
}

static void
open_record(struct seal *s, const uint8_t *record, size_t size, struct buf *plain)
{
	size_t len = size - SEAL_OVERHEAD;

	if (noise_open(&s->receive, record + 2, size - 2, len ? buf_grow(plain, len) : NULL)) {
		go_bad(s, BAD_RECORD);
		return;
	}
	plain->len += len;
	s->state = SEAL_READY;
}

/* Keeps the beginning of a record; room for all of it is allocated once its length is known. How many bytes were used. */
static size_t
collect(struct seal *s, const uint8_t *data, size_t len)
{
	size_t want = 2, take;

	if (s->len >= 2)
		want = record_size(s, s->in);
	take = len < want - s->len ? len : want - s->len;
	if (!s->in)
		s->in = xmalloc(2);
	memcpy(s->in + s->len, data, take);
	s->len += take;
	if (s->len == 2 && want == 2) {
		size_t size = record_size(s, s->in);

		if (!size)
			go_bad(s, BAD_RECORD);
		else
			s->in = xrealloc(s->in, size, 1);
	}
	return take;
}

static void
open_collected(struct seal *s, struct buf *plain)
{
	uint8_t *record = s->in;
	size_t size = s->len;

	s->in = NULL;
	s->len = 0;
	open_record(s, record, size, plain);
	free(record);
}

/* A record that is whole in data is opened where it lies; only a part of one is copied. */
static size_t
input_record(struct seal *s, const uint8_t *data, size_t len, struct buf *plain)
{
	size_t size = !s->len && len >= 2 ? record_size(s, data) : 0, used;

	if (!s->len && len >= 2 && !size) {
		go_bad(s, BAD_RECORD);
		return 2;
	}
	if (size && size <= len) {
		open_record(s, data, size, plain);
		return size;
	}
	used = collect(s, data, len);
	if (s->len > 2 && s->len == record_size(s, s->in))
		open_collected(s, plain);
	return used;
}

/* ---- the face ---- */

struct seal *
seal_new(const struct keyring *ring, bool initiator, struct buf *out)
{
	struct seal *s = xcalloc(1, sizeof(*s));

	s->ring = ring;
	s->initiator = initiator;
	s->hello = xcalloc(1, sizeof(*s->hello));
	if (sodium_init() < 0)
		go_bad(s, NO_RANDOM);
	else if (initiator && !ring->plain && !ring->count)
		go_bad(s, WE_HAVE_NO_KEY);
	else if (initiator)
		write_ask(s, out);
	return s;
}

void
seal_free(struct seal *s)
{
	if (s)
		go_bad(s, NO_TROUBLE);
	free(s);
}

enum seal_state
seal_state(const struct seal *s)
{
	return s->state;
}

bool
seal_answered(const struct seal *s)
{
	return s->state != SEAL_BAD && !s->hello;
}

size_t
seal_input(struct seal *s, const uint8_t *data, size_t len, struct buf *plain, struct buf *out)
{
	size_t used = 0;

	while (used < len && s->state != SEAL_BAD) {
		if (s->hello)
			used += input_hello(s, data + used, len - used, out);
		else if (s->ring->plain) {
			put_bytes(plain, data + used, len - used);
			used = len;
		} else
			used += input_record(s, data + used, len - used, plain);
	}
	return used;
}

void
seal_output(struct seal *s, const uint8_t *data, size_t len, struct buf *out)
{
	if (s->state == SEAL_HELLO)
		go_bad(s, TOO_EARLY);
	if (s->state == SEAL_READY && s->ring->plain) {
		put_bytes(out, data, len);
		return;
	}
	while (len > 0 && s->state == SEAL_READY) {
		size_t part = len < SEAL_RECORD ? len : SEAL_RECORD;

		if (write_record(&s->send, data, part, out))
			go_bad(s, USED_UP);
		data += part;
		len -= part;
	}
}

/* "99aabbcc", or "99aabbcc or 11223344": the key that this end offered, or all that it would have taken. */
static void
our_ids(const struct seal *s, char *out, size_t size)
{
	size_t count = s->initiator && s->ring->count ? 1 : s->ring->count, len = 0, i;
	char id[KEY_ID_TEXT];

	out[0] = '\0';
	for (i = 0; i < count; i++) {
		key_id(s->ring->key[i], id);
		len += (size_t)snprintf(out + len, size - len, "%s%s", i ? " or " : "", id);
	}
}

const char *
seal_why(const struct seal *s)
{
	static char text[256];
	char ours[MAX_KEYS * (KEY_ID_TEXT + 4)], peer[KEY_ID_TEXT];

	(void)sodium_bin2hex(peer, sizeof(peer), s->peer_id, sizeof(s->peer_id));
	our_ids(s, ours, sizeof(ours));
	switch (s->trouble) {
	case NO_TROUBLE:
		return "";
	case NO_RANDOM:
		return "the system gives no random numbers";
	case NOT_GPROC:
		return "the other end does not speak gproc's protocol";
	case OTHER_GENERATION:
		(void)snprintf(text, sizeof(text), "the peer's gproc speaks generation %d of the link protocol, ours %d",
			s->peer_generation, GENERATION);
		return text;
	case WE_HAVE_NO_KEY:
		return "this end has no key";
	case PEER_HAS_NO_KEY:
		return "the peer has no key";
	case KEYS_DIFFER:
		(void)snprintf(text, sizeof(text), "the peer's key is %s, ours %s", peer, ours);
		return text;
	case PEER_IS_PLAIN:
		(void)snprintf(text, sizeof(text), "the peer has -key=none, this end the key %s: both must have the same", ours);
		return text;
	case WE_ARE_PLAIN:
		(void)snprintf(text, sizeof(text), "this end has -key=none, the peer the key %s: both must have the same", peer);
		return text;
	case BAD_HELLO:
		return "the first message does not prove the key that it names: it was altered, or is a forgery";
	case BAD_REFUSAL:
		return "the answer refuses what was not asked, or contradicts itself: it or the question was altered, or is a forgery";
	case BAD_GRANT:
		return "the answer does not prove the key: it was altered, or is a forgery";
	case BAD_RECORD:
		return "a record is not what the peer sent next: it was altered, repeated, left out, or is a forgery";
	case TOO_EARLY:
		return "data was to be sent before the link was ready";
	case USED_UP:
		return "as many records as one link may carry were sent";
	}
	return "";
}

bool
seal_trial(const struct keyring *keys)
{
	struct buf there = {0}, back = {0}, heard = {0};
	struct seal *a = seal_new(keys, true, &there), *b = seal_new(keys, false, &back);
	size_t first = seal_input(b, there.data, there.len, &heard, &back);
	bool good;

	(void)seal_input(a, back.data, back.len, &heard, &there);
	(void)seal_input(b, there.data + first, there.len - first, &heard, &back);
	good = seal_state(a) == SEAL_READY && seal_state(b) == SEAL_READY;
	seal_free(a);
	seal_free(b);
	buf_free(&there);
	buf_free(&back);
	buf_free(&heard);
	return good;
}
