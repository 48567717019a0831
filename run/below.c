/* The processes below one, and what proc says of them.
 * Must never know what is done with them. */
#include "run/below.h"

#include <dirent.h>
#include <fcntl.h>
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

struct walk {
	int proc;
	unsigned visits;
	const struct visitor *visitor;
};

int
open_process(int proc, pid_t pid)
{
	char name[24];

	(void)snprintf(name, sizeof(name), "%ld", (long)pid);
	return openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

long
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

static void visit(struct walk *, pid_t pid, pid_t parent, unsigned depth);

/* One of its threads, and the children that it has. */
static void
visit_thread(struct walk *w, int thread, pid_t pid, unsigned depth)
{
	pid_t *children;
	ssize_t count, i;

	if (w->visitor->thread)
		w->visitor->thread(w->visitor->owner, thread);
	count = depth < MAX_DEPTH ? children_of(thread, &children) : 0;
	for (i = 0; i < count; i++)
		visit(w, children[i], pid, depth + 1);
	if (depth < MAX_DEPTH)
		free(children);
}

static void
visit_threads(struct walk *w, int process, pid_t pid, unsigned depth)
{
	DIR *threads = list_dir(process, "task");
	struct dirent *e;

	while (threads && (e = readdir(threads))) {
		int thread = e->d_name[0] == '.' ? -1 : openat(dirfd(threads), e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (thread < 0)
			continue;
		visit_thread(w, thread, pid, depth);
		close(thread);
	}
	if (threads)
		(void)closedir(threads);
}

static void
visit(struct walk *w, pid_t pid, pid_t parent, unsigned depth)
{
	int process = w->visits++ < MAX_VISITS ? open_process(w->proc, pid) : -1;

	if (process < 0)
		return;
	if (status_number(process, "\nPPid:") == parent) {
		w->visitor->process(w->visitor->owner, process);
		visit_threads(w, process, pid, depth);
	}
	close(process);
}

void
below_visit(int proc, pid_t child, pid_t parent, const struct visitor *visitor)
{
	struct walk w = {.proc = proc, .visitor = visitor};

	visit(&w, child, parent, 0);
}
