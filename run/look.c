/* What a program's start needs, looked at with the rights that the caller has just then.
 * Must never know of jobs. */
#include "run/look.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/walk.h"
#include "elf.h"

#define MAX_READ (16u << 20) /* more than any loader has, and than lies before a program's own headers */
#define MAX_STEPS 6	     /* as many interpreters of interpreters as the kernel follows, and a loader */

/* A regular file, or -1 with errno. */
static int
open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		close_fd(&fd);
		errno = EACCES;
	}
	return fd;
}

bool
look_shebang(const char *path, char line[SHEBANG_SIZE], char **interpreter, char **argument)
{
	int fd = open_file(path);
	ssize_t n = fd < 0 ? -1 : read_full(fd, line, SHEBANG_SIZE - 1);

	close_fd(&fd);
	if (n < 2 || line[0] != '#' || line[1] != '!')
		return false;
	line[n] = '\0';
	line[2 + strcspn(line + 2, "\n")] = '\0';
	*interpreter = line + 2 + strspn(line + 2, " \t");
	*argument = *interpreter + strcspn(*interpreter, " \t");
	if (**argument)
		*(*argument)++ = '\0';
	*argument += strspn(*argument, " \t");
	return **interpreter != '\0';
}

static ssize_t
read_beginning(const char *path, struct buf *out)
{
	int fd = open_file(path);
	ssize_t n = fd < 0 ? -1 : 0;

	while (n >= 0 && out->len < MAX_READ && (n = read_full(fd, buf_grow(out, 65536), 65536)) > 0)
		out->len += (size_t)n;
	close_fd(&fd);
	return n < 0 ? -1 : (ssize_t)out->len;
}

bool
look_holds(const char *path, const char *word)
{
	struct buf all = {0};
	bool holds = read_beginning(path, &all) > 0 && memmem(all.data, all.len, word, strlen(word));

	buf_free(&all);
	return holds;
}

bool
look_is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111);
}

bool
look_gives_rights(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       ((st.st_mode & (S_ISUID | S_ISGID)) || getxattr(path, "security.capability", NULL, 0) > 0);
}

/* ---- who could lead a path elsewhere ---- */

static bool
is_trusted(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == geteuid();
}

/* Names in the root are root's, and those in what can't be written to stay: what is merged shows what was sent before the node's. */
static bool
is_fixed(const char *dir)
{
	struct statvfs fs;

	return !*dir || (statvfs(dir, &fs) == 0 && (fs.f_flag & ST_RDONLY));
}

/* A name in a directory: whether others could put something else there. strict: their own directories count, too. */
static bool
may_change(const char *dir, const char *name, bool strict)
{
	mode_t others = strict ? S_IWGRP | S_IWOTH : S_IWOTH;
	struct stat in, st;

	if (is_fixed(dir))
		return false;
	if (stat(dir, &in) < 0)
		return strict;
	if (!(in.st_mode & others) && !strict)
		return false;
	if (((in.st_mode & others) && !(in.st_mode & S_ISVTX)) || (strict && !is_trusted(&in)))
		return true;
	return lstat(name, &st) < 0 || !is_trusted(&st);
}

/* The walk goes on along the link, if the name just taken is one. -1 when that leads nowhere. */
static int
follow(struct walk *w, bool *link)
{
	char target[PATH_MAX];
	ssize_t len = readlink(walk_whole(w), target, sizeof(target) - 1);

	*link = len >= 0;
	if (len < 0)
		return 0;
	target[len] = '\0';
	return walk_follow(w, target);
}

/* One step of the walk, down. Directories that are found to stay are passed without a look when they come again. */
static bool
leads_elsewhere(struct walk *w, bool strict, struct strings *passed)
{
	const char *name = walk_whole(w);
	char *dir, *path;
	bool led, link = false;

	if (strings_has(passed, name))
		return false;
	path = xstrdup(name);
	dir = xstrndup(name, (size_t)(last_part(name) - name) - (*name != '\0'));
	led = may_change(dir, name, strict) || follow(w, &link) < 0;
	if (!led && !link && walk_goes_on(w))
		strings_add(passed, path);
	free(dir);
	free(path);
	return led;
}

static bool
is_led(const char *path, bool strict, struct strings *passed)
{
	struct walk w = walk_from("", path);
	enum walk_step step;
	bool led = false;

	while (!led && (step = walk_step(&w)) != WALK_END)
		led = step == WALK_DOWN && leads_elsewhere(&w, strict, passed);
	walk_end(&w);
	return led;
}

bool
look_is_sure(const char *path)
{
	struct strings passed = {0};
	bool led = is_led(path, true, &passed);

	strings_free(&passed);
	return !led;
}

bool
look_is_open(const char *path, struct strings *passed)
{
	return is_led(path, false, passed);
}

/* ---- what stands in the way ---- */

/* Caller frees; NULL when it has none. */
static char *
loader_of(const char *path)
{
	struct buf all = {0};
	char *loader = NULL;
	struct elf elf;

	if (read_beginning(path, &all) > 0 && elf_parse(all.data, all.len, &elf) == 0) {
		loader = elf.interp ? xstrdup(elf.interp) : NULL;
		elf_free(&elf);
	}
	buf_free(&all);
	return loader;
}

static char *
interpreter_of(const char *path)
{
	char line[SHEBANG_SIZE], *interpreter, *argument;

	return look_shebang(path, line, &interpreter, &argument) ? xstrdup(interpreter) : loader_of(path);
}

/* 0, or the error that executing it would end in. */
static int
error_of(const char *path, bool *noexec)
{
	struct statvfs fs;
	struct stat st;

	if (stat(path, &st) < 0)
		return errno;
	*noexec = S_ISREG(st.st_mode) && statvfs(path, &fs) == 0 && (fs.f_flag & ST_NOEXEC);
	if (!S_ISREG(st.st_mode) || *noexec || !(st.st_mode & 0111))
		return EACCES;
	return 0;
}

bool
look_trouble(const char *program, struct trouble *out)
{
	char *file = xstrdup(program), *needed_by = NULL;
	unsigned i;

	for (i = 0; file && i < MAX_STEPS; i++) {
		bool noexec = false;
		int error = error_of(file, &noexec);

		if (error) {
			*out = (struct trouble){.file = file, .needed_by = needed_by, .error = error, .noexec = noexec};
			return true;
		}
		free(needed_by);
		needed_by = file;
		file = interpreter_of(file);
	}
	free(needed_by);
	free(file);
	return false;
}
