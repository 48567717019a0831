/* What a job's processes take: read from proc.
 * Must never know which job it is. */
#include "run/usage.h"
#include "run/below.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"

/* proc(5): places in "stat" behind the name, from 1. */
enum { STATE = 1, UTIME = 12, STIME, CUTIME, CSTIME, RSS = 22, FIELDS };

static void
add_fields(struct usage *u, char *at, bool first)
{
	uint64_t ticks = 0, hertz = (uint64_t)sysconf(_SC_CLK_TCK);
	int place;

	for (place = STATE; place < FIELDS && *at == ' '; place++) {
		if (place == STATE && first)
			u->state = at[1];
		if (place >= UTIME && place <= CSTIME)
			ticks += strtoull(at, NULL, 10);
		if (place == RSS)
			u->memory += strtoull(at, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
		at += 1 + strcspn(at + 1, " ");
	}
	u->cpu += ticks * 1000 / hertz;
}

static void
add_process(void *owner, int process)
{
	struct usage *u = owner;
	char text[1024], *name_end;
	int fd = openat(process, "stat", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read_full(fd, text, sizeof(text) - 1);

	close_fd(&fd);
	if (n <= 0)
		return;
	text[n] = '\0';
	name_end = strrchr(text, ')');
	if (name_end)
		add_fields(u, name_end + 1, u->state == 0);
}

void
usage_below(int proc, pid_t keeper, struct usage *u)
{
	struct visitor visitor = {.process = add_process, .owner = u};
	int process = open_process(proc, keeper), task = process < 0 ? -1 : openat(process, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int thread = task < 0 ? -1 : open_process(task, keeper); /* it has but one */
	pid_t *children = NULL;
	ssize_t count, i;

	*u = (struct usage){0};
	count = thread < 0 ? 0 : children_of(thread, &children);
	for (i = 0; i < count; i++)
		below_visit(proc, children[i], keeper, &visitor);
	if (count > 0)
		u->program = children[0];
	free(children);
	close_fd(&thread);
	close_fd(&task);
	close_fd(&process);
}
