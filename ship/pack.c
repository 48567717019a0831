/* On the head: a command, a root and the files asked for, made into a manifest and the places its contents come from.
 * Must never know sockets, or where a manifest goes. */
#include "ship/pack.h"
#include "base/walk.h"
#include "elf.h"
#include "ship/items.h"
#include "ship/libs.h"
#include "ship/public.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define MAX_HOPS 40 /* links on the way to a file, as in the kernel (namei.h, MAXSYMLINKS) */

/* One call of pack_make. */
struct packing {
	const struct pack_query *q;
	struct pack *out;
	struct items items;
	struct strings rights; /* files of -f whose set-id bits or capabilities stay here */
};

static char error_text[2048];
#define fail(...) latch_error(error_text, sizeof(error_text), __VA_ARGS__)

const char *
pack_error(void)
{
	return error_text;
}

static void
warn_of(const struct packing *p, const char *what, const char *why)
{
	char *text = xasprintf("%s %s", what, why);

	if (p->q->warn)
		p->q->warn(text);
	free(text);
}

/* ---- what the program needs ---- */

static unsigned
flags_of(enum dep_role role)
{
	return role == DEP_PROGRAM ? ENTRY_PROGRAM : role == DEP_LIBRARY ? ENTRY_LIBRARY : 0;
}

static bool
gives_rights(const char *path, const struct stat *st)
{
	return S_ISREG(st->st_mode) && ((st->st_mode & (S_ISUID | S_ISGID)) || getxattr(path, "security.capability", NULL, 0) > 0);
}

/* Set-id bits and file capabilities aren't sent: sudo, ping or newuidmap would run and fail with reasons of their own. */
static void
warn_of_rights(const struct packing *p, const struct dep *n, const struct stat *st)
{
	if (n->role == DEP_PROGRAM && geteuid() != 0 && gives_rights(n->source, st))
		warn_of(p, n->source,
			"gives rights here, but not where it is sent: -localbin without -f runs the nodes' own, with the rights it has "
			"there");
}

static int
add_dep(struct packing *p, const struct dep *n)
{
	static const enum entry_kind kinds[] = {[DEP_FILE] = ENTRY_FILE, [DEP_LINK] = ENTRY_LINK, [DEP_DIR] = ENTRY_DIR};
	enum rank rank = n->kind == DEP_DIR ? RANK_IMPLIED : RANK_NEED;
	struct item *it = item_add(&p->items, xstrdup(n->path + 1), rank, kinds[n->kind]);
	struct stat st;

	if (n->kind != DEP_DIR)
		it->flags = flags_of(n->role);
	if (n->kind == DEP_LINK)
		it->target = xstrdup(n->target);
	if (n->kind != DEP_FILE)
		return 0;
	it->source = xstrdup(n->source);
	if (stat(n->source, &st) < 0)
		return fail("%s: %s", n->source, strerror(errno));
	item_stat(it, &st);
	warn_of_rights(p, n, &st);
	return 0;
}

static int
add_deps(struct packing *p, const struct deps *deps)
{
	size_t i;

	for (i = 0; i < deps->count; i++)
		if (strcmp(deps->at[i].path, "/") != 0 && add_dep(p, &deps->at[i]) < 0)
			return -1;
	return 0;
}

static struct libs_query
libs_query_of(const struct pack_query *q)
{
	return (struct libs_query){.root = q->root,
		.search = q->search,
		.ld_library_path = q->ld_library_path,
		.ld_preload = q->ld_preload,
		.ld_audit = q->ld_audit,
		.extra_dirs = q->extra_dirs,
		.warn = q->warn};
}

/* ---- what -f names ---- */

/* Cuts the last part off an absolute path. */
static void
cut_last(char *path)
{
	*strrchr(path, '/') = '\0';
}

/* "/cwd/name" without ".", empty parts and "..", which leaves where the links before it lead, as the kernel does. "" is the root.
 * Caller frees; NULL with errno. */
static char *
absolute(const char *cwd, const char *name)
{
	char *path = name[0] == '/' ? xstrdup(name) : xasprintf("%s/%s", cwd, name), *done = xstrdup(""), *longer;
	const char *at = path, *part;
	size_t len;

	while (done && (part = next_part(&at, &len))) {
		if (part_is_up(part, len)) {
			longer = realpath(*done ? done : "/", NULL);
			if (longer)
				cut_last(longer);
		} else {
			longer = xasprintf("%s/%.*s", done, (int)len, part);
		}
		free(done);
		done = longer;
	}
	free(path);
	return done;
}

static char *
read_link(const char *path)
{
	char text[PATH_MAX];
	ssize_t len = readlink(path, text, sizeof(text));

	if (len == (ssize_t)sizeof(text))
		errno = ENAMETOOLONG;
	return len < 0 || len == (ssize_t)sizeof(text) ? NULL : xstrndup(text, (size_t)len);
}

/* An ELF file, or a script that was named itself (in a directory of scripts, each would bring its interpreter). */
static bool
may_need_others(const char *path, bool named)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	uint8_t head[4] = {0};
	ssize_t len = fd < 0 ? 0 : read_full(fd, head, sizeof(head));

	close_fd(&fd);
	return (len == 4 && elf_is_elf(head, 4)) || (named && len >= 2 && memcmp(head, "#!", 2) == 0);
}

static void
add_file(struct packing *p, const char *path, const struct stat *st, bool named)
{
	struct item *it = item_add(&p->items, xstrdup(path + 1), RANK_FILE, ENTRY_FILE);
	struct libs_query query = libs_query_of(p->q);

	it->flags = ENTRY_OWN;
	it->source = xstrdup(path);
	item_stat(it, st);
	if (gives_rights(path, st) && !strings_has(&p->rights, path))
		strings_add(&p->rights, path);
	if (p->out->deps && may_need_others(path, named))
		libs_of_file(&query, path, path, p->out->deps);
}

static int add_path(struct packing *, const char *path, bool named, unsigned hops);

static int
add_link(struct packing *p, const char *path, bool named, unsigned hops)
{
	char *target = read_link(path), *dir, *to;
	int bad;

	if (!target)
		return fail("can't read the link %s: %s", path, strerror(errno));
	item_add(&p->items, xstrdup(path + 1), RANK_FILE, ENTRY_LINK)->target = target;
	if (!named)
		return 0;
	dir = xstrdup(path);
	cut_last(dir);
	to = absolute(dir, target);
	free(dir);
	if (!to || access(path, F_OK) < 0) {
		warn_of(p, path, "is a link that leads to nothing");
		free(to);
		return 0;
	}
	bad = hops == MAX_HOPS ? fail("%s: %s", path, strerror(ELOOP)) : add_path(p, to, true, hops + 1);
	free(to);
	return bad;
}

static int
add_dir(struct packing *p, const char *path, const struct stat *st, unsigned hops)
{
	DIR *d = opendir(*path ? path : "/");
	struct dirent *entry;
	struct item *it;
	int bad = 0;

	if (!d)
		return fail("can't read the directory %s: %s", path, strerror(errno));
	if (*path) {
		it = item_add(&p->items, xstrdup(path + 1), RANK_FILE, ENTRY_DIR);
		it->flags = ENTRY_OWN;
		item_stat(it, st);
	}
	while (!bad && (entry = readdir(d))) {
		char *inner;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		inner = xasprintf("%s/%s", path, entry->d_name);
		bad = add_path(p, inner, false, hops);
		free(inner);
	}
	(void)closedir(d);
	return bad;
}

/* Where /bin leads to usr/bin, a file has one place, whether it came as a program or was named as /bin/ls: with -p=false a link and a
 * directory of the same name, from two launches, would be in each other's way. Links that lead elsewhere would lead out of binRoot. */
static void
add_way(struct packing *p, const char *path)
{
	char *dir = xstrdup(path), *slash;

	for (slash = cut_next(dir, NULL); slash; slash = cut_next(dir, slash)) {
		char *target = read_link(dir);

		if (target && target[0] != '/' && strncmp(target, "..", 2) != 0)
			item_add(&p->items, xstrdup(dir + 1), RANK_FILE, ENTRY_LINK)->target = target;
		else
			free(target);
	}
	free(dir);
}

/* Adds the file, link or directory at an absolute path of the head; named: by the user, not found within a directory. */
static int
add_path(struct packing *p, const char *path, bool named, unsigned hops)
{
	struct stat st;

	if (p->items.count > MAX_ENTRIES)
		return fail("more than %u files, the last of them %s", MAX_ENTRIES, path);
	if (*path && !path_inside(path + 1))
		return fail("%s: the path is too long or too deep to be sent", path);
	if (lstat(*path ? path : "/", &st) < 0)
		return fail("%s: %s", path, strerror(errno));
	if (named)
		add_way(p, path);
	switch (st.st_mode & S_IFMT) {
	case S_IFREG:
		add_file(p, path, &st, named);
		return 0;
	case S_IFDIR:
		return add_dir(p, path, &st, hops);
	case S_IFLNK:
		return add_link(p, path, named, hops);
	default:
		if (named)
			return fail("%s is neither a file, a directory nor a link: it can't be sent", path);
		warn_of(p, path, "is no file, directory or link, and is left out");
		return 0;
	}
}

/* ---- what cp sends ---- */

static int copy_path(struct packing *p, const char *from, const char *to, bool named);

static int
copy_inner(struct packing *p, const char *from, const char *to)
{
	DIR *d = opendir(from);
	struct dirent *entry;
	int bad = 0;

	if (!d)
		return fail("can't read the directory %s: %s", from, strerror(errno));
	while (!bad && (entry = readdir(d))) {
		char *inner, *inside;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		inner = xasprintf("%s%s%s", from, from[strlen(from) - 1] == '/' ? "" : "/", entry->d_name);
		inside = xasprintf("%s%s%s", to, *to ? "/" : "", entry->d_name);
		bad = copy_path(p, inner, inside, false);
		free(inside);
		free(inner);
	}
	(void)closedir(d);
	return bad;
}

static struct item *
copy_item(struct packing *p, const char *to, enum entry_kind kind, const struct stat *st)
{
	struct item *it = item_add(&p->items, xstrdup(to), RANK_FILE, kind);

	it->flags = ENTRY_OWN | ENTRY_EXACT;
	item_stat(it, st);
	it->mode = (uint32_t)st->st_mode & 07777;
	it->mtime_ns = (uint32_t)st->st_mtim.tv_nsec;
	it->uid = st->st_uid;
	it->gid = st->st_gid;
	return it;
}

/* named: by the user, not found within a directory. */
static int
copy_path(struct packing *p, const char *from, const char *to, bool named)
{
	struct stat st;
	char *target;

	if (p->items.count > MAX_ENTRIES)
		return fail("more than %u files, the last of them %s", MAX_ENTRIES, from);
	if (*to && !path_inside(to))
		return fail("%s: the path is too long or too deep to be sent", from);
	if ((named ? stat(from, &st) : lstat(from, &st)) < 0)
		return fail("%s: %s", from, strerror(errno));
	if (S_ISDIR(st.st_mode)) {
		if (*to)
			(void)copy_item(p, to, ENTRY_DIR, &st);
		return copy_inner(p, from, to);
	}
	if (S_ISREG(st.st_mode)) {
		copy_item(p, to, ENTRY_FILE, &st)->source = xstrdup(from);
		return 0;
	}
	if (S_ISLNK(st.st_mode)) {
		target = read_link(from);
		if (!target)
			return fail("can't read the link %s: %s", from, strerror(errno));
		copy_item(p, to, ENTRY_LINK, &st)->target = target;
		return 0;
	}
	if (named)
		return fail("%s is neither a file, a directory nor a link: it can't be copied", from);
	warn_of(p, from, "is no file, directory or link, and is left out");
	return 0;
}

static int
add_copies(struct packing *p)
{
	size_t i;

	for (i = 0; i < p->q->copy_count; i++)
		if (copy_path(p, p->q->copies[i].from, p->q->copies[i].to, true) < 0)
			return -1;
	return 0;
}

/* The next name of a list parted by commas; NULL at its end. Of backslashes before a comma each pair is one; one left over makes the
 * comma part of the name. Caller frees. */
static char *
next_name(const char **list)
{
	char *name = xmalloc(strlen(*list) + 1), *to = name;
	const char *from = *list;

	if (!*from) {
		free(name);
		return NULL;
	}
	while (*from && *from != ',') {
		size_t run = strspn(from, "\\"), kept = from[run] == ',' ? run / 2 : run;

		memset(to, '\\', kept);
		to += kept;
		from += run;
		if (run == 0 || (*from == ',' && run % 2))
			*to++ = *from++;
	}
	*to = '\0';
	*list = *from ? from + 1 : from;
	return name;
}

static int
add_named(struct packing *p, const char *cwd, const char *name)
{
	char *path = absolute(cwd, name);
	int bad = path ? add_path(p, path, true, 0) : fail("%s: %s", name, strerror(errno));

	free(path);
	return bad;
}

static int
add_files(struct packing *p)
{
	char *cwd = p->q->cwd ? xstrdup(p->q->cwd) : getcwd(NULL, 0), *name;
	const char *list = p->q->files;
	int bad = 0;

	while (!bad && (name = next_name(&list))) {
		if (*name)
			bad = add_named(p, cwd ? cwd : "/", name);
		free(name);
	}
	free(cwd);
	return bad;
}

static int
add_cwd(struct packing *p)
{
	char *path = p->q->cwd[0] == '/' ? absolute("/", p->q->cwd) : NULL;
	struct item *it;
	struct stat st;

	if (!path || (*path && !path_inside(path + 1))) {
		free(path);
		return fail("the working directory %s can't be made on a node", p->q->cwd);
	}
	if (*path) {
		it = item_add(&p->items, xstrdup(path + 1), RANK_CWD, ENTRY_DIR);
		it->flags = ENTRY_OWN;
		if (stat(path, &st) == 0)
			it->mode = ((uint32_t)st.st_mode & 0777) | 0700;
	}
	free(path);
	return 0;
}

/* ---- contents ---- */

static struct source *
source_add(struct pack *out)
{
	out->at = grow(out->at, out->count, &out->room, sizeof(out->at[0]));
	out->at[out->count] = (struct source){0};
	return &out->at[out->count++];
}

static int
inode_order(const void *a, const void *b)
{
	const struct item *x = *(struct item *const *)a, *y = *(struct item *const *)b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

/* What a file of the kernel's says may be for its reader alone, whatever its mode. */
static void
choose_scope(struct item *it, struct source *s, struct public_look *look)
{
	if (!s->bytes && public_file(look, it->source, s->mark.dev, s->mark.ino)) {
		it->flags |= ENTRY_PUBLIC;
		s->is_public = true;
	} else {
		s->is_private = true;
	}
}

/* Names of one file that are all the job's own are one file there, too: the first in order has it. files: sorted by inode. */
static void
group_names(struct item **files, size_t count)
{
	size_t i, end, k;

	for (i = 0; i < count; i = end) {
		struct item *first = files[i];

		for (end = i + 1; end < count && inode_order(&files[i], &files[end]) == 0; end++)
			if (files[end] < first)
				first = files[end];
		for (k = i; k < end && first->flags & ENTRY_OWN; k++)
			if (files[k] != first && files[k]->flags == first->flags && files[k]->mode == first->mode &&
				files[k]->mtime == first->mtime)
				files[k]->first = first->first = first;
	}
}

/* Each file once, however many names it has. */
static int
hash_items(struct items *items, struct pack *out)
{
	struct item **files = xmalloc(items->count * sizeof(struct item *));
	struct public_look look = {0};
	size_t i, count = 0;
	int bad = 0;

	for (i = 0; i < items->count; i++)
		if (items->at[i].kind == ENTRY_FILE)
			files[count++] = &items->at[i];
	if (count)
		qsort(files, count, sizeof(files[0]), inode_order);
	for (i = 0; i < count && !bad; i++) {
		struct source *s;

		if (i == 0 || inode_order(&files[i - 1], &files[i]) != 0)
			bad = source_of_file(files[i]->source, source_add(out)) < 0 ? fail("%s", source_error()) : 0;
		s = &out->at[out->count - 1];
		files[i]->size = s->id.size;
		files[i]->digest = s->id.digest;
		files[i]->holes = bad ? 0 : list_holes(s->id.size, s->id.list);
		if (bad)
			break;
		choose_scope(files[i], s, &look);
	}
	public_end(&look);
	hashed_keep();
	note(2, "%llu bytes of files were hashed", (unsigned long long)bundle_hashed());
	if (!bad)
		group_names(files, count);
	free(files);
	return bad;
}

static int
source_order(const void *a, const void *b)
{
	return memcmp(((const struct source *)a)->id.digest.byte, ((const struct source *)b)->id.digest.byte, DIGEST_LEN);
}

/* The manifest's own stays first; of the others each digest once, in order. */
static void
sort_sources(struct pack *out)
{
	size_t i, kept = 1;

	if (out->count > 2)
		qsort(out->at + 1, out->count - 1, sizeof(out->at[0]), source_order);
	for (i = 1; i < out->count; i++)
		if (kept > 1 && source_order(&out->at[kept - 1], &out->at[i]) == 0) {
			out->at[kept - 1].is_public |= out->at[i].is_public;
			out->at[kept - 1].is_private |= out->at[i].is_private;
			source_clear(&out->at[i]);
		} else {
			out->at[kept++] = out->at[i];
		}
	out->count = kept;
}

/* ---- the manifest ---- */

/* Items are in order, so the entries are. */
static void
list_entries(struct items *items, struct manifest *m)
{
	size_t i;

	for (i = 0; i < items->count; i++) {
		struct item *it = &items->at[i];
		struct entry *e = manifest_add(m, it->path, it->kind);

		e->flags = it->flags;
		e->mode = it->mode;
		e->mtime = it->mtime;
		e->mtime_ns = it->mtime_ns;
		e->uid = it->uid;
		e->gid = it->gid;
		e->size = it->size;
		e->digest = it->digest;
		e->holes = it->holes;
		e->group = it->first ? (uint32_t)(it->first - items->at) + 1 : 0;
		e->target = it->target;
		it->target = NULL;
	}
}

/* Whether a path means the same inside the root as elsewhere. */
static bool
is_clean(const char *path)
{
	return path && path[0] == '/' && path_inside(path + 1);
}

/* A name with a colon or semicolon can't stand in what the loader takes by hand. */
static char *
join_dirs(const struct strings *dirs)
{
	struct buf list = {0};
	size_t i;

	for (i = 0; i < dirs->count; i++)
		if (is_clean(dirs->at[i]) && !strpbrk(dirs->at[i], ":;")) {
			if (list.len)
				put_u8(&list, ':');
			put_bytes(&list, dirs->at[i], strlen(dirs->at[i]));
		}
	put_u8(&list, '\0');
	return (char *)list.data;
}

static void
describe_program(const struct deps *deps, struct manifest *m)
{
	m->program = xstrdup(deps && deps->program ? deps->program : "");
	m->machine = xstrdup(deps && deps->machine ? deps->machine : "");
	m->interpreter = xstrdup(deps && is_clean(deps->interpreter) ? deps->interpreter : "");
	m->library_path = deps ? join_dirs(&deps->library_dirs) : xstrdup("");
}

static int
finish_manifest(struct pack *out)
{
	struct source *own = &out->at[0];
	struct buf bytes = {0};

	manifest_encode(&out->manifest, &bytes);
	own->bytes = bytes.data;
	own->is_private = true;
	blob_of_bytes(bytes.data, bytes.len, &own->id);
	return bytes.len <= MAX_MANIFEST ? 0 : fail("%zu files have names too long to be sent together", out->manifest.count);
}

void
pack_leave_out(struct pack *p, const char *there)
{
	size_t i;

	for (i = 0; i < p->manifest.count; i++)
		if (p->manifest.at[i].kind == ENTRY_FILE)
			p->manifest.at[i].flags = (p->manifest.at[i].flags & ~(unsigned)ENTRY_THERE) | (there[i] == '1' ? ENTRY_THERE : 0);
	free(p->at[0].bytes);
	blob_id_free(&p->at[0].id);
	(void)finish_manifest(p);
}

/* ---- the face ---- */

static int
find_program(struct packing *p, int *status)
{
	struct libs_query query = libs_query_of(p->q);

	p->out->deps = xcalloc(1, sizeof(*p->out->deps));
	if (libs_of_program(&query, p->q->program, p->out->deps, status) == 0)
		return 0;
	return fail("%s", libs_error());
}

static int
collect(struct packing *p, int *status)
{
	if (p->q->copies)
		return add_copies(p);
	if (p->q->program && find_program(p, status) < 0)
		return -1;
	if (p->q->files && add_files(p) < 0)
		return -1;
	/* Not before: the files of -f may have added to it. */
	if (p->out->deps && add_deps(p, p->out->deps) < 0)
		return -1;
	return p->q->cwd ? add_cwd(p) : 0;
}

static int
arrange(struct packing *p)
{
	if (!p->q->copies && items_follow_links(&p->items) < 0)
		return fail("%s", items_error());
	items_add_parents(&p->items);
	if (p->items.count > 0 && items_fold(&p->items) < 0)
		return fail("%s", items_error());
	return hash_items(&p->items, p->out);
}

/* Files belong to the job's user where they come: with these bits they would give away that user's rights, or root's. */
static void
warn_of_kept_rights(const struct packing *p)
{
	size_t more = p->rights.count - 1;
	char *others = more ? xasprintf("and %zu other file%s have", more, more == 1 ? "" : "s") : xstrdup("has"),
	     *why = xasprintf(
		     "%s set-id bits or capabilities: they stay here (gproc cp takes set-id bits along where root copies)", others);

	warn_of(p, p->rights.at[0], why);
	free(why);
	free(others);
}

int
pack_make(const struct pack_query *q, struct pack *out, int *status)
{
	struct packing p = {.q = q, .out = out};
	int bad;

	*out = (struct pack){0};
	*status = 255;
	(void)source_add(out);
	bad = collect(&p, status);
	if (!bad)
		bad = arrange(&p);
	if (!bad) {
		describe_program(out->deps, &out->manifest);
		list_entries(&p.items, &out->manifest);
		sort_sources(out);
		bad = finish_manifest(out);
	}
	items_free(&p.items);
	if (!bad && p.rights.count)
		warn_of_kept_rights(&p);
	strings_free(&p.rights);
	if (!bad)
		*status = 0;
	return bad;
}

void
pack_free(struct pack *p)
{
	size_t i;

	for (i = 0; i < p->count; i++)
		source_clear(&p->at[i]);
	free(p->at);
	manifest_free(&p->manifest);
	if (p->deps)
		deps_free(p->deps);
	free(p->deps);
	*p = (struct pack){0};
}

struct source *
pack_find(const struct pack *p, const struct object_name *n)
{
	struct source key = {.id.digest = n->digest}, *s = NULL;

	if (p->count > 0 && digest_equal(&p->at[0].id.digest, &n->digest))
		s = &p->at[0];
	else if (p->count > 1)
		s = bsearch(&key, p->at + 1, p->count - 1, sizeof(p->at[0]), source_order);
	return s && (n->scope == SCOPE_PUBLIC ? s->is_public : s->is_private) ? s : NULL;
}
