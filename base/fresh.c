/* A file that appears in its place whole or not at all.
 * Must never know what is in it. */
#include "base/fresh.h"
#include "base/sys.h"
#include "base/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRIES = 64 };

/* Another name at each call. */
static void
make_name(char name[32])
{
	static unsigned count;

	(void)snprintf(name, 32, ".gproc-%x.%x", (unsigned)getpid(), count++);
}

static int
begin_named(struct fresh *f, mode_t mode)
{
	int i;

	for (i = 0; i < TRIES; i++) {
		make_name(f->name);
		f->fd = openat(f->dir, f->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
		if (f->fd >= 0)
			return 0;
		if (errno != EEXIST)
			break;
	}
	f->name[0] = '\0';
	return -1;
}

int
fresh_begin(struct fresh *f, int dir, mode_t mode)
{
	*f = (struct fresh){.dir = dir, .fd = -1};
	if (access("/proc/self/fd", F_OK) < 0) /* by which the nameless gets a name */
		return begin_named(f, mode);
	f->fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
	if (f->fd >= 0)
		return 0;
	return errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL || errno == ENOENT ? begin_named(f, mode) : -1;
}

void
fresh_drop(struct fresh *f)
{
	int error = errno;

	if (f->name[0])
		(void)unlinkat(f->dir, f->name, 0);
	f->name[0] = '\0';
	close_fd(&f->fd);
	errno = error;
}

/* Gives the nameless a name, for only what has one can replace another. */
static int
give_name(struct fresh *f)
{
	char self[40], name[sizeof(f->name)];
	int i;

	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", f->fd);
	for (i = 0; i < TRIES; i++) {
		make_name(name);
		if (linkat(AT_FDCWD, self, f->dir, name, AT_SYMLINK_FOLLOW) == 0) {
			(void)snprintf(f->name, sizeof(f->name), "%s", name);
			return 0;
		}
		if (errno != EEXIST)
			break;
	}
	return -1;
}

int
fresh_end(struct fresh *f, const char *name)
{
	int bad = (!f->name[0] && give_name(f) < 0) || renameat(f->dir, f->name, f->dir, name) < 0 ? -1 : 0;

	if (!bad)
		f->name[0] = '\0';
	fresh_drop(f);
	return bad;
}

int
fresh_parent(int root, const char *path, const char **name)
{
	char *dir;
	int fd;

	*name = last_part(path);
	dir = *name == path ? xstrdup(".") : xstrndup(path, (size_t)(*name - path) - 1);
	fd = open_unled(root, dir, O_RDONLY | O_DIRECTORY);
	free(dir);
	return fd;
}

int
fresh_dir(int dir, const char *name)
{
	struct stat st;

	if (mkdirat(dir, name, 0700) == 0)
		return 0;
	if (errno != EEXIST || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	errno = ENOTDIR;
	if (!S_ISDIR(st.st_mode))
		return -1;
	return (st.st_mode & 0700) == 0700 ? 0 : fchmodat(dir, name, (st.st_mode & 07777) | 0700, 0);
}

int
fresh_dress(int fd, mode_t mode, struct timespec mtime)
{
	struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, mtime};

	return fchmod(fd, mode) < 0 || futimens(fd, times) < 0 ? -1 : 0;
}

/* What was made under another name takes its place. */
static int
put_in_place(int dir, const char *meanwhile, const char *name)
{
	int bad = renameat(dir, meanwhile, dir, name), error = errno;

	(void)unlinkat(dir, meanwhile, 0); /* two names of one file stay as they are when renamed */
	errno = error;
	return bad;
}

int
fresh_link(int dir, const char *target, struct timespec mtime, const char *name)
{
	struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, mtime};
	char meanwhile[32];
	int bad;

	do {
		make_name(meanwhile);
		bad = symlinkat(target, dir, meanwhile);
	} while (bad < 0 && errno == EEXIST);
	if (bad < 0)
		return -1;
	(void)utimensat(dir, meanwhile, times, AT_SYMLINK_NOFOLLOW);
	return put_in_place(dir, meanwhile, name);
}

int
fresh_hard_link(int from, const char *old, int dir, const char *name)
{
	char meanwhile[32];
	int bad;

	do {
		make_name(meanwhile);
		bad = linkat(from, old, dir, meanwhile, 0);
	} while (bad < 0 && errno == EEXIST);
	return bad < 0 ? -1 : put_in_place(dir, meanwhile, name);
}
