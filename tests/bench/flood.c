/* The floor of sending a file: one process sends it over N connections at once to N receivers, each of which writes what comes to a file of
 * its own. usage: flood N FILE DIRECTORY [ADDRESS PID]; prints the seconds until the last has it all. Over loopback, or to receivers in the
 * network namespace of that process, who reach the sender at that address. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 64 * 1024 };

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What comes after is in that process's network. */
static void
enter_network(const char *pid)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "/proc/%s/ns/net", pid);
	fd = open(name, O_RDONLY);
	if (fd < 0 || setns(fd, CLONE_NEWNET) != 0)
		die(name);
	close(fd);
}

static void
receive(const struct sockaddr_in *from, const char *directory, int number)
{
	static char piece[PIECE];
	char name[4096];
	int in = socket(AF_INET, SOCK_STREAM, 0), out;
	ssize_t n;

	snprintf(name, sizeof(name), "%s/%d", directory, number);
	out = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (in < 0 || out < 0 || connect(in, (const struct sockaddr *)from, sizeof(*from)) != 0) {
		perror("receiver");
		kill(getppid(), SIGTERM); /* which would wait for it for ever */
		exit(1);
	}
	while ((n = read(in, piece, sizeof(piece))) > 0)
		if (write(out, piece, (size_t)n) != n)
			die("write");
	exit(n == 0 ? 0 : 1);
}

static void
send_all(const int *fds, int count, const char *data, size_t len)
{
	struct pollfd *polls = calloc((size_t)count, sizeof(*polls));
	size_t *done = calloc((size_t)count, sizeof(*done));
	int i, left = count;

	if (!polls || !done)
		die("memory");
	for (i = 0; i < count; i++)
		polls[i] = (struct pollfd){.fd = fds[i], .events = POLLOUT};
	while (left > 0) {
		if (poll(polls, (nfds_t)count, -1) < 0)
			die("poll");
		for (i = 0; i < count; i++) {
			size_t rest = len - done[i];
			ssize_t n;

			if (!polls[i].revents)
				continue;
			n = send(polls[i].fd, data + done[i], rest < PIECE ? rest : PIECE, MSG_DONTWAIT);
			if (n < 0 && errno != EAGAIN)
				die("send");
			done[i] += n > 0 ? (size_t)n : 0;
			if (done[i] == len) {
				close(polls[i].fd);
				polls[i].fd = -1;
				left--;
			}
		}
	}
	free(polls);
	free(done);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t here_len = sizeof(here);
	int listener = socket(AF_INET, SOCK_STREAM, 0), file, count, i, status, *fds;
	struct stat st;
	double begin;
	char *data;

	if ((argc != 4 && argc != 6) || (count = atoi(argv[1])) <= 0 || (argc == 6 && inet_pton(AF_INET, argv[4], &here.sin_addr) != 1)) {
		fprintf(stderr, "usage: flood N FILE DIRECTORY [ADDRESS PID]\n");
		return 2;
	}
	file = open(argv[2], O_RDONLY);
	if (file < 0 || fstat(file, &st) != 0)
		die(argv[2]);
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, file, 0);
	fds = calloc((size_t)count, sizeof(*fds));
	if (data == MAP_FAILED || !fds || bind(listener, (struct sockaddr *)&here, sizeof(here)) != 0 || listen(listener, count) != 0 ||
		getsockname(listener, (struct sockaddr *)&here, &here_len) != 0)
		die("start");
	for (i = 0; i < count; i++)
		if (fork() == 0) {
			if (argc == 6)
				enter_network(argv[5]);
			receive(&here, argv[3], i);
		}
	for (i = 0; i < count; i++)
		if ((fds[i] = accept(listener, NULL, NULL)) < 0)
			die("accept");
	begin = now();
	send_all(fds, count, data, (size_t)st.st_size);
	for (i = 0; i < count; i++)
		if (wait(&status) < 0 || status != 0)
			return 1;
	printf("%.6f\n", now() - begin);
	return 0;
}
