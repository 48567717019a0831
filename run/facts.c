/* What this node can do, found out once; and the namespaces and the directory that the daemon needs for it.
 * Must never know of jobs. */
#include "run/facts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/securebits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"
#include "run/inherit.h"

#define MADE_BY_US (S_ISVTX | 0755) /* the sticky bit on a directory that only we write to says who made it */

static char error_text[512];
#define fail(...) latch_error(error_text, sizeof(error_text), __VA_ARGS__)

const char *
facts_error(void)
{
	return error_text;
}

void
facts_limit(struct node_facts *f, const char *text)
{
	if (f->limits.len > 0) {
		f->limits.data[f->limits.len - 1] = ';';
		put_u8(&f->limits, ' ');
	}
	put_bytes(&f->limits, text, strlen(text) + 1);
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

static int
map_ids(uid_t uid, gid_t gid)
{
	char map[64];

	if (write_text("/proc/self/setgroups", "deny") < 0 && errno != ENOENT)
		return -1;
	(void)snprintf(map, sizeof(map), "%u %u 1", uid, uid);
	if (write_text("/proc/self/uid_map", map) < 0)
		return -1;
	(void)snprintf(map, sizeof(map), "%u %u 1", gid, gid);
	return write_text("/proc/self/gid_map", map);
}

/* Without root: a user namespace in which one may mount, and is who one was. The files in /proc of a process that can't be dumped
 * belong to root. */
static int
unshare_user(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int dumpable = prctl(PR_GET_DUMPABLE), bad;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return -1;
	(void)prctl(PR_SET_DUMPABLE, 1);
	bad = map_ids(uid, gid);
	(void)prctl(PR_SET_DUMPABLE, dumpable);
	return bad;
}

/* In a plain chroot "/" is no mount whose propagation could be changed. Joining one's own namespace leads out to its real root, and
 * a clone mounted over the old root makes that one a mount. */
static int
slave_chroot(void)
{
	int here = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), clone = -1, bad = -1;
	int self = pidfd_of(getpid()); /* as good as /proc/self/ns/mnt, and there may be no /proc */

	if (here >= 0 && self >= 0 && setns(self, CLONE_NEWNS) == 0) {
		bad = mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL);
		if (fchdir(here) == 0 && !bad)
			clone = mount_clone(AT_FDCWD, ".", true);
		if (clone >= 0)
			bad = mount_attach(clone, AT_FDCWD, ".") < 0 || fchdir(clone) < 0;
		if (chroot(".") < 0)
			die(255, "can't go back to the root directory: %s", strerror(errno));
	}
	bad = bad || clone < 0 ? -1 : 0;
	close_fd(&clone);
	close_fd(&self);
	close_fd(&here);
	return bad;
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
kernel_is_old(struct node_facts *f)
{
	struct utsname name;
	char *text;

	if (mount_set(-1, 0, 0) == 0 || errno != ENOSYS || uname(&name) < 0)
		return false;
	text = xasprintf("Linux %s is older than 5.12 and has no mount_setattr: no view, files go into binRoot itself", name.release);
	facts_limit(f, text);
	free(text);
	return true;
}

/* A container's rules may allow the namespace and refuse what a view is made of. A call that is allowed finds the descriptor wrong.
 * NULL when all are. */
static const char *
refused_call(void)
{
	if (mount_clone(-1, ".", false) < 0 && errno != EBADF)
		return "open_tree";
	if (mount_attach(-1, AT_FDCWD, "/") < 0 && errno != EBADF)
		return "move_mount";
	return mount_set(-1, 0, 0) < 0 && errno != EBADF ? "mount_setattr" : NULL;
}

static void
make_namespace(struct node_facts *f, const struct node_setup *setup)
{
	const char *refused = NULL;
	int bad = -1;

	f->uid = geteuid();
	f->is_root = f->uid == 0;
	/* A master without root needs none: in a user namespace it could not tell its clients apart. */
	if (kernel_is_old(f) || (!f->is_root && !setup->runs_jobs))
		return;
	errno = ENOSYS;
	if (!setup->no_namespaces)
		bad = f->is_root ? unshare(CLONE_NEWNS) : unshare_user();
	f->namespaces = !bad && slave_mounts() == 0 && !(refused = refused_call());
	if (!f->namespaces && setup->runs_jobs) {
		char *text = xasprintf("no mount namespace (%s%s%s): no view, files go into binRoot itself and stay",
			refused ? refused : "", refused ? ": " : "", namespace_error());

		facts_limit(f, text);
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
	close_fd(&f->proc);
	f->proc = f->namespaces ? mount_new("proc", ATTR_NOSUID | ATTR_NODEV) : -1;
}

static void
find_killing(struct node_facts *f)
{
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
		facts_limit(f, "neither lists of children nor pid namespaces: processes that leave their group may outlive a kill");
}

/* null, zero and their like for jobs on a node whose /dev is empty. */
static void
make_devices(struct node_facts *f)
{
	static const struct {
		const char *name;
		unsigned major_number, minor_number;
	} devices[] = {{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}};
	static const char *const links[][2] = {{"fd", "/proc/self/fd"}, {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"},
		{"stderr", "/proc/self/fd/2"}, {"ptmx", "pts/ptmx"}};
	int dir;
	size_t i;

	if (!f->is_root || access("/dev/null", F_OK) == 0 || mkdirat(f->store, "dev", 0755) < 0)
		return;
	dir = openat(f->store, "dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	f->devices = dir >= 0 && fchmod(dir, 0755) == 0;
	for (i = 0; f->devices && i < COUNT(devices); i++)
		f->devices = mknodat(dir, devices[i].name, S_IFCHR, makedev(devices[i].major_number, devices[i].minor_number)) == 0 &&
			     fchmodat(dir, devices[i].name, 0666, 0) == 0;
	(void)(f->devices && mkdirat(dir, "pts", 0755)); /* what is mounted there: see run/pty.h */
	for (i = 0; f->devices && i < COUNT(links); i++)
		(void)symlinkat(links[i][1], dir, links[i][0]);
	close_fd(&dir);
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
	int sig;

	for (sig = 1; sig < NSIG; sig++)
		if (sig != SIGPIPE && sig != SIGXFSZ && signal_is_ignored(sig))
			f->ignored |= (uint64_t)1 << (sig - 1);
}

static void
find_limits(struct node_facts *f)
{
	struct rlimit limit;
	unsigned i;

	for (i = 0; i < LIMITS; i++) {
		int resource = limit_resource(i);

		if (resource < 0 || getrlimit(resource, &limit) < 0)
			continue;
		f->soft_limits[i] = limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
	}
}

static void
protect_from_oom(struct node_facts *f)
{
	int fd = f->is_root ? openat(f->proc, "self/oom_score_adj", O_WRONLY | O_CLOEXEC) : -1;

	if (fd < 0)
		return;
	(void)!write(fd, "-1000", 5);
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
read_mounts(struct node_facts *f)
{
	char *text = NULL, *line, *rest, *path;
	struct buf all = {0};
	ssize_t n;

	strings_free(&f->mounts);
	if (lseek(f->mountinfo, 0, SEEK_SET) < 0)
		return;
	while ((n = read_full(f->mountinfo, buf_grow(&all, 16384), 16384)) > 0)
		all.len += (size_t)n;
	put_u8(&all, 0);
	text = (char *)all.data;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		path = mount_point(line);
		/* A mount on a top-level directory goes along with it. */
		if (path && path[0] == '/' && strchr(path + 1, '/'))
			strings_take(&f->mounts, path);
		else
			free(path);
	}
	f->has_proc = faccessat(AT_FDCWD, "/proc/self/stat", F_OK, 0) == 0;
	buf_free(&all);
}

/* ---- binRoot ---- */

/* A user who owns the directory, or may write to it, could lead what is mounted or written there elsewhere. What jobs see at binRoot is
 * mounted over it, but what stays there is not. */
static int
check_owner(const char *path, const struct stat *st, bool stays)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return fail("binRoot %s belongs to user %u: remove it, or choose another by -binRoot", path, st->st_uid);
	if (stays && geteuid() == 0 && st->st_mode & (S_IWGRP | S_IWOTH))
		return fail("others than root may change what lies in binRoot %s (mode %04o): chmod go-w it, or choose another by -binRoot",
			path, st->st_mode & 07777u);
	return 0;
}

/* The directory, made when it is not there, and locked as used: the daemon that ends last removes it. Removing a directory that is a mount
 * point in another namespace would take that mount away. -1 with facts_error(), or *again when it went away under our hands. */
static int
open_claimed(const char *path, bool stays, bool *again)
{
	struct stat by_name = {0}, by_fd = {0};
	bool made = mkdir(path, 0755) == 0, there = made || errno == EEXIST;
	int fd = there ? open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;

	*again = there && fd < 0 && errno == ENOENT;
	if (fd < 0)
		return fail("can't make binRoot %s: %s", path,
			errno == ELOOP || errno == ENOTDIR ? "it is no directory, or a link" : strerror(errno));
	if (flock(fd, LOCK_SH) < 0 || fstat(fd, &by_fd) < 0 || check_owner(path, &by_fd, stays) < 0) {
		close(fd);
		return -1;
	}
	*again = stat(path, &by_name) < 0 || by_fd.st_ino != by_name.st_ino || by_fd.st_dev != by_name.st_dev;
	if (made && !*again)
		(void)fchmod(fd, MADE_BY_US);
	return fd;
}

static bool
is_among(const char *name, const char *const *names, size_t count)
{
	while (count > 0 && strcmp(name, names[count - 1]) != 0)
		count--;
	return count > 0;
}

bool
facts_holds_programs(const char *name)
{
	static const char *const places[] = {"bin", "sbin", "lib", "lib32", "lib64", "libx32", "libexec", "usr", "opt"};

	return is_among(name, places, COUNT(places));
}

/* Directories of the root, beside those of programs, in which programs trust what they find. */
static bool
is_system(const char *name)
{
	static const char *const places[] = {"etc", "proc", "sys", "dev"};

	return is_among(name, places, COUNT(places));
}

static bool
lies_in(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return strncmp(path, dir, len) == 0 && (path[len] == '\0' || path[len] == '/' || len == 1);
}

/* What is at binRoot is a job's user's own, or with -p=false anybody's who may launch: programs must not look there for what root
 * has put there. Links of the node's root are followed, so that a /lib that leads elsewhere counts as well. */
static char *
find_trusted_place(const struct node_facts *f)
{
	DIR *d = opendir("/");
	struct dirent *entry;
	char *why = NULL;

	while (d && !why && (entry = readdir(d))) {
		char *path = xasprintf("/%s", entry->d_name), *real = NULL;

		if (facts_holds_programs(entry->d_name) || is_system(entry->d_name))
			real = realpath(path, NULL);
		if (real && (lies_in(f->binroot_path, real) || lies_in(f->binroot_path, path)))
			why = xasprintf("lies in %s, where programs look for what root has put there", path);
		else if (real && lies_in(real, f->binroot_path))
			why = xasprintf("holds %s, where programs look for what root has put there", path);
		free(real);
		free(path);
	}
	if (d)
		(void)closedir(d);
	return why;
}

/* Root's mounts and files go there by name: nobody else may lead that name elsewhere. */
static char *
find_other_owner(const struct node_facts *f)
{
	char *path = xstrdup(f->binroot_path), *slash, *why = NULL;

	while (!why && (slash = strrchr(path, '/'))) {
		struct stat st;

		slash[slash == path] = '\0';
		if (lstat(path, &st) < 0 || st.st_uid != 0)
			why = xasprintf("lies below %s, which is not root's", path);
		else if ((st.st_mode & 022) && !(st.st_mode & S_ISVTX))
			why = xasprintf("lies below %s, in which others than root may rename what is there", path);
		if (slash == path)
			break;
	}
	free(path);
	return why;
}

static void
judge_binroot(struct node_facts *f)
{
	free(f->binroot_path);
	free(f->unfit);
	f->binroot_path = realpath(f->binroot, NULL);
	if (!f->binroot_path)
		f->binroot_path = xstrdup(f->binroot);
	f->unfit = find_trusted_place(f);
	if (!f->unfit && f->is_root)
		f->unfit = find_other_owner(f);
}

static int
claim(const char *path, bool stays, int *fd)
{
	bool again = true;

	if (make_parents(path, 0755))
		return fail("can't make binRoot %s: %s", path, strerror(errno));
	while (again) {
		close_fd(fd);
		*fd = open_claimed(path, stays, &again);
	}
	return *fd < 0 ? -1 : 0;
}

static int
claim_binroot(struct node_facts *f)
{
	if (f->binroot[0] != '/')
		return fail("binRoot %s must be an absolute path", f->binroot);
	if (claim(f->binroot, !f->private || !f->namespaces, &f->real_binroot) < 0)
		return -1;
	judge_binroot(f);
	return f->homes_path ? claim(f->homes_path, true, &f->homes) : 0;
}

static void
leave_claimed(const char *path, int *fd)
{
	struct stat st;

	if (*fd < 0)
		return;
	if (flock(*fd, LOCK_EX | LOCK_NB) == 0 && fstat(*fd, &st) == 0 && (st.st_mode & 07777) == MADE_BY_US)
		(void)rmdir(path);
	close(*fd);
	*fd = -1;
}

static bool
has_gone(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && st.st_nlink == 0;
}

/* To the number that keepers have it at, if that is free. */
static void
move_to(int *fd, int number)
{
	int moved = *fd < 0 || *fd == number ? -1 : fcntl(*fd, F_DUPFD_CLOEXEC, number);

	if (moved < 0)
		return;
	close(*fd);
	*fd = moved;
}

static void
settle(struct node_facts *f)
{
	move_to(&f->store, FACTS_STORE);
	move_to(&f->proc, FACTS_PROC);
	move_to(&f->real_binroot, FACTS_BINROOT);
	move_to(&f->home, FACTS_HOME);
	move_to(&f->homes, FACTS_HOMES);
}

/* A program that clears /tmp of old files takes an empty binRoot too. */
static void
restore_binroot(struct node_facts *f)
{
	if (!has_gone(f->real_binroot) && !has_gone(f->homes))
		return;
	(void)claim_binroot(f);
	settle(f);
}

/* ---- all of it ---- */

/* Reads the table of mounts again only when the kernel says that it has changed. */
void
facts_refresh(struct node_facts *f)
{
	struct pollfd fd = {.fd = f->mountinfo, .events = POLLPRI};

	restore_binroot(f);
	if (f->mountinfo >= 0 && poll(&fd, 1, 0) > 0 && (fd.revents & (POLLPRI | POLLERR)))
		read_mounts(f);
}

/* The process that started the daemon may have told the kernel to leave capabilities alone when a process becomes another user: then each
 * job would keep root's until its exec, and a view made with a user's rights would be made with root's. */
static int
let_ids_count(void)
{
	int bits = prctl(PR_GET_SECUREBITS);

	if (bits < 0 || !(bits & SECBIT_NO_SETUID_FIXUP) || prctl(PR_SET_SECUREBITS, bits & ~SECBIT_NO_SETUID_FIXUP) == 0)
		return 0;
	return fail("started with SECBIT_NO_SETUID_FIXUP locked: its jobs would keep root's capabilities; start it without");
}

int
facts_begin(struct node_facts *f, const struct node_setup *setup)
{
	*f = (struct node_facts){.store = -1, .proc = -1, .null = -1, .real_binroot = -1, .homes = -1, .home = -1, .mountinfo = -1};
	f->private = setup->private;
	f->binroot = xstrdup(setup->binroot);
	if (let_ids_count() < 0)
		return -1;
	make_namespace(f, setup);
	if (f->is_root && f->namespaces && !f->private)
		f->homes_path = xasprintf("%s.users", f->binroot);
	find_proc(f);
	protect_from_oom(f);
	return setup->runs_jobs ? claim_binroot(f) : 0;
}

void
facts_finish(struct node_facts *f, const struct node_setup *setup, int store)
{
	const char *path = getenv("PATH");

	f->store = fcntl(store, F_DUPFD_CLOEXEC, 0);
	if (!setup->runs_jobs)
		return;
	if (f->is_root && f->unfit) {
		char *text = xasprintf("binRoot %s %s: only root's jobs run here", f->binroot, f->unfit);

		facts_limit(f, text);
		free(text);
	}
	f->search = xstrdup(path && *path ? path : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	f->overlay = f->namespaces && !setup->no_overlay && has_file_system("overlay");
	if (f->namespaces && !f->overlay)
		facts_limit(f, "no overlay file system: directories are merged entry by entry, large files of -f are copied");
	if (f->overlay && f->private && (f->lower = lower_probe(store, f->is_root)) == LOWER_NONE)
		facts_limit(f, "no overlay over the store: large files of -f are copied");
	if (f->proc < 0)
		facts_limit(f, "no proc file system: ps has no figures of jobs there");
	f->home = f->proc < 0 ? -1 : openat(f->proc, "self/ns/mnt", O_RDONLY | O_CLOEXEC);
	f->mountinfo = f->proc < 0 ? -1 : openat(f->proc, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (f->mountinfo >= 0)
		read_mounts(f);
	find_killing(f);
	make_devices(f);
	open_null(f);
	find_ignored(f);
	find_limits(f);
	f->login = inherit_settle(f->proc);
	(void)know_self();
	settle(f);
}

void
facts_close(struct node_facts *f)
{
	close_fd(&f->store);
	leave_claimed(f->binroot, &f->real_binroot);
	leave_claimed(f->homes_path, &f->homes);
	close_fd(&f->mountinfo);
	close_fd(&f->proc);
	close_fd(&f->null);
	close_fd(&f->home);
	strings_free(&f->mounts);
	buf_free(&f->limits);
	free(f->search);
	free(f->unfit);
	free(f->binroot_path);
	free(f->homes_path);
	free(f->binroot);
}
