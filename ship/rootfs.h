/* Paths inside a root directory that nothing may leave: absolute link targets are relative to it, ".." stops at it. */
#ifndef ROOTFS_H
#define ROOTFS_H

#include "base/util.h"

struct symlink {
	char *path;   /* its own place: absolute inside the root, its directories resolved */
	char *target; /* its text, unchanged */
};
struct symlinks {
	struct symlink *at;
	size_t count, room;
};
void symlinks_free(struct symlinks *); /* it is empty afterwards */

/* An existing path inside the root, made absolute and free of links, "." and "..". The links met on the way are added to met unless it is
 * NULL. The caller frees; NULL with errno (ENOENT, ENOTDIR, ELOOP, ...). */
char *rootfs_resolve(const char *root, const char *path, struct symlinks *met);
/* The same, but the last part is not followed when it is a link. */
char *rootfs_resolve_parent(const char *root, const char *path, struct symlinks *met);
/* A resolved path as it is opened from outside: behind the root, unless that is "/". The caller frees. */
char *rootfs_join(const char *root, const char *path);
/* A path of the head's own, made absolute by the working directory. The caller frees. */
char *rootfs_absolute(const char *path);

/* A file's bytes, mapped, so that only the pages that are looked at are read. data is NULL when the file is empty or not a regular one. */
struct mapped {
	uint8_t *data;
	size_t len;
	mode_t mode;
};
int rootfs_map(const char *outside, struct mapped *out); /* 0, or -1 with errno; never blocks on a FIFO */
void rootfs_unmap(struct mapped *);			 /* it is empty afterwards */

/* As read_file(), of a path inside the root. */
char *rootfs_read(const char *root, const char *path, size_t max, size_t *len);
/* Adds the paths that match a shell pattern inside the root, sorted. */
void rootfs_glob(const char *root, const char *pattern, struct strings *out);
#endif
