/* Packs a command by the switches and the caller's environment.
 * Must never know masters, or what is done with a pack. */
#include "client/parcel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
warn_text(const char *text)
{
	warn("%s", text);
}

static void
say_nothing(const char *text)
{
	(void)text;
}

char *
parcel_root(const struct options *o, const char *machine)
{
	const char *at = strstr(o->root, "%m");

	if (!at)
		return xstrdup(o->root);
	return xasprintf("%.*s%s%s", (int)(at - o->root), o->root, machine, at + 2);
}

char *
parcel_cwd(void)
{
	char *cwd = getcwd(NULL, 0);

	if (cwd && *cwd == '/')
		return cwd;
	warn("the working directory has no path (%s): / takes its place", cwd ? "it is outside the root" : strerror(errno));
	free(cwd);
	return xstrdup("/");
}

bool
parcel_has_root(const struct options *o, const char *machine)
{
	char *root = parcel_root(o, machine);
	struct stat st;
	bool is_there = stat(root, &st) == 0 && S_ISDIR(st.st_mode);

	free(root);
	return is_there;
}

void
parcel_machines(const struct options *o, struct strings *out)
{
	static const char *const names[] = {"aarch64", "aarch64_be", "armv5tel", "armv6l", "armv7b", "armv7l", "armv8l", "i386", "i486",
		"i586", "i686", "loongarch64", "mips", "mips64", "ppc", "ppc64", "ppc64le", "riscv32", "riscv64", "s390", "s390x",
		"x86_64"};
	size_t i;

	for (i = 0; i < COUNT(names); i++)
		if (parcel_has_root(o, names[i]))
			strings_add(out, names[i]);
}

/* A directory of -L that is not there is surely a slip. */
static void
check_lib_dirs(const struct options *o, const char *root)
{
	const char *at = o->lib_dirs;

	while (*at) {
		size_t len = strcspn(at, ":");
		char *dir = xasprintf("%.*s", (int)len, at),
		     *path = xasprintf("%s%s", *dir == '/' && strcmp(root, "/") != 0 ? root : "", dir);
		struct stat st;

		if (len && !strchr(dir, '$') && (stat(path, &st) < 0 || !S_ISDIR(st.st_mode)))
			warn("-L=%s: there is no directory %s", o->lib_dirs, path);
		free(path);
		free(dir);
		at += len + (at[len] == ':');
	}
}

int
parcel_make(const struct options *o, const char *machine, const char *program, const char *cwd, struct pack *out, int *status)
{
	char *root = parcel_root(o, machine);
	struct pack_query q = {
		.root = root,
		.search = getenv("PATH") ? getenv("PATH") : "/usr/local/bin:/usr/bin:/bin",
		.ld_library_path = getenv("LD_LIBRARY_PATH"),
		.ld_preload = getenv("LD_PRELOAD"),
		.ld_audit = getenv("LD_AUDIT"),
		.extra_dirs = *o->lib_dirs ? o->lib_dirs : NULL,
		.program = program,
		.files = *o->files ? o->files : NULL,
		.cwd = *o->cwd ? NULL : cwd,
		.warn = o->quiet ? say_nothing : warn_text,
	};
	int bad;

	check_lib_dirs(o, root);
	bad = pack_make(&q, out, status);

	free(root);
	return bad;
}
