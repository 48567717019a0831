/* The program of a job: which file it is, with which arguments and environment, and how it is started as its user.
 * Must never know how its files came to be where they are. */
#include "run/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/place.h"
#include "base/sys.h"

static int
fail(struct start *l, int status, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	set_error(l->why, sizeof(l->why), "%s", text);
	free(text);
	l->status = status;
	return -1;
}

/* ---- what to run ---- */

/* PATH: the shipped programs' directories under binRoot, then the caller's; with -localbin the node's own. */
static char *
search_path(const struct start *l, const char *callers)
{
	const struct manifest *m = l->work->manifest;
	struct strings dirs = {0};
	struct buf text = {0};
	size_t i;

	for (i = 0; m && i < m->count; i++) {
		const char *slash = m->at[i].flags & ENTRY_PROGRAM ? strrchr(m->at[i].path, '/') : NULL;
		char *dir = slash ? xstrndup(m->at[i].path, (size_t)(slash - m->at[i].path)) : NULL;

		if (dir && !strings_has(&dirs, dir))
			strings_add(&dirs, dir);
		free(dir);
	}
	for (i = 0; i < dirs.count; i++) {
		put_bytes(&text, l->facts->binroot, strlen(l->facts->binroot));
		put_u8(&text, '/');
		put_bytes(&text, dirs.at[i], strlen(dirs.at[i]));
		put_u8(&text, ':');
	}
	callers = l->work->localbin || !*callers ? l->facts->search : callers;
	put_bytes(&text, callers, strlen(callers) + 1);
	strings_free(&dirs);
	return (char *)text.data;
}

static void
make_env(struct start *l)
{
	struct strings env = {0};
	const char *callers = "";
	char *path;
	size_t i;

	for (i = 0; l->work->env[i]; i++) {
		if (has_prefix(l->work->env[i], "PATH="))
			callers = l->work->env[i] + 5;
		else if (!has_prefix(l->work->env[i], "GPROC_ROOT=") && !has_prefix(l->work->env[i], "PWD="))
			strings_add(&env, l->work->env[i]);
	}
	path = search_path(l, callers);
	strings_take(&env, xasprintf("PATH=%s", path));
	strings_take(&env, xasprintf("GPROC_ROOT=%s", l->facts->binroot));
	strings_take(&env, xasprintf("PWD=%s", l->cwd)); /* the caller's names a directory of the head */
	free(path);
	l->env = env.at;
}

static char *
under_binroot(const struct start *l, const char *inside)
{
	const char *root = strcmp(l->facts->binroot, "/") == 0 ? "" : l->facts->binroot;

	inside += strspn(inside, "/");
	return *inside || !*root ? xasprintf("%s/%s", root, inside) : xstrdup(root);
}

/* With -localbin: the program in the node's PATH, as a shell looks it up. Caller frees; NULL when there is none. */
static char *
find_local(const struct start *l, const char *name)
{
	const char *at = l->facts->search;

	if (strchr(name, '/'))
		return xstrdup(name);
	while (*at) {
		size_t len = strcspn(at, ":");
		char *path = xasprintf("%.*s/%s", len ? (int)len : 1, len ? at : ".", name);
		struct stat st;

		if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111))
			return path;
		free(path);
		at += len + (at[len] == ':');
	}
	return NULL;
}

/* Whether a path of the view shows the shipped program, and not another one of the node's: an overlay keeps inode numbers. */
static bool
shows_program(const struct start *l, const char *path)
{
	char *shipped = xasprintf("%s/%s", l->tree, l->program), *own = xasprintf("%s/%s", l->own, l->program);
	struct stat there, here;
	bool same = stat(path, &there) == 0 && (fstatat(l->store, shipped, &here, 0) == 0 || fstatat(l->store, own, &here, 0) == 0) &&
		    (uint32_t)there.st_ino == (uint32_t)here.st_ino && there.st_size == here.st_size &&
		    there.st_mtim.tv_sec == here.st_mtim.tv_sec;

	free(shipped);
	free(own);
	return same;
}

static int
find_program(struct start *l, bool by_hand)
{
	const struct work *w = l->work;

	if (w->localbin) {
		l->path = find_local(l, w->argv[0]);
		return l->path ? 0 : fail(l, 127, "%s: not found in %s", w->argv[0], l->facts->search);
	}
	if (!w->manifest || !w->manifest->program[0])
		return fail(l, 255, "no program was shipped");
	l->program = place_resolve(w->manifest, w->manifest->program);
	if (!l->program)
		return fail(l, 126, "%s: too many links", w->manifest->program);
	if (!by_hand && shows_program(l, w->manifest->program))
		l->path = xstrdup(w->manifest->program);
	else
		l->path = under_binroot(l, l->program);
	return 0;
}

static char **
copy_list(char *const *list)
{
	struct strings copy = {0};
	size_t i;

	for (i = 0; list[i]; i++)
		strings_add(&copy, list[i]);
	return copy.at;
}

/* ---- running the carried loader by hand (-view=none, or no mount namespace) ---- */

static char *
library_path(const struct start *l)
{
	const char *at = l->work->manifest->library_path;
	struct buf text = {0};

	while (*at) {
		size_t len = strcspn(at, ":");
		char *dir = xstrndup(at, len), *real = place_resolve(l->work->manifest, dir);
		char *path = under_binroot(l, real ? real : dir);

		if (text.len > 0)
			put_u8(&text, ':');
		put_bytes(&text, path, strlen(path));
		free(path);
		free(real);
		free(dir);
		at += len + (at[len] == ':');
	}
	put_u8(&text, 0);
	return (char *)text.data;
}

/* Loaders learned --argv0 at different times (glibc 2.33); one that knows it holds the word. */
static bool
knows_argv0(const char *loader)
{
	size_t len;
	char *data = read_file(loader, 16u << 20, &len);
	bool knows = data && memmem(data, len, "--argv0", 7);

	free(data);
	return knows;
}

/* The first line of a script: its interpreter, and the one argument it may have ("" for none). False when it is no script. */
static bool
read_shebang(const char *path, char line[256], char **interpreter, char **argument)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read_full(fd, line, 255);

	if (fd >= 0)
		close(fd);
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

/* `#!/usr/bin/env x` means the shipped x. Its path inside the root, or NULL. Caller frees. */
static char *
shipped_by_name(const struct start *l, const char *name)
{
	const struct manifest *m = l->work->manifest;
	size_t i;

	for (i = 0; i < m->count; i++) {
		const char *slash = strrchr(m->at[i].path, '/');

		if ((m->at[i].flags & ENTRY_PROGRAM) && strcmp(slash ? slash + 1 : m->at[i].path, name) == 0)
			return place_resolve(m, m->at[i].path);
	}
	return NULL;
}

/* argv becomes: loader --library-path DIRS [--argv0 NAME] PROGRAM, or for a script: ... INTERPRETER [ARGUMENT] SCRIPT. */
static void
run_by_hand(struct start *l)
{
	struct strings argv = {0};
	char line[256], *interpreter = NULL, *argument = NULL, *program = xstrdup(l->path);
	char *loader = place_resolve(l->work->manifest, l->work->manifest->interpreter), *real = NULL;
	bool script = read_shebang(program, line, &interpreter, &argument);
	size_t i;

	if (script) {
		const char *slash = strrchr(interpreter, '/');

		if (slash && strcmp(slash + 1, "env") == 0 && *argument && (real = shipped_by_name(l, argument)))
			*argument = '\0';
		if (!real)
			real = place_resolve(l->work->manifest, interpreter);
		free(program);
		program = under_binroot(l, real ? real : interpreter);
	}
	if (l->work->manifest->interpreter[0] && loader) {
		free(l->path);
		l->path = under_binroot(l, loader);
		strings_add(&argv, l->path);
		strings_add(&argv, "--library-path");
		strings_take(&argv, library_path(l));
		if (!script && knows_argv0(l->path)) {
			strings_add(&argv, "--argv0");
			strings_add(&argv, l->work->argv[0]);
		}
		strings_add(&argv, program);
	} else {
		strings_add(&argv, script ? program : l->work->argv[0]);
		free(l->path);
		l->path = xstrdup(program);
	}
	if (script && *argument)
		strings_add(&argv, argument);
	if (script)
		strings_take(&argv, under_binroot(l, l->program));
	for (i = 1; l->work->argv[i]; i++)
		strings_add(&argv, l->work->argv[i]);
	l->argv = argv.at;
	free(program);
	free(loader);
	free(real);
}

/* ---- the child before exec; it may share the keeper's memory and must only exec or _exit ---- */

static void
set_oom_score(const struct start *l)
{
	int fd = openat(l->proc, "self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, "0", 1);
	close(fd);
}

/* What a user ships may stand in the place of a loader, a library or a configuration that a setuid program of the node's trusts, so
 * where anything was shipped no exec gives a user rights that the user hasn't. */
static bool
gains_nothing(const struct start *l)
{
	return l->work->manifest && l->work->uid != 0;
}

/* -1 with errno and launch.doing. */
static int
become(struct start *l)
{
	const struct work *w = l->work;

	if (l->facts->oom_protected)
		set_oom_score(l);
	l->doing = "limit files";
	if (setrlimit(RLIMIT_NOFILE, &l->facts->files) < 0)
		return -1;
	l->doing = "become the user";
	if (l->facts->is_root && become_user(w->uid, w->gid, w->groups, w->group_count, true) < 0)
		return -1;
	l->doing = "renounce privileges";
	if (gains_nothing(l) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	l->doing = l->cwd;
	if (chdir(l->cwd) < 0)
		return -1;
	l->doing = NULL;
	return 0;
}

static void
run_child(struct start *l)
{
	sigset_t none;

	(void)setsid();
	(void)umask(022);
	if (become(l) == 0) {
		sigemptyset(&none);
		(void)sigprocmask(SIG_SETMASK, &none, NULL);
		(void)execve(l->path, l->argv, l->env);
	}
	l->error = errno;
	_exit(127);
}

/* ---- arguments with * ? [ under binRoot, expanded as the user sees them ---- */

static bool
wants_glob(const struct start *l, const char *arg)
{
	size_t len = strlen(l->facts->binroot);

	return l->work->glob && strncmp(arg, l->facts->binroot, len) == 0 && arg[len] == '/' && strpbrk(arg + len, "*?[");
}

static bool
any_glob(const struct start *l)
{
	size_t i;

	for (i = 1; l->work->argv[i]; i++)
		if (wants_glob(l, l->work->argv[i]))
			return true;
	return false;
}

/* In a process of its own, as the user: all arguments, each with its NUL, to fd. */
static void
expand_child(struct start *l, int fd)
{
	struct buf out = {0};
	size_t i, j;

	if (become(l) < 0)
		_exit(1);
	for (i = 0; l->argv[i]; i++) {
		glob_t found;

		if (i == 0 || !wants_glob(l, l->argv[i]) || glob(l->argv[i], 0, NULL, &found) != 0) {
			put_bytes(&out, l->argv[i], strlen(l->argv[i]) + 1);
			continue;
		}
		for (j = 0; j < found.gl_pathc; j++)
			put_bytes(&out, found.gl_pathv[j], strlen(found.gl_pathv[j]) + 1);
		globfree(&found);
	}
	_exit(write_full(fd, out.data, out.len) < 0);
}

static char **
read_list(int fd)
{
	struct strings list = {0};
	struct buf in = {0};
	size_t at = 0;
	ssize_t n;

	while ((n = read_full(fd, buf_grow(&in, 65536), 65536)) > 0)
		in.len += (size_t)n;
	while (at < in.len) {
		size_t len = strnlen((char *)in.data + at, in.len - at);

		strings_take(&list, xstrndup((char *)in.data + at, len));
		at += len + 1;
	}
	buf_free(&in);
	return list.at;
}

static int
expand(struct start *l)
{
	char **list = NULL;
	int pipe[2], status = -1;
	pid_t pid;

	if (!any_glob(l))
		return 0;
	if (pipe2(pipe, O_CLOEXEC) < 0)
		return fail(l, 255, "can't expand the arguments: %s", strerror(errno));
	pid = fork();
	if (pid == 0)
		expand_child(l, pipe[1]);
	close(pipe[1]);
	if (pid > 0) {
		list = read_list(pipe[0]);
		(void)waitpid(pid, &status, 0);
	}
	close(pipe[0]);
	/* Where it could not even become the user, the program can't either, and says more. */
	if (status == 0 && list)
		l->argv = list;
	return 0;
}

/* ---- what went wrong ---- */

static bool
is_there(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

static bool
is_noexec(const char *path)
{
	struct statvfs fs;

	return statvfs(path, &fs) == 0 && (fs.f_flag & ST_NOEXEC);
}

static int
explain(struct start *l)
{
	const struct manifest *m = l->work->localbin ? NULL : l->work->manifest;
	const char *name = l->work->argv[0], *why = strerror(l->error);
	struct utsname node;

	if (l->doing && l->doing == l->cwd)
		return fail(l, 255, "can't enter the working directory %s: %s", l->cwd, why);
	if (l->doing)
		return fail(l, 255, "can't %s: %s", l->doing, why);
	if (l->error == ENOEXEC && m && m->machine[0] && uname(&node) == 0 && strcmp(node.machine, m->machine) != 0)
		return fail(l, 126, "%s: built for %s, this node is %s", name, m->machine, node.machine);
	if (l->error == ENOEXEC)
		return fail(l, 126, "%s: not a program that this node can run", name);
	if (l->error == ENOENT && is_there(l->path))
		return fail(l, 126, "%s: its interpreter %s is not there", name, m && m->interpreter[0] ? m->interpreter : "(or loader)");
	if (l->error == EACCES && is_noexec(l->path))
		return fail(l, 126, "%s: the file system that it lies on is mounted noexec%s", name,
			l->work->localbin ? "" : "; the node's -binRoot may name a place on another");
	if (l->error == E2BIG)
		return fail(l, 126, "%s: too many or too long arguments", name);
	return fail(l, l->error == ENOENT || l->error == ENOTDIR ? 127 : 126, "%s: %s", name, why);
}

/* ---- all of it ---- */

int
launch_make(struct start *l)
{
	const char *cwd = l->work->cwd ? l->work->cwd : "/";
	bool by_hand = !l->work->localbin && (l->work->view == VIEW_NONE || !l->facts->namespaces);

	l->cwd = l->work->localbin ? xstrdup(cwd) : under_binroot(l, cwd);
	if (find_program(l, by_hand) < 0)
		return -1;
	make_env(l);
	if (by_hand)
		run_by_hand(l);
	else
		l->argv = copy_list(l->work->argv);
	return expand(l);
}

pid_t
launch_run(struct start *l)
{
	pid_t pid;

	l->error = 0;
	/* The child borrows our memory until it execs: cheaper than copying its tables, and it can leave its error there. It
	 * never returns from here. NOLINTBEGIN(clang-analyzer-security.insecureAPI.vfork,clang-analyzer-unix.Vfork) */
	pid = vfork();
	if (pid == 0)
		run_child(l);
	/* NOLINTEND(clang-analyzer-security.insecureAPI.vfork,clang-analyzer-unix.Vfork) */
	if (pid < 0)
		return fail(l, 255, "can't fork: %s", strerror(errno));
	if (!l->error)
		return pid;
	(void)waitpid(pid, NULL, 0);
	return explain(l);
}
