/* A manifest's files put on disk: prepared trees, a job's own copies, the node's real binRoot.
 * Must never know of mounts or processes. */
#include "run/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"
#include "base/walk.h"
#include "run/vault.h"

/* Permission bits that a shared inode may have: whatever its owner, only root's own jobs could write it. */
#define SHARED_MODE(mode) (((mode)&0755u) | 0444u)
#define BLOB_MODE 0400 /* that whole contents are made with (see store.h) */
#define COPY_STEP (1u << 20) /* bytes copied at a time, and needed twice where contents are moved */

static char error_text[512];

const char *
unpack_error(void)
{
	return error_text;
}

static int
fail(const char *what, const char *path)
{
	if (errno == ENOSPC || errno == EDQUOT || errno == ENOMEM)
		set_error(error_text, sizeof(error_text), "no room for %.300s", path);
	else
		set_error(error_text, sizeof(error_text), "can't %s %.300s: %s", what, path, strerror(errno));
	return -1;
}

static int
fail_entry(const char *what, const struct entry *e)
{
	if (errno != ENOSPC || e->kind != ENTRY_FILE)
		return fail(what, e->path);
	set_error(error_text, sizeof(error_text), "no room for %.300s, %llu bytes", e->path, (unsigned long long)e->size);
	return -1;
}

bool
unpack_may_lower(const struct entry *e)
{
	return e->kind == ENTRY_FILE && unpack_is_own(e) && e->size >= UNPACK_GIVE_MIN && !e->group && e->mode & S_IRUSR;
}

bool
unpack_is_own(const struct entry *e)
{
	return (e->flags & ENTRY_OWN) || (e->kind == ENTRY_FILE && !(e->mode & S_IROTH));
}

unsigned
unpack_shared_mode(const struct entry *e)
{
	return SHARED_MODE(e->mode);
}

/* ---- where an entry goes: the descriptor of its directory, kept while the next ones are in the same ---- */

struct cursor {
	const struct unpacking *unpacking;
	int root;
	bool guarded; /* the directories may be there already, and not all of them as we made them */
	int fd;	      /* of the directory, or -1 */
	char *dir;    /* its path under root, or NULL */
	mode_t *found; /* in binRoot itself, by entry: how directories were found that had to be opened, with S_IFDIR; else NULL */
};

static struct cursor
cursor_begin(const struct unpacking *p, int root, bool guarded)
{
	return (struct cursor){.unpacking = p, .root = root, .guarded = guarded, .fd = -1};
}

static void
cursor_end(struct cursor *c)
{
	close_fd(&c->fd);
	free(c->dir);
	c->dir = NULL;
}

/* A user who may change what lies in a directory could lead the next step by name elsewhere: root takes none there. */
static int
check_dir(int fd, const char *path)
{
	const char *where = *path ? " in binRoot" : "binRoot";
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail("look at", path);
	if (geteuid() == 0 && st.st_uid != 0)
		return latch_error(error_text, sizeof(error_text),
			"%.300s%s belongs to user %u, who could change what lies in it: remove it, or chown it to root", path, where,
			st.st_uid);
	if (geteuid() == 0 && st.st_mode & (S_IWGRP | S_IWOTH))
		return latch_error(error_text, sizeof(error_text),
			"others than root may change what lies in %.300s%s (mode %04o): remove it, or chmod go-w it", path, where,
			st.st_mode & 07777u);
	return 0;
}

/* The directory that `path` lies in, and its last part in *name. -1 with unpack_error(). */
static int
cursor_at(struct cursor *c, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;

	*name = slash ? slash + 1 : path;
	if (!slash)
		return c->root;
	if (c->dir && strlen(c->dir) == len && memcmp(c->dir, path, len) == 0)
		return c->fd;
	cursor_end(c);
	c->dir = xstrndup(path, len);
	c->fd = open_below(c->root, c->dir, O_RDONLY | O_DIRECTORY, 0);
	if (c->fd < 0 ? fail("open the directory", c->dir) < 0 : c->guarded && check_dir(c->fd, c->dir) < 0)
		cursor_end(c);
	return c->fd;
}

/* ---- contents ---- */

static int
open_blob(const struct unpacking *p, const struct entry *e)
{
	struct object_name object = entry_object(e);
	char name[8 + OBJECT_TEXT] = "blob/";

	object_text(&object, name + strlen(name));
	return openat(p->store, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}

/* `len` bytes from `at` on. moving: what has been copied is given up, so that the memory is not needed twice. */
static int
copy_range(int from, int to, off_t at, off_t len, bool moving)
{
	off_t begin = at, end = at + len;

	if (lseek(to, at, SEEK_SET) < 0)
		return -1;
	while (at < end) {
		ssize_t n = sendfile(to, from, &at, end - at > COPY_STEP ? COPY_STEP : (size_t)(end - at));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n < 0 ? errno : EIO;
			return -1;
		}
		if (moving)
			(void)fallocate(from, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, begin, at - begin);
		begin = at;
	}
	return 0;
}

/* Holes stay holes. */
static int
copy_bytes(int from, int to, uint64_t size, bool moving)
{
	off_t at = 0, end = (off_t)size, data, hole;
	struct stat st;

	if (fstat(from, &st) < 0)
		return -1;
	if (st.st_size < end) {
		errno = EIO;
		return -1;
	}
	while (at < end && (data = lseek(from, at, SEEK_DATA)) >= 0 && data < end) {
		hole = lseek(from, data, SEEK_HOLE);
		at = hole < 0 || hole > end ? end : hole;
		if (copy_range(from, to, data, at - data, moving) < 0)
			return -1;
	}
	return ftruncate(to, end);
}

static struct timespec
entry_time(const struct entry *e)
{
	return (struct timespec){.tv_sec = (time_t)e->mtime};
}

static int
fill_file(int from, int to, const struct entry *e, mode_t mode, const struct owner *owner, bool moving)
{
	struct timespec times[2] = {entry_time(e), entry_time(e)};

	return (e->size && copy_bytes(from, to, e->size, moving) < 0) || (owner && owner->give && fchown(to, owner->uid, owner->gid) < 0) ||
			       fchmod(to, mode) < 0 || futimens(to, times) < 0
		       ? -1
		       : 0;
}

/* A new file of those contents, with mode and time, given to the owner (NULL: left root's). On -1 it is gone again. */
static int
make_file(int from, int dir, const char *name, const struct entry *e, mode_t mode, const struct owner *owner, bool moving)
{
	int to = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), bad;

	if (to < 0)
		return fail_entry("make", e);
	bad = fill_file(from, to, e, mode, owner, moving) < 0 ? fail_entry("write", e) : 0;
	close(to);
	if (bad)
		(void)unlinkat(dir, name, 0);
	return bad;
}

static int
write_file(const struct unpacking *p, int dir, const char *name, const struct entry *e, mode_t mode, const struct owner *owner)
{
	int from = e->size ? open_blob(p, e) : -1, bad;

	if (e->size && from < 0)
		return fail_entry("read the contents of", e);
	bad = make_file(from, dir, name, e, mode, owner, false);
	close_fd(&from);
	return bad;
}

/* ---- shared inodes: inode/<name>.<mode>.<mtime> ---- */

#define INODE_NAME (OBJECT_TEXT + 48)

/* The blob's own inode may have this mode and time: none were taken yet, none that are seen, or these. */
static bool
may_have(const struct stat *st, mode_t mode, const struct entry *e)
{
	mode_t now = st->st_mode & 07777;

	return now == BLOB_MODE || st->st_nlink == 1 || (now == mode && st->st_mtim.tv_sec == (time_t)e->mtime);
}

/* The blob's own inode becomes this one when no tree has taken it yet; the lock is what makers of several trees agree by.
 * 1 when it did, 0 when it could not. */
static int
take_over(int store, const char *key, const char *blob, const struct entry *e, mode_t mode)
{
	struct timespec times[2] = {entry_time(e), entry_time(e)};
	int lock = openat(store, "inode", O_RDONLY | O_DIRECTORY | O_CLOEXEC), taken = 0;
	struct stat st;

	if (lock < 0)
		return 0;
	if (flock(lock, LOCK_EX) == 0 && fstatat(store, blob, &st, AT_SYMLINK_NOFOLLOW) == 0 && may_have(&st, mode, e))
		taken = fchmodat(store, blob, mode, 0) == 0 && utimensat(store, blob, times, 0) == 0 &&
			linkat(store, blob, store, key, 0) == 0;
	close(lock);
	return taken;
}

static int
make_inode(const struct unpacking *p, const struct entry *e, char key[INODE_NAME], mode_t mode)
{
	struct object_name object = entry_object(e);
	char text[OBJECT_TEXT], blob[OBJECT_TEXT + 8], fresh[64];

	object_text(&object, text);
	(void)snprintf(blob, sizeof(blob), "blob/%s", text);
	(void)snprintf(key, INODE_NAME, "inode/%s.%o.%llu", text, mode, (unsigned long long)e->mtime);
	if (faccessat(p->store, key, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || (e->size > 0 && take_over(p->store, key, blob, e, mode)))
		return 0;
	(void)snprintf(fresh, sizeof(fresh), "inode/.new-%s", p->job);
	if (write_file(p, p->store, fresh, e, mode, NULL) < 0)
		return -1;
	if (renameat(p->store, fresh, p->store, key) == 0)
		return 0;
	(void)fail_entry("name", e);
	(void)unlinkat(p->store, fresh, 0);
	return -1;
}

/* ---- prepared trees ---- */

/* An inode that no tree links to yet may be swept away between its making and the link: then it is made again. */
static int
link_inode(const struct unpacking *p, int dir, const char *name, const struct entry *e, mode_t mode)
{
	char key[INODE_NAME];
	unsigned tries;

	for (tries = 0; tries < 100; tries++) {
		if (make_inode(p, e, key, mode) < 0)
			return -1;
		if (linkat(p->store, key, dir, name, 0) == 0)
			return 0;
		if (errno != ENOENT)
			break;
	}
	return fail_entry("link", e);
}

static int
tree_entry(struct cursor *at, const struct entry *e)
{
	const char *name;
	int dir = cursor_at(at, e->path, &name);

	if (dir < 0)
		return -1;
	switch (e->kind) {
	case ENTRY_DIR:
		return mkdirat(dir, name, 0755) < 0 ? fail_entry("make", e) : 0;
	case ENTRY_LINK:
		return symlinkat(e->target, dir, name) < 0 ? fail_entry("make", e) : 0;
	case ENTRY_FILE:
		return link_inode(at->unpacking, dir, name, e, SHARED_MODE(e->mode));
	}
	return 0;
}

/* The loader's configuration was shipped, since a library lies where the loader would not look by itself. But on a node with an
 * /etc of its own that file is not at its path. */
static bool
needs_aliases(const struct manifest *m)
{
	size_t i;

	for (i = 0; i < m->count; i++) {
		const char *path = m->at[i].path, *name = last_part(path);
		size_t len = strlen(name);

		if (strcmp(path, "etc/ld.so.cache") == 0)
			return true;
		if (has_prefix(name, "ld-musl-") && len > 5 && strcmp(name + len - 5, ".path") == 0)
			return true;
		if (m->at[i].flags & ENTRY_LIBRARY && m->at[i].kind == ENTRY_FILE && !has_prefix(path, "lib") &&
			!has_prefix(path, "usr/lib"))
			return true; /* perhaps from -L, of which no loader on the node knows */
	}
	return false;
}

/* A directory in which the shipped loader looks without being told: where its libc lies. */
static char *
libc_dir(const struct manifest *m)
{
	size_t i;

	for (i = 0; i < m->count; i++) {
		const char *path = m->at[i].path, *name = last_part(path);

		if ((m->at[i].flags & ENTRY_LIBRARY) && name > path &&
			(strcmp(name, "libc.so.6") == 0 || (has_prefix(name, "ld-musl-") && strstr(name, ".so"))))
			return xstrndup(path, (size_t)(name - path));
	}
	return NULL;
}

/* A name in the loader's own directory for a library that lies elsewhere: the same inode, so it is found wherever the view shows that
 * directory. Where the name is taken, it stays so. */
static int
add_alias(const struct unpacking *p, int dir, const struct entry *e)
{
	char *path = unpack_resolve(p->manifest, e->path);
	const struct entry *file = path ? manifest_find(p->manifest, path) : NULL;
	int bad = 0;

	if (file && file->kind == ENTRY_FILE && !unpack_is_own(file) && faccessat(dir, last_part(e->path), F_OK, AT_SYMLINK_NOFOLLOW) != 0)
		bad = link_inode(p, dir, last_part(e->path), file, SHARED_MODE(file->mode));
	free(path);
	return bad;
}

/* So the loader finds what lies where it would not look. */
static int
add_aliases(const struct unpacking *p, int root)
{
	const struct manifest *m = p->manifest;
	char *dir = needs_aliases(m) ? libc_dir(m) : NULL;
	int fd = dir ? open_below(root, dir, O_RDONLY | O_DIRECTORY, 0) : -1, bad = 0;
	size_t i;

	for (i = 0; fd >= 0 && i < m->count && !bad; i++) {
		const struct entry *e = &m->at[i];

		if ((e->flags & ENTRY_LIBRARY) && e->kind != ENTRY_DIR && !strstr(e->path, "glibc-hwcaps/") &&
			!has_prefix(last_part(e->path), "ld-"))
			bad = add_alias(p, fd, e);
	}
	close_fd(&fd);
	free(dir);
	return bad;
}

static int
tree_fill(const struct unpacking *p, int root)
{
	const struct manifest *m = p->manifest;
	struct cursor at = cursor_begin(p, root, false);
	int bad = 0;
	size_t i;

	for (i = 0; i < m->count && !bad; i++)
		if (m->at[i].kind == ENTRY_DIR || !unpack_is_own(&m->at[i]))
			bad = tree_entry(&at, &m->at[i]);
	cursor_end(&at);
	return bad ? bad : add_aliases(p, root);
}

int
unpack_tree(const struct unpacking *p, const char *name)
{
	char tree[OBJECT_TEXT + 8], fresh[64];
	int root, bad;

	(void)snprintf(tree, sizeof(tree), "tree/%s", name);
	if (faccessat(p->store, tree, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	(void)snprintf(fresh, sizeof(fresh), "tree/.new-%s", p->job);
	if (mkdirat(p->store, fresh, 0755) < 0)
		return fail("make", fresh);
	root = openat(p->store, fresh, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	bad = root < 0 ? fail("open", fresh) : tree_fill(p, root);
	close_fd(&root);
	if (!bad && renameat(p->store, fresh, p->store, tree) == 0)
		return 0;
	/* Another keeper was quicker: its tree is as good. */
	if (!bad && errno != ENOTEMPTY && errno != EEXIST)
		bad = fail("name", tree);
	(void)remove_tree(p->store, fresh);
	return bad;
}

/* ---- a job's own ---- */

/* For each entry whether it is one of those (NULL: the job's own) or a directory that holds such a one. */
static bool *
find_mixed(const struct manifest *m, const bool *those)
{
	bool *mixed = xcalloc(m->count, sizeof(*mixed));
	size_t way[MAX_LEVELS + 1], depth = 0, i, up;

	for (i = 0; i < m->count; i++) {
		const struct entry *e = &m->at[i];

		while (depth > 0 && !lies_below(e->path, m->at[way[depth - 1]].path))
			depth--;
		mixed[i] = those ? those[i] : unpack_is_own(e);
		for (up = depth; mixed[i] && up > 0 && !mixed[way[up - 1]]; up--)
			mixed[way[up - 1]] = true;
		if (e->kind == ENTRY_DIR && depth < COUNT(way))
			way[depth++] = i;
	}
	return mixed;
}

static int
give(int dir, const char *name, struct owner owner)
{
	return owner.give ? fchownat(dir, name, owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW) : 0;
}

static int
make_dir(int dir, const char *name, mode_t mode, const struct owner *owner)
{
	if (mkdirat(dir, name, mode) < 0)
		return -1;
	return owner ? give(dir, name, *owner) : 0;
}

/* A directory that is not the user's own must still let the user through. */
static mode_t
dir_mode(const struct entry *e)
{
	return unpack_is_own(e) ? (e->mode & 03777u) | 0700 : 0755;
}

static int
make_empty(int dir, const char *name)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);

	if (fd < 0)
		return -1;
	return close(fd);
}

/* Contents that the daemon has handed over: a descriptor and their name in the store. -1 with errno, ENOENT when there are none. */
static int
open_given(const struct unpacking *p, const struct entry *e, char path[UNPACK_GIVEN])
{
	struct object_name object = entry_object(e);
	char text[OBJECT_TEXT];

	errno = ENOENT;
	if (!p->given || e->size < UNPACK_GIVE_MIN)
		return -1;
	object_text(&object, text);
	(void)snprintf(path, UNPACK_GIVEN, "%s%s", p->given, text);
	return openat(p->store, path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
}

int
unpack_open(const struct unpacking *p, const struct entry *e, bool *given)
{
	char path[UNPACK_GIVEN];
	int from = open_given(p, e, path);

	*given = from >= 0;
	if (*given)
		(void)unlinkat(p->store, path, 0);
	return *given || errno != ENOENT ? from : open_blob(p, e);
}

int
unpack_copy(int from, int to, uint64_t size, bool given)
{
	return copy_bytes(from, to, size, given);
}

/* Contents that the daemon has handed over become the file, for no other job has them: renamed, or moved bit by bit to another
 * file system. 1 when there are none, else 0, or -1 with unpack_error(). */
static int
take_given(const struct unpacking *p, const struct entry *e, int dir, const char *name)
{
	char path[UNPACK_GIVEN];
	int from = open_given(p, e, path), bad;

	if (from < 0)
		return errno == ENOENT ? 1 : fail_entry("take", e);
	if (renameat(p->store, path, dir, name) == 0)
		bad = fill_file(from, from, &(struct entry){.mtime = e->mtime}, e->mode & 0777u, &p->owner, false) < 0
			      ? fail_entry("take", e)
			      : 0;
	else
		bad = make_file(from, dir, name, e, e->mode & 0777u, &p->owner, true);
	close(from);
	(void)unlinkat(p->store, path, 0);
	return bad;
}

static int
own_file(const struct unpacking *p, const struct entry *e, int dir, const char *name)
{
	int taken = take_given(p, e, dir, name);

	return taken <= 0 ? taken : write_file(p, dir, name, e, e->mode & 0777u, &p->owner);
}

/* Of an entry that is another name of a file, the one that is made before it; else NULL. */
static const struct entry *
same_file(const struct manifest *m, const struct entry *e)
{
	const struct entry *first = e->kind == ENTRY_FILE && e->group && unpack_is_own(e) ? &m->at[e->group - 1] : NULL;

	return first == e ? NULL : first;
}

/* ---- directories on the way ---- */

static int
dir_part(struct cursor *at, const char *path, bool last)
{
	const char *name;
	int dir = cursor_at(at, path, &name);

	if (dir < 0)
		return -1;
	return make_dir(dir, name, 0755, last ? &at->unpacking->owner : NULL) < 0 && errno != EEXIST ? fail("make", path) : 0;
}

static int
make_path(const struct unpacking *p, int root, const char *path, bool guarded)
{
	struct cursor at = cursor_begin(p, root, guarded);
	char *dir = xstrdup(path), *slash;
	int bad = 0;

	for (slash = cut_next(dir, NULL); slash && !bad; slash = cut_next(dir, slash))
		bad = dir_part(&at, dir, false);
	bad = bad || !*path ? bad : dir_part(&at, path, true);
	cursor_end(&at);
	free(dir);
	return bad;
}

/* ---- what is shown from below ---- */

static bool
is_lower(const struct unpacking *p, const struct entry *e)
{
	return p->lower && p->lower[e - p->manifest->at];
}

/* Whatever mode and time the blob has: the overlay shows others. */
static int
link_blob(const struct unpacking *p, int dir, const char *name, const struct entry *e)
{
	struct object_name object = entry_object(e);
	char blob[OBJECT_TEXT + 8] = "blob/";

	object_text(&object, blob + strlen(blob));
	return linkat(p->store, blob, dir, name, 0) < 0 ? fail_entry("link", e) : 0;
}

/* A name for it in the lower layer, whose directories are made as they are needed. */
static int
lower_file(struct cursor *at, const struct entry *e)
{
	const struct unpacking *p = at->unpacking;
	const char *name;
	int dir = cursor_at(at, e->path, &name), bad;

	if (dir < 0 && errno == ENOENT) {
		char *parent = xstrndup(e->path, (size_t)(last_part(e->path) - e->path) - 1);

		bad = make_path(p, at->root, parent, false);
		free(parent);
		dir = bad ? -1 : cursor_at(at, e->path, &name);
	}
	if (dir < 0)
		return -1;
	return p->faced ? link_inode(p, dir, name, e, e->mode & 0777u) : link_blob(p, dir, name, e);
}

static int
make_lower(const struct unpacking *p)
{
	struct unpacking roots = *p; /* its directories are nobody's: the upper layer has them, too */
	struct cursor at = cursor_begin(&roots, -1, false);
	char path[64];
	size_t i;
	int bad = 0;

	roots.owner.give = false;
	(void)snprintf(path, sizeof(path), "lower/%s", p->job);
	if (mkdirat(p->store, path, 0700) < 0 || (at.root = openat(p->store, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		return fail("make", path);
	for (i = 0; i < p->manifest->count && !bad; i++)
		if (p->lower[i])
			bad = lower_file(&at, &p->manifest->at[i]);
	cursor_end(&at);
	close(at.root);
	return bad;
}

static int
put_face(const struct unpacking *p, int dir, const char *name, const struct entry *e)
{
	struct timespec times[2] = {entry_time(e), entry_time(e)};

	return give(dir, name, p->owner) < 0 || fchmodat(dir, name, e->mode & 0777u, 0) < 0 || utimensat(dir, name, times, 0) < 0
		       ? fail_entry("show", e)
		       : 0;
}

int
unpack_faces(const struct unpacking *p, int root)
{
	struct cursor at = cursor_begin(p, root, false);
	size_t i;
	int bad = 0;

	for (i = 0; i < p->manifest->count && !bad && !p->faced; i++)
		if (p->lower[i]) {
			const char *name;
			int dir = cursor_at(&at, p->manifest->at[i].path, &name);

			bad = dir < 0 ? -1 : put_face(p, dir, name, &p->manifest->at[i]);
		}
	cursor_end(&at);
	return bad;
}

/* ---- all of a job's own ---- */

static int
own_entry(struct cursor *at, const struct entry *e, bool mixed)
{
	const struct entry *first = same_file(at->unpacking->manifest, e);
	const struct owner *owner = &at->unpacking->owner;
	bool own = unpack_is_own(e);
	const char *name;
	int dir = cursor_at(at, e->path, &name);

	if (dir < 0)
		return -1;
	if (is_lower(at->unpacking, e))
		return 0;
	if (first)
		return linkat(at->root, first->path, dir, name, 0) < 0 ? fail_entry("link", e) : 0;
	if (e->kind == ENTRY_FILE && own)
		return own_file(at->unpacking, e, dir, name);
	if ((e->kind == ENTRY_DIR && make_dir(dir, name, mixed ? dir_mode(e) : 0755, own ? owner : NULL) < 0) ||
		(e->kind == ENTRY_LINK && (symlinkat(e->target, dir, name) < 0 || (own && give(dir, name, *owner) < 0))) ||
		(e->kind == ENTRY_FILE && make_empty(dir, name) < 0))
		return fail_entry("make", e);
	return 0;
}

/* The entries that unpack_own makes: all but those below a directory that is shared as a whole. After entry i comes: */
static size_t
own_next(const struct manifest *m, const bool *mixed, size_t i)
{
	size_t next = i + 1;

	if (m->at[i].kind == ENTRY_DIR && !mixed[i])
		while (next < m->count && lies_below(m->at[next].path, m->at[i].path))
			next++;
	return next;
}

/* Whether a directory gets its mode when all is in it: one that keeps its owner from writing or entering, that mkdir does not give, or that
 * it was found with. */
static bool
late_mode(const struct cursor *at, size_t i, mode_t *mode)
{
	const struct entry *e = &at->unpacking->manifest->at[i];
	bool own = e->kind == ENTRY_DIR && unpack_is_own(e) && ((e->mode & 0700) != 0700 || e->mode & S_ISGID);
	mode_t found = at->found ? at->found[i] : 0;

	*mode = own ? e->mode & (at->found ? 03755u : 03777u) : found & 07777u;
	return own || found;
}

/* From the deepest up. */
static int
close_dirs(struct cursor *at)
{
	const struct manifest *m = at->unpacking->manifest;
	size_t i;

	for (i = m->count; i-- > 0;) {
		const char *name;
		mode_t mode;
		int dir;

		if (!late_mode(at, i, &mode))
			continue;
		dir = cursor_at(at, m->at[i].path, &name);
		if (dir < 0)
			return -1;
		if (fchmodat(dir, name, mode, 0) < 0)
			return fail_entry("set the mode of", &m->at[i]);
	}
	return 0;
}

int
unpack_own(const struct unpacking *p, int root, struct unpacked *out)
{
	const struct manifest *m = p->manifest;
	struct cursor at = cursor_begin(p, root, false);
	bool *mixed = find_mixed(m, NULL);
	int bad = p->lower ? make_lower(p) : 0;
	size_t i;

	for (i = 0; i < m->count && !bad; i = own_next(m, mixed, i)) {
		const struct entry *e = &m->at[i];

		bad = own_entry(&at, e, mixed[i]);
		if (!mixed[i] && e->kind != ENTRY_LINK)
			strings_add(&out->shared, e->path);
		strings_add(e->kind == ENTRY_DIR ? &out->dirs : &out->files, e->path);
	}
	if (!bad)
		bad = close_dirs(&at);
	cursor_end(&at);
	free(mixed);
	return bad;
}

/* In the lower layer, its top among them. */
static uint64_t
lower_inodes(const struct manifest *m, const bool *lower)
{
	bool *needed = find_mixed(m, lower);
	uint64_t count = 1;
	size_t i;

	for (i = 0; i < m->count; i++)
		count += needed[i];
	free(needed);
	return count;
}

struct unpacked_size
unpack_own_size(const struct manifest *m, const bool *lower)
{
	struct unpacked_size size = {.below = lower ? lower_inodes(m, lower) : 0};
	bool *mixed = find_mixed(m, NULL);
	size_t i;

	for (i = 0; i < m->count; i = own_next(m, mixed, i)) {
		const struct entry *e = &m->at[i];
		uint64_t bytes = e->size - e->holes, left = UINT64_MAX / 4 - size.bytes;

		size.inodes += lower && lower[i] ? 2 : 1; /* with the attributes that tell the overlay what is below */
		bytes = bytes < left ? (bytes + 4095) / 4096 * 4096 : left;
		if (e->kind == ENTRY_FILE && unpack_is_own(e) && !same_file(m, e) && !(lower && lower[i]))
			size.bytes += bytes < left ? bytes : left;
	}
	free(mixed);
	return size;
}

/* Without looking around: what a job has left as it was made goes at once. */
void
unpack_undo(int root, const struct unpacked *p)
{
	struct cursor at = cursor_begin(NULL, root, false);
	size_t i;

	for (i = p->files.count + p->dirs.count; i-- > 0;) {
		bool is_dir = i < p->dirs.count;
		const char *name;
		int dir = cursor_at(&at, is_dir ? p->dirs.at[i] : p->files.at[i - p->dirs.count], &name);

		if (dir >= 0)
			(void)unlinkat(dir, name, is_dir ? AT_REMOVEDIR : 0);
	}
	cursor_end(&at);
}

/* ---- the working directory ---- */

int
unpack_dir(const struct unpacking *p, int root, const char *path)
{
	return make_path(p, root, path, false);
}

/* ---- the node's real binRoot, or a user's directory that stands for it ---- */

enum {
	DENIED = -2, /* beside -1: a directory on the way is closed to its owner */
	MOST_TRIES = 100,
};

static int
become_owner(const struct unpacking *p)
{
	if (!p->theirs || act_as(p->owner.uid, p->owner.gid) == 0)
		return 0;
	return fail("act as the user of", "the job");
}

static void
become_root(const struct unpacking *p)
{
	if (p->theirs)
		(void)act_as_self();
}

static bool
has_bytes_of(int from, int to)
{
	char a[16384], b[sizeof(a)];
	ssize_t n, m;

	do {
		n = read_full(from, a, sizeof(a));
		m = read_full(to, b, sizeof(b));
		if (n < 0 || n != m || memcmp(a, b, (size_t)n) != 0)
			return false;
	} while (n == (ssize_t)sizeof(a));
	return true;
}

/* A file of the same size and time may still be another: a program built twice within a second, or with times that are set. */
static bool
has_contents(int from, int dir, const char *name)
{
	int to = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool same = to >= 0 && has_bytes_of(from, to);

	close_fd(&to);
	return same;
}

/* What is there already is the same: then it is left, for it may be running. Only what no other user could have written counts. */
static bool
is_there(int from, int dir, const char *name, const struct entry *e, mode_t mode, uid_t uid)
{
	char target[PATH_MAX];
	struct stat st;
	ssize_t len;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_uid != uid)
		return false;
	if (e->kind == ENTRY_LINK) {
		len = readlinkat(dir, name, target, sizeof(target));
		return len >= 0 && (size_t)len == strlen(e->target) && memcmp(target, e->target, (size_t)len) == 0;
	}
	return S_ISREG(st.st_mode) && st.st_nlink == 1 && (st.st_mode & 07777) == mode && (uint64_t)st.st_size == e->size &&
	       st.st_mtim.tv_sec == (time_t)e->mtime && st.st_mtim.tv_nsec == 0 && !unpack_is_own(e) &&
	       (e->size == 0 || has_contents(from, dir, name));
}

/* Whether modes hold for us in binRoot. */
static bool
is_bound(const struct unpacking *p)
{
	return p->theirs || geteuid() != 0;
}

/* What others than its owner could change is no place for files that stay. */
static int
real_dir(const struct cursor *at, int dir, const char *name, const struct entry *e)
{
	struct stat st;

	if (mkdirat(dir, name, dir_mode(e) & ~(mode_t)(S_IWGRP | S_IWOTH)) == 0)
		return 0;
	if (errno != EEXIST || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_entry("make", e);
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return fail_entry("make the directory", e);
	}
	/* Its owner and mode are looked at when it is entered. */
	if ((st.st_mode & 0700) != 0700 && is_bound(at->unpacking) && fchmodat(dir, name, (st.st_mode & 07777) | 0700, 0) == 0)
		at->found[e - at->unpacking->manifest->at] = st.st_mode;
	return 0;
}

static int
real_file(const struct cursor *at, int from, int dir, const char *name, const struct entry *e)
{
	const struct entry *first = same_file(at->unpacking->manifest, e);
	const struct owner *owner = unpack_is_own(e) ? &at->unpacking->owner : NULL;
	mode_t mode = owner ? e->mode & 0777u : SHARED_MODE(e->mode);
	char fresh[64];
	int bad, error;

	if (is_there(from, dir, name, e, mode, at->unpacking->theirs ? at->unpacking->owner.uid : geteuid()))
		return 0;
	(void)snprintf(fresh, sizeof(fresh), ".gproc-%s", at->unpacking->job);
	(void)unlinkat(dir, fresh, 0); /* left where the directory was closed in between */
	if (first)
		bad = linkat(at->root, first->path, dir, fresh, 0) < 0 ? fail_entry("link", e) : 0;
	else if (e->kind == ENTRY_FILE)
		bad = make_file(from, dir, fresh, e, mode, owner, false);
	else
		bad = symlinkat(e->target, dir, fresh) < 0 || (owner && give(dir, fresh, *owner) < 0) ? fail_entry("make", e) : 0;
	if (!bad && renameat(dir, fresh, dir, name) < 0)
		bad = fail_entry("put in place", e);
	error = errno;
	if (bad || first) /* a name that leads to the same file already stays as it is, and so does the new one */
		(void)unlinkat(dir, fresh, 0);
	errno = error;
	return bad;
}

/* The contents are the store's, all else is done as the user whose directory it is: whatever the user makes of it meanwhile, no rights but
 * the user's own can be turned to use. */
static int
real_entry(struct cursor *at, const struct entry *e)
{
	bool with_contents = e->kind == ENTRY_FILE && e->size;
	int from = with_contents ? open_blob(at->unpacking, e) : -1, dir, bad;
	bool denied = false;
	const char *name;

	if (with_contents && from < 0)
		return fail_entry("read the contents of", e);
	if (become_owner(at->unpacking) < 0) {
		bad = -1;
	} else {
		dir = cursor_at(at, e->path, &name);
		bad = dir < 0 ? -1 : e->kind == ENTRY_DIR ? real_dir(at, dir, name, e) : real_file(at, from, dir, name, e);
		denied = bad && errno == EACCES && is_bound(at->unpacking);
	}
	become_root(at->unpacking);
	close_fd(&from);
	return denied ? DENIED : bad;
}

static int
real_entries(struct cursor *at)
{
	const struct manifest *m = at->unpacking->manifest;
	size_t i;
	int bad = 0;

	for (i = 0; i < m->count && !bad; i++)
		bad = real_entry(at, &m->at[i]);
	return bad;
}

/* Another launch of the same user may close a directory that both write to: then it is opened again. */
static int
real_all(struct cursor *at)
{
	unsigned tries;
	int bad = DENIED;

	for (tries = 0; bad == DENIED && tries < MOST_TRIES; tries++)
		bad = real_entries(at);
	if (become_owner(at->unpacking) < 0 || (close_dirs(at) < 0 && !bad))
		bad = -1;
	become_root(at->unpacking);
	return bad ? -1 : 0;
}

int
unpack_all(const struct unpacking *p, int root)
{
	struct cursor at = cursor_begin(p, root, !p->theirs);
	int bad = p->theirs ? 0 : check_dir(root, "");

	if (p->manifest && !bad) {
		at.found = xcalloc(p->manifest->count, sizeof(at.found[0]));
		bad = real_all(&at);
		free(at.found);
	}
	cursor_end(&at);
	return bad;
}

int
unpack_all_dir(const struct unpacking *p, int root, const char *path)
{
	int bad = p->theirs ? 0 : check_dir(root, "");

	if (!bad && become_owner(p) == 0)
		bad = make_path(p, root, path, !p->theirs);
	else
		bad = -1;
	become_root(p);
	return bad;
}

/* Under another name first: what is there under the user's is whole, other keepers may be making it, too. */
static int
make_home(int parent, const char *name, const struct unpacking *p)
{
	char fresh[64];
	int bad;

	(void)snprintf(fresh, sizeof(fresh), ".new-%s", p->job);
	bad = mkdirat(parent, fresh, 0700) < 0 || fchownat(parent, fresh, p->owner.uid, p->owner.gid, AT_SYMLINK_NOFOLLOW) < 0 ||
			      (rename_new(parent, fresh, name) < 0 && errno != EEXIST)
		      ? fail("make the user's directory", name)
		      : 0;
	(void)unlinkat(parent, fresh, AT_REMOVEDIR);
	return bad;
}

int
unpack_home(const struct unpacking *p, int parent)
{
	char name[16];
	struct stat st;
	int home;

	(void)snprintf(name, sizeof(name), "%u", p->owner.uid);
	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0 && make_home(parent, name, p) < 0)
		return -1;
	home = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (home < 0)
		return fail("open the user's directory", name);
	if (fstat(home, &st) == 0 && st.st_uid == p->owner.uid && fchmod(home, 0700) == 0)
		return home;
	close(home);
	return latch_error(error_text, sizeof(error_text), "the directory %s beside binRoot is not that user's: remove it", name);
}

/* ---- links inside the manifest ---- */

char *
unpack_resolve(const struct manifest *m, const char *path)
{
	struct walk w = walk_from("", path);
	enum walk_step step;
	char *out = NULL;
	int bad = 0;

	while (!bad && (step = walk_step(&w)) != WALK_END) {
		const struct entry *e = step == WALK_DOWN ? manifest_find(m, walk_inside(&w) + 1) : NULL;

		bad = e && e->kind == ENTRY_LINK ? walk_follow(&w, e->target) : 0;
	}
	if (!bad)
		out = xstrdup(*walk_inside(&w) ? walk_inside(&w) + 1 : "");
	walk_end(&w);
	return out;
}
