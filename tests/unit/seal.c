/* seal: the key file, the handshake's cases, and that nothing but the peer's own bytes in their order gets through. */
#include "unit/tap.h"
#include "seal.h"
#include "noise.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

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
	if (getenv("SHOW_HASH"))
		for (size_t n = 0; n < NOISE_HASH; n++)
			fprintf(stderr, "%02x", i.hash[n]);
}

int
main(void)
{
	vectors();
	return done();
}
