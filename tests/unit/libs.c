/* libs: what a program under a root needs, as that root's loader would find it; nothing leads out of the root. */
#include "unit/tap.h"
#include "unit/makeelf.h"
#include "elf.h"
#include "ship/libs.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOADER "/lib64/ld-linux-x86-64.so.2"

static char root[64]; /* a fresh one for each test */
static char last_warning[4096];

/* ---- a root made to order ---- */

static char *
at(const char *path)
{
	return xasprintf("%s%s", root, path);
}

static void
write_file(const char *path, const void *data, size_t len, mode_t mode)
{
	char *outside = at(path), *slash;
	FILE *f;

	for (slash = strchr(outside + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(outside, 0755);
		*slash = '/';
	}
	f = fopen(outside, "w");
	if (!f || fwrite(data, 1, len, f) != len || fclose(f) || chmod(outside, mode))
		die(1, "%s: %s", outside, strerror(errno));
	free(outside);
}

static void
text_file(const char *path, const char *text, mode_t mode)
{
	write_file(path, text, strlen(text), mode);
}

static void
link_to(const char *target, const char *path)
{
	char *outside = at(path);

	text_file(path, "", 0644);
	if (unlink(outside) || symlink(target, outside))
		die(1, "%s: %s", outside, strerror(errno));
	free(outside);
}

static void
elf_file(const char *path, struct elf_plan plan)
{
	struct buf b = {0};

	if (!plan.machine)
		plan.machine = 62;
	make_elf(&plan, &b);
	write_file(path, b.data, b.len, 0755);
	buf_free(&b);
}

/* A root that has a loader with two directories built in, as distributions do. */
static void
new_root(void)
{
	static const char builtin[] = "\0\0/lib64/\0/usr/lib64/\0\0";
	struct elf_plan plan = {.machine = 62, .soname = "ld-linux-x86-64.so.2"};
	struct buf b = {0};

	strcpy(root, "build/unit/root.XXXXXX");
	if (!mkdtemp(root))
		die(1, "%s: %s", root, strerror(errno));
	make_elf(&plan, &b);
	put_bytes(&b, builtin, sizeof(builtin));
	write_file(LOADER, b.data, b.len, 0755);
	buf_free(&b);
	text_file("/etc/hostname", "x\n", 0644);
	elf_file("/usr/lib64/libc.so.6", (struct elf_plan){.soname = "libc.so.6"});
}

static void
drop_root(void)
{
	char *command = xasprintf("rm -rf '%s'", root);

	if (system(command))
		die(1, "%s fails", command);
	free(command);
}

/* ---- asking ---- */

static struct deps found;
static int status;

static int
look_up(const char *program)
{
	struct libs_query q = {.root = root, .search = "/usr/bin:/bin"};

	deps_free(&found);
	status = 0;
	return libs_of_program(&q, program, &found, &status);
}

static const struct dep *
dep_at(const char *path)
{
	size_t i;

	for (i = 0; i < found.count; i++)
		if (strcmp(found.at[i].path, path) == 0)
			return &found.at[i];
	return NULL;
}

static bool
has_file(const char *path)
{
	const struct dep *n = dep_at(path);
	char *outside = at(path);
	bool good = n && n->kind == DEP_FILE && strcmp(n->source, outside) == 0;

	free(outside);
	return good;
}

static bool
has_link(const char *path, const char *target)
{
	const struct dep *n = dep_at(path);

	return n && n->kind == DEP_LINK && strcmp(n->target, target) == 0;
}

/* The look-up fails with this text; "ROOT" in it stands for the root's name. */
static void
fails(const char *program, int want_status, const char *want, const char *name)
{
	const char *mark = strstr(want, "ROOT");
	char *whole = mark ? xasprintf("%.*s%s%s", (int)(mark - want), want, root, mark + 4) : xstrdup(want);

	ok(look_up(program) == -1 && status == want_status, "%s: status %d", name, want_status);
	is(libs_error(), whole, name);
	free(whole);
}

/* ---- the tests ---- */

static void
plain(void)
{
	size_t i;

	new_root();
	elf_file("/usr/bin/plain", (struct elf_plan){.interp = LOADER, .needed = {"libone.so.1", "libc.so.6"}});
	elf_file("/lib64/libone.so.1.2", (struct elf_plan){.soname = "libone.so.1", .needed = {"libc.so.6"}});
	link_to("libone.so.1.2", "/lib64/libone.so.1");
	ok(look_up("plain") == 0, "a program is found in PATH");
	is(found.program, "/usr/bin/plain", "where it lies inside the root");
	is(found.machine, "x86_64", "its machine");
	is(found.interpreter, LOADER, "its loader");
	ok(has_file("/usr/bin/plain") && has_file(LOADER) && has_file("/usr/lib64/libc.so.6"), "itself, the loader, libraries");
	ok(has_link("/lib64/libone.so.1", "libone.so.1.2") && has_file("/lib64/libone.so.1.2"), "a link and what it leads to");
	ok(found.count == 5 && !found.shebang && found.untold_dirs.count == 0, "and nothing else");
	is(dep_at("/lib64/libone.so.1.2")->by, "/usr/bin/plain", "for whom");
	ok(dep_at("/usr/bin/plain")->role == DEP_PROGRAM && dep_at(LOADER)->role == DEP_LIBRARY, "what they are");
	for (i = 1; i < found.count; i++)
		ok(strcmp(found.at[i - 1].path, found.at[i].path) < 0, "in the order of their paths");
	ok(strings_has(&found.library_dirs, "/lib64") && strings_has(&found.library_dirs, "/usr/lib64"), "the directories of libraries");
	elf_file("/usr/bin/static", (struct elf_plan){.type = 2});
	ok(look_up("/usr/bin/static") == 0 && found.count == 1 && !found.interpreter, "a static program needs only itself");
	drop_root();
}

static void
failures(void)
{
	new_root();
	fails("nosuch", 127, "no program \"nosuch\" in /usr/bin, /bin (under ROOT)", "a name that is nowhere");
	fails("/bin/nosuch", 127, "no program /bin/nosuch (under ROOT)", "a path that is not there");
	text_file("/usr/bin/data", "hello", 0755);
	fails("data", 126, "ROOT/usr/bin/data is neither an ELF file nor a script that begins with #!", "neither ELF nor script");
	text_file("/usr/bin/empty", "", 0755);
	fails("empty", 126, "ROOT/usr/bin/empty is neither an ELF file nor a script that begins with #!", "an empty file");
	text_file("/usr/bin/short", "#", 0755);
	fails("short", 126, "ROOT/usr/bin/short is neither an ELF file nor a script that begins with #!", "a file of one byte");
	text_file("/usr/bin/plainfile", "#!/bin/sh\n", 0644);
	fails("/usr/bin/plainfile", 126, "ROOT/usr/bin/plainfile can't be executed: its mode does not allow it", "no x in its mode");
	fails("plainfile", 126, "/usr/bin/plainfile (under ROOT) can't be executed: its mode does not allow it", "no x, in PATH");
	fails("/usr/bin", 126, "ROOT/usr/bin is a directory", "a directory");
	text_file("/usr/bin/cut", "\177ELF\2\1\1", 0755);
	fails("cut", 126, "ROOT/usr/bin/cut is truncated within the ELF header", "a truncated ELF file");
	elf_file("/usr/bin/object", (struct elf_plan){.type = 1});
	fails("object", 126, "ROOT/usr/bin/object is an ELF file, but no program", "an object file");
	elf_file("/usr/bin/lost", (struct elf_plan){.interp = "/lib/ld.so.9"});
	fails("lost", 126, "/lib/ld.so.9, the loader of /usr/bin/lost, is not there (under ROOT)", "a loader that is not there");
	elf_file("/usr/bin/bar", (struct elf_plan){.interp = LOADER, .needed = {"libfoo.so.2"}, .runpath = "/opt/lib"});
	fails("bar", 126, "libfoo.so.2, needed by /usr/bin/bar, is in none of /opt/lib, /lib64, /usr/lib64 (under ROOT)",
		"a library that is nowhere");
	elf_file("/lib64/libfoo.so.2", (struct elf_plan){.machine = 183});
	fails("bar", 126,
		"libfoo.so.2, needed by /usr/bin/bar, is in none of /opt/lib, /lib64, /usr/lib64 (under ROOT); "
		"/lib64/libfoo.so.2 is for aarch64",
		"a library of another machine");
	drop_root();
}

static void
no_root(void)
{
	strcpy(root, "build/unit/nosuch");
	fails("date", 127, "no directory ROOT to find programs in", "a root that is not there");
}

/* Another class, machine or byte order is passed over, and the search goes on. */
static void
passed_over(void)
{
	new_root();
	elf_file("/usr/bin/p", (struct elf_plan){.interp = LOADER, .needed = {"liba.so", "libb.so", "libc.so.6"}});
	elf_file("/lib64/liba.so", (struct elf_plan){.narrow = true});
	elf_file("/usr/lib64/liba.so", (struct elf_plan){0});
	elf_file("/lib64/libb.so", (struct elf_plan){.big_endian = true});
	elf_file("/usr/lib64/libb.so", (struct elf_plan){0});
	text_file("/lib64/libc.so.6", "/* GNU ld script */", 0644);
	ok(look_up("p") == 0, "a library further on is found");
	ok(has_file("/usr/lib64/liba.so") && !dep_at("/lib64/liba.so"), "not the one of the other class");
	ok(has_file("/usr/lib64/libb.so") && !dep_at("/lib64/libb.so"), "nor of the other byte order");
	ok(has_file("/usr/lib64/libc.so.6") && !dep_at("/lib64/libc.so.6"), "nor what is no ELF file");
	drop_root();
}

/* DT_RPATH holds for what the libraries need in turn, DT_RUNPATH does not, and beside it RPATH counts for nothing. */
static void
run_paths(void)
{
	new_root();
	elf_file("/opt/a/liba.so", (struct elf_plan){.needed = {"libb.so"}});
	elf_file("/opt/a/libb.so", (struct elf_plan){0});
	elf_file("/usr/bin/rpath", (struct elf_plan){.interp = LOADER, .needed = {"liba.so"}, .rpath = "/opt/a"});
	ok(look_up("rpath") == 0 && has_file("/opt/a/libb.so"), "RPATH is inherited");
	elf_file("/usr/bin/runpath", (struct elf_plan){.interp = LOADER, .needed = {"liba.so"}, .runpath = "/opt/a"});
	fails("runpath", 126, "libb.so, needed by /opt/a/liba.so, is in none of /lib64, /usr/lib64 (under ROOT)", "RUNPATH is not");
	elf_file("/usr/bin/both", (struct elf_plan){.interp = LOADER, .needed = {"liba.so"}, .rpath = "/opt/a", .runpath = "/opt/b"});
	fails("both", 126, "liba.so, needed by /usr/bin/both, is in none of /opt/b, /lib64, /usr/lib64 (under ROOT)",
		"RPATH beside RUNPATH is nothing");
	elf_file("/opt/c/liba.so", (struct elf_plan){.needed = {"libb.so"}, .runpath = "/opt/nothing"});
	elf_file("/usr/bin/stopped", (struct elf_plan){.interp = LOADER, .needed = {"liba.so"}, .rpath = "/opt/c:/opt/a"});
	fails("stopped", 126, "libb.so, needed by /opt/c/liba.so, is in none of /opt/nothing, /lib64, /usr/lib64 (under ROOT)",
		"a library's RUNPATH ends inheritance");
	drop_root();
}

static void
variables(void)
{
	new_root();
	elf_file("/opt/app/bin/p", (struct elf_plan){.interp = LOADER,
					   .needed = {"liba.so", "libb.so", "libd.so"},
					   .runpath = "$ORIGIN/../own:${ORIGIN}/../$LIB/${PLATFORM}:/opt/$UNKNOWN"});
	elf_file("/opt/app/own/liba.so", (struct elf_plan){.needed = {"$ORIGIN/deep/libe.so"}});
	elf_file("/opt/app/own/deep/libe.so", (struct elf_plan){0});
	elf_file("/opt/app/lib64/x86_64/libb.so", (struct elf_plan){0});
	elf_file("/opt/$UNKNOWN/libd.so", (struct elf_plan){0});
	link_to("/opt/app/bin/p", "/usr/bin/q");
	ok(look_up("q") == 0, "$ORIGIN is where the program really lies");
	ok(has_file("/opt/app/own/liba.so"), "$ORIGIN");
	ok(has_file("/opt/app/own/deep/libe.so"), "$ORIGIN in a needed path");
	ok(has_file("/opt/app/lib64/x86_64/libb.so"), "$LIB and $PLATFORM, and braces");
	ok(has_file("/opt/$UNKNOWN/libd.so"), "what is no variable stands for itself");
	is(found.program, "/usr/bin/q", "the program is run under the name it was asked for");
	ok(has_link("/usr/bin/q", "/opt/app/bin/p"), "by its link");
	drop_root();
}

static void
configuration(void)
{
	char name[64];
	int i;

	new_root();
	text_file("/etc/ld.so.conf", "# places\ninclude ld.so.conf.d/*.conf\n/opt/last/ # too\nhwcap 1 nonsense\n", 0644);
	text_file("/etc/ld.so.conf.d/b.conf", "/opt/b\n", 0644);
	text_file("/etc/ld.so.conf.d/a.conf", "  /opt/a  \ninclude /etc/ld.so.conf\n", 0644);
	text_file("/etc/ld.so.conf.d/c.txt", "/opt/wrong\n", 0644);
	elf_file("/usr/bin/p", (struct elf_plan){.interp = LOADER, .needed = {"liba.so", "libb.so", "libc.so.6"}});
	elf_file("/opt/a/liba.so", (struct elf_plan){0});
	elf_file("/opt/b/liba.so", (struct elf_plan){0});
	elf_file("/opt/last/libb.so", (struct elf_plan){0});
	elf_file("/opt/wrong/libb.so", (struct elf_plan){0});
	ok(look_up("p") == 0, "ld.so.conf is followed, and may include itself");
	ok(has_file("/opt/a/liba.so") && !dep_at("/opt/b/liba.so"), "included files in the order of their names");
	ok(has_file("/opt/last/libb.so") && !dep_at("/opt/wrong/libb.so"), "and only those of the pattern");
	ok(found.untold_dirs.count == 2 && strings_has(&found.untold_dirs, "/opt/a"), "without a cache the loader has to be told");
	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "/etc/ld.so.conf.d/many%d.conf", i);
		text_file(name, "include /etc/ld.so.conf.d/*.conf\n", 0644);
	}
	link_to("/", "/etc/again");
	text_file(
		"/etc/ld.so.conf.d/wide.conf", "include /*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*\ninclude again/etc/*/etc/ld.so.conf\n", 0644);
	ok(look_up("p") == 0, "twenty files that include each other are read once each");
	text_file("/etc/ld.so.cache", "cache", 0644);
	ok(look_up("p") == 0 && has_file("/etc/ld.so.cache") && dep_at("/etc/ld.so.cache")->role == DEP_LOADER_FILE, "a cache goes along");
	ok(found.untold_dirs.count == 0, "and tells it");
	drop_root();
}

static void
hwcaps(void)
{
	new_root();
	elf_file("/usr/bin/p", (struct elf_plan){.interp = LOADER, .needed = {"liba.so", "libb.so"}});
	elf_file("/lib64/liba.so", (struct elf_plan){0});
	elf_file("/lib64/glibc-hwcaps/x86-64-v2/liba.so", (struct elf_plan){0});
	elf_file("/lib64/glibc-hwcaps/x86-64-v3/liba.so", (struct elf_plan){.needed = {"libonly.so"}});
	elf_file("/lib64/glibc-hwcaps/x86-64-v3/libother.so", (struct elf_plan){0});
	elf_file("/lib64/libonly.so", (struct elf_plan){0});
	elf_file("/usr/lib64/glibc-hwcaps/x86-64-v4/libb.so", (struct elf_plan){0});
	ok(look_up("p") == 0, "variants are found");
	ok(has_file("/lib64/liba.so") && has_file("/lib64/glibc-hwcaps/x86-64-v2/liba.so") &&
			has_file("/lib64/glibc-hwcaps/x86-64-v3/liba.so"),
		"beside the baseline");
	ok(has_file("/lib64/libonly.so"), "with what only they need");
	ok(!dep_at("/lib64/glibc-hwcaps/x86-64-v3/libother.so"), "and no others");
	ok(has_file("/usr/lib64/glibc-hwcaps/x86-64-v4/libb.so"), "one without a baseline will do");
	drop_root();
}

static void
reuse(void)
{
	new_root();
	elf_file("/usr/bin/p", (struct elf_plan){.interp = LOADER, .needed = {"/opt/x/liba.so.1.5", "libb.so", "libr.so"}});
	elf_file("/opt/x/liba.so.1.5", (struct elf_plan){.soname = "liba.so.1"});
	elf_file("/lib64/libb.so", (struct elf_plan){.needed = {"liba.so.1", "ld-linux-x86-64.so.2", "libb.so"}});
	elf_file("/lib64/libr.so", (struct elf_plan){.needed = {"libs.so"}});
	elf_file("/lib64/libs.so", (struct elf_plan){.needed = {"libr.so"}});
	ok(look_up("p") == 0, "what is loaded under its SONAME is not sought again, and circles end");
	ok(has_file("/opt/x/liba.so.1.5") && found.count == 6, "each once");
	drop_root();
}

/* Links of files and directories, relative and absolute, and those that would lead out. */
static void
links(void)
{
	new_root();
	elf_file("/opt/real/p", (struct elf_plan){.interp = LOADER, .needed = {"liba.so"}, .runpath = "/opt/way"});
	elf_file("/opt/libs/1/liba.so.1", (struct elf_plan){0});
	link_to("/opt/libs/current", "/opt/way");
	link_to("../libs/1", "/opt/libs/current");
	link_to("../../../../../opt/libs/1/liba.so.1", "/opt/libs/1/liba.so");
	link_to("/opt/real", "/usr/bin");
	ok(look_up("p") == 0, "links are followed inside the root");
	is(found.program, "/opt/real/p", "the program's directory is resolved");
	ok(has_link("/usr/bin", "/opt/real"), "a link of a directory");
	ok(has_link("/opt/way", "/opt/libs/current") && has_link("/opt/libs/current", "../libs/1"), "links to links");
	ok(has_link("/opt/libs/1/liba.so", "../../../../../opt/libs/1/liba.so.1") && has_file("/opt/libs/1/liba.so.1"),
		"\"..\" stops at the root");
	link_to("loop2", "/bin/loop1");
	link_to("loop1", "/bin/loop2");
	ok(look_up("/bin/loop1") == -1 && status == 126 && strstr(libs_error(), strerror(ELOOP)), "a loop ends");
	link_to("/etc/passwd", "/bin/out");
	fails("/bin/out", 127, "no program /bin/out (under ROOT)", "an absolute link stays inside");
	drop_root();
}

static void
resolving(void)
{
	struct symlinks met = {0};
	char *real;

	new_root();
	link_to("/etc", "/usr/conf");
	real = rootfs_resolve(root, "/usr//./conf/../etc/hostname", &met);
	is(real, "/etc/hostname", "\"..\" goes up from where a link leads");
	ok(met.count == 1 && strcmp(met.at[0].path, "/usr/conf") == 0 && strcmp(met.at[0].target, "/etc") == 0, "the link is listed");
	free(real);
	real = rootfs_resolve(root, "/../../etc/hostname", NULL);
	is(real, "/etc/hostname", "nothing is above the root");
	free(real);
	real = rootfs_resolve(root, "/", NULL);
	is(real, "/", "the root itself");
	free(real);
	errno = 0;
	ok(!rootfs_resolve(root, "/etc/hostname/x", NULL) && errno == ENOTDIR, "a file is no directory");
	ok(!rootfs_resolve(root, "/etc/nosuch", NULL) && errno == ENOENT, "what is not there is told");
	symlinks_free(&met);
	drop_root();
}

static void
scripts(void)
{
	new_root();
	elf_file("/bin/sh", (struct elf_plan){.interp = LOADER, .needed = {"libc.so.6"}});
	elf_file("/usr/bin/env", (struct elf_plan){.interp = LOADER});
	elf_file("/usr/bin/py3", (struct elf_plan){.interp = LOADER, .needed = {"libpy.so"}});
	link_to("py3", "/usr/bin/py");
	elf_file("/lib64/libpy.so", (struct elf_plan){0});
	text_file("/bin/plain", "#! /bin/sh -e\necho\n", 0755);
	ok(look_up("plain") == 0 && found.shebang && has_file("/bin/sh") && has_file("/usr/lib64/libc.so.6"), "#! brings its interpreter");
	is(found.interpreter, LOADER, "whose loader is told");
	is(found.machine, "x86_64", "and machine");
	is(found.program, "/bin/plain", "but the script is the program");
	text_file("/bin/byenv", "#!/usr/bin/env py\n", 0755);
	ok(look_up("byenv") == 0 && has_file("/usr/bin/env") && has_file("/usr/bin/py3") && has_link("/usr/bin/py", "py3") &&
			has_file("/lib64/libpy.so"),
		"env brings what it runs");
	text_file("/bin/split", "#!/usr/bin/env -S -u HOME -i X=1 py -u", 0755);
	ok(look_up("split") == 0 && has_file("/usr/bin/py3"), "and behind -S, options and settings");
	text_file("/bin/vsplit", "#!/usr/bin/env -vSpy -u\n", 0755);
	ok(look_up("vsplit") == 0 && has_file("/usr/bin/py3"), "or -vS");
	text_file("/bin/nested", "#!/bin/byenv\n", 0755);
	ok(look_up("nested") == 0 && has_file("/usr/bin/py3") && has_file("/bin/byenv"), "an interpreter may be a script");
	text_file("/bin/self", "#!/bin/self\n", 0755);
	fails("self", 126, "ROOT/bin/self: scripts as interpreters of scripts, more than 5 deep", "but not for ever");
	text_file("/bin/noenv", "#!/usr/bin/env python9\n", 0755);
	fails("noenv", 126, "no program \"python9\" in /usr/bin, /bin (under ROOT), named by the first line of /bin/noenv",
		"env of nothing");
	text_file("/bin/dos", "#!/bin/sh\r\n", 0755);
	fails("dos", 126, "/bin/sh\r, named by the first line of /bin/dos, is not there (under ROOT); its lines end with a carriage return, as on Windows", "a line that ends as DOS has it");
	text_file("/bin/none", "#!  \n", 0755);
	fails("none", 126, "/bin/none names no interpreter in its first line", "no interpreter");
	drop_root();
}

static void
musl(void)
{
	static const struct elf_plan plan = {
		.interp = "/lib/ld-musl-x86_64.so.1", .needed = {"liba.so", "libc.so", "libm.so.6"}, .runpath = "/opt/a"};

	new_root();
	elf_file("/lib/ld-musl-x86_64.so.1", (struct elf_plan){0});
	elf_file("/usr/bin/p", plan);
	elf_file("/opt/a/liba.so", (struct elf_plan){.needed = {"libb.so"}, .soname = "other.so"});
	elf_file("/opt/a/libb.so", (struct elf_plan){.needed = {"liba.so"}});
	ok(look_up("p") == 0, "musl: its libc is its loader, under any of its names");
	ok(has_file("/opt/a/libb.so") && found.count == 4, "RUNPATH is inherited there");
	elf_file("/usr/bin/q", (struct elf_plan){.interp = plan.interp, .needed = {"libd.so"}});
	elf_file("/usr/lib/libd.so", (struct elf_plan){0});
	ok(look_up("q") == 0 && has_file("/usr/lib/libd.so"), "the default directories");
	text_file("/etc/ld-musl-x86_64.path", "/opt/m\n/opt/n:/opt/o", 0644);
	elf_file("/opt/o/libd.so", (struct elf_plan){0});
	ok(look_up("q") == 0 && has_file("/opt/o/libd.so"), "the path file in their stead");
	ok(has_file("/etc/ld-musl-x86_64.path") && found.untold_dirs.count == 0, "which goes along");
	elf_file("/usr/bin/q", (struct elf_plan){.interp = plan.interp, .needed = {"libe.so"}, .runpath = "/opt/e:$LIB"});
	elf_file("/opt/e/libe.so", (struct elf_plan){0});
	fails("q", 126, "libe.so, needed by /usr/bin/q, is in none of /opt/m, /opt/n, /opt/o (under ROOT)",
		"a path with a variable that musl does not have is dropped whole");
	drop_root();
}

static void
extra_dirs(void)
{
	struct libs_query q = {.root = root, .search = "/usr/bin", .ld_library_path = "/opt/caller", .extra_dirs = "/opt/x:/opt/y"};

	new_root();
	elf_file("/usr/bin/p", (struct elf_plan){.interp = LOADER, .needed = {"liba.so"}});
	elf_file("/opt/y/liba.so", (struct elf_plan){0});
	elf_file("/opt/caller/liba.so", (struct elf_plan){0});
	deps_free(&found);
	ok(libs_of_program(&q, "p", &found, &status) == 0 && has_file("/opt/y/liba.so"), "-L is searched, and not the caller's path");
	ok(found.untold_dirs.count == 1 && strings_has(&found.untold_dirs, "/opt/y"), "of which the loader must be told");
	drop_root();
}

static void
opened_later(void)
{
	new_root();
	elf_file("/usr/bin/p", (struct elf_plan){.interp = LOADER,
				       .note = "[{\"soname\":[\"libz.so.1\"],\"priority\":\"recommended\"},{\"soname\":[\"libgone.so\"],"
					       "\"priority\":\"required\"}]"});
	elf_file("/lib64/libz.so.1", (struct elf_plan){.needed = {"libc.so.6"}});
	ok(look_up("p") == 0 && has_file("/lib64/libz.so.1") && has_file("/usr/lib64/libc.so.6"),
		"what a note says is opened later comes too, if it is there");
	drop_root();
}

/* Big-endian and 32-bit roots, with no list of directories to be found in their loader. */
static void
other_machines(void)
{
	struct elf_plan s390 = {.big_endian = true, .machine = 22, .interp = "/lib/ld64.so.1", .needed = {"libc.so.6"}};
	struct elf_plan i386 = {.narrow = true, .machine = 3, .interp = "/lib/ld-linux.so.2", .needed = {"libc.so.6"}};

	new_root();
	elf_file("/bin/s", s390);
	elf_file("/bin/i", i386);
	s390.interp = i386.interp = s390.needed[0] = i386.needed[0] = NULL;
	elf_file("/lib/ld64.so.1", s390);
	elf_file("/lib/ld-linux.so.2", i386);
	elf_file("/usr/lib/libc.so.6", s390);
	elf_file("/usr/lib32/libc.so.6", i386);
	ok(look_up("s") == 0 && has_file("/usr/lib/libc.so.6") && has_file("/lib/ld64.so.1"), "s390x");
	is(found.machine, "s390x", "is named");
	ok(look_up("i") == 0 && has_file("/usr/lib32/libc.so.6") && !dep_at("/usr/lib/libc.so.6"), "i386");
	drop_root();
}

/* The head's own program against another root: libraries from there, but $ORIGIN is beside the program. */
static void
own_program(void)
{
	char *cwd = getcwd(NULL, 0), *own, *lib;
	const struct dep *n;

	new_root();
	own = xasprintf("./%s.own/p", root);
	lib = xasprintf("%s/%s.own/liba.so", cwd, root);
	strcat(root, ".own");
	elf_file("/p", (struct elf_plan){.interp = LOADER, .needed = {"liba.so", "libc.so.6"}, .runpath = "$ORIGIN"});
	elf_file("/liba.so", (struct elf_plan){0});
	root[strlen(root) - 4] = '\0';
	ok(look_up(own) == 0, "./program is the head's own");
	ok(has_file("/usr/lib64/libc.so.6") && has_file(LOADER), "its libraries come from the root");
	n = dep_at(lib);
	ok(n && strcmp(n->source, lib) == 0, "but what lies beside it is taken from there");
	strcat(root, ".own");
	drop_root();
	root[strlen(root) - 4] = '\0';
	drop_root();
	free(own);
	free(lib);
	free(cwd);
}

static void
save_warning(const char *text)
{
	snprintf(last_warning, sizeof(last_warning), "%s", text);
}

static void
sent_along(void)
{
	struct libs_query q = {.root = root, .search = "/usr/bin", .warn = save_warning};
	char *source;

	new_root();
	elf_file("/usr/bin/p", (struct elf_plan){.interp = LOADER, .needed = {"libp.so"}, .runpath = "$ORIGIN/../own"});
	elf_file("/usr/own/libp.so", (struct elf_plan){0});
	elf_file("/usr/mod/m.so", (struct elf_plan){.needed = {"libp.so", "libq.so", "libmissing.so"}});
	elf_file("/lib64/libq.so", (struct elf_plan){0});
	source = at("/usr/mod/m.so");
	ok(look_up("p") == 0, "a program");
	libs_of_file(&q, source, "/usr/mod/m.so", &found);
	ok(has_file("/lib64/libq.so") && !dep_at("/usr/mod/m.so"), "what a file sent along needs is added, but not the file");
	ok(strstr(last_warning, "libmissing.so, needed by /usr/mod/m.so, is in none of ") != NULL, "what is missing is only told");
	ok(!strstr(last_warning, "libp.so,"), "and not what the program has anyway");
	*last_warning = '\0';
	free(source);
	text_file("/usr/mod/data", "data", 0644);
	source = at("/usr/mod/data");
	libs_of_file(&q, source, "/usr/mod/data", &found);
	libs_of_file(&q, "/nosuch/file", "/nosuch/file", &found);
	ok(!*last_warning, "other files need nothing");
	free(source);
	drop_root();
}

int
main(void)
{
	plain();
	failures();
	no_root();
	passed_over();
	run_paths();
	variables();
	configuration();
	hwcaps();
	reuse();
	links();
	resolving();
	scripts();
	musl();
	extra_dirs();
	opened_later();
	other_machines();
	own_program();
	sent_along();
	deps_free(&found);
	return done();
}
