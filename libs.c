/* A program under a root: the files it needs to run there, found as the loader of that root finds them.
 * Must never know a network, or how what it finds is sent.
 *
 * Not found, because nothing in the files names them: libraries that a program only dlopens without a note that says so. In glibc's
 * own case these are libnss_*.so.2 beyond "files" and "dns" (getpwnam by ldap, sss, ...), gconv modules and libgcc_s.so.1
 * for pthread_cancel. /etc/ld.so.preload is a setting of the head's own and is not followed; LD_PRELOAD is. */
#include "libs.h"

#include "loader.h"
#include "rootfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <paths.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_SCRIPTS 5	   /* interpreters that are scripts themselves, as in the kernel */
#define SCRIPT_LINE 255	   /* bytes of a #! line that the kernel reads */
#define MAX_OBJECTS 65536u /* libraries of one program */

static char error_text[4096];

const char *
libs_error(void)
{
	return error_text;
}

/* ---- the list of needs ---- */

/* Where path stands, or would, in the sorted list. */
static size_t
needs_find(const struct needs *list, const char *path, bool *found)
{
	size_t low = 0, high = list->count;

	*found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(path, list->at[middle].path);

		if (order == 0) {
			*found = true;
			return middle;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static void
needs_add(struct needs *list, enum need_kind kind, enum need_role role, const char *path, const char *by, const char *source,
    const char *target)
{
	bool found;
	size_t at = needs_find(list, path, &found);

	if (found)
		return;
	if (list->count == list->room) {
		list->room = list->room ? list->room * 2 : 32;
		list->at = xrealloc(list->at, list->room, sizeof(list->at[0]));
	}
	memmove(list->at + at + 1, list->at + at, (list->count - at) * sizeof(list->at[0]));
	list->count++;
	list->at[at] = (struct need){.kind = kind,
	    .role = role,
	    .path = xstrdup(path),
	    .source = source ? xstrdup(source) : NULL,
	    .target = target ? xstrdup(target) : NULL,
	    .by = xstrdup(by)};
}

static void
needs_add_links(struct needs *list, const struct links *links, enum need_role role, const char *by)
{
	size_t i;

	for (i = 0; i < links->count; i++)
		needs_add(list, NEED_LINK, role, links->at[i].path, by, NULL, links->at[i].target);
}

/* A file of that name is among them, wherever it lies. */
static bool
needs_have_name(const struct needs *list, const char *name)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		const char *slash = strrchr(list->at[i].path, '/');

		if (slash && strcmp(slash + 1, name) == 0)
			return true;
	}
	return false;
}

void
needs_free(struct needs *list)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		free(list->at[i].path);
		free(list->at[i].source);
		free(list->at[i].target);
		free(list->at[i].by);
	}
	free(list->at);
	free(list->program);
	free(list->machine);
	free(list->interpreter);
	strings_free(&list->library_dirs);
	strings_free(&list->untold_dirs);
	*list = (struct needs){0};
}

/* ---- one look-up: what is known so far ---- */

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
	char *real; /* resolved inside the root; NULL when there is none */
	struct strings hwcaps; /* names in its glibc-hwcaps */
};

/* A loaded ELF file. */
struct object {
	const char *root;
	char *named;	      /* as it was found, which is what $ORIGIN comes from; resolved for the program */
	char *path;	      /* resolved */
	struct strings names; /* under which it was asked for */
	struct object *parent; /* the one that first needed it; NULL for the program and its loader */
	struct places run_path; /* its RPATH or RUNPATH */
	struct elf elf;
};

struct look_up {
	const struct libs_query *q;
	char *root; /* without a slash at its end, unless it is "/" */
	bool at_home; /* the root is the head's own */
	struct needs *out;
	struct loader loader;
	struct places environment, extra, system;
	struct dir **dirs;
	size_t dir_count, dir_room;
	struct object **objects; /* [0] the program, [1] its loader when it has one */
	size_t object_count, object_room;
	struct object *itself; /* the loader */
	char *passed_over;     /* the first candidate for the present name that did not fit, and why; or NULL */
	int status;
	void (*warn)(const char *text); /* for what is missing; NULL: that is an error */
};

/* What messages end with that name places inside the root. */
static char *
under(const struct look_up *l)
{
	return l->at_home ? xstrdup("") : xasprintf(" (under %s)", l->root);
}

/* Tells the error and the status that goes with it. */
static int PRINTF(3, 4)
fail(struct look_up *l, int status, const char *fmt, ...)
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
places_add(struct places *list, const char *root, char *path, enum known_by how)
{
	if (list->count == list->room) {
		list->room = list->room ? list->room * 2 : 4;
		list->at = xrealloc(list->at, list->room, sizeof(list->at[0]));
	}
	list->at[list->count++] = (struct place){root, path, how};
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
look_up_begin(struct look_up *l, const struct libs_query *q, struct needs *out)
{
	size_t len = strlen(q->root);

	*l = (struct look_up){.q = q, .out = out};
	while (len > 1 && q->root[len - 1] == '/')
		len--;
	l->root = xstrndup(q->root, len);
	l->at_home = strcmp(l->root, "/") == 0;
}

/* Forgets what belongs to one ELF program; a script's interpreter may be of another kind than env. */
static void
forget_objects(struct look_up *l)
{
	size_t i;

	for (i = 0; i < l->object_count; i++)
		object_free(l->objects[i]);
	l->object_count = 0;
	l->itself = NULL;
	places_free(&l->environment);
	places_free(&l->extra);
	places_free(&l->system);
	loader_free(&l->loader);
}

static void
look_up_end(struct look_up *l)
{
	size_t i;

	forget_objects(l);
	for (i = 0; i < l->dir_count; i++) {
		free(l->dirs[i]->path);
		free(l->dirs[i]->real);
		strings_free(&l->dirs[i]->hwcaps);
		free(l->dirs[i]);
	}
	free(l->dirs);
	free(l->objects);
	free(l->passed_over);
	free(l->root);
}

/* ---- files ---- */

/* A file's bytes, mapped: of a large library only the few pages that are read are touched. */
struct mapped {
	uint8_t *data;
	size_t len;
	mode_t mode;
};

/* 0, or -1 with errno. */
static int
map_file(const char *path, struct mapped *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), saved; /* a FIFO must not block */
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
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static void
unmap_file(struct mapped *m)
{
	if (m->data)
		munmap(m->data, m->len);
	*m = (struct mapped){0};
}

/* The directory part of an absolute path. */
static char *
directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

/* A path made absolute by the caller's working directory. Caller frees. */
static char *
absolute(const char *path)
{
	char *cwd, *out;

	if (*path == '/')
		return xstrdup(path);
	cwd = getcwd(NULL, 0);
	out = xasprintf("%s/%s", cwd ? cwd : "", path);
	free(cwd);
	return out;
}

char *
libs_resolve(const char *root, const char *path, struct needs *links, const char *by)
{
	struct links met = {0};
	char *real = rootfs_resolve(root, path, links ? &met : NULL);
	int saved = errno;

	if (real && links)
		needs_add_links(links, &met, NEED_PROGRAM, by);
	links_free(&met);
	errno = saved;
	return real;
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

/* What is known of a directory, looked up at its first mention. */
static struct dir *
find_dir(struct look_up *l, const char *root, const char *path)
{
	struct dir *d;
	size_t i;

	for (i = 0; i < l->dir_count; i++)
		if (strcmp(l->dirs[i]->path, path) == 0 && strcmp(l->dirs[i]->root, root) == 0)
			return l->dirs[i];
	d = xcalloc(1, sizeof(*d));
	d->root = strcmp(root, "/") == 0 ? "/" : l->root;
	d->path = xstrdup(path);
	d->real = rootfs_resolve(root, path, NULL);
	if (d->real && l->loader.kind == LOADER_GLIBC)
		read_hwcaps(d);
	if (l->dir_count == l->dir_room) {
		l->dir_room = l->dir_room ? l->dir_room * 2 : 16;
		l->dirs = xrealloc(l->dirs, l->dir_room, sizeof(struct dir *));
	}
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
split_path(struct look_up *l, const char *text, const struct object *for_whom, enum known_by how, struct places *out)
{
	const char *separators = loader_separators(&l->loader);
	char *origin = directory_of(for_whom->named);

	for (;;) {
		size_t len = strcspn(text, separators);
		bool is_own;
		char *path = loader_expand(&l->loader, text, len, origin, &is_own);
		const char *root = is_own ? for_whom->root : l->root;

		/* The working directory is the head's: a relative path means nothing under another root. */
		if (path && *path != '/' && (l->at_home || strcmp(root, "/") == 0)) {
			char *whole = absolute(path);

			free(path);
			path = whole;
		}
		if (path && *path == '/')
			places_add(out, root, path, how);
		else
			free(path);
		if (!text[len])
			break;
		text += len + 1;
	}
	free(origin);
}

static void
set_run_path(struct look_up *l, struct object *o)
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
	split_path(l, text, o, BY_PROGRAM, &o->run_path);
}

/* Whether the loader knows this directory without being told. */
static bool
is_builtin(struct look_up *l, const struct dir *d)
{
	size_t i;

	for (i = 0; i < l->loader.builtin.count; i++) {
		const struct dir *b = find_dir(l, l->root, l->loader.builtin.at[i]);

		if (b->real && strcmp(b->real, d->real) == 0 && strcmp(b->root, d->root) == 0)
			return true;
	}
	return false;
}

static void
set_system_paths(struct look_up *l, const struct object *program)
{
	size_t i;

	if (l->at_home && l->q->ld_library_path && *l->q->ld_library_path)
		split_path(l, l->q->ld_library_path, program, BY_PROGRAM, &l->environment);
	if (l->q->extra_dirs && *l->q->extra_dirs)
		split_path(l, l->q->extra_dirs, program, BY_US, &l->extra);
	for (i = 0; i < l->loader.configured.count; i++)
		places_add(&l->system, l->root, xstrdup(l->loader.configured.at[i]), BY_CONFIG);
	for (i = 0; i < l->loader.builtin.count; i++)
		places_add(&l->system, l->root, xstrdup(l->loader.builtin.at[i]), BY_PROGRAM);
}

/* ---- loading ---- */

static struct object *
add_object(struct look_up *l, const char *root, char *named, char *path, const struct elf *e, struct object *parent)
{
	struct object *o = xcalloc(1, sizeof(*o));

	o->root = strcmp(root, "/") == 0 ? "/" : l->root;
	o->named = named;
	o->path = path;
	o->elf = *e;
	o->parent = parent;
	if (l->object_count == l->object_room) {
		l->object_room = l->object_room ? l->object_room * 2 : 32;
		l->objects = xrealloc(l->objects, l->object_room, sizeof(struct object *));
	}
	return l->objects[l->object_count++] = o;
}

static void PRINTF(2, 3)
pass_over(struct look_up *l, const char *fmt, ...)
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
read_library(struct look_up *l, const char *root, const char *named, const char *path, struct elf *out)
{
	char *outside = rootfs_join(root, path);
	struct mapped m;
	bool good = false;

	if (map_file(outside, &m) < 0)
		pass_over(l, "%s: %s", named, strerror(errno));
	else if (elf_parse(m.data, m.len, out) < 0)
		pass_over(l, "%s %s", named, elf_error());
	else if (!elf_same_kind(out, &l->objects[0]->elf)) {
		pass_over(l, "%s is for %s", named, elf_machine_name(out));
		elf_free(out);
	} else
		good = true;
	unmap_file(&m);
	free(outside);
	return good;
}

static struct object *
find_loaded_path(const struct look_up *l, const char *root, const char *path)
{
	size_t i;

	for (i = 0; i < l->object_count; i++)
		if (strcmp(l->objects[i]->path, path) == 0 && strcmp(l->objects[i]->root, root) == 0)
			return l->objects[i];
	return NULL;
}

/* Loads the file at a path inside a root, or finds it loaded; NULL when there is none that fits. */
static struct object *
load(struct look_up *l, const char *root, const char *named, struct object *by)
{
	struct links met = {0};
	char *path = rootfs_resolve(root, named, &met), *outside;
	struct object *o = path ? find_loaded_path(l, root, path) : NULL;
	struct elf e;

	if (path && !o && l->object_count < MAX_OBJECTS && read_library(l, root, named, path, &e)) {
		o = add_object(l, root, xstrdup(named), path, &e, by);
		path = NULL;
		set_run_path(l, o);
		outside = rootfs_join(root, o->path);
		needs_add(l->out, NEED_FILE, NEED_LIBRARY, o->path, by->path, outside, NULL);
		free(outside);
	}
	if (o)
		needs_add_links(l->out, &met, NEED_LIBRARY, by->path);
	links_free(&met);
	free(path);
	return o;
}

/* The library was found at this place: how is the loader on the node to find it there? */
static void
note_directory(struct look_up *l, const struct place *p, const struct dir *d, const char *by)
{
	struct links met = {0};
	char *real, *outside;

	add_once(&l->out->library_dirs, d->real);
	if (p->how == BY_PROGRAM || is_builtin(l, d))
		return;
	if (p->how == BY_US || !l->loader.config) {
		add_once(&l->out->untold_dirs, p->path);
		return;
	}
	real = rootfs_resolve(l->root, l->loader.config, &met);
	if (real) {
		outside = rootfs_join(l->root, real);
		needs_add_links(l->out, &met, NEED_LOADER_FILE, by);
		needs_add(l->out, NEED_FILE, NEED_LOADER_FILE, real, by, outside, NULL);
		free(outside);
	}
	links_free(&met);
	free(real);
}

static struct object *
load_from(struct look_up *l, const struct place *p, const char *dir_path, const char *name, struct object *by)
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
load_variants(struct look_up *l, const struct place *p, const char *name, struct object *by)
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
search(struct look_up *l, const struct places *list, const char *name, struct object *by, bool all_variants)
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
each_list(struct look_up *l, struct object *by, const char *name,
    struct object *(*visit)(struct look_up *, const struct places *, const char *, struct object *, bool))
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
	return o ? o : visit(l, &l->system, name, by, true);
}

static struct object *
find_loaded_name(const struct look_up *l, const char *name)
{
	size_t i;

	if (l->itself && loader_is_itself(&l->loader, name))
		return l->itself;
	for (i = 0; i < l->object_count; i++) {
		const struct object *o = l->objects[i];
		bool by_soname = l->loader.kind == LOADER_GLIBC && o->elf.soname && strcmp(o->elf.soname, name) == 0;

		if (by_soname || strings_has(&o->names, name))
			return l->objects[i];
	}
	return NULL;
}

/* A name with a slash is no name to search for. */
static struct object *
load_by_path(struct look_up *l, const char *name, struct object *by)
{
	char *origin = directory_of(by->named), *path;
	struct object *o = NULL;
	bool is_own = false;

	path = l->loader.kind == LOADER_MUSL ? xstrdup(name) : loader_expand(&l->loader, name, strlen(name), origin, &is_own);
	if (*path == '/') {
		o = load(l, is_own ? by->root : l->root, path, by);
	} else if (l->at_home) {
		char *whole = absolute(path);

		o = load(l, l->root, whole, by);
		free(whole);
	}
	if (o)
		add_once(&o->names, name);
	free(path);
	free(origin);
	return o;
}

static struct object *
load_needed(struct look_up *l, const char *name, struct object *by)
{
	struct object *o = find_loaded_name(l, name);

	free(l->passed_over);
	l->passed_over = NULL;
	if (o)
		return o;
	return strchr(name, '/') ? load_by_path(l, name, by) : each_list(l, by, name, search);
}

/* ---- what is missing ---- */

static struct strings sought; /* the directories that tell_missing is collecting */

static struct object *
collect_dirs(struct look_up *l, const struct places *list, const char *name, struct object *by, bool all_variants)
{
	size_t i;

	(void)l, (void)name, (void)by, (void)all_variants;
	for (i = 0; i < list->count; i++)
		add_once(&sought, list->at[i].path);
	return NULL;
}

static char *
join(const struct strings *list)
{
	char *out = xstrdup("");
	size_t i;

	for (i = 0; i < list->count; i++) {
		char *longer = xasprintf("%s%s%s", out, i ? ", " : "", list->at[i]);

		free(out);
		out = longer;
	}
	return out;
}

/* A library is nowhere: an error, or a warning that lets the look-up go on. */
static int
tell_missing(struct look_up *l, const char *name, struct object *by)
{
	char *dirs, *tail = under(l), *passed = l->passed_over ? xasprintf("; %s", l->passed_over) : xstrdup("");

	if (strchr(name, '/')) {
		(void)fail(l, 126, "%s, needed by %s, is not there%s%s", name, by->path, tail, passed);
	} else {
		(void)each_list(l, by, name, collect_dirs);
		dirs = join(&sought);
		(void)fail(l, 126, "%s, needed by %s, is in none of %s%s%s", name, by->path, dirs, tail, passed);
		strings_free(&sought);
		free(dirs);
	}
	free(passed);
	free(tail);
	if (!l->warn)
		return -1;
	/* What the program itself has loaded by the time it opens this file serves it too. */
	if (!needs_have_name(l->out, name))
		l->warn(error_text);
	return 0;
}

/* ---- an ELF program ---- */

/* ET_EXEC or ET_DYN: neither an object file nor a core dump. */
static bool
is_loadable(const struct elf *e)
{
	return e->type == 2 || e->type == 3;
}

/* The libraries of every object, breadth first as the loader goes; then what they say they may dlopen, which may be missing. */
static int
load_all(struct look_up *l)
{
	size_t needed = 0, opened = 0, i;

	while (needed < l->object_count || opened < l->object_count) {
		struct object *o = l->objects[needed < l->object_count ? needed : opened];
		const struct strings *names = needed < l->object_count ? &o->elf.needed : &o->elf.dlopen;

		for (i = 0; i < names->count; i++)
			if (!load_needed(l, names->at[i], o) && names == &o->elf.needed && tell_missing(l, names->at[i], o))
				return -1;
		if (names == &o->elf.needed)
			needed++;
		else
			opened++;
	}
	return 0;
}

/* One that can't be found is only a message of the loader's on the node. */
static void
load_preloads(struct look_up *l)
{
	char *list, *name, *save = NULL;

	if (!l->at_home || !l->q->ld_preload)
		return;
	list = xstrdup(l->q->ld_preload);
	for (name = strtok_r(list, " :", &save); name; name = strtok_r(NULL, " :", &save))
		(void)load_needed(l, name, l->objects[0]);
	free(list);
}

static int
tell_no_loader(struct look_up *l, const struct object *program)
{
	char *tail = under(l);

	if (l->passed_over)
		(void)fail(l, 126, "the loader of %s can't be used: %s%s", program->path, l->passed_over, tail);
	else
		(void)fail(l, 126, "%s, the loader of %s, is not there%s", program->elf.interp, program->path, tail);
	free(tail);
	if (!l->warn)
		return -1;
	l->warn(error_text);
	return 0;
}

static int
load_interp(struct look_up *l, struct object *program)
{
	char *path = absolute(program->elf.interp);

	l->itself = load(l, l->root, path, program);
	if (l->itself)
		add_once(&l->itself->names, strrchr(path, '/') + 1);
	free(path);
	return l->itself ? 0 : tell_no_loader(l, program);
}

static void
set_text(char **field, const char *text)
{
	if (!*field && text)
		*field = xstrdup(text);
}

/* The needs of one ELF file, which is the caller's to list. Takes the ELF and resolved path over. */
static int
add_elf(struct look_up *l, const char *root, char *path, struct elf *e)
{
	struct object *program = add_object(l, root, xstrdup(path), path, e, NULL);
	char *guess = NULL;
	int bad = 0;

	if (!e->interp && !e->needed.count && !e->dlopen.count) {
		forget_objects(l);
		return 0;
	}
	if (!e->interp && l->warn && l->out->interpreter)
		guess = xstrdup(l->out->interpreter); /* a library goes with the program that it is sent along with */
	loader_read(l->root, e, e->interp ? e->interp : guess, &l->loader);
	set_run_path(l, program);
	set_system_paths(l, program);
	if (e->interp)
		bad = load_interp(l, program);
	if (e->interp && !bad)
		load_preloads(l);
	if (!bad)
		bad = load_all(l);
	free(guess);
	forget_objects(l);
	return bad;
}

/* ---- programs by name ---- */

/* Where a program is to be looked for: a path inside a root, its links not yet followed. */
struct target {
	const char *root;
	char *path;
};

static struct target
target_of_path(const struct look_up *l, const char *name)
{
	if (*name == '/')
		return (struct target){l->root, xstrdup(name)};
	return (struct target){"/", absolute(name)};
}

/* A regular file that someone may execute. *is_there is set when there is anything. */
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

/* A name's path in one directory of PATH; NULL for one that means nothing under this root. */
static char *
path_in(const struct look_up *l, const char *dir, size_t len, const char *name)
{
	if (*dir == '/')
		return xasprintf("%.*s/%s", (int)len, dir, name);
	return l->at_home ? xasprintf("./%.*s/%s", (int)len, dir, name) : NULL; /* from the head's working directory */
}

static int
tell_no_program(struct look_up *l, const char *name, const char *refused, const struct strings *tried, const char *why)
{
	char *tail = under(l), *dirs = join(tried);

	if (refused)
		(void)fail(l, 126, "%s%s can't be executed: its mode does not allow it%s", refused, tail, why);
	else
		(void)fail(l, 127, "no program \"%s\" in %s%s%s", name, tried->count ? dirs : "an empty PATH", tail, why);
	free(dirs);
	free(tail);
	return -1;
}

/* Looks for a name in PATH as execvp does. 0; -1 with the status set when it is nowhere, or only where it can't be run. */
static int
search_path(struct look_up *l, const char *name, const char *why, struct target *out)
{
	const char *at = l->q->search ? l->q->search : _PATH_DEFPATH;
	struct strings tried = {0};
	char *refused = NULL;
	int bad = 0;

	for (*out = (struct target){0};; at++) {
		size_t len = strcspn(at, ":");
		char *path = path_in(l, at, len, name);
		bool is_there = false;

		if (path) {
			*out = target_of_path(l, path);
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
			bad = tell_no_program(l, name, refused, &tried, why);
			break;
		}
	}
	free(refused);
	strings_free(&tried);
	return bad;
}

static int add_program(struct look_up *l, const struct target *t, const char *by, int depth);

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

/* Whether env's word begins the command line that it is to split: -S, also as in -vS or -iSfoo. *text is what follows in the word. */
static bool
is_split_option(char *word, char **text)
{
	size_t flags = strspn(word + 1, "iv0");

	if (has_prefix(word, "--split-string")) {
		*text = word + strlen("--split-string") + (word[strlen("--split-string")] == '=');
		return true;
	}
	*text = word + flags + 2;
	return word[0] == '-' && word[flags + 1] == 'S';
}

/* The program that `env <argument>` runs, cut out of the argument in place; NULL when it runs none. The kernel passes all
 * that follows env as one argument: only -S makes it several. */
static char *
program_of_env(char *argument)
{
	char *word, *text = NULL;

	if (*argument != '-')
		return *argument && !strchr(argument, '=') ? argument : NULL;
	if (!is_split_option(argument, &text))
		return NULL;
	while ((word = next_word(&text))) {
		if (strcmp(word, "-u") == 0 || strcmp(word, "-C") == 0 || strcmp(word, "--unset") == 0 ||
		    strcmp(word, "--chdir") == 0)
			(void)next_word(&text);
		else if (*word != '-' && !strchr(word, '='))
			return word;
	}
	return NULL;
}

/* What `env` on a script's first line runs is needed as much as env. */
static int
add_program_of_env(struct look_up *l, char *argument, const char *script, int depth)
{
	char *name = program_of_env(argument), *why;
	struct target t;
	int bad;

	if (!name)
		return 0;
	if (strchr(name, '/')) {
		t = target_of_path(l, name);
		bad = 0;
	} else {
		why = xasprintf(", named by the first line of %s", script);
		bad = search_path(l, name, why, &t);
		if (bad)
			l->status = 126; /* it is not the script that is missing */
		free(why);
	}
	if (!bad)
		bad = add_program(l, &t, script, depth);
	free(t.path);
	return bad;
}

/* A script's first line: #! interpreter [one argument, to the end of the line]. */
static int
add_script(struct look_up *l, const struct mapped *m, const char *script, int depth)
{
	size_t most = m->len - 2 < SCRIPT_LINE - 2 ? m->len - 2 : SCRIPT_LINE - 2, len;
	char *line = xstrndup((const char *)m->data + 2, most), *rest = line, *name;
	const char *base;
	struct target t;
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
	t = target_of_path(l, name);
	bad = add_program(l, &t, script, depth + 1);
	free(t.path);
	base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	if (!bad && strcmp(base, "env") == 0)
		bad = add_program_of_env(l, rest + strspn(rest, " \t"), script, depth + 1);
	free(line);
	return bad;
}

/* ---- any program ---- */

/* What kind of program it is. `shown` is its path as seen from outside the root, for messages. */
static int
add_mapped(struct look_up *l, const struct target *t, const char *shown, const struct mapped *m, int depth)
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
	return add_elf(l, t->root, xstrdup(t->path), &e);
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
add_program_at(struct look_up *l, const struct target *t, const char *by, int depth)
{
	char *outside = rootfs_join(t->root, t->path);
	struct mapped m;
	int bad;

	if (map_file(outside, &m) < 0) {
		bad = fail(l, 126, "%s can't be read: %s", outside, strerror(errno));
	} else {
		bad = check_mode(l, outside, m.mode);
		if (!bad) {
			needs_add(l->out, NEED_FILE, NEED_PROGRAM, t->path, by ? by : t->path, outside, NULL);
			bad = add_mapped(l, t, outside, &m, depth);
		}
		unmap_file(&m);
	}
	free(outside);
	return bad;
}

static int
tell_unresolved(struct look_up *l, const struct target *t, const char *by, int error)
{
	bool is_gone = error == ENOENT || error == ENOTDIR;
	char *tail = strcmp(t->root, "/") == 0 ? xstrdup("") : under(l);

	if (by)
		(void)fail(l, 126, "%s, named by the first line of %s, %s%s", t->path, by,
		    is_gone ? "is not there" : strerror(error), tail);
	else if (is_gone)
		(void)fail(l, 127, "no program %s%s", t->path, tail);
	else
		(void)fail(l, 126, "%s%s: %s", t->path, tail, strerror(error));
	free(tail);
	return -1;
}

/* `by` is NULL for the program that was asked for, else the script that names it. */
static int
add_program(struct look_up *l, const struct target *t, const char *by, int depth)
{
	struct links met = {0};
	struct target real = {t->root, rootfs_resolve(t->root, t->path, &met)};
	int bad;

	if (!real.path)
		return tell_unresolved(l, t, by, errno);
	if (!by) {
		l->out->program = rootfs_resolve_parent(t->root, t->path, NULL);
		set_text(&l->out->program, real.path);
	}
	needs_add_links(l->out, &met, NEED_PROGRAM, by ? by : real.path);
	bad = add_program_at(l, &real, by, depth);
	links_free(&met);
	free(real.path);
	return bad;
}

int
libs_of_program(const struct libs_query *q, const char *program, struct needs *out, int *status)
{
	struct look_up l;
	struct target t;
	struct stat st;
	int bad = 0;

	*out = (struct needs){0};
	look_up_begin(&l, q, out);
	if (stat(l.root, &st) < 0 || !S_ISDIR(st.st_mode)) {
		set_error(error_text, sizeof(error_text), "no directory %s to find programs in", l.root);
		l.status = 127;
		bad = -1;
	} else if (!*program) {
		bad = fail(&l, 127, "no program \"\"");
	} else if (strchr(program, '/')) {
		t = target_of_path(&l, program);
		bad = add_program(&l, &t, NULL, 0);
		free(t.path);
	} else if ((bad = search_path(&l, program, "", &t)) == 0) {
		bad = add_program(&l, &t, NULL, 0);
		free(t.path);
	}
	if (bad && status)
		*status = l.status;
	look_up_end(&l);
	return bad;
}

/* The root a file of -f came from: what stands before its path inside. "" is the head's own. */
static const char *
own_root(const struct look_up *l, const char *source, const char *path_inside)
{
	size_t len = strlen(source), tail = strlen(path_inside), root_len = strlen(l->root);

	return len - tail == root_len && len > tail && strncmp(source, l->root, root_len) == 0 ? l->root : "/";
}

void
libs_of_file(const struct libs_query *q, const char *source, const char *path_inside, struct needs *out,
    void (*warn_missing)(const char *text))
{
	struct look_up l;
	struct mapped m;
	struct elf e;

	if (map_file(source, &m) < 0)
		return;
	look_up_begin(&l, q, out);
	l.warn = warn_missing;
	if (m.len >= 2 && memcmp(m.data, "#!", 2) == 0) {
		if (add_script(&l, &m, path_inside, 0))
			warn_missing(error_text);
	} else if (elf_is_elf(m.data, m.len) && elf_parse(m.data, m.len, &e) == 0) {
		if (is_loadable(&e))
			(void)add_elf(&l, own_root(&l, source, path_inside), xstrdup(path_inside), &e);
		else
			elf_free(&e);
	}
	look_up_end(&l);
	unmap_file(&m);
}
