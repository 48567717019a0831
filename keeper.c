/* The keeper of one job: its files and view made, its program run, all its processes reaped and killed.
 * Must never know of links, nodes, or other jobs. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "place.h"
#include "sys.h"
#include "vault.h"

/* Where a keeper has its descriptors; those below are the program's. */
enum { CONTROL = 3, STORE, PROC, BINROOT, HOME, DESCRIPTORS };

/* The program about to be run: all that the child needs is made before the fork, for it may share our memory. */
struct launch {
	char *path;	   /* to exec */
	char **argv, **env;
	char *cwd;
	int error;	   /* errno of what failed in the child; 0 when the program runs */
	const char *doing; /* and what that was */
};

struct keeper {
	const struct keep *keep;
	const struct node_facts *facts;
	const struct work *work;
	char job[64];			   /* "job/<name>" */
	char own[72];			   /* "job/<name>/root" */
	char tree[DIGEST_TEXT + 8];	   /* "tree/<hex>"; "" when nothing was shipped */
	char *program;			   /* the program's real path inside the root, no leading slash */
	struct placed placed;		   /* what is in own */
	bool mine;			   /* binRoot is this job's alone: a mount, not the node's directory */
	struct launch launch;
	pid_t pid;			   /* of the program; 0 when it is not running */
	pid_t group;			   /* its process group */
	int signals;			   /* signalfd */
};

/* ---- telling the daemon ---- */

static void
tell(enum proc_event event, int status, const char *text)
{
	struct buf b = {0};

	put_u8(&b, event);
	put_u32(&b, (uint32_t)status);
	put_str(&b, text);
	/* A daemon that is gone is noticed elsewhere. */
	while (send(CONTROL, b.data, b.len, MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
	buf_free(&b);
}

static int
fail(int status, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	text[strnlen(text, sizeof(((struct proc_report *)0)->text) - 1)] = '\0';
	tell(PROC_FAILED, status, text);
	free(text);
	return -1;
}

/* ---- becoming a process of one's own ---- */

/* Everything the daemon had open is closed, everything needed is where the enum above says. */
static void
take_descriptors(struct keep *k)
{
	const struct node_facts *f = k->facts;
	int from[DESCRIPTORS] = {f->null, k->out, k->err, k->control, f->store, f->proc, f->real_binroot, f->home};
	int to;

	for (to = 0; to < DESCRIPTORS; to++)
		if (from[to] >= 0 && from[to] < DESCRIPTORS)
			from[to] = fcntl(from[to], F_DUPFD_CLOEXEC, DESCRIPTORS);
	for (to = 0; to < DESCRIPTORS; to++) {
		if (from[to] < 0)
			close(to);
		else
			(void)dup3(from[to], to, to < CONTROL ? 0 : O_CLOEXEC);
	}
	close_from(DESCRIPTORS);
}

static void
take_signals(struct keeper *k)
{
	/* What the daemon ignores or its kind usually do, beside what it was started with; the rest exec resets. */
	static const int ours[] = {SIGPIPE, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGCHLD, SIGUSR1, SIGUSR2};
	struct sigaction usual = {.sa_handler = SIG_DFL};
	sigset_t all, child;
	size_t i;
	int sig;

	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	for (i = 0; i < COUNT(ours); i++)
		(void)sigaction(ours[i], &usual, NULL);
	for (sig = 1; k->facts->any_ignored && sig < NSIG; sig++)
		(void)sigaction(sig, &usual, NULL);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	k->signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* ---- files ---- */

static struct owner
owner_of(const struct keeper *k)
{
	return (struct owner){.uid = k->work->uid, .gid = k->work->gid, .give = k->facts->is_root};
}

/* The caller's working directory inside the root, without leading slash; "" for the root itself. */
static const char *
cwd_inside(const struct keeper *k)
{
	const char *cwd = k->work->cwd ? k->work->cwd : "/";

	return cwd + strspn(cwd, "/");
}

static int
place_shipped(struct keeper *k, int root)
{
	const struct work *w = k->work;
	char hex[DIGEST_TEXT];

	if (!w->manifest)
		return 0;
	digest_text(w->manifest_digest, hex);
	(void)snprintf(k->tree, sizeof(k->tree), "tree/%s", hex);
	if (place_tree(STORE, hex, k->keep->name, w->manifest) < 0)
		return fail(255, "%s", place_error());
	if (k->mine ? place_own(STORE, root, w->manifest, owner_of(k), &k->placed)
		    : place_all(STORE, root, k->keep->name, w->manifest, owner_of(k)))
		return fail(255, "%s", place_error());
	return 0;
}

static int
place_cwd(struct keeper *k, int root)
{
	const char *cwd = cwd_inside(k);
	const struct entry *e = k->work->manifest && *cwd ? manifest_find(k->work->manifest, cwd) : NULL;
	struct owner owner = owner_of(k);

	if (k->work->localbin || (e && e->kind == ENTRY_DIR))
		return 0;
	if (*cwd && !path_inside(cwd))
		return fail(255, "can't make the working directory %s", cwd);
	if (*cwd && place_dir(root, cwd, owner) < 0)
		return fail(255, "%s", place_error());
	if (!*cwd && k->mine && owner.give && fchown(root, owner.uid, owner.gid) < 0)
		return fail(255, "can't make the working directory: %s", strerror(errno));
	return 0;
}

static int
make_job_dirs(const struct keeper *k)
{
	if (mkdirat(STORE, k->job, 0755) < 0 || (k->mine && mkdirat(STORE, k->own, 0755) < 0))
		return fail(255, "can't make a directory for the job: %s", strerror(errno));
	return 0;
}

static int
place(struct keeper *k)
{
	int root = k->mine ? -1 : BINROOT, bad;

	if (make_job_dirs(k) < 0)
		return -1;
	if (k->mine)
		root = openat(STORE, k->own, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	bad = root < 0 ? fail(255, "can't open the job's directory: %s", strerror(errno)) : 0;
	if (!bad)
		bad = place_shipped(k, root);
	if (!bad)
		bad = place_cwd(k, root);
	if (k->mine && root >= 0)
		close(root);
	return bad;
}

static int
enter_view(struct keeper *k)
{
	struct view_plan plan = {
	    .manifest = k->work->manifest,
	    .binroot = k->facts->binroot,
	    .job = k->job,
	    .own = k->mine ? k->own : NULL,
	    .tree = k->tree[0] ? k->tree : NULL,
	    .shared = &k->placed.shared,
	    .mounts = &k->facts->mounts,
	    .view = k->work->localbin ? VIEW_NONE : k->work->view,
	    .overlay = k->facts->overlay,
	    .new_proc = k->facts->pid_namespaces,
	    .devices = k->facts->devices ? "dev" : NULL,
	};

	/* The working directory goes along into the new namespace; a descriptor of the old one could not be cloned there. */
	if (fchdir(STORE) < 0)
		return fail(255, "can't enter the store: %s", strerror(errno));
	if (!k->facts->namespaces)
		return 0;
	if (unshare(CLONE_NEWNS) < 0)
		return fail(255, "no mount namespace: %s", strerror(errno));
	return view_enter(&plan) < 0 ? fail(255, "%s", view_error()) : 0;
}

/* ---- what to run ---- */

/* PATH: the shipped programs' directories under binRoot, then the caller's; with -localbin the node's own. */
static char *
search_path(const struct keeper *k, const char *callers)
{
	const struct manifest *m = k->work->manifest;
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
		put_bytes(&text, k->facts->binroot, strlen(k->facts->binroot));
		put_u8(&text, '/');
		put_bytes(&text, dirs.at[i], strlen(dirs.at[i]));
		put_u8(&text, ':');
	}
	callers = k->work->localbin || !*callers ? k->facts->search : callers;
	put_bytes(&text, callers, strlen(callers) + 1);
	strings_free(&dirs);
	return (char *)text.data;
}

static void
make_env(struct keeper *k)
{
	struct strings env = {0};
	const char *callers = "";
	char *path;
	size_t i;

	for (i = 0; k->work->env[i]; i++) {
		if (has_prefix(k->work->env[i], "PATH="))
			callers = k->work->env[i] + 5;
		else if (!has_prefix(k->work->env[i], "GPROC_ROOT="))
			strings_add(&env, k->work->env[i]);
	}
	path = search_path(k, callers);
	strings_take(&env, xasprintf("PATH=%s", path));
	strings_take(&env, xasprintf("GPROC_ROOT=%s", k->facts->binroot));
	free(path);
	k->launch.env = env.at;
}

static char *
under_binroot(const struct keeper *k, const char *inside)
{
	return xasprintf("%s/%s", strcmp(k->facts->binroot, "/") == 0 ? "" : k->facts->binroot, inside + strspn(inside, "/"));
}

/* With -localbin: the program in the node's PATH, as a shell looks it up. Caller frees; NULL when there is none. */
static char *
find_local(const struct keeper *k, const char *name)
{
	const char *at = k->facts->search;

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
shows_program(const struct keeper *k, const char *path)
{
	char *shipped = xasprintf("%s/%s", k->tree, k->program), *own = xasprintf("%s/%s", k->own, k->program);
	struct stat there, here;
	bool same = stat(path, &there) == 0 && (fstatat(STORE, shipped, &here, 0) == 0 || fstatat(STORE, own, &here, 0) == 0) &&
	    (uint32_t)there.st_ino == (uint32_t)here.st_ino && there.st_size == here.st_size &&
	    there.st_mtim.tv_sec == here.st_mtim.tv_sec;

	free(shipped);
	free(own);
	return same;
}

static int
find_program(struct keeper *k, bool by_hand)
{
	const struct work *w = k->work;

	if (w->localbin) {
		k->launch.path = find_local(k, w->argv[0]);
		return k->launch.path ? 0 : fail(127, "%s: not found in %s", w->argv[0], k->facts->search);
	}
	if (!w->manifest || !w->manifest->program[0])
		return fail(255, "no program was shipped");
	k->program = place_resolve(w->manifest, w->manifest->program);
	if (!k->program)
		return fail(126, "%s: too many links", w->manifest->program);
	if (!by_hand && shows_program(k, w->manifest->program))
		k->launch.path = xstrdup(w->manifest->program);
	else
		k->launch.path = under_binroot(k, k->program);
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
library_path(const struct keeper *k)
{
	const char *at = k->work->manifest->library_path;
	struct buf text = {0};

	while (*at) {
		size_t len = strcspn(at, ":");
		char *dir = xstrndup(at, len), *real = place_resolve(k->work->manifest, dir);
		char *path = under_binroot(k, real ? real : dir);

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
shipped_by_name(const struct keeper *k, const char *name)
{
	const struct manifest *m = k->work->manifest;
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
run_by_hand(struct keeper *k)
{
	struct strings argv = {0};
	char line[256], *interpreter = NULL, *argument = NULL, *program = xstrdup(k->launch.path);
	char *loader = place_resolve(k->work->manifest, k->work->manifest->interpreter), *real = NULL;
	bool script = read_shebang(program, line, &interpreter, &argument);
	size_t i;

	if (script) {
		const char *slash = strrchr(interpreter, '/');

		if (slash && strcmp(slash + 1, "env") == 0 && *argument && (real = shipped_by_name(k, argument)))
			*argument = '\0';
		if (!real)
			real = place_resolve(k->work->manifest, interpreter);
		free(program);
		program = under_binroot(k, real ? real : interpreter);
	}
	if (k->work->manifest->interpreter[0] && loader) {
		free(k->launch.path);
		k->launch.path = under_binroot(k, loader);
		strings_add(&argv, k->launch.path);
		strings_add(&argv, "--library-path");
		strings_take(&argv, library_path(k));
		if (!script && knows_argv0(k->launch.path)) {
			strings_add(&argv, "--argv0");
			strings_add(&argv, k->work->argv[0]);
		}
		strings_add(&argv, program);
	} else {
		strings_add(&argv, script ? program : k->work->argv[0]);
		free(k->launch.path);
		k->launch.path = xstrdup(program);
	}
	if (script && *argument)
		strings_add(&argv, argument);
	if (script)
		strings_take(&argv, under_binroot(k, k->program));
	for (i = 1; k->work->argv[i]; i++)
		strings_add(&argv, k->work->argv[i]);
	k->launch.argv = argv.at;
	free(program);
	free(loader);
	free(real);
}

/* ---- the child before exec; it may share the keeper's memory and must only exec or _exit ---- */

static void
set_oom_score(void)
{
	int fd = openat(PROC, "self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, "0", 1);
	close(fd);
}

/* -1 with errno and launch.doing. */
static int
become(struct keeper *k)
{
	const struct work *w = k->work;

	if (k->facts->oom_protected)
		set_oom_score();
	k->launch.doing = "limit files";
	if (setrlimit(RLIMIT_NOFILE, &k->facts->files) < 0)
		return -1;
	k->launch.doing = "become the user";
	if (k->facts->is_root && become_user(w->uid, w->gid, w->groups, w->group_count, true) < 0)
		return -1;
	k->launch.doing = k->launch.cwd;
	if (chdir(k->launch.cwd) < 0)
		return -1;
	k->launch.doing = NULL;
	return 0;
}

static void
run_child(struct keeper *k)
{
	sigset_t none;

	(void)setsid();
	(void)umask(022);
	if (become(k) == 0) {
		sigemptyset(&none);
		(void)sigprocmask(SIG_SETMASK, &none, NULL);
		(void)execve(k->launch.path, k->launch.argv, k->launch.env);
	}
	k->launch.error = errno;
	_exit(127);
}

static pid_t
spawn(struct keeper *k)
{
	pid_t pid;

	k->launch.error = 0;
	/* The child borrows our memory until it execs: cheaper than copying its tables, and it can leave its error there. It
	 * never returns from here. NOLINTBEGIN(clang-analyzer-security.insecureAPI.vfork,clang-analyzer-unix.Vfork) */
	pid = vfork();
	if (pid == 0)
		run_child(k);
	/* NOLINTEND(clang-analyzer-security.insecureAPI.vfork,clang-analyzer-unix.Vfork) */
	return pid;
}

/* ---- arguments with * ? [ under binRoot, expanded as the user sees them ---- */

static bool
wants_glob(const struct keeper *k, const char *arg)
{
	size_t len = strlen(k->facts->binroot);

	return k->work->glob && strncmp(arg, k->facts->binroot, len) == 0 && arg[len] == '/' && strpbrk(arg + len, "*?[");
}

static bool
any_glob(const struct keeper *k)
{
	size_t i;

	for (i = 1; k->work->argv[i]; i++)
		if (wants_glob(k, k->work->argv[i]))
			return true;
	return false;
}

/* In a process of its own, as the user: all arguments, each with its NUL, to fd. */
static void
expand_child(struct keeper *k, int fd)
{
	struct buf out = {0};
	size_t i, j;

	if (become(k) < 0)
		_exit(1);
	for (i = 0; k->launch.argv[i]; i++) {
		glob_t found;

		if (i == 0 || !wants_glob(k, k->launch.argv[i]) || glob(k->launch.argv[i], 0, NULL, &found) != 0) {
			put_bytes(&out, k->launch.argv[i], strlen(k->launch.argv[i]) + 1);
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
expand(struct keeper *k)
{
	char **list = NULL;
	int pipe[2], status = -1;
	pid_t pid;

	if (!any_glob(k))
		return 0;
	if (pipe2(pipe, O_CLOEXEC) < 0)
		return fail(255, "can't expand the arguments: %s", strerror(errno));
	pid = fork();
	if (pid == 0)
		expand_child(k, pipe[1]);
	close(pipe[1]);
	if (pid > 0) {
		list = read_list(pipe[0]);
		(void)waitpid(pid, &status, 0);
	}
	close(pipe[0]);
	if (status != 0 || !list)
		return fail(255, "can't expand the arguments");
	k->launch.argv = list;
	return 0;
}

/* ---- starting ---- */

static bool
is_there(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

static int
explain(const struct keeper *k)
{
	const struct launch *l = &k->launch;
	const struct manifest *m = k->work->localbin ? NULL : k->work->manifest;
	const char *name = k->work->argv[0], *why = strerror(l->error);
	struct utsname node;

	if (l->doing && l->doing == l->cwd)
		return fail(255, "can't enter the working directory %s: %s", l->cwd, why);
	if (l->doing)
		return fail(255, "can't %s: %s", l->doing, why);
	if (l->error == ENOEXEC && m && m->machine[0] && uname(&node) == 0 && strcmp(node.machine, m->machine) != 0)
		return fail(126, "%s: built for %s, this node is %s", name, m->machine, node.machine);
	if (l->error == ENOEXEC)
		return fail(126, "%s: not a program that this node can run", name);
	if (l->error == ENOENT && is_there(l->path))
		return fail(126, "%s: its interpreter %s is not there", name, m && m->interpreter[0] ? m->interpreter : "(or loader)");
	if (l->error == E2BIG)
		return fail(126, "%s: too many or too long arguments", name);
	return fail(l->error == ENOENT || l->error == ENOTDIR ? 127 : 126, "%s: %s", name, why);
}

static int
start(struct keeper *k)
{
	const char *cwd = k->work->cwd ? k->work->cwd : "/";
	bool by_hand = !k->work->localbin && (k->work->view == VIEW_NONE || !k->facts->namespaces);
	int none;

	k->launch.cwd = k->work->localbin ? xstrdup(cwd) : under_binroot(k, cwd);
	if (find_program(k, by_hand) < 0)
		return -1;
	make_env(k);
	if (by_hand)
		run_by_hand(k);
	else
		k->launch.argv = copy_list(k->work->argv);
	if (expand(k) < 0)
		return -1;
	k->pid = spawn(k);
	if (k->pid < 0) {
		k->pid = 0;
		return fail(255, "can't fork: %s", strerror(errno));
	}
	if (k->launch.error) {
		(void)waitpid(k->pid, NULL, 0);
		k->pid = 0;
		return explain(k);
	}
	k->group = k->pid;
	/* The pipes must end with the job's last process, not with us. */
	none = openat(STORE, ".", O_PATH | O_CLOEXEC);
	(void)dup3(none, STDOUT_FILENO, O_CLOEXEC);
	(void)dup3(none, STDERR_FILENO, O_CLOEXEC);
	close(none);
	tell(PROC_STARTED, 0, "");
	return 0;
}

/* ---- reaping and killing ---- */

ssize_t
list_children(int proc, pid_t **out)
{
	int fd = openat(proc, "thread-self/children", O_RDONLY | O_CLOEXEC);
	struct buf text = {0};
	size_t count = 0;
	char *at, *end;
	ssize_t n;

	*out = NULL;
	if (fd < 0)
		return -1;
	while ((n = read_full(fd, buf_grow(&text, 4096), 4096)) > 0)
		text.len += (size_t)n;
	close(fd);
	put_u8(&text, 0);
	*out = xcalloc(text.len / 2 + 1, sizeof(**out));
	for (at = (char *)text.data; strtol(at, &end, 10) > 0; at = end)
		(*out)[count++] = (pid_t)strtol(at, NULL, 10);
	buf_free(&text);
	return n < 0 ? -1 : (ssize_t)count;
}

/* How many were there; one for an unknown number. */
static size_t
kill_children(const struct keeper *k)
{
	ssize_t count, i;
	pid_t *pids;

	if (k->facts->pid_namespaces)
		return kill(-1, SIGKILL) == 0;
	count = list_children(PROC, &pids);
	for (i = 0; i < count; i++)
		(void)kill(pids[i], SIGKILL);
	free(pids);
	return count > 0 ? (size_t)count : 0;
}

/* One ended child; the program's end is told. */
static void
reaped(struct keeper *k, pid_t pid, int status)
{
	if (pid != k->pid)
		return;
	k->pid = 0;
	tell(PROC_EXITED, status, "");
}

/* Until nothing has ended that was not reaped. False when there are no children left. */
static bool
reap(struct keeper *k)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		reaped(k, pid, status);
	return pid == 0 || errno != ECHILD;
}

/* What forks while it is being killed becomes our child when its parent dies, so this ends: measured against a fork storm, 0.2 to
 * 18 ms, where walking the whole tree of processes takes half a minute. */
static void
kill_all(struct keeper *k)
{
	int status;
	pid_t pid;

	do {
		size_t killed = kill_children(k);

		/* A list read while it changed may be short: then nothing may be waited for. */
		pid = waitpid(-1, &status, killed ? 0 : WNOHANG);
		if (pid > 0)
			reaped(k, pid, status);
	} while ((pid >= 0 || errno == EINTR) && reap(k));
}

/* To the program's group. Once the program is gone its number may have become another's: so only while one of our children is in
 * it; and to our other children one by one. */
static void
signal_rest(const struct keeper *k, int sig)
{
	bool group_lives = false;
	ssize_t count, i;
	pid_t *pids;

	count = list_children(PROC, &pids);
	for (i = 0; i < count; i++) {
		if (getpgid(pids[i]) == k->group)
			group_lives = true;
		else
			(void)kill(pids[i], sig);
	}
	if (group_lives)
		(void)kill(-k->group, sig);
	free(pids);
}

static void
signal_job(const struct keeper *k, int sig)
{
	if (k->pid > 0) {
		(void)kill(-k->group, sig);
		if (getpgid(k->pid) != k->group)
			(void)kill(k->pid, sig);
	} else if (k->facts->pid_namespaces) {
		(void)kill(-1, sig);
	} else {
		signal_rest(k, sig);
	}
}

/* False when everything is to end: asked for, or the daemon is gone. */
static bool
obey(const struct keeper *k)
{
	uint8_t sig;
	ssize_t n = recv(CONTROL, &sig, 1, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0 || sig == KEEPER_KILL)
		return false;
	signal_job(k, sig);
	return true;
}

static void
drain(int signals)
{
	struct signalfd_siginfo info[8];

	while (read(signals, info, sizeof(info)) > 0)
		;
}

static void
keep_watch(struct keeper *k)
{
	struct pollfd fds[2] = {{.fd = CONTROL, .events = POLLIN}, {.fd = k->signals, .events = POLLIN}};

	while (reap(k)) {
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[1].revents)
			drain(k->signals);
		if (fds[0].revents && !obey(k)) {
			kill_all(k);
			return;
		}
	}
}

/* Directories that are mounted on in this namespace can't be removed in it. */
static void
leave_view(const struct keeper *k)
{
	if (!k->facts->namespaces || setns(HOME, CLONE_NEWNS) == 0)
		return;
	(void)umount2(k->facts->binroot, MNT_DETACH);
	(void)umount2("/", MNT_DETACH);
}

/* Nobody waits for this, and other jobs may be starting. */
static int
clean_up(struct keeper *k)
{
	int root;

	(void)setpriority(PRIO_PROCESS, 0, 19);
	leave_view(k);
	root = k->mine ? openat(STORE, k->own, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
	if (root >= 0) {
		place_undo(root, &k->placed);
		(void)unlinkat(STORE, k->own, AT_REMOVEDIR);
	}
	return unlinkat(STORE, k->job, AT_REMOVEDIR) < 0 && remove_tree(STORE, k->job) < 0;
}

static bool
may_run(const struct keeper *k)
{
	if (k->facts->is_root || k->work->uid == geteuid())
		return true;
	(void)fail(255, "gproc runs without root on this node: it can run jobs of user %u only, not of %u", geteuid(), k->work->uid);
	return false;
}

void
keeper_run(struct keep *keep)
{
	struct keeper k = {.keep = keep, .facts = keep->facts, .work = keep->work};

	(void)setsid();
	take_descriptors(keep);
	take_signals(&k);
	(void)umask(0);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	(void)snprintf(k.job, sizeof(k.job), "job/%s", keep->name);
	(void)snprintf(k.own, sizeof(k.own), "job/%s/root", keep->name);
	k.mine = k.facts->namespaces && k.facts->private;
	if (may_run(&k) && place(&k) == 0 && enter_view(&k) == 0 && start(&k) == 0)
		keep_watch(&k);
	_exit(clean_up(&k));
}
