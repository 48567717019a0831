/* The cluster key: 32 random bytes that every node of a cluster has, and nobody else. */
#ifndef KEY_H
#define KEY_H

#include "base/buf.h"

#define KEY_LEN 32
#define KEY_ID 4      /* bytes of the short id */
#define KEY_ID_TEXT 9 /* the same as 8 hex digits, and a NUL */
#define MAX_KEYS 8    /* a rotation needs two; more than eight is a mistake */
struct keyring {
	uint8_t key[MAX_KEYS][KEY_LEN];
	size_t count; /* 0 with plain set: -key=none */
	bool plain;
};

/* Keys from a file: one of 64 hex digits a line, blank lines and # comments allowed. The file must be root's or our
 * own, and only its owner's to read; a symbolic link to such a file will do. 0; -1 with key_error(): missing (errno
 * ENOENT), readable by others (EPERM), malformed (EINVAL, with the line). */
int key_load(const char *path, struct keyring *out);
/* The same of a text; name is what errors call it. It need not end in a NUL. */
int key_parse(const char *name, const char *text, size_t len, struct keyring *out);
/* Writes a new one, mode 0600, with the directories above it, whole or not at all, never over an old one, and loads it.
 * 0; -1 with key_error(): there is one already (errno EEXIST), or what could not be written and why. */
int key_make(const char *path, struct keyring *out);
/* The key file alone as a newc cpio archive, "etc/gproc/key", to be a second initrd. The caller wipes and frees out. */
void key_cpio(const struct keyring *, struct buf *out);
/* The first 4 bytes of BLAKE2b-128 over the key: tells keys apart, and tells nothing of them. */
void key_id(const uint8_t key[KEY_LEN], char out[KEY_ID_TEXT]);
void key_id_bytes(const uint8_t key[KEY_LEN], uint8_t out[KEY_ID]);
void keyring_wipe(struct keyring *);
const char *key_error(void); /* of the last key_load, key_parse or key_make that failed */
#endif
