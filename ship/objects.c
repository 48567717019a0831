/* The ELF files that make up a running program: each library found as the loader of that root finds it.
 * Must never know how the program itself was found, or what else is sent.
 *
 * Not found, because nothing in the files names them: libraries that a program only dlopens without a note that says so. In glibc's
 * own case these are libnss_*.so.2 beyond "files" and "dns" (getpwnam by ldap, sss, ...), gconv modules and libgcc_s.so.1
 * for pthread_cancel (gproc.1, "What a program needs"). /etc/ld.so.preload is a setting of the head's own and is not followed; LD_PRELOAD
 * is. */
#include "ship/objects.h"

#include "ship/loader.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_OBJECTS 65536u /* libraries of one program */
#define MAX_SPACES 16u	   /* namespaces of one process: DL_NNS in glibc's ldsodefs.h */

static char error_text[4096];
#define fail(...) latch_error(error_text, sizeof(error_text), __VA_ARGS__)

const char *
objects_error(void)
{
	return error_text;
}

/* ---- one program's loading: the state so far ---- */

/* How the loader on the node comes to look in a directory. */
enum known_by { BY_PROGRAM, BY_CONFIG, BY_US };

/* A directory of a search path. */
struct place {
	const char *root; /* the query's, or "/" for what lies beside the head's own program; borrowed */
	char *path;
	enum known_by how;
};
struct places {
	struct place *at;
	size_t count, room;
};

/* What there is at a place, asked once. */
struct dir {
	const char *root;
	char *path;
	char *real;	       /* resolved inside the root; NULL when there is none */
	struct strings hwcaps; /* names in its glibc-hwcaps */
};

/* A loaded ELF file. */
struct object {
	const char *root;
	char *named;		/* as it was found, which is what $ORIGIN comes from; resolved for the program */
	char *path;		/* resolved */
	struct strings names;	/* under which it was asked for */
	struct object *parent;	/* the one that first needed it; NULL for the program and its loader */
	unsigned space;		/* the namespace it is in: 0 the program's, others those of audit libraries; their loader is in all */
	struct places run_path; /* its RPATH or RUNPATH */
	struct elf elf;
};

struct loading {
	const struct objects_query *q;
	struct deps *out;
	struct loader loader;
	struct places environment, extra, system;
	struct places configured; /* the system's without what lies in the loader's own directories: for DF_1_NODEFLIB */
	unsigned space, spaces;	  /* the namespace that is loaded into now; how many there are beside the program's */
	struct dir **dirs;
	size_t dir_count, dir_room;
	struct object **objects; /* [0] the program, [1] its loader when it has one */
	size_t object_count, object_room;
	struct object *itself; /* the loader */
	char *passed_over;     /* the first candidate for the present name that did not fit, and why; or NULL */
};

static void
places_add(struct places *list, const char *root, const char *path, enum known_by how)
{
	list->at = grow(list->at, list->count, &list->room, sizeof(list->at[0]));
	list->at[list->count++] = (struct place){root, xstrdup(path), how};
}

static void
places_free(struct places *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		free(list->at[i].path);
	free(list->at);
	*list = (struct places){0};
}

static void
dir_free(struct dir *d)
{
	free(d->path);
	free(d->real);
	strings_free(&d->hwcaps);
	free(d);
}

static void
object_free(struct object *o)
{
	free(o->named);
	free(o->path);
	strings_free(&o->names);
	places_free(&o->run_path);
	elf_free(&o->elf);
	free(o);
}

static void
loading_end(struct loading *l)
{
	size_t i;

	for (i = 0; i < l->object_count; i++)
		object_free(l->objects[i]);
	free(l->objects);
	for (i = 0; i < l->dir_count; i++)
		dir_free(l->dirs[i]);
	free(l->dirs);
	places_free(&l->environment);
	places_free(&l->extra);
	places_free(&l->system);
	places_free(&l->configured);
	loader_free(&l->loader);
	free(l->passed_over);
}

/* The directory part of an absolute path. */
static char *
directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

/* ---- directories ---- */

static void
read_hwcaps(struct dir *d)
{
	char *outside = rootfs_join(d->root, d->real), *path = xasprintf("%s/glibc-hwcaps", outside);
	DIR *open_dir = opendir(path);
	struct dirent *entry;

	while (open_dir && (entry = readdir(open_dir)))
		if (*entry->d_name != '.')
			strings_add(&d->hwcaps, entry->d_name);
	if (open_dir)
		closedir(open_dir);
	free(path);
	free(outside);
}

/* A directory, looked up at its first mention. */
static struct dir *
find_dir(struct loading *l, const char *root, const char *path)
{
	struct dir *d;
	size_t i;

	for (i = 0; i < l->dir_count; i++)
		if (strcmp(l->dirs[i]->path, path) == 0 && strcmp(l->dirs[i]->root, root) == 0)
			return l->dirs[i];
	d = xcalloc(1, sizeof(*d));
	d->root = strcmp(root, "/") == 0 ? "/" : l->q->root;
	d->path = xstrdup(path);
	d->real = rootfs_resolve(root, path, NULL);
	if (d->real && l->loader.kind == LOADER_GLIBC)
		read_hwcaps(d);
	l->dirs = grow(l->dirs, l->dir_count, &l->dir_room, sizeof(struct dir *));
	return l->dirs[l->dir_count++] = d;
}

static bool
dir_has(const struct dir *d, const char *name)
{
	char *outside, *path;
	struct stat st;
	bool has;

	if (!d->real)
		return false;
	outside = rootfs_join(d->root, d->real);
	path = xasprintf("%s/%s", outside, name);
	has = lstat(path, &st) == 0;
	free(path);
	free(outside);
	return has;
}

static void
add_once(struct strings *list, const char *text)
{
	if (!strings_has(list, text))
		strings_add(list, text);
}

/* ---- search paths ---- */

/* Adds the directories of a search path, their variables replaced by what they mean for one object. */
static void
split_path(
	struct loading *l, const char *text, const char *separators, const struct object *for_whom, enum known_by how, struct places *out)
{
	char *origin = directory_of(for_whom->named);

	for (;;) {
		size_t len = strcspn(text, separators);
		bool is_own = false, is_nothing = len == 0 && l->loader.kind == LOADER_MUSL; /* for glibc, the working directory */
		char *path = is_nothing ? NULL : loader_expand(&l->loader, text, len, origin, &is_own);
		const char *root = is_own ? for_whom->root : l->q->root;

		/* The working directory is the head's: a relative path means nothing under another root. */
		if (path && *path != '/' && (l->q->at_home || strcmp(root, "/") == 0)) {
			char *whole = rootfs_absolute(path);

			free(path);
			path = whole;
		}
		if (path && *path == '/')
			places_add(out, root, path, how);
		free(path);
		if (!text[len])
			break;
		text += len + 1;
	}
	free(origin);
}

static void
set_run_path(struct loading *l, struct object *o)
{
	const char *text = o->elf.runpath ? o->elf.runpath : o->elf.rpath;

	if (!text || !*text)
		return;
	if (l->loader.kind == LOADER_MUSL && strchr(text, '$')) {
		bool is_own;
		char *whole = loader_expand(&l->loader, text, strlen(text), "/", &is_own);

		if (!whole)
			return; /* one unknown variable, and musl drops the whole list */
		free(whole);
	}
	split_path(l, text, loader_separators(&l->loader, false), o, BY_PROGRAM, &o->run_path);
}

/* Whether the loader knows this directory without being told. */
static bool
is_builtin(struct loading *l, const struct dir *d)
{
	size_t i;

	for (i = 0; i < l->loader.builtin.count; i++) {
		const struct dir *b = find_dir(l, l->q->root, l->loader.builtin.at[i]);

		if (b->real && strcmp(b->real, d->real) == 0 && strcmp(b->root, d->root) == 0)
			return true;
	}
	return false;
}

/* As the loader tells it for DF_1_NODEFLIB: by the name alone. */
static bool
is_below_builtin(const struct loading *l, const char *dir)
{
	size_t i;

	for (i = 0; i < l->loader.builtin.count; i++) {
		const char *own = l->loader.builtin.at[i];
		size_t len = strlen(own);

		if (strncmp(dir, own, len) == 0 && strchr("/", dir[len]))
			return true;
	}
	return false;
}

static void
set_system_paths(struct loading *l, const struct object *program)
{
	size_t i;

	if (l->q->at_home && l->q->ld_library_path && *l->q->ld_library_path)
		split_path(l, l->q->ld_library_path, loader_separators(&l->loader, true), program, BY_PROGRAM, &l->environment);
	if (l->q->extra_dirs && *l->q->extra_dirs)
		split_path(l, l->q->extra_dirs, ":", program, BY_US, &l->extra);
	for (i = 0; i < l->loader.configured.count; i++) {
		places_add(&l->system, l->q->root, l->loader.configured.at[i], BY_CONFIG);
		if (!is_below_builtin(l, l->loader.configured.at[i]))
			places_add(&l->configured, l->q->root, l->loader.configured.at[i], BY_CONFIG);
	}
	for (i = 0; i < l->loader.builtin.count; i++)
		places_add(&l->system, l->q->root, l->loader.builtin.at[i], BY_PROGRAM);
}

/* ---- loading ---- */

static struct object *
add_object(struct loading *l, const char *root, char *named, char *path, const struct elf *e, struct object *parent)
{
	struct object *o = xcalloc(1, sizeof(*o));

	o->root = strcmp(root, "/") == 0 ? "/" : l->q->root;
	o->named = named;
	o->path = path;
	o->elf = *e;
	o->parent = parent;
	o->space = l->space;
	l->objects = grow(l->objects, l->object_count, &l->object_room, sizeof(struct object *));
	return l->objects[l->object_count++] = o;
}

static void PRINTF(2, 3) pass_over(struct loading *l, const char *fmt, ...)
{
	va_list args;

	if (l->passed_over)
		return;
	va_start(args, fmt);
	l->passed_over = xvasprintf(fmt, args);
	va_end(args);
}

/* Reads a library that is to share a process with the program. False, and passed over, when it can't. */
static bool
read_library(struct loading *l, const char *root, const char *named, const char *path, struct elf *out)
{
	char *outside = rootfs_join(root, path);
	struct mapped m;
	bool good = false;

	if (rootfs_map(outside, &m) < 0)
		pass_over(l, "%s: %s", named, strerror(errno));
	else if (elf_parse(m.data, m.len, out) < 0)
		pass_over(l, "%s %s", named, elf_error());
	else if (!elf_same_kind(out, &l->objects[0]->elf)) {
		pass_over(l, "%s is for %s", named, elf_machine_name(out));
		elf_free(out);
	} else
		good = true;
	rootfs_unmap(&m);
	free(outside);
	return good;
}

/* Seen from the namespace into which is loaded now. */
static bool
is_in_sight(const struct loading *l, const struct object *o)
{
	return o->space == l->space || o == l->itself;
}

static struct object *
find_loaded_path(const struct loading *l, const char *root, const char *path)
{
	size_t i;

	for (i = 0; i < l->object_count; i++)
		if (is_in_sight(l, l->objects[i]) && strcmp(l->objects[i]->path, path) == 0 && strcmp(l->objects[i]->root, root) == 0)
			return l->objects[i];
	return NULL;
}

/* Loads the file at a path inside a root, or finds it loaded; NULL when there is none that fits. */
static struct object *
load(struct loading *l, const char *root, const char *named, struct object *by)
{
	struct symlinks met = {0};
	char *path = rootfs_resolve(root, named, &met), *outside;
	struct object *o = path ? find_loaded_path(l, root, path) : NULL;
	struct elf e;

	if (path && !o && l->object_count < MAX_OBJECTS && read_library(l, root, named, path, &e)) {
		o = add_object(l, root, xstrdup(named), path, &e, by);
		path = NULL;
		set_run_path(l, o);
		outside = rootfs_join(root, o->path);
		deps_add(l->out, DEP_FILE, DEP_LIBRARY, o->path, by->path, outside, NULL);
		free(outside);
	}
	if (o)
		deps_add_symlinks(l->out, &met, DEP_LIBRARY, by->path);
	symlinks_free(&met);
	free(path);
	return o;
}

/* Notes how the loader on the node will find a library that was found at this place. */
static void
note_directory(struct loading *l, const struct place *p, const struct dir *d, const char *by)
{
	struct symlinks met = {0};
	char *real, *outside;

	add_once(&l->out->library_dirs, d->real);
	if (p->how == BY_PROGRAM || is_builtin(l, d))
		return;
	if (p->how == BY_US || !l->loader.config) {
		add_once(&l->out->untold_dirs, p->path);
		return;
	}
	real = rootfs_resolve(l->q->root, l->loader.config, &met);
	if (real) {
		outside = rootfs_join(l->q->root, real);
		deps_add_symlinks(l->out, &met, DEP_LOADER_FILE, by);
		deps_add(l->out, DEP_FILE, DEP_LOADER_FILE, real, by, outside, NULL);
		free(outside);
	}
	symlinks_free(&met);
	free(real);
}

static struct object *
load_from(struct loading *l, const struct place *p, const char *dir_path, const char *name, struct object *by)
{
	struct dir *d = find_dir(l, p->root, dir_path);
	struct object *o;
	char *named;

	if (!dir_has(d, name))
		return NULL;
	named = xasprintf("%s/%s", strcmp(dir_path, "/") == 0 ? "" : dir_path, name);
	o = load(l, p->root, named, by);
	free(named);
	if (o)
		add_once(&o->names, name);
	return o;
}

/* The variants for particular processors beside the baseline: which one is used, the node's own processor decides. */
static struct object *
load_variants(struct loading *l, const struct place *p, const char *name, struct object *by)
{
	const struct dir *d = find_dir(l, p->root, p->path);
	struct object *variant = NULL, *o;
	size_t i;

	for (i = 0; i < d->hwcaps.count; i++) {
		char *path = xasprintf("%s/glibc-hwcaps/%s", d->path, d->hwcaps.at[i]);

		o = load_from(l, p, path, name, by);
		if (o && !variant)
			variant = o;
		free(path);
	}
	if (variant)
		note_directory(l, p, d, by->path);
	return variant;
}

/* Searches one list: the baseline found first, or else the first variant. With `all_variants` those of later directories are taken
 * too, for in ld.so.cache a variant goes before any baseline. */
static struct object *
search(struct loading *l, const struct places *list, const char *name, struct object *by, bool all_variants)
{
	struct object *found = NULL, *variant = NULL, *o;
	size_t i;

	for (i = 0; i < list->count && (!found || all_variants); i++) {
		const struct place *p = &list->at[i];

		o = load_variants(l, p, name, by);
		if (!variant)
			variant = o;
		if (found)
			continue;
		found = load_from(l, p, p->path, name, by);
		if (found)
			note_directory(l, p, find_dir(l, p->root, p->path), by->path);
	}
	return found ? found : variant;
}

/* Calls visit for each list in the order in which the loader searches them for what `by` needs, until it returns an object. */
static struct object *
each_list(struct loading *l, struct object *by, const char *name,
	struct object *(*visit)(struct loading *, const struct places *, const char *, struct object *, bool))
{
	bool musl = l->loader.kind == LOADER_MUSL;
	struct object *o = NULL, *up;

	if (musl)
		o = visit(l, &l->environment, name, by, false);
	if (!o && musl)
		o = visit(l, &l->extra, name, by, false);
	/* RPATH is inherited, unless the one that asks has a RUNPATH; musl makes no difference between the two. */
	for (up = musl || !by->elf.runpath ? by : NULL; !o && up; up = up->parent)
		if (musl || !up->elf.runpath)
			o = visit(l, &up->run_path, name, by, false);
	if (!o && !musl)
		o = visit(l, &l->environment, name, by, false);
	if (!o && !musl)
		o = visit(l, &l->extra, name, by, false);
	if (!o && !musl && by->elf.runpath)
		o = visit(l, &by->run_path, name, by, false);
	return o ? o : visit(l, !musl && by->elf.no_default_dirs ? &l->configured : &l->system, name, by, true);
}

static struct object *
find_loaded_name(const struct loading *l, const char *name)
{
	size_t i;

	if (l->itself && loader_is_itself(&l->loader, name))
		return l->itself;
	for (i = 0; i < l->object_count; i++) {
		const struct object *o = l->objects[i];
		bool by_soname = l->loader.kind == LOADER_GLIBC && o->elf.soname && strcmp(o->elf.soname, name) == 0;

		if (is_in_sight(l, o) && (by_soname || strings_has(&o->names, name)))
			return l->objects[i];
	}
	return NULL;
}

/* A name with a slash is a path: it is not searched for. */
static struct object *
load_by_path(struct loading *l, const char *name, struct object *by)
{
	char *origin = directory_of(by->named), *path;
	struct object *o = NULL;
	bool is_own = false;

	path = l->loader.kind == LOADER_MUSL ? xstrdup(name) : loader_expand(&l->loader, name, strlen(name), origin, &is_own);
	if (*path == '/') {
		o = load(l, is_own ? by->root : l->q->root, path, by);
	} else if (l->q->at_home) {
		char *whole = rootfs_absolute(path);

		o = load(l, l->q->root, whole, by);
		free(whole);
	}
	if (o)
		add_once(&o->names, name);
	free(path);
	free(origin);
	return o;
}

static struct object *
load_needed(struct loading *l, const char *name, struct object *by)
{
	struct object *o = find_loaded_name(l, name);

	free(l->passed_over);
	l->passed_over = NULL;
	if (o)
		return o;
	return strchr(name, '/') ? load_by_path(l, name, by) : each_list(l, by, name, search);
}

char *
objects_under(const struct objects_query *q)
{
	return q->at_home ? xstrdup("") : xasprintf(" (under %s)", q->root);
}

/* ---- libraries that are missing ---- */

static struct strings sought; /* the directories that fail_missing is collecting */

static struct object *
collect_dirs(struct loading *l, const struct places *list, const char *name, struct object *by, bool all_variants)
{
	size_t i;

	(void)l, (void)name, (void)by, (void)all_variants;
	for (i = 0; i < list->count; i++)
		add_once(&sought, list->at[i].path);
	return NULL;
}

/* A library is nowhere: an error, or a warning that lets the look-up go on. */
static int
fail_missing(struct loading *l, const char *name, struct object *by)
{
	char *dirs, *tail = objects_under(l->q), *passed = l->passed_over ? xasprintf("; %s", l->passed_over) : xstrdup("");

	if (strchr(name, '/')) {
		(void)fail("%s, needed by %s, is not there%s%s", name, by->path, tail, passed);
	} else {
		(void)each_list(l, by, name, collect_dirs);
		dirs = strings_join(&sought, ", ");
		(void)fail("%s, needed by %s, is in none of %s%s%s", name, by->path, dirs, tail, passed);
		strings_free(&sought);
		free(dirs);
	}
	free(passed);
	free(tail);
	if (!l->q->warn)
		return -1;
	/* What the program itself has loaded by the time it opens this file serves it too. */
	if (!deps_have_name(l->out, name))
		l->q->warn(error_text);
	return 0;
}

/* ---- an ELF program ---- */

/* A list of an object's names. One that `must` be there and is missing is an error, but not for an audit library: the loader goes
 * on without that. */
static int
load_names(struct loading *l, const struct strings *names, struct object *by, bool must)
{
	size_t i;

	for (i = 0; i < names->count; i++)
		if (!load_needed(l, names->at[i], by) && must && by->space == 0 && fail_missing(l, names->at[i], by))
			return -1;
	return 0;
}

/* What an object can't be loaded without, and what stands in for it; musl knows no such thing. */
static int
load_needs_of(struct loading *l, struct object *o)
{
	if (load_names(l, &o->elf.needed, o, true) < 0)
		return -1;
	if (l->loader.kind == LOADER_MUSL)
		return 0;
	(void)load_names(l, &o->elf.auxiliaries, o, false);
	return load_names(l, &o->elf.filters, o, true);
}

/* The libraries of every object, breadth first as the loader goes; then what they say they may dlopen, which may be missing. */
static int
load_all(struct loading *l)
{
	size_t needed = 0, opened = 0;

	while (needed < l->object_count || opened < l->object_count) {
		struct object *o = l->objects[needed < l->object_count ? needed : opened];

		l->space = o->space;
		if (needed < l->object_count) {
			needed++;
			if (load_needs_of(l, o) < 0)
				return -1;
		} else {
			opened++;
			(void)load_names(l, &o->elf.dlopen, o, false);
		}
	}
	return 0;
}

/* A preloaded library that is not found is not sent: the loader on the node then prints a message, and goes on. */
static void
load_preloads(struct loading *l)
{
	char *list, *name, *save = NULL;

	if (!l->q->at_home || !l->q->ld_preload)
		return;
	list = xstrdup(l->q->ld_preload);
	for (name = strtok_r(list, " :", &save); name; name = strtok_r(NULL, " :", &save))
		(void)load_needed(l, name, l->objects[0]);
	free(list);
}

/* Audit libraries, each in a namespace of its own, with libraries of its own. One that is not found is not sent, likewise. */
static void
load_audits(struct loading *l, const char *text)
{
	char *list, *name, *save = NULL;

	if (!text || l->loader.kind == LOADER_MUSL)
		return;
	list = xstrdup(text);
	for (name = strtok_r(list, ":", &save); name && l->spaces + 1 < MAX_SPACES; name = strtok_r(NULL, ":", &save)) {
		l->space = ++l->spaces;
		(void)load_needed(l, name, l->objects[0]);
	}
	l->space = 0;
	free(list);
}

/* What the loader opens beside the program, before what that needs. */
static void
load_beside(struct loading *l)
{
	if (l->q->at_home)
		load_audits(l, l->q->ld_audit);
	load_audits(l, l->objects[0]->elf.audit);
	load_audits(l, l->objects[0]->elf.depaudit);
	load_preloads(l);
}

static int
fail_no_loader(struct loading *l, const struct object *program)
{
	char *tail = objects_under(l->q);

	if (l->passed_over)
		(void)fail("the loader of %s can't be used: %s%s", program->path, l->passed_over, tail);
	else
		(void)fail("%s, the loader of %s, is not there%s", program->elf.interp, program->path, tail);
	free(tail);
	if (!l->q->warn)
		return -1;
	l->q->warn(error_text);
	return 0;
}

static int
load_interp(struct loading *l, struct object *program)
{
	char *path = rootfs_absolute(program->elf.interp);

	l->itself = load(l, l->q->root, path, program);
	if (l->itself)
		add_once(&l->itself->names, strrchr(path, '/') + 1);
	free(path);
	return l->itself ? 0 : fail_no_loader(l, program);
}

/* A file that needs neither a library nor a loader needs nothing more. */
static bool
stands_alone(const struct elf *e)
{
	return !e->interp && !e->needed.count && !e->filters.count && !e->auxiliaries.count && !e->dlopen.count;
}

int
objects_add(const struct objects_query *q, const char *root, const char *path, struct elf *e, struct deps *out)
{
	struct loading l = {.q = q, .out = out};
	struct object *program = add_object(&l, root, xstrdup(path), xstrdup(path), e, NULL);
	const char *interp = program->elf.interp;
	int bad = 0;

	if (stands_alone(e)) {
		loading_end(&l);
		return 0;
	}
	if (!interp && q->warn)
		interp = out->interpreter; /* a library goes with the program that it is sent along with */
	loader_read(q->root, e, interp, &l.loader);
	set_run_path(&l, program);
	set_system_paths(&l, program);
	if (program->elf.interp)
		bad = load_interp(&l, program);
	if (program->elf.interp && !bad)
		load_beside(&l);
	if (!bad)
		bad = load_all(&l);
	loading_end(&l);
	return bad;
}
