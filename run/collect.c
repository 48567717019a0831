/* Reads what `gproc get` asked for, as the user, into an archive.
 * Must never know where the archive goes. */
#include "run/collect.h"
#include "archive.h"
#include "base/path.h"
#include "base/sys.h"
#include "base/walk.h"
#include "bundle.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file of several names that was read already. */
struct seen {
	uint64_t dev, ino;
	char *path;
};

struct collecting {
	int out, broken; /* broken: the error that writing met; 0: none */
	bool failed;
	struct buf buf;
	struct strings tops; /* the names that operands have in the archive */
	struct seen *seen;
	size_t count, room;
};

/* ---- writing ---- */

static void
flush(struct collecting *c)
{
	if (!c->broken && write_full(c->out, c->buf.data, c->buf.len) < 0)
		c->broken = errno;
	c->buf.len = 0;
}

static void
put(struct collecting *c, const struct archive_item *item)
{
	archive_put(&c->buf, item);
	if (c->buf.len >= ARCHIVE_DATA_MAX)
		flush(c);
}

static void
put_failed(struct collecting *c, const char *path, const char *why)
{
	c->failed = true;
	put(c, &(struct archive_item){.kind = ARCHIVE_FAILED, .path = path, .why = why});
}

/* ---- one file ---- */

/* Up to `end`, or with end 0 to wherever it ends. The reason why it is not whole; "" when it is. */
static const char *
put_range(struct collecting *c, int fd, uint64_t at, uint64_t end)
{
	static uint8_t piece[ARCHIVE_DATA_MAX];

	while (!c->broken && (at < end || !end)) {
		size_t want = end && end - at < sizeof(piece) ? (size_t)(end - at) : sizeof(piece);
		ssize_t n = pread_full(fd, piece, want, at);

		if (n < 0)
			return strerror(errno);
		if (n > 0)
			put(c, &(struct archive_item){.kind = ARCHIVE_DATA, .data = piece, .len = (size_t)n});
		at += (uint64_t)n;
		if ((size_t)n < want)
			return end ? "it became shorter while it was read" : "";
	}
	return "";
}

static const char *
put_contents(struct collecting *c, int fd, uint64_t size)
{
	uint64_t at = 0;
	const char *why = "";

	if (size == 0) /* one of /proc does not say its size */
		return put_range(c, fd, 0, 0);
	while (at < size && !*why && !c->broken) {
		off_t data = lseek(fd, (off_t)at, SEEK_DATA), hole = (off_t)size;

		if (data < 0)
			data = errno == ENXIO ? (off_t)size : (off_t)at;
		else
			hole = lseek(fd, data, SEEK_HOLE);
		if (data > (off_t)size)
			data = (off_t)size;
		if (hole <= data || hole > (off_t)size)
			hole = (off_t)size;
		if ((uint64_t)data > at)
			put(c, &(struct archive_item){.kind = ARCHIVE_HOLE, .size = (uint64_t)data - at});
		if (data < hole)
			why = put_range(c, fd, (uint64_t)data, (uint64_t)hole);
		at = (uint64_t)(data < hole ? hole : data);
	}
	return why;
}

/* What is only added to behind what was read of it, as a log is, is what it was when it was opened. */
static const char *
changed(int fd, const struct stat *before)
{
	struct stat now;

	if (fstat(fd, &now) < 0)
		return strerror(errno);
	if (now.st_size < before->st_size)
		return "it became shorter while it was read";
	if (before->st_size && now.st_size == before->st_size &&
		(now.st_mtim.tv_sec != before->st_mtim.tv_sec || now.st_mtim.tv_nsec != before->st_mtim.tv_nsec))
		return "it was changed while it was read";
	return "";
}

/* Whether the file was sent under another name already, and is told as that. */
static bool
put_hard_link(struct collecting *c, const struct stat *st, const char *inside)
{
	size_t i;

	if (st->st_nlink < 2)
		return false;
	for (i = 0; i < c->count; i++) {
		if (c->seen[i].dev != (uint64_t)st->st_dev || c->seen[i].ino != (uint64_t)st->st_ino)
			continue;
		put(c, &(struct archive_item){.kind = ARCHIVE_HARD_LINK, .path = inside, .target = c->seen[i].path});
		return true;
	}
	return false;
}

static void
remember(struct collecting *c, const struct stat *st, const char *inside)
{
	if (st->st_nlink < 2)
		return;
	c->seen = grow(c->seen, c->count, &c->room, sizeof(c->seen[0]));
	c->seen[c->count++] = (struct seen){(uint64_t)st->st_dev, (uint64_t)st->st_ino, xstrdup(inside)};
}

static struct archive_item
item_of(enum archive_kind kind, const struct stat *st, const char *inside)
{
	return (struct archive_item){
		.kind = kind,
		.path = inside,
		.mode = st->st_mode & 01777,
		.mtime = st->st_mtim.tv_sec > 0 ? (uint64_t)st->st_mtim.tv_sec : 0,
		.mtime_ns = (uint32_t)st->st_mtim.tv_nsec,
		.size = (uint64_t)st->st_size,
	};
}

static void
put_file(struct collecting *c, int dir, const char *name, const char *inside, const char *path)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	const char *why;
	struct archive_item item;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		put_failed(c, path, strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		put_failed(c, path, "it was replaced while it was looked at");
	} else if (!put_hard_link(c, &st, inside)) {
		item = item_of(ARCHIVE_FILE, &st, inside);
		put(c, &item);
		why = put_contents(c, fd, (uint64_t)st.st_size);
		why = *why ? why : changed(fd, &st);
		c->failed |= *why != '\0';
		put(c, &(struct archive_item){.kind = ARCHIVE_FILE_END, .why = why});
		if (!*why)
			remember(c, &st, inside);
	}
	close_fd(&fd);
}

/* ---- trees ---- */

static void put_named(struct collecting *c, int dir, const char *name, const char *inside, const char *path, bool named);

/* What lies in a directory; prefix: what the names in the archive begin with, "" or "a/b/". Closes the descriptor. */
static void
put_inner(struct collecting *c, int fd, const char *prefix, const char *path)
{
	DIR *d = fdopendir(fd);
	struct dirent *entry;

	if (!d) {
		put_failed(c, path, strerror(errno));
		close(fd);
		return;
	}
	while (errno = 0, !c->broken && (entry = readdir(d))) {
		char *inside, *inner;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		inside = xasprintf("%s%s", prefix, entry->d_name);
		inner = xasprintf("%s%s%s", path, path[strlen(path) - 1] == '/' ? "" : "/", entry->d_name);
		put_named(c, fd, entry->d_name, inside, inner, false);
		free(inner);
		free(inside);
	}
	if (errno && !c->broken)
		put_failed(c, path, strerror(errno));
	(void)closedir(d);
}

static void
put_dir(struct collecting *c, int dir, const char *name, const char *inside, const char *path)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct archive_item item;
	struct stat st;
	char *prefix;

	if (fd < 0 || fstat(fd, &st) < 0) {
		put_failed(c, path, strerror(errno));
		close_fd(&fd);
		return;
	}
	item = item_of(ARCHIVE_DIR, &st, inside);
	put(c, &item);
	prefix = xasprintf("%s/", inside);
	put_inner(c, fd, prefix, path);
	free(prefix);
}

static void
put_link(struct collecting *c, const struct stat *st, int dir, const char *name, const char *inside, const char *path)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(dir, name, target, sizeof(target) - 1);
	struct archive_item item = item_of(ARCHIVE_LINK, st, inside);

	if (len < 0) {
		put_failed(c, path, strerror(errno));
		return;
	}
	target[len] = '\0';
	item.target = target;
	put(c, &item);
}

/* named: by the user, not found within a directory. */
static void
put_named(struct collecting *c, int dir, const char *name, const char *inside, const char *path, bool named)
{
	static const char special[] = "it is neither a file, a directory nor a link";
	struct stat st;

	if (!path_inside(inside))
		put_failed(c, path, "its path is too long or too deep");
	else if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		put_failed(c, path, strerror(errno));
	else if (S_ISREG(st.st_mode))
		put_file(c, dir, name, inside, path);
	else if (S_ISDIR(st.st_mode))
		put_dir(c, dir, name, inside, path);
	else if (S_ISLNK(st.st_mode))
		put_link(c, &st, dir, name, inside, path);
	else if (named)
		put_failed(c, path, special);
	else
		put(c, &(struct archive_item){.kind = ARCHIVE_NOTE, .path = path, .why = special});
}

/* ---- operands ---- */

static void
put_operand(struct collecting *c, const char *path)
{
	const char *name = last_part(path);
	int fd;

	if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			put_failed(c, path, strerror(errno));
		else
			put_inner(c, fd, "", path);
		return;
	}
	if (strings_has(&c->tops, name)) {
		put_failed(c, path, "something else of this name was asked for, too");
		return;
	}
	strings_add(&c->tops, name);
	put_named(c, AT_FDCWD, path, name, path, true);
}

static void
put_pattern(struct collecting *c, const char *pattern)
{
	glob_t found;
	int bad = glob(pattern, 0, NULL, &found);
	size_t i;

	if (bad) {
		put_failed(c, pattern, bad == GLOB_NOMATCH ? strerror(ENOENT) : bad == GLOB_NOSPACE ? strerror(ENOMEM) : strerror(EIO));
		return;
	}
	for (i = 0; i < found.gl_pathc; i++)
		put_operand(c, found.gl_pathv[i]);
	globfree(&found);
}

int
collect(char *const *names, bool expand, int out)
{
	struct collecting c = {.out = out};

	for (; *names && !c.broken; names++)
		if (expand && strpbrk(*names, "*?["))
			put_pattern(&c, *names);
		else
			put_operand(&c, *names);
	put(&c, &(struct archive_item){.kind = ARCHIVE_END});
	flush(&c);
	buf_free(&c.buf);
	strings_free(&c.tops);
	for (; c.count; c.count--)
		free(c.seen[c.count - 1].path);
	free(c.seen);
	errno = c.broken;
	return c.broken ? -1 : c.failed;
}
