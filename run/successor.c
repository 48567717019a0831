/* The file that is to run in this process's place: tried, put in the place of the old one, run.
 * Must never know where it came from, or the tree. */
#include "run/successor.h"
#include "base/fresh.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	SAID = 1024, /* bytes of what it says that are read */
};
#define CHILD_FILE "/proc/self/fd/3" /* in a child: STDERR + 1 */
#define OWN_FILE "/proc/self/exe"
#define GONE " (deleted)" /* behind the name of a file that has none any more */

extern char **environ;

/* ---- children ---- */

/* As fork(2). The child's output goes into a pipe, and it has no other descriptors than `file`, as STDERR + 1. */
static pid_t
begin(struct attempt *t, int *file)
{
	int ends[2];
	sigset_t none;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	t->pid = fork();
	if (t->pid != 0) {
		close(ends[1]);
		t->said = ends[0];
		if (t->pid < 0)
			close_fd(&t->said);
		return t->pid;
	}
	(void)dup2(ends[1], STDOUT_FILENO);
	(void)dup2(ends[1], STDERR_FILENO);
	(void)dup3(*file, STDERR_FILENO + 1, O_CLOEXEC);
	*file = STDERR_FILENO + 1;
	close_from(STDERR_FILENO + 2);
	end_log();
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	return 0;
}

int
trial_start(struct attempt *t, int file, char *const *words)
{
	size_t count = 0;
	char **trial;
	pid_t pid = begin(t, &file);

	if (pid != 0)
		return pid < 0 ? -1 : 0;
	while (words[count])
		count++;
	trial = xcalloc(count + 2, sizeof(*trial));
	trial[0] = "gproc";
	trial[1] = "trial";
	memcpy(trial + 2, words + 1, count * sizeof(*trial)); /* with the NULL */
	(void)exec_file(file, trial, environ);
	warn("it can't be run: %s", strerror(errno));
	_exit(1);
}

char *
attempt_end(struct attempt *t)
{
	char text[SAID + 1] = "", *line;
	ssize_t len;

	(void)fcntl(t->said, F_SETFL, O_NONBLOCK);
	len = read(t->said, text, SAID);
	text[len > 0 ? len : 0] = '\0';
	close_fd(&t->said);
	t->pid = 0;
	len = (ssize_t)strlen(text);
	while (len > 0 && text[len - 1] == '\n')
		text[--len] = '\0';
	line = strrchr(text, '\n');
	line = line ? line + 1 : text;
	return printable(has_prefix(line, "gproc: ") ? line + strlen("gproc: ") : line);
}

/* ---- its place ---- */

static char own_path[PATH_MAX];

/* Whether this process runs from memory, in the place of a file that it was told. */
static bool
is_told(void)
{
	const char *told = getenv(SUCCESSOR_FILE);

	return told && *told;
}

void
successor_begin(void)
{
	ssize_t len = readlink(OWN_FILE, own_path, sizeof(own_path) - 1);
	size_t gone = strlen(GONE);

	own_path[len < 0 ? 0 : len] = '\0';
	if (is_told())
		(void)snprintf(own_path, sizeof(own_path), "%s", getenv(SUCCESSOR_FILE));
	else if (len > (ssize_t)gone && strcmp(own_path + len - gone, GONE) == 0)
		own_path[(size_t)len - gone] = '\0';
}

const char *
successor_path(void)
{
	return own_path;
}

/* Nobody but this process's user may write it: whoever else could would have the daemon's rights. */
static bool
is_own(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_uid == geteuid() && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

static void stop(const char *fmt, ...) PRINTF(1, 2) __attribute__((noreturn));

/* Ends a child, which must not write what this process has not written yet, as exit(3) would. */
static void
stop(const char *fmt, ...)
{
	va_list args;
	char *why;

	va_start(args, fmt);
	why = xvasprintf(fmt, args);
	va_end(args);
	warn("%s", why);
	_exit(1);
}

/* What stands there must be what this process is, or what it is to be: another file is somebody's, who has put it there since. */
static void
look_at_old(const char *path, const void *all, size_t len, struct stat *old)
{
	struct stat own;
	size_t there;
	char *text;

	if (*path != '/' || lstat(path, old) < 0)
		stop("%s: %s", path, *path != '/' ? "it has no place" : strerror(errno));
	text = S_ISREG(old->st_mode) ? read_file(path, len, &there) : NULL;
	if (text && there == len && memcmp(text, all, len) == 0 && is_own(old))
		_exit(0);
	if (is_told() ? !is_own(old) : stat(OWN_FILE, &own) == 0 && (own.st_dev != old->st_dev || own.st_ino != old->st_ino))
		stop("another file is at %s by now", path);
}

static void __attribute__((noreturn)) put_in_place(const char *path, bool expected)
{
	struct stat old = {.st_mode = 0755};
	char *above = xstrdup(path), *slash = strrchr(above, '/');
	struct fresh f;
	size_t len;
	char *all = read_file(CHILD_FILE, SIZE_MAX - 1, &len);
	int dir;

	if (!all)
		stop("the newer file can't be read: %s", strerror(errno));
	if (expected)
		look_at_old(path, all, len, &old);
	*slash = '\0';
	dir = open(*above ? above : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || fresh_begin(&f, dir, 0700) < 0 || write_full(f.fd, all, len) || fchmod(f.fd, old.st_mode & 0755) < 0 ||
		fsync(f.fd) < 0 || fresh_end(&f, slash + 1) < 0)
		stop("%s: %s", path, strerror(errno));
	(void)fsync(dir);
	_exit(0);
}

int
placing_start(struct attempt *t, int file, const char *path)
{
	pid_t pid = begin(t, &file);

	if (pid == 0)
		put_in_place(path ? path : own_path, !path);
	return pid < 0 ? -1 : 0;
}

/* ---- running it ---- */

static bool
same_bytes(int a, int b)
{
	char one[4096], other[sizeof(one)];
	off_t at = 0;
	ssize_t n;

	do {
		n = pread_full(a, one, sizeof(one), at);
		if (n < 0 || pread_full(b, other, sizeof(other), at) != n || memcmp(one, other, (size_t)n) != 0)
			return false;
		at += n;
	} while (n == (ssize_t)sizeof(one));
	return true;
}

/* What was put there, if that is what stands there: in a directory to which others write it may be theirs by now. */
static int
open_placed(const char *path, int file)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && is_own(&st) && same_bytes(fd, file))
		return fd;
	if (fd >= 0)
		errno = EPERM;
	close_fd(&fd);
	return -1;
}

void
successor_run(int file, const char *path, char *const *words)
{
	int old = open(OWN_FILE, O_RDONLY | O_CLOEXEC);
	sigset_t none;

	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGXFSZ, SIG_DFL);
	if (path) {
		int placed = open_placed(path, file);

		(void)setenv(SUCCESSOR_FILE, "", 1);
		if (placed >= 0)
			(void)exec_file(placed, words, environ);
		warn("can't run %s: %s", path, strerror(errno));
	}
	(void)setenv(SUCCESSOR_FILE, own_path, 1);
	(void)exec_file(file, words, environ);
	warn("can't run the newer gproc: %s; the old one goes on", strerror(errno));
	(void)exec_file(old, words, environ);
	warn("can't run the old one either: %s", strerror(errno));
}
