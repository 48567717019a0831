/* seal: the published vectors, the handshake's cases, and that nothing but the peer's own bytes in their order gets
 * through. */
#include "unit/tap.h"
#include "link/seal.h"
#include "link/noise.h"

#include <sodium.h>

/* ---- Noise against its published vectors ---- */

#define MAX_BYTES 256
struct bytes {
	uint8_t data[MAX_BYTES];
	size_t len;
};

static struct bytes
from_hex(const char *text)
{
	struct bytes b = {{0}, 0};

	ok(sodium_hex2bin(b.data, MAX_BYTES, text, strlen(text), NULL, &b.len, NULL) == 0, "the vector file holds hex");
	return b;
}

static bool
same(const uint8_t *got, size_t len, const struct bytes *want)
{
	return len == want->len && memcmp(got, want->data, len) == 0;
}

struct vector {
	struct bytes prologue, psk, initiator, responder, payload[8], message[8];
	size_t payloads, messages;
};

static void
read_vector(struct vector *v)
{
	FILE *file = fopen("tests/golden/noise-vectors.txt", "r");
	char line[1024], name[32], value[640];

	memset(v, 0, sizeof(*v));
	if (!ok(file != NULL, "the vector file is there"))
		exit(1);
	while (fgets(line, sizeof(line), file)) {
		if (line[0] == '#' || sscanf(line, "%31s %639s", name, value) != 2)
			continue;
		if (strcmp(name, "prologue") == 0)
			v->prologue = from_hex(value);
		else if (strcmp(name, "psk") == 0)
			v->psk = from_hex(value);
		else if (strcmp(name, "initiator") == 0)
			v->initiator = from_hex(value);
		else if (strcmp(name, "responder") == 0)
			v->responder = from_hex(value);
		else if (strcmp(name, "payload") == 0)
			v->payload[v->payloads++] = from_hex(value);
		else if (strcmp(name, "message") == 0)
			v->message[v->messages++] = from_hex(value);
	}
	fclose(file);
}

static void
transport(const struct vector *v, const struct noise *i, const struct noise *r)
{
	struct noise_cipher ours[2], theirs[2];
	uint8_t out[2 * MAX_BYTES];
	size_t n;

	noise_split(i, &ours[0], &ours[1]);
	noise_split(r, &theirs[0], &theirs[1]);
	for (n = 2; n < v->messages; n++) {
		const struct bytes *p = &v->payload[n], *m = &v->message[n];

		ok(noise_seal(&ours[n % 2], p->data, p->len, out) == 0 && same(out, p->len + NOISE_TAG, m), "record %zu is made", n);
		ok(noise_open(&theirs[n % 2], m->data, m->len, out) == 0 && same(out, p->len, p), "record %zu is opened", n);
	}
}

static void
vectors(void)
{
	struct vector v;
	struct noise i, r;
	uint8_t out[2 * MAX_BYTES];

	read_vector(&v);
	ok(v.messages == 6 && v.payloads == 6, "all six messages are there");
	noise_start(&i, v.psk.data, v.initiator.data, v.prologue.data, v.prologue.len);
	noise_start(&r, v.psk.data, v.responder.data, v.prologue.data, v.prologue.len);
	ok(noise_write_first(&i, v.payload[0].data, v.payload[0].len, out) == 0, "the first message is written");
	ok(same(out, v.payload[0].len + NOISE_MESSAGE, &v.message[0]), "it is the published one");
	ok(noise_read_first(&r, v.message[0].data, v.message[0].len, out) == 0, "the first message is read");
	ok(same(out, v.payload[0].len, &v.payload[0]), "its payload is the published one");
	ok(noise_write_second(&r, v.payload[1].data, v.payload[1].len, out) == 0, "the second message is written");
	ok(same(out, v.payload[1].len + NOISE_MESSAGE, &v.message[1]), "it is the published one");
	ok(noise_read_second(&i, v.message[1].data, v.message[1].len, out) == 0, "the second message is read");
	ok(same(out, v.payload[1].len, &v.payload[1]), "its payload is the published one");
	transport(&v, &i, &r);
}

static void
small_order(void)
{
	static const uint8_t psk[NOISE_KEY] = {1}, secret[NOISE_KEY] = {2};
	uint8_t message[NOISE_MESSAGE] = {0};
	struct noise n;

	noise_start(&n, psk, secret, "", 0);
	ok(noise_write_first(&n, NULL, 0, message) == 0, "a first message");
	memset(message, 0, sizeof(message));
	ok(noise_read_second(&n, message, sizeof(message), NULL) == -1, "a public half of small order is refused");
	ok(noise_read_second(&n, message, NOISE_MESSAGE - 1, NULL) == -1, "a message that is too short is refused");
}

static void
counters(void)
{
	struct noise_cipher ours = {{5}, 0}, theirs = {{5}, 0}, last = {{5}, UINT64_MAX};
	uint8_t sealed[NOISE_TAG + 1], out[1], before[NOISE_KEY];
	size_t n, wrong = 0;

	for (n = 0; n < NOISE_REKEY + 3; n++) {
		if (n == NOISE_REKEY - 1)
			memcpy(before, ours.key, NOISE_KEY);
		wrong += noise_seal(&ours, (const uint8_t *)"x", 1, sealed) || noise_open(&theirs, sealed, sizeof(sealed), out);
		if (n == NOISE_REKEY - 1)
			ok(memcmp(before, ours.key, NOISE_KEY) != 0, "the key is exchanged after 65,536 records");
	}
	ok(wrong == 0 && *out == 'x', "both ends exchange it at the same record");
	ok(ours.count == NOISE_REKEY + 3, "the counter goes on over the exchange");
	ok(noise_seal(&last, (const uint8_t *)"x", 1, sealed) == -1, "a counter that is used up seals nothing");
	ok(noise_open(&last, sealed, sizeof(sealed), out) == -1, "nor opens it anything");
}

/* ---- links ---- */

struct end {
	struct seal *seal;
	struct buf plain, out;
};

struct pair {
	struct keyring ring[2];
	struct end i, r;
};

static void
close_end(struct end *e)
{
	seal_free(e->seal);
	buf_free(&e->plain);
	buf_free(&e->out);
	e->seal = NULL;
}

/* A key of 32 equal bytes; none for 0. */
static struct keyring
ring_of(int first, int second)
{
	struct keyring ring = {.plain = !first};

	if (first)
		memset(ring.key[ring.count++], first, KEY_LEN);
	if (second)
		memset(ring.key[ring.count++], second, KEY_LEN);
	return ring;
}

static void
open_pair(struct pair *p, struct keyring i, struct keyring r)
{
	*p = (struct pair){.ring = {i, r}};
	p->i.seal = seal_new(&p->ring[0], true, &p->i.out);
	p->r.seal = seal_new(&p->ring[1], false, &p->r.out);
}

static void
close_pair(struct pair *p)
{
	close_end(&p->i);
	close_end(&p->r);
}

/* Carries the bytes that `from` has for its peer to `to`, in steps of at most that many. How many were used. */
static size_t
carry(struct end *from, struct end *to, size_t step)
{
	size_t at = 0, used = 0;

	while (at < from->out.len) {
		size_t len = from->out.len - at < step ? from->out.len - at : step;

		used += seal_input(to->seal, from->out.data + at, len, &to->plain, &to->out);
		at += len;
	}
	from->out.len = 0;
	return used;
}

static void
shake(struct pair *p, size_t step)
{
	while (p->i.out.len || p->r.out.len) {
		carry(&p->i, &p->r, step);
		carry(&p->r, &p->i, step);
	}
}

static struct pair *
ready_pair(void)
{
	static struct pair p;

	open_pair(&p, ring_of(1, 0), ring_of(1, 0));
	shake(&p, SIZE_MAX);
	return &p;
}

static bool
both(struct pair *p, enum seal_state state)
{
	return seal_state(p->i.seal) == state && seal_state(p->r.seal) == state;
}

static void
say(struct end *e, const char *text)
{
	seal_output(e->seal, (const uint8_t *)text, strlen(text), &e->out);
}

static bool
heard(const struct end *e, const char *text)
{
	return e->plain.len == strlen(text) && (!e->plain.len || memcmp(e->plain.data, text, e->plain.len) == 0);
}

static void
step_by_step(void)
{
	struct pair p;

	open_pair(&p, ring_of(1, 0), ring_of(1, 0));
	ok(both(&p, SEAL_HELLO) && p.i.out.len == 58 && p.r.out.len == 0, "the initiator begins, with 58 bytes");
	carry(&p.i, &p.r, SIZE_MAX);
	ok(both(&p, SEAL_HELLO) && p.r.out.len == 58, "the responder answers, and is not ready");
	carry(&p.r, &p.i, SIZE_MAX);
	ok(seal_state(p.i.seal) == SEAL_READY && p.i.out.len == SEAL_OVERHEAD, "the initiator is ready and sends an empty record");
	ok(seal_state(p.r.seal) == SEAL_HELLO, "the responder is not, until it has that record");
	carry(&p.i, &p.r, SIZE_MAX);
	ok(both(&p, SEAL_READY) && p.r.plain.len == 0, "then it is");
	is(seal_why(p.r.seal), "", "and nothing is wrong");
	say(&p.i, "up");
	say(&p.r, "down");
	ok(p.i.out.len == 2 + SEAL_OVERHEAD && !memmem(p.r.out.data, p.r.out.len, "down", 4), "what is sent is sealed");
	shake(&p, SIZE_MAX);
	ok(heard(&p.r, "up") && heard(&p.i, "down"), "and is read at the other end");
	say(&p.i, "");
	ok(p.i.out.len == 0, "nothing to say is no record");
	close_pair(&p);
}

static void
one_byte_at_a_time(void)
{
	struct pair p;

	open_pair(&p, ring_of(1, 0), ring_of(1, 0));
	shake(&p, 1);
	say(&p.i, "slow");
	say(&p.r, "slower");
	shake(&p, 1);
	ok(both(&p, SEAL_READY) && heard(&p.r, "slow") && heard(&p.i, "slower"), "one byte at a time does as well");
	close_pair(&p);
}

static void
sizes(void)
{
	static const size_t lens[] = {1, 2, SEAL_RECORD - 1, SEAL_RECORD, SEAL_RECORD + 1, 300000};
	static const size_t steps[] = {1, 7, 4096, 65536, SIZE_MAX};
	uint8_t *data = malloc(300000);
	size_t l, s, n, wrong = 0;

	randombytes_buf_deterministic(data, 300000, (const uint8_t[randombytes_SEEDBYTES]){1});
	for (l = 0; l < COUNT(lens); l++) {
		for (s = 0; s < COUNT(steps); s++) {
			struct pair *p = ready_pair();

			seal_output(p->i.seal, data, lens[l], &p->i.out);
			n = p->i.out.len;
			wrong += n != lens[l] + SEAL_OVERHEAD * ((lens[l] + SEAL_RECORD - 1) / SEAL_RECORD);
			wrong += carry(&p->i, &p->r, steps[s]) != n;
			wrong += p->r.plain.len != lens[l] || memcmp(p->r.plain.data, data, lens[l]) != 0;
			close_pair(p);
		}
	}
	ok(wrong == 0, "data of any length, cut anywhere, comes out as it went in");
	free(data);
}

static void
why_of(struct keyring i, struct keyring r, const char *why_i, const char *why_r, const char *name)
{
	struct pair p;

	open_pair(&p, i, r);
	shake(&p, 3);
	ok(both(&p, SEAL_BAD), "%s: no link", name);
	is(seal_why(p.i.seal), why_i, "the initiator says why");
	is(seal_why(p.r.seal), why_r, "the responder says why");
	close_pair(&p);
}

static void
differing_keys(void)
{
	struct keyring none = ring_of(0, 0);
	char id[3][KEY_ID_TEXT], text[4][200];
	size_t n;

	none.plain = false;
	for (n = 0; n < 3; n++) {
		struct keyring ring = ring_of((int)n + 1, 0);

		key_id(ring.key[0], id[n]);
	}
	snprintf(text[0], 200, "the peer's key is %s, ours %s", id[1], id[0]);
	snprintf(text[1], 200, "the peer's key is %s, ours %s", id[0], id[1]);
	snprintf(text[2], 200, "the peer's key is %s, ours %s or %s", id[0], id[1], id[2]);
	why_of(ring_of(1, 0), ring_of(2, 0), text[0], text[1], "another key");
	why_of(ring_of(1, 0), ring_of(2, 3), text[0], text[2], "two other keys");
	why_of(ring_of(1, 2), ring_of(2, 0), text[0], text[1], "a key that is not the first of the initiator's");
	snprintf(text[2], 200, "the peer has -key=none, this end the key %s: both must have the same", id[0]);
	snprintf(text[3], 200, "this end has -key=none, the peer the key %s: both must have the same", id[0]);
	why_of(ring_of(0, 0), ring_of(1, 0), text[3], text[2], "a plain initiator");
	why_of(ring_of(1, 0), ring_of(0, 0), text[2], text[3], "a plain responder");
	why_of(ring_of(1, 0), none, "the peer has no key", "this end has no key", "a responder without a key");
	why_of(ring_of(0, 0), none, "the peer has no key", "this end has no key", "a plain initiator and one without");
}

static void
keyless_initiator(void)
{
	struct keyring none = {.plain = false};
	struct buf out = {0};
	struct seal *s = seal_new(&none, true, &out);

	ok(seal_state(s) == SEAL_BAD && out.len == 0, "an initiator without a key does not even begin");
	is(seal_why(s), "this end has no key", "and says why");
	seal_free(s);
	seal_free(NULL);
}

static void
rotation(void)
{
	struct pair p;

	open_pair(&p, ring_of(1, 0), ring_of(2, 1));
	shake(&p, SIZE_MAX);
	ok(both(&p, SEAL_READY), "an old key is taken where it is the second of two");
	close_pair(&p);
	open_pair(&p, ring_of(2, 1), ring_of(1, 2));
	shake(&p, SIZE_MAX);
	ok(both(&p, SEAL_READY), "and so is the new one before it is the first");
	close_pair(&p);
}

static void
plain_links(void)
{
	struct pair p;

	open_pair(&p, ring_of(0, 0), ring_of(0, 0));
	shake(&p, 1);
	say(&p.i, "open");
	ok(both(&p, SEAL_READY) && p.i.out.len == 4, "two ends with -key=none speak in the clear");
	shake(&p, SIZE_MAX);
	ok(heard(&p.r, "open"), "and hear each other");
	close_pair(&p);
}

/* ---- hostile links ---- */

static void
garbage(void)
{
	struct pair p;
	uint8_t data[100];

	open_pair(&p, ring_of(1, 0), ring_of(1, 0));
	ok(seal_input(p.r.seal, (const uint8_t *)"GET / HTTP/1.1\r\n", 16, &p.r.plain, &p.r.out) == 10, "garbage is read for 10 bytes");
	ok(seal_state(p.r.seal) == SEAL_BAD && p.r.out.len == 0, "and never answered");
	is(seal_why(p.r.seal), "the other end does not speak gproc's protocol", "and called by its name");
	memset(data, 0, sizeof(data));
	ok(seal_input(p.i.seal, data, sizeof(data), &p.i.plain, &p.i.out) == 10, "an answer that is garbage likewise");
	ok(seal_input(p.i.seal, data, sizeof(data), &p.i.plain, &p.i.out) == 0, "what is bad stays bad");
	p.i.out.len = 0;
	say(&p.i, "x");
	ok(p.i.out.len == 0, "and says no more");
	close_pair(&p);
}

static const char altered[] =
	"the answer refuses what was not asked, or contradicts itself: it or the question was altered, or is a forgery";

/* The initiator gets this header: with no key's short id (0), or that of its own key, or another. */
static void
answer(struct pair *p, unsigned generation, unsigned word, int key)
{
	uint8_t header[10] = {'g', 'p', 'r', 'c', (uint8_t)generation, (uint8_t)word};

	if (key)
		key_id_bytes(ring_of(key, 0).key[0], header + 6);
	(void)seal_input(p->i.seal, header, sizeof(header), &p->i.plain, &p->i.out);
}

static void
other_generation(void)
{
	struct pair p;

	open_pair(&p, ring_of(1, 0), ring_of(1, 0));
	p.i.out.data[4] = 2;
	carry(&p.i, &p.r, SIZE_MAX);
	is(seal_why(p.r.seal), "the peer's gproc speaks generation 2 of the link protocol, ours 1", "another generation is named");
	ok(p.r.out.len == 10 && p.r.out.data[4] == 1, "and answered in our own");
	carry(&p.r, &p.i, SIZE_MAX);
	ok(seal_state(p.i.seal) == SEAL_BAD, "which ends it for the other");
	is(seal_why(p.i.seal), altered, "who speaks the same as the answer, and was not understood");
	close_pair(&p);
	open_pair(&p, ring_of(1, 0), ring_of(1, 0));
	answer(&p, 2, 7, 1);
	is(seal_why(p.i.seal), "the peer's gproc speaks generation 2 of the link protocol, ours 1",
		"a refusal by another generation is told");
	close_pair(&p);
}

/* An answer with each word, each generation and each kind of short id, whatever the question: what it is taken for is true, or it is
 * called altered. */
static void
altered_answers(void)
{
	unsigned i, word, generation, key, wrong = 0;

	for (i = 0; i < 2; i++)
		for (generation = 0; generation < 4; generation++)
			for (word = 0; word < 12; word++)
				for (key = 0; key < 3; key++) {
					struct pair p;
					const char *why;

					open_pair(&p, ring_of((int)i, 0), ring_of(1, 0));
					answer(&p, generation, word, (int)key);
					why = seal_why(p.i.seal);
					wrong += strstr(why, "ours 1") && (generation == 1 || word != 7); /* generations */
					wrong += strstr(why, "this end has -key=none") && (i != 0 || word != 5 || key == 0);
					wrong += strstr(why, "the peer has -key=none") && (i != 1 || word != 6 || key != 0);
					wrong += strstr(why, "the peer's key is") && (i != 1 || word != 4 || key != 2);
					wrong += strstr(why, "the peer has no key") && (word != 4 || key != 0);
					wrong +=
						seal_state(p.i.seal) == SEAL_READY && !(i == 0 && word == 2 && key == 0 && generation == 1);
					close_pair(&p);
				}
	ok(wrong == 0, "no altered word is told as what can't be (%u are)", wrong);
}

static void
too_early(void)
{
	struct pair p;

	open_pair(&p, ring_of(1, 0), ring_of(1, 0));
	carry(&p.i, &p.r, SIZE_MAX);
	p.r.out.len = 0;
	say(&p.r, "secret");
	ok(seal_state(p.r.seal) == SEAL_BAD && p.r.out.len == 0, "nothing is sent to who has proved nothing");
	close_pair(&p);
}

/* Every byte of the three pieces of a handshake altered in its turn: nobody who reads an altered one is ever ready. */
static void
altered_handshake(void)
{
	size_t at, wrong = 0;
	struct pair p;

	for (at = 0; at < 58 + 58 + SEAL_OVERHEAD; at++) {
		open_pair(&p, ring_of(1, 0), ring_of(1, 0));
		if (at < 58)
			p.i.out.data[at] ^= 1;
		carry(&p.i, &p.r, SIZE_MAX);
		if (at >= 58 && at < 116)
			p.r.out.data[at - 58] ^= 1;
		carry(&p.r, &p.i, SIZE_MAX);
		if (at >= 116)
			p.i.out.data[at - 116] ^= 1;
		carry(&p.i, &p.r, SIZE_MAX);
		wrong += seal_state(p.r.seal) == SEAL_READY;
		wrong += at < 116 && seal_state(p.i.seal) == SEAL_READY;
		close_pair(&p);
	}
	ok(wrong == 0, "a handshake with any byte altered makes nobody ready");
}

static void
replayed_handshake(void)
{
	struct buf first = {0}, proof = {0};
	struct pair p;
	struct end again = {0};

	open_pair(&p, ring_of(1, 0), ring_of(1, 0));
	put_bytes(&first, p.i.out.data, p.i.out.len);
	carry(&p.i, &p.r, SIZE_MAX);
	carry(&p.r, &p.i, SIZE_MAX);
	put_bytes(&proof, p.i.out.data, p.i.out.len);
	again.seal = seal_new(&p.ring[1], false, &again.out);
	seal_input(again.seal, first.data, first.len, &again.plain, &again.out);
	ok(seal_state(again.seal) == SEAL_HELLO && again.out.len == 58, "a replayed first message is answered");
	seal_input(again.seal, proof.data, proof.len, &again.plain, &again.out);
	ok(seal_state(again.seal) == SEAL_BAD, "but who replays it can't go on");
	close_end(&again);
	close_pair(&p);
	buf_free(&first);
	buf_free(&proof);
}

static void
reflected_handshake(void)
{
	struct pair p;
	struct buf copy = {0};
	size_t n, wrong = 0;

	for (n = 0; n < 2; n++) {
		open_pair(&p, n ? ring_of(0, 0) : ring_of(1, 0), ring_of(1, 0));
		put_bytes(&copy, p.i.out.data, p.i.out.len);
		seal_input(p.i.seal, copy.data, copy.len, &p.i.plain, &p.i.out);
		wrong += seal_state(p.i.seal) != SEAL_BAD;
		close_pair(&p);
		buf_free(&copy);
	}
	ok(wrong == 0, "an initiator is not fooled by its own words");
}

/* Grants made up by someone who has no key. */
static void
forged_grants(void)
{
	struct pair p;
	uint8_t answer[58] = "gprc\1\3";
	size_t word, wrong = 0;

	for (word = 0; word < 256; word++) {
		open_pair(&p, ring_of(1, 0), ring_of(1, 0));
		memcpy(answer, p.i.out.data, 10);
		answer[5] = (uint8_t)word;
		seal_input(p.i.seal, answer, sizeof(answer), &p.i.plain, &p.i.out);
		wrong += seal_state(p.i.seal) != SEAL_BAD || !*seal_why(p.i.seal);
		close_pair(&p);
	}
	ok(wrong == 0, "no answer without the key makes a link, least of all a plain one");
}

static void
long_first_record(void)
{
	struct pair p;

	open_pair(&p, ring_of(1, 0), ring_of(1, 0));
	carry(&p.i, &p.r, SIZE_MAX);
	ok(seal_input(p.r.seal, (const uint8_t *)"\0\x11", 2, &p.r.plain, &p.r.out) == 2, "a first record that is not empty");
	ok(seal_state(p.r.seal) == SEAL_BAD, "is refused by its length, before any room is made for it");
	close_pair(&p);
}

/* The initiator says "one", "two", "three"; change() has its three records, of rec bytes each but the last, and the
 * responder must not hear anything but the records before the first that was changed. */
static void
tampered(void (*change)(struct buf *records), const char *want, const char *name)
{
	struct pair *p = ready_pair();

	say(&p->i, "one");
	say(&p->i, "two");
	say(&p->i, "three");
	change(&p->i.out);
	carry(&p->i, &p->r, 5);
	ok(seal_state(p->r.seal) == SEAL_BAD, "%s: the link ends", name);
	ok(heard(&p->r, want), "and only what came before was heard: %s", *want ? want : "nothing");
	close_pair(p);
}

#define RECORD (3 + SEAL_OVERHEAD)

static void
replay_one(struct buf *b)
{
	memcpy(b->data + RECORD, b->data, RECORD);
}

static void
swap_two(struct buf *b)
{
	uint8_t first[RECORD];

	memcpy(first, b->data, RECORD);
	memmove(b->data, b->data + RECORD, RECORD);
	memcpy(b->data + RECORD, first, RECORD);
}

static void
drop_one(struct buf *b)
{
	b->len -= RECORD;
	memmove(b->data, b->data + RECORD, b->len);
}

static void
shorten(struct buf *b)
{
	b->data[RECORD + 1]--;
}

static void
lengthen(struct buf *b)
{
	b->data[RECORD + 1]++;
}

static void
too_short(struct buf *b)
{
	b->data[RECORD + 1] = 15;
}

static void
too_long(struct buf *b)
{
	memset(b->data + RECORD, 0xff, 2);
}

static void
altered_records(void)
{
	size_t at, wrong = 0;

	for (at = 0; at < RECORD; at++) {
		struct pair *p = ready_pair();

		say(&p->i, "one");
		p->i.out.data[at] ^= 0x80;
		say(&p->i, "two");
		carry(&p->i, &p->r, SIZE_MAX);
		/* A length that was raised waits for more; it must not have been taken for good. */
		wrong += (at > 1 && seal_state(p->r.seal) != SEAL_BAD) || p->r.plain.len > 0;
		close_pair(p);
	}
	ok(wrong == 0, "a record with any byte altered is not heard");
}

static void
reflected_record(void)
{
	struct pair *p = ready_pair();
	struct buf copy = {0};

	say(&p->i, "one");
	put_bytes(&copy, p->i.out.data, p->i.out.len);
	seal_input(p->i.seal, copy.data, copy.len, &p->i.plain, &p->i.out);
	ok(seal_state(p->i.seal) == SEAL_BAD && heard(&p->i, ""), "one's own record, reflected, is not heard");
	buf_free(&copy);
	close_pair(p);
}

static void
truncated(void)
{
	struct pair *p = ready_pair();

	say(&p->i, "one");
	p->i.out.len--;
	carry(&p->i, &p->r, SIZE_MAX);
	ok(heard(&p->r, "") && seal_state(p->r.seal) == SEAL_READY, "a record without its last byte is not heard yet");
	close_pair(p);
}

static void
hostile_links(void)
{
	garbage();
	other_generation();
	altered_answers();
	too_early();
	altered_handshake();
	replayed_handshake();
	reflected_handshake();
	forged_grants();
	long_first_record();
	altered_records();
	tampered(replay_one, "one", "a record repeated");
	tampered(swap_two, "", "records exchanged");
	tampered(drop_one, "", "a record left out");
	tampered(shorten, "one", "a length made less");
	tampered(lengthen, "one", "a length made more");
	tampered(too_short, "one", "a length less than a tag");
	tampered(too_long, "one", "a length beyond what we send");
	reflected_record();
	truncated();
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	vectors();
	small_order();
	counters();
	step_by_step();
	one_byte_at_a_time();
	sizes();
	differing_keys();
	keyless_initiator();
	rotation();
	plain_links();
	hostile_links();
	return done();
}
