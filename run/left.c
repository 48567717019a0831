/* What a program has written into its private working directory.
 * Must never know jobs, or where that is reported. */
#include "run/left.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/sys.h"

#define NAMES_SHOWN 3
#define MAX_LOOKED_AT 10000u /* entries: a user may make any number, and the job's end does not wait for them */
#define NAME_SHOWN 80	     /* bytes of one */

static bool
was_sent(const struct manifest *m, const char *inside, const char *name, const struct stat *st)
{
	char *path = xasprintf("%s%s%s", inside, *inside ? "/" : "", name);
	const struct entry *e = m ? manifest_find(m, path) : NULL;

	free(path);
	return e && e->kind == ENTRY_FILE && e->size == (uint64_t)st->st_size && e->mtime == (uint64_t)st->st_mtim.tv_sec;
}

static int
text_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The first names in order, so that nodes with the same files say the same. */
static char *
say(struct strings *names, bool all)
{
	size_t shown = names->count < NAMES_SHOWN ? names->count : NAMES_SHOWN, count = names->count, i;
	char *list, *text;

	qsort(names->at, count, sizeof(names->at[0]), text_order);
	for (i = shown; i < count; i++)
		free(names->at[i]);
	names->count = shown;
	list = strings_join(names, ", ");
	text = xasprintf("%s%zu file%s written in the working directory went with the job (%s%s); -cwd=. uses the node's own",
		all ? "" : "more than ", count, count == 1 ? "" : "s", list, count > shown ? ", ..." : "");
	free(list);
	return text;
}

/* As a tmpfs tells it by a directory's size (mm/shmem.c): most jobs leave nothing. */
static bool
is_empty(int dir)
{
	struct stat st;
	struct statfs fs;

	return fstat(dir, &st) == 0 && st.st_size == 2 * 20 && fstatfs(dir, &fs) == 0 && fs.f_type == 0x01021994;
}

char *
left_in(int dir, const char *inside, const struct manifest *m)
{
	DIR *d = is_empty(dir) ? NULL : list_dir(dir, ".");
	struct strings names = {0};
	struct dirent *entry = NULL;
	unsigned left = MAX_LOOKED_AT;
	char *text = NULL;
	struct stat st;

	while (d && left-- > 0 && (entry = readdir(d)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
			fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
			!was_sent(m, inside, entry->d_name, &st))
			strings_take(&names, xstrndup(entry->d_name, strnlen(entry->d_name, NAME_SHOWN)));
	if (names.count)
		text = say(&names, !entry);
	strings_free(&names);
	if (d)
		(void)closedir(d);
	return text;
}
