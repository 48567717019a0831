/* Digests of files that this user's launches have hashed before: kept from one to the next in a file of the user's own. */
#ifndef HASHED_H
#define HASHED_H

#include "bundle.h"

#include <sys/stat.h>
#include <time.h>

/* That file is $XDG_CACHE_HOME/gproc/digests, else ~/.cache/gproc/digests. Where there is none, or one that is another user's or open to
 * others, or damaged, nothing is known; where none can be written, nothing is kept. Neither is told: the files are hashed.
 * A file is the one that was hashed when all that fstat says is as it was: device, inode, size, both times to the nanosecond, in the same
 * boot of the same host. Images made to be alike have times without a fraction: then it must be the same mount, too. The file system is one
 * that sets such times. */

struct file_mark {
	uint64_t dev, ino, size, mtime_ns, ctime_ns;
	uint64_t mount; /* 0: its times say enough */
};
struct file_mark file_mark(int fd, const struct stat *); /* of an open file */
bool file_mark_equal(const struct file_mark *, const struct file_mark *);

/* What was found in a file of which fstat says this: true, and the caller frees *out. */
bool hashed_find(const struct file_mark *, struct blob_id *out);
/* An open file of which fstat says this was hashed whole, beginning at `began`. Not kept when it had changed less than 2 s before: it may again, within what its file
 * system takes for the same moment. Copied. */
void hashed_add(int fd, const struct file_mark *, time_t began, const struct blob_id *);
void hashed_drop(const struct digest *); /* files of which that is known have other contents, unseen: it is no more, from now on */
void hashed_keep(void);			 /* writes what was added since the last call */

/* For tests: as if the user's file were this one; takes the descriptor over. And what would be written. */
void hashed_load(int fd);
void hashed_encode(struct buf *out);
#endif
