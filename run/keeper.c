/* The keeper of one job: its files and view made, its program run, all its processes reaped and killed.
 * Must never know of links, nodes, or other jobs. */
#include "run/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/hunt.h"
#include "run/inherit.h"
#include "run/launch.h"
#include "run/left.h"
#include "run/lower.h"
#include "run/unpack.h"
#include "run/vault.h"
#include "run/view.h"
#include "base/sys.h"

/* Where a keeper has its descriptors: beside those that the daemon holds there for all. */
enum {
	CONTROL = FACTS_STORE - 1,
	STORE = FACTS_STORE,
	PROC = FACTS_PROC,
	BINROOT = FACTS_BINROOT,
	HOME = FACTS_HOME,
	HOMES = FACTS_HOMES,
	TERMINALS,
	DESCRIPTORS,
};

enum {
	EXPANSION_MS = 60000, /* for the expansion of arguments */
	HUNT_MS = 50,	      /* for the killed to end by themselves, at first */
	HUNT_MAX_MS = 5000,
};

struct keeper {
	const struct setup *setup;
	const struct node_facts *facts;
	const struct task *task;
	char job[72];		    /* "room/<uid>/<name>" */
	char own[80];		    /* "room/<uid>/<name>/root" */
	char lower[64];		    /* "lower/<name>", what is shown from below; "" when nothing is */
	char tree[OBJECT_TEXT + 8]; /* "tree/<name>"; "" when nothing was shipped */
	struct unpacked unpacked;   /* what is in own */
	bool mine;		    /* binRoot is this job's alone: a mount, not the node's directory */
	bool theirs;		    /* binRoot is a directory of the user's, which stays: it is mounted over the node's */
	int overlay;		    /* a detached mount that shows lower in own; else -1 */
	int stands_for_binroot;	    /* then: a detached mount of it; else -1 */
	int root;		    /* the top of own, to remove by what was placed there; -1: it is to be opened */
	int cwd;		    /* the private working directory; -1: it is none */
	struct strings merged;	    /* see struct view_plan */
	struct footholds footholds; /* that its view has in the node's directories */
	struct start launch;
	pid_t pid;	      /* of the program; 0 when it is not running */
	pid_t group;	      /* its process group */
	uint64_t expanded_by; /* when the expansion of its arguments must be over, as now_ms() has it; 0: it has not begun */
	int signals;	      /* signalfd */
	bool ended;	      /* the program has, and it is not told yet */
	int status;	      /* then: as waitpid has it */
	uint64_t started;     /* by now_ms() */
	uint64_t ran;	      /* milliseconds */
};

/* ---- reports to the daemon ---- */

static void
send_report(const struct proc_report *r)
{
	struct buf b = {0};

	put_u8(&b, r->event);
	put_u32(&b, (uint32_t)r->status);
	put_u8(&b, r->lingers);
	put_u64(&b, r->ran);
	put_str(&b, r->text);
	/* A daemon that is gone is noticed elsewhere. */
	while (send(CONTROL, b.data, b.len, MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
	buf_free(&b);
}

/* A text that is longer than a report's is cut. */
static void
report(enum proc_event event, int status, const char *text)
{
	struct proc_report r = {.event = event, .status = status};

	(void)snprintf(r.text, sizeof(r.text), "%s", text);
	send_report(&r);
}

static int
fail(int status, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	report(PROC_FAILED, status, text);
	free(text);
	return -1;
}

/* ---- becoming a process of one's own ---- */

/* A descriptor of the daemon's, and its number here; -1: there is none. */
struct descriptor {
	int from, to;
};

static bool
is_a_place(int number)
{
	return number >= CONTROL ? number < DESCRIPTORS : number >= 0 && number <= STDERR_FILENO;
}

static void
move_descriptors(struct descriptor *all, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (all[i].from != all[i].to && is_a_place(all[i].from))
			all[i].from = fcntl(all[i].from, F_DUPFD_CLOEXEC, DESCRIPTORS);
	for (i = 0; i < count; i++)
		if (all[i].from >= 0 && all[i].from != all[i].to)
			(void)dup3(all[i].from, all[i].to, all[i].to <= STDERR_FILENO ? 0 : O_CLOEXEC);
}

/* Everything the daemon had open is closed, everything needed is where the enum above says. */
static void
take_descriptors(struct setup *k)
{
	const struct node_facts *f = k->facts;
	struct descriptor all[] = {{k->in < 0 ? f->null : k->in, STDIN_FILENO}, {k->out, STDOUT_FILENO}, {k->err, STDERR_FILENO},
		{k->control, CONTROL}, {f->store, STORE}, {f->proc, PROC}, {f->real_binroot, BINROOT}, {f->home, HOME}, {f->homes, HOMES},
		{k->devices, TERMINALS}};
	unsigned next = STDERR_FILENO + 1;
	size_t i;

	move_descriptors(all, COUNT(all));
	for (i = 0; i < COUNT(all); i++) {
		if (all[i].from < 0 || all[i].to <= STDERR_FILENO)
			continue;
		close_range_of(next, (unsigned)all[i].to - 1);
		next = (unsigned)all[i].to + 1;
	}
	close_from(next);
}

/* What the daemon ignores, itself or since its start; of a signal with a handler exec makes a usual one. */
static void
take_signals(struct keeper *k)
{
	uint64_t ignored = k->facts->ignored | 1u << (SIGPIPE - 1) | 1u << (SIGXFSZ - 1);
	sigset_t all, child;
	int sig;

	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	for (sig = 1; sig < NSIG; sig++)
		if (ignored >> (sig - 1) & 1)
			(void)signal_usual(sig);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	k->signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* ---- files ---- */

/* What the job sees of what was shipped. */
static const struct manifest *
shown(const struct keeper *k)
{
	return k->task->kind == TASK_RUN ? k->task->manifest : NULL;
}

/* The caller's working directory inside the root, without leading slash; "" for the root itself. */
static const char *
cwd_inside(const struct keeper *k)
{
	const char *cwd = k->task->cwd ? k->task->cwd : "/";

	return cwd + strspn(cwd, "/");
}

static int
unpack_shipped(struct keeper *k, const struct unpacking *p, int root)
{
	char name[OBJECT_TEXT];

	if (!p->manifest)
		return 0;
	object_text(k->task->manifest_name, name);
	(void)snprintf(k->tree, sizeof(k->tree), "tree/%s", name);
	if (unpack_tree(p, name) < 0 || (k->mine ? unpack_own(p, root, &k->unpacked) : unpack_all(p, root)) < 0)
		return fail(255, "%s", unpack_error());
	return 0;
}

static int
make_cwd(struct keeper *k, const struct unpacking *p, int root)
{
	const char *cwd = cwd_inside(k);
	const struct entry *e = p->manifest && *cwd ? manifest_find(p->manifest, cwd) : NULL;

	if (k->task->localbin || k->task->node_cwd || (e && e->kind == ENTRY_DIR))
		return 0;
	if (*cwd && !path_inside(cwd))
		return fail(255, "can't make the working directory %s", cwd);
	if (*cwd && (k->mine ? unpack_dir(p, root, cwd) : unpack_all_dir(p, root, cwd)) < 0)
		return fail(255, "%s", unpack_error());
	if (!*cwd && k->mine && p->owner.give && fchown(root, p->owner.uid, p->owner.gid) < 0)
		return fail(255, "can't make the working directory: %s", strerror(errno));
	return 0;
}

static int
make_job_dirs(const struct keeper *k)
{
	if (mkdirat(STORE, k->job, 0755) < 0 || (k->mine && mkdirat(STORE, k->own, 0755) < 0))
		return fail(255, "can't make a directory for the job: %s", strerror(errno));
	return 0;
}

/* The directory that stands for binRoot, to be mounted over it: cloned now, for in another namespace it could not be. */
static int
open_home(struct keeper *k, const struct unpacking *p)
{
	int home = unpack_home(p, HOMES);

	if (home < 0)
		return fail(255, "%s", unpack_error());
	/* From here on files are placed there as the user: with their groups, too. */
	if (set_groups(k->task->groups, k->task->group_count) < 0) {
		close(home);
		return fail(255, "can't take on the user's groups: %s", strerror(errno));
	}
	k->stands_for_binroot = mount_clone(home, "", false);
	if (k->stands_for_binroot >= 0 && mount_set(k->stands_for_binroot, ATTR_NOSUID | ATTR_NODEV, 0) == 0)
		return home;
	close(home);
	return fail(255, "can't clone the user's directory beside binRoot: %s", strerror(errno));
}

static int
open_root(struct keeper *k, const struct unpacking *p)
{
	int root;

	if (k->theirs)
		return open_home(k, p);
	root = openat(k->mine ? STORE : BINROOT, k->mine ? k->own : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return root < 0 ? fail(255, "can't open the job's directory: %s", strerror(errno)) : root;
}

/* What lies in the store is shown in own: from here on root is the top of an overlay, by which alone anything of the job's is looked at. */
static int
show_lower(struct keeper *k, const struct unpacking *p, int *root)
{
	char *work = xasprintf("%s/work", k->job);

	if (mkdirat(STORE, work, 0700) == 0 && fchdir(STORE) == 0)
		k->overlay = lower_mount(k->facts->lower, k->lower, k->own, work);
	free(work);
	close_fd(root);
	if (k->overlay < 0 || (*root = openat(k->overlay, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return fail(255, "can't mount an overlay over the job's files: %s", strerror(errno));
	return unpack_faces(p, *root) < 0 ? fail(255, "%s", unpack_error()) : 0;
}

static int
unpack(struct keeper *k)
{
	struct unpacking p = {
		.lower = k->setup->lower,
		.faced = k->facts->lower == LOWER_KEPT,
		.store = STORE,
		.job = k->setup->name,
		.given = k->setup->given,
		.manifest = shown(k),
		.owner = {.uid = k->task->uid, .gid = k->task->gid, .give = k->facts->is_root},
		.theirs = k->theirs,
	};
	int root, bad;

	if (make_job_dirs(k) < 0 || (root = open_root(k, &p)) < 0)
		return -1;
	bad = unpack_shipped(k, &p, root) < 0 || make_cwd(k, &p, root) < 0 || (p.lower && show_lower(k, &p, &root) < 0) ? -1 : 0;
	if (!bad && k->mine && !k->task->localbin && !k->task->node_cwd) /* no other process has been there yet */
		k->cwd = openat(root, *cwd_inside(k) ? cwd_inside(k) : ".", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (k->mine && !p.lower)
		k->root = root;
	else
		close_fd(&root);
	if (!bad && k->setup->tell_placed)
		report(PROC_PLACED, 0, "");
	return bad;
}

static int
show_home(struct keeper *k)
{
	int bad = k->stands_for_binroot < 0 ? 0 : mount_attach(k->stands_for_binroot, AT_FDCWD, k->facts->binroot);

	close_fd(&k->stands_for_binroot);
	return bad < 0 ? fail(255, "can't mount the user's directory over binRoot: %s", strerror(errno)) : 0;
}

static int
enter_view(struct keeper *k)
{
	struct view_plan plan = {
		.manifest = shown(k),
		.binroot_path = k->facts->binroot_path,
		.job = k->job,
		.own = k->mine ? k->own : NULL,
		.tree = k->tree[0] ? k->tree : NULL,
		.shared = &k->unpacked.shared,
		.mounts = &k->facts->mounts,
		.view = k->task->localbin ? VIEW_NONE : k->task->view,
		.overlay = k->facts->overlay,
		.proc = k->facts->proc < 0 ? -1 : PROC,
		.has_proc = k->facts->has_proc,
		.merged = &k->merged,
		.footholds = &k->footholds,
		.act = k->facts->is_root && k->task->uid != 0,
		.uid = k->task->uid,
		.gid = k->task->gid,
		.groups = k->task->groups,
		.group_count = k->task->group_count,
		.nosuid = shown(k) && k->task->uid != 0,
		.new_proc = k->facts->pid_namespaces,
		.devices = k->facts->devices ? "dev" : NULL,
		.terminals = k->setup->devices < 0 ? -1 : TERMINALS,
	};

	/* The working directory goes along into the new namespace; a descriptor of the old one could not be cloned there. */
	if (fchdir(STORE) < 0)
		return fail(255, "can't enter the store: %s", strerror(errno));
	if (!k->facts->namespaces)
		return 0;
	if (unshare(CLONE_NEWNS) < 0)
		return fail(255, "no mount namespace: %s", namespace_error());
	if (show_home(k) < 0)
		return -1;
	if (k->overlay >= 0 && mount_attach(k->overlay, AT_FDCWD, k->own) < 0)
		return fail(255, "can't mount an overlay over the job's files: %s", strerror(errno));
	return view_enter(&plan) < 0 ? fail(255, "%s", view_error()) : 0;
}

/* ---- starting ---- */

static int
start(struct keeper *k)
{
	struct start *l = &k->launch;

	k->started = now_ms();
	*l = (struct start){.facts = k->facts,
		.task = k->task,
		.tree = k->tree,
		.own = k->own,
		.given = k->setup->given,
		.store = STORE,
		.proc = PROC,
		.merged = &k->merged,
		.held = -1};
	if (launch_make(l) < 0 || launch_run(l) < 0)
		return fail(l->status, "%s", l->why);
	k->pid = k->group = l->pid;
	/* The pipes must end with the job's last process, not with us. But a terminal lives as long as its program, which may close it for a
	 * while: when it is the last to do so, it is hung up. */
	close_range_of(k->task->terminal ? STDOUT_FILENO : STDIN_FILENO, STDERR_FILENO);
	return 0;
}

/* No launch has a right to more time for its arguments. The user can stop the process that makes them. */
static int
watch_expansion(struct keeper *k)
{
	if (k->launch.report < 0)
		return 0; /* it has ended at that */
	if (!k->expanded_by)
		k->expanded_by = now_ms() + EXPANSION_MS;
	if (now_ms() < k->expanded_by)
		return 0;
	return fail(126, "expanding its arguments takes more than %d s", EXPANSION_MS / 1000);
}

/* Where a node's hard limits are below the caller's soft ones. */
static void
note_lowered(uint32_t limits)
{
	static const char *const names[] = {"processor time", "file size", "data", "stack", "core dumps", "resident memory", "processes",
		"open files", "locked memory", "address space", "file locks", "pending signals", "message queues", "nice",
		"real-time priority", "real-time"};
	struct strings list = {0};
	char *all, *text;
	size_t i;

	for (i = 0; i < COUNT(names); i++)
		if (limits >> i & 1)
			strings_add(&list, names[i]);
	if (list.count == 0)
		return;
	all = strings_join(&list, ", ");
	text = xasprintf("your limits are beyond what may be had there, which is lower: %s", all);
	report(PROC_NOTE, 0, text);
	free(text);
	free(all);
	strings_free(&list);
}

/* What has become of the start. -1 when it has failed, which is told then. */
static int
follow_start(struct keeper *k)
{
	switch (launch_state(&k->launch)) {
	case LAUNCH_STARTING:
		k->expanded_by = 0;
		return 0;
	case LAUNCH_EXPANDING:
		return watch_expansion(k);
	case LAUNCH_RUNS:
		k->expanded_by = 0;
		note_lowered(k->launch.lowered);
		if (k->task->wants_start)
			report(PROC_STARTED, 0, "");
		if (*k->launch.note)
			report(PROC_NOTE, 0, k->launch.note);
		if (*k->launch.hint)
			report(PROC_NOTE, 1, k->launch.hint);
		return 0;
	case LAUNCH_FAILED:
		return fail(k->launch.status, "%s", k->launch.why);
	}
	return -1;
}

/* ---- reaping and killing ---- */

/* How many were there; one for an unknown number. */
static size_t
kill_children(const struct keeper *k)
{
	ssize_t count, i;
	pid_t *pids;

	if (k->facts->pid_namespaces)
		return kill(-1, SIGKILL) == 0;
	count = list_children(PROC, &pids);
	for (i = 0; i < count; i++)
		(void)kill(pids[i], SIGKILL);
	free(pids);
	return count > 0 ? (size_t)count : 0;
}

/* A start that fails has told so itself. */
static bool
ended_before_start(struct keeper *k, int status)
{
	launch_over(&k->launch);
	if (k->launch.report >= 0 && follow_start(k) < 0)
		return true;
	if (!k->expanded_by || !WIFSIGNALED(status) || WTERMSIG(status) != SIGXCPU)
		return false;
	(void)fail(126, "expanding its arguments takes more than its share of processor time");
	return true;
}

static void
reaped(struct keeper *k, pid_t pid, int status)
{
	if (pid != k->pid)
		return;
	k->ended = !ended_before_start(k, status);
	k->pid = 0;
	k->status = status;
	k->ran = now_ms() - k->started;
}

/* The private working directory goes with the job: what it holds is not lost in silence. */
static void
note_left(const struct keeper *k)
{
	char *text = k->cwd < 0 ? NULL : left_in(k->cwd, cwd_inside(k), shown(k));

	if (text)
		report(PROC_NOTE, 0, text);
	free(text);
}

/* Until nothing has ended that was not reaped; then the program's end is told, and whether others live on. False when there are no
 * children left. */
static bool
reap(struct keeper *k)
{
	int status;
	bool left;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		reaped(k, pid, status);
	left = pid == 0 || errno != ECHILD;
	if (k->ended) {
		note_left(k);
		send_report(&(struct proc_report){.event = PROC_EXITED, .status = k->status, .lingers = left, .ran = k->ran});
	}
	k->ended = false;
	return left;
}

static void
drain(int signals)
{
	struct signalfd_siginfo info[8];

	while (read(signals, info, sizeof(info)) == (ssize_t)sizeof(info))
		;
}

/* Until a child has changed, or so many milliseconds have passed: then false. */
static bool
await_child(const struct keeper *k, int limit)
{
	struct pollfd fd = {.fd = k->signals, .events = POLLIN};

	if (poll(&fd, 1, limit) == 0)
		return false;
	drain(k->signals);
	return true;
}

static void
hunt_children(const struct keeper *k)
{
	ssize_t count, i;
	pid_t *pids;

	count = k->facts->pid_namespaces ? 0 : list_children(PROC, &pids);
	for (i = 0; i < count; i++)
		hunt_below(PROC, pids[i]);
	if (count > 0)
		free(pids);
}

/* What forks while it is being killed becomes our child when its parent dies, so this ends: measured against a fork storm, 0.2 to
 * 18 ms, where walking the whole tree of processes takes half a minute. So that is only done where the killed don't end. */
static void
kill_all(struct keeper *k)
{
	int limit = HUNT_MS;

	while (reap(k)) {
		size_t killed = kill_children(k);

		/* A list read while it changed may be short: then nothing may be waited for. */
		if (await_child(k, killed ? limit : 0) || !killed)
			continue;
		hunt_children(k);
		limit = limit < HUNT_MAX_MS ? limit * 2 : limit;
	}
}

/* To the program's group. Once the program is gone its number may have become another's: so only while one of our children is in
 * it; and to our other children one by one. */
static void
signal_rest(const struct keeper *k, int sig)
{
	bool group_lives = false;
	ssize_t count, i;
	pid_t *pids;

	count = list_children(PROC, &pids);
	for (i = 0; i < count; i++) {
		if (getpgid(pids[i]) == k->group)
			group_lives = true;
		else
			(void)kill(pids[i], sig);
	}
	if (group_lives)
		(void)kill(-k->group, sig);
	free(pids);
}

static void
signal_job(const struct keeper *k, int sig)
{
	if (k->pid > 0) {
		/* Until the child has a session of its own there is no such group. */
		if (kill(-k->group, sig) < 0 || getpgid(k->pid) != k->group)
			(void)kill(k->pid, sig);
	} else if (k->facts->pid_namespaces) {
		(void)kill(-1, sig);
	} else {
		signal_rest(k, sig);
	}
}

/* False when everything is to end: asked for, or the daemon is gone. */
static bool
obey(const struct keeper *k)
{
	uint8_t sig;
	ssize_t n = recv(CONTROL, &sig, 1, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0 || sig == KEEPER_KILL)
		return false;
	signal_job(k, sig);
	/* A stopped process ends only when it goes on. */
	if (sig == SIGTERM || sig == SIGINT || sig == SIGHUP || sig == SIGQUIT)
		signal_job(k, SIGCONT);
	return true;
}

/* Milliseconds until something must be looked at, though nothing has changed; -1 for ever. */
static int
patience(const struct keeper *k)
{
	uint64_t now = now_ms();

	if (!k->expanded_by || k->launch.report < 0)
		return -1;
	return now < k->expanded_by ? (int)(k->expanded_by - now) : 0;
}

/* Nothing here waits for the program or for what becomes it: its user may stop it at any moment. */
static void
supervise(struct keeper *k)
{
	struct pollfd fds[] = {{.fd = CONTROL, .events = POLLIN}, {.fd = k->signals, .events = POLLIN}, {.events = POLLIN}};
	bool failed = false;

	do {
		fds[2].fd = k->launch.report;
		if (poll(fds, COUNT(fds), patience(k)) < 0)
			continue;
		if (fds[1].revents)
			drain(k->signals);
		failed = k->launch.report >= 0 && (fds[2].revents || k->expanded_by) && follow_start(k) < 0;
		if (failed)
			k->pid = 0;
		if (failed || (fds[0].revents && !obey(k))) {
			kill_all(k);
			return;
		}
	} while (reap(k));
}

/* Directories that are mounted on in this namespace can't be removed in it. */
static void
leave_view(const struct keeper *k)
{
	if (!k->facts->namespaces || setns(HOME, CLONE_NEWNS) == 0)
		return;
	(void)umount2(k->facts->binroot, MNT_DETACH);
	(void)umount2("/", MNT_DETACH);
}

static void
leave_footholds(struct keeper *k)
{
	const struct task *w = k->task;
	bool act = k->footholds.count > 0 && k->facts->is_root && w->uid != 0;

	if (act && act_as(w->uid, w->gid) < 0)
		return;
	foothold_leave(&k->footholds);
	if (act && act_as_self() < 0)
		_exit(1);
}

/* Nothing waits for the files' removal, and other jobs may be starting. The view is left before: the kernel has one lock for all
 * mounts, and on a busy machine a holder with a low priority keeps every other job from starting, for many seconds. */
static int
clean_up(struct keeper *k)
{
	close_fd(&k->cwd);
	close_fd(&k->overlay);
	leave_view(k);
	leave_footholds(k);
	(void)setpriority(PRIO_PROCESS, 0, 19);
	if (k->mine && k->root < 0)
		k->root = openat(STORE, k->own, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (k->root >= 0) {
		unpack_undo(k->root, &k->unpacked);
		(void)unlinkat(STORE, k->own, AT_REMOVEDIR);
	}
	return (unlinkat(STORE, k->job, AT_REMOVEDIR) < 0 && remove_tree(STORE, k->job) < 0) || (k->lower[0] && remove_tree(STORE, k->lower) < 0);
}

/* Without namespaces all jobs of a node would share binRoot, and root's files in it would lie beside those of others. */
static bool
may_run(const struct keeper *k)
{
	const struct node_facts *f = k->facts;
	const struct task *w = k->task;

	/* The kernel's calls that make a process another user's take this number for "as it is": root. */
	if (w->uid == UINT32_MAX || w->gid == UINT32_MAX) {
		(void)fail(255, "nobody's user or group is %u", UINT32_MAX);
		return false;
	}
	if (f->is_root && w->uid != 0 && f->unfit) {
		(void)fail(255, "the node's binRoot %s %s: it runs root's jobs only, until it is started with another -binRoot", f->binroot,
			f->unfit);
		return false;
	}
	if (w->uid == f->uid || (f->is_root && (f->namespaces || (w->localbin && (!w->manifest || w->kind != TASK_RUN)))))
		return true;
	if (k->facts->is_root)
		(void)fail(255,
			"this node has no mount namespaces, by which files of user %u would be kept apart from those of others: "
			"only root's programs and files can be sent here; -localbin runs the node's own",
			w->uid);
	else
		(void)fail(
			255, "gproc runs without root on this node: it can run jobs of user %u only, not of %u", f->uid, k->task->uid);
	return false;
}

static int
shed(const struct keeper *k)
{
	if (inherit_shed(k->facts->proc < 0 ? -1 : PROC, k->facts->login, k->task->uid) == 0)
		return 0;
	return fail(255, "can't have keys of its own, beside the daemon's: %s", strerror(errno));
}

void
keeper_run(struct setup *setup)
{
	struct keeper k = {.setup = setup, .facts = setup->facts, .task = setup->task, .overlay = -1, .stands_for_binroot = -1, .root = -1, .cwd = -1};

	(void)setsid();
	take_descriptors(setup);
	take_signals(&k);
	(void)umask(0);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	(void)snprintf(k.job, sizeof(k.job), "room/%u/%s", k.task->uid, setup->name);
	(void)snprintf(k.own, sizeof(k.own), "%s/root", k.job);
	if (setup->lower)
		(void)snprintf(k.lower, sizeof(k.lower), "lower/%s", setup->name);
	k.mine = k.facts->namespaces && k.facts->private;
	k.theirs = k.facts->homes >= 0 && k.task->uid != 0;
	if (may_run(&k) && shed(&k) == 0 && unpack(&k) == 0 && enter_view(&k) == 0 && start(&k) == 0)
		supervise(&k);
	_exit(clean_up(&k));
}
