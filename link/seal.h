/* One end of a link: proof of the key, then sealed records. Owns no descriptor. noise.h has the cryptography,
 * doc/protocol.md the bytes. */
#ifndef SEAL_H
#define SEAL_H

#include "base/buf.h"
#include "link/key.h"

/* Bytes from the peer go in by seal_input; bytes for the peer are appended to `out`. The first failure latches. */
enum seal_state { SEAL_HELLO, SEAL_READY, SEAL_BAD };
struct seal;
#define SEAL_OVERHEAD 18   /* bytes a record adds: u16 length, 16 of tag */
#define SEAL_RECORD 16366  /* the most plaintext in one record: 16 KiB on the wire, so that few reads end within one */
#define SEAL_HELLO_MAX 512 /* no more than this is ever allocated before the key is proved */

/* One end. The keyring is borrowed and must outlive it. Appends the initiator's first message to out. The caller frees by seal_free. */
struct seal *seal_new(const struct keyring *, bool initiator, struct buf *out);
void seal_free(struct seal *);			 /* wipes it, too; NULL is allowed */
enum seal_state seal_state(const struct seal *); /* SEAL_HELLO until the key is proved */
/* The peer's first message was made with the key; it may be a replay, so the key is not proved. */
bool seal_answered(const struct seal *);
/* Takes bytes from the peer: how many of len were used (all, unless it went bad). Plaintext is appended to plain, answers to out. The
 * responder is SEAL_READY only after the initiator's first record, which proves the key. A link that went bad may have left a refusal in
 * out, by which the peer can say why: write it, and shut down rather than close while bytes are unread, or it is lost. The end of the
 * stream proves nothing: an attacker on the way can cut it after any record. */
size_t seal_input(struct seal *, const uint8_t *data, size_t len, struct buf *plain, struct buf *out);
/* Appends plaintext of any length to out, as sealed records, or as it is on a plain link. Before SEAL_READY that is an error, which
 * latches. */
void seal_output(struct seal *, const uint8_t *data, size_t len, struct buf *out);
/* Both ends here, with one keyring: whether they understand each other. */
bool seal_trial(const struct keyring *);
/* Why it went bad, for the log, with both short ids where the keys differ: "the peer's key is 1f2e3d4c, ours 99aabbcc"; "" while nothing is
 * wrong. A hint: a refusal is not proved. Borrowed until the next call, for any seal. */
const char *seal_why(const struct seal *);
#endif
