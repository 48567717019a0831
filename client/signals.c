/* The user's signals at the client, one by one.
 * Must never know jobs, or what each signal is for. */
#include "client/signals.h"
#include "base/util.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

int
signals_catch(void)
{
	static const int caught[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT, SIGWINCH};
	struct sigaction old;
	sigset_t set;
	size_t i;
	int fd;

	sigemptyset(&set);
	for (i = 0; i < COUNT(caught); i++)
		if (sigaction(caught[i], NULL, &old) != 0 || old.sa_handler != SIG_IGN)
			sigaddset(&set, caught[i]);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		die(255, "the kernel gives no signalfd: %s", strerror(errno));
	return fd;
}

int
signals_next(int fd)
{
	struct signalfd_siginfo info;

	return read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info) ? (int)info.ssi_signo : 0;
}

bool
signals_background(int fd)
{
	pid_t foreground = isatty(fd) ? tcgetpgrp(fd) : -1;

	return foreground >= 0 && foreground != getpgrp();
}

/* By the signal's own default: the kernel then spares a process group that no shell would continue. */
void
signals_stop(bool group)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	(void)kill(group ? 0 : getpid(), SIGTSTP);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
}
