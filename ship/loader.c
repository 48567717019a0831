/* The rules of a root's dynamic loader: its configuration, its built-in directories, its variables.
 * Must never know which program is looked at, or what is sent.
 *
 * Not followed: the hwcap subdirectories from before glibc-hwcaps ("tls", "haswell"; glibc before 2.37), and a
 * library beside ld.so.conf's directories that only a stale ld.so.cache still names. */
#include "ship/loader.h"

#include "ship/rootfs.h"

#include <stdlib.h>
#include <string.h>

#define MAX_CONFIG (1u << 20)
#define MAX_FILES 256	      /* of one configuration; they may include each other */
#define MAX_DIRS 1024	      /* of one configuration */
#define MAX_LOADER (8u << 20) /* bytes; real ones have at most 2 MiB, with debugging symbols */

const char *
loader_separators(const struct loader *loader, bool variable)
{
	return loader->kind == LOADER_MUSL ? ":\n" : variable ? ":;" : ":";
}

bool
loader_is_itself(const struct loader *loader, const char *name)
{
	static const char *const names[] = {"c.", "pthread.", "rt.", "m.", "dl.", "util.", "xnet."};
	size_t i;

	if (loader->kind != LOADER_MUSL || !has_prefix(name, "lib"))
		return false;
	for (i = 0; i < COUNT(names); i++)
		if (has_prefix(name + 3, names[i]))
			return true;
	return false;
}

/* ---- variables in search paths ---- */

enum variable { NONE, ORIGIN, LIB, PLATFORM };

/* Which variable stands at text, which begins with "$"; *len is its length with the "$" and braces. */
static enum variable
variable_at(const char *text, size_t left, size_t *len)
{
	static const char *const names[] = {"ORIGIN", "LIB", "PLATFORM"};
	bool braced = left > 1 && text[1] == '{';
	size_t start = braced ? 2 : 1, i;

	for (i = 0; i < COUNT(names); i++) {
		size_t name_len = strlen(names[i]);

		if (left < start + name_len + braced || memcmp(text + start, names[i], name_len) != 0)
			continue;
		if (braced && text[start + name_len] != '}')
			continue;
		*len = start + name_len + braced;
		return (enum variable)(ORIGIN + i);
	}
	return NONE;
}

char *
loader_expand(const struct loader *loader, const char *text, size_t len, const char *origin, bool *is_own)
{
	struct buf out = {0};
	size_t i = 0, skip;

	*is_own = false;
	while (i < len) {
		enum variable v = text[i] == '$' ? variable_at(text + i, len - i, &skip) : NONE;
		const char *value = v == ORIGIN ? origin : v == LIB ? loader->lib : v == PLATFORM ? loader->platform : NULL;

		if (text[i] == '$' && loader->kind == LOADER_MUSL && v != ORIGIN) {
			buf_free(&out); /* musl drops a path with any other variable */
			return NULL;
		}
		if (v == ORIGIN && i == 0)
			*is_own = true;
		if (value) {
			put_bytes(&out, value, strlen(value));
			i += skip;
		} else {
			put_bytes(&out, text + i++, 1);
		}
	}
	put_bytes(&out, "", 1);
	return (char *)out.data;
}

/* ---- /etc/ld.so.conf ---- */

static void
add_dir(struct strings *list, const char *text, size_t len)
{
	char *dir;

	while (len > 1 && text[len - 1] == '/')
		len--;
	if (len == 0 || *text != '/' || list->count >= MAX_DIRS)
		return;
	dir = xstrndup(text, len);
	if (strings_has(list, dir))
		free(dir);
	else
		strings_take(list, dir);
}

/* A reading of ld.so.conf: each file is read once, however often it is included. */
struct configuration {
	const char *root;
	struct strings files, *dirs;
};

static void read_ld_so_conf(struct configuration *c, const char *path);

/* The patterns of one include line, relative to the file that has it. */
static void
include(struct configuration *c, const char *from, char *patterns)
{
	char *save = NULL, *pattern = strtok_r(patterns, " \t", &save);
	size_t i;

	for (; pattern; pattern = strtok_r(NULL, " \t", &save)) {
		struct strings files = {0};
		char *beside = xasprintf("%.*s/%s", (int)(strrchr(from, '/') - from), from, pattern);

		rootfs_glob(c->root, *pattern == '/' ? pattern : beside, &files);
		for (i = 0; i < files.count; i++)
			read_ld_so_conf(c, files.at[i]);
		strings_free(&files);
		free(beside);
	}
}

static void
read_conf_line(struct configuration *c, const char *path, char *line)
{
	line[strcspn(line, "#")] = '\0';
	line += strspn(line, " \t\r");
	if (has_prefix(line, "include") && (line[7] == ' ' || line[7] == '\t'))
		include(c, path, line + 8);
	else
		add_dir(c->dirs, line, strcspn(line, " \t\r=")); /* "dir=type" is an old form */
}

static void
read_ld_so_conf(struct configuration *c, const char *path)
{
	char *text, *line, *save = NULL;
	size_t len;

	if (c->files.count >= MAX_FILES || strings_has(&c->files, path))
		return;
	strings_add(&c->files, path);
	text = rootfs_read(c->root, path, MAX_CONFIG, &len);
	if (!text)
		return;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		read_conf_line(c, path, line);
	free(text);
}

/* ---- the directories built into a glibc loader ---- */

/* The length of the text at `at`, when it is a directory: "/.../" and a NUL; else 0. */
static size_t
directory_at(const char *data, size_t len, size_t at)
{
	size_t to = at;

	while (to < len && data[to] > ' ' && to - at < 256)
		to++;
	return to - at > 1 && to < len && data[to] == '\0' && data[at] == '/' && data[to - 1] == '/' ? to - at : 0;
}

/* Where the text around a "/lib" begins, when it has a NUL before it; else the end of the data. */
static size_t
text_start(const char *data, size_t len, size_t at)
{
	size_t from = at;

	while (from > 0 && data[from - 1] > ' ' && at - from < 256)
		from--;
	return from > 0 && data[from - 1] == '\0' ? from : len;
}

/* Each distribution builds its own list into ld.so, as texts one after another: "/lib64/" NUL "/usr/lib64/" NUL. The first such
 * list is it. */
static void
find_directories(const char *data, size_t len, struct strings *out)
{
	size_t at = 0, start, found;
	const char *slash;

	while (at < len && out->count == 0 && (slash = memchr(data + at, '/', len - at))) {
		at = (size_t)(slash - data);
		if (len - at > 4 && memcmp(slash, "/lib", 4) == 0) {
			start = text_start(data, len, at);
			for (; start < len && (found = directory_at(data, len, start)); start += found + 1)
				add_dir(out, data + start, found);
		}
		at++;
	}
}

static void
read_builtin(const char *root, const char *interp, struct strings *out)
{
	char *real = rootfs_resolve(root, interp, NULL), *outside = real ? rootfs_join(root, real) : NULL;
	struct mapped m;

	if (outside && rootfs_map(outside, &m) == 0) {
		find_directories((const char *)m.data, m.len < MAX_LOADER ? m.len : MAX_LOADER, out);
		rootfs_unmap(&m);
	}
	free(outside);
	free(real);
}

/* Where the file has no such texts: the directories that most distributions agree on, the loader's own first. */
static void
guess_builtin(const struct elf *e, const char *interp, struct strings *out)
{
	static const char *const wide[] = {"/lib64", "/usr/lib64", "/lib", "/usr/lib"};
	static const char *const narrow[] = {"/lib", "/usr/lib", "/lib32", "/usr/lib32"};
	const char *slash = interp ? strrchr(interp, '/') : NULL;
	size_t i;

	if (slash)
		add_dir(out, interp, (size_t)(slash - interp));
	for (i = 0; i < COUNT(wide); i++)
		add_dir(out, e->wide ? wide[i] : narrow[i], strlen(e->wide ? wide[i] : narrow[i]));
}

static void
read_glibc(const char *root, const struct elf *e, const char *interp, struct loader *out)
{
	struct configuration c = {.root = root, .dirs = &out->configured};
	const char *first;
	char *cache;

	read_ld_so_conf(&c, "/etc/ld.so.conf");
	strings_free(&c.files);
	if (interp)
		read_builtin(root, interp, &out->builtin);
	if (out->builtin.count == 0)
		guess_builtin(e, interp, &out->builtin);
	first = out->builtin.at[0];
	out->lib = xstrdup(has_prefix(first, "/lib") ? first + 1 : strrchr(first, '/') + 1);
	cache = rootfs_resolve(root, "/etc/ld.so.cache", NULL);
	if (cache)
		out->config = xstrdup("/etc/ld.so.cache");
	free(cache);
}

/* ---- musl ---- */

static void
add_dirs(struct strings *list, const char *text, const char *separators)
{
	while (*text) {
		size_t len = strcspn(text, separators);

		add_dir(list, text, len);
		text += len;
		text += strspn(text, separators);
	}
}

/* PREFIX/lib/ld-musl-ARCH.so.1 reads PREFIX/etc/ld-musl-ARCH.path. */
static char *
musl_path_file(const char *interp)
{
	const char *slash = strrchr(interp, '/'), *up = slash;
	size_t len;

	while (up > interp && *--up != '/')
		;
	len = strcspn(slash + 1, ".");
	return xasprintf("%.*s/etc/%.*s.path", (int)(up - interp), interp, (int)len, slash + 1);
}

static void
read_musl(const char *root, const char *interp, struct loader *out)
{
	char *file = musl_path_file(interp), *text;
	size_t len;

	text = rootfs_read(root, file, MAX_CONFIG, &len);
	if (text) {
		add_dirs(&out->configured, text, ":\n");
		out->config = file;
	} else {
		add_dirs(&out->builtin, "/lib:/usr/local/lib:/usr/lib", ":");
		free(file);
	}
	free(text);
}

/* ---- which loader it is ---- */

/* The kernel's AT_PLATFORM, which $PLATFORM stands for, where it is not the machine's name. */
static const char *
platform_name(const char *machine)
{
	return strcmp(machine, "armv7l") == 0 ? "v7l" : machine;
}

static bool
needs_musl(const struct elf *e)
{
	size_t i;

	for (i = 0; i < e->needed.count; i++)
		if (strcmp(e->needed.at[i], "libc.so") == 0 || has_prefix(e->needed.at[i], "libc.musl-"))
			return true;
	return false;
}

static bool
exists(const char *root, const char *path)
{
	char *real = rootfs_resolve(root, path, NULL);
	bool is_there = real != NULL;

	free(real);
	return is_there;
}

/* The first that this root has of the interpreters that its machine's programs usually name. Caller frees; NULL when it has none. */
static char *
usual_interp(const char *root, const struct elf *e)
{
	static const char *const glibc[][2] = {{"x86_64", "/lib64/ld-linux-x86-64.so.2"}, {"i686", "/lib/ld-linux.so.2"},
		{"aarch64", "/lib/ld-linux-aarch64.so.1"}, {"armv7l", "/lib/ld-linux-armhf.so.3"}, {"armv7l", "/lib/ld-linux.so.3"},
		{"s390x", "/lib/ld64.so.1"}, {"ppc64le", "/lib64/ld64.so.2"}, {"ppc64", "/lib64/ld64.so.1"},
		{"riscv64", "/lib/ld-linux-riscv64-lp64d.so.1"}, {"loongarch64", "/lib64/ld-linux-loongarch-lp64d.so.1"},
		{"mips64", "/lib64/ld.so.1"}, {"mips", "/lib/ld.so.1"}};
	const char *machine = elf_machine_name(e);
	struct strings found = {0};
	char *out = NULL, *pattern;
	size_t i;

	if (!needs_musl(e))
		for (i = 0; !out && i < COUNT(glibc); i++)
			if (strcmp(glibc[i][0], machine) == 0 && exists(root, glibc[i][1]))
				out = xstrdup(glibc[i][1]);
	if (out)
		return out;
	pattern = xasprintf("/lib/ld-musl-%s*.so.1", strcmp(machine, "i686") == 0 ? "i386" : machine);
	rootfs_glob(root, pattern, &found);
	if (found.count > 0)
		out = xstrdup(found.at[0]);
	strings_free(&found);
	free(pattern);
	return out;
}

void
loader_read(const char *root, const struct elf *e, const char *interp, struct loader *out)
{
	char *usual = interp ? NULL : usual_interp(root, e);
	const char *path = interp ? interp : usual, *name = path ? strrchr(path, '/') : NULL;

	*out = (struct loader){0};
	out->kind = name && has_prefix(name + 1, "ld-musl-") ? LOADER_MUSL : LOADER_GLIBC;
	out->platform = xstrdup(platform_name(elf_machine_name(e)));
	if (out->kind == LOADER_MUSL)
		read_musl(root, path, out);
	else
		read_glibc(root, e, name ? path : NULL, out);
	free(usual);
}

void
loader_free(struct loader *loader)
{
	free(loader->lib);
	free(loader->platform);
	free(loader->config);
	strings_free(&loader->configured);
	strings_free(&loader->builtin);
	*loader = (struct loader){0};
}
