/* A manifest's files put on disk: prepared trees, a job's own copies, the node's real binRoot.
 * Must never know of mounts or processes. */
#include "run/place.h"

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
#include "base/way.h"
#include "run/vault.h"

/* Permission bits that a shared inode may have: whoever it belongs to, only root's own jobs could write it. */
#define SHARED_MODE(mode) (((mode)&0755u) | 0444u)

static char error_text[512];

const char *
place_error(void)
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
place_is_own(const struct entry *e)
{
	return (e->flags & ENTRY_OWN) || (e->kind == ENTRY_FILE && !(e->mode & S_IROTH));
}

/* ---- where an entry goes: the descriptor of its directory, kept while the next ones are in the same ---- */

struct cursor {
	int root;
	int fd;	   /* of the directory, or -1 */
	char *dir; /* its path under root, or NULL */
};

static void
cursor_end(struct cursor *c)
{
	if (c->fd >= 0)
		close(c->fd);
	free(c->dir);
	c->fd = -1;
	c->dir = NULL;
}

/* The directory that `path` lies in, and its last part in *name. -1 with errno. */
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
	if (c->fd < 0)
		cursor_end(c);
	return c->fd;
}

/* ---- contents ---- */

static int
open_blob(int store, const struct entry *e)
{
	struct object_name object = entry_object(e);
	char name[8 + OBJECT_TEXT] = "blob/";

	object_text(&object, name + strlen(name));
	return openat(store, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}

static int
copy_bytes(int from, int to, uint64_t size)
{
	while (size > 0) {
		ssize_t n = sendfile(to, from, NULL, size > (1u << 30) ? 1u << 30 : (size_t)size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (n == 0)
				errno = EIO;
			return -1;
		}
		size -= (uint64_t)n;
	}
	return 0;
}

static struct timespec
entry_time(const struct entry *e)
{
	return (struct timespec){.tv_sec = (time_t)e->mtime};
}

/* A new file of the entry's contents, with mode and time, given to the owner (or to nobody: NULL). On -1 it is gone again. */
static int
write_file(int store, int dir, const char *name, const struct entry *e, mode_t mode, const struct owner *owner)
{
	struct timespec times[2] = {entry_time(e), entry_time(e)};
	int from = e->size ? open_blob(store, e) : -1, to = -1, bad = -1;

	if (e->size == 0 || from >= 0)
		to = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to >= 0) {
		bad = copy_bytes(from, to, e->size) || (owner && owner->give && fchown(to, owner->uid, owner->gid)) || fchmod(to, mode) ||
		      futimens(to, times);
		if (bad) {
			(void)fail_entry("write", e);
			(void)unlinkat(dir, name, 0);
		}
	} else {
		(void)fail_entry("make", e);
	}
	if (to >= 0)
		close(to);
	if (from >= 0)
		close(from);
	return bad ? -1 : 0;
}

/* ---- shared inodes: inode/<name>.<mode>.<mtime> ---- */

#define INODE_NAME (OBJECT_TEXT + 48)

/* The blob's own inode becomes this one when nobody has taken it yet; the lock is what makers of several trees agree by.
 * 1 when it did, 0 when it could not. */
static int
take_over(int store, const char *key, const char *blob, const struct entry *e)
{
	struct timespec times[2] = {entry_time(e), entry_time(e)};
	int lock = openat(store, "inode", O_RDONLY | O_DIRECTORY | O_CLOEXEC), taken = 0;
	struct stat st;

	if (lock < 0)
		return 0;
	if (flock(lock, LOCK_EX) == 0 && fstatat(store, blob, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_nlink == 1)
		taken = fchmodat(store, blob, SHARED_MODE(e->mode), 0) == 0 && utimensat(store, blob, times, 0) == 0 &&
			linkat(store, blob, store, key, 0) == 0;
	close(lock);
	return taken;
}

static int
make_inode(int store, const char *job, const struct entry *e, char key[INODE_NAME])
{
	struct object_name object = entry_object(e);
	char text[OBJECT_TEXT], blob[OBJECT_TEXT + 8], fresh[64];

	object_text(&object, text);
	(void)snprintf(blob, sizeof(blob), "blob/%s", text);
	(void)snprintf(key, INODE_NAME, "inode/%s.%o.%llu", text, SHARED_MODE(e->mode), (unsigned long long)e->mtime);
	if (faccessat(store, key, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || (e->size > 0 && take_over(store, key, blob, e)))
		return 0;
	(void)snprintf(fresh, sizeof(fresh), "inode/.new-%s", job);
	if (write_file(store, store, fresh, e, SHARED_MODE(e->mode), NULL) < 0)
		return -1;
	if (renameat(store, fresh, store, key) == 0)
		return 0;
	(void)fail_entry("name", e);
	(void)unlinkat(store, fresh, 0);
	return -1;
}

/* ---- prepared trees ---- */

/* An inode that no tree links to yet may be swept away between its making and the link: then it is made again. */
static int
link_inode(int store, const char *job, int dir, const char *name, const struct entry *e)
{
	char key[INODE_NAME];
	unsigned tries;

	for (tries = 0; tries < 100; tries++) {
		if (make_inode(store, job, e, key) < 0)
			return -1;
		if (linkat(store, key, dir, name, 0) == 0)
			return 0;
		if (errno != ENOENT)
			break;
	}
	return fail_entry("link", e);
}

static int
tree_entry(int store, const char *job, struct cursor *at, const struct entry *e)
{
	const char *name;
	int dir = cursor_at(at, e->path, &name);

	if (dir < 0)
		return fail_entry("open the directory of", e);
	switch (e->kind) {
	case ENTRY_DIR:
		return mkdirat(dir, name, 0755) < 0 ? fail_entry("make", e) : 0;
	case ENTRY_LINK:
		return symlinkat(e->target, dir, name) < 0 ? fail_entry("make", e) : 0;
	case ENTRY_FILE:
		return link_inode(store, job, dir, name, e);
	}
	return 0;
}

static const char *
last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
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
add_alias(int store, int dir, const char *job, const struct manifest *m, const struct entry *e)
{
	char *path = place_resolve(m, e->path);
	const struct entry *file = path ? manifest_find(m, path) : NULL;
	int bad = 0;

	if (file && file->kind == ENTRY_FILE && !place_is_own(file) && faccessat(dir, last_part(e->path), F_OK, AT_SYMLINK_NOFOLLOW) != 0)
		bad = link_inode(store, job, dir, last_part(e->path), file);
	free(path);
	return bad;
}

/* So the loader finds what lies where it would not look. */
static int
add_aliases(int store, int root, const char *job, const struct manifest *m)
{
	char *dir = needs_aliases(m) ? libc_dir(m) : NULL;
	int fd = dir ? open_below(root, dir, O_RDONLY | O_DIRECTORY, 0) : -1, bad = 0;
	size_t i;

	for (i = 0; fd >= 0 && i < m->count && !bad; i++) {
		const struct entry *e = &m->at[i];

		if ((e->flags & ENTRY_LIBRARY) && e->kind != ENTRY_DIR && !strstr(e->path, "glibc-hwcaps/") &&
			!has_prefix(last_part(e->path), "ld-"))
			bad = add_alias(store, fd, job, m, e);
	}
	if (fd >= 0)
		close(fd);
	free(dir);
	return bad;
}

static int
tree_fill(int store, int root, const char *job, const struct manifest *m)
{
	struct cursor at = {.root = root, .fd = -1};
	int bad = 0;
	size_t i;

	for (i = 0; i < m->count && !bad; i++)
		if (m->at[i].kind == ENTRY_DIR || !place_is_own(&m->at[i]))
			bad = tree_entry(store, job, &at, &m->at[i]);
	cursor_end(&at);
	return bad ? bad : add_aliases(store, root, job, m);
}

int
place_tree(int store, const char *name, const char *job, const struct manifest *m)
{
	char tree[OBJECT_TEXT + 8], fresh[64];
	int root, bad;

	(void)snprintf(tree, sizeof(tree), "tree/%s", name);
	if (faccessat(store, tree, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	(void)snprintf(fresh, sizeof(fresh), "tree/.new-%s", job);
	if (mkdirat(store, fresh, 0755) < 0)
		return fail("make", fresh);
	root = openat(store, fresh, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	bad = root < 0 ? fail("open", fresh) : tree_fill(store, root, job, m);
	if (root >= 0)
		close(root);
	if (!bad && renameat(store, fresh, store, tree) == 0)
		return 0;
	/* Another keeper was quicker: its tree is as good. */
	if (!bad && errno != ENOTEMPTY && errno != EEXIST)
		bad = fail("name", tree);
	(void)remove_tree(store, fresh);
	return bad;
}

/* ---- a job's own ---- */

static bool
lies_in(const char *path, const char *dir, size_t len)
{
	return strncmp(path, dir, len) == 0 && path[len] == '/';
}

/* For each entry whether it is the job's own or a directory that holds such a one. */
static bool *
find_mixed(const struct manifest *m)
{
	bool *mixed = xcalloc(m->count, sizeof(*mixed));
	size_t way[MAX_LEVELS + 1], depth = 0, i, up;

	for (i = 0; i < m->count; i++) {
		const struct entry *e = &m->at[i];

		while (depth > 0 && !lies_in(e->path, m->at[way[depth - 1]].path, strlen(m->at[way[depth - 1]].path)))
			depth--;
		mixed[i] = place_is_own(e);
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
	return place_is_own(e) ? (e->mode & 01777u) | 0700 : 0755;
}

static int
make_empty(int dir, const char *name)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);

	if (fd < 0)
		return -1;
	return close(fd);
}

/* Contents that the daemon has handed over become the file; they were nobody else's. False when there are none. */
static bool
take_given(int store, const char *given, const struct entry *e, int dir, const char *name, const struct owner *owner)
{
	struct timespec times[2] = {entry_time(e), entry_time(e)};
	struct object_name object = entry_object(e);
	char text[OBJECT_TEXT], path[PLACE_GIVEN];

	if (!given || e->size < PLACE_GIVE_MIN)
		return false;
	object_text(&object, text);
	(void)snprintf(path, sizeof(path), "%s%s", given, text);
	return renameat(store, path, dir, name) == 0 &&
	       (!owner->give || fchownat(dir, name, owner->uid, owner->gid, AT_SYMLINK_NOFOLLOW) == 0) &&
	       fchmodat(dir, name, e->mode & 0777u, 0) == 0 && utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) == 0;
}

static int
own_entry(int store, const char *given, struct cursor *at, const struct entry *e, bool mixed, struct owner owner)
{
	bool own = place_is_own(e);
	const char *name;
	int dir = cursor_at(at, e->path, &name);

	if (dir < 0)
		return fail_entry("open the directory of", e);
	if (e->kind == ENTRY_FILE && own)
		return take_given(store, given, e, dir, name, &owner) ? 0 : write_file(store, dir, name, e, e->mode & 0777u, &owner);
	if ((e->kind == ENTRY_DIR && make_dir(dir, name, mixed ? dir_mode(e) : 0755, own ? &owner : NULL) < 0) ||
		(e->kind == ENTRY_LINK && (symlinkat(e->target, dir, name) < 0 || (own && give(dir, name, owner) < 0))) ||
		(e->kind == ENTRY_FILE && make_empty(dir, name) < 0))
		return fail_entry("make", e);
	return 0;
}

int
place_own(int store, int root, const char *given, const struct manifest *m, struct owner owner, struct placed *out)
{
	struct cursor at = {.root = root, .fd = -1};
	bool *mixed = find_mixed(m);
	size_t i = 0;
	int bad = 0;

	while (i < m->count && !bad) {
		const struct entry *e = &m->at[i];
		size_t len = strlen(e->path);
		bool bound = !mixed[i] && e->kind != ENTRY_LINK;

		bad = own_entry(store, given, &at, e, mixed[i], owner);
		if (bound)
			strings_add(&out->shared, e->path);
		strings_add(e->kind == ENTRY_DIR ? &out->dirs : &out->files, e->path);
		for (i++; bound && i < m->count && lies_in(m->at[i].path, e->path, len); i++)
			;
	}
	cursor_end(&at);
	free(mixed);
	return bad;
}

/* Without looking around: what a job has left as it was made goes at once. */
void
place_undo(int root, const struct placed *p)
{
	struct cursor at = {.root = root, .fd = -1};
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

void
placed_free(struct placed *p)
{
	strings_free(&p->shared);
	strings_free(&p->dirs);
	strings_free(&p->files);
}

int
place_dir(int root, const char *path, struct owner owner)
{
	struct cursor at = {.root = root, .fd = -1};
	size_t len, total = strlen(path);
	int bad = 0;

	for (len = 0; len < total && !bad; len++) {
		const char *slash = strchr(path + len, '/'), *name;
		char *part;
		int dir;

		len = slash ? (size_t)(slash - path) : total;
		part = xstrndup(path, len);
		dir = cursor_at(&at, part, &name);
		if (dir < 0 || (make_dir(dir, name, 0755, len == total ? &owner : NULL) < 0 && errno != EEXIST))
			bad = fail("make", part);
		free(part);
	}
	cursor_end(&at);
	return bad;
}

/* ---- the node's real binRoot ---- */

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
has_contents(int store, int dir, const char *name, const struct entry *e)
{
	int from = open_blob(store, e), to = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	bool same = from >= 0 && to >= 0 && has_bytes_of(from, to);

	if (to >= 0)
		close(to);
	if (from >= 0)
		close(from);
	return same;
}

/* What is there already is the same: then it is left, for it may be running. Only what no other user could have written counts. */
static bool
is_there(int store, int dir, const char *name, const struct entry *e, mode_t mode, uid_t uid)
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
	       st.st_mtim.tv_sec == (time_t)e->mtime && st.st_mtim.tv_nsec == 0 && !place_is_own(e) &&
	       (e->size == 0 || has_contents(store, dir, name, e));
}

static int
real_dir(int dir, const char *name, const struct entry *e, const struct owner *owner)
{
	struct stat st;

	if (make_dir(dir, name, dir_mode(e), place_is_own(e) ? owner : NULL) == 0)
		return 0;
	if (errno != EEXIST || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_entry("make", e);
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return fail_entry("make the directory", e);
	}
	if (st.st_uid == geteuid() || st.st_uid == owner->uid)
		return 0;
	set_error(error_text, sizeof(error_text), "%.300s in binRoot belongs to user %u, who could change what lies in it", e->path,
		(unsigned)st.st_uid);
	return -1;
}

static int
real_entry(int store, struct cursor *at, const char *job, const struct entry *e, struct owner owner)
{
	bool own = place_is_own(e);
	mode_t mode = own ? e->mode & 0777u : SHARED_MODE(e->mode);
	const char *name;
	int dir = cursor_at(at, e->path, &name), bad;
	char fresh[64];

	if (dir < 0)
		return fail_entry("open the directory of", e);
	if (e->kind == ENTRY_DIR)
		return real_dir(dir, name, e, &owner);
	if (is_there(store, dir, name, e, mode, own && owner.give ? owner.uid : geteuid()))
		return 0;
	(void)snprintf(fresh, sizeof(fresh), ".gproc-%s", job);
	if (e->kind == ENTRY_FILE)
		bad = write_file(store, dir, fresh, e, mode, own ? &owner : NULL);
	else
		bad = symlinkat(e->target, dir, fresh) < 0 || (own && give(dir, fresh, owner) < 0) ? fail_entry("make", e) : 0;
	if (!bad && renameat(dir, fresh, dir, name) < 0)
		bad = fail_entry("put in place", e);
	if (bad)
		(void)unlinkat(dir, fresh, 0);
	return bad;
}

int
place_all(int store, int root, const char *job, const struct manifest *m, struct owner owner)
{
	struct cursor at = {.root = root, .fd = -1};
	int bad = 0;
	size_t i;

	for (i = 0; i < m->count && !bad; i++)
		bad = real_entry(store, &at, job, &m->at[i], owner);
	cursor_end(&at);
	return bad;
}

/* ---- links inside the manifest ---- */

char *
place_resolve(const struct manifest *m, const char *path)
{
	struct way w = way_from("", path);
	enum way_step step;
	char *out = NULL;
	int bad = 0;

	while (!bad && (step = way_step(&w)) != WAY_END) {
		const struct entry *e = step == WAY_DOWN ? manifest_find(m, way_inside(&w) + 1) : NULL;

		bad = e && e->kind == ENTRY_LINK ? way_follow(&w, e->target) : 0;
	}
	if (!bad)
		out = xstrdup(*way_inside(&w) ? way_inside(&w) + 1 : "");
	way_end(&w);
	return out;
}
