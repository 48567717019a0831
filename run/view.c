/* The job's view of files: the node's root and the shipped tree as one, and binRoot, in a mount namespace.
 * Must never know of processes, users or the network. */
#include "run/view.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "run/place.h"
#include "base/sys.h"

#define SHARED_ATTR (ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV)

/* One directory of the node's that is shown merged. Paths without leading slash. */
struct merge {
	char *path;  /* in the node's root */
	char *ships; /* in the shipped tree */
	char *node;  /* where the node's own contents are found: "/path", or a place they were saved to */
	char *fix;   /* a layer of directories that must cover shipped links; or NULL */
};

struct builder {
	const struct view_plan *plan;
	struct merge *at;
	size_t count, room;
	struct strings fresh;	 /* names in the root that only the shipped tree has */
	struct strings saved_at; /* mount points of the node below merged directories, */
	int *saved;		 /* and clones of their mounts */
	unsigned number;	 /* of the directories made for this job so far */
};

static char error_text[512];

const char *
view_error(void)
{
	return error_text;
}

static int
fail(const char *what, const char *path)
{
	set_error(error_text, sizeof(error_text), "can't %s %.300s: %s", what, path,
		errno == ENOSPC ? "no room (or too many mounts)" : strerror(errno));
	return -1;
}

/* ---- small things ---- */

static bool
lies_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return len == 0 ? *path != '\0' : strncmp(path, dir, len) == 0 && path[len] == '/';
}

static bool
is_top(const struct entry *e)
{
	return !strchr(e->path, '/');
}

bool
view_holds_programs(const char *name)
{
	static const char *const places[] = {"bin", "sbin", "lib", "lib32", "lib64", "libx32", "libexec", "usr", "opt"};
	size_t i;

	for (i = 0; i < COUNT(places); i++)
		if (strcmp(name, places[i]) == 0)
			return true;
	return false;
}

static bool
is_kernels(const char *name)
{
	return strcmp(name, "proc") == 0 || strcmp(name, "sys") == 0 || strcmp(name, "dev") == 0;
}

/* Where a shipped file belongs beside the node's own. */
static bool
is_merged_top(const struct view_plan *plan, const char *name)
{
	return plan->view == VIEW_ALL ? !is_kernels(name) : view_holds_programs(name);
}

static mode_t
kind_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 ? st.st_mode & S_IFMT : 0;
}

static bool
leads_to_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The directory of the shipped tree that a path means, its links followed; NULL when it is none. Caller frees. */
static char *
shipped_dir(const struct view_plan *plan, const char *path)
{
	char *real = place_resolve(plan->manifest, path);
	const struct entry *e = real && *real ? manifest_find(plan->manifest, real) : NULL;

	if (e && e->kind == ENTRY_DIR)
		return real;
	free(real);
	return NULL;
}

/* A new directory of this job's under the store, numbered. Caller frees its path; NULL with the error told. */
static char *
new_dir(struct builder *b)
{
	char *path = xasprintf("%s/m%u", b->plan->job, b->number++);

	if (mkdir(path, 0755) == 0)
		return path;
	(void)fail("make", path);
	free(path);
	return NULL;
}

static int
make_dirs(const char *base, const char *path)
{
	char *all = xasprintf("%s/%s", base, path), *slash = all + strlen(base);
	int bad;

	do {
		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = '\0';
		bad = mkdir(all, 0755) < 0 && errno != EEXIST ? fail("make", all) : 0;
		if (slash)
			*slash = '/';
	} while (slash && !bad);
	free(all);
	return bad;
}

static int
make_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);

	return fd < 0 ? -1 : close(fd);
}

/* Shows what is at `from` also at dir/`to`. */
static int
bind(const char *from, bool recursive, uint64_t attributes, int dir, const char *to)
{
	int mount = mount_clone(AT_FDCWD, from, recursive), bad = 0;

	if (mount < 0)
		return fail("clone", from);
	if ((attributes && mount_set(mount, attributes, 0) < 0) || mount_attach(mount, dir, to) < 0)
		bad = fail("mount over", to);
	close(mount);
	return bad;
}

/* ---- a root of the job's own, where the node's lacks a name that was shipped ---- */

/* What the root must hold under a name: the node's, or the manifest's entry instead. */
static bool
ships_instead(const struct builder *b, const char *name, mode_t node, const struct entry *e)
{
	char *ships, target[PATH_MAX], *path;
	ssize_t len;
	bool same;

	if (!e || !is_merged_top(b->plan, name))
		return false;
	if (e->kind != ENTRY_LINK || node != S_IFLNK)
		return e->kind == ENTRY_DIR && node != S_IFDIR;
	path = xasprintf("/%s", name);
	len = readlink(path, target, sizeof(target) - 1);
	free(path);
	target[len < 0 ? 0 : len] = '\0';
	ships = e->target;
	same = strcmp(ships + strspn(ships, "/"), target + strspn(target, "/")) == 0;
	return !same;
}

static bool
needs_root(const struct builder *b)
{
	const struct manifest *m = b->plan->manifest;
	bool needed = false;
	size_t i;

	for (i = 0; i < m->count && !needed; i++) {
		const struct entry *e = &m->at[i];
		char *path;
		mode_t node;

		if (!is_top(e))
			continue;
		path = xasprintf("/%s", e->path);
		node = kind_of(path);
		free(path);
		needed = node == 0 || ships_instead(b, e->path, node, e);
	}
	return needed;
}

static int
put_link(int face, const char *name, const char *target)
{
	return symlinkat(target, face, name) < 0 ? fail("make the link", name) : 0;
}

/* One name of the node's root. What can't be bound, for example because it has just gone, is left out. */
static int
root_entry(struct builder *b, int face, int root, const char *name)
{
	const struct entry *e = manifest_find(b->plan->manifest, name);
	char *path = xasprintf("/%s", name), *through = xasprintf("/%s/.", name), target[PATH_MAX];
	mode_t node = kind_of(path);
	bool instead = ships_instead(b, name, node, e), is_dir = node == S_IFDIR;
	ssize_t len;
	int bad = 0, mount = -1;

	if (node == S_IFLNK && instead && e->kind == ENTRY_LINK) {
		bad = put_link(face, name, e->target);
	} else if (node == S_IFLNK && (!instead || !leads_to_dir(path))) {
		len = instead ? -1 : readlink(path, target, sizeof(target) - 1);
		target[len < 0 ? 0 : len] = '\0';
		if (instead)
			strings_add(&b->fresh, name);
		bad = instead ? mkdirat(face, name, 0755) : len < 0 ? 0 : put_link(face, name, target);
	} else if (node) {
		is_dir = is_dir || node == S_IFLNK;
		mount = mount_clone(AT_FDCWD, is_dir ? through : path, true);
		bad = mount < 0 ? 0 : is_dir ? mkdirat(face, name, 0755) : make_file(face, name);
		bad = bad ? fail("make", name) : mount < 0 ? 0 : mount_attach(mount, root, name) < 0 ? fail("mount", path) : 0;
	}
	if (mount >= 0)
		close(mount);
	free(through);
	free(path);
	return bad;
}

static int
root_of_node(struct builder *b, int face, int root)
{
	DIR *d = opendir("/");
	struct dirent *entry;
	int bad = 0;

	if (!d)
		return fail("read", "/");
	while (!bad && (entry = readdir(d)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			bad = root_entry(b, face, root, entry->d_name);
	(void)closedir(d);
	return bad;
}

/* Names that only the shipped tree has: links at once, the others are bound when binRoot is there. */
static int
root_of_ships(struct builder *b, int face)
{
	const struct manifest *m = b->plan->manifest;
	struct stat st;
	size_t i;

	for (i = 0; i < m->count; i++) {
		const struct entry *e = &m->at[i];

		if (!is_top(e) || fstatat(face, e->path, &st, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		if (e->kind == ENTRY_LINK) {
			if (put_link(face, e->path, e->target) < 0)
				return -1;
			continue;
		}
		if ((e->kind == ENTRY_DIR ? mkdirat(face, e->path, 0755) : make_file(face, e->path)) < 0)
			return fail("make", e->path);
		strings_add(&b->fresh, e->path);
	}
	(void)mkdirat(face, "proc", 0755);
	(void)mkdirat(face, "dev", 0755);
	return 0;
}

/* The new root is moved over the old one and entered: pivot_root would fail on an initramfs, and a chroot to what is not the
 * topmost mount would forbid the job its own user namespaces. */
static int
enter(int root)
{
	int store = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), bad = 0;

	if (store < 0 || fchdir(root) < 0 || chroot(".") < 0 || fchdir(store) < 0)
		bad = fail("enter", "the job's root");
	if (store >= 0)
		close(store);
	return bad;
}

static int
make_root(struct builder *b)
{
	char *path = new_dir(b);
	int face = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int root = face < 0 ? -1 : mount_clone(AT_FDCWD, path, false), bad = -1;

	if (root < 0 || mount_set(root, SHARED_ATTR, 0) < 0 || mount_attach(root, AT_FDCWD, "/") < 0)
		(void)(path ? fail("mount", "the job's root") : 0);
	else if (root_of_node(b, face, root) == 0 && root_of_ships(b, face) == 0)
		bad = enter(root);
	if (root >= 0)
		close(root);
	if (face >= 0)
		close(face);
	free(path);
	return bad;
}

/* ---- what is to be merged ---- */

/* Takes ships over. */
static struct merge *
add_merge(struct builder *b, const char *path, char *ships)
{
	struct merge *m;

	if (b->count == b->room) {
		b->room = b->room ? b->room * 2 : 8;
		b->at = xrealloc(b->at, b->room, sizeof(b->at[0]));
	}
	m = &b->at[b->count++];
	*m = (struct merge){.path = xstrdup(path), .node = xasprintf("/%s", path)};
	m->ships = ships;
	return m;
}

static bool
is_merged(const struct builder *b, const char *path)
{
	size_t i;

	for (i = 0; i < b->count; i++)
		if (strcmp(path, b->at[i].path) == 0 || lies_below(path, b->at[i].path))
			return true;
	return false;
}

static void
find_merged_tops(struct builder *b)
{
	const struct manifest *m = b->plan->manifest;
	size_t i;

	for (i = 0; i < m->count; i++) {
		const struct entry *e = &m->at[i];
		char *path, *ships;

		if (!is_top(e) || e->kind == ENTRY_FILE || !is_merged_top(b->plan, e->path) || strings_has(&b->fresh, e->path))
			continue;
		path = xasprintf("/%s", e->path);
		ships = kind_of(path) == S_IFDIR ? shipped_dir(b->plan, e->path) : NULL;
		if (ships)
			(void)add_merge(b, e->path, ships);
		free(path);
	}
}

/* A library outside the places of programs: the deepest directory on its way that the node has is merged, unless everybody
 * writes there (/tmp), which a read-only view would end. */
static void
find_merged_library(struct builder *b, const struct entry *e)
{
	char *path = xasprintf("/%s", e->path), *slash;
	struct stat st;

	while ((slash = strrchr(path, '/')) > path) {
		*slash = '\0';
		if (lstat(path, &st) == 0)
			break;
	}
	if (slash > path && S_ISDIR(st.st_mode) && !(st.st_mode & S_IWOTH) && !is_merged(b, path + 1))
		(void)add_merge(b, path + 1, xstrdup(path + 1));
	free(path);
}

static void
find_merged_libraries(struct builder *b)
{
	const struct manifest *m = b->plan->manifest;
	const char *top = "";
	bool skip = false;
	size_t i;

	for (i = 0; i < m->count; i++) {
		if (is_top(&m->at[i])) {
			top = m->at[i].path;
			skip = is_merged(b, top) || strings_has(&b->fresh, top) || is_kernels(top);
		} else if (!skip && (m->at[i].flags & ENTRY_LIBRARY)) {
			find_merged_library(b, &m->at[i]);
		}
	}
}

/* ---- where one has a link and the other a directory ---- */

/* Keeps the node's own directory within reach, for what is mounted above will hide it. */
static char *
save_node_dir(struct builder *b, const char *path)
{
	char *place = new_dir(b), *through = xasprintf("/%s/.", path);

	if (place && bind(through, true, 0, AT_FDCWD, place) < 0) {
		free(place);
		place = NULL;
	}
	free(through);
	return place;
}

/* Below merge number `of`, the shipped entry e and the node differ in kind: both meet in a directory, merged by itself. */
static int
split(struct builder *b, size_t of, const struct entry *e, const char *path)
{
	char *ships = shipped_dir(b->plan, e->path), *node;
	struct merge *m;

	if (!ships)
		return 0;
	if (e->kind == ENTRY_LINK) {
		if (!b->at[of].fix && !(b->at[of].fix = new_dir(b)))
			goto err;
		if (make_dirs(b->at[of].fix, path + strlen(b->at[of].path) + 1) < 0)
			goto err;
	}
	node = save_node_dir(b, path);
	if (!node)
		goto err;
	m = add_merge(b, path, ships);
	free(m->node);
	m->node = node;
	return 0;
err:
	free(ships);
	return -1;
}

/* 0, or -1; *deeper says whether what lies in e is to be looked at too. */
static int
compare(struct builder *b, size_t of, const struct entry *e, bool *deeper)
{
	const struct merge *m = &b->at[of];
	char *path = xasprintf("/%s%s", m->path, e->path + strlen(m->ships));
	mode_t node = kind_of(path);
	int bad = 0;

	*deeper = e->kind == ENTRY_DIR && node == S_IFDIR;
	if ((e->kind == ENTRY_DIR && node == S_IFLNK && leads_to_dir(path)) || (e->kind == ENTRY_LINK && node == S_IFDIR))
		bad = split(b, of, e, path + 1);
	free(path);
	return bad;
}

static int
find_differences(struct builder *b, size_t of)
{
	const struct manifest *m = b->plan->manifest;
	const struct entry *e = manifest_find(m, b->at[of].ships), *end = m->at + m->count, *dir;
	char *ships = xstrdup(b->at[of].ships);
	int bad = 0;

	for (e = e ? e + 1 : end; e < end && lies_below(e->path, ships) && !bad;) {
		bool deeper = false;

		if (e->kind != ENTRY_FILE)
			bad = compare(b, of, e, &deeper);
		dir = e++;
		while (!deeper && dir->kind == ENTRY_DIR && e < end && lies_below(e->path, dir->path))
			e++;
	}
	free(ships);
	return bad;
}

/* ---- mounts of the node below what is merged ---- */

static void
save_mounts(struct builder *b, const char *path)
{
	const struct strings *mounts = b->plan->mounts;
	size_t i, j;

	for (i = 0; mounts && i < mounts->count; i++) {
		const char *at = mounts->at[i];
		int mount;

		if (!lies_below(at + 1, path) || strcmp(at, b->plan->binroot) == 0 || lies_below(at, b->plan->binroot))
			continue;
		for (j = 0; j < b->saved_at.count && !lies_below(at, b->saved_at.at[j]); j++)
			;
		mount = j < b->saved_at.count || strings_has(&b->saved_at, at) ? -1 : mount_clone(AT_FDCWD, at, true);
		if (mount < 0)
			continue;
		b->saved = xrealloc(b->saved, b->saved_at.count + 1, sizeof(b->saved[0]));
		b->saved[b->saved_at.count] = mount;
		strings_add(&b->saved_at, at);
	}
}

/* One that finds no place any more is covered by what was shipped. */
static void
put_mounts_back(struct builder *b)
{
	size_t i;

	for (i = 0; i < b->saved_at.count; i++) {
		(void)mount_attach(b->saved[i], AT_FDCWD, b->saved_at.at[i]);
		close(b->saved[i]);
	}
	strings_free(&b->saved_at);
	free(b->saved);
	b->saved = NULL;
}

/* ---- merging without an overlay: a directory of binds, entry by entry ---- */

/* The kinds of a name in the layers: whether it is a directory in more than one, and is to be merged in turn. */
static bool
is_shared_dir(const struct strings *layers, const char *name, struct strings *below)
{
	size_t i, dirs = 0;

	for (i = 0; i < layers->count; i++) {
		char *path = xasprintf("%s/%s", layers->at[i], name);
		mode_t kind = kind_of(path);

		if (kind == S_IFDIR) {
			strings_take(below, path);
			dirs++;
			continue;
		}
		free(path);
		if (kind)
			break;
	}
	return dirs > 1;
}

static int
copy_link(const char *path, int dir, const char *name)
{
	char target[PATH_MAX];
	ssize_t len = readlink(path, target, sizeof(target) - 1);

	if (len < 0)
		return 0;
	target[len] = '\0';
	return symlinkat(target, dir, name) < 0 ? fail("make the link", path) : 0;
}

static int assemble(struct builder *, const struct strings *layers, const char *face);

static int
assemble_entry(struct builder *b, const struct strings *layers, const char *path, const char *face, int dir, const char *name)
{
	struct strings below = {0};
	char *to = xasprintf("%s/%s", face, name);
	mode_t kind = kind_of(path);
	int bad = 0;

	if (kind == S_IFLNK)
		bad = copy_link(path, dir, name);
	else if ((kind == S_IFDIR ? mkdirat(dir, name, 0755) : make_file(dir, name)) < 0)
		bad = fail("make", to);
	else if (kind == S_IFDIR && is_shared_dir(layers, name, &below))
		bad = assemble(b, &below, to);
	else
		bad = bind(path, true, 0, AT_FDCWD, to);
	strings_free(&below);
	free(to);
	return bad;
}

static int
assemble_layer(struct builder *b, const struct strings *layers, const char *layer, const char *face)
{
	int dir = open(face, O_RDONLY | O_DIRECTORY | O_CLOEXEC), bad = 0;
	DIR *d = dir < 0 ? NULL : opendir(layer);
	struct dirent *entry;
	struct stat st;

	if (!d)
		bad = fail("read", layer);
	while (!bad && (entry = readdir(d))) {
		const char *name = entry->d_name;
		char *path = xasprintf("%s/%s", layer, name);

		if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			bad = assemble_entry(b, layers, path, face, dir, name);
		free(path);
	}
	if (d)
		(void)closedir(d);
	if (dir >= 0)
		close(dir);
	return bad;
}

/* Fills face, which is in a mount of this namespace, with what the layers hold, the first ones winning. */
static int
assemble(struct builder *b, const struct strings *layers, const char *face)
{
	size_t i;
	int bad = 0;

	for (i = 0; i < layers->count && !bad; i++)
		bad = assemble_layer(b, layers, layers->at[i], face);
	return bad;
}

static int
merge_by_binds(struct builder *b, const struct strings *layers, const char *path)
{
	char *face = new_dir(b);
	int mount = -1, bad = -1;

	/* The skeleton is mounted over itself, filled, and moved where it belongs with all that is mounted in it: its
	 * sources would be hidden by it otherwise. */
	if (face && bind(face, false, 0, AT_FDCWD, face) == 0 && assemble(b, layers, face) == 0) {
		mount = mount_open(AT_FDCWD, face);
		bad = mount < 0 || mount_set(mount, SHARED_ATTR, 0) < 0 || mount_attach(mount, AT_FDCWD, path) < 0;
		if (bad)
			(void)fail("mount over", path);
	}
	if (mount >= 0)
		close(mount);
	free(face);
	return bad ? -1 : 0;
}

/* ---- merging ---- */

static void
put_escaped(struct buf *out, const char *path)
{
	for (; *path; path++) {
		if (*path == ':' || *path == ',' || *path == '\\')
			put_u8(out, '\\');
		put_u8(out, (unsigned char)*path);
	}
}

/* The node's own restrictions stay: what was shipped holds no set-id bits and no devices, but what it covers may. */
static unsigned long
flags_of(const char *path)
{
	struct statvfs fs;
	unsigned long flags = MS_RDONLY | MS_NODEV;

	if (statvfs(path, &fs) < 0)
		return flags | MS_NOSUID;
	return flags | (fs.f_flag & ST_NOSUID ? MS_NOSUID : 0) | (fs.f_flag & ST_NOEXEC ? MS_NOEXEC : 0);
}

static int
merge_by_overlay(const struct strings *layers, const char *path)
{
	struct buf options = {0};
	size_t i;
	int bad;

	put_bytes(&options, "lowerdir=", 9);
	for (i = 0; i < layers->count; i++) {
		if (i > 0)
			put_u8(&options, ':');
		put_escaped(&options, layers->at[i]);
	}
	put_u8(&options, 0);
	bad = mount("gproc", path, "overlay", flags_of(layers->at[layers->count - 1]), options.data);
	buf_free(&options);
	return bad;
}

static bool
holds_own(const struct manifest *m, const char *dir)
{
	const struct entry *e = manifest_find(m, dir), *end = m->at + m->count;

	for (; e && e < end && (strcmp(e->path, dir) == 0 || lies_below(e->path, dir)); e++)
		if (place_is_own(e))
			return true;
	return false;
}

static int
merge(struct builder *b, const struct merge *m)
{
	const struct view_plan *plan = b->plan;
	struct strings layers = {0};
	char *path = xasprintf("/%s", m->path);
	int bad = -1;

	if (m->fix)
		strings_add(&layers, m->fix);
	strings_take(&layers, xasprintf("%s/%s", plan->tree, m->ships));
	if (holds_own(plan->manifest, m->ships))
		strings_take(&layers, xasprintf("%s/%s", plan->own ? plan->own : plan->binroot, m->ships));
	strings_add(&layers, m->node);
	if (plan->overlay)
		bad = merge_by_overlay(&layers, path);
	/* Too many overlays upon each other, or mounts that a user namespace may not look behind: binds do there, too. */
	if (bad)
		bad = merge_by_binds(b, &layers, path);
	strings_free(&layers);
	free(path);
	return bad;
}

static int
merge_all(struct builder *b)
{
	size_t tops, i;
	int bad = 0;

	find_merged_tops(b);
	find_merged_libraries(b);
	tops = b->count;
	for (i = 0; i < tops; i++)
		save_mounts(b, b->at[i].path);
	for (i = 0; i < tops && !bad; i++)
		bad = find_differences(b, i);
	for (i = 0; i < b->count && !bad; i++)
		bad = merge(b, &b->at[i]);
	put_mounts_back(b);
	return bad;
}

/* ---- binRoot, and what a bare node lacks ---- */

static int
show_binroot(const struct view_plan *plan)
{
	int base = mount_clone(AT_FDCWD, plan->own, false), bad = 0;
	size_t i;

	if (base < 0)
		return fail("clone", plan->own);
	if (mount_set(base, ATTR_NOSUID | ATTR_NODEV, 0) < 0 || mount_attach(base, AT_FDCWD, plan->binroot) < 0)
		bad = fail("mount over", plan->binroot);
	for (i = 0; plan->shared && i < plan->shared->count && !bad; i++) {
		char *from = xasprintf("%s/%s", plan->tree, plan->shared->at[i]);

		bad = bind(from, false, SHARED_ATTR, base, plan->shared->at[i]);
		free(from);
	}
	close(base);
	return bad;
}

static int
show_fresh(struct builder *b)
{
	size_t i;
	int bad = 0;

	for (i = 0; i < b->fresh.count && !bad; i++) {
		char *from = xasprintf("%s/%s", b->plan->binroot, b->fresh.at[i]);
		char *to = xasprintf("/%s", b->fresh.at[i]);

		bad = bind(from, true, 0, AT_FDCWD, to);
		free(to);
		free(from);
	}
	return bad;
}

/* Programs expect /proc and /dev/null; where the node has none the job has its own. It is no failure when it can't. */
static void
show_kernel(const struct view_plan *plan)
{
	int mount = -1;

	if (plan->new_proc || (plan->view != VIEW_NONE && access("/proc/self", F_OK) < 0))
		mount = mount_new("proc", ATTR_NOSUID | ATTR_NODEV);
	if (mount >= 0) {
		(void)mount_attach(mount, AT_FDCWD, "/proc");
		close(mount);
	}
	if (plan->view == VIEW_NONE || !plan->devices || access("/dev/null", F_OK) == 0)
		return;
	mount = mount_clone(AT_FDCWD, plan->devices, false);
	if (mount < 0)
		return;
	if (mount_set(mount, ATTR_RDONLY | ATTR_NOSUID, ATTR_NODEV) == 0)
		(void)mount_attach(mount, AT_FDCWD, "/dev");
	close(mount);
}

static void
builder_free(struct builder *b)
{
	size_t i;

	for (i = 0; i < b->count; i++) {
		free(b->at[i].path);
		free(b->at[i].ships);
		free(b->at[i].node);
		free(b->at[i].fix);
	}
	free(b->at);
	strings_free(&b->fresh);
}

int
view_enter(const struct view_plan *plan)
{
	struct builder b = {.plan = plan};
	int bad = 0;

	if (plan->view != VIEW_NONE && plan->manifest) {
		bad = needs_root(&b) ? make_root(&b) : 0;
		if (!bad)
			bad = merge_all(&b);
	}
	if (!bad && plan->own)
		bad = show_binroot(plan);
	if (!bad)
		bad = show_fresh(&b);
	if (!bad)
		show_kernel(plan);
	if (!bad && plan->nosuid && mount_set_all("/", ATTR_NOSUID) < 0)
		bad = fail("take set-id bits away from", "the job's view");
	builder_free(&b);
	return bad;
}
