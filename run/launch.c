/* The program of a job: which file it is, with which arguments and environment, and how it is started as its user.
 * Must never know how its files came to be where they are. */
#include "run/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/walk.h"
#include "run/collect.h"
#include "run/deliver.h"
#include "run/inherit.h"
#include "run/look.h"
#include "run/pty.h"
#include "run/unpack.h"
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
	const struct manifest *m = l->task->manifest;
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
	callers = l->task->localbin || !*callers ? l->facts->search : callers;
	put_bytes(&text, callers, strlen(callers) + 1);
	strings_free(&dirs);
	return (char *)text.data;
}

static char *
under_binroot(const struct start *l, const char *inside)
{
	const char *root = strcmp(l->facts->binroot, "/") == 0 ? "" : l->facts->binroot;

	inside += strspn(inside, "/");
	return *inside || !*root ? xasprintf("%s/%s", root, inside) : xstrdup(root);
}

/* Where the description of the user's terminal lies, if it was sent; else as the user has it. Caller frees. */
static char *
terminfo(const struct start *l, const char *value)
{
	const struct manifest *m = l->task->terminal ? l->task->manifest : NULL;
	char *real = m ? unpack_resolve(m, value) : NULL, *dir, *text;

	if (!real || !*real || !manifest_find(m, real)) {
		free(real);
		return xasprintf("TERMINFO=%s", value);
	}
	dir = under_binroot(l, real);
	text = xasprintf("TERMINFO=%s", dir);
	free(dir);
	free(real);
	return text;
}

static void
make_env(struct start *l)
{
	struct strings env = {0};
	const char *callers = "";
	char *path;
	size_t i;

	for (i = 0; l->task->env[i]; i++) {
		if (has_prefix(l->task->env[i], "PATH="))
			callers = l->task->env[i] + 5;
		else if (has_prefix(l->task->env[i], "TERMINFO="))
			strings_take(&env, terminfo(l, l->task->env[i] + 9));
		else if (!has_prefix(l->task->env[i], "GPROC_ROOT=") && !has_prefix(l->task->env[i], "PWD="))
			strings_add(&env, l->task->env[i]);
	}
	path = search_path(l, callers);
	strings_take(&env, xasprintf("PATH=%s", path));
	strings_take(&env, xasprintf("GPROC_ROOT=%s", l->facts->binroot));
	strings_take(&env, xasprintf("PWD=%s", l->cwd)); /* the caller's names a directory of the head */
	free(path);
	l->env = env.at;
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

		if (look_is_program(path))
			return path;
		free(path);
		at += len + (at[len] == ':');
	}
	return NULL;
}

/* What the shipped program is, in the store, where only this daemon's user gets at it: so that it is known in the view, where its path may
 * as well lead to another one of the node's, or to where another user likes, now here and then there. An overlay keeps inode numbers. */
static void
know_program(struct start *l)
{
	char *shipped = xasprintf("%s/%s", l->tree, l->program), *own = xasprintf("%s/%s", l->own, l->program);

	/* From the working directory, which is the store's top in the job's own mount namespace: there the overlay is. */
	l->is_known = fstatat(AT_FDCWD, shipped, &l->known, AT_SYMLINK_NOFOLLOW) == 0 ||
		      fstatat(AT_FDCWD, own, &l->known, AT_SYMLINK_NOFOLLOW) == 0;
	free(shipped);
	free(own);
}

/* Whether a path leads, by shipped names alone, to what was shipped, where nobody can change that: known of the view, without a look. */
static bool
is_shown(const struct start *l, const char *path)
{
	const struct manifest *m = l->task->manifest;
	struct walk w = walk_from("", path);
	const struct entry *e = NULL;
	enum walk_step step;
	bool shown = l->merged->count > 0;

	while (shown && (step = walk_step(&w)) != WALK_END) {
		const char *inside = walk_inside(&w) + (step == WALK_DOWN);

		e = step == WALK_DOWN ? manifest_find(m, inside) : NULL;
		if (step == WALK_DOWN && !e)
			shown = false;
		else if (e && e->kind == ENTRY_LINK)
			shown = walk_follow(&w, e->target) == 0;
		else if (e && !strchr(inside, '/'))
			shown = strings_has(l->merged, inside);
	}
	walk_end(&w);
	return shown && e && (e->kind == ENTRY_DIR || !unpack_is_own(e));
}

static bool
shows_program(const struct start *l, const char *path)
{
	struct stat st;

	if (is_shown(l, path))
		return true;
	return l->is_known && stat(path, &st) == 0 && (uint32_t)st.st_ino == (uint32_t)l->known.st_ino && st.st_size == l->known.st_size &&
	       st.st_mtim.tv_sec == l->known.st_mtim.tv_sec && look_is_sure(path);
}

static int
find_program(struct start *l)
{
	const struct task *w = l->task;

	if (!w->manifest || !w->manifest->program[0])
		return fail(l, 255, "no program was shipped");
	l->program = unpack_resolve(w->manifest, w->manifest->program);
	if (!l->program)
		return fail(l, 126, "%s: too many links", w->manifest->program);
	if (!l->by_hand && !is_shown(l, w->manifest->program))
		know_program(l);
	return 0;
}

/* ---- running the carried loader by hand (-view=none, or no mount namespace) ---- */

static char *
library_path(const struct start *l)
{
	const char *at = l->task->manifest->library_path;
	struct buf text = {0};

	while (*at) {
		size_t len = strcspn(at, ":");
		char *dir = xstrndup(at, len), *real = unpack_resolve(l->task->manifest, dir);
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

/* `#!/usr/bin/env x` means the shipped x. Its path inside the root, or NULL. Caller frees. */
static char *
shipped_by_name(const struct start *l, const char *name)
{
	const struct manifest *m = l->task->manifest;
	size_t i;

	for (i = 0; i < m->count; i++)
		if ((m->at[i].flags & ENTRY_PROGRAM) && strcmp(last_part(m->at[i].path), name) == 0)
			return unpack_resolve(m, m->at[i].path);
	return NULL;
}

/* argv becomes: loader --library-path DIRS [--argv0 NAME] PROGRAM, or for a script: ... INTERPRETER [ARGUMENT] SCRIPT. */
static void
run_by_hand(struct start *l)
{
	struct strings argv = {0};
	char line[SHEBANG_SIZE], *interpreter = NULL, *argument = NULL, *program = xstrdup(l->path);
	char *loader = unpack_resolve(l->task->manifest, l->task->manifest->interpreter), *real = NULL;
	bool script = look_shebang(program, line, &interpreter, &argument);
	size_t i;

	if (script) {
		const char *slash = strrchr(interpreter, '/');

		if (slash && strcmp(slash + 1, "env") == 0 && *argument && (real = shipped_by_name(l, argument)))
			*argument = '\0';
		if (!real)
			real = unpack_resolve(l->task->manifest, interpreter);
		free(program);
		program = under_binroot(l, real ? real : interpreter);
	}
	if (l->task->manifest->interpreter[0] && loader) {
		free(l->path);
		l->path = under_binroot(l, loader);
		strings_add(&argv, l->path);
		strings_add(&argv, "--library-path");
		strings_take(&argv, library_path(l));
		/* Loaders learned --argv0 at different times (glibc 2.33); one that knows it holds the word. */
		if (!script && look_holds(l->path, "--argv0")) {
			strings_add(&argv, "--argv0");
			strings_add(&argv, l->task->argv[0]);
		}
		strings_add(&argv, program);
	} else {
		strings_add(&argv, script ? program : l->task->argv[0]);
		free(l->path);
		l->path = xstrdup(program);
	}
	if (script && *argument)
		strings_add(&argv, argument);
	if (script)
		strings_take(&argv, under_binroot(l, l->program));
	for (i = 1; l->task->argv[i]; i++)
		strings_add(&argv, l->task->argv[i]);
	l->argv = argv.at;
	free(program);
	free(loader);
	free(real);
}

/* ---- the child: everything that looks at what a user made, as that user; it may be stopped or slowed, and nothing waits for it ---- */

/* What the child says on its way to exec, whose end closes the pipe: one byte, after FAILED a u32 status and a text, after HINT and NOTE a
 * text, after LOWERED a u32 with a bit for each limit. */
enum { EXPANDING = 'e', EXPANDED = 'x', LOWERED = 'l', HINT = 'h', NOTE = 'n', FAILED = 'f' };

static void
say(const struct start *l, char what)
{
	struct buf b = {0};

	put_u8(&b, (unsigned char)what);
	if (what == FAILED) {
		put_u32(&b, (uint32_t)l->status);
		put_str(&b, l->why);
	}
	if (what == LOWERED)
		put_u32(&b, l->lowered);
	if (what == HINT)
		put_str(&b, l->hint);
	if (what == NOTE)
		put_str(&b, l->note);
	(void)write_full(l->report, b.data, b.len);
	buf_free(&b);
}

/* What a user ships may stand in the place of a loader, a library or a configuration that a setuid program of the node's trusts, so
 * where anything was shipped no exec gives a user rights that the user hasn't. */
static bool
gains_nothing(const struct start *l)
{
	return l->task->manifest && l->task->uid != 0;
}

static int
become(struct start *l)
{
	const struct task *w = l->task;

	if (l->facts->is_root && become_user(w->uid, w->gid, w->groups, w->group_count, true) < 0)
		return fail(l, 255, "can't become the user: %s", strerror(errno));
	if (w->uid != 0 && inherit_renounce() < 0)
		return fail(l, 255, "can't renounce capabilities: %s", strerror(errno));
	if (gains_nothing(l) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail(l, 255, "can't renounce privileges: %s", strerror(errno));
	if (chdir(l->cwd) < 0)
		return fail(l, w->node_cwd ? 126 : 255, "can't enter the working directory %s: %s", l->cwd, strerror(errno));
	return 0;
}

/* ---- arguments with * ? [ under binRoot, expanded as the user sees them ---- */

enum {
	EXPANSION_SPACE = 64 << 20, /* bytes of memory: ten times what an exec takes */
	EXPANSION_CPU = 10,	    /* seconds */
	MOST_PATHS = 64,	    /* in a word, that are looked up for a hint */
};

static bool
wants_glob(const struct start *l, const char *arg)
{
	size_t len = strlen(l->facts->binroot);

	return l->task->glob && strncmp(arg, l->facts->binroot, len) == 0 && arg[len] == '/' && strpbrk(arg + len, "*?[");
}

static bool
any_glob(const struct start *l)
{
	size_t i;

	for (i = 1; l->task->argv[i]; i++)
		if (wants_glob(l, l->task->argv[i]))
			return true;
	return false;
}

/* Bytes of address space that this process has. */
static rlim_t
space_used(const struct start *l)
{
	int fd = openat(l->proc, "self/statm", O_RDONLY | O_CLOEXEC);
	char text[64] = "";

	if (fd >= 0) {
		(void)!read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	return (rlim_t)strtoull(text, NULL, 10) * (rlim_t)sysconf(_SC_PAGESIZE);
}

/* Sets the soft limit to value, or puts the old one back. */
static void
limit_softly(int what, rlim_t value, struct rlimit *old)
{
	struct rlimit now;

	(void)getrlimit(what, old);
	now = *old;
	if (value < now.rlim_cur)
		now.rlim_cur = value;
	(void)setrlimit(what, &now);
}

/* They are the process's until it execs. Made by plain realloc: where there is a limit, memory may run out. */
struct words {
	char **at;
	size_t count, room;
};

static int
add_word(struct words *w, char *word)
{
	if (w->count + 1 >= w->room) {
		size_t room = w->room ? w->room * 2 : 64;
		char **grown = realloc(w->at, room * sizeof(*grown));

		if (!grown)
			return -1;
		w->at = grown;
		w->room = room;
	}
	w->at[w->count++] = word;
	w->at[w->count] = NULL;
	return 0;
}

/* What a pattern stands for: itself where nothing is like it. -1 when there is no memory for it. */
static int
expand_word(struct words *w, char *word)
{
	glob_t found = {0};
	int result = glob(word, 0, NULL, &found);
	size_t i;

	if (result != 0)
		return result == GLOB_NOSPACE ? -1 : add_word(w, word);
	for (i = 0; i < found.gl_pathc; i++)
		if (add_word(w, found.gl_pathv[i]))
			return -1;
	return 0;
}

/* The word for whose files there was no memory; NULL when all are expanded. */
static const char *
expand_words(const struct start *l, struct words *w, size_t first)
{
	size_t i;

	for (i = 0; l->argv[i]; i++) {
		bool pattern = i >= first && wants_glob(l, l->argv[i]);

		if (pattern ? expand_word(w, l->argv[i]) : add_word(w, l->argv[i]))
			return l->argv[i];
	}
	return NULL;
}

static size_t
count_words(char *const *words)
{
	size_t count = 0;

	while (words[count])
		count++;
	return count;
}

static int
expand(struct start *l)
{
	size_t first = count_words(l->argv) - count_words(l->task->argv) + 1; /* before it are the loader's */
	struct rlimit space, cpu;
	struct words words = {0};
	const char *too_much;

	if (!any_glob(l))
		return 0;
	say(l, EXPANDING);
	limit_softly(RLIMIT_AS, space_used(l) + EXPANSION_SPACE, &space);
	limit_softly(RLIMIT_CPU, EXPANSION_CPU, &cpu);
	too_much = expand_words(l, &words, first);
	(void)setrlimit(RLIMIT_CPU, &cpu);
	(void)setrlimit(RLIMIT_AS, &space);
	if (too_much)
		return fail(l, 126, "%s: the names of the files that it stands for take more than %d MiB", too_much, EXPANSION_SPACE >> 20);
	say(l, EXPANDED);
	l->argv = words.at;
	return 0;
}

/* ---- the caller's limits ---- */

/* The soft ones, as far as the hard ones here go. Those that a kernel derives from the machine's memory differ from node to node, so no
 * user has asked for what a larger machine has of them, and it is not said that there is less. */
static void
limit(struct start *l)
{
	uint32_t i;

	for (i = 0; i < l->task->limit_count; i++) {
		uint64_t wanted = l->task->limits[i];
		int resource = limit_resource(i);
		struct rlimit limit;
		rlim_t before;

		if (i < LIMITS && wanted == l->facts->soft_limits[i])
			continue;
		if (resource < 0 || getrlimit(resource, &limit) < 0)
			continue;
		before = limit.rlim_cur;
		limit.rlim_cur = wanted == UINT64_MAX ? RLIM_INFINITY : (rlim_t)wanted;
		if (limit.rlim_cur > limit.rlim_max && resource != RLIMIT_NPROC && resource != RLIMIT_SIGPENDING)
			l->lowered |= 1u << i;
		if (limit.rlim_cur > limit.rlim_max)
			limit.rlim_cur = limit.rlim_max;
		if (limit.rlim_cur != before)
			(void)setrlimit(resource, &limit);
	}
	if (l->lowered)
		say(l, LOWERED);
}

/* ---- what went wrong ---- */

/* What was sent as that file is not shown in its place. Caller frees. */
static char *
say_unshown(const struct start *l, const char *file, int error)
{
	const struct manifest *m = l->task->localbin ? NULL : l->task->manifest;
	char *real = m ? unpack_resolve(m, file) : NULL, *text;
	const struct entry *e = real && *real ? manifest_find(m, real) : NULL;

	if (!e || e->kind != ENTRY_FILE)
		text = xstrdup("");
	else if (error == EACCES)
		text = xasprintf("; it was sent, but user %u may not enter a directory on its way on this node, so it is below %s alone",
			(unsigned)l->task->uid, l->facts->binroot);
	else
		text = xasprintf("; it was sent, but can't be shown there on this node, so it is below %s alone", l->facts->binroot);
	free(real);
	return text;
}

/* The program is there, and what it is to be run by is not, or can't be. */
static int
explain_interpreter(struct start *l, const struct trouble *t)
{
	const char *name = l->task->argv[0];
	char *unshown = say_unshown(l, t->file, t->error), *what;

	what = strcmp(t->needed_by, l->path) == 0 ? xasprintf("its interpreter %s", t->file)
						  : xasprintf("%s, the interpreter of %s,", t->file, t->needed_by);
	if (t->error == ENOENT || t->error == ENOTDIR)
		(void)fail(l, 126, "%s: %s is not there%s", name, what, unshown);
	else
		(void)fail(l, 126, "%s: %s can't be run: %s%s", name, what, strerror(t->error), unshown);
	free(what);
	free(unshown);
	return -1;
}

static int
explain_file(struct start *l, int error)
{
	const char *name = l->task->argv[0];
	struct trouble t;

	if (!look_trouble(l->path, &t))
		return fail(l, error == ENOENT || error == ENOTDIR ? 127 : 126, "%s: %s", name, strerror(error));
	if (t.noexec)
		(void)fail(l, 126, "%s: the file system that %s lies on is mounted noexec%s", name, t.needed_by ? t.file : "it",
			l->task->localbin ? "" : "; the node's -binRoot may name a place on another");
	else if (t.needed_by)
		(void)explain_interpreter(l, &t);
	else
		(void)fail(l, error == ENOENT || error == ENOTDIR ? 127 : 126, "%s: %s", name, strerror(error));
	free(t.file);
	free(t.needed_by);
	return -1;
}

/* The size of the words, and of the longest of them; beside the words themselves the kernel counts a pointer to each. */
static size_t
size_of(char *const *words, size_t *longest)
{
	size_t total = 0, len;

	for (; *words; words++) {
		len = strlen(*words) + 1;
		total += len + sizeof(char *);
		*longest = len > *longest ? len : *longest;
	}
	return total;
}

static int
too_big(struct start *l)
{
	size_t longest = 0, arguments = size_of(l->argv, &longest), environment = size_of(l->env, &longest);

	return fail(l, 126,
		"%s: its arguments take %zu bytes and its environment %zu, the longest word %zu: more than a program can be given",
		l->task->argv[0], arguments, environment, longest);
}

static int
explain(struct start *l, int error)
{
	const struct manifest *m = l->task->localbin ? NULL : l->task->manifest;
	const char *name = l->task->argv[0];
	struct utsname node;

	if (error == ENOEXEC && m && m->machine[0] && uname(&node) == 0 && strcmp(node.machine, m->machine) != 0)
		return fail(l, 126, "%s: built for %s, this node is %s", name, m->machine, node.machine);
	if (error == ENOEXEC)
		return fail(l, 126, "%s: not a program that this node can run", name);
	if (error == E2BIG)
		return too_big(l);
	return explain_file(l, error);
}

/* ---- all of it ---- */

/* A library or interpreter that was sent is looked for at its own path: where everybody writes, another user may have put another one
 * there, or may put it there yet. */
static int
check_needed(struct start *l)
{
	const struct manifest *m = l->task->manifest;
	struct strings passed = {0};
	size_t i;

	for (i = 0; i < m->count && !*l->why; i++) {
		const struct entry *e = &m->at[i];
		char *path = NULL;

		if (e->kind != ENTRY_DIR && (e->flags & (ENTRY_LIBRARY | ENTRY_PROGRAM)) && strcmp(e->path, l->program) != 0 &&
			strcmp(e->path, m->program + strspn(m->program, "/")) != 0)
			path = xasprintf("/%s", e->path);
		if (path && !is_shown(l, path) && look_is_open(path, &passed))
			(void)fail(l, 126,
				"%s: /%s was sent, but where everybody writes on this node, user %u is not sure to find it: another user "
				"has, or could make, what is on its way there",
				l->task->argv[0], e->path, (unsigned)l->task->uid);
		free(path);
	}
	strings_free(&passed);
	return *l->why ? -1 : 0;
}

/* By which words it is started. */
static int
find_words(struct start *l)
{
	const struct task *w = l->task;

	l->argv = (char **)(uintptr_t)w->argv;
	if (w->localbin) {
		l->path = find_local(l, w->argv[0]);
		return l->path ? 0 : fail(l, 127, "%s: not found in %s", w->argv[0], l->facts->search);
	}
	l->path = shows_program(l, w->manifest->program) ? xstrdup(w->manifest->program) : under_binroot(l, l->program);
	if (l->by_hand)
		run_by_hand(l);
	return l->by_hand ? 0 : check_needed(l);
}

/* The node's own setuid programs are found by -localbin alone: what was shipped has no set-id bits, and its sender was told. */
static void
say_gains_nothing(struct start *l)
{
	if (!l->task->localbin || !gains_nothing(l) || !look_gives_rights(l->path))
		return;
	set_error(l->note, sizeof(l->note), "%s gives rights there, but not beside files of -f: it ran as an ordinary program", l->path);
	say(l, NOTE);
}

/* Whether a path shows the file that was sent for it: not another one of the node's, nor none. */
static bool
shows_sent(const char *path, const char *sent)
{
	struct stat here, there;

	return stat(sent, &there) < 0 || (stat(path, &here) == 0 && here.st_mode == there.st_mode && here.st_size == there.st_size &&
						 here.st_mtim.tv_sec == there.st_mtim.tv_sec);
}

/* An argument may name a file sent by -f that is only below binRoot here: no argument is rewritten, but the user is told where it lies. */
static void
hint_at(struct start *l, const char *word)
{
	const struct manifest *m = l->task->manifest;
	char *path = *word == '/' ? xstrdup(word) : xasprintf("%s/%s", l->cwd, word), *real = unpack_resolve(m, path), *sent;
	const struct entry *e = real && *real ? manifest_find(m, real) : NULL;
	size_t used = strlen(l->hint);

	if (e && (e->flags & ENTRY_OWN)) {
		sent = under_binroot(l, path);
		if (!shows_sent(path, sent) && !strstr(l->hint, sent) && used + strlen(path) + strlen(sent) + 8 < sizeof(l->hint))
			(void)snprintf(l->hint + used, sizeof(l->hint) - used, "%s%s is at %s", used ? ", " : "", path, sent);
		free(sent);
	}
	free(real);
	free(path);
}

/* Absolute paths within a word, as in if=/tmp/x, -I/tmp/x or sh -c '. /tmp/x; y'. */
static void
hint_within(struct start *l, const char *word)
{
	static const char ends[] = " \t\n;:,|&()<>\"'`=";
	const char *at = word;
	unsigned tries;

	for (tries = 0; tries < MOST_PATHS && (at = strchr(at, '/')); tries++) {
		size_t len = strcspn(at, ends);
		bool begins = at > word && (strchr(ends, at[-1]) || (word[0] == '-' && at == word + 2));
		char *path = xstrndup(at, len);

		if (begins && len > 1)
			hint_at(l, path);
		free(path);
		at += len;
	}
}

/* Of the words as they were typed. */
static void
hint_where_files_are(struct start *l)
{
	char *const *word;

	if (!l->task->manifest)
		return;
	for (word = l->task->argv + 1; *word; word++) {
		hint_at(l, *word);
		hint_within(l, *word);
	}
	if (*l->hint)
		say(l, HINT);
}

/* No program takes the place of this process: what is the daemon's is closed and out of reach. */
static void __attribute__((noreturn)) read_files(struct start *l)
{
	struct rlimit space;

	limit_softly(RLIMIT_AS, space_used(l) + EXPANSION_SPACE, &space);
	close_from(STDERR_FILENO + 1);
	if (l->task->kind == TASK_COMPARE)
		_exit(l->task->manifest && deliver_compare(l->task->manifest, l->task->argv[0], STDOUT_FILENO) == 0 ? 0 : 1);
	_exit(collect(l->task->argv, l->task->glob, STDOUT_FILENO) == 0 ? 0 : 1);
}

/* Contents are root's to read: this process becomes the user in each step that touches the node's files. */
static void __attribute__((noreturn)) put_files(struct start *l)
{
	const struct task *t = l->task;
	size_t len = strlen(t->argv[0]);
	struct delivery d = {
		.from = {.store = l->store,
			.given = l->given,
			.manifest = t->manifest,
			.owner = {.uid = t->uid, .gid = t->gid, .give = l->facts->is_root}},
		.groups = t->groups,
		.group_count = t->group_count,
		.base = t->argv[0],
		.make = len && t->argv[0][len - 1] == '/',
		.prefix = t->prefix,
	};

	(void)umask(t->umask);
	if (t->manifest && deliver(&d, l->why, sizeof(l->why)) == 0)
		_exit(0);
	l->status = 1;
	say(l, FAILED);
	_exit(1);
}

static int
take_terminal(struct start *l)
{
	return l->task->terminal && pty_control() < 0 ? fail(l, 255, "can't have a terminal: %s", strerror(errno)) : 0;
}

static void
run_child(struct start *l)
{
	sigset_t none;

	(void)setsid();
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (l->task->kind == TASK_PUT)
		put_files(l);
	if (take_terminal(l) == 0 && become(l) == 0 && (l->task->kind == TASK_GET || l->task->kind == TASK_COMPARE))
		read_files(l);
	if (!*l->why && find_words(l) == 0 && expand(l) == 0) {
		(void)umask(l->task->umask);
		limit(l);
		say_gains_nothing(l);
		hint_where_files_are(l);
		(void)execve(l->path, l->argv, l->env);
		(void)explain(l, errno);
	}
	say(l, FAILED);
	_exit(127);
}

int
launch_make(struct start *l)
{
	const char *cwd = l->task->cwd ? l->task->cwd : "/";

	l->by_hand = !l->task->localbin && (l->task->view == VIEW_NONE || !l->facts->namespaces);
	l->cwd = l->task->localbin || l->task->node_cwd ? xstrdup(cwd) : under_binroot(l, cwd);
	make_env(l);
	return l->task->localbin || l->task->kind != TASK_RUN ? 0 : find_program(l);
}

/* Not by vfork: the parent would wait until the child execs, which its user can keep it from by a signal. */
int
launch_run(struct start *l)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return fail(l, 255, "can't start it: %s", strerror(errno));
	l->pid = fork_with(0);
	l->report = ends[l->pid == 0];
	if (l->pid == 0)
		run_child(l);
	l->held = ends[1];
	if (l->task->wants_start || l->pid < 0)
		close_fd(&l->held);
	if (l->pid > 0)
		return 0;
	close(ends[0]);
	return fail(l, 255, "can't fork: %s", strerror(errno));
}

static enum launch_state
take_report(struct start *l)
{
	struct reader r = reader_over(l->said.data, l->said.len);
	enum launch_state state = LAUNCH_STARTING;

	while (!r.bad && reader_left(&r)) {
		unsigned what = take_u8(&r);

		state = what == EXPANDING ? LAUNCH_EXPANDING : what == FAILED ? LAUNCH_FAILED : LAUNCH_STARTING;
		if (what == FAILED) {
			l->status = (int)take_u32(&r);
			set_error(l->why, sizeof(l->why), "%s", take_str(&r));
		} else if (what == LOWERED) {
			l->lowered = take_u32(&r);
		} else if (what == HINT) {
			set_error(l->hint, sizeof(l->hint), "%s", take_str(&r));
		} else if (what == NOTE) {
			set_error(l->note, sizeof(l->note), "%s", take_str(&r));
		}
	}
	return state;
}

enum launch_state
launch_state(struct start *l)
{
	enum launch_state state;
	ssize_t n;

	while ((n = read(l->report, buf_grow(&l->said, sizeof(l->why)), sizeof(l->why))) > 0 && l->said.len < 4 * sizeof(l->why))
		l->said.len += (size_t)n;
	if (l->said.len > 0)
		close_fd(&l->held); /* what was said is told when it runs */
	state = take_report(l);
	if (n < 0 && errno == EAGAIN && !l->over)
		return state == LAUNCH_FAILED ? LAUNCH_STARTING : state;
	if (!l->over) /* else the pipe goes with this process */
		close(l->report);
	l->report = -1;
	return state == LAUNCH_STARTING ? LAUNCH_RUNS : state;
}

void
launch_over(struct start *l)
{
	l->over = true;
}
