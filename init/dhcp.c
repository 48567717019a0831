/* A DHCP client of one interface: udhcpc of the image's busybox, and what it reports.
 * Must never know what is done with a lease. */
#include "init/dhcp.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEASE_SCRIPT "/etc/gproc/lease" /* not in /run: initramfs-tools mounts that noexec */
#define LEASE_FD 9			/* in the script; udhcpc takes 3 and 4 for itself, and the shell knows one digit only */

/* What udhcpc runs for each event; PID 1 reads it from the pipe and trusts none of it. */
static int
write_script(void)
{
	static const char script[] =
		"#!/bin/busybox sh\n"
		"printf 'event=%s\\nip=%s\\nsubnet=%s\\nrouter=%s\\nroutes=%s\\ndns=%s\\nntp=%s\\nmtu=%s\\ndomain=%s\\nhostname=%s\\n\\n' "
		"\"$1\" \"$ip\" \"$subnet\" \"$router\" \"$staticroutes\" \"$dns\" \"$ntpsrv\" \"$mtu\" \"${search:-$domain}\" "
		"\"$hostname\" >&9\n";
	int fd, failed;

	(void)mkdir("/etc", 0755);
	(void)mkdir("/etc/gproc", 0755);
	fd = open(LEASE_SCRIPT, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
	if (fd < 0)
		return -1;
	failed = write_full(fd, script, sizeof(script) - 1);
	return close(fd) | failed;
}

static void __attribute__((noreturn)) be_client(const char *device, const char *hostname, int report)
{
	char *name = xasprintf("hostname:%s", hostname);
	/* Beside what it asks for by itself: MTU, NTP servers, search list, classless routes. By number: a name that it was built without
	 * would end it. */
	const char *argv[] = {"/bin/busybox", "udhcpc", "-f", "-i", device, "-s", LEASE_SCRIPT, "-t", "5", "-T", "2", "-A", "5", "-O", "26",
		"-O", "42", "-O", "119", "-O", "121", *hostname ? "-x" : NULL, name, NULL};
	sigset_t none;

	(void)setsid();
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	/* dup2 of a descriptor onto itself would leave it close-on-exec. */
	if (report == LEASE_FD)
		(void)fcntl(report, F_SETFD, 0);
	else
		(void)dup2(report, LEASE_FD);
	(void)execv(argv[0], (char *const *)argv);
	warn("ip=dhcp needs %s in the image: %s", argv[0], strerror(errno));
	_exit(127);
}

int
dhcp_start(struct dhcp *d, const char *device, const char *hostname)
{
	int ends[2];

	dhcp_stop(d);
	if (write_script() < 0 || pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	(void)fcntl(ends[1], F_SETFL, 0);
	d->pid = fork();
	if (d->pid == 0)
		be_client(device, hostname, ends[1]);
	close_fd(&ends[1]);
	d->len = 0;
	d->report = ends[0];
	if (d->pid > 0)
		return 0;
	d->pid = 0;
	close_fd(&d->report);
	return -1;
}

void
dhcp_stop(struct dhcp *d)
{
	if (d->pid > 0)
		(void)(kill(-d->pid, SIGKILL) < 0 && kill(d->pid, SIGKILL)); /* with its script, once it has a session */
	d->pid = 0;
	if (d->report >= 0)
		close_fd(&d->report);
	d->len = 0;
}

void
dhcp_read(struct dhcp *d)
{
	ssize_t n = read(d->report, d->text + d->len, MAX_LEASE - d->len);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) { /* also when an event is longer than there is room for */
		close_fd(&d->report);
		d->len = 0;
		return;
	}
	d->len += (size_t)n;
	d->text[d->len] = '\0';
}

const char *
dhcp_next(struct dhcp *d)
{
	static char event[MAX_LEASE + 1];
	char *end = d->len ? strstr(d->text, "\n\n") : NULL;
	size_t len;

	if (!end)
		return NULL;
	len = (size_t)(end + 1 - d->text);
	memcpy(event, d->text, len);
	event[len] = '\0';
	d->len -= len + 1;
	memmove(d->text, end + 2, d->len + 1);
	return event;
}
