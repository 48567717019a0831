/* Digests of files that this user's launches have hashed before, and the file in which they are kept.
 * Must never know what a digest is for.
 *
 * That file: u32 magic, u32 how many rows, big-endian; the rows; the list of chunk digests of each, in the same order. */
#include "ship/hashed.h"
#include "base/fresh.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <unistd.h>

#define NANOSECONDS 1000000000u /* in a second */

enum {
	MAGIC = 0x47504431, /* "GPD1" */
	HEAD = 8,
	BOOT_LEN = 36,	     /* a boot id, as the kernel prints it */
	MAX_ROWS = 4096,     /* and */
	MAX_BYTES = 4 << 20, /* all of it: the lists of 8 GiB */
	MIN_SIZE = 16 << 10, /* of a file: to hash less takes no longer than to look it up */
	SETTLED = 2,	     /* seconds: see hashed_add */
	FIRSTS = 512,
};

enum { ROW = BOOT_LEN + 6 * 8 + DIGEST_LEN };

struct row {
	char boot[BOOT_LEN];
	struct file_mark mark;
	struct digest digest;
	uint8_t *list;	   /* owned; NULL: it is in the file, */
	uint64_t at;	   /* from there on */
	bool recent, gone; /* looked for since it was read; no more known */
	uint32_t next;	   /* 1 + the next row with as good as that inode; 0: none */
};

static struct {
	bool loaded, changed;
	char boot[BOOT_LEN];
	int fd;
	struct row *row;
	size_t count, room;
	uint32_t first[FIRSTS]; /* as next, by inode */
} all;				/* fd: once it is loaded */

static void
forget_all(void)
{
	size_t i;

	for (i = 0; i < all.count; i++)
		free(all.row[i].list);
	free(all.row);
	if (all.loaded)
		close_fd(&all.fd);
	memset(&all, 0, sizeof(all));
}

static struct row *
add_row(const char *boot, const struct file_mark *mark, const struct digest *digest)
{
	uint32_t *first = &all.first[mark->ino % FIRSTS];
	struct row *row;

	all.row = grow(all.row, all.count, &all.room, sizeof(all.row[0]));
	row = &all.row[all.count++];
	*row = (struct row){.mark = *mark, .digest = *digest, .next = *first};
	memcpy(row->boot, boot, BOOT_LEN);
	*first = (uint32_t)all.count;
	return row;
}

/* ---- the file ---- */

/* Root with another's HOME, as some have it by sudo or su, would make directories there that are root's. */
static bool
is_anothers(const char *dir)
{
	struct stat st;

	return stat(dir, &st) == 0 && st.st_uid != geteuid();
}

/* "/home/alice/.cache"; caller frees. NULL: the user has no such place. */
static char *
cache_home(void)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (cache && cache[0] == '/')
		return is_anothers(cache) ? NULL : xstrdup(cache);
	return home && home[0] == '/' && !is_anothers(home) ? xasprintf("%s/.cache", home) : NULL;
}

static int
open_kept(void)
{
	char *home = cache_home(), *name = home ? xasprintf("%s/gproc/digests", home) : NULL;
	int fd = name ? open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
	struct stat st;

	free(name);
	free(home);
	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_mode & 077))
		close_fd(&fd);
	return fd;
}

static struct file_mark
take_mark(struct reader *r)
{
	struct file_mark m;

	m.dev = take_u64(r);
	m.ino = take_u64(r);
	m.size = take_u64(r);
	m.mtime_ns = take_u64(r);
	m.ctime_ns = take_u64(r);
	m.mount = take_u64(r);
	return m;
}

/* The lists lie behind the rows, in `left` bytes that begin at `at`. */
static int
take_rows(const uint8_t *data, size_t len, uint64_t at, uint64_t left)
{
	struct reader r = reader_over(data, len);

	while (reader_left(&r) > 0) {
		const char *boot = (const char *)take_bytes(&r, BOOT_LEN);
		struct file_mark mark = take_mark(&r);
		struct digest digest = take_digest(&r);
		uint64_t list = list_length(mark.size);

		if (list == 0 || list > left)
			return -1;
		add_row(boot, &mark, &digest)->at = at;
		at += list;
		left -= list;
	}
	return 0;
}

static int
read_rows(void)
{
	uint8_t head[HEAD], *rows;
	struct reader r = reader_over(head, HEAD);
	struct stat st;
	uint64_t len;
	int bad;

	if (fstat(all.fd, &st) < 0 || st.st_size < HEAD || st.st_size > MAX_BYTES || pread_full(all.fd, head, HEAD, 0) != HEAD ||
		take_u32(&r) != MAGIC)
		return -1;
	len = (uint64_t)take_u32(&r) * ROW;
	if (len > MAX_ROWS * ROW || len > (uint64_t)st.st_size - HEAD)
		return -1;
	rows = xmalloc((size_t)len);
	bad = pread_full(all.fd, rows, (size_t)len, HEAD) != (ssize_t)len ||
	      take_rows(rows, (size_t)len, HEAD + len, (uint64_t)st.st_size - HEAD - len) < 0;
	free(rows);
	return bad ? -1 : 0;
}

void
hashed_load(int fd)
{
	int boot = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	forget_all();
	all.loaded = true;
	all.fd = fd;
	/* Without it nothing is the same as ever before. */
	if (boot < 0 || read_full(boot, all.boot, BOOT_LEN) != BOOT_LEN)
		all.boot[0] = '\0';
	close_fd(&boot);
	if (fd >= 0 && read_rows() == 0)
		return;
	all.count = 0; /* their lists are in the file */
	memset(all.first, 0, sizeof(all.first));
}

static void
load(void)
{
	if (!all.loaded)
		hashed_load(open_kept());
}

/* ---- looked for, added ---- */

static uint64_t
nanoseconds(struct timespec t)
{
	return (uint64_t)t.tv_sec * NANOSECONDS + (uint64_t)t.tv_nsec;
}

struct file_mark
file_mark(int fd, const struct stat *st)
{
	return (struct file_mark){.dev = (uint64_t)st->st_dev,
		.ino = (uint64_t)st->st_ino,
		.size = (uint64_t)st->st_size,
		.mtime_ns = nanoseconds(st->st_mtim),
		.ctime_ns = nanoseconds(st->st_ctim),
		.mount = st->st_ctim.tv_nsec == 0 ? mount_number(fd) : 0};
}

bool
file_mark_equal(const struct file_mark *a, const struct file_mark *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size && a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns &&
	       a->mount == b->mount;
}

/* The next row of this boot, behind that one (NULL: the first) whose file that was. */
static struct row *
next_row(const struct row *last, const struct file_mark *mark)
{
	uint32_t i;

	for (i = last ? last->next : all.first[mark->ino % FIRSTS]; i; i = all.row[i - 1].next) {
		struct row *row = &all.row[i - 1];

		if (!row->gone && row->mark.ino == mark->ino && row->mark.dev == mark->dev && row->mark.mount == mark->mount &&
			memcmp(row->boot, all.boot, BOOT_LEN) == 0)
			return row;
	}
	return NULL;
}

/* Whose list is what its digest says: caller frees. NULL: it is damaged. */
static uint8_t *
list_of(const struct row *row)
{
	size_t len = (size_t)list_length(row->mark.size);
	uint8_t *list = xmalloc(len);
	struct digest d;

	if (row->list)
		memcpy(list, row->list, len);
	else if (pread_full(all.fd, list, len, row->at) != (ssize_t)len)
		memset(list, 0, len);
	d = blob_digest(row->mark.size, list);
	if (digest_equal(&d, &row->digest))
		return list;
	free(list);
	return NULL;
}

bool
hashed_find(const struct file_mark *mark, struct blob_id *out)
{
	struct row *row = NULL;
	uint8_t *list = NULL;

	if (mark->size < MIN_SIZE)
		return false;
	load();
	while (!list && (row = next_row(row, mark)))
		list = file_mark_equal(&row->mark, mark) ? list_of(row) : NULL;
	if (!list)
		return false;
	row->recent = true;
	*out = (struct blob_id){.digest = row->digest, .size = mark->size, .list = list};
	return true;
}

/* Files of the kernel's have times of their own, whatever is in them; others have no time of change but the one that may be set. */
static bool
keeps_times(int fd, const struct file_mark *mark)
{
	static const uint32_t without[] = {PROC_SUPER_MAGIC, SYSFS_MAGIC, FUSE_SUPER_MAGIC, MSDOS_SUPER_MAGIC, EXFAT_SUPER_MAGIC};
	struct statfs fs;
	size_t i;

	if ((mark->ctime_ns % NANOSECONDS == 0 && !mark->mount) || fstatfs(fd, &fs) < 0)
		return false;
	for (i = 0; i < COUNT(without) && (uint32_t)fs.f_type != without[i]; i++)
		;
	return i == COUNT(without);
}

void
hashed_add(int fd, const struct file_mark *mark, time_t began, const struct blob_id *id)
{
	struct row *row = NULL;
	size_t len = (size_t)list_length(id->size);

	if (id->size < MIN_SIZE || id->size != mark->size || (int64_t)(mark->ctime_ns / NANOSECONDS) + SETTLED >= began ||
		len > MAX_BYTES / 2)
		return;
	load();
	if (!all.boot[0] || !keeps_times(fd, mark))
		return;
	while ((row = next_row(row, mark)))
		row->gone = true;
	row = add_row(all.boot, mark, &id->digest);
	row->recent = true;
	row->list = xmalloc(len);
	memcpy(row->list, id->list, len);
	all.changed = true;
}

/* ---- kept ---- */

static void
put_row(const struct row *row, struct buf *rows, struct buf *lists)
{
	size_t len = (size_t)list_length(row->mark.size);
	uint8_t *list;

	if (row->gone || rows->len >= MAX_ROWS * ROW || HEAD + rows->len + ROW + lists->len + len > MAX_BYTES || !(list = list_of(row)))
		return;
	put_bytes(lists, list, len);
	free(list);
	put_bytes(rows, row->boot, BOOT_LEN);
	put_u64(rows, row->mark.dev);
	put_u64(rows, row->mark.ino);
	put_u64(rows, row->mark.size);
	put_u64(rows, row->mark.mtime_ns);
	put_u64(rows, row->mark.ctime_ns);
	put_u64(rows, row->mark.mount);
	put_digest(rows, &row->digest);
}

/* What was used last comes first: what is behind the limits goes. */
void
hashed_encode(struct buf *out)
{
	struct buf rows = {0}, lists = {0};
	size_t i;

	for (i = all.count; i-- > 0;)
		if (all.row[i].recent)
			put_row(&all.row[i], &rows, &lists);
	for (i = 0; i < all.count; i++)
		if (!all.row[i].recent)
			put_row(&all.row[i], &rows, &lists);
	put_u32(out, MAGIC);
	put_u32(out, (uint32_t)(rows.len / ROW));
	put_bytes(out, rows.data, rows.len);
	put_bytes(out, lists.data, lists.len);
	buf_free(&rows);
	buf_free(&lists);
}

/* A directory of the user's, made where it is missing; -1: there is none, or it is another's. */
static int
own_dir(int at, const char *name, int flags)
{
	struct stat st;
	int dir;

	(void)mkdirat(at, name, 0700);
	dir = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
	if (dir >= 0 && (fstat(dir, &st) < 0 || st.st_uid != geteuid()))
		close_fd(&dir);
	return dir;
}

static void
write_kept(int dir)
{
	struct buf bytes = {0};
	struct rlimit most;
	struct fresh f;

	hashed_encode(&bytes);
	/* Beyond the limit is a signal that ends us. */
	if (getrlimit(RLIMIT_FSIZE, &most) == 0 && bytes.len <= most.rlim_cur && fresh_begin(&f, dir, 0600) == 0 &&
		(write_full(f.fd, bytes.data, bytes.len) < 0 || fresh_end(&f, "digests") < 0))
		fresh_drop(&f);
	buf_free(&bytes);
}

void
hashed_keep(void)
{
	char *home = all.changed ? cache_home() : NULL;
	int cache = home ? own_dir(AT_FDCWD, home, 0) : -1, dir = cache < 0 ? -1 : own_dir(cache, "gproc", O_NOFOLLOW);

	if (dir >= 0)
		write_kept(dir);
	close_fd(&dir);
	close_fd(&cache);
	free(home);
	forget_all();
}

void
hashed_drop(const struct digest *d)
{
	size_t i;

	load();
	for (i = 0; i < all.count; i++)
		all.row[i].gone = all.row[i].gone || digest_equal(&all.row[i].digest, d);
	all.changed = true;
	hashed_keep();
}
