/* The machines whose programs this node's kernel runs: 32-bit kin of its own, and those for which an emulator is registered.
 * Must never know jobs. */
#include "run/foreign.h"
#include "base/sys.h"
#include "elf.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define BINFMT_FS 0x42494e4d /* linux/magic.h, BINFMTFS_MAGIC */

/* What exec says of a file that can't run; 0: an emulator took it, and was ended. */
static int
answer_of_exec(int fd)
{
	int answer[2];
	uint8_t error = 0;
	pid_t child;

	if (pipe2(answer, O_CLOEXEC) < 0)
		return errno;
	child = vfork();
	if (child == 0) {
		(void)exec_open(fd);
		error = (uint8_t)errno;
		(void)write_full(answer[1], &error, 1);
		_exit(0);
	}
	close_fd(&answer[1]);
	(void)read_full(answer[0], &error, 1);
	close_fd(&answer[0]);
	if (child > 0) {
		(void)kill(child, SIGKILL);
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	}
	return error;
}

/* Whether the kernel runs programs of a kind, or does not say. */
static bool
is_run(const uint8_t *file, size_t len)
{
	int fd = memory_file(file, len);
	bool runs = fd < 0 || answer_of_exec(fd) != ENOEXEC;

	close_fd(&fd);
	return runs;
}

/* The machine that this very program is for. The caller frees. */
static char *
own_name(void)
{
	uint8_t head[20] = {0};
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, head, sizeof(head));
	struct elf e = {.wide = head[4] == 2, .big_endian = head[5] == 2};

	close_fd(&fd);
	e.machine = e.big_endian ? head[18] * 256u + head[19] : head[19] * 256u + head[18];
	return xstrdup(got == (ssize_t)sizeof(head) ? elf_machine_name(&e) : "");
}

/* A kernel that does not run what this program is for isn't the one that it believes to run on: an emulator stands between them, and what
 * the machine below could do is of no use to the programs of this one. */
char *
foreign_names(void)
{
	char *own = own_name(), *names = xstrdup(own);
	uint8_t file[ELF_SMALLEST];
	bool own_runs = false;
	const char *name;
	size_t len;
	unsigned i;

	for (i = 0; *own && (len = elf_smallest(i, file, &name)) > 0; i++) {
		bool is_own = name && strcmp(name, own) == 0;
		char *longer;

		if (!name || !is_run(file, len))
			continue;
		own_runs |= is_own;
		longer = is_own ? NULL : xasprintf("%s %s", names, name);
		if (longer) {
			free(names);
			names = longer;
		}
	}
	if (own_runs) {
		free(own);
		return names;
	}
	free(names);
	return own;
}

/* The directory of emulators, where it is mounted. An automounter may wait there: that is not disturbed, for it could take its time. */
static DIR *
emulators(void)
{
	static const char path[] = "/proc/sys/fs/binfmt_misc";
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct statfs fs;
	bool mounted = fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == BINFMT_FS;

	close_fd(&fd);
	return mounted ? list_dir(AT_FDCWD, path) : NULL;
}

/* The first word of an entry's file, or of "status" for all of them, is "enabled" or "disabled". */
static bool
is_enabled(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char first = 0;
	bool enabled = fd >= 0 && read(fd, &first, 1) == 1 && first == 'e';

	close_fd(&fd);
	return enabled;
}

bool
foreign_changed(void)
{
	static uint64_t before;
	static bool asked;
	uint64_t now = 0;
	DIR *dir = emulators();
	struct dirent *entry;
	bool changed;

	while (dir && (entry = readdir(dir)))
		now += 2 * entry->d_ino + is_enabled(dirfd(dir), entry->d_name);
	if (dir)
		closedir(dir);
	changed = asked && now != before;
	before = now;
	asked = true;
	return changed;
}
