/* What a program and all that it started and waited for took. usage: cost FILE PROGRAM [argument...]; to FILE go its context switches and its
 * milliseconds of processor time. It is the process that a signal meant for the program has to reach, so it ignores those of a terminal. */
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static double
milliseconds(const struct timeval *t)
{
	return (double)t->tv_sec * 1e3 + (double)t->tv_usec / 1e3;
}

int
main(int argc, char **argv)
{
	struct rusage used;
	FILE *to;
	int status;
	pid_t pid;

	if (argc < 3) {
		fprintf(stderr, "usage: cost FILE PROGRAM [argument...]\n");
		return 2;
	}
	pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	signal(SIGINT, SIG_IGN);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || getrusage(RUSAGE_CHILDREN, &used) != 0 || !(to = fopen(argv[1], "w"))) {
		perror("cost");
		return 1;
	}
	fprintf(to, "%ld %.3f\n", used.ru_nvcsw + used.ru_nivcsw, milliseconds(&used.ru_utime) + milliseconds(&used.ru_stime));
	return fclose(to) != 0 || !WIFEXITED(status);
}
