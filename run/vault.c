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
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/sys.h"

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

struct removal {
	int top;	 /* where all directories go up into */
	unsigned number; /* the next one's name there */
	uint64_t left;	 /* directories that may be met */
};

/* A user who is in a directory that is removed goes on making others below it, quicker than they go. When more have been met than there
 * can have been at once, that is what happens: it is given up. */
static uint64_t
count_limit(int dir)
{
	struct statvfs fs;

	return fstatvfs(dir, &fs) == 0 && fs.f_files ? fs.f_files : UINT32_MAX;
}

/* Moves dir/name into top, under a name that is free there or of an empty directory. */
static int
move_up(int dir, const char *name, struct removal *r)
{
	char fresh[32];

	if (r->left == 0)
		return -1;
	r->left--;
	for (;;) {
		(void)snprintf(fresh, sizeof(fresh), ".gone-%u", r->number++);
		if (renameat(dir, name, r->top, fresh) == 0)
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
	DIR *d = list_dir(dir, name);

	/* Without root, one's own directory may forbid even oneself. */
	if (!d && errno == EACCES && fchmodat(dir, name, 0700, 0) == 0)
		d = list_dir(dir, name);
	return d;
}

/* A process that still holds a directory open adds nothing to it from here on, nor lets itself in again. */
static void
seize(DIR *d)
{
	if (geteuid() == 0)
		(void)!fchown(dirfd(d), 0, 0);
	(void)fchmod(dirfd(d), 0700);
}

static bool
is_dots(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* Empties the directory top/name, whose directories go up into top, and removes it. */
static int
remove_flat(const char *name, struct removal *r)
{
	DIR *d = open_dir(r->top, name);
	struct dirent *entry;
	int bad = 0;

	if (!d)
		return -1;
	seize(d);
	while ((entry = readdir(d)))
		if (!is_dots(entry->d_name) && remove_one(dirfd(d), entry->d_name) < 0)
			bad |= move_up(dirfd(d), entry->d_name, r);
	(void)closedir(d);
	return bad ? -1 : unlinkat(r->top, name, AT_REMOVEDIR);
}

/* A tree may be deeper than a process may have descriptors or stack: so nothing descends, but what lies below the second level
 * is moved up to the first, again and again, until nothing is left. */
int
remove_tree(int dir, const char *name)
{
	struct removal r = {.number = 0};
	struct dirent *entry;
	unsigned removed;
	DIR *top;

	if (remove_one(dir, name) == 0)
		return 0;
	top = open_dir(dir, name);
	if (!top)
		return -1;
	seize(top);
	r.top = dirfd(top);
	r.left = count_limit(r.top);
	do {
		removed = 0;
		rewinddir(top);
		while ((entry = readdir(top))) {
			if (is_dots(entry->d_name))
				continue;
			if (remove_one(r.top, entry->d_name) == 0 || remove_flat(entry->d_name, &r) == 0)
				removed++;
		}
	} while (removed > 0 && r.left > 0);
	(void)closedir(top);
	return unlinkat(dir, name, AT_REMOVEDIR);
}

/* ---- making ---- */

/* A directory that no process can remove, for that would take the mount on it away, with as few mounts below it as may be: the root of
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
	int clone = mount_clone(AT_FDCWD, over, true), bad = 0;

	if (clone < 0)
		return fail("can't clone", over);
	if (mount_attach(mount, AT_FDCWD, over) < 0 || mount_attach(clone, AT_FDCWD, over) < 0)
		bad = fail("can't mount over", over);
	else if (strcmp(over, "/") == 0)
		bad = enter(clone);
	close(clone);
	return bad;
}

int
vault_mount(struct vault *v, uint64_t size, uint64_t inodes)
{
	*v = (struct vault){.dir = mount_tmpfs(size, inodes, ATTR_NOSUID | ATTR_NODEV), .mounted = true, .over = choose_place()};
	if (v->dir < 0)
		return fail("can't make", "a tmpfs");
	if (hide(v->dir, v->over) == 0)
		return 0;
	close(v->dir);
	v->dir = -1;
	return -1;
}

/* ---- in a directory of another file system: ".store-<pid>.<n>", locked while its daemon or a keeper of it lives ---- */

static int
open_and_lock(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -1;
	/* Ours, and still there: in a sticky directory nobody else can put another in its place. */
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 && st.st_uid == geteuid() && st.st_nlink > 0)
		return fd;
	close(fd);
	return -1;
}

/* Those that killed daemons left take the machine's memory until they are removed. */
static void
sweep(int parent)
{
	DIR *d = open_dir(parent, ".");
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		int fd = has_prefix(entry->d_name, ".store-") ? open_and_lock(parent, entry->d_name) : -1;

		if (fd < 0)
			continue;
		(void)remove_tree(parent, entry->d_name);
		close(fd);
	}
	if (d)
		(void)closedir(d);
}

int
vault_make(struct vault *v, const char *parent)
{
	int at = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unsigned n;
	char name[48];

	*v = (struct vault){.dir = -1};
	if (at < 0)
		return fail("can't open", parent);
	sweep(at);
	/* The pid alone may be that of a daemon in another pid namespace; one that sweeps may be quicker than our lock. */
	for (n = 0; v->dir < 0 && n < 1000; n++) {
		(void)snprintf(name, sizeof(name), ".store-%ld.%u", (long)getpid(), n);
		if (mkdirat(at, name, 0700) == 0)
			v->dir = open_and_lock(at, name);
		else if (errno != EEXIST)
			break;
	}
	close(at);
	if (v->dir < 0)
		return fail("can't make a directory in", parent);
	v->path = xasprintf("%s/%s", parent, name);
	return 0;
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
	/* The clone goes, and then the mount. The clone of the root is where this process lives. */
	if (v->mounted && strcmp(v->over, "/") != 0)
		(void)unmount(v->dir, 2);
	close(v->dir);
	if (v->path)
		(void)remove_tree(AT_FDCWD, v->path);
	free(v->path);
	*v = (struct vault){.dir = -1};
}
