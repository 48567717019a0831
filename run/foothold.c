/* Places for mounts that a job makes in directories of the node's that everybody writes to.
 * Must never know what is mounted there. */
#include "run/foothold.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"

/* The sticky bit, which neither needs, says who made them. */
#define DIR_MODE (S_ISVTX | 0755)
#define FILE_MODE (S_ISVTX | 0444)
#define MAX_TRIES 100 /* others may be removing the same one just then */

bool
foothold_is(mode_t mode, uid_t owner, uid_t user)
{
	return S_ISDIR(mode) && (mode & 07777) == DIR_MODE && owner == user;
}

static bool
is_ours(const struct stat *st, bool is_dir, uid_t user)
{
	if (is_dir)
		return foothold_is(st->st_mode, st->st_uid, user);
	return S_ISREG(st->st_mode) && (st->st_mode & 07777) == FILE_MODE && st->st_uid == user && st->st_size == 0;
}

static void
make(int root, const char *path, bool is_dir)
{
	int fd;

	if (is_dir) {
		(void)mkdirat(root, path, DIR_MODE);
		return;
	}
	fd = openat(root, path, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	close_fd(&fd);
}

/* -1: none of ours; *again when it has just gone. The lock is not waited for: its holder may hold it for ever. */
static int
open_locked(int root, const char *path, bool is_dir, uid_t user, bool *again)
{
	int fd = open_unled(root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | (is_dir ? O_DIRECTORY : 0));
	struct stat by_fd, by_name;

	*again = fd < 0 && errno == ENOENT;
	if (fd < 0)
		return -1;
	if (fstat(fd, &by_fd) < 0 || !is_ours(&by_fd, is_dir, user) || flock(fd, LOCK_SH | LOCK_NB) < 0) {
		close_fd(&fd);
		return -1;
	}
	*again = fstatat(root, path, &by_name, AT_SYMLINK_NOFOLLOW) < 0 || by_name.st_ino != by_fd.st_ino || by_name.st_dev != by_fd.st_dev;
	if (*again)
		close_fd(&fd);
	return fd;
}

int
foothold_make(struct footholds *l, int root, const char *path, bool is_dir, uid_t user)
{
	bool again = true;
	int fd = -1;
	unsigned i;

	for (i = 0; i < MAX_TRIES && again; i++) {
		make(root, path, is_dir);
		fd = open_locked(root, path, is_dir, user, &again);
	}
	if (fd < 0)
		return -1;
	l->at = grow(l->at, l->count, &l->room, sizeof(l->at[0]));
	l->at[l->count++] = (struct foothold){.path = xstrdup(path), .fd = fd, .is_dir = is_dir};
	return fd;
}

void
foothold_leave(struct footholds *l)
{
	int root = l->count > 0 ? open("/", O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	struct stat by_fd, by_name;

	while (l->count > 0) {
		struct foothold *f = &l->at[--l->count];

		if (flock(f->fd, LOCK_EX | LOCK_NB) == 0 && fstat(f->fd, &by_fd) == 0 &&
			fstatat(root, f->path, &by_name, AT_SYMLINK_NOFOLLOW) == 0 && by_name.st_ino == by_fd.st_ino)
			(void)unlinkat(root, f->path, f->is_dir ? AT_REMOVEDIR : 0);
		close_fd(&f->fd);
		free(f->path);
	}
	free(l->at);
	*l = (struct footholds){0};
	close_fd(&root);
}
