/* Whether everybody on this machine may read a file.
 * Must never know what that is asked for. */
#include "ship/public.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#define FUSE 0x65735546 /* statfs's f_type: FUSE_SUPER_MAGIC of linux/magic.h */

/* An ACL may take from some what the mode gives to all. Where it can't be told, there may be one. */
static bool
has_acl(const char *path)
{
	return lgetxattr(path, "system.posix_acl_access", NULL, 0) >= 0 || (errno != ENODATA && errno != ENOTSUP);
}

static bool
is_searchable(const char *dir)
{
	struct stat st;

	return lstat(dir, &st) == 0 && S_ISDIR(st.st_mode) && (st.st_mode & 0111) == 0111 && !has_acl(dir);
}

/* dir has no links in it: "/usr/bin". */
static bool
is_searchable_to(const char *dir)
{
	char *way = xstrdup(dir), *slash;
	bool all = is_searchable("/");

	for (slash = cut_next(way, NULL); slash && all; slash = cut_next(way, slash))
		all = is_searchable(way);
	all = all && (!*way || is_searchable(way));
	free(way);
	return all;
}

static bool
lies_in_public(struct public_look *look, char *file)
{
	char *slash = strrchr(file, '/');

	*slash = '\0';
	if (!look->dir || strcmp(look->dir, file) != 0) {
		free(look->dir);
		look->dir = xstrdup(file);
		look->searchable = is_searchable_to(file);
	}
	*slash = '/';
	return look->searchable;
}

/* What realpath says of a file, whose directory is found out once for all in it. Caller frees; NULL: nothing. */
static char *
real_name(struct public_look *look, const char *file)
{
	const char *slash = strrchr(file, '/');
	size_t len = slash ? (size_t)(slash + 1 - file) : 0;
	struct stat st;
	char *name;

	if (!slash)
		return realpath(file, NULL);
	if (!look->given || strlen(look->given) != len || memcmp(look->given, file, len) != 0) {
		free(look->given);
		free(look->real);
		look->given = xstrndup(file, len);
		look->real = realpath(look->given, NULL);
	}
	if (!look->real)
		return NULL;
	name = xasprintf("%s/%s", look->real[1] ? look->real : "", slash + 1);
	if (lstat(name, &st) == 0 && S_ISREG(st.st_mode))
		return name;
	free(name);
	return realpath(file, NULL);
}

bool
public_file(struct public_look *look, const char *file, uint64_t dev, uint64_t ino)
{
	char *real = real_name(look, file);
	struct statfs fs;
	struct stat st;
	bool is;

	is = real && lstat(real, &st) == 0 && st.st_dev == dev && st.st_ino == ino && S_ISREG(st.st_mode) && st.st_uid != geteuid() &&
	     (st.st_mode & 0444) == 0444 && !has_acl(real) && statfs(real, &fs) == 0 && fs.f_type != FUSE && lies_in_public(look, real);
	free(real);
	return is;
}

void
public_end(struct public_look *look)
{
	free(look->given);
	free(look->real);
	free(look->dir);
	*look = (struct public_look){0};
}
