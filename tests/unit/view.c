/* view: on nodes of every kind a job sees the node's root and what was shipped as one, and leaves the node as it was. */
#include "unit/jobs.h"
#include "run/worker.h"

static struct strings sh, date, env, ls, cat, readlink_; /* libraries of the programs that are shipped */
static char *musl_program;				 /* a dynamic program of another libc; NULL when there is none */

static bool no_overlay;

/* Each test runs in a process of its own, on a node of its own, with these. */
static struct worker *w;
static struct manifest m;
static struct digest d;
static struct result r;

static void
open_worker(void)
{
	struct node_setup setup = {
		.binroot = "/tmp/xproc", .private = true, .runs_jobs = true, .budget = 128u << 20, .no_overlay = no_overlay};

	w = worker_open(&setup);
	if (!w) {
		printf("# %s\n", worker_error());
		give_up();
	}
}

static void
ship_tools(void)
{
	struct store *s = worker_store(w);

	ship_program(s, &m, "/bin/sh", &sh, true);
	ship_program(s, &m, "/bin/date", &date, false);
	ship_program(s, &m, "/usr/bin/env", &env, false);
	ship_program(s, &m, "/bin/ls", &ls, false);
	ship_program(s, &m, "/bin/cat", &cat, false);
	ship_program(s, &m, "/usr/bin/readlink", &readlink_, false);
}

/* A shell script's output. */
static char *
shell_with(enum view view, const char *script)
{
	char *argv[] = {"sh", "-c", (char *)(uintptr_t)script, NULL};
	struct task task = work_of(&m, &d, argv);

	task.view = view;
	r = run(w, &task);
	if (r.failed || r.err.len > 0)
		printf("# %s: %s%s\n", script, r.text, r.err.len ? (char *)r.err.data : "");
	return r.out.data ? (char *)r.out.data : "";
}

static char *
shell(const char *script)
{
	return shell_with(VIEW_MERGED, script);
}

static void
close_all(void)
{
	result_free(&r);
	manifest_free(&m);
	worker_end(w, 10000);
	worker_close(w);
}

static void
test_bare(void)
{
	char *root = new_root();
	struct stat st;

	make_in(root, "proc dev tmp tmp/ramdisk");
	enter_root(root);
	open_worker();
	ship_tools();
	ship_text(worker_store(w), &m, "usr/bin/script", "#!/usr/bin/env sh\necho script $0\n", ENTRY_PROGRAM, 0755);
	ship(worker_store(w), &m, "/sbin/ldconfig", ENTRY_PROGRAM);
	ship_dir(&m, "scratch", 0);
	ship_text(worker_store(w), &m, "scratch/one", "first", ENTRY_OWN, 0644);
	ship_text(worker_store(w), &m, "scratch/two", "second", ENTRY_OWN, 0600);
	d = seal_manifest(&m);
	ok(no_overlay == !!strstr(worker_limits(w), "overlay"), "what the node can't do is told");
	is(shell("/bin/date +%%; date +%%; env -i date +%%"), "%\n%\n%\n",
		"a bare node runs programs by path, by name and without environment");
	is(shell("script"), "script /tmp/xproc/usr/bin/script\n", "a script with #!/usr/bin/env runs");
	is(shell("/usr/bin/script"), "script /usr/bin/script\n", "and at its own path");
	is(shell("/usr/bin/readlink /proc/self/exe"), "/usr/bin/readlink\n", "/proc/self/exe is the program");
	is(shell("echo x >/dev/null && echo fine"), "fine\n", "/dev/null is there");
	ok(strncmp(shell("ldconfig --version"), "ldconfig", 8) == 0, "a static program runs");
	is(shell("cat /scratch/one; cat /tmp/xproc/scratch/two"), "firstsecond",
		"a shipped directory of the root is at its own path and under binRoot");
	is(shell("cat /tmp/xproc/scratch/* >/tmp/ramdisk/all; echo -n changed >/scratch/one; cat /tmp/xproc/scratch/one"), "changed",
		"own files can be written");
	ok(stat("/tmp/ramdisk/all", &st) == 0 && st.st_size == 11, "what the job wrote in the node's own directory is there");
	is(shell("cat /scratch/one"), "first", "the next job has its own files fresh");
	shell("echo x >/usr/bin/date; echo x >/tmp/xproc/usr/bin/date; echo x >/new");
	is(shell("/bin/date +%%; ls /; ls -a /tmp /tmp/ramdisk"),
		"%\nbin\ndev\nlib\nlib64\nproc\nsbin\nscratch\ntmp\nusr\n/tmp:\n.\n..\nramdisk\nxproc\n\n/tmp/ramdisk:\n.\n..\nall\n",
		"shared files can't be changed, and nothing is added");
	ok(access("/usr", F_OK) < 0 && access("/bin", F_OK) < 0 && access("/dev/null", F_OK) < 0 && access("/proc/self", F_OK) < 0,
		"the node's root is as it was");
	is(shell_with(VIEW_NONE, "echo by hand $0; echo $PATH"), "by hand sh\n/tmp/xproc/usr/bin:/tmp/xproc/usr/sbin:/bin:/usr/bin\n",
		"without a view the carried loader is run by hand");
	close_all();
	ok(access("/tmp/xproc", F_OK) < 0, "binRoot is gone with the worker");
}

static void
test_bare_by_binds(void)
{
	no_overlay = true;
	test_bare();
}

/* A static program of the node's own, ldconfig under another name, tells that the node's things are still there. */
static void
node_with(const char *root, const char *bin)
{
	char *path = xasprintf("%s/nodeprog", bin);

	make_in(root, "tmp proc dev etc");
	copy_in(root, "/etc/hostname", "etc/node", 0644);
	copy_in(root, "/sbin/ldconfig", path, 0755);
	free(path);
}

static void
test_split_node(void)
{
	char *root = new_root();

	make_in(root, "bin lib lib64 usr usr/bin usr/share");
	node_with(root, "bin");
	copy_in(root, "/bin/cat", "bin/date", 0755);
	enter_root(root);
	open_worker();
	ship_tools();
	ship_dir(&m, "usr/share", 0);
	ship_dir(&m, "usr/share/mod", ENTRY_OWN);
	ship_text(worker_store(w), &m, "usr/share/mod/one", "module", ENTRY_OWN, 0644);
	ship_text(worker_store(w), &m, "usr/bin/secret", "#!/bin/sh\necho secret $0\n", ENTRY_PROGRAM, 0700);
	d = seal_manifest(&m);
	is(shell("cat /usr/share/mod/one; echo -n 2 >>/tmp/xproc/usr/share/mod/one; cat /tmp/xproc/usr/share/mod/one"), "modulemodule2",
		"own files are in the places of programs, too");
	is(shell("secret; /usr/bin/secret"), "secret /tmp/xproc/usr/bin/secret\nsecret /usr/bin/secret\n",
		"and a program that not everybody may read");
	ok(strncmp(shell("/bin/nodeprog --version"), "ldconfig", 8) == 0, "a node with a real /bin: its own programs are there");
	is(shell("/bin/date +%%; /usr/bin/date +%%; ls -d /usr/share /etc/node"), "%\n%\n/etc/node\n/usr/share\n",
		"and the shipped ones win, though their root links /bin to usr/bin");
	is(shell("ls /lib64"), "ld-linux-x86-64.so.2\n", "a loader is at its own path");
	free(m.program);
	m.program = xstrdup("/usr/bin/secret");
	{
		char *argv[] = {"secret", NULL};
		struct task task = work_of(&m, &d, argv);

		task.uid = task.gid = 1234;
		result_free(&r);
		r = run(w, &task);
		is(r.out.data ? (char *)r.out.data : r.text, "secret /usr/bin/secret\n", "its user runs it");
	}
	close_all();
}

static void
test_split_node_by_binds(void)
{
	no_overlay = true;
	test_split_node();
}

/* The shipped root has real /bin, /lib and /lib64, the node's are links. */
static void
test_merged_node(void)
{
	char *root = new_root(), *inside;
	struct strings real = {0};
	size_t i;

	make_in(root, "usr usr/bin usr/lib");
	for (i = 0; i < sh.count; i++)
		strings_take(&real, realpath(sh.at[i], NULL));
	node_with(root, "usr/bin");
	enter_root(root);
	ok(symlink("usr/bin", "/bin") == 0 && symlink("usr/lib", "/lib") == 0 && symlink("usr/lib", "/lib64") == 0, "links are made");
	open_worker();
	ship_as(worker_store(w), &m, "/usr/bin/dash", "bin/sh", ENTRY_PROGRAM);
	ship_as(worker_store(w), &m, "/usr/bin/date", "bin/date", ENTRY_PROGRAM);
	for (i = 0; i < sh.count; i++) {
		inside = xasprintf("%s/%s", strstr(sh.at[i], "/ld-") ? "lib64" : "lib/x86_64-linux-gnu", strrchr(sh.at[i], '/') + 1);
		ship_as(worker_store(w), &m, real.at[i], inside, ENTRY_LIBRARY);
		free(inside);
	}
	strings_free(&real);
	m.program = xstrdup("/bin/sh");
	d = seal_manifest(&m);
	is(shell("/bin/date +%%; date +%%"), "%\n%\n", "a node whose /bin is a link, and a root with a real one: shipped programs run");
	ok(strncmp(shell("/bin/nodeprog --version && /usr/bin/nodeprog --version"), "ldconfig", 8) == 0, "and the node's own");
	close_all();
}

/* Below /usr: a link here, a directory there. */
static void
test_links_below(void)
{
	char *root = new_root();

	make_in(root, "usr usr/bin usr/sbin usr/lib");
	node_with(root, "usr/sbin");
	copy_in(root, "/etc/hostname", "usr/lib/of-node", 0644);
	enter_root(root);
	ok(symlink("lib", "/usr/lib64") == 0, "a link is made");
	open_worker();
	ship_tools();
	ship_link(&m, "usr/sbin", "bin");
	d = seal_manifest(&m);
	is(shell("/usr/sbin/date +%%"), "%\n", "a shipped link to a directory where the node has a directory: both are shown");
	ok(strncmp(shell("/usr/sbin/nodeprog --version"), "ldconfig", 8) == 0, "with the node's own programs");
	is(shell("ls /usr/lib64/"), "ld-linux-x86-64.so.2\nof-node\n", "a shipped directory where the node has a link: both are shown");
	close_all();
}

static void
test_other_libc(void)
{
	char *root = new_root();

	if (!musl_program) {
		skip("another libc", "no musl-gcc");
		return;
	}
	make_in(root, "bin lib");
	node_with(root, "bin");
	copy_in(root, "/lib/ld-musl-x86_64.so.1", "lib/ld-musl-x86_64.so.1", 0755);
	copy_in(root, musl_program, "bin/hello", 0755);
	copy_in(root, musl_program, "etc/hello", 0755);
	enter_root(root);
	open_worker();
	ship_tools();
	d = seal_manifest(&m);
	is(shell("/bin/date +%%; /bin/hello; hello; /etc/hello"), "%\nmusl\nmusl\nmusl\n",
		"the node's programs use the node's libc, the shipped ones theirs");
	close_all();
}

static void
test_mounts_below(void)
{
	char *root = new_root();

	make_in(root, "usr usr/bin usr/data opt");
	node_with(root, "usr/bin");
	enter_root(root);
	ok(mount("data", "/usr/data", "tmpfs", 0, "") == 0 && mkdir("/usr/data/inside", 0755) == 0, "the node has a mount below /usr");
	open_worker();
	ship_tools();
	d = seal_manifest(&m);
	is(shell("ls /usr/data; echo x >/usr/data/file && echo written"), "inside\nwritten\n",
		"a mount of the node below a merged directory stays, writable");
	ok(mount("late", "/opt", "tmpfs", 0, "") == 0 && mkdir("/opt/late", 0755) == 0 && umount("/usr/data") == 0 &&
			mkdir("/usr/data2", 0755) == 0 && mount("late", "/usr/data2", "tmpfs", 0, "") == 0 &&
			mkdir("/usr/data2/late", 0755) == 0,
		"mounts change");
	is(shell("ls /opt /usr/data2"), "/opt:\nlate\n\n/usr/data2:\nlate\n", "and the next job sees them");
	close_all();
}

static void
test_places(void)
{
	char *root = new_root();

	make_in(root, "srv srv/mine");
	node_with(root, "tmp");
	enter_root(root);
	open_worker();
	ship_tools();
	ship_dir(&m, "etc", 0);
	ship_text(worker_store(w), &m, "etc/shipped", "shipped", 0, 0644);
	ship_text(worker_store(w), &m, "etc/node", "shipped", 0, 0644);
	ship_dir(&m, "srv", 0);
	ship_dir(&m, "srv/app", 0);
	ship_dir(&m, "srv/app/lib", 0);
	ship_text(worker_store(w), &m, "srv/app/lib/libx.so", "library", ENTRY_LIBRARY, 0644);
	d = seal_manifest(&m);
	is(shell("ls /etc; cat /tmp/xproc/etc/shipped; cat /tmp/xproc/etc/node"), "node\nshippedshipped",
		"outside the places of programs the node's directories stay, and binRoot shows what was shipped");
	is(shell("cat /srv/app/lib/libx.so; ls /srv"), "libraryapp\nmine\n", "but for libraries");
	is(shell_with(VIEW_ALL, "ls /etc; cat /etc/node"), "node\nshipped\nshipped", "-view=all merges everything");
	close_all();
}

/* A library where only the loader's configuration tells of it, on a node with an /etc of its own. */
static void
test_configured_library(void)
{
	char *root = new_root(), *path;
	struct strings real = {0};
	size_t i, others = 0;

	for (i = 0; i < ls.count; i++)
		strings_take(&real, realpath(ls.at[i], NULL));
	node_with(root, "tmp");
	enter_root(root);
	open_worker();
	ship_program(worker_store(w), &m, "/bin/ls", &sh, true);
	for (i = 0; i < ls.count; i++) {
		const char *name = strrchr(ls.at[i], '/') + 1;

		if (strcmp(name, "libc.so.6") == 0 || has_prefix(name, "ld-"))
			continue;
		path = xasprintf("usr/local/lib/%s", name);
		ship_as(worker_store(w), &m, real.at[i], path, ENTRY_LIBRARY);
		free(path);
		others++;
	}
	strings_free(&real);
	ship_dir(&m, "etc", 0);
	ship_text(worker_store(w), &m, "etc/ld.so.cache", "cache", 0, 0644);
	d = seal_manifest(&m);
	{
		char *argv[] = {"ls", "/usr/local", NULL};
		struct task task = work_of(&m, &d, argv);

		r = run(w, &task);
	}
	is(r.out.data ? (char *)r.out.data : r.text, "lib\n", "a library outside the loader's own directories is found");
	ok(others > 0 && r.err.len == 0, "without a word of the loader");
	close_all();
}

/* A root that was only chroot'ed to. */
static void
test_chroot(void)
{
	char *root = new_root();

	make_in(root, "sub sub/proc sub/tmp");
	ok(mount("proc", "/proc", "proc", 0, NULL) == 0, "a proc file system is there");
	ok(mount(NULL, root, NULL, MS_SHARED, NULL) == 0, "mounts are shared");
	ok(chdir(root) == 0 && chdir("sub") == 0 && mount("proc", "proc", "proc", 0, NULL) == 0 && chroot(".") == 0, "a chroot");
	open_worker();
	is(worker_limits(w), "", "a plain chroot limits nothing");
	ship_tools();
	d = seal_manifest(&m);
	is(shell("/bin/date +%%; ls /"), "%\nbin\ndev\nlib\nlib64\nproc\ntmp\nusr\n", "jobs run in it as elsewhere");
	close_all();
	free(root);
}

static void
make_musl_program(void)
{
	FILE *source = fopen("/tmp/gproc-test-hello.c", "w");

	if (!source || access("/lib/ld-musl-x86_64.so.1", F_OK) < 0)
		return;
	fputs("#include <stdio.h>\nint main(void) { puts(\"musl\"); return 0; }\n", source);
	fclose(source);
	if (system("musl-gcc -o /tmp/gproc-test-hello /tmp/gproc-test-hello.c 2>/dev/null") == 0)
		musl_program = "/tmp/gproc-test-hello";
	(void)unlink("/tmp/gproc-test-hello.c");
}

int
main(void)
{
	if (geteuid() != 0) {
		skip("views", "needs root");
		return done();
	}
	setenv("PATH", "/usr/bin:/bin:/usr/sbin:/sbin", 1);
	sh = libraries_of("/bin/sh");
	date = libraries_of("/bin/date");
	env = libraries_of("/usr/bin/env");
	ls = libraries_of("/bin/ls");
	cat = libraries_of("/bin/cat");
	readlink_ = libraries_of("/usr/bin/readlink");
	make_musl_program();
	setenv("PATH", "/bin:/usr/bin", 1);
	apart(test_bare);
	apart(test_bare_by_binds);
	apart(test_split_node);
	apart(test_split_node_by_binds);
	apart(test_merged_node);
	apart(test_links_below);
	apart(test_other_libc);
	apart(test_mounts_below);
	apart(test_places);
	apart(test_configured_library);
	apart(test_chroot);
	if (musl_program)
		(void)unlink(musl_program);
	strings_free(&sh);
	strings_free(&date);
	strings_free(&env);
	strings_free(&ls);
	strings_free(&cat);
	strings_free(&readlink_);
	return done();
}
