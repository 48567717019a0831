/* What a bare kernel lacks, done once by PID 1: mounts, a console, modules, names.
 * Must never know of interfaces, the slave or the kernel command line. */
#include "init/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define MAX_TEXT_FILE (1 << 20) /* hosts of a large cluster: 64 bytes for each of 16,384 nodes */
#define CONSOLE_LEVEL 8	/* SYSLOG_ACTION_CONSOLE_LEVEL, syslog(2) */
#define EMERGENCIES 1
#define MODULE_IS_COMPRESSED 4	/* MODULE_INIT_COMPRESSED_FILE, linux/module.h: from 5.17 on, if built with it */

static bool
is_mounted(const char *path)
{
	char *above = xasprintf("%s/..", path);
	struct stat here, there;
	bool differ = stat(path, &here) == 0 && stat(above, &there) == 0 && here.st_dev != there.st_dev;

	free(above);
	return differ;
}

static void
make_links(void)
{
	static const char *const links[][2] = {{"/proc/self/fd", "/dev/fd"}, {"/proc/self/fd/0", "/dev/stdin"},
		{"/proc/self/fd/1", "/dev/stdout"}, {"/proc/self/fd/2", "/dev/stderr"}};
	size_t i;

	for (i = 0; i < COUNT(links); i++)
		if (symlink(links[i][0], links[i][1]) < 0 && errno != EEXIST)
			warn("can't make the link %s: %s", links[i][1], strerror(errno));
}

/* The store may have half of the memory (-store); what is written by jobs beside it must leave the kernel, gproc and a program room, or the
 * machine is deadlocked on memory that no process can be killed for. So these have 9/32 together: a quarter is left. Inodes take memory
 * too. */
static int
mount_sized(const char *type, const char *path, unsigned long flags, const char *options, unsigned parts)
{
	struct sysinfo info = {0};
	uint64_t size;
	char *all;
	int result;

	if (!parts || sysinfo(&info) < 0)
		return mount(type, path, type, flags, options);
	size = (uint64_t)info.totalram * info.mem_unit / 32 * parts;
	all = xasprintf("%s,size=%llu,nr_inodes=%llu", options, (unsigned long long)size, (unsigned long long)(size >> 14));
	result = mount(type, path, type, flags, all);
	free(all);
	return result;
}

void
boot_mounts(void)
{
	static const struct {
		const char *type, *path, *options;
		unsigned long flags;
		unsigned parts; /* of 32 of all memory: what it may hold */
	} mounts[] = {
		{"proc", "/proc", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC, 0},
		{"sysfs", "/sys", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC, 0},
		{"devtmpfs", "/dev", "mode=755", MS_NOSUID, 0},
		{"devpts", "/dev/pts", "mode=620,ptmxmode=666", MS_NOSUID | MS_NOEXEC, 0},
		{"tmpfs", "/dev/shm", "mode=1777", MS_NOSUID | MS_NODEV, 4},
		{"tmpfs", "/tmp", "mode=1777", MS_NOSUID | MS_NODEV, 4},
		{"tmpfs", "/run", "mode=755", MS_NOSUID | MS_NODEV, 1},
	};
	size_t i;

	for (i = 0; i < COUNT(mounts); i++) {
		if (is_mounted(mounts[i].path))
			continue;
		if ((mkdir(mounts[i].path, 0755) < 0 && errno != EEXIST) ||
			mount_sized(mounts[i].type, mounts[i].path, mounts[i].flags, mounts[i].options, mounts[i].parts) < 0)
			warn("can't mount %s on %s: %s", mounts[i].type, mounts[i].path, strerror(errno));
	}
	make_links();
}

/* What the kernel leaves off: that in a directory where everybody may write, a user's link, FIFO or file leads no other user, root
 * above all, to open what was not meant. A kernel that lacks one of them, or a container that does not let it be set, goes on without. */
void
boot_protect(void)
{
	static const char *const settings[][2] = {{"hardlinks", "1\n"}, {"symlinks", "1\n"}, {"fifos", "2\n"}, {"regular", "2\n"}};
	size_t i;

	for (i = 0; i < COUNT(settings); i++) {
		char *path = xasprintf("/proc/sys/fs/protected_%s", settings[i][0]), have = '9';
		int fd = open(path, O_RDWR | O_CLOEXEC);

		/* A larger value that was set already stays. */
		if (fd >= 0 && read(fd, &have, 1) == 1 && have < settings[i][1][0] && pwrite(fd, settings[i][1], 2, 0) < 0)
			warn("can't set %s: %s", path, strerror(errno));
		close_fd(&fd);
		free(path);
	}
}

/* /dev/console as the kernel opens it for PID 1: by its number (Documentation/admin-guide/devices.txt), since a bare kernel has no name for
 * it. */
static bool
is_console(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(5, 1);
}

/* A serial line that is not read takes nothing more at some time: nothing of ours waits for it. The kernel's own descriptor would be
 * shared with it, flags and all. */
void
boot_console(void)
{
	bool is_open = fcntl(STDERR_FILENO, F_GETFD) >= 0;
	int fd = open("/dev/console", O_RDWR | O_NOCTTY | O_NONBLOCK), log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 && !is_open)
		fd = open("/dev/null", O_RDWR);
	/* In a namespace stderr is where its owner reads, and the console another's. */
	if (fd >= 0 && (!is_open || is_console(STDERR_FILENO))) {
		(void)dup2(fd, STDIN_FILENO);
		(void)dup2(fd, STDOUT_FILENO);
		(void)dup2(fd, STDERR_FILENO);
		if (log > STDERR_FILENO)
			set_message_log(log);
	} else if (log >= 0) {
		close(log);
	}
	if (fd > STDERR_FILENO)
		close(fd);
}

/* For each character that a serial line does not take the kernel waits ten milliseconds and more, with all else standing still; and where that
 * lasts it tells at length that the machine stands still, on the same line. */
void
boot_hush(void)
{
	struct pollfd console = {.fd = STDERR_FILENO, .events = POLLOUT};

	if (is_console(STDERR_FILENO) && poll(&console, 1, 0) == 0)
		(void)klogctl(CONSOLE_LEVEL, NULL, EMERGENCIES);
}

static void
load_module(const char *path, const char *parameters)
{
	size_t len = strlen(path);
	bool plain = len > 3 && strcmp(path + len - 3, ".ko") == 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		warn("can't load module %s: %s", path, strerror(errno));
		return;
	}
	if (syscall(SYS_finit_module, fd, parameters, plain ? 0 : MODULE_IS_COMPRESSED) < 0 && errno != EEXIST)
		warn("can't load module %s: %s", path, strerror(errno));
	close(fd);
}

void
boot_modules(const char *list)
{
	size_t len;
	char *text = read_file(list, MAX_TEXT_FILE, &len), *rest = NULL, *line;

	if (!text && errno != ENOENT)
		warn("can't read %s: %s", list, strerror(errno));
	for (line = text ? strtok_r(text, "\n", &rest) : NULL; line; line = strtok_r(NULL, "\n", &rest)) {
		char *blank = strchr(line, ' ');

		if (blank)
			*blank++ = '\0';
		if (*line && *line != '#')
			load_module(line, blank ? blank : "");
	}
	free(text);
}

/* Replaced in one step, by a second name: a reader sees the old text or the new one, whole. */
static int
replace_file(const char *path, const char *text)
{
	char *fresh = xasprintf("%s.new", path);
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), failed = -1;

	if (fd >= 0) {
		failed = write_full(fd, text, strlen(text));
		failed |= close(fd);
	}
	if (!failed)
		failed = rename(fresh, path);
	free(fresh);
	return failed;
}

void
boot_resolver(const struct ipconfig *config)
{
	char *text = config->domain[0] ? xasprintf("search %s\n", config->domain) : xstrdup("");
	bool useful = false;
	size_t i;

	for (i = 0; i < MAX_DNS && config->dns[i]; i++) {
		char address[IPV4_TEXT];
		char *longer = xasprintf("%snameserver %s\n", text, ipv4_text(config->dns[i], address));

		free(text);
		text = longer;
		useful = true;
	}
	if (useful) {
		(void)mkdir("/etc", 0755);
		if (replace_file("/etc/resolv.conf", text) < 0)
			warn("can't write /etc/resolv.conf: %s", strerror(errno));
	}
	free(text);
}

void
boot_hostname(const char *name)
{
	if (sethostname(name, strlen(name)) < 0)
		warn("can't set the host name to %s: %s", name, strerror(errno));
	else
		warn("this is %s", name);
}

bool
boot_name_from_files(uint32_t address, char out[MAX_HOSTNAME + 1])
{
	size_t len;
	char *text = read_file("/etc/hosts", MAX_TEXT_FILE, &len);
	bool found = text && address && hosts_find(text, address, out);

	free(text);
	if (found)
		return true;
	text = read_file("/etc/hostname", MAX_TEXT_FILE, &len);
	if (text) {
		text[strcspn(text, "\n")] = '\0';
		found = strlen(text) <= MAX_HOSTNAME && is_hostname(text);
		if (found)
			memcpy(out, text, strlen(text) + 1);
	}
	free(text);
	return found;
}
