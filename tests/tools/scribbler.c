/* Usage: scribbler FILE: tries by every way there is to write into the bytes that others are shown as this file, which is the user's own and
 * may be written: each way gets a line, with what came of it. The ways that make the file a copy come last. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char *path;
static const char mark[] = "scribbled";

static void
tell(const char *way, long result)
{
	printf("%s: %s\n", way, result < 0 ? strerror(errno) : "went");
	fflush(stdout);
}

static int
open_file(int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0) {
		perror(path);
		exit(1);
	}
	return fd;
}

static char *
map(int flags)
{
	int fd = open_file(O_RDONLY);
	char *at = mmap(NULL, 4096, PROT_READ, flags, fd, 0);

	close(fd);
	return at;
}

/* What is mapped to be read alone. */
static void
by_memory(int flags, const char *name)
{
	char *at = map(flags), way[64], memory[64];
	struct iovec ours = {(void *)(uintptr_t)mark, sizeof(mark)}, theirs = {at, sizeof(mark)};
	int fd;

	snprintf(way, sizeof(way), "mprotect, %s", name);
	if (mprotect(at, 4096, PROT_READ | PROT_WRITE) == 0 && flags == MAP_PRIVATE)
		memcpy(at, mark, sizeof(mark)), tell(way, 0);
	else
		tell(way, -1);
	at = theirs.iov_base = map(flags);
	fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	snprintf(way, sizeof(way), "/proc/self/mem, %s", name);
	tell(way, pwrite(fd, mark, sizeof(mark), (off_t)(uintptr_t)at));
	close(fd);
	snprintf(way, sizeof(way), "process_vm_writev, %s", name);
	tell(way, process_vm_writev(getpid(), &ours, 1, &theirs, 1, 0));
	snprintf(memory, sizeof(memory), "/proc/self/map_files/%lx-%lx", (unsigned long)at, (unsigned long)at + 4096);
	fd = open(memory, O_RDWR | O_CLOEXEC);
	snprintf(way, sizeof(way), "/proc/self/map_files, %s", name);
	tell(way, fd < 0 ? -1 : pwrite(fd, mark, sizeof(mark), 0));
}

static void
by_tracing(void)
{
	char *at = map(MAP_SHARED);
	pid_t pid = fork();
	int status;
	long result;

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	result = ptrace(PTRACE_POKEDATA, pid, at, 0x41414141);
	tell("ptrace", result);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

/* A descriptor that was opened to read, or for its path alone, opened anew. */
static void
by_descriptor(int flags, const char *way)
{
	char link[64];
	int first = open_file(flags), fd;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", first);
	fd = open(link, O_RDWR | O_CLOEXEC);
	tell(way, fd < 0 ? -1 : pwrite(fd, mark, sizeof(mark), 0));
}

static void
by_handle(void)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} h = {.handle = {.handle_bytes = MAX_HANDLE_SZ}};
	int mount, fd = -1, bad = name_to_handle_at(AT_FDCWD, path, &h.handle, &mount, 0), dir = open("/tmp/xproc", O_RDONLY | O_CLOEXEC);

	if (!bad)
		fd = open_by_handle_at(dir, &h.handle, O_RDWR);
	tell("open_by_handle_at", bad || fd < 0 ? -1 : pwrite(fd, mark, sizeof(mark), 0));
}

static void
by_attributes(void)
{
	static const char *const names[] = {"trusted.overlay.redirect", "trusted.overlay.metacopy", "trusted.overlay.origin",
		"user.overlay.redirect", "user.overlay.metacopy", "user.overlay.origin", "security.capability"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		tell(names[i], setxattr(path, names[i], "/", 1, 0));
	tell("chown to root", chown(path, 0, 0));
	tell("set-id bits", chmod(path, 06777));
}

static int
write_text(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC), bad = write(fd, text, strlen(text)) < 0;

	close(fd);
	return bad ? -1 : 0;
}

/* A user namespace of its own, with all capabilities there. */
static int
become_its_root(void)
{
	char uids[32], gids[32];

	snprintf(uids, sizeof(uids), "0 %u 1", (unsigned)geteuid());
	snprintf(gids, sizeof(gids), "0 %u 1", (unsigned)getegid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 || write_text("/proc/self/uid_map", uids) < 0)
		return -1;
	return write_text("/proc/self/setgroups", "deny") < 0 ? -1 : write_text("/proc/self/gid_map", gids);
}

static void
by_mounting(void)
{
	char options[512];
	int fd, bad = become_its_root();

	tell("a user namespace", bad);
	if (bad)
		return;
	tell("umount of binRoot", umount2("/tmp/xproc", MNT_DETACH));
	tell("remount", mount(NULL, "/tmp/xproc", NULL, MS_REMOUNT, "metacopy=off"));
	tell("moving it away", mount("/tmp/xproc", "/mnt", NULL, MS_MOVE, NULL));
	if (mount("none", "/mnt", "tmpfs", 0, NULL) < 0 || mkdir("/mnt/u", 0700) < 0 || mkdir("/mnt/w", 0700) < 0 || mkdir("/mnt/m", 0700) < 0) {
		tell("a file system of one's own", -1);
		return;
	}
	snprintf(options, sizeof(options), "lowerdir=/tmp/xproc,upperdir=/mnt/u,workdir=/mnt/w,userxattr");
	bad = mount("none", "/mnt/m", "overlay", 0, options);
	tell("an overlay over it", bad);
	snprintf(options, sizeof(options), "/mnt/m%s", path + strlen("/tmp/xproc"));
	fd = bad ? -1 : open(options, O_RDWR | O_CLOEXEC);
	tell("which is written", fd < 0 ? -1 : pwrite(fd, mark, sizeof(mark), 0));
	snprintf(options, sizeof(options), "lowerdir=/tmp/xproc:/mnt/u,metacopy=on");
	tell("one that follows what it is told", mount("none", "/mnt/m", "overlay", 0, options));
}

static void
by_writing(void)
{
	char *at;
	int fd = open_file(O_RDWR);
	off_t end = lseek(fd, 0, SEEK_END);

	at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	tell("a shared mapping to write", at == MAP_FAILED ? -1 : 0);
	memcpy(at, mark, sizeof(mark));
	tell("writing", pwrite(fd, ".", 1, end - 1));
	tell("punching a hole", fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
}

int
main(int argc, char **argv)
{
	const char *old;
	int fd;

	if (argc != 2)
		return 2;
	path = argv[1];
	old = map(MAP_SHARED);
	by_memory(MAP_SHARED, "shared");
	by_memory(MAP_PRIVATE, "private");
	by_tracing();
	by_handle();
	fd = open_file(O_RDONLY);
	tell("write to what is open to be read", pwrite(fd, mark, sizeof(mark), 0));
	tell("ftruncate of it", ftruncate(fd, 0));
	tell("a hole in it", fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
	if (fork() == 0) {
		by_mounting();
		return 0;
	}
	wait(NULL);
	by_attributes();
	by_descriptor(O_PATH, "a descriptor of its path, opened anew");
	by_descriptor(O_RDONLY, "one to read, opened anew");
	by_writing();
	printf("what was mapped before has %s bytes\n", memcmp(old, mark, sizeof(mark)) == 0 ? "the new" : "the old");
	return 0;
}
