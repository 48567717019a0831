/* The Noise handshake NNpsk0 and the ciphers it ends in, on libsodium's primitives; X25519 alone is BearSSL's, for libsodium's
 * comes with the tables of its signatures, 70 KB that nothing here uses.
 * Must never know files, links, or how a record is framed. */
#include "link/noise.h"

#include <bearssl.h>
#include <sodium.h>
#include <string.h>

#define HMAC_BLOCK 128 /* BLAKE2b's block */

static const char protocol_name[] = "Noise_NNpsk0_25519_ChaChaPoly_BLAKE2b";

_Static_assert(sizeof(protocol_name) - 1 <= NOISE_HASH, "a longer name would have to be hashed");
_Static_assert(NOISE_KEY == crypto_aead_chacha20poly1305_ietf_KEYBYTES, "ChaChaPoly");
_Static_assert(NOISE_TAG == crypto_aead_chacha20poly1305_ietf_ABYTES, "ChaChaPoly");
_Static_assert(NOISE_HASH == crypto_generichash_BYTES_MAX, "BLAKE2b");

struct piece {
	const void *data;
	size_t len;
};

static void
hash(const struct piece *pieces, size_t count, uint8_t out[NOISE_HASH])
{
	crypto_generichash_state state;
	size_t i;

	(void)crypto_generichash_init(&state, NULL, 0, NOISE_HASH);
	for (i = 0; i < count; i++)
		(void)crypto_generichash_update(&state, pieces[i].data, pieces[i].len);
	(void)crypto_generichash_final(&state, out, NOISE_HASH);
	sodium_memzero(&state, sizeof(state));
}

/* RFC 2104 over BLAKE2b, as §4.3 asks: not BLAKE2b's own keyed mode. The key is no longer than a block. */
static void
hmac(const uint8_t key[NOISE_HASH], struct piece a, struct piece b, uint8_t out[NOISE_HASH])
{
	uint8_t pad[HMAC_BLOCK], inner[NOISE_HASH];
	size_t i;

	memset(pad, 0x36, sizeof(pad));
	for (i = 0; i < NOISE_HASH; i++)
		pad[i] ^= key[i];
	hash((struct piece[]){{pad, sizeof(pad)}, a, b}, 3, inner);
	for (i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	hash((struct piece[]){{pad, sizeof(pad)}, {inner, sizeof(inner)}}, 2, out);
	sodium_memzero(pad, sizeof(pad));
	sodium_memzero(inner, sizeof(inner));
}

/* HKDF of §4.3: two or three outputs. */
static void
hkdf(const uint8_t chain[NOISE_HASH], struct piece input, size_t count, uint8_t out[][NOISE_HASH])
{
	uint8_t key[NOISE_HASH], number;
	size_t i;

	hmac(chain, input, (struct piece){NULL, 0}, key);
	for (i = 0; i < count; i++) {
		number = (uint8_t)(i + 1);
		hmac(key, (struct piece){i ? out[i - 1] : NULL, i ? NOISE_HASH : 0}, (struct piece){&number, 1}, out[i]);
	}
	sodium_memzero(key, sizeof(key));
}

static void
set_key(struct noise_cipher *c, const uint8_t key[NOISE_KEY])
{
	memcpy(c->key, key, NOISE_KEY);
	c->count = 0;
}

static void
mix_hash(struct noise *n, const void *data, size_t len)
{
	hash((struct piece[]){{n->hash, NOISE_HASH}, {data, len}}, 2, n->hash);
}

static void
mix_key(struct noise *n, const uint8_t input[NOISE_KEY])
{
	uint8_t out[2][NOISE_HASH];

	hkdf(n->chain, (struct piece){input, NOISE_KEY}, 2, out);
	memcpy(n->chain, out[0], NOISE_HASH);
	set_key(&n->cipher, out[1]);
	sodium_memzero(out, sizeof(out));
}

/* The token "psk" (§9.2). */
static void
mix_psk(struct noise *n)
{
	uint8_t out[3][NOISE_HASH];

	hkdf(n->chain, (struct piece){n->psk, NOISE_KEY}, 3, out);
	memcpy(n->chain, out[0], NOISE_HASH);
	mix_hash(n, out[1], NOISE_HASH);
	set_key(&n->cipher, out[2]);
	sodium_memzero(out, sizeof(out));
}

/* Which end of a scalar BearSSL takes first: the low one in 0.6, the high one later; both in constant time. Known by one product with a
 * scalar that is not the same from both ends. */
static bool
takes_low_end_first(void)
{
	static const uint8_t scalar[NOISE_KEY] = {[0] = 8, [NOISE_KEY - 1] = 0x40}, product[] = {0x42, 0x2c, 0x8e, 0x7a};
	uint8_t point[NOISE_KEY] = {9};

	(void)br_ec_c25519_m31.mul(point, NOISE_KEY, scalar, NOISE_KEY, BR_EC_curve25519);
	return memcmp(point, product, sizeof(product)) == 0;
}

/* X25519 (RFC 7748, 5): the scalar is little-endian there. */
static void
multiply(const uint8_t scalar[NOISE_KEY], uint8_t point[NOISE_KEY])
{
	static enum { UNKNOWN, LOW_FIRST, HIGH_FIRST } order;
	uint8_t ordered[NOISE_KEY];
	size_t i;

	if (order == UNKNOWN)
		order = takes_low_end_first() ? LOW_FIRST : HIGH_FIRST;
	for (i = 0; i < NOISE_KEY; i++)
		ordered[i] = scalar[order == LOW_FIRST ? i : NOISE_KEY - 1 - i];
	(void)br_ec_c25519_m31.mul(point, NOISE_KEY, ordered, NOISE_KEY, BR_EC_curve25519);
	sodium_memzero(ordered, sizeof(ordered));
}

/* The public half of a secret. */
static void
publish(const uint8_t secret[NOISE_KEY], uint8_t out[NOISE_KEY])
{
	memset(out, 0, NOISE_KEY);
	out[0] = 9;
	multiply(secret, out);
}

/* The token "e"; where a psk is used its public half goes into the key too (§9.2). */
static void
mix_ephemeral(struct noise *n, const uint8_t public_half[NOISE_KEY])
{
	mix_hash(n, public_half, NOISE_KEY);
	mix_key(n, public_half);
}

/* The token "ee". -1 for a public half of small order, for which the outcome is known in advance. */
static int
mix_shared(struct noise *n)
{
	uint8_t shared[NOISE_KEY];
	int bad;

	memcpy(shared, n->peer, NOISE_KEY);
	multiply(n->secret, shared);
	bad = sodium_is_zero(shared, NOISE_KEY);
	if (!bad)
		mix_key(n, shared);
	sodium_memzero(shared, sizeof(shared));
	return bad ? -1 : 0;
}

/* 96 bits: four zero bytes, then the counter, least significant byte first (§12.3). */
static void
nonce(uint64_t count, uint8_t out[crypto_aead_chacha20poly1305_ietf_NPUBBYTES])
{
	size_t i;

	memset(out, 0, 4);
	for (i = 0; i < 8; i++)
		out[4 + i] = (uint8_t)(count >> (8 * i));
}

static void
seal_with(const struct noise_cipher *c, uint64_t count, struct piece known, const uint8_t *plain, size_t len, uint8_t *out)
{
	uint8_t number[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

	nonce(count, number);
	(void)crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, plain, len, known.data, known.len, NULL, number, c->key);
}

static int
open_with(const struct noise_cipher *c, struct piece known, const uint8_t *sealed, size_t len, uint8_t *out)
{
	uint8_t number[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

	nonce(c->count, number);
	return crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed, len, known.data, known.len, number, c->key);
}

/* §4.2: the next key is 32 zero bytes encrypted under the highest nonce, which no record has. */
static void
rekey(struct noise_cipher *c)
{
	static const uint8_t zeros[NOISE_KEY];
	uint8_t next[NOISE_KEY + NOISE_TAG];

	seal_with(c, UINT64_MAX, (struct piece){NULL, 0}, zeros, sizeof(zeros), next);
	memcpy(c->key, next, NOISE_KEY);
	sodium_memzero(next, sizeof(next));
}

static void
advance(struct noise_cipher *c)
{
	if (++c->count % NOISE_REKEY == 0)
		rekey(c);
}

int
noise_seal(struct noise_cipher *c, const uint8_t *plain, size_t len, uint8_t *out)
{
	if (c->count == UINT64_MAX)
		return -1;
	seal_with(c, c->count, (struct piece){NULL, 0}, plain, len, out);
	advance(c);
	return 0;
}

int
noise_open(struct noise_cipher *c, const uint8_t *sealed, size_t len, uint8_t *out)
{
	if (len < NOISE_TAG || c->count == UINT64_MAX || open_with(c, (struct piece){NULL, 0}, sealed, len, out))
		return -1;
	advance(c);
	return 0;
}

/* EncryptAndHash (§5.2). */
static void
write_payload(struct noise *n, const uint8_t *payload, size_t len, uint8_t *out)
{
	seal_with(&n->cipher, n->cipher.count++, (struct piece){n->hash, NOISE_HASH}, payload, len, out);
	mix_hash(n, out, len + NOISE_TAG);
}

/* DecryptAndHash. */
static int
read_payload(struct noise *n, const uint8_t *sealed, size_t len, uint8_t *out)
{
	if (open_with(&n->cipher, (struct piece){n->hash, NOISE_HASH}, sealed, len, out))
		return -1;
	n->cipher.count++;
	mix_hash(n, sealed, len);
	return 0;
}

void
noise_start(struct noise *n, const uint8_t psk[NOISE_KEY], const uint8_t secret[NOISE_KEY], const void *prologue, size_t prologue_len)
{
	memset(n, 0, sizeof(*n));
	memcpy(n->hash, protocol_name, sizeof(protocol_name) - 1);
	memcpy(n->chain, n->hash, NOISE_HASH);
	memcpy(n->psk, psk, NOISE_KEY);
	memcpy(n->secret, secret, NOISE_KEY);
	mix_hash(n, prologue, prologue_len);
}

void
noise_wipe(struct noise *n)
{
	sodium_memzero(n, sizeof(*n));
}

int
noise_write_first(struct noise *n, const uint8_t *payload, size_t len, uint8_t *message)
{
	publish(n->secret, message);
	mix_psk(n);
	mix_ephemeral(n, message);
	write_payload(n, payload, len, message + NOISE_KEY);
	return 0;
}

int
noise_read_first(struct noise *n, const uint8_t *message, size_t len, uint8_t *payload)
{
	if (len < NOISE_MESSAGE)
		return -1;
	memcpy(n->peer, message, NOISE_KEY);
	mix_psk(n);
	mix_ephemeral(n, n->peer);
	return read_payload(n, message + NOISE_KEY, len - NOISE_KEY, payload);
}

int
noise_write_second(struct noise *n, const uint8_t *payload, size_t len, uint8_t *message)
{
	publish(n->secret, message);
	mix_ephemeral(n, message);
	if (mix_shared(n))
		return -1;
	write_payload(n, payload, len, message + NOISE_KEY);
	return 0;
}

int
noise_read_second(struct noise *n, const uint8_t *message, size_t len, uint8_t *payload)
{
	if (len < NOISE_MESSAGE)
		return -1;
	memcpy(n->peer, message, NOISE_KEY);
	mix_ephemeral(n, n->peer);
	if (mix_shared(n))
		return -1;
	return read_payload(n, message + NOISE_KEY, len - NOISE_KEY, payload);
}

void
noise_split(const struct noise *n, struct noise_cipher *initiator, struct noise_cipher *responder)
{
	uint8_t out[2][NOISE_HASH];

	hkdf(n->chain, (struct piece){NULL, 0}, 2, out);
	set_key(initiator, out[0]);
	set_key(responder, out[1]);
	sodium_memzero(out, sizeof(out));
}
