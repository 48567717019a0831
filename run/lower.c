/* Files of the store shown as a job's own: the overlay that does it, and whether there is one.
 * Must never know which files these are, or jobs. */
#include "run/lower.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/sys.h"
#include "run/vault.h"

#define PROBE "lower/.probe"

/* Without an index each name of a lower file is a file of its own: the store's have several. One device number for all of it, so that
 * nothing passes over a file as another file system's. */
int
lower_mount(enum lower_kind kind, const char *lower, const char *upper, const char *work)
{
	bool given = kind == LOWER_GIVEN;
	const char *options[] = {"lowerdir", lower, "upperdir", upper, "workdir", work, "index", "off", "xino", "on",
		given ? "metacopy" : "userxattr", given ? "on" : "", NULL};

	return mount_with("overlay", ATTR_NOSUID | ATTR_NODEV, options);
}

static bool
write_page(int dir, const char *name)
{
	char page[4096] = "x";
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	bool good = fd >= 0 && write_full(fd, page, sizeof(page)) == 0;

	close_fd(&fd);
	return good;
}

static bool
make_layers(int dir)
{
	static const char *const dirs[] = {"lower", "lower/dir", "upper", "work"};
	size_t i;

	for (i = 0; i < COUNT(dirs); i++)
		if (mkdirat(dir, dirs[i], 0700) < 0)
			return false;
	return write_page(dir, "lower/file") && write_page(dir, "lower/dir/file");
}

/* A directory that is made where there was a lower one must be empty: that takes an extended attribute of the upper layer. */
static bool
hides(int top)
{
	return unlinkat(top, "dir/file", 0) == 0 && unlinkat(top, "dir", AT_REMOVEDIR) == 0 && mkdirat(top, "dir", 0700) == 0 &&
	       faccessat(top, "dir/file", F_OK, 0) < 0 && errno == ENOENT;
}

static bool
copies_nothing(int dir, int top)
{
	struct stat st;

	return fchownat(top, "file", 1, 1, 0) == 0 && fstatat(dir, "upper/file", &st, 0) == 0 && st.st_size == 4096 && st.st_blocks == 0;
}

static bool
works(int dir, enum lower_kind kind)
{
	int here = open(".", O_PATH | O_CLOEXEC), top = -1;
	bool good;

	if (here >= 0 && fchdir(dir) == 0) {
		top = lower_mount(kind, "lower", "upper", "work");
		(void)!fchdir(here);
	}
	good = top >= 0 && hides(top) && (kind == LOWER_KEPT || copies_nothing(dir, top));
	close_fd(&top);
	close_fd(&here);
	return good;
}

enum lower_kind
lower_probe(int store, bool is_root)
{
	enum lower_kind kind = is_root ? LOWER_GIVEN : LOWER_KEPT;
	struct statfs fs;
	int dir;

	/* The end of an overlay waits until all of its upper layer's file system is on the disk. */
	if (fstatfs(store, &fs) < 0 || fs.f_type != TMPFS_MAGIC || mkdirat(store, PROBE, 0700) < 0)
		return LOWER_NONE;
	dir = openat(store, PROBE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || !make_layers(dir) || !works(dir, kind))
		kind = LOWER_NONE;
	close_fd(&dir);
	(void)remove_tree(store, PROBE);
	return kind;
}
