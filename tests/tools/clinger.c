/* A job that does not let itself be killed. Usage:
 * clinger stop: stops all other processes of its user, again and again.
 * clinger child: its child traces it, and lets it not even die: killed, it stands still at its end.
 * clinger hold PID: traces another process likewise.
 * Each prints "ready" when it is. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <unistd.h>

static int
ready(void)
{
	return puts("ready") < 0 || fflush(stdout) != 0;
}

static int
hold(pid_t pid)
{
	if (ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACEEXIT) < 0) {
		perror("clinger");
		return 1;
	}
	(void)ready();
	for (;;)
		(void)pause();
}

int
main(int argc, char **argv)
{
	pid_t me = getpid();

	if (argc == 3 && strcmp(argv[1], "hold") == 0)
		return hold((pid_t)atol(argv[2]));
	if (argc != 2)
		return 2;
	if (strcmp(argv[1], "stop") == 0) {
		(void)ready();
		for (;;)
			(void)kill(-1, SIGSTOP);
	}
	(void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	if (fork() == 0)
		return hold(me);
	for (;;)
		(void)pause();
}
