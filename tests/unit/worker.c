/* worker: jobs start, report, are signalled and killed, fail with reasons, and leave nothing behind, whoever dies. */
#include "unit/jobs.h"
#include "run/worker.h"

#include <dirent.h>
#include <sys/prctl.h>
#include <sys/socket.h>

static struct strings sh, date, cat, sleep_, id;
static char *binroot;

/* Each test runs in a process of its own, with these. */
static struct worker *w;
static struct manifest m;
static struct digest d;
static struct task task;
static struct result r;

static void
open_with(struct node_setup setup)
{
	setup.binroot = binroot;
	setup.runs_jobs = true;
	if (!setup.budget)
		setup.budget = 128u << 20;
	w = worker_open(&setup);
	if (!w) {
		printf("# %s\n", worker_error());
		give_up();
	}
	host = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static void
ship_tools(void)
{
	struct store *s = worker_store(w);

	ship_program(s, &m, "/bin/sh", &sh, true);
	ship_program(s, &m, "/bin/date", &date, false);
	ship_program(s, &m, "/bin/cat", &cat, false);
	ship_program(s, &m, "/bin/sleep", &sleep_, false);
	ship_program(s, &m, "/usr/bin/id", &id, false);
	m.machine = xstrdup("x86_64");
}

static size_t
entries_of(const char *dir)
{
	int fd = openat(store_dir(worker_store(w)), dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listed = fdopendir(fd);
	size_t count = 0;

	while (readdir(listed))
		count++;
	(void)closedir(listed);
	return count - 2;
}

/* Directories of jobs in all users' rooms. */
static size_t
jobs_of(void)
{
	int fd = openat(store_dir(worker_store(w)), "room", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listed = fdopendir(fd);
	struct dirent *entry;
	size_t count = 0;

	while ((entry = readdir(listed))) {
		char *path = xasprintf("room/%s", entry->d_name);

		if (entry->d_name[0] != '.')
			count += entries_of(path);
		free(path);
	}
	(void)closedir(listed);
	return count;
}

static bool
has_children(void)
{
	int status;

	return waitpid(-1, &status, WNOHANG) >= 0 || errno != ECHILD;
}

static void
end_all(void)
{
	ok(jobs_of() == 0, "nothing of the jobs is left in the store");
	manifest_free(&m);
	worker_end(w, 10000);
	ok(!has_children(), "no process is left");
	worker_close(w);
	ok(access(binroot, F_OK) < 0, "binRoot is gone");
}

static char *env_of_job[] = {"A=b", "PATH=/usr/bin:/bin", "GPROC_ROOT=/no", NULL};

static void
test_run(void)
{
	char *argv[] = {
		"given-name", "-c", "echo out; echo err >&2; pwd; echo $A $PATH $GPROC_ROOT $0; id -u; id -g; id -G; cat; exit 7", NULL};
	uint32_t groups[] = {7, 8};
	char *want;

	open_with((struct node_setup){.private = true});
	ship_tools();
	d = seal_manifest(&m);
	task = work_of(&m, &d, argv);
	task.env = env_of_job;
	task.cwd = "/home/some/one";
	task.uid = 1234;
	task.gid = 5678;
	task.groups = groups;
	task.group_count = 2;
	r = run(w, &task);
	want = xasprintf(
		"out\n%s/home/some/one\nb %s/usr/bin:/usr/bin:/bin %s given-name\n1234\n5678\n5678 7 8\n", binroot, binroot, binroot);
	is(r.text, "", "no failure is told");
	is(r.out.data ? (char *)r.out.data : "", want, "environment, working directory and user are the job's");
	is(r.err.data ? (char *)r.err.data : "", "err\n", "stderr is apart");
	ok(r.started && r.exited && r.gone && !r.failed, "started, exited, gone");
	ok(WIFEXITED(r.status) && WEXITSTATUS(r.status) == 7, "with its status");
	free(want);
	result_free(&r);
	end_all();
}

static void
expect_failure(int status, const char *text, const char *name)
{
	r = run(w, &task);
	ok(r.failed && r.gone && !r.started && !r.exited && r.status == status, "%s: fails with %d", name, status);
	if (!ok(strstr(r.text, text) != NULL, "%s: says %s", name, text))
		printf("# %s\n", r.text);
	result_free(&r);
}

static void
test_failures(void)
{
	char *argv[] = {"prog", NULL}, *local[] = {"no-such-program", NULL}, *shell[] = {"sh", "-c", "exit 3", NULL};
	struct manifest m2 = {0}, m3 = {0};
	struct digest d2, d3;

	open_with((struct node_setup){.private = true});
	ship_dir(&m, "bin", 0);
	ship_text(worker_store(w), &m, "bin/prog", "\177ELF garbage", ENTRY_PROGRAM, 0755);
	m.program = xstrdup("/bin/prog");
	m.machine = xstrdup("s390x");
	d = seal_manifest(&m);
	task = work_of(&m, &d, argv);
	expect_failure(126, "built for s390x, this node is", "another machine's program");
	ship_dir(&m2, "bin", 0);
	ship_text(worker_store(w), &m2, "bin/prog", "#!/no/such/interpreter\n", ENTRY_PROGRAM, 0755);
	m2.program = xstrdup("/bin/prog");
	d2 = seal_manifest(&m2);
	task = work_of(&m2, &d2, argv);
	expect_failure(126, "interpreter", "no interpreter");
	ship_dir(&m3, "bin", 0);
	ship_text(worker_store(w), &m3, "bin/prog", "x", ENTRY_PROGRAM, 0644);
	m3.program = xstrdup("/bin/prog");
	d3 = seal_manifest(&m3);
	task = work_of(&m3, &d3, argv);
	expect_failure(126, "ermission", "a file that can't be executed");
	task = work_of(NULL, NULL, local);
	task.localbin = true;
	expect_failure(127, "no-such-program", "-localbin of what is not there");
	task.argv = shell;
	task.cwd = "/no/such/directory";
	expect_failure(255, "/no/such/directory", "-localbin without the working directory");
	task.cwd = "/tmp";
	r = run(w, &task);
	ok(r.exited && WEXITSTATUS(r.status) == 3, "-localbin runs the node's own program");
	result_free(&r);
	manifest_free(&m2);
	manifest_free(&m3);
	end_all();
}

static void
test_glob(void)
{
	char *argv[] = {"sh", "-c", "echo $*", "x", NULL, NULL, "/etc/host*", NULL}, *want;

	open_with((struct node_setup){.private = true});
	argv[4] = xasprintf("%s/scratch/*.img", binroot);
	argv[5] = xasprintf("%s/none/*", binroot);
	ship_tools();
	ship_dir(&m, "scratch", 0);
	ship_text(worker_store(w), &m, "scratch/b.img", "b", ENTRY_OWN, 0644);
	ship_text(worker_store(w), &m, "scratch/a.img", "a", ENTRY_OWN, 0644);
	d = seal_manifest(&m);
	task = work_of(&m, &d, argv);
	argv[2] = "for a; do echo $a; done";
	r = run(w, &task);
	want = xasprintf("%s/scratch/a.img\n%s/scratch/b.img\n", binroot, binroot);
	ok(r.out.data && has_prefix((char *)r.out.data, want), "arguments under binRoot are expanded on the node");
	free(want);
	result_free(&r);
	argv[2] = "for a; do echo \"$a\"; done";
	task.glob = false;
	r = run(w, &task);
	want = xasprintf("%s\n%s\n/etc/host*\n", argv[4], argv[5]);
	is(r.out.data ? (char *)r.out.data : "", want, "not with -glob=false");
	free(want);
	result_free(&r);
	free(argv[4]);
	free(argv[5]);
	end_all();
}

/* A job that runs until it is ended in some way. */
static void
interrupted(const char *script, void (*how)(struct proc *))
{
	char *argv[] = {"sh", "-c", (char *)(uintptr_t)script, NULL};
	struct proc *p;

	task = work_of(&m, &d, argv);
	p = worker_start(w, &task);
	ok(follow(w, p, &r, has_written), "it runs: %s", script);
	how(p);
	ok(follow(w, p, &r, is_gone), "and is gone");
	proc_free(w, p);
}

static void
by_kill(struct proc *p)
{
	proc_kill(p);
}

static void
by_term(struct proc *p)
{
	(void)proc_signal(p, SIGTERM);
}

/* The keeper is this process's only child. */
static void
by_killing_keeper(struct proc *p)
{
	FILE *children = fopen("/proc/thread-self/children", "r");
	int pid;

	(void)p;
	while (fscanf(children, "%d", &pid) == 1)
		if (getsid(pid) != getsid(0))
			kill(pid, SIGKILL);
	fclose(children);
}

static void
test_ends(void)
{
	static const char storm[] =
		"f() { while :; do (setsid sh -c \"$0\" 2>/dev/null &) ; done; }; echo x; while :; do (sleep 1000 &) 2>/dev/null; done";
	int i;

	open_with((struct node_setup){.private = true});
	ship_tools();
	d = seal_manifest(&m);
	interrupted("trap 'echo got; exit 5' TERM; echo x; while :; do sleep 0.01; done", by_term);
	ok(r.exited && WEXITSTATUS(r.status) == 5, "a signal reaches the program");
	result_free(&r);
	interrupted("trap '' TERM INT HUP; (setsid sleep 1000 &); echo x; while :; do sleep 1000; done", by_kill);
	ok(r.exited && WIFSIGNALED(r.status) && WTERMSIG(r.status) == SIGKILL, "a kill reaches everything");
	result_free(&r);
	interrupted(storm, by_kill);
	ok(r.exited && WTERMSIG(r.status) == SIGKILL, "a kill ends a fork storm");
	result_free(&r);
	for (i = 0; i < 3; i++) {
		interrupted(i < 2 ? "(setsid sleep 1000 &); echo x; exec sleep 1000" : storm, by_killing_keeper);
		ok(r.failed && !r.exited && r.status == 0 && strstr(r.text, "keeper was killed"),
			"a killed keeper is told, and that nobody knows how the program ended");
		ok(!has_children(), "and what it kept is killed");
		result_free(&r);
	}
	end_all();
}

static bool
has_exited(const struct result *so_far)
{
	return so_far->exited || so_far->gone;
}

static void
test_lingering(void)
{
	char *argv[] = {"sh", "-c", "(sleep 1000; echo late) & exit 4", NULL};
	struct proc *p;

	open_with((struct node_setup){.private = true});
	ship_tools();
	d = seal_manifest(&m);
	task = work_of(&m, &d, argv);
	p = worker_start(w, &task);
	ok(follow(w, p, &r, has_exited) && !r.gone && WEXITSTATUS(r.status) == 4, "the program's end is told while its children live");
	ok(jobs_of() == 1, "and the mount stays");
	ok(proc_signal(p, SIGTERM) == 0 && follow(w, p, &r, is_gone), "a signal reaches those that linger");
	proc_free(w, p);
	result_free(&r);
	end_all();
}

static void
test_many(void)
{
	char *argv[] = {"sh", "-c", "echo $$ >mine; cat mine >/dev/null; echo one", NULL};
	struct proc *procs[24];
	size_t i, good = 0;

	open_with((struct node_setup){.private = true});
	ship_tools();
	d = seal_manifest(&m);
	task = work_of(&m, &d, argv);
	task.cwd = "/work";
	for (i = 0; i < COUNT(procs); i++) {
		task.job = i;
		procs[i] = worker_start(w, &task);
	}
	for (i = 0; i < COUNT(procs); i++) {
		good += follow(w, procs[i], &r, is_gone) && r.exited && r.status == 0 && strcmp((char *)r.out.data, "one\n") == 0;
		proc_free(w, procs[i]);
		result_free(&r);
	}
	ok(good == COUNT(procs), "24 jobs at once on a cold store, each with a directory of its own");
	ok(entries_of("tree") == 1, "and one prepared tree");
	end_all();
}

/* One content of 6 MiB at two places of the job's own. */
static void
ship_big(void)
{
	char *big = xmalloc((6u << 20) + 1);

	memset(big, 'x', 6u << 20);
	big[6u << 20] = '\0';
	ship_tools();
	ship_dir(&m, "data", ENTRY_OWN);
	ship_text(worker_store(w), &m, "data/big", big, ENTRY_OWN, 0644);
	ship_text(worker_store(w), &m, "data/big2", big, ENTRY_OWN, 0644);
	free(big);
	d = seal_manifest(&m);
}

static void
test_no_room(void)
{
	char *argv[] = {"sh", "-c", "cat big | cat >more; exit 0", NULL};

	open_with((struct node_setup){.private = true, .budget = 16u << 20, .no_overlay = true});
	ship_big();
	task = work_of(&m, &d, argv);
	task.cwd = "/data";
	ok(!worker_start(w, &task) && strstr(worker_error(), "it needs 12.") && strstr(worker_error(), "of the store's 16.0 MiB"),
		"own files that do not fit are refused before anything is written");
	argv[2] = "exit 0";
	task.cwd = "/";
	r = run(w, &task);
	result_free(&r);
	end_all();
}

static bool
has_shown(const struct result *so_far)
{
	return so_far->out.data && strchr((char *)so_far->out.data, '\n');
}

/* What is not written is not copied, and costs nothing but names. */
static void
test_shown_from_below(void)
{
	char *argv[] = {"sh", "-c", "cat big big2 >/dev/null && (echo y >>big) 2>&1; cat", NULL};
	char *again[] = {"sh", "-c", "read x <big; echo ${#x}; : >big2; read x <big2; echo ${#x}", NULL};
	struct proc *p;

	open_with((struct node_setup){.private = true, .budget = 16u << 20});
	ship_big();
	ok(worker_needs(w, &m, false) < 1u << 20, "it needs no room for copies");
	task = work_of(&m, &d, argv);
	task.cwd = "/data";
	task.input = true;
	p = worker_start(w, &task);
	ok(p && follow(w, p, &r, has_shown) && strstr((char *)r.out.data, "No space left"), "it can be read, and has no room to be written");
	ok(entries_of("lower") == 1, "names of it stand in the store");
	proc_kill(p);
	ok(follow(w, p, &r, is_gone), "and is gone");
	ok(entries_of("lower") == 0, "with them");
	proc_free(w, p);
	result_free(&r);
	task = work_of(&m, &d, again);
	task.cwd = "/data";
	r = run(w, &task);
	is(r.out.data ? (char *)r.out.data : r.text, "6291456\n0\n", "the next job reads it too, and empties it without room");
	result_free(&r);
	end_all();
}

static void
test_killed_below(void)
{
	open_with((struct node_setup){.private = true});
	ship_big();
	interrupted("echo x; exec sleep 1000", by_killing_keeper);
	ok(entries_of("lower") == 0, "what a killed keeper has shown goes");
	result_free(&r);
	end_all();
}

/* One content under many times: each is a copy in the store, made for the user who asks for it. */
static void
test_many_copies(void)
{
	char *argv[] = {"sh", "-c", "exit 0", NULL}, *text = xmalloc((1u << 20) + 1), path[16];
	unsigned i;

	open_with((struct node_setup){.private = true, .budget = 24u << 20});
	memset(text, 'x', 1u << 20);
	text[1u << 20] = '\0';
	ship_tools();
	ship_dir(&m, "many", 0);
	for (i = 0; i < 16; i++) {
		(void)snprintf(path, sizeof(path), "many/%u", i);
		ship_text(worker_store(w), &m, path, text, 0, 0644);
		m.at[m.count - 1].mtime += i / 4;
	}
	d = seal_manifest(&m);
	task = work_of(&m, &d, argv);
	r = run(w, &task);
	ok(r.exited && r.status == 0, "a few copies have room");
	result_free(&r);
	for (i = 0; i < m.count; i++)
		if (has_prefix(m.at[i].path, "many/"))
			m.at[i].mtime = 5000 + i;
	d = seal_manifest(&m);
	task = work_of(&m, &d, argv);
	ok(!worker_start(w, &task) && strstr(worker_error(), "it needs 1"), "many are refused: %s", worker_error());
	free(text);
	end_all();
}

/* The daemon dies: its keeper kills and goes. */
static void
test_daemon_gone(void)
{
	int pipe_of[2];
	char byte;
	pid_t pid;

	ok(pipe(pipe_of) == 0 && prctl(PR_SET_CHILD_SUBREAPER, 1) == 0, "ready");
	pid = fork();
	if (pid == 0) {
		char *argv[] = {"sh", "-c", "trap '' TERM HUP; (setsid sleep 1000 &); echo x; sleep 1000", NULL};
		struct proc *p;

		open_with((struct node_setup){.private = true});
		ship_tools();
		d = seal_manifest(&m);
		task = work_of(&m, &d, argv);
		p = worker_start(w, &task);
		(void)follow(w, p, &r, has_written);
		_exit(write(pipe_of[1], "x", 1) == 1 ? 0 : 1);
	}
	close(pipe_of[1]);
	ok(read(pipe_of[0], &byte, 1) == 1, "a daemon with a job dies");
	while (waitpid(-1, NULL, 0) > 0)
		;
	ok(errno == ECHILD, "its keeper and all it kept are gone");
	(void)rmdir(binroot);
}

static void
test_real_binroot(void)
{
	char *argv[] = {"sh", "-c", "cat $GPROC_ROOT/data/file; date +%%; pwd", NULL}, *want, *path, *link;
	struct stat st;

	open_with((struct node_setup){.private = false});
	ship_tools();
	ship_dir(&m, "data", 0);
	ship_text(worker_store(w), &m, "data/file", "stays ", ENTRY_OWN, 0640);
	d = seal_manifest(&m);
	task = work_of(&m, &d, argv);
	task.cwd = "/data/sub";
	task.uid = task.gid = 1234;
	want = xasprintf("stays %%\n%s/data/sub\n", binroot);
	r = run(w, &task);
	is(r.out.data ? (char *)r.out.data : r.text, want, "-p=false: the job runs");
	result_free(&r);
	r = run(w, &task);
	is(r.out.data ? (char *)r.out.data : r.text, want, "and again");
	result_free(&r);
	path = xasprintf("%s.users/1234/data/file", binroot);
	ok(stat(path, &st) == 0 && st.st_uid == 1234 && (st.st_mode & 07777) == 0640, "and its files stay, its user's own");
	free(path);
	path = xasprintf("%s.users/1234", binroot);
	ok(stat(path, &st) == 0 && st.st_uid == 1234 && (st.st_mode & 07777) == 0700, "in a directory of the user's alone");
	free(path);
	path = xasprintf("%s.users/1234/data", binroot);
	link = xasprintf("%s.users/1234/aside", binroot);
	ok(rename(path, link) == 0 && symlink("/tmp", path) == 0, "a directory becomes a link");
	expect_failure(255, "data", "a link in binRoot");
	ok(access("/tmp/file", F_OK) < 0, "nothing was written through it");
	free(link);
	free(path);
	path = xasprintf("%s/data", binroot);
	ok(access(path, F_OK) < 0, "nothing of the user's lies in binRoot itself");
	free(path);
	task.uid = task.gid = 0;
	r = run(w, &task);
	is(r.out.data ? (char *)r.out.data : r.text, want, "what root sends does");
	result_free(&r);
	path = xasprintf("%s/data", binroot);
	ok(chmod(path, 01777) == 0, "and others may write to it");
	expect_failure(255, "others than root may change what lies in data in binRoot (mode 1777)", "a directory of others'");
	ok(chown(path, 1234, 0) == 0 && chmod(path, 0755) == 0, "or it belongs to one");
	expect_failure(255, "data in binRoot belongs to user 1234", "a directory of another's");
	free(path);
	free(want);
	manifest_free(&m);
	worker_close(w);
	ok(access(binroot, F_OK) == 0, "a binRoot that holds files stays");
	path = xasprintf("rm -rf %s %s.users", binroot, binroot);
	ok(system(path) == 0, "it can be removed");
	free(path);
}

static void
test_no_namespaces(void)
{
	char *argv[] = {"sh", "-c", "echo by hand $0; pwd", NULL}, *want, *command;

	open_with((struct node_setup){.private = true, .no_namespaces = true});
	ok(strstr(worker_limits(w), "no mount namespace") != NULL, "that there are no namespaces is told");
	ship_tools();
	d = seal_manifest(&m);
	task = work_of(&m, &d, argv);
	r = run(w, &task);
	want = xasprintf("by hand sh\n%s\n", binroot);
	is(r.out.data ? (char *)r.out.data : r.text, want, "the carried loader is run by hand");
	result_free(&r);
	free(want);
	task.uid = task.gid = 1234;
	expect_failure(255, "this node has no mount namespaces", "a job of another user's");
	task.manifest = NULL;
	task.manifest_name = NULL;
	task.localbin = true;
	r = run(w, &task);
	is(r.out.data ? (char *)r.out.data : r.text, "by hand sh\n/\n", "the node's own programs run for others, too");
	result_free(&r);
	manifest_free(&m);
	worker_close(w);
	command = xasprintf("rm -rf %s", binroot);
	ok(system(command) == 0, "it can be removed");
	free(command);
}

static void
test_without_root(void)
{
	char *argv[] = {
		"sh", "-c", "id -u; pwd; echo $$ >file; cat file >/dev/null && date +%%; (setsid sleep 1000 &); echo x; sleep 1000", NULL};
	struct proc *p;
	char *want;

	if (!has_user_namespaces()) {
		skip("a job without root", NO_USER_NAMESPACES);
		return;
	}
	if (setgid(65534) < 0 || setuid(65534) < 0 || prctl(PR_SET_DUMPABLE, 1) < 0)
		give_up();
	open_with((struct node_setup){.private = true});
	is(worker_limits(w), "", "without root nothing is missing");
	ship_tools();
	d = seal_manifest(&m);
	task = work_of(&m, &d, argv);
	task.cwd = "/home/me";
	expect_failure(255, "without root", "another user's job without root");
	task.uid = task.gid = 65534;
	p = worker_start(w, &task);
	want = xasprintf("65534\n%s/home/me\n%%\nx\n", binroot);
	(void)follow(w, p, &r, has_written);
	while (r.out.len < strlen(want) && !r.gone) {
		struct pollfd fd = {.fd = proc_output(p, 1), .events = POLLIN};
		ssize_t n = poll(&fd, 1, (int)limit_ms(10)) > 0 ? read(fd.fd, buf_grow(&r.out, 4096), 4096) : -1;

		if (n <= 0)
			break;
		r.out.len += (size_t)n;
	}
	put_u8(&r.out, 0);
	r.out.len--;
	is((char *)r.out.data, want, "a user's own job runs without root");
	free(want);
	proc_kill(p);
	ok(follow(w, p, &r, is_gone), "and is killed with all it started");
	proc_free(w, p);
	result_free(&r);
	end_all();
}

/* No mount of a user's job allows set-id bits, for what was shipped may stand where such programs trust it. */
static void
test_mount_flags(void)
{
	unsigned all = 0, nosuid = 0;
	char *argv[] = {"sh", "-c", "cat /proc/self/mounts", NULL}, *line, *rest, *ours = NULL, *usr = NULL, *tree = NULL, *under;

	open_with((struct node_setup){.private = true});
	ship_tools();
	d = seal_manifest(&m);
	task = work_of(&m, &d, argv);
	task.uid = task.gid = 1234;
	r = run(w, &task);
	under = xasprintf(" %s/usr ", binroot);
	for (line = strtok_r((char *)r.out.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		all++;
		nosuid += strstr(line, "nosuid") != NULL;
		if (strstr(line, " /usr overlay "))
			usr = line;
		else if (strstr(line, under))
			tree = line;
		else if (strstr(line, binroot))
			ours = line;
	}
	ok(all > 0 && all == nosuid, "none of a job's %u mounts lets set-id bits count", all);
	ok(usr && strstr(usr, " ro,nosuid,nodev"), "the merged /usr is read-only");
	ok(tree && strstr(tree, " ro,nosuid,nodev"), "shared files are read-only, without set-id bits and devices");
	ok(ours && strstr(ours, " rw,nosuid,nodev"), "a job's own are writable, without set-id bits and devices");
	free(under);
	result_free(&r);
	end_all();
}

static void
test_foreign_binroot(void)
{
	struct node_setup setup = {.binroot = binroot, .private = true, .runs_jobs = true, .budget = 1u << 20};

	ok(mkdir(binroot, 0755) == 0 && chown(binroot, 1234, 1234) == 0, "somebody has made binRoot first");
	ok(!worker_open(&setup) && strstr(worker_error(), "belongs to user 1234"), "it is not used");
	ok(rmdir(binroot) == 0 && symlink("/etc", binroot) == 0, "or a link of that name");
	ok(!worker_open(&setup) && strstr(worker_error(), "a link"), "neither is that");
	ok(unlink(binroot) == 0, "it is removed");
}

static void
stopped_then_killed(struct proc *p)
{
	FILE *children = fopen("/proc/thread-self/children", "r");
	int pid;

	while (fscanf(children, "%d", &pid) == 1)
		kill(pid, SIGSTOP);
	fclose(children);
	proc_kill(p);
}

static void
test_stopped(void)
{
	open_with((struct node_setup){.private = true});
	ship_tools();
	d = seal_manifest(&m);
	interrupted("echo x; sleep 1000", stopped_then_killed);
	ok(r.exited && WTERMSIG(r.status) == SIGKILL, "a stopped keeper is killed too");
	result_free(&r);
	end_all();
}

static void
test_master(void)
{
	struct node_setup setup = {.binroot = binroot, .budget = 1u << 20};

	w = worker_open(&setup);
	ok(w && access(binroot, F_OK) < 0, "a master needs no binRoot");
	worker_close(w);
	setup.runs_jobs = true;
	setup.binroot = "/proc/no/where";
	ok(!worker_open(&setup) && strstr(worker_error(), "/proc/no"), "a binRoot that can't be made is told");
}

int
main(void)
{
	if (geteuid() != 0) {
		skip("jobs", "needs root");
		return done();
	}
	setenv("PATH", "/usr/bin:/bin:/usr/sbin:/sbin", 1);
	binroot = xasprintf("/tmp/gproc-test-%d", getpid());
	sh = libraries_of("/bin/sh");
	date = libraries_of("/bin/date");
	cat = libraries_of("/bin/cat");
	sleep_ = libraries_of("/bin/sleep");
	id = libraries_of("/usr/bin/id");
	apart(test_run);
	apart(test_failures);
	apart(test_glob);
	apart(test_ends);
	apart(test_lingering);
	apart(test_many);
	apart(test_no_room);
	apart(test_shown_from_below);
	apart(test_killed_below);
	apart(test_many_copies);
	apart(test_daemon_gone);
	apart(test_real_binroot);
	apart(test_no_namespaces);
	apart(test_without_root);
	apart(test_mount_flags);
	apart(test_foreign_binroot);
	apart(test_stopped);
	apart(test_master);
	strings_free(&sh);
	strings_free(&date);
	strings_free(&cat);
	strings_free(&sleep_);
	strings_free(&id);
	free(binroot);
	return done();
}
