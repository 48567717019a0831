/* Puts what `gproc cp` sent where the node itself has its files: contents are read as root, all else is done as the user.
 * Must never know views, mounts or keepers. */
#include "run/deliver.h"
#include "base/fresh.h"
#include "base/sys.h"
#include "base/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct delivering {
	const struct delivery *d;
	int base;
	bool exact; /* root asks: owners and set-id bits are as they are at the head */
	uint64_t failures;
	char first[600];
};

static void
failed(struct delivering *c, const char *path)
{
	const char *base = c->d->base;
	size_t len = strlen(base);

	while (len > (*path == '\0') && base[len - 1] == '/')
		len--;
	if (c->failures++ == 0)
		set_error(c->first, sizeof(c->first), "%.*s%s%.200s: %s", (int)(len < 300 ? len : 300), base, *path ? "/" : "", path,
			errno == EISDIR	  ? "there is a directory of this name"
			: errno == ESTALE ? "it has changed since it was compared"
					  : strerror(errno));
}

static int
as_user(const struct delivering *c)
{
	const struct owner *owner = &c->d->from.owner;

	return owner->give && owner->uid != 0 ? act_as(owner->uid, owner->gid) : 0;
}

static void
as_self(const struct delivering *c)
{
	const struct owner *owner = &c->d->from.owner;

	if (owner->give && owner->uid != 0)
		(void)act_as_self();
}

/* Where an entry goes, below base; NULL: it is another node's, or what all of this node's lie in. */
static const char *
place_of(const struct delivering *c, const struct entry *e)
{
	const char *prefix = c->d->prefix;

	return has_prefix(e->path, prefix) ? e->path + strlen(prefix) : NULL;
}

/* Of several names of one file the one that is made first here. */
static const struct entry *
first_name(const struct delivering *c, const struct entry *e)
{
	const struct entry *first = e->kind == ENTRY_FILE && e->group ? &c->d->from.manifest->at[e->group - 1] : e;

	return place_of(c, first) ? first : e;
}

static struct timespec
time_of(const struct entry *e)
{
	return (struct timespec){.tv_sec = (time_t)e->mtime, .tv_nsec = (long)e->mtime_ns};
}

static mode_t
mode_of(const struct delivering *c, const struct entry *e)
{
	return e->mode & (c->exact ? 07777 : e->kind == ENTRY_DIR ? 01777 : 0777);
}

/* Owner, mode and time, in this order: a change of the owner takes set-id bits away. */
static int
dress(const struct delivering *c, const struct entry *e, int fd)
{
	return c->exact && fchown(fd, e->uid, e->gid) < 0 ? -1 : fresh_dress(fd, mode_of(c, e), time_of(e));
}

/* What is there may be replaced by a file or a link: it is no directory. */
static int
may_replace(int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -1;
	errno = EISDIR;
	return S_ISDIR(st.st_mode) ? -1 : 0;
}

/* For ENTRY_THERE: it was there, when it was asked for. Meanwhile another user may have put another name of a file there that is not
 * theirs. */
static int
keep_file(const struct delivering *c, const struct entry *e, int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), bad;
	const struct owner *owner = &c->d->from.owner;
	struct stat st;

	if (fd < 0)
		return -1;
	bad = fstat(fd, &st);
	errno = ESTALE;
	if (!bad && (!S_ISREG(st.st_mode) || st.st_nlink > 1 || st.st_uid != (owner->give ? owner->uid : geteuid()) ||
			    (uint64_t)st.st_size != e->size))
		bad = -1;
	else if (!bad)
		bad = dress(c, e, fd);
	close_fd(&fd);
	return bad;
}

static int
put_file(const struct delivering *c, const struct entry *e, int from, bool given, int dir, const char *name)
{
	struct fresh file;

	if (may_replace(dir, name) < 0 || fresh_begin(&file, dir, 0600) < 0)
		return -1;
	if ((e->size == 0 || unpack_copy(from, file.fd, e->size, given) == 0) && dress(c, e, file.fd) == 0)
		return fresh_end(&file, name);
	fresh_drop(&file);
	return -1;
}

static int
put_link(const struct delivering *c, const struct entry *e, int dir, const char *name)
{
	if (may_replace(dir, name) < 0 || fresh_link(dir, e->target, time_of(e), name) < 0)
		return -1;
	return c->exact ? fchownat(dir, name, e->uid, e->gid, AT_SYMLINK_NOFOLLOW) : 0;
}

static int
put_hard_link(const struct delivering *c, const struct entry *first, int dir, const char *name)
{
	const char *old;
	int from = may_replace(dir, name) < 0 ? -1 : fresh_parent(c->base, place_of(c, first), &old), bad;

	if (from < 0)
		return -1;
	bad = fresh_hard_link(from, old, dir, name);
	close_fd(&from);
	return bad;
}

static int
put_entry(const struct delivering *c, const struct entry *e, int from, bool given)
{
	const struct entry *first = first_name(c, e);
	const char *name;
	int dir = fresh_parent(c->base, place_of(c, e), &name), bad;

	if (dir < 0)
		return -1;
	if (e->kind == ENTRY_DIR)
		bad = fresh_dir(dir, name);
	else if (e->kind == ENTRY_LINK)
		bad = put_link(c, e, dir, name);
	else if (e->flags & ENTRY_THERE)
		bad = keep_file(c, e, dir, name);
	else
		bad = first != e ? put_hard_link(c, first, dir, name) : put_file(c, e, from, given, dir, name);
	close_fd(&dir);
	return bad;
}

static void
put(struct delivering *c, const struct entry *e)
{
	bool given = false, has_contents = e->kind == ENTRY_FILE && e->size && first_name(c, e) == e && !(e->flags & ENTRY_THERE);
	int from = has_contents ? unpack_open(&c->d->from, e, &given) : -1;

	if ((has_contents && from < 0) || as_user(c) < 0 || put_entry(c, e, from, given) < 0)
		failed(c, place_of(c, e));
	as_self(c);
	close_fd(&from);
}

/* From the last on: the deepest come first. */
static void
finish_dirs(struct delivering *c)
{
	const struct manifest *m = c->d->from.manifest;
	size_t i;

	for (i = m->count; i-- > 0;) {
		const struct entry *e = &m->at[i];
		int fd;

		if (e->kind != ENTRY_DIR || !place_of(c, e))
			continue;
		fd = open_unled(c->base, place_of(c, e), O_RDONLY | O_DIRECTORY);
		if ((fd < 0 && errno != ENOENT) || (fd >= 0 && dress(c, e, fd) < 0))
			failed(c, place_of(c, e));
		close_fd(&fd);
	}
}

static int
open_base(const struct delivery *d)
{
	char *inner = xasprintf("%s/.", d->base);
	int bad = d->make ? make_parents(inner, 0777) : 0, error = errno;

	free(inner);
	errno = error;
	return bad < 0 ? -1 : open(d->base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int
deliver(const struct delivery *d, char *why, size_t size)
{
	struct delivering c = {.d = d, .base = -1, .exact = d->from.owner.give && d->from.owner.uid == 0};
	size_t i;

	if ((d->from.owner.give && set_groups(d->groups, d->group_count) < 0) || as_user(&c) < 0 || (c.base = open_base(d)) < 0)
		failed(&c, "");
	as_self(&c);
	for (i = 0; c.base >= 0 && i < d->from.manifest->count; i++)
		if (place_of(&c, &d->from.manifest->at[i]))
			put(&c, &d->from.manifest->at[i]);
	if (c.base >= 0 && as_user(&c) == 0)
		finish_dirs(&c);
	as_self(&c);
	close_fd(&c.base);
	if (c.failures == 0)
		return 0;
	if (c.failures == 1)
		set_error(why, size, "%s", c.first);
	else
		set_error(why, size, "%s; and %llu more", c.first, (unsigned long long)(c.failures - 1));
	return -1;
}

static bool
is_there(const struct entry *e, int base)
{
	int fd = e->kind != ENTRY_FILE || e->group ? -1 : open_unled(base, e->path, O_RDONLY | O_NONBLOCK);
	struct blob_id id = {0};
	struct stat st;
	bool there = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && (uint64_t)st.st_size == e->size &&
		     st.st_nlink == 1 && blob_of_file(fd, e->size, &id) == 0 && digest_equal(&id.digest, &e->digest);

	blob_id_free(&id);
	close_fd(&fd);
	return there;
}

int
deliver_compare(const struct manifest *m, const char *base, int out)
{
	int fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC), bad;
	char *text = xmalloc(m->count + 1);
	size_t i;

	for (i = 0; i < m->count; i++)
		text[i] = fd >= 0 && is_there(&m->at[i], fd) ? '1' : '0';
	bad = write_full(out, text, m->count);
	free(text);
	close_fd(&fd);
	return bad;
}
