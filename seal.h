/* The cluster key, the handshake, and sealed records. All secret-key work is here. Owns no descriptor of a link.
 * noise.h has the cryptography; doc/protocol.md the bytes. */
#ifndef SEAL_H
#define SEAL_H

#include "buf.h"

#define KEY_LEN 32
#define KEY_ID_TEXT 9	/* 8 hex digits of BLAKE2b over the key, and a NUL */
#define MAX_KEYS 8	/* a rotation needs two; more than eight is a mistake */
struct keyring {
	uint8_t key[MAX_KEYS][KEY_LEN];
	size_t count;	/* 0 with plain set: -key=none */
	bool plain;
};
/* Keys from a file: one of 64 hex digits a line, blank lines and # comments allowed. The file must be root's or our own, and only
 * its owner's to read; a symbolic link to such a file will do. 0; -1 with seal_error(): missing (errno ENOENT), readable by others
 * (EPERM), malformed (EINVAL, with the line). */
int key_load(const char *path, struct keyring *out);
/* The same of a text; name is what errors call it. It need not end in a NUL. */
int key_parse(const char *name, const char *text, size_t len, struct keyring *out);
/* Writes a new one, mode 0600, with the directories above it, whole or not at all, never over an old one, and loads it. 0; -1
 * with seal_error(): there is one already (errno EEXIST), or what could not be written and why. */
int key_make(const char *path, struct keyring *out);
/* The key file alone as a newc cpio archive, "etc/gproc/key", to be a second initrd. The caller wipes and frees out. */
void key_cpio(const struct keyring *, struct buf *out);
/* The first 4 bytes of BLAKE2b-128 over the key: tells keys apart, and tells nothing of them. */
void key_id(const uint8_t key[KEY_LEN], char out[KEY_ID_TEXT]);
void keyring_wipe(struct keyring *);
const char *seal_error(void); /* of the last key_load, key_parse or key_make that failed */

/* One end of a link: handshake, then records. Bytes from the peer go in by seal_input; what must be sent to it comes out in
 * `out`. The first failure latches. */
enum seal_state { SEAL_HELLO, SEAL_READY, SEAL_BAD };
struct seal;
#define SEAL_OVERHEAD 18       /* bytes a record adds: u16 length, 16 of tag */
#define SEAL_RECORD 65517      /* the most plaintext in one record: 65535 less the tag, less two to spare */
#define SEAL_HELLO_MAX 512     /* no more than this is ever allocated before the key is proved */

/* The keyring is borrowed and must outlive the seal. Writes the initiator's first message to out. */
struct seal *seal_new(const struct keyring *, bool initiator, struct buf *out);
void seal_free(struct seal *); /* wipes */
enum seal_state seal_state(const struct seal *);
/* Bytes from the peer: how many of len were used (all, unless it went bad); plaintext is appended to plain, answers to out. The
 * responder is SEAL_READY only when the initiator has proved the key, by a first record. A link that went bad may have left a last word in
 * out, the refusal that lets the peer say why: write it, and shut down rather than close while bytes are unread, or it is lost.
 * The end of the stream proves nothing: whoever can cut a connection can end it after any record. */
size_t seal_input(struct seal *, const uint8_t *data, size_t len, struct buf *plain, struct buf *out);
/* Plaintext of any length as sealed records (or as it is on a plain link), appended to out. Only when SEAL_READY: too early
 * is an error that latches. */
void seal_output(struct seal *, const uint8_t *data, size_t len, struct buf *out);
/* Why it went bad, for both ends' logs, with both short ids where the keys differ: "the peer's key is 1f2e3d4c, ours 99aabbcc". A hint
 * only: what a refusal says is not proved. Good until the next call, for any seal; "" while nothing is wrong. */
const char *seal_why(const struct seal *);
#endif
