/* Ends what a plain kill does not: a process that waits, dead or dying, for another one of its own job.
 * Must never kill by a number alone: between reading it and using it, it may have become another's. */
#include "run/hunt.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"

enum {
	MAX_VISITS = 4096,
	MAX_DEPTH = 64, /* what lies deeper becomes our own child as those above it end */
	MAX_FIELDS = 2048,
};

struct hunt {
	int proc;
	unsigned visits;
};

/* A process by its directory in proc, which is never another's of the same number: what is read through it after its end fails. */
static int
open_process(int proc, pid_t pid)
{
	char name[24];

	(void)snprintf(name, sizeof(name), "%ld", (long)pid);
	return openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* A number behind a name at the beginning of a line of its status; -1 when it isn't there. */
static long
status_number(int process, const char *name)
{
	char text[MAX_FIELDS], *at;
	int fd = openat(process, "status", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read_full(fd, text, sizeof(text) - 1);

	close_fd(&fd);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	at = strstr(text, name);
	return at ? strtol(at + strlen(name), NULL, 10) : -1;
}

static void
kill_tracer(const struct hunt *h, int traced)
{
	long uid = status_number(traced, "\nUid:"), pid = status_number(traced, "\nTracerPid:");
	int tracer = uid > 0 && pid > 0 ? open_process(h->proc, (pid_t)pid) : -1;

	if (tracer < 0)
		return;
	if (status_number(tracer, "\nUid:") == uid && status_number(traced, "\nTracerPid:") == pid)
		(void)process_signal(tracer, SIGKILL);
	close(tracer);
}

static void visit(struct hunt *, pid_t pid, pid_t parent, unsigned depth);

/* One of its threads: its tracer, and its children. */
static void
visit_thread(struct hunt *h, int thread, pid_t pid, unsigned depth)
{
	pid_t *children;
	ssize_t count, i;

	kill_tracer(h, thread);
	count = depth < MAX_DEPTH ? children_of(thread, &children) : 0;
	for (i = 0; i < count; i++)
		visit(h, children[i], pid, depth + 1);
	if (depth < MAX_DEPTH)
		free(children);
}

static void
visit_threads(struct hunt *h, int process, pid_t pid, unsigned depth)
{
	DIR *threads = list_dir(process, "task");
	struct dirent *e;

	while (threads && (e = readdir(threads))) {
		int thread = e->d_name[0] == '.' ? -1 : openat(dirfd(threads), e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (thread < 0)
			continue;
		visit_thread(h, thread, pid, depth);
		close(thread);
	}
	if (threads)
		(void)closedir(threads);
}

static void
visit(struct hunt *h, pid_t pid, pid_t parent, unsigned depth)
{
	int process = h->visits++ < MAX_VISITS ? open_process(h->proc, pid) : -1;

	if (process < 0)
		return;
	if (status_number(process, "\nPPid:") == parent) {
		(void)process_signal(process, SIGKILL);
		visit_threads(h, process, pid, depth);
	}
	close(process);
}

void
hunt_below(int proc, pid_t child)
{
	struct hunt h = {.proc = proc};

	visit(&h, child, getpid(), 0);
}
