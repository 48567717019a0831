/* Kernel calls that libc has no name for.
 * Must never know what they are for. */
#include "base/sys.h"
#include "base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/stat.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 16u
#endif
/* These numbers are the same on every architecture that has the calls (asm-generic/unistd.h). */
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_open_tree
#define SYS_open_tree 428
#define SYS_move_mount 429
#define SYS_fsopen 430
#define SYS_fsconfig 431
#define SYS_fsmount 432
#define SYS_fspick 433
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x4000u
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

/* On some machines the call of the plain name takes 16-bit ids. */
#ifdef SYS_setgroups32
#define CALL_SETGROUPS SYS_setgroups32
#define CALL_SETRESGID SYS_setresgid32
#define CALL_SETRESUID SYS_setresuid32
#define CALL_SETFSUID SYS_setfsuid32
#define CALL_SETFSGID SYS_setfsgid32
#else
#define CALL_SETGROUPS SYS_setgroups
#define CALL_SETRESGID SYS_setresgid
#define CALL_SETRESUID SYS_setresuid
#define CALL_SETFSUID SYS_setfsuid
#define CALL_SETFSGID SYS_setfsgid
#endif

/* From linux/mount.h and linux/openat2.h, which not every compiler finds. */
enum {
	TREE_CLONE = 1,		  /* OPEN_TREE_CLONE */
	TREE_RECURSIVE = 0x8000,  /* AT_RECURSIVE */
	FS_CLOEXEC = 1,		  /* FSOPEN_CLOEXEC, FSMOUNT_CLOEXEC */
	FS_FLAG = 0,		  /* FSCONFIG_SET_FLAG */
	FS_STRING = 1,		  /* FSCONFIG_SET_STRING */
	FS_CREATE = 6,		  /* FSCONFIG_CMD_CREATE */
	FS_RECONFIGURE = 7,	  /* FSCONFIG_CMD_RECONFIGURE */
	PICK_CLOEXEC = 1,	  /* FSPICK_CLOEXEC */
	PICK_EMPTY_PATH = 8,	  /* FSPICK_EMPTY_PATH */
	MOVE_FROM_DESCRIPTOR = 4, /* MOVE_MOUNT_F_EMPTY_PATH */
	MOVE_TO_DESCRIPTOR = 64,  /* MOVE_MOUNT_T_EMPTY_PATH */
	NO_XDEV = 1,		  /* RESOLVE_ */
	NO_MAGICLINKS = 2,
	NO_SYMLINKS = 4,
	BENEATH = 8,
};
struct mount_attributes {
	uint64_t set, clear, propagation, userns_fd;
};
struct how_to_open {
	uint64_t flags, mode, resolve;
};

int
mount_clone(int dir, const char *path, bool recursive)
{
	unsigned flags = TREE_CLONE | O_CLOEXEC | AT_SYMLINK_NOFOLLOW | (recursive ? (unsigned)TREE_RECURSIVE : 0) |
			 (*path ? 0 : (unsigned)AT_EMPTY_PATH);

	return (int)syscall(SYS_open_tree, dir, path, flags);
}

int
mount_open(int dir, const char *path)
{
	return (int)syscall(SYS_open_tree, dir, path, O_CLOEXEC);
}

int
mount_attach(int mount, int dir, const char *path)
{
	return (int)syscall(SYS_move_mount, mount, "", dir, path, MOVE_FROM_DESCRIPTOR | (*path ? 0 : MOVE_TO_DESCRIPTOR));
}

int
mount_set(int mount, uint64_t set, uint64_t clear)
{
	struct mount_attributes attributes = {.set = set, .clear = clear};

	return (int)syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH, &attributes, sizeof(attributes));
}

static int
set_number(int fs, const char *option, uint64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	return (int)syscall(SYS_fsconfig, fs, FS_STRING, option, text, 0);
}

/* Makes the mount of a file system whose options are set. */
static int
mount_made(int fs, unsigned attributes)
{
	if (syscall(SYS_fsconfig, fs, FS_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return (int)syscall(SYS_fsmount, fs, FS_CLOEXEC, attributes);
}

int
mount_set_all(const char *path, uint64_t set)
{
	struct mount_attributes attributes = {.set = set};

	return (int)syscall(SYS_mount_setattr, AT_FDCWD, path, TREE_RECURSIVE, &attributes, sizeof(attributes));
}

int
mount_with(const char *type, unsigned attributes, const char *const *options)
{
	int fs = (int)syscall(SYS_fsopen, type, FS_CLOEXEC), mount = -1;
	bool bad = fs < 0;

	for (; !bad && *options; options += 2)
		bad = syscall(SYS_fsconfig, fs, *options[1] ? FS_STRING : FS_FLAG, options[0], *options[1] ? options[1] : NULL, 0) < 0;
	if (!bad)
		mount = mount_made(fs, attributes);
	close_fd(&fs);
	return mount;
}

int
mount_new(const char *type, unsigned attributes)
{
	return mount_with(type, attributes, (const char *const[]){NULL});
}

static int
set_tmpfs(int fs, uint64_t size, uint64_t inodes)
{
	return set_number(fs, "size", size) < 0 ? -1 : set_number(fs, "nr_inodes", inodes);
}

int
mount_tmpfs(uint64_t size, uint64_t inodes, unsigned attributes)
{
	int fs = (int)syscall(SYS_fsopen, "tmpfs", FS_CLOEXEC), mount = -1;

	if (fs >= 0 && set_tmpfs(fs, size, inodes) == 0 && syscall(SYS_fsconfig, fs, FS_STRING, "mode", "0700", 0) == 0)
		mount = mount_made(fs, attributes);
	close_fd(&fs);
	return mount;
}

int
resize_tmpfs(int mount, uint64_t size, uint64_t inodes)
{
	int fs = (int)syscall(SYS_fspick, mount, "", PICK_CLOEXEC | PICK_EMPTY_PATH), bad = -1;

	if (fs >= 0 && set_tmpfs(fs, size, inodes) == 0)
		bad = (int)syscall(SYS_fsconfig, fs, FS_RECONFIGURE, NULL, NULL, 0);
	close_fd(&fs);
	return bad;
}

int
unmount(int mount, unsigned count)
{
	int cwd = open(".", O_PATH | O_CLOEXEC), bad = -1;

	if (cwd < 0)
		return -1;
	if (fchdir(mount) == 0) {
		for (bad = 0; count > 0 && !bad; count--)
			bad = umount2(".", MNT_DETACH);
		(void)!fchdir(cwd);
	}
	close_fd(&cwd);
	return bad;
}

bool
has_file_system(const char *type)
{
	int fs = (int)syscall(SYS_fsopen, type, FS_CLOEXEC);

	if (fs < 0)
		return false;
	close(fs);
	return true;
}

int
open_below(int dir, const char *path, int flags, mode_t mode)
{
	struct how_to_open how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = BENEATH | NO_SYMLINKS | NO_MAGICLINKS | NO_XDEV,
	};

	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

int
open_unled(int dir, const char *path, int flags)
{
	struct how_to_open how = {.flags = (uint64_t)(flags | O_CLOEXEC), .resolve = BENEATH | NO_SYMLINKS | NO_MAGICLINKS};

	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

DIR *
list_dir(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d)
		close_fd(&fd);
	return d;
}

uint64_t
mount_number(int fd)
{
	struct statx x = {.stx_mask = 0};

	if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_MNT_ID_UNIQUE, &x) < 0 || !(x.stx_mask & STATX_MNT_ID_UNIQUE))
		return 0;
	return x.stx_mnt_id;
}

int
rename_new(int dir, const char *from, const char *to)
{
	return (int)syscall(SYS_renameat2, dir, from, dir, to, 1 /* RENAME_NOREPLACE */);
}

void
close_range_of(unsigned first, unsigned last)
{
	unsigned fd, limit;

	if (first > last || syscall(SYS_close_range, first, last, 0) == 0)
		return;
	limit = (unsigned)sysconf(_SC_OPEN_MAX);
	for (fd = first; fd < limit && fd <= last; fd++)
		close((int)fd);
}

void
close_from(unsigned first)
{
	close_range_of(first, ~0u);
}

int
pidfd_of(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

int
exec_file(int fd, char *const *words, char *const *environment)
{
	long result = syscall(SYS_execveat, fd, "", words, environment, AT_EMPTY_PATH);
	char path[32];

	if (result < 0 && errno == ENOSYS) {
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		result = execve(path, words, environment);
	}
	return (int)result;
}

int
exec_open(int fd)
{
	char path[32], *words[] = {path, NULL};

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return exec_file(fd, words, words + 1);
}

int
memory_file(const void *bytes, size_t len)
{
	int fd = memfd_create("gproc", MFD_CLOEXEC | MFD_EXEC);

	if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
		fd = memfd_create("gproc", MFD_CLOEXEC);
	if (fd >= 0 && write_full(fd, bytes, len) == 0)
		return fd;
	close_fd(&fd);
	return -1;
}

pid_t
fork_with(unsigned long namespaces)
{
	unsigned long flags = namespaces | SIGCHLD;

#ifdef __s390__
	return (pid_t)syscall(SYS_clone, 0, flags, 0, 0, 0);
#else
	return (pid_t)syscall(SYS_clone, flags, 0, 0, 0, 0);
#endif
}

const char *
namespace_error(void)
{
	return errno == ENOSPC ? "the limits in /proc/sys/user allow no more of them" : strerror(errno);
}

int
limit_resource(unsigned number)
{
	static const int resource[] = {RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_CORE, RLIMIT_RSS, RLIMIT_NPROC,
		RLIMIT_NOFILE, RLIMIT_MEMLOCK, RLIMIT_AS, RLIMIT_LOCKS, RLIMIT_SIGPENDING, RLIMIT_MSGQUEUE, RLIMIT_NICE, RLIMIT_RTPRIO,
		RLIMIT_RTTIME};

	return number < COUNT(resource) ? resource[number] : -1;
}

int
become_user(uid_t uid, gid_t gid, const uint32_t *groups, size_t count, bool with_groups)
{
	if (uid == (uid_t)-1 || gid == (gid_t)-1) {
		errno = EINVAL;
		return -1;
	}
	if (with_groups && syscall(CALL_SETGROUPS, count, groups) < 0)
		return -1;
	if (syscall(CALL_SETRESGID, gid, gid, gid) < 0)
		return -1;
	return (int)syscall(CALL_SETRESUID, uid, uid, uid);
}

int
set_groups(const uint32_t *groups, size_t count)
{
	return (int)syscall(CALL_SETGROUPS, count, groups);
}

static void
set_file_ids(uid_t uid, gid_t gid)
{
	(void)syscall(CALL_SETFSGID, gid);
	(void)syscall(CALL_SETFSUID, uid);
}

/* The kernel tells of neither call whether it did anything: asked for -1 it says how things are. */
static int
check_file_ids(uid_t uid, gid_t gid)
{
	if ((gid_t)syscall(CALL_SETFSGID, -1) == gid && (uid_t)syscall(CALL_SETFSUID, -1) == uid)
		return 0;
	errno = EPERM;
	return -1;
}

/* What this process is when it acts as itself; children that don't change it know it, too. */
static struct {
	bool known;
	uid_t uid;
	gid_t gid;
	struct __user_cap_data_struct capabilities[2];
} own;

int
know_self(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

	own.known = syscall(SYS_capget, &header, own.capabilities) == 0;
	own.uid = geteuid();
	own.gid = getegid();
	return own.known ? 0 : -1;
}

bool
self_is_root(void)
{
	return (own.known ? own.uid : geteuid()) == 0;
}

/* Makes these of the permitted capabilities effective, and no others. Where fewer are permitted than were, it fails. */
static int
use_capabilities(uint64_t which)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	int i;

	for (i = 0; i < 2; i++) {
		data[i] = own.capabilities[i];
		data[i].effective = data[i].permitted & (uint32_t)(which >> 32 * i);
	}
	return (int)syscall(SYS_capset, &header, data);
}

int
act_as(uid_t uid, gid_t gid)
{
	if (!own.known && know_self() < 0)
		return -1;
	set_file_ids(uid, gid);
	return check_file_ids(uid, gid) < 0 ? -1 : use_capabilities((uint64_t)1 << CAP_SYS_ADMIN);
}

int
act_as_self(void)
{
	if (!own.known && know_self() < 0)
		return -1;
	if (use_capabilities(~(uint64_t)0) < 0)
		return -1;
	set_file_ids(own.uid, own.gid); /* should that not work, nothing is done with more rights */
	return 0;
}

ssize_t
children_of(int task, pid_t **out)
{
	int fd = openat(task, "children", O_RDONLY | O_CLOEXEC);
	size_t room = 4096, len = 0, count = 0;
	char *text, *at, *end;
	ssize_t n;

	*out = NULL;
	if (fd < 0)
		return -1;
	text = xmalloc(room + 1);
	while ((n = read_full(fd, text + len, room - len)) > 0) {
		len += (size_t)n;
		if (len == room)
			text = xrealloc(text, (room *= 2) + 1, 1);
	}
	close(fd);
	text[len] = '\0';
	*out = xcalloc(len / 2 + 1, sizeof(**out));
	for (at = text; strtol(at, &end, 10) > 0; at = end)
		(*out)[count++] = (pid_t)strtol(at, NULL, 10);
	free(text);
	return n < 0 ? -1 : (ssize_t)count;
}

ssize_t
list_children(int proc, pid_t **out)
{
	int task = openat(proc, "thread-self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ssize_t count;

	*out = NULL;
	if (task < 0)
		return -1;
	count = children_of(task, out);
	close(task);
	return count;
}

int
process_signal(int process, int sig)
{
	return (int)syscall(SYS_pidfd_send_signal, process, sig, NULL, 0);
}

/* The kernel's struct sigaction: the handler first, then flags, restorer and mask, which are all zero here. */
struct kernel_action {
	void (*handler)(int);
	unsigned long rest[7];
};
#define KERNEL_SIGSET 8 /* bytes of the kernel's signal set, for 64 signals */

int
signal_usual(int sig)
{
	struct kernel_action usual = {.handler = SIG_DFL};

	return (int)syscall(SYS_rt_sigaction, sig, &usual, NULL, KERNEL_SIGSET);
}

bool
signal_is_ignored(int sig)
{
	struct kernel_action now = {.handler = SIG_DFL};

	return syscall(SYS_rt_sigaction, sig, NULL, &now, KERNEL_SIGSET) == 0 && now.handler == SIG_IGN;
}
