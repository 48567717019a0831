/* The daemon's side of jobs: what the node can do, the keepers, their reports, and the orphans of dead ones.
 * Must never know of links or of other nodes; and never wait. */
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper.h"
#include "sys.h"
#include "vault.h"

struct proc {
	struct worker *worker;
	struct proc *next;
	char name[48];
	pid_t keeper;	/* 0 once it is reaped */
	pid_t janitor;	/* removes what a dead keeper left; 0: none */
	int control;	/* the daemon's end */
	int peer;	/* the keeper's: so that its death is told when it is reaped, not before */
	int out, err;
	bool dirty;	/* the keeper died before its work was done */
	bool over;	/* FAILED or EXITED was handed out */
	bool holds_tree;
	struct digest manifest;
};

struct worker {
	struct node_facts facts;
	struct store *store;
	struct proc *procs;
	char *binroot;
	char *search;
	int mountinfo;	/* tells when mounts change; or -1 */
	uint64_t serial;
	struct buf limits;
};

#define MADE_BY_US (S_ISVTX | 0755) /* the sticky bit on a directory that only we write to says who made it */

static char error_text[512];

const char *
worker_error(void)
{
	return error_text;
}

static int
fail(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	set_error(error_text, sizeof(error_text), "%s", text);
	free(text);
	return -1;
}

static void
close_one(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void
limit(struct worker *w, const char *text)
{
	if (w->limits.len > 0)
		w->limits.data[w->limits.len - 1] = ';';
	if (w->limits.len > 0)
		put_u8(&w->limits, ' ');
	put_bytes(&w->limits, text, strlen(text) + 1);
}

const char *
worker_limits(const struct worker *w)
{
	return w->limits.len > 0 ? (const char *)w->limits.data : "";
}

struct store *
worker_store(struct worker *w)
{
	return w->store;
}

/* ---- namespaces ---- */

static int
write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), bad;

	if (fd < 0)
		return -1;
	bad = write_full(fd, text, strlen(text));
	close(fd);
	return bad;
}

/* Without root: a user namespace in which one may mount, and is who one was. */
static int
unshare_user(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	char map[64];

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return -1;
	if (write_text("/proc/self/setgroups", "deny") < 0 && errno != ENOENT)
		return -1;
	(void)snprintf(map, sizeof(map), "%u %u 1", uid, uid);
	if (write_text("/proc/self/uid_map", map) < 0)
		return -1;
	(void)snprintf(map, sizeof(map), "%u %u 1", gid, gid);
	return write_text("/proc/self/gid_map", map);
}

/* In a plain chroot "/" is no mount whose propagation could be changed. Joining one's own namespace leads out to its real root, and
 * a clone mounted over the old root makes that one a mount. */
static int
slave_chroot(void)
{
	int here = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), clone = -1, bad = -1;
	int self = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);

	if (here >= 0 && self >= 0 && setns(self, CLONE_NEWNS) == 0) {
		bad = mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL);
		if (fchdir(here) == 0 && !bad)
			clone = mount_clone(AT_FDCWD, ".", true);
		if (clone >= 0)
			bad = mount_attach(clone, AT_FDCWD, ".") < 0 || fchdir(clone) < 0;
		if (chroot(".") < 0)
			die(255, "can't go back to the root directory: %s", strerror(errno));
	}
	close_one(clone);
	close_one(self);
	close_one(here);
	return bad || clone < 0 ? -1 : 0;
}

/* Mounts made on the host later still show up here; nothing of ours shows up there. */
static int
slave_mounts(void)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == 0)
		return 0;
	return errno == EINVAL ? slave_chroot() : -1;
}

static bool
kernel_is_old(struct worker *w)
{
	struct utsname name;
	char *text;

	if (mount_set(-1, 0, 0) == 0 || errno != ENOSYS || uname(&name) < 0)
		return false;
	text = xasprintf("Linux %s is older than 5.12 and has no mount_setattr: no view, files go into binRoot itself", name.release);
	limit(w, text);
	free(text);
	return true;
}

static void
make_namespace(struct worker *w, const struct worker_setup *setup)
{
	struct node_facts *f = &w->facts;
	int bad = -1;

	f->is_root = geteuid() == 0;
	/* A master without root needs none: in a user namespace it could not tell its clients apart. */
	if (kernel_is_old(w) || (!f->is_root && !setup->runs_jobs))
		return;
	errno = ENOSYS;
	if (!setup->no_namespaces)
		bad = f->is_root ? unshare(CLONE_NEWNS) : unshare_user();
	f->namespaces = !bad && slave_mounts() == 0;
	if (!f->namespaces && setup->runs_jobs) {
		char *text = xasprintf("no mount namespace (%s): no view, files go into binRoot itself and stay", strerror(errno));

		limit(w, text);
		free(text);
	}
}

/* ---- what the node has ---- */

static bool
is_proc(int fd)
{
	return fd >= 0 && faccessat(fd, "self/stat", F_OK, 0) == 0;
}

static void
find_proc(struct node_facts *f)
{
	f->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (is_proc(f->proc))
		return;
	if (f->proc >= 0)
		close(f->proc);
	f->proc = f->namespaces ? mount_new("proc", ATTR_NOSUID | ATTR_NODEV) : -1;
}

static void
find_killing(struct worker *w)
{
	struct node_facts *f = &w->facts;
	pid_t *pids;
	bool lists = list_children(f->proc, &pids) >= 0;

	free(pids);
	f->pid_namespaces = f->namespaces && (!f->is_root || !lists);
	if (f->pid_namespaces) {
		pid_t pid = fork_with(CLONE_NEWPID);

		if (pid == 0)
			_exit(0);
		if (pid > 0)
			(void)waitpid(pid, NULL, 0);
		f->pid_namespaces = pid > 0;
	}
	if (!f->pid_namespaces && !lists)
		limit(w, "neither lists of children nor pid namespaces: processes that leave their group may outlive a kill");
}

/* null, zero and their like for jobs on a node whose /dev is empty. */
static void
make_devices(struct node_facts *f)
{
	static const struct {
		const char *name;
		unsigned minor_number;
	} devices[] = {{"null", 3}, {"zero", 5}, {"full", 7}, {"random", 8}, {"urandom", 9}};
	static const char *const links[][2] = {
	    {"fd", "/proc/self/fd"}, {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"}, {"stderr", "/proc/self/fd/2"}};
	int dir;
	size_t i;

	if (!f->is_root || access("/dev/null", F_OK) == 0 || mkdirat(f->store, "dev", 0755) < 0)
		return;
	dir = openat(f->store, "dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	f->devices = dir >= 0 && fchmod(dir, 0755) == 0;
	for (i = 0; f->devices && i < COUNT(devices); i++)
		f->devices = mknodat(dir, devices[i].name, S_IFCHR, makedev(1, devices[i].minor_number)) == 0 &&
		    fchmodat(dir, devices[i].name, 0666, 0) == 0;
	for (i = 0; f->devices && i < COUNT(links); i++)
		(void)symlinkat(links[i][1], dir, links[i][0]);
	if (dir >= 0)
		close(dir);
}

/* What jobs read as stdin: where there is no /dev/null, a pipe that has ended is as empty. */
static void
open_null(struct node_facts *f)
{
	int ends[2];

	f->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (f->null >= 0 || pipe2(ends, O_CLOEXEC) < 0)
		return;
	close(ends[1]);
	f->null = ends[0];
}

static void
find_ignored(struct node_facts *f)
{
	struct sigaction now;
	int sig;

	for (sig = 1; sig < NSIG; sig++)
		if (sig != SIGPIPE && sigaction(sig, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
			f->any_ignored = true;
}

static void
protect_from_oom(struct node_facts *f)
{
	int fd = f->is_root ? openat(f->proc, "self/oom_score_adj", O_WRONLY | O_CLOEXEC) : -1;

	if (fd < 0)
		return;
	f->oom_protected = write_full(fd, "-1000", 5) == 0;
	close(fd);
}

/* ---- mount points ---- */

/* The fifth word of a line, in which blanks are written as octal numbers. Caller frees; NULL when there is none. */
static char *
mount_point(const char *line)
{
	char *out, *to;
	int word;

	for (word = 0; word < 4 && line; word++) {
		line = strchr(line, ' ');
		line += line != NULL;
	}
	if (!line)
		return NULL;
	out = to = xstrndup(line, strcspn(line, " "));
	for (line = out; *line; to++) {
		if (line[0] == '\\' && strspn(line + 1, "01234567") >= 3) {
			*to = (char)((line[1] - '0') << 6 | (line[2] - '0') << 3 | (line[3] - '0'));
			line += 4;
		} else {
			*to = *line++;
		}
	}
	*to = '\0';
	return out;
}

static void
read_mounts(struct worker *w)
{
	char *text = NULL, *line, *rest, *path;
	struct buf all = {0};
	ssize_t n;

	strings_free(&w->facts.mounts);
	if (lseek(w->mountinfo, 0, SEEK_SET) < 0)
		return;
	while ((n = read_full(w->mountinfo, buf_grow(&all, 16384), 16384)) > 0)
		all.len += (size_t)n;
	put_u8(&all, 0);
	text = (char *)all.data;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		path = mount_point(line);
		/* A mount on a top-level directory goes along with it. */
		if (path && path[0] == '/' && strchr(path + 1, '/'))
			strings_take(&w->facts.mounts, path);
		else
			free(path);
	}
	buf_free(&all);
}

/* Reads the table again only when the kernel says that it has changed. */
static void
refresh_mounts(struct worker *w)
{
	struct pollfd fd = {.fd = w->mountinfo, .events = POLLPRI};

	if (w->mountinfo >= 0 && poll(&fd, 1, 0) > 0 && (fd.revents & (POLLPRI | POLLERR)))
		read_mounts(w);
}

/* ---- binRoot ---- */

static int
make_parents(const char *path)
{
	char *copy = xstrdup(path), *slash;
	int bad = 0;

	for (slash = strchr(copy + 1, '/'); slash && !bad; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		bad = mkdir(copy, 0755) < 0 && errno != EEXIST;
		*slash = '/';
	}
	free(copy);
	return bad;
}

/* Whoever owns the directory could lead what is mounted or written there elsewhere. */
static int
check_owner(const char *path, const struct stat *st)
{
	if (st->st_uid == 0 || st->st_uid == geteuid())
		return 0;
	return fail("binRoot %s belongs to user %u: remove it, or choose another by -binRoot", path, st->st_uid);
}

/* The directory, made when it is not there, and locked as used: who ends last removes it. Removing a directory that is a mount
 * point in another namespace would take that mount away. -1 with worker_error(), or *again when it went away under our hands. */
static int
open_binroot(const char *path, bool *again)
{
	struct stat by_name = {0}, by_fd = {0};
	bool made = mkdir(path, 0755) == 0, there = made || errno == EEXIST;
	int fd = there ? open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;

	*again = there && fd < 0 && errno == ENOENT;
	if (fd < 0)
		return fail("can't make binRoot %s: %s", path, errno == ELOOP || errno == ENOTDIR ? "it is no directory, or a link" : strerror(errno));
	if (flock(fd, LOCK_SH) < 0 || fstat(fd, &by_fd) < 0 || check_owner(path, &by_fd) < 0) {
		close(fd);
		return -1;
	}
	*again = stat(path, &by_name) < 0 || by_fd.st_ino != by_name.st_ino || by_fd.st_dev != by_name.st_dev;
	if (made && !*again)
		(void)fchmod(fd, MADE_BY_US);
	return fd;
}

static int
claim_binroot(struct worker *w)
{
	bool again = true;

	if (w->binroot[0] != '/')
		return fail("binRoot %s must be an absolute path", w->binroot);
	if (make_parents(w->binroot))
		return fail("can't make binRoot %s: %s", w->binroot, strerror(errno));
	while (again) {
		close_one(w->facts.real_binroot);
		w->facts.real_binroot = open_binroot(w->binroot, &again);
	}
	return w->facts.real_binroot < 0 ? -1 : 0;
}

static void
leave_binroot(struct worker *w)
{
	struct stat st;
	int fd = w->facts.real_binroot;

	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 && (st.st_mode & 07777) == MADE_BY_US)
		(void)rmdir(w->binroot);
	close(fd);
	w->facts.real_binroot = -1;
}

/* ---- opening and closing ---- */

static const char *
store_fallback(const struct worker *w)
{
	if (w->facts.real_binroot >= 0)
		return w->binroot;
	return access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

static int
open_store(struct worker *w, uint64_t budget)
{
	const char *fallback = store_fallback(w);

	w->store = w->facts.namespaces ? store_open(budget, fallback) : store_open_dir(budget, fallback);
	if (!w->store)
		return fail("%s", store_error());
	w->facts.store = store_dir(w->store);
	if (!store_is_tmpfs(w->store))
		limit(w, "the store is a directory, not a tmpfs of its own");
	return 0;
}

static void
find_facts(struct worker *w, bool no_overlay)
{
	struct node_facts *f = &w->facts;
	const char *path = getenv("PATH");

	w->search = xstrdup(path && *path ? path : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	f->search = w->search;
	f->overlay = f->namespaces && !no_overlay && has_file_system("overlay");
	if (f->namespaces && !f->overlay)
		limit(w, "no overlay file system: directories are merged entry by entry");
	if (f->proc < 0)
		limit(w, "no proc file system");
	f->home = f->proc < 0 ? -1 : openat(f->proc, "self/ns/mnt", O_RDONLY | O_CLOEXEC);
	w->mountinfo = f->proc < 0 ? -1 : openat(f->proc, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (w->mountinfo >= 0)
		read_mounts(w);
	find_killing(w);
	make_devices(f);
	open_null(f);
	find_ignored(f);
}

struct worker *
worker_open(const struct worker_setup *setup)
{
	struct worker *w = xcalloc(1, sizeof(*w));
	struct node_facts *f = &w->facts;

	f->store = f->proc = f->null = f->real_binroot = f->home = w->mountinfo = -1;
	f->private = setup->private;
	w->binroot = xstrdup(setup->binroot);
	f->binroot = w->binroot;
	(void)getrlimit(RLIMIT_NOFILE, &f->files);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	make_namespace(w, setup);
	find_proc(f);
	protect_from_oom(f);
	if ((setup->runs_jobs && claim_binroot(w) < 0) || open_store(w, setup->budget) < 0) {
		worker_close(w);
		return NULL;
	}
	if (setup->runs_jobs)
		find_facts(w, setup->no_overlay);
	return w;
}

void
worker_close(struct worker *w)
{
	store_close(w->store);
	leave_binroot(w);
	close_one(w->mountinfo);
	close_one(w->facts.proc);
	close_one(w->facts.null);
	close_one(w->facts.home);
	strings_free(&w->facts.mounts);
	buf_free(&w->limits);
	free(w->search);
	free(w->binroot);
	free(w);
}

/* ---- starting ---- */

static int
open_channels(struct proc *p, struct keep *k)
{
	int control[2], out[2], err[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) < 0)
		return -1;
	if (pipe2(out, O_CLOEXEC) < 0)
		goto err1;
	if (pipe2(err, O_CLOEXEC) < 0)
		goto err2;
	(void)fcntl(out[0], F_SETFL, O_NONBLOCK);
	(void)fcntl(err[0], F_SETFL, O_NONBLOCK);
	p->control = control[0];
	p->peer = k->control = control[1];
	p->out = out[0];
	p->err = err[0];
	k->out = out[1];
	k->err = err[1];
	return 0;
err2:
	close(out[0]);
	close(out[1]);
err1:
	close(control[0]);
	close(control[1]);
	return -1;
}

static void
close_channels(struct proc *p)
{
	close_one(p->control);
	close_one(p->peer);
	close_one(p->out);
	close_one(p->err);
}

struct proc *
worker_start(struct worker *w, const struct work *work)
{
	struct keep k = {.facts = &w->facts, .work = work};
	struct proc *p = xcalloc(1, sizeof(*p));

	p->worker = w;
	p->control = p->peer = p->out = p->err = -1;
	(void)snprintf(k.name, sizeof(k.name), "%llx.%llu", (unsigned long long)work->job, (unsigned long long)w->serial++);
	memcpy(p->name, k.name, sizeof(p->name));
	if (open_channels(p, &k) < 0) {
		(void)fail("can't start a job: %s", strerror(errno));
		free(p);
		return NULL;
	}
	refresh_mounts(w);
	p->keeper = fork_with(w->facts.pid_namespaces ? CLONE_NEWPID : 0);
	if (p->keeper == 0)
		keeper_run(&k);
	close(k.out);
	close(k.err);
	if (p->keeper < 0) {
		(void)fail("can't start a job: %s", strerror(errno));
		close_channels(p);
		free(p);
		return NULL;
	}
	if (work->manifest) {
		p->manifest = *work->manifest_digest;
		p->holds_tree = true;
		store_hold_tree(w->store, &p->manifest);
	}
	p->next = w->procs;
	w->procs = p;
	return p;
}

int
proc_output(const struct proc *p, int stream)
{
	return stream == 1 ? p->out : p->err;
}

void
proc_close_output(struct proc *p, int stream)
{
	int *fd = stream == 1 ? &p->out : &p->err;

	close_one(*fd);
	*fd = -1;
}

int
proc_control(const struct proc *p)
{
	return p->control;
}

/* ---- reports ---- */

/* As the keeper would send it: control becomes readable. */
static void
send_gone(const struct proc *p)
{
	static const uint8_t message[] = {PROC_GONE, 0, 0, 0, 0, 0, 0, 0, 0, 0};

	(void)send(p->peer, message, sizeof(message), MSG_NOSIGNAL | MSG_DONTWAIT);
}

static struct proc_report
read_report(const uint8_t *data, size_t len)
{
	struct reader r = reader_over(data, len);
	struct proc_report report = {.event = (enum proc_event)take_u8(&r)};

	report.status = (int)take_u32(&r);
	(void)snprintf(report.text, sizeof(report.text), "%s", take_str(&r));
	if (!reader_done(&r))
		report.event = PROC_NOTHING;
	return report;
}

struct proc_report
proc_next(struct proc *p)
{
	struct proc_report report = {.event = PROC_NOTHING};
	uint8_t data[1024];
	ssize_t n = recv(p->control, data, sizeof(data), MSG_DONTWAIT);

	if (n <= 0)
		return report;
	report = read_report(data, (size_t)n);
	if (report.event == PROC_GONE && !p->over) {
		send_gone(p);
		report = (struct proc_report){.event = PROC_FAILED, .status = 255, .text = "its keeper was killed"};
	}
	if (report.event == PROC_FAILED || report.event == PROC_EXITED)
		p->over = true;
	return report;
}

static int
command(const struct proc *p, int what)
{
	uint8_t byte = (uint8_t)what;

	return send(p->control, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 ? 0 : -1;
}

int
proc_signal(struct proc *p, int sig)
{
	if (sig <= 0 || sig >= KEEPER_KILL || p->keeper == 0) {
		errno = p->keeper ? EINVAL : ESRCH;
		return -1;
	}
	return command(p, sig);
}

/* ---- orphans: what a keeper that was killed leaves becomes the daemon's children ---- */

static bool
is_ours(const struct worker *w, pid_t pid)
{
	const struct proc *p;
	struct stat its, home;
	char path[64];

	for (p = w->procs; p; p = p->next)
		if (pid == p->keeper || pid == p->janitor)
			return true;
	/* The daemon's other children are in its own session, which no job can enter, or at least in its mount namespace. */
	if (getsid(pid) == getsid(0) || !w->facts.namespaces || w->facts.home < 0)
		return getsid(pid) == getsid(0);
	(void)snprintf(path, sizeof(path), "%ld/ns/mnt", (long)pid);
	return fstat(w->facts.home, &home) == 0 && fstatat(w->facts.proc, path, &its, 0) == 0 && its.st_ino == home.st_ino;
}

/* Kills what is there; true when nothing was. */
static bool
kill_orphans(const struct worker *w)
{
	bool none = true;
	ssize_t count, i;
	pid_t *pids;

	count = list_children(w->facts.proc, &pids);
	for (i = 0; i < count; i++)
		if (!is_ours(w, pids[i])) {
			(void)kill(pids[i], SIGKILL);
			none = false;
		}
	free(pids);
	return none;
}

/* All that a keeper may have been making. */
static void
sweep(int store, const char *name)
{
	static const char *const places[] = {"job/", "tree/.new-", "inode/.new-"};
	char path[72];
	size_t i;

	for (i = 0; i < COUNT(places); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", places[i], name);
		(void)remove_tree(store, path);
	}
}

/* What a job has left may be deep and large, so the daemon does not remove it itself. */
static void
start_janitor(struct worker *w, struct proc *p)
{
	p->janitor = fork();
	if (p->janitor == 0) {
		(void)dup3(w->facts.store, STDIN_FILENO, O_CLOEXEC);
		close_from(STDIN_FILENO + 1);
		sweep(STDIN_FILENO, p->name);
		_exit(0);
	}
	if (p->janitor < 0) {
		p->janitor = 0;
		sweep(w->facts.store, p->name);
		p->dirty = false;
		send_gone(p);
	}
}

static void
clean_up(struct worker *w)
{
	struct proc *p;
	bool any = false;

	for (p = w->procs; p; p = p->next)
		any |= p->dirty && !p->janitor;
	if (!any || !kill_orphans(w))
		return;
	for (p = w->procs; p; p = p->next)
		if (p->dirty && !p->janitor)
			start_janitor(w, p);
}

void
worker_reaped(struct worker *w, pid_t pid, int status)
{
	struct proc *p;

	for (p = w->procs; p; p = p->next) {
		if (pid == p->keeper) {
			p->keeper = 0;
			p->dirty = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
			if (!p->dirty)
				send_gone(p);
			break;
		}
		if (pid == p->janitor) {
			p->janitor = 0;
			p->dirty = false;
			send_gone(p);
			break;
		}
	}
	clean_up(w);
}

/* ---- ending ---- */

void
proc_kill(struct proc *p)
{
	if (p->keeper == 0)
		return;
	/* A keeper that can't take any more is killed itself; what it leaves is then ours to kill. One that was stopped goes on. */
	if (command(p, KEEPER_KILL) < 0)
		(void)kill(p->keeper, SIGKILL);
	(void)kill(p->keeper, SIGCONT);
}

void
proc_free(struct worker *w, struct proc *p)
{
	struct proc **at = &w->procs;

	while (*at && *at != p)
		at = &(*at)->next;
	if (*at)
		*at = p->next;
	if (p->holds_tree)
		store_drop_tree(w->store, &p->manifest);
	close_channels(p);
	free(p);
}

static bool
any_left(const struct worker *w)
{
	const struct proc *p;

	for (p = w->procs; p; p = p->next)
		if (p->keeper || p->dirty)
			return true;
	return false;
}

/* Until a child has ended, or the time is over. */
static void
wait_for_child(const struct worker *w, int timeout)
{
	struct pollfd fds[64];
	const struct proc *p;
	nfds_t count = 0;

	for (p = w->procs; p && count < COUNT(fds); p = p->next) {
		pid_t pid = p->keeper ? p->keeper : p->janitor;
		int fd = pid ? pidfd_of(pid) : -1;

		if (fd >= 0)
			fds[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
	}
	/* Only orphans are left: they are dying, and no descriptor tells when. */
	(void)poll(fds, count, count > 0 ? timeout : 1);
	while (count > 0)
		close(fds[--count].fd);
}

void
worker_end(struct worker *w, unsigned wait_ms)
{
	uint64_t end = now_ms() + wait_ms, now;
	struct proc *p;
	int status;
	pid_t pid;

	for (p = w->procs; p; p = p->next)
		proc_kill(p);
	while (any_left(w) && (now = now_ms()) < end) {
		pid = waitpid(-1, &status, WNOHANG);
		if (pid > 0)
			worker_reaped(w, pid, status);
		else
			wait_for_child(w, (int)(end - now));
	}
}
