/* A private file system that no path leads to, and the sure removal of what others may have built in it.
 * Must never know what is kept there. */
#include "run/vault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From linux/mount.h, which musl-gcc does not see. */
enum {
	OPEN_CLONE = 1,		  /* OPEN_TREE_CLONE */
	WHOLE_TREE = 0x8000,	  /* AT_RECURSIVE */
	OPEN_CLOEXEC = 1,	  /* FSOPEN_CLOEXEC, FSMOUNT_CLOEXEC */
	CONFIG_STRING = 1,	  /* FSCONFIG_SET_STRING */
	CONFIG_CREATE = 6,	  /* FSCONFIG_CMD_CREATE */
	ATTR_NOSUID = 2,	  /* MOUNT_ATTR_NOSUID */
	ATTR_NODEV = 4,		  /* MOUNT_ATTR_NODEV */
	MOVE_FROM_DESCRIPTOR = 4, /* MOVE_MOUNT_F_EMPTY_PATH */
};
/* The same on every architecture that has them (asm-generic/unistd.h). */
#ifndef SYS_fsopen
#define SYS_open_tree 428
#define SYS_move_mount 429
#define SYS_fsopen 430
#define SYS_fsconfig 431
#define SYS_fsmount 432
#endif

static char error_text[256];

const char *
vault_error(void)
{
	return error_text;
}

static int
fail(const char *what, const char *which)
{
	set_error(error_text, sizeof(error_text), "%s %s: %s", what, which, strerror(errno));
	return -1;
}

/* ---- removing ---- */

/* Moves dir/name into top, under a name that is free there or of an empty directory. */
static int
move_up(int dir, const char *name, int top, unsigned *number)
{
	char fresh[32];

	for (;;) {
		(void)snprintf(fresh, sizeof(fresh), ".gone-%u", (*number)++);
		if (renameat(dir, name, top, fresh) == 0)
			return 0;
		if (errno != ENOTEMPTY && errno != EEXIST && errno != ENOTDIR)
			return -1;
	}
}

/* A file, or an empty directory. */
static int
remove_one(int dir, const char *name)
{
	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -1;
	return unlinkat(dir, name, AT_REMOVEDIR);
}

static DIR *
open_dir(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d;

	/* Without root, one's own directory may forbid even oneself. */
	if (fd < 0 && errno == EACCES && fchmodat(dir, name, 0700, 0) == 0)
		fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d && fd >= 0)
		close(fd);
	return d;
}

static bool
is_dots(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* Empties the directory dir/name, whose directories go up into top, and removes it. */
static int
remove_flat(int dir, const char *name, int top, unsigned *number)
{
	DIR *d = open_dir(dir, name);
	struct dirent *entry;
	int bad = 0;

	if (!d)
		return -1;
	(void)fchmod(dirfd(d), 0700);
	while ((entry = readdir(d)))
		if (!is_dots(entry->d_name) && remove_one(dirfd(d), entry->d_name) < 0)
			bad |= move_up(dirfd(d), entry->d_name, top, number);
	(void)closedir(d);
	return bad ? -1 : unlinkat(dir, name, AT_REMOVEDIR);
}

/* A tree may be deeper than a process may have descriptors or stack: so nothing descends, but what lies below the second level
 * is moved up to the first, again and again, until nothing is left. */
int
remove_tree(int dir, const char *name)
{
	unsigned number = 0, removed;
	struct dirent *entry;
	DIR *top;

	if (remove_one(dir, name) == 0)
		return 0;
	top = open_dir(dir, name);
	if (!top)
		return -1;
	(void)fchmod(dirfd(top), 0700);
	do {
		removed = 0;
		rewinddir(top);
		while ((entry = readdir(top))) {
			if (is_dots(entry->d_name))
				continue;
			if (remove_one(dirfd(top), entry->d_name) == 0 || remove_flat(dirfd(top), entry->d_name, dirfd(top), &number) == 0)
				removed++;
		}
	} while (removed > 0);
	(void)closedir(top);
	return unlinkat(dir, name, AT_REMOVEDIR);
}

/* ---- making ---- */

static int
make_tmpfs(uint64_t size)
{
	int fs = (int)syscall(SYS_fsopen, "tmpfs", OPEN_CLOEXEC), mount = -1;
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)size);
	if (fs < 0)
		return fail("can't make", "a tmpfs");
	if (syscall(SYS_fsconfig, fs, CONFIG_STRING, "size", text, 0) == 0 &&
		syscall(SYS_fsconfig, fs, CONFIG_STRING, "mode", "0700", 0) == 0 &&
		syscall(SYS_fsconfig, fs, CONFIG_CREATE, NULL, NULL, 0) == 0)
		mount = (int)syscall(SYS_fsmount, fs, OPEN_CLOEXEC, ATTR_NOSUID | ATTR_NODEV);
	if (mount < 0)
		(void)fail("can't make", "a tmpfs");
	close(fs);
	return mount;
}

/* A directory that nobody can remove, for that would take the mount on it away, with as few mounts below it as may be: the root of
 * one of the usual file systems, and where there are none the root itself. */
static const char *
choose_place(void)
{
	static const char *const places[] = {"/proc", "/sys", "/run", "/dev"};
	struct stat root, place;
	size_t i;

	if (lstat("/", &root) == 0)
		for (i = 0; i < COUNT(places); i++)
			if (lstat(places[i], &place) == 0 && S_ISDIR(place.st_mode) && place.st_dev != root.st_dev)
				return places[i];
	return "/";
}

/* Lookups of "/" begin below what is mounted there, but ".." goes up above it: so the clone must be the process's root. As it is the
 * topmost one, the kernel does not take this for a chroot (which would forbid user namespaces). */
static int
enter(int clone)
{
	char cwd[PATH_MAX];
	bool known = getcwd(cwd, sizeof(cwd)) != NULL;

	if (fchdir(clone) < 0 || chroot(".") < 0)
		return fail("can't enter", "the clone of the root");
	if (known)
		(void)!chdir(cwd); /* it was there a moment ago; if not, the root is as good a place */
	return 0;
}

static int
hide(int mount, const char *over)
{
	int clone = (int)syscall(SYS_open_tree, AT_FDCWD, over, OPEN_CLONE | WHOLE_TREE | O_CLOEXEC), bad = 0;

	if (clone < 0)
		return fail("can't clone", over);
	if (syscall(SYS_move_mount, mount, "", AT_FDCWD, over, MOVE_FROM_DESCRIPTOR) < 0 ||
		syscall(SYS_move_mount, clone, "", AT_FDCWD, over, MOVE_FROM_DESCRIPTOR) < 0)
		bad = fail("can't mount over", over);
	else if (strcmp(over, "/") == 0)
		bad = enter(clone);
	close(clone);
	return bad;
}

int
vault_mount(struct vault *v, uint64_t size)
{
	*v = (struct vault){.dir = make_tmpfs(size), .mounted = true, .over = choose_place()};
	if (v->dir < 0)
		return -1;
	if (hide(v->dir, v->over) == 0)
		return 0;
	close(v->dir);
	v->dir = -1;
	return -1;
}

int
vault_make(struct vault *v, const char *parent)
{
	*v = (struct vault){.dir = -1, .path = xasprintf("%s/.store-%ld", parent, (long)getpid())};
	/* What is there by that name is a dead process's. */
	(void)remove_tree(AT_FDCWD, v->path);
	if (mkdir(v->path, 0700) == 0)
		v->dir = open(v->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (v->dir >= 0)
		return 0;
	(void)fail("can't make", v->path);
	free(v->path);
	v->path = NULL;
	return -1;
}

/* Takes the clone away, and then the mount. No path leads to them, but a working directory does, up to the topmost. */
static void
unmount(const struct vault *v)
{
	int cwd = open(".", O_PATH | O_CLOEXEC);

	if (cwd >= 0 && fchdir(v->dir) == 0) {
		(void)umount2(".", MNT_DETACH);
		(void)umount2(".", MNT_DETACH);
		(void)!fchdir(cwd);
	}
	if (cwd >= 0)
		close(cwd);
}

static void
empty(int dir)
{
	DIR *d = open_dir(dir, ".");
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		if (!is_dots(entry->d_name))
			(void)remove_tree(dir, entry->d_name);
	if (d)
		(void)closedir(d);
}

void
vault_close(struct vault *v)
{
	if (v->dir < 0)
		return;
	empty(v->dir);
	/* The clone of the root is where this process lives. */
	if (v->mounted && strcmp(v->over, "/") != 0)
		unmount(v);
	close(v->dir);
	if (v->path)
		(void)remove_tree(AT_FDCWD, v->path);
	free(v->path);
	*v = (struct vault){.dir = -1};
}
