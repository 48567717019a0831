/* Paths inside a root directory that nothing may leave: absolute link targets are relative to it, ".." stops at it. */
#ifndef ROOTFS_H
#define ROOTFS_H

#include "base/util.h"

struct symlink {
	char *path;   /* where it lies: absolute inside the root, its directories resolved */
	char *target; /* what it says, unchanged */
};
struct symlinks {
	struct symlink *at;
	size_t count, room;
};
void symlinks_free(struct symlinks *);

/* Where an absolute path inside the root really lies: no links, no "." or "..", no empty parts. The links met on the way are
 * added to met when it is not NULL. It exists, whatever it is. Caller frees; NULL with errno (ENOENT, ENOTDIR, ELOOP, ...). */
char *rootfs_resolve(const char *root, const char *path, struct symlinks *met);
/* The same, but the last part is only asked to exist, not followed when it is a link. */
char *rootfs_resolve_parent(const char *root, const char *path, struct symlinks *met);
/* How a resolved path is opened from outside: the root before it, unless that is "/". Caller frees. */
char *rootfs_join(const char *root, const char *path);
/* A path of the head's own made absolute by the working directory. Caller frees. */
char *rootfs_absolute(const char *path);

/* A file's bytes, mapped: of a large one only the few pages that are read are touched. data is NULL when it is empty or no regular file. */
struct mapped {
	uint8_t *data;
	size_t len;
	mode_t mode;
};
int rootfs_map(const char *outside, struct mapped *out); /* 0, or -1 with errno; never blocks on a FIFO */
void rootfs_unmap(struct mapped *);

/* read_file() inside the root. */
char *rootfs_read(const char *root, const char *path, size_t max, size_t *len);
/* Adds the paths that match a shell pattern inside the root, sorted. */
void rootfs_glob(const char *root, const char *pattern, struct strings *out);
#endif
