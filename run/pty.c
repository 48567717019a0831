/* Pseudo-terminals: the kernel's own, or where a node has none mounted, a file system of them for one job.
 * Must never know jobs, or what is typed. */
#include "run/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include "base/sys.h"

enum { SLAVE_MAJOR = 136 }; /* of Unix98 terminals: Documentation/admin-guide/devices.txt; the minor number is that of /dev/pts */

/* Unlocked, as only a true one can be. -1 with errno. */
static int
open_ptmx(int dir, const char *path)
{
	int fd = openat(dir, path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC), unlocked = 0;

	if (fd >= 0 && ioctl(fd, TIOCSPTLCK, &unlocked) < 0)
		close_fd(&fd);
	return fd;
}

static int
open_master(struct pty *p)
{
	int error;

	p->master = open_ptmx(AT_FDCWD, "/dev/ptmx");
	if (p->master >= 0)
		return 0;
	error = errno;
	p->devices = mount_new("devpts", ATTR_NOSUID);
	if (p->devices >= 0 && fchmodat(p->devices, "ptmx", 0666, 0) == 0)
		p->master = open_ptmx(p->devices, "ptmx");
	errno = error; /* what the node lacks tells more than that it can't be made up for */
	return p->master < 0 ? -1 : 0;
}

static int
set_up(const struct pty *p, uid_t owner, const struct msg_resize *size)
{
	struct termios modes;

	if (owner != (uid_t)-1 && (fchown(p->slave, owner, (gid_t)-1) < 0 || fchmod(p->slave, 0620) < 0))
		return -1;
	if (tcgetattr(p->slave, &modes) < 0)
		return -1;
	modes.c_iflag |= IUTF8; /* so that a key erases a whole character */
	return tcsetattr(p->slave, TCSANOW, &modes) < 0 ? -1 : pty_resize(p->master, size);
}

int
pty_open(struct pty *p, uid_t owner, const struct msg_resize *size)
{
	int error;

	*p = (struct pty){.master = -1, .slave = -1, .devices = -1};
	/* By the master, not by a path, which may lead to another instance's. Linux 4.13. */
	if (open_master(p) == 0)
		p->slave = ioctl(p->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (p->slave >= 0 && set_up(p, owner, size) == 0)
		return 0;
	error = errno;
	close_fd(&p->slave);
	close_fd(&p->master);
	close_fd(&p->devices);
	errno = error;
	return -1;
}

int
pty_resize(int master, const struct msg_resize *m)
{
	struct winsize size = {.ws_row = m->rows, .ws_col = m->columns, .ws_xpixel = m->width, .ws_ypixel = m->height};

	return ioctl(master, TIOCSWINSZ, &size);
}

bool
pty_has_lines(int master)
{
	struct termios modes;

	return tcgetattr(master, &modes) == 0 && (modes.c_lflag & ICANON);
}

size_t
pty_eof(int master, bool line_begun, uint8_t out[2])
{
	struct termios modes;
	uint8_t end = tcgetattr(master, &modes) == 0 ? modes.c_cc[VEOF] : 4;

	memset(out, end, 2);
	return line_begun ? 2 : 1;
}

/* The slave anew, by its path in this view of files: else its name, which the kernel tells of a descriptor, is that of another view. */
static void
open_by_path(void)
{
	struct stat here, there;
	char path[32];
	int fd;

	if (fstat(STDIN_FILENO, &here) < 0 || major(here.st_rdev) != SLAVE_MAJOR)
		return;
	(void)snprintf(path, sizeof(path), "/dev/pts/%u", minor(here.st_rdev));
	fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &there) == 0 && there.st_dev == here.st_dev && there.st_ino == here.st_ino && fcntl(fd, F_SETFL, 0) == 0) {
		(void)dup2(fd, STDIN_FILENO);
		(void)dup2(fd, STDOUT_FILENO);
		(void)dup2(fd, STDERR_FILENO);
	}
	close_fd(&fd);
}

int
pty_control(void)
{
	open_by_path();
	return ioctl(STDIN_FILENO, TIOCSCTTY, 0);
}
