/* One end of a link: proof of the key, then sealed records. Owns no descriptor. noise.h has the cryptography,
 * doc/protocol.md the bytes. */
#ifndef SEAL_H
#define SEAL_H

#include "base/buf.h"
#include "link/key.h"

/* Bytes from the peer go in by seal_input; what must be sent to it comes out in `out`. The first failure latches. */
enum seal_state { SEAL_HELLO, SEAL_READY, SEAL_BAD };
struct seal;
#define SEAL_OVERHEAD 18   /* bytes a record adds: u16 length, 16 of tag */
#define SEAL_RECORD 16366  /* the most plaintext in one record: 16 KiB on the wire, so that little of what is read ends amid one */
#define SEAL_HELLO_MAX 512 /* no more than this is ever allocated before the key is proved */

/* The keyring is borrowed and must outlive the seal. Writes the initiator's first message to out. */
struct seal *seal_new(const struct keyring *, bool initiator, struct buf *out);
void seal_free(struct seal *); /* wipes */
enum seal_state seal_state(const struct seal *);
/* The first message of the peer has shown the key: a replayed one can do that much. */
bool seal_answered(const struct seal *);
/* Bytes from the peer: how many of len were used (all, unless it went bad); plaintext is appended to plain, answers to
 * out. The responder is SEAL_READY only when the initiator has proved the key, by a first record. A link that went bad
 * may have left a last word in out, the refusal that lets the peer say why: write it, and shut down rather than close
 * while bytes are unread, or it is lost. The end of the stream proves nothing: whoever can cut a connection can end it
 * after any record. */
size_t seal_input(struct seal *, const uint8_t *data, size_t len, struct buf *plain, struct buf *out);
/* Plaintext of any length as sealed records (or as it is on a plain link), appended to out. Only when SEAL_READY: too
 * early is an error that latches. */
void seal_output(struct seal *, const uint8_t *data, size_t len, struct buf *out);
/* Why it went bad, for both ends' logs, with both short ids where the keys differ: "the peer's key is 1f2e3d4c, ours
 * 99aabbcc". A hint only: what a refusal says is not proved. Good until the next call, for any seal; "" while nothing
 * is wrong. */
const char *seal_why(const struct seal *);
#endif
