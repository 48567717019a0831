/* Paths inside a root directory: resolved one part at a time, so that no link leads out of it.
 * Must never know what the files are for. */
#include "ship/rootfs.h"

#include "base/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_MATCHES 4096 /* of one pattern: more is no configuration */
#define MAX_STEPS 4096	 /* directories and parts that one pattern leads through */

void
symlinks_free(struct symlinks *list)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		free(list->at[i].path);
		free(list->at[i].target);
	}
	free(list->at);
	*list = (struct symlinks){0};
}

static void
symlinks_add(struct symlinks *list, const char *path, const char *target)
{
	list->at = grow(list->at, list->count, &list->room, sizeof(list->at[0]));
	list->at[list->count++] = (struct symlink){xstrdup(path), xstrdup(target)};
}

static void
symlinks_move(struct symlinks *from, struct symlinks *to)
{
	size_t i;

	for (i = 0; to && i < from->count; i++)
		symlinks_add(to, from->at[i].path, from->at[i].target);
	symlinks_free(from);
}

/* Takes the next part. When that is a link it is noted in met and followed, but not as the last part without follow_last. 1: there may be
 * more, 0: that was the end, -1 with errno. */
static int
pass(struct walk *w, bool follow_last, struct symlinks *met)
{
	enum walk_step step = walk_step(w);
	char target[PATH_MAX];
	ssize_t len;

	if (step != WALK_DOWN)
		return step != WALK_END;
	len = readlink(walk_whole(w), target, sizeof(target) - 1);
	if (len < 0)
		return errno == EINVAL ? 1 : -1;
	if (!walk_goes_on(w) && !follow_last)
		return 1;
	target[len] = '\0';
	symlinks_add(met, walk_inside(w), target);
	return walk_follow(w, target) < 0 ? -1 : 1;
}

static char *
resolve(const char *root, const char *path, bool follow_last, struct symlinks *met)
{
	struct walk w = walk_from(strcmp(root, "/") == 0 ? "" : root, path);
	struct symlinks passed = {0};
	char *out = NULL;
	int more;

	while ((more = pass(&w, follow_last, &passed)) > 0)
		;
	if (more == 0) {
		out = xstrdup(*walk_inside(&w) ? walk_inside(&w) : "/");
		symlinks_move(&passed, met);
	}
	walk_end(&w);
	symlinks_free(&passed);
	return out;
}

char *
rootfs_resolve(const char *root, const char *path, struct symlinks *met)
{
	return resolve(root, path, true, met);
}

char *
rootfs_resolve_parent(const char *root, const char *path, struct symlinks *met)
{
	return resolve(root, path, false, met);
}

char *
rootfs_join(const char *root, const char *path)
{
	return strcmp(root, "/") == 0 ? xstrdup(path) : xasprintf("%s%s", root, path);
}

char *
rootfs_absolute(const char *path)
{
	char *cwd, *out;

	if (*path == '/')
		return xstrdup(path);
	cwd = getcwd(NULL, 0);
	out = xasprintf("%s/%s", cwd ? cwd : "", path);
	free(cwd);
	return out;
}

int
rootfs_map(const char *path, struct mapped *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not block */
	struct stat st;
	void *data;

	*out = (struct mapped){0};
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		goto err;
	out->mode = st.st_mode;
	if (S_ISREG(st.st_mode) && st.st_size > 0) {
		data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (data == MAP_FAILED)
			goto err;
		out->data = data;
		out->len = (size_t)st.st_size;
	}
	close(fd);
	return 0;
err:
	close_fd(&fd);
	return -1;
}

void
rootfs_unmap(struct mapped *m)
{
	if (m->data)
		munmap(m->data, m->len);
	*m = (struct mapped){0};
}

char *
rootfs_read(const char *root, const char *path, size_t max, size_t *len)
{
	char *real = rootfs_resolve(root, path, NULL), *outside, *data = NULL;
	struct stat st;

	if (!real)
		return NULL;
	outside = rootfs_join(root, real);
	/* To open anything but a file, such as a FIFO, might block. */
	if (stat(outside, &st) == 0 && S_ISREG(st.st_mode))
		data = read_file(outside, max, len);
	free(outside);
	free(real);
	return data;
}

struct glob {
	const char *root;
	struct strings *out;
	unsigned steps; /* taken so far: links may make a tree endless */
};

static void glob_below(struct glob *g, const char *dir, const char *pattern);

/* A path that matches the pattern so far goes on with the rest of it, or is one. Takes the path over. */
static void
glob_matched(struct glob *g, char *path, const char *rest)
{
	if (!*rest && g->out->count < MAX_MATCHES) {
		strings_take(g->out, path);
		return;
	}
	if (*rest)
		glob_below(g, path, rest);
	free(path);
}

/* A part without a pattern is not searched for, but the last one has to exist. */
static void
glob_named(struct glob *g, char *path, const char *rest)
{
	char *real = *rest ? NULL : rootfs_resolve(g->root, path, NULL);

	if (*rest || real)
		glob_matched(g, path, rest);
	else
		free(path);
	free(real);
}

static void
glob_directory(struct glob *g, const char *dir, const char *part, const char *rest)
{
	char *real = rootfs_resolve(g->root, *dir ? dir : "/", NULL), *outside = real ? rootfs_join(g->root, real) : NULL;
	DIR *open_dir = outside ? opendir(outside) : NULL;
	struct dirent *entry;

	while (open_dir && (entry = readdir(open_dir)))
		if (fnmatch(part, entry->d_name, FNM_PERIOD) == 0)
			glob_matched(g, xasprintf("%s/%s", dir, entry->d_name), rest);
	if (open_dir)
		closedir(open_dir);
	free(outside);
	free(real);
}

/* Adds the paths below dir whose next parts match the pattern. */
static void
glob_below(struct glob *g, const char *dir, const char *pattern)
{
	size_t len = strcspn(pattern, "/");
	const char *rest = pattern + len + strspn(pattern + len, "/");
	char *part;

	if (g->steps++ >= MAX_STEPS)
		return;
	part = xstrndup(pattern, len);
	if (strpbrk(part, "*?[\\"))
		glob_directory(g, dir, part, rest);
	else
		glob_named(g, xasprintf("%s/%s", dir, part), rest);
	free(part);
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
rootfs_glob(const char *root, const char *pattern, struct strings *out)
{
	struct strings matches = {0};
	struct glob g = {.root = root, .out = &matches};
	size_t i;

	glob_below(&g, "", pattern + strspn(pattern, "/"));
	if (matches.count)
		qsort(matches.at, matches.count, sizeof(matches.at[0]), compare_texts);
	for (i = 0; i < matches.count; i++)
		strings_add(out, matches.at[i]);
	strings_free(&matches);
}
