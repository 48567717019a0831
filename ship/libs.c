/* A program under a root: found by its name, with the interpreters of a script, and everything its ELF files need.
 * Must never know a network, or how files are sent. */
#include "ship/libs.h"

#include "ship/envline.h"
#include "ship/objects.h"

#include <errno.h>
#include <paths.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_SHOWN 4		     /* directories of PATH in a message */
#define MAX_SCRIPTS 5		     /* interpreters that are scripts themselves, as in the kernel */
#define DEFAULT_PATH "/bin:/usr/bin" /* where env, as execvp(3), looks without PATH */
#define SCRIPT_LINE 255		     /* bytes of a #! line that the kernel reads */

static char error_text[4096];

const char *
libs_error(void)
{
	return error_text;
}

struct look_up {
	const struct libs_query *q;
	struct objects_query objects; /* with the root as it is used throughout */
	char *root;		      /* owned */
	struct deps *out;
	int status;
};

/* Sets the error and the status that goes with it. */
static int PRINTF(3, 4) fail(struct look_up *l, int status, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	set_error(error_text, sizeof(error_text), "%s", text);
	l->status = status;
	free(text);
	return -1;
}

static void
warn_text(const struct look_up *l, const char *text)
{
	if (l->q->warn)
		l->q->warn(text);
}

static void
look_up_begin(struct look_up *l, const struct libs_query *q, struct deps *out, void (*warn_missing)(const char *))
{
	size_t len = strlen(q->root);

	while (len > 1 && q->root[len - 1] == '/')
		len--;
	*l = (struct look_up){.q = q, .out = out, .root = xstrndup(q->root, len)};
	l->objects = (struct objects_query){.root = l->root,
		.at_home = strcmp(l->root, "/") == 0,
		.ld_library_path = q->ld_library_path,
		.ld_preload = q->ld_preload,
		.ld_audit = q->ld_audit,
		.extra_dirs = q->extra_dirs,
		.warn = warn_missing};
}

static int
add_elf(struct look_up *l, const char *root, const char *path, struct elf *e)
{
	return objects_add(&l->objects, root, path, e, l->out) ? fail(l, 126, "%s", objects_error()) : 0;
}

/* ---- programs by name ---- */

/* Where a program is to be looked for: a path inside a root, its links not yet followed. */
struct location {
	const char *root;
	char *path;
};

static struct location
location_of(const struct look_up *l, const char *name)
{
	if (*name == '/')
		return (struct location){l->objects.root, xstrdup(name)};
	return (struct location){"/", rootfs_absolute(name)};
}

/* Whether a regular file is there that some user may execute. *is_there is set when anything is. */
static bool
is_program(const char *root, const char *path, bool *is_there)
{
	char *real = rootfs_resolve(root, path, NULL), *outside = real ? rootfs_join(root, real) : NULL;
	struct stat st;
	bool good = false;

	if (outside && stat(outside, &st) == 0) {
		good = S_ISREG(st.st_mode) && (st.st_mode & 0111);
		*is_there = !S_ISDIR(st.st_mode);
	}
	free(outside);
	free(real);
	return good;
}

/* A name's path in one directory of PATH; NULL when that directory has no meaning under this root. */
static char *
path_in(const struct look_up *l, const char *dir, size_t len, const char *name)
{
	if (*dir == '/')
		return xasprintf("%.*s/%s", (int)len, dir, name);
	return l->objects.at_home ? xasprintf("./%.*s/%s", (int)len, dir, name) : NULL; /* from the head's working directory */
}

static int
fail_no_program(struct look_up *l, const char *name, const char *refused, const struct strings *tried, const char *why)
{
	char *tail = objects_under(&l->objects), *dirs = strings_join(tried, ", ");

	if (refused)
		(void)fail(l, 126, "%s%s can't be executed: its mode does not allow it%s", refused, tail, why);
	else
		(void)fail(l, 127, "no program \"%s\" in %s%s%s", name,
			tried->count > MAX_SHOWN ? "the PATH"
			: tried->count		 ? dirs
						 : "an empty PATH",
			tail, why);
	free(dirs);
	free(tail);
	return -1;
}

/* Looks for a name in PATH as execvp does. -1 with error and status when no directory has it, or none has one that can be run. */
static int
search_path(struct look_up *l, const char *name, const char *why, struct location *out)
{
	const char *at = l->q->search ? l->q->search : _PATH_DEFPATH;
	struct strings tried = {0};
	char *refused = NULL;
	int bad = 0;

	for (*out = (struct location){0};; at++) {
		size_t len = strcspn(at, ":");
		char *path = path_in(l, at, len, name);
		bool is_there = false;

		if (path) {
			*out = location_of(l, path);
			free(path);
			if (is_program(out->root, out->path, &is_there))
				break;
			strings_take(&tried, len ? xstrndup(at, len) : xstrdup("."));
			if (is_there && !refused)
				refused = xstrdup(out->path);
			free(out->path);
		}
		at += len;
		if (!*at) {
			out->path = NULL;
			bad = fail_no_program(l, name, refused, &tried, why);
			break;
		}
	}
	free(refused);
	strings_free(&tried);
	return bad;
}

static int
fail_unresolved(struct look_up *l, const struct location *t, const char *by, int error)
{
	bool is_gone = error == ENOENT || error == ENOTDIR;
	char *tail = strcmp(t->root, "/") == 0 ? xstrdup("") : objects_under(&l->objects);
	bool windows = *t->path && t->path[strlen(t->path) - 1] == '\r';

	if (by)
		(void)fail(l, 126, "%s, named by the first line of %s, %s%s%s", t->path, by, is_gone ? "is not there" : strerror(error), tail,
			windows ? "; its lines end with a carriage return, as on Windows" : "");
	else if (is_gone)
		(void)fail(l, 127, "no program %s%s", t->path, tail);
	else
		(void)fail(l, 126, "%s%s: %s", t->path, tail, strerror(error));
	free(tail);
	return -1;
}

static int add_program(struct look_up *l, const struct location *t, const char *by, int depth);

/* ---- scripts ---- */

/* The next word of a line, cut off in place; NULL at its end. */
static char *
next_word(char **line)
{
	char *word = *line + strspn(*line, " \t");

	if (!*word)
		return NULL;
	*line = word + strcspn(word, " \t");
	if (**line)
		*(*line)++ = '\0';
	return word;
}

/* The program that env runs, found in env's PATH and with env's variables for the loader. */
static int
add_env_program(struct look_up *l, const struct envline *e, const char *script, int depth)
{
	const struct libs_query *q = l->q;
	const char *search = envline_variable(e, "PATH", q->search);
	struct libs_query inner = *q;
	struct objects_query outer = l->objects;
	struct location t = {0};
	char *why;
	bool is_there = false;
	int bad;

	if (strchr(e->program, '/')) {
		t = location_of(l, e->program);
		bad = e->is_split && !is_program(t.root, t.path, &is_there) ? fail_unresolved(l, &t, script, ENOENT) : 0;
	} else {
		inner.search = search ? search : DEFAULT_PATH;
		l->q = &inner;
		why = xasprintf(", named by the first line of %s", script);
		bad = search_path(l, e->program, why, &t);
		free(why);
	}
	if (bad && e->is_split) {
		warn_text(l, error_text);
		bad = 0;
	} else if (bad) {
		l->status = 126; /* the script itself is there */
	} else {
		l->objects.ld_library_path = envline_variable(e, "LD_LIBRARY_PATH", q->ld_library_path);
		l->objects.ld_preload = envline_variable(e, "LD_PRELOAD", q->ld_preload);
		l->objects.ld_audit = envline_variable(e, "LD_AUDIT", q->ld_audit);
		bad = add_program(l, &t, script, depth);
	}
	l->q = q;
	l->objects = outer;
	free(t.path);
	return bad;
}

/* The program that env on a script's first line runs is needed as much as env. */
static int
add_program_of_env(struct look_up *l, const char *argument, const char *script, int depth)
{
	struct envline e;
	char *text;
	int bad = 0;

	if (envline_parse(argument, &e) < 0) {
		text = xasprintf("env won't take the first line of %s: %s", script, envline_error());
		warn_text(l, text);
		free(text);
	} else if (e.program) {
		bad = add_env_program(l, &e, script, depth);
	}
	envline_free(&e);
	return bad;
}

/* A script's first line: #! interpreter [one argument, to the end of the line]. */
static int
add_script(struct look_up *l, const struct mapped *m, const char *script, int depth)
{
	size_t most = m->len - 2 < SCRIPT_LINE - 2 ? m->len - 2 : SCRIPT_LINE - 2, len;
	char *line = xstrndup((const char *)m->data + 2, most), *rest = line, *name;
	const char *base;
	struct location t;
	int bad;

	len = strcspn(line, "\n");
	while (len > 0 && strchr(" \t", line[len - 1]))
		len--;
	line[len] = '\0';
	name = next_word(&rest);
	if (!name) {
		free(line);
		return fail(l, 126, "%s names no interpreter in its first line", script);
	}
	t = location_of(l, name);
	bad = add_program(l, &t, script, depth + 1);
	free(t.path);
	base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	if (!bad && strcmp(base, "env") == 0)
		bad = add_program_of_env(l, rest + strspn(rest, " \t"), script, depth + 1);
	free(line);
	return bad;
}

/* ---- any program ---- */

/* ET_EXEC or ET_DYN: neither an object file nor a core dump. */
static bool
is_loadable(const struct elf *e)
{
	return e->type == 2 || e->type == 3;
}

static void
set_text(char **field, const char *text)
{
	if (!*field && text)
		*field = xstrdup(text);
}

/* Handles the program by its kind. `shown` is its path from outside the root, for messages. */
static int
add_mapped(struct look_up *l, const struct location *t, const char *shown, const struct mapped *m, int depth)
{
	struct elf e;

	if (m->len >= 2 && memcmp(m->data, "#!", 2) == 0) {
		if (depth == 0)
			l->out->shebang = true;
		if (depth >= MAX_SCRIPTS)
			return fail(l, 126, "%s: scripts as interpreters of scripts, more than %d deep", shown, MAX_SCRIPTS);
		return add_script(l, m, t->path, depth);
	}
	if (!elf_is_elf(m->data, m->len))
		return fail(l, 126, "%s is neither an ELF file nor a script that begins with #!", shown);
	if (elf_parse(m->data, m->len, &e) < 0)
		return fail(l, 126, "%s %s", shown, elf_error());
	if (!is_loadable(&e)) {
		elf_free(&e);
		return fail(l, 126, "%s is an ELF file, but no program", shown);
	}
	set_text(&l->out->machine, elf_machine_name(&e));
	set_text(&l->out->interpreter, e.interp);
	return add_elf(l, t->root, t->path, &e);
}

static int
check_mode(struct look_up *l, const char *shown, mode_t mode)
{
	if (S_ISDIR(mode))
		return fail(l, 126, "%s is a directory", shown);
	if (!S_ISREG(mode))
		return fail(l, 126, "%s is not a regular file", shown);
	if (!(mode & 0111))
		return fail(l, 126, "%s can't be executed: its mode does not allow it", shown);
	return 0;
}

/* A program at a resolved path: the file itself and all it needs. */
static int
add_program_at(struct look_up *l, const struct location *t, const char *by, int depth)
{
	char *outside = rootfs_join(t->root, t->path);
	struct mapped m;
	int bad;

	if (rootfs_map(outside, &m) < 0) {
		bad = fail(l, 126, "%s can't be read: %s", outside, strerror(errno));
	} else {
		bad = check_mode(l, outside, m.mode);
		if (!bad) {
			deps_add(l->out, DEP_FILE, DEP_PROGRAM, t->path, by ? by : t->path, outside, NULL);
			bad = add_mapped(l, t, outside, &m, depth);
		}
		rootfs_unmap(&m);
	}
	free(outside);
	return bad;
}

/* `by` is NULL for the program that was asked for, else the script that names it. */
static int
add_program(struct look_up *l, const struct location *t, const char *by, int depth)
{
	struct symlinks met = {0};
	struct location real = {t->root, rootfs_resolve(t->root, t->path, &met)};
	int bad;

	if (!real.path)
		return fail_unresolved(l, t, by, errno);
	if (!by) {
		l->out->program = rootfs_resolve_parent(t->root, t->path, NULL);
		set_text(&l->out->program, real.path);
	}
	deps_add_symlinks(l->out, &met, DEP_PROGRAM, by ? by : real.path);
	bad = add_program_at(l, &real, by, depth);
	symlinks_free(&met);
	free(real.path);
	return bad;
}

int
libs_of_program(const struct libs_query *q, const char *program, struct deps *out, int *status)
{
	struct look_up l;
	struct location t;
	struct stat st;
	int bad = 0;

	*out = (struct deps){0};
	look_up_begin(&l, q, out, NULL);
	if (stat(l.objects.root, &st) < 0 || !S_ISDIR(st.st_mode)) {
		set_error(error_text, sizeof(error_text), "no directory %s to find programs in", l.objects.root);
		l.status = 127;
		bad = -1;
	} else if (!*program) {
		bad = fail(&l, 127, "no program \"\"");
	} else if (strchr(program, '/')) {
		t = location_of(&l, program);
		bad = add_program(&l, &t, NULL, 0);
		free(t.path);
	} else if ((bad = search_path(&l, program, "", &t)) == 0) {
		bad = add_program(&l, &t, NULL, 0);
		free(t.path);
	}
	if (bad && status)
		*status = l.status;
	free(l.root);
	return bad;
}

/* The root a file of -f came from: what stands before its path inside. "" is the head's own. */
static const char *
own_root(const struct look_up *l, const char *source, const char *path_inside)
{
	size_t len = strlen(source), tail = strlen(path_inside), root_len = strlen(l->objects.root);

	return len - tail == root_len && len > tail && strncmp(source, l->objects.root, root_len) == 0 ? l->objects.root : "/";
}

static void
warn_nobody(const char *text)
{
	(void)text;
}

void
libs_of_file(const struct libs_query *q, const char *source, const char *path_inside, struct deps *out)
{
	struct look_up l;
	struct mapped m;
	struct elf e;

	if (rootfs_map(source, &m) < 0)
		return;
	look_up_begin(&l, q, out, q->warn ? q->warn : warn_nobody);
	if (m.len >= 2 && memcmp(m.data, "#!", 2) == 0) {
		if (add_script(&l, &m, path_inside, 0))
			warn_text(&l, error_text);
	} else if (elf_is_elf(m.data, m.len) && elf_parse(m.data, m.len, &e) == 0) {
		if (is_loadable(&e))
			(void)add_elf(&l, own_root(&l, source, path_inside), path_inside, &e);
		else
			elf_free(&e);
	}
	free(l.root);
	rootfs_unmap(&m);
}
