/* The cluster key: 32 random bytes that every node of a cluster has, and no other machine. */
#ifndef KEY_H
#define KEY_H

#include "base/buf.h"

#define KEY_LEN 32
#define KEY_ID 4      /* bytes of the short id */
#define KEY_ID_TEXT 9 /* the short id as 8 hex digits, and a NUL */
#define MAX_KEYS 8    /* a rotation needs two; more than eight is a mistake */
struct keyring {
	uint8_t key[MAX_KEYS][KEY_LEN];
	size_t count; /* 0 with plain set: -key=none */
	bool plain;
};

/* Reads the keys of a file: one of 64 hex digits a line, blank lines and # comments between. The file, or what a link leads to, must belong
 * to root or to us, and be readable by its owner alone. The caller ends by keyring_wipe. 0, or -1 with key_error() and errno: ENOENT when
 * it is missing, EPERM when others can read it, EINVAL when it is malformed. */
int key_load(const char *path, struct keyring *out);
/* The same of a text of len bytes; errors call it by name. */
int key_parse(const char *name, const char *text, size_t len, struct keyring *out);
/* Writes a new key file, mode 0600, and the directories above it; whole or not at all, and never over a file that is there; then loads it.
 * 0, or -1 with key_error() and errno: EEXIST when there is a file. */
int key_make(const char *path, struct keyring *out);
/* Appends the keys as a newc cpio archive that holds "etc/gproc/key", to be a second initrd. The caller wipes and frees out. */
void key_cpio(const struct keyring *, struct buf *out);
/* The short id: the first 4 bytes of BLAKE2b-128 over the key, which tell keys apart and say nothing about them. */
void key_id(const uint8_t key[KEY_LEN], char out[KEY_ID_TEXT]);
void key_id_bytes(const uint8_t key[KEY_LEN], uint8_t out[KEY_ID]); /* the same as bytes */
void keyring_wipe(struct keyring *);				    /* overwrites and empties it */
const char *key_error(void); /* why the last key_load, key_parse or key_make failed; borrowed until the next */
#endif
