/* The directories that the node and the shipped tree both have, shown as one.
 * What the node has is looked at with the user's rights, and by descriptors of that walk alone: an overlay looks below itself with the
 * rights that it was mounted with, for ever, so what the user can't enter on the node can't be entered through the view either.
 * Must never know of processes. */
#include "run/merge.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/walk.h"
#include "run/facts.h"
#include "run/unpack.h"
#include "base/sys.h"

#define MAX_LAYERS 4 /* faces, the shipped tree, the job's own, the node's */

/* A directory that both have, below a merged one, and that is not as a new one of ours would be. */
struct faced {
	char *path; /* inside the merged one; "" for itself */
	struct face face;
};

struct layers {
	int fd[MAX_LAYERS];
	size_t count;
};

/* One directory of the node's that is shown merged. */
struct merge {
	char *path;  /* in the view's root, no leading slash */
	char *ships; /* in the shipped tree */
	struct stat st; /* of it, while it is there */
	int node;    /* the node's own, whatever is mounted over it; the lowest layer */
	bool nested; /* lies below another one */
	bool overlaid;
	struct layers layers;
	struct faced *faced;
	size_t count, room;
};

struct merger {
	struct stage *stage;
	const struct view_plan *plan;
	struct merge *at;
	size_t count, room;
	struct strings files; /* shipped files that are shown by themselves, */
	int *places;	      /* and where: borrowed */
	size_t places_room;
	struct strings saved_at; /* mount points of the node below merged directories, */
	int *saved;		 /* and clones of their mounts */
	size_t saved_room;
};

/* ---- small things ---- */

static bool
is_top(const struct entry *e)
{
	return !strchr(e->path, '/');
}

static bool
is_kernels(const char *name)
{
	return strcmp(name, "proc") == 0 || strcmp(name, "sys") == 0 || strcmp(name, "dev") == 0;
}

bool
merge_is_place(const struct view_plan *plan, const char *name)
{
	return plan->view == VIEW_ALL ? !is_kernels(name) : facts_holds_programs(name);
}

/* The directory of the shipped tree that a path means, its links followed; NULL when it is none. The caller frees. */
static char *
shipped_dir(const struct view_plan *plan, const char *path)
{
	char *real = unpack_resolve(plan->manifest, path);
	const struct entry *e = real && *real ? manifest_find(plan->manifest, real) : NULL;

	if (e && e->kind == ENTRY_DIR)
		return real;
	free(real);
	return NULL;
}

/* A directory below another, to be entered by the user; links are followed when asked for. -1 with errno. */
static int
enter_dir(int dir, const char *path, bool follow)
{
	char *inside = xasprintf("%s/.", *path ? path : ".");
	int fd = follow ? openat(dir, inside, O_PATH | O_DIRECTORY | O_CLOEXEC) : open_unled(dir, inside, O_PATH | O_DIRECTORY);

	free(inside);
	return fd;
}

/* ---- what is to be merged ---- */

/* Takes ships and node over. */
static struct merge *
add_merge(struct merger *b, const char *path, char *ships, int node)
{
	struct merge *m;

	b->at = grow(b->at, b->count, &b->room, sizeof(b->at[0]));
	m = &b->at[b->count++];
	*m = (struct merge){.path = xstrdup(path), .ships = ships, .node = node, .st.st_mode = 0700};
	(void)fstat(node, &m->st);
	return m;
}

static bool
is_merged(const struct merger *b, const char *path)
{
	size_t i;

	for (i = 0; i < b->count; i++)
		if (strcmp(path, b->at[i].path) == 0 || lies_below(path, b->at[i].path))
			return true;
	return false;
}

/* The kernel's own file systems tell more through an overlay than to the user. */
static bool
is_kernels_own(int dir)
{
	struct statfs fs;

	return fstatfs(dir, &fs) == 0 && (fs.f_type == 0x9fa0 || fs.f_type == 0x62656572); /* proc, sysfs: linux/magic.h */
}

/* A directory of the node's is merged if the user may enter it. */
static void
try_merge(struct merger *b, const char *path, char *ships, bool follow)
{
	int node = ships ? enter_dir(b->stage->root, path, follow) : -1;

	if (node >= 0 && !is_kernels_own(node)) {
		(void)add_merge(b, path, ships, node);
		return;
	}
	close_fd(&node);
	free(ships);
}

static void
find_tops(struct merger *b)
{
	const struct manifest *m = b->plan->manifest;
	size_t i;

	for (i = 0; i < m->count; i++) {
		const struct entry *e = &m->at[i];

		if (is_top(e) && e->kind != ENTRY_FILE && merge_is_place(b->plan, e->path) && !strings_has(&b->stage->fresh, e->path) &&
			!strings_has(&b->stage->links, e->path))
			try_merge(b, e->path, shipped_dir(b->plan, e->path), false);
	}
}

/* In a directory where everybody writes (/tmp), which a read-only view would end: there what was shipped has a place of its own. */
static void
take_foothold(struct merger *b, const struct entry *e, size_t len)
{
	char *path = xstrndup(e->path, len), *real = NULL;
	bool is_dir = e->path[len] == '/';
	int fd = foothold_make(b->plan->footholds, b->stage->root, path, is_dir, b->plan->uid);

	if (fd >= 0 && is_dir) {
		(void)add_merge(b, path, xstrdup(path), fcntl(fd, F_DUPFD_CLOEXEC, 0));
	} else if (fd >= 0 && (real = unpack_resolve(b->plan->manifest, e->path))) {
		b->places = grow(b->places, b->files.count, &b->places_room, sizeof(b->places[0]));
		b->places[b->files.count] = fd;
		strings_take(&b->files, real);
	}
	free(path);
}

/* What a program's start needs outside the places of programs: the deepest directory on its way that the node has is merged, unless
 * everybody writes there. */
static void
find_needed(struct merger *b, const struct entry *e)
{
	char *path = xstrdup(e->path), *slash;
	struct stat st = {0};

	while ((slash = strrchr(path, '/'))) {
		*slash = '\0';
		if (fstatat(b->stage->root, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
			break;
	}
	if (slash && S_ISDIR(st.st_mode) && !is_merged(b, e->path)) {
		size_t len = strlen(path);

		if (st.st_mode & S_IWOTH)
			take_foothold(b, e, len + 1 + strcspn(e->path + len + 1, "/"));
		else if (foothold_is(st.st_mode, st.st_uid, b->plan->uid))
			take_foothold(b, e, len);
		else
			try_merge(b, path, xstrdup(path), true);
	}
	free(path);
}

/* Libraries, and interpreters of whatever kind; the program itself may as well run from below binRoot. */
static bool
is_needed(const struct entry *e, const char *program, const char *real)
{
	return (e->flags & ENTRY_LIBRARY) || ((e->flags & ENTRY_PROGRAM) && strcmp(e->path, program) != 0 && strcmp(e->path, real) != 0);
}

static void
find_all_needed(struct merger *b)
{
	const struct manifest *m = b->plan->manifest;
	const char *program = m->program + strspn(m->program, "/");
	char *real = unpack_resolve(m, program);
	const char *top = "";
	bool skip = false;
	size_t i;

	for (i = 0; i < m->count; i++) {
		if (is_top(&m->at[i])) {
			top = m->at[i].path;
			skip = is_merged(b, top) || strings_has(&b->stage->fresh, top) || is_kernels(top);
		} else if (!skip && is_needed(&m->at[i], program, real ? real : program)) {
			find_needed(b, &m->at[i]);
		}
	}
	free(real);
}

/* ---- what both have below it: directories' faces, and where one has a link and the other a directory ---- */

/* In any case, or only where a new directory would have another face. */
static void
add_face(struct merger *b, struct merge *m, const char *inside, int dir, const struct stat *st, bool always)
{
	struct face face;

	if (!stage_face(b->stage, dir, st, &face) && !always)
		return;
	m->faced = grow(m->faced, m->count, &m->room, sizeof(m->faced[0]));
	m->faced[m->count++] = (struct faced){.path = xstrdup(inside), .face = face};
}

/* Below merge number `of`, the shipped entry e and the node's `dir` differ in kind: both meet in a directory, merged by itself. */
static void
split(struct merger *b, size_t of, const struct entry *e, const char *inside, int dir, const struct stat *st)
{
	char *ships = shipped_dir(b->plan, e->path), *path;
	int node = ships ? enter_dir(b->at[of].node, inside, e->kind == ENTRY_DIR) : -1;

	if (ships && e->kind == ENTRY_LINK)
		add_face(b, &b->at[of], inside, dir, st, true); /* covers the link */
	if (node < 0 || is_kernels_own(node)) {
		close_fd(&node);
		free(ships);
		return;
	}
	path = xasprintf("%s/%s", b->at[of].path, inside);
	add_merge(b, path, ships, node)->nested = true;
	free(path);
}

/* True when what lies in e is to be looked at too. Mounts of the node's are not entered: an overlay doesn't show them. */
static bool
compare(struct merger *b, size_t of, const struct entry *e)
{
	const char *inside = e->path + strlen(b->at[of].ships) + 1;
	int fd = open_below(b->at[of].node, inside, O_PATH | O_NOFOLLOW, 0);
	bool deeper = false;
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0) {
		deeper = S_ISDIR(st.st_mode) && e->kind == ENTRY_DIR;
		if (deeper)
			add_face(b, &b->at[of], inside, fd, &st, false);
		else if (S_ISDIR(st.st_mode) || S_ISLNK(st.st_mode))
			split(b, of, e, inside, fd, &st);
	}
	close_fd(&fd);
	return deeper;
}

static void
find_differences(struct merger *b, size_t of)
{
	const struct manifest *m = b->plan->manifest;
	const struct entry *e = manifest_find(m, b->at[of].ships), *end = m->at + m->count, *dir;
	char *ships = xstrdup(b->at[of].ships);

	add_face(b, &b->at[of], "", b->at[of].node, &b->at[of].st, false);
	for (e = e ? e + 1 : end; e < end && lies_below(e->path, ships);) {
		bool deeper = e->kind != ENTRY_FILE && compare(b, of, e);

		dir = e++;
		while (!deeper && dir->kind == ENTRY_DIR && e < end && lies_below(e->path, dir->path))
			e++;
	}
	free(ships);
}

/* ---- mounts of the node below what is merged ---- */

static void
save_mounts(struct merger *b, const char *path)
{
	const struct strings *mounts = b->plan->mounts;
	size_t i, j;

	for (i = 0; mounts && i < mounts->count; i++) {
		const char *at = mounts->at[i];
		int fd, mount;

		if (!lies_below(at + 1, path) || strcmp(at, b->plan->binroot_path) == 0 || lies_below(at, b->plan->binroot_path))
			continue;
		for (j = 0; j < b->saved_at.count && !lies_below(at, b->saved_at.at[j]); j++)
			;
		if (j < b->saved_at.count || strings_has(&b->saved_at, at) || (fd = open_unled(b->stage->root, at + 1, O_PATH)) < 0)
			continue;
		mount = mount_clone(fd, "", true);
		close(fd);
		if (mount < 0)
			continue;
		b->saved = grow(b->saved, b->saved_at.count, &b->saved_room, sizeof(b->saved[0]));
		b->saved[b->saved_at.count] = mount;
		strings_add(&b->saved_at, at);
	}
}

/* One whose place is no longer there, or is behind a shipped link, is covered by what was shipped. */
static void
put_mounts_back(struct merger *b)
{
	size_t i;

	for (i = 0; i < b->saved_at.count; i++) {
		int place = open_unled(b->stage->root, b->saved_at.at[i] + 1, O_PATH);

		if (place >= 0)
			(void)mount_attach(b->saved[i], place, "");
		close_fd(&place);
		close(b->saved[i]);
	}
	strings_free(&b->saved_at);
	free(b->saved);
}

/* ---- layers ---- */

static int
make_dirs(int store, const char *top, const char *path)
{
	char *all = xasprintf("%s/%s/", top, path), *slash;
	int bad = 0;

	for (slash = cut_next(all + strlen(top), NULL); slash && !bad; slash = cut_next(all, slash))
		bad = mkdirat(store, all, 0755) < 0 && errno != EEXIST ? stage_fail("make", all) : 0;
	free(all);
	return bad;
}

/* A layer above all others, of directories that have the node's faces. Its descriptor, or -1 with stage_error(). */
static int
make_faces(struct merger *b, const struct merge *m)
{
	char *top = stage_dir(b->stage);
	int store = b->stage->store, dir, bad = top ? 0 : -1;
	size_t i;

	for (i = 0; i < m->count && !bad; i++) {
		char *path = xasprintf("%s/%s", top, m->faced[i].path);

		bad = *m->faced[i].path ? make_dirs(store, top, m->faced[i].path) : 0;
		dir = bad ? -1 : openat(store, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (!bad && (dir < 0 || stage_put_face(dir, &m->faced[i].face) < 0))
			bad = stage_fail("make", m->faced[i].path);
		close_fd(&dir);
		free(path);
	}
	dir = bad ? -1 : openat(store, top, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	free(top);
	return dir;
}

static bool
holds_own(const struct manifest *m, const char *dir)
{
	const struct entry *e = manifest_find(m, dir), *end = m->at + m->count;

	for (; e && e < end && (strcmp(e->path, dir) == 0 || lies_below(e->path, dir)); e++)
		if (unpack_is_own(e))
			return true;
	return false;
}

static int
open_layer(int dir, const char *path)
{
	int fd = open_unled(dir, path, O_PATH | O_DIRECTORY);

	if (fd < 0)
		(void)stage_fail("open", path);
	return fd;
}

static void
layers_close(struct layers *l)
{
	while (l->count > 0)
		close(l->fd[--l->count]);
}

static bool
add_layer(struct layers *l, int fd)
{
	if (fd >= 0)
		l->fd[l->count++] = fd;
	return fd >= 0;
}

/* What is the job's own of m, if anything is: in the store, or in the node's real binRoot. */
static int
open_own(struct merger *b, const struct merge *m)
{
	const struct view_plan *plan = b->plan;
	char *path = xasprintf("%s/%s", plan->own ? plan->own : plan->binroot_path + 1, m->ships);
	int fd;

	if (plan->own)
		stage_as_self(b->stage);
	fd = open_layer(plan->own ? b->stage->store : b->stage->root, path);
	stage_as_user(b->stage);
	free(path);
	return fd;
}

static int
open_faces(struct merger *b, const struct merge *m)
{
	int fd;

	stage_as_self(b->stage);
	fd = make_faces(b, m);
	stage_as_user(b->stage);
	return fd;
}

/* As the user, but where the store is got at by name, which only the daemon's user can. The node's own directory becomes one.
 * -1 with stage_error(). */
static int
open_layers(struct merger *b, struct merge *m)
{
	struct layers *l = &m->layers;

	if ((m->count > 0 && !add_layer(l, open_faces(b, m))) || !add_layer(l, open_layer(b->stage->tree, m->ships)))
		return -1;
	if (holds_own(b->plan->manifest, m->ships) && !add_layer(l, open_own(b, m)))
		return -1;
	(void)add_layer(l, m->node);
	m->node = -1;
	return 0;
}

/* ---- merging by an overlay ---- */

/* The node's own restrictions stay: what was shipped holds no set-id bits and no devices, but what it covers may. */
static unsigned long
flags_of(int dir)
{
	struct statvfs fs;
	unsigned long flags = MS_RDONLY | MS_NODEV;

	if (fstatvfs(dir, &fs) < 0)
		return flags | MS_NOSUID;
	return flags | (fs.f_flag & ST_NOSUID ? MS_NOSUID : 0) | (fs.f_flag & ST_NOEXEC ? MS_NOEXEC : 0);
}

/* Descriptors are named below the proc file system that is the working directory. */
static int
merge_by_overlay(const struct layers *l, int target)
{
	char path[32], options[16 + MAX_LAYERS * 24] = "lowerdir=";
	size_t i, len = strlen(options);

	(void)snprintf(path, sizeof(path), "self/fd/%d", target);
	for (i = 0; i < l->count; i++)
		len += (size_t)snprintf(options + len, sizeof(options) - len, "%sself/fd/%d", i ? ":" : "", l->fd[i]);
	return mount("gproc", path, "overlay", flags_of(l->fd[l->count - 1]), options);
}

/* ---- merging without an overlay: a directory of binds, entry by entry ---- */

static mode_t
kind_of(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 ? st.st_mode & S_IFMT : 0;
}

/* What the layers have under a name: the first one that has it, and where that is a directory those below it, until one has something
 * else. */
static struct layers
look_up(const struct layers *l, const char *name)
{
	struct layers found = {.count = 0};
	mode_t kind = S_IFDIR;
	size_t i;

	for (i = 0; i < l->count && kind == S_IFDIR; i++) {
		int fd = openat(l->fd[i], name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		mode_t this = kind_of(fd);

		if (this && (found.count == 0 || this == S_IFDIR))
			found.fd[found.count++] = fd;
		else
			close_fd(&fd);
		if (this)
			kind = this;
	}
	return found;
}

static bool
may_read(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool may = fd >= 0;

	close_fd(&fd);
	return may;
}

static int
copy_link(int link, int dir, const char *name)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(link, "", target, sizeof(target) - 1);

	if (len < 0)
		return 0;
	target[len] = '\0';
	return symlinkat(target, dir, name) < 0 ? stage_fail("make the link", name) : 0;
}

static int
make_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);

	return fd < 0 ? -1 : close(fd);
}

static int assemble(struct merger *, const struct layers *, int dir);

static int
assemble_dir(struct merger *b, const struct layers *l, int dir, const char *name)
{
	int sub = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int bad = sub < 0 ? stage_fail("open", name) : assemble(b, l, sub);

	close_fd(&sub);
	return bad;
}

/* What the user can't read in the node's directory can't be shown one by one: that directory stays as it is. */
static int
assemble_entry(struct merger *b, const struct layers *l, int dir, const char *name)
{
	struct layers found;
	mode_t kind;
	bool shared;
	int bad = 0;

	stage_as_user(b->stage);
	found = look_up(l, name);
	shared = found.count > 1 && may_read(found.fd[found.count - 1]);
	stage_as_self(b->stage);
	if (found.count == 0)
		return 0;
	kind = kind_of(found.fd[0]);
	if (kind == S_IFLNK)
		bad = copy_link(found.fd[0], dir, name);
	else if ((kind == S_IFDIR ? mkdirat(dir, name, 0755) : make_file(dir, name)) < 0)
		bad = stage_fail("make", name);
	else if (shared)
		bad = assemble_dir(b, &found, dir, name);
	else
		bad = stage_bind(found.fd[found.count - 1], "", true, 0, dir, name);
	layers_close(&found);
	return bad;
}

static int
assemble_layer(struct merger *b, const struct layers *l, int layer, int dir)
{
	struct dirent *entry;
	struct stat st;
	int fd, bad = 0;
	DIR *d;

	stage_as_user(b->stage);
	fd = openat(layer, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	stage_as_self(b->stage);
	if (fd < 0)
		return 0; /* a face that the user can't read: it has nothing but what others have too */
	d = fdopendir(fd);
	if (!d)
		bad = stage_fail("read", "a directory");
	while (!bad && (entry = readdir(d))) {
		const char *name = entry->d_name;

		if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			bad = assemble_entry(b, l, dir, name);
	}
	if (d)
		(void)closedir(d);
	else
		close(fd);
	return bad;
}

/* Fills dir, which is in a mount of this namespace, with what the layers hold, the first ones winning; it has the face of the last. */
static int
assemble(struct merger *b, const struct layers *l, int dir)
{
	struct face face = {0};
	struct stat st;
	size_t i;
	int bad = 0;

	for (i = 0; i < l->count && !bad; i++)
		bad = assemble_layer(b, l, l->fd[i], dir);
	if (!bad && fstat(l->fd[l->count - 1], &st) == 0 && stage_face(b->stage, l->fd[l->count - 1], &st, &face) &&
		stage_put_face(dir, &face) < 0)
		bad = stage_fail("make", "a directory as the node's");
	free(face.acl);
	return bad;
}

/* The directory is mounted over itself, filled, and moved where it belongs with all that is mounted in it: its sources would be hidden by
 * it otherwise. */
static int
merge_by_binds(struct merger *b, const struct layers *l, int target)
{
	char *path = stage_dir(b->stage);
	int store = b->stage->store, dir = -1, mount = -1, bad = -1;

	if (path && stage_bind(store, path, false, 0, store, path) == 0)
		dir = openat(store, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0 && assemble(b, l, dir) == 0) {
		mount = mount_open(store, path);
		bad = mount < 0 || mount_set(mount, ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV, 0) < 0 || mount_attach(mount, target, "") < 0;
		if (bad)
			(void)stage_fail("mount", path);
	}
	close_fd(&mount);
	close_fd(&dir);
	free(path);
	return bad ? -1 : 0;
}

/* ---- merging ---- */

/* As the user: one below another is mounted where the user gets through the view as it is by now. */
static int
merge(struct merger *b, struct merge *m)
{
	const struct layers *l = &m->layers;
	int node = l->fd[l->count - 1], target = m->nested ? enter_dir(b->stage->root, m->path, false) : node, bad = 0;

	if (target < 0)
		return 0;
	/* Too many overlays upon each other, or mounts that a user namespace may not look behind: binds do there, too. */
	m->overlaid = b->plan->overlay && b->plan->proc >= 0 && merge_by_overlay(l, target) == 0;
	if (!m->overlaid && may_read(node)) {
		stage_as_self(b->stage);
		bad = merge_by_binds(b, l, target);
		stage_as_user(b->stage);
	}
	if (m->nested)
		close(target);
	return bad;
}

/* What is not in the prepared tree is the job's own. */
static int
show_files(struct merger *b)
{
	size_t i;
	int bad = 0;

	if (b->files.count == 0)
		return 0;
	stage_as_self(b->stage);

	for (i = 0; i < b->files.count && !bad; i++) {
		const struct entry *e = manifest_find(b->plan->manifest, b->files.at[i]);
		char *from = e && e->kind == ENTRY_FILE && !unpack_is_own(e) ? xasprintf("%s/%s", b->plan->tree, e->path) : NULL;

		bad = from ? stage_bind(b->stage->store, from, false, ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV, b->places[i], "") : 0;
		free(from);
	}
	stage_as_user(b->stage);
	return bad;
}

/* Whether below this one each shipped name shows what was shipped, to the job's user too. */
static bool
is_plain(const struct merge *m)
{
	return m->overlaid && !m->nested && m->count == 0 && !strchr(m->path, '/') && strcmp(m->path, m->ships) == 0;
}

static void
tell_merged(const struct merger *b)
{
	bool all = b->plan->merged && b->saved_at.count == 0 && b->plan->footholds->count == 0;
	size_t i;

	for (i = 0; i < b->count && all; i++)
		all = is_plain(&b->at[i]);
	for (i = 0; i < b->count && all; i++)
		strings_add(b->plan->merged, b->at[i].path);
}

static void
merger_free(struct merger *b)
{
	size_t i, j;

	for (i = 0; i < b->count; i++) {
		struct merge *m = &b->at[i];

		for (j = 0; j < m->count; j++) {
			free(m->faced[j].path);
			free(m->faced[j].face.acl);
		}
		free(m->faced);
		free(m->path);
		free(m->ships);
		layers_close(&m->layers);
		close_fd(&m->node);
	}
	free(b->at);
	free(b->places);
	strings_free(&b->files);
}

static void
find_all(struct merger *b)
{
	size_t tops, i;

	find_tops(b);
	find_all_needed(b);
	tops = b->count;
	for (i = 0; i < tops; i++)
		save_mounts(b, b->at[i].path);
	for (i = 0; i < tops; i++)
		find_differences(b, i);
}

int
merge_all(struct stage *s)
{
	struct merger b = {.stage = s, .plan = s->plan};
	size_t i;
	int bad = 0;

	stage_as_user(s);
	find_all(&b);
	for (i = 0; i < b.count && !bad; i++)
		bad = open_layers(&b, &b.at[i]);
	if (!bad)
		bad = show_files(&b);
	for (i = 0; i < b.count && !bad; i++)
		bad = merge(&b, &b.at[i]);
	tell_merged(&b);
	put_mounts_back(&b);
	merger_free(&b);
	return bad;
}
