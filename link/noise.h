/* The Noise protocol NNpsk0_25519_ChaChaPoly_BLAKE2b, rev 34, and nothing else of Noise: two messages, then two
 *ciphers.
 *
 *	-> psk, e
 *	<- e, ee
 *
 * Keys come in as arguments, so the published vectors can be run through the very code that is shipped. */
#ifndef NOISE_H
#define NOISE_H

#include "base/util.h"

#define NOISE_KEY 32	 /* bytes of the shared key, of an ephemeral secret and of its public half */
#define NOISE_HASH 64	 /* HASHLEN of BLAKE2b */
#define NOISE_TAG 16	 /* what a ciphertext is longer than its plaintext */
#define NOISE_MESSAGE 48 /* a handshake message with an empty payload: the public half, a tag */

/* One direction: a CipherState (rev 34 §5.1). */
struct noise_cipher {
	uint8_t key[NOISE_KEY];
	uint64_t count; /* of records so far: the next one's nonce */
};

/* A handshake under way: SymmetricState and HandshakeState (§5.2, §5.3) in one. Holds secrets: noise_wipe it. */
struct noise {
	uint8_t hash[NOISE_HASH], chain[NOISE_HASH];
	struct noise_cipher cipher;
	uint8_t psk[NOISE_KEY], secret[NOISE_KEY], peer[NOISE_KEY];
};

/* secret is this end's ephemeral secret: 32 random bytes, never used twice. Everything is copied. */
void noise_start(struct noise *, const uint8_t psk[NOISE_KEY], const uint8_t secret[NOISE_KEY], const void *prologue, size_t prologue_len);
void noise_wipe(struct noise *);

/* The initiator writes the first message and reads the second, the responder the other way round. A message is
 * NOISE_MESSAGE + len bytes. Reading: len is the message's, and len - NOISE_MESSAGE bytes of payload are written. 0; -1
 * when it is not made with this key, or is too short, after which the handshake is of no more use. */
int noise_write_first(struct noise *, const uint8_t *payload, size_t len, uint8_t *message);
int noise_read_first(struct noise *, const uint8_t *message, size_t len, uint8_t *payload);
int noise_write_second(struct noise *, const uint8_t *payload, size_t len, uint8_t *message);
int noise_read_second(struct noise *, const uint8_t *message, size_t len, uint8_t *payload);

/* After both messages: the cipher for what the initiator sends, and for what the responder sends (§5.2, Split). */
void noise_split(const struct noise *, struct noise_cipher *initiator, struct noise_cipher *responder);

/* One record: len + NOISE_TAG bytes to out, or len - NOISE_TAG. 0; -1 when the counter is used up, and for a record
 * that is not the very next one that the other end made. After each 65,536 records both ends exchange the key for the
 * next (§4.2, REKEY), so that who gets hold of a link's key can't read what went over it long before. */
#define NOISE_REKEY 65536
int noise_seal(struct noise_cipher *, const uint8_t *plain, size_t len, uint8_t *out);
int noise_open(struct noise_cipher *, const uint8_t *sealed, size_t len, uint8_t *out);
#endif
