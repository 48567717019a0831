/* The floor that launches are measured against: forks and execs N copies of a program, their output through pipes.
 * Must never know of gproc. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
seconds(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

static void
fail(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Starts one copy; its standard output and error are read from fds[0] and fds[1]. */
static void
start(char **argv, struct pollfd *fds)
{
	int out[2], err[2];
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		fail("pipe");
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid == 0) {
		dup2(out[1], STDOUT_FILENO);
		dup2(err[1], STDERR_FILENO);
		execv(argv[0], argv);
		_exit(127);
	}
	close(out[1]);
	close(err[1]);
	fds[0] = (struct pollfd){.fd = out[0], .events = POLLIN};
	fds[1] = (struct pollfd){.fd = err[0], .events = POLLIN};
}

/* Passes on what has come; 1 when the descriptor has reached its end. */
static int
drain(struct pollfd *p)
{
	char data[65536];
	ssize_t n = read(p->fd, data, sizeof(data));

	if (n > 0 && write(STDOUT_FILENO, data, (size_t)n) != n)
		fail("write");
	if (n > 0)
		return 0;
	close(p->fd);
	p->fd = -1;
	return 1;
}

static void
read_all(struct pollfd *fds, nfds_t count)
{
	nfds_t open = count, i;

	while (open > 0) {
		if (poll(fds, count, -1) < 0 && errno != EINTR)
			fail("poll");
		for (i = 0; i < count; i++)
			if (fds[i].fd >= 0 && fds[i].revents)
				open -= (nfds_t)drain(&fds[i]);
	}
}

int
main(int argc, char **argv)
{
	int count = argc > 2 ? atoi(argv[1]) : 0, i, bad = 0, status;
	struct rusage used;
	struct rlimit files;
	struct pollfd *fds;
	double begin;

	if (count < 1) {
		fprintf(stderr, "usage: floor N /path/to/program [argument...] (to standard error: seconds, and those of processor time of its own)\n");
		return 2;
	}
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	fds = calloc((size_t)count * 2, sizeof(*fds));
	if (!fds)
		fail("calloc");
	begin = now();
	for (i = 0; i < count; i++)
		start(argv + 2, fds + 2 * i);
	read_all(fds, (nfds_t)count * 2);
	while (wait(&status) > 0)
		bad += status != 0;
	getrusage(RUSAGE_SELF, &used);
	fprintf(stderr, "%.6f %.6f\n", now() - begin, seconds(&used.ru_utime) + seconds(&used.ru_stime));
	free(fds);
	return bad != 0;
}
