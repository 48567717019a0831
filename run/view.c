/* The job's view of files: the node's root and the shipped tree as one, and binRoot, in a mount namespace.
 * Must never know of processes or the network. */
#include "run/view.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/merge.h"
#include "base/sys.h"

#define SHARED_ATTR (ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV)

const char *
view_error(void)
{
	return stage_error();
}

/* ---- a root of the job's own, where the node's lacks a name that was shipped ---- */

static bool
is_top(const struct entry *e)
{
	return !strchr(e->path, '/');
}

static mode_t
kind_of(const struct stage *s, const char *name)
{
	struct stat st;

	return fstatat(s->root, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_mode & S_IFMT : 0;
}

/* The text of a link in the node's root; "" when it is none. */
static const char *
read_link(const struct stage *s, const char *name, char target[PATH_MAX])
{
	ssize_t len = readlinkat(s->root, name, target, PATH_MAX - 1);

	target[len < 0 ? 0 : len] = '\0';
	return target;
}

/* What the root must hold under a name: the node's, or the manifest's entry instead. */
static bool
ships_instead(const struct stage *s, const char *name, mode_t node, const struct entry *e)
{
	char target[PATH_MAX];

	if (!e || !merge_is_place(s->plan, name))
		return false;
	if (e->kind != ENTRY_LINK || node != S_IFLNK)
		return e->kind == ENTRY_DIR && node != S_IFDIR;
	(void)read_link(s, name, target);
	return strcmp(e->target + strspn(e->target, "/"), target + strspn(target, "/")) != 0;
}

/* A link of the node's that was sent as it is. */
static bool
is_same_link(const struct stage *s, const struct entry *e)
{
	char target[PATH_MAX];

	return e->kind == ENTRY_LINK && merge_is_place(s->plan, e->path) && *read_link(s, e->path, target) &&
	       strcmp(e->target + strspn(e->target, "/"), target + strspn(target, "/")) == 0;
}

static bool
needs_root(struct stage *s)
{
	const struct manifest *m = s->plan->manifest;
	bool needed = false;
	size_t i;

	for (i = 0; i < m->count && !needed; i++) {
		const struct entry *e = &m->at[i];
		bool same = is_top(e) && is_same_link(s, e);
		mode_t node = is_top(e) && !same ? kind_of(s, e->path) : S_IFDIR;

		if (same)
			strings_add(&s->links, e->path);
		needed = is_top(e) && !same && (node == 0 || ships_instead(s, e->path, node, e));
	}
	return needed;
}

static int
make_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);

	return fd < 0 ? -1 : close(fd);
}

static int
put_link(int face, const char *name, const char *target)
{
	return symlinkat(target, face, name) < 0 ? stage_fail("make the link", name) : 0;
}

/* The node's name itself is shown. What can't be bound, for example because it has just gone, is left out. */
static int
bind_name(int from, const char *path, bool is_dir, int face, int root, const char *name)
{
	int mount = mount_clone(from, path, true), bad = 0;

	if (mount < 0)
		return 0;
	if ((is_dir ? mkdirat(face, name, 0755) : make_file(face, name)) < 0)
		bad = stage_fail("make", name);
	else if (mount_attach(mount, root, name) < 0)
		bad = stage_fail("mount", name);
	close(mount);
	return bad;
}

/* A link of the node's where a directory was shipped: the directory that the user reaches by it is merged in its stead; where there is
 * none the shipped one stands alone. A link that leads where the user may not go stays. */
static int
bind_led(struct stage *s, int face, int root, const char *name)
{
	char target[PATH_MAX];
	int fd, bad, error;

	stage_as_user(s);
	fd = openat(s->root, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	error = errno;
	stage_as_self(s);
	if (fd < 0 && error == EACCES)
		return put_link(face, name, read_link(s, name, target));
	if (fd < 0) {
		strings_add(&s->fresh, name);
		return mkdirat(face, name, 0755) < 0 ? stage_fail("make", name) : 0;
	}
	bad = bind_name(fd, "", true, face, root, name);
	close(fd);
	return bad;
}

/* One name of the node's root, which is root's: nobody else can lead it elsewhere. */
static int
root_entry(struct stage *s, int face, int root, const char *name)
{
	const struct entry *e = manifest_find(s->plan->manifest, name);
	mode_t node = kind_of(s, name);
	bool instead = ships_instead(s, name, node, e);
	char target[PATH_MAX];

	if (node == 0)
		return 0;
	if (node != S_IFLNK)
		return bind_name(s->root, name, node == S_IFDIR, face, root, name);
	if (instead && e->kind == ENTRY_LINK)
		return put_link(face, name, e->target);
	return instead ? bind_led(s, face, root, name) : put_link(face, name, read_link(s, name, target));
}

static int
root_of_node(struct stage *s, int face, int root)
{
	DIR *d = opendir("/");
	struct dirent *entry;
	int bad = 0;

	if (!d)
		return stage_fail("read", "/");
	while (!bad && (entry = readdir(d)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			bad = root_entry(s, face, root, entry->d_name);
	(void)closedir(d);
	return bad;
}

/* Names that only the shipped tree has: links at once, the others are bound when binRoot is there. */
static int
root_of_ships(struct stage *s, int face)
{
	const struct manifest *m = s->plan->manifest;
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
			return stage_fail("make", e->path);
		strings_add(&s->fresh, e->path);
	}
	(void)mkdirat(face, "proc", 0755);
	(void)mkdirat(face, "dev", 0755);
	return 0;
}

static int
face_of_root(struct stage *s, int dir)
{
	struct stat st = {.st_mode = 0700};
	struct face face;
	int bad;

	(void)fstat(s->root, &st);
	bad = stage_face(s, s->root, &st, &face) && stage_put_face(dir, &face) < 0 ? stage_fail("make", "a root as the node's") : 0;
	free(face.acl);
	return bad;
}

/* The new root is moved over the old one and entered: pivot_root would fail on an initramfs, and a chroot to what is not the
 * topmost mount would forbid the job its own user namespaces. */
static int
make_root(struct stage *s)
{
	char *path = stage_dir(s);
	int face = path ? openat(s->store, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int root = face < 0 ? -1 : mount_clone(s->store, path, false), bad = -1;

	if (root < 0 || mount_set(root, SHARED_ATTR, 0) < 0 || mount_attach(root, AT_FDCWD, "/") < 0)
		(void)(path ? stage_fail("mount", "the job's root") : 0);
	else if (root_of_node(s, face, root) == 0 && root_of_ships(s, face) == 0 && face_of_root(s, face) == 0)
		bad = stage_enter(s, root);
	close_fd(&root);
	close_fd(&face);
	free(path);
	return bad;
}

/* ---- binRoot, and what a bare node lacks ---- */

/* A place in the view that the user can reach without a link on the way, where root's mounts go. -1 with stage_error(). */
static int
open_place(struct stage *s, const char *path)
{
	int fd;

	stage_as_user(s);
	fd = open_unled(s->root, path + 1, O_PATH);
	stage_as_self(s);
	if (fd < 0)
		(void)stage_fail("reach", path);
	return fd;
}

static int
show_binroot(struct stage *s)
{
	const struct view_plan *plan = s->plan;
	int place = open_place(s, plan->binroot_path), base, bad = 0;
	size_t i;

	if (place < 0)
		return -1;
	base = mount_clone(s->store, plan->own, false);
	if (base < 0)
		bad = stage_fail("clone", plan->own);
	else if (mount_set(base, ATTR_NOSUID | ATTR_NODEV, 0) < 0 || mount_attach(base, place, "") < 0)
		bad = stage_fail("mount over", plan->binroot_path);
	for (i = 0; plan->shared && i < plan->shared->count && !bad; i++) {
		char *from = xasprintf("%s/%s", plan->tree, plan->shared->at[i]);

		bad = stage_bind(s->store, from, false, SHARED_ATTR, base, plan->shared->at[i]);
		free(from);
	}
	close_fd(&place);
	close_fd(&base);
	return bad;
}

static int
show_fresh(struct stage *s)
{
	size_t i;
	int bad = 0;

	for (i = 0; i < s->fresh.count && !bad; i++) {
		char *from = xasprintf("%s/%s", s->plan->binroot_path, s->fresh.at[i]);
		int fd = open_place(s, from);

		bad = fd < 0 ? -1 : stage_bind(fd, "", true, 0, s->root, s->fresh.at[i]);
		close_fd(&fd);
		free(from);
	}
	return bad;
}

/* Over a directory of the view's root, if it is one and no link. Takes the mount. */
static void
put_over(const struct stage *s, int mount, const char *name)
{
	int place = mount < 0 ? -1 : open_unled(s->root, name, O_PATH | O_DIRECTORY);

	if (place >= 0)
		(void)mount_attach(mount, place, "");
	close_fd(&place);
	close_fd(&mount);
}

static bool
has(const struct stage *s, const char *path)
{
	int fd = open_unled(s->root, path, O_PATH | O_NOFOLLOW);
	bool there = fd >= 0;

	close_fd(&fd);
	return there;
}

/* Programs expect /proc and /dev/null; where the node has none the job has its own. It is no failure when it can't. */
static void
show_kernel(const struct stage *s, bool own_root)
{
	const struct view_plan *plan = s->plan;
	int mount = -1;

	if (plan->new_proc || (plan->view != VIEW_NONE && (own_root || !plan->has_proc) && !has(s, "proc/self")))
		put_over(s, mount_new("proc", ATTR_NOSUID | ATTR_NODEV), "proc");
	if (plan->view != VIEW_NONE && plan->devices && !has(s, "dev/null"))
		mount = mount_clone(s->store, plan->devices, false);
	if (mount >= 0 && mount_set(mount, ATTR_RDONLY | ATTR_NOSUID, ATTR_NODEV) < 0)
		close_fd(&mount);
	put_over(s, mount, "dev");
	put_over(s, plan->terminals, "dev/pts");
}

int
view_enter(const struct view_plan *plan)
{
	struct stage s;
	int bad = stage_begin(&s, plan);
	bool own_root = false;

	if (!bad && plan->view != VIEW_NONE && plan->manifest) {
		own_root = needs_root(&s);
		bad = own_root ? make_root(&s) : 0;
		if (!bad)
			bad = merge_all(&s);
		if (own_root && plan->merged)
			strings_free(plan->merged);
	}
	if (!bad && plan->own)
		bad = show_binroot(&s);
	if (!bad)
		bad = show_fresh(&s);
	if (!bad)
		show_kernel(&s, own_root);
	if (!bad && plan->nosuid && mount_set_all("/", ATTR_NOSUID) < 0)
		bad = stage_fail("take set-id bits away from", "the job's view");
	return stage_end(&s) < 0 ? -1 : bad;
}
