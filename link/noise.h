/* The Noise protocol NNpsk0_25519_ChaChaPoly_BLAKE2b, rev 34, and nothing else of Noise: two messages, then two ciphers.
 *
 *	-> psk, e
 *	<- e, ee
 *
 * All keys are arguments, so that tests run the published vectors through the code that is shipped. */
#ifndef NOISE_H
#define NOISE_H

#include "base/util.h"

#define NOISE_KEY 32	 /* bytes of the shared key, of an ephemeral secret and of its public half */
#define NOISE_HASH 64	 /* HASHLEN of BLAKE2b */
#define NOISE_TAG 16	 /* bytes that a ciphertext is longer than its plaintext */
#define NOISE_MESSAGE 48 /* a handshake message with an empty payload: the public half, a tag */

/* One direction: a CipherState (rev 34 §5.1). */
struct noise_cipher {
	uint8_t key[NOISE_KEY];
	uint64_t count; /* records so far: the nonce of the next */
};

/* A handshake under way: SymmetricState and HandshakeState (§5.2, §5.3) in one. Holds secrets: end it by noise_wipe. */
struct noise {
	uint8_t hash[NOISE_HASH], chain[NOISE_HASH];
	struct noise_cipher cipher;
	uint8_t psk[NOISE_KEY], secret[NOISE_KEY], peer[NOISE_KEY];
};

/* Begins. secret: this end's ephemeral secret, 32 random bytes that are never used twice. Everything is copied. */
void noise_start(struct noise *, const uint8_t psk[NOISE_KEY], const uint8_t secret[NOISE_KEY], const void *prologue, size_t prologue_len);
void noise_wipe(struct noise *); /* overwrites all of it */

/* The two messages. Writing: len is the payload's, and NOISE_MESSAGE + len bytes are written to message. Reading: len is the message's, and
 * len - NOISE_MESSAGE bytes are written to payload. 0, or -1 when a message was not made with this key or is too short; the handshake has
 * failed then. */
int noise_write_first(struct noise *, const uint8_t *payload, size_t len, uint8_t *message);  /* the initiator */
int noise_read_first(struct noise *, const uint8_t *message, size_t len, uint8_t *payload);   /* the responder */
int noise_write_second(struct noise *, const uint8_t *payload, size_t len, uint8_t *message); /* the responder */
int noise_read_second(struct noise *, const uint8_t *message, size_t len, uint8_t *payload);  /* the initiator */

/* After both messages: the cipher of what the initiator sends, and that of what the responder sends (§5.2, Split). */
void noise_split(const struct noise *, struct noise_cipher *initiator, struct noise_cipher *responder);

/* After that many records of a direction both ends replace its key (§4.2, REKEY): a key that is stolen opens nothing that was sent long
 * before. */
#define NOISE_REKEY 65536
/* Makes the next record of a direction: len + NOISE_TAG bytes to out. 0, or -1 when the counter is used up. */
int noise_seal(struct noise_cipher *, const uint8_t *plain, size_t len, uint8_t *out);
/* Opens it: len - NOISE_TAG bytes to out. 0, or -1 when this is not the next record that the other end made. */
int noise_open(struct noise_cipher *, const uint8_t *sealed, size_t len, uint8_t *out);
#endif
