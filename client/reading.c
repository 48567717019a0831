/* Standard input on its way to the programs.
 * Must never know what the programs are, or how they end. */
#include "client/reading.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum {
	PIECE = 16 << 10,
	LOOK_MS = 1000, /* how often a client in the background looks whether it has the terminal: nothing tells it */
};

bool
reading_wanted(void)
{
	int flags = fcntl(STDIN_FILENO, F_GETFL);
	struct stat st;

	if (flags < 0 || flags & O_PATH || (flags & O_ACCMODE) == O_WRONLY)
		return false;
	return fstat(STDIN_FILENO, &st) == 0 && !(S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3));
}

static void
send_piece(struct reading *r, const uint8_t *data, size_t len)
{
	struct msg_input m = {.offset = r->sent, .end = len == 0, .data = data, .len = len};
	struct buf body = {0};

	put_input(&body, &m);
	link_send(r->link, PRIO_OUTPUT, MSG_INPUT, r->job, body.data, body.len);
	buf_free(&body);
	r->sent += len;
	r->over = m.end;
}

void
reading_begin(struct reading *r, struct link *link, uint64_t job, size_t nodes)
{
	*r = (struct reading){.link = link, .job = job, .start = lseek(STDIN_FILENO, 0, SEEK_CUR)};
	(void)signal(SIGTTIN, SIG_IGN); /* should the terminal go to another between a look and a read: then that fails */
	if (nodes > 1 && isatty(STDIN_FILENO))
		send_piece(r, NULL, 0);
}

/* Whether it is a terminal that others read now. */
static bool
in_background(void)
{
	pid_t foreground = isatty(STDIN_FILENO) ? tcgetpgrp(STDIN_FILENO) : -1;

	return foreground >= 0 && foreground != getpgrp();
}

short
reading_events(const struct reading *r, int *wait)
{
	if (!r->link || r->over || r->sent >= r->limit)
		return 0;
	if (!in_background())
		return POLLIN;
	if (*wait < 0 || *wait > LOOK_MS)
		*wait = LOOK_MS;
	return 0;
}

void
reading_go(struct reading *r)
{
	uint8_t data[PIECE];
	size_t room = r->limit - r->sent < PIECE ? (size_t)(r->limit - r->sent) : PIECE;
	ssize_t n;

	if (in_background())
		return;
	/* The offset of a file moves at the end alone: should this process be killed, nothing counts as read. */
	n = r->start >= 0 ? pread(STDIN_FILENO, data, room, r->start + (off_t)r->sent) : read(STDIN_FILENO, data, room);
	if (n < 0 && (errno == EINTR || errno == EAGAIN || (errno == EIO && in_background())))
		return;
	if (n < 0 && !(errno == EIO && isatty(STDIN_FILENO))) {
		warn("standard input: %s; the programs have its end there", strerror(errno));
		r->failed = true;
	}
	send_piece(r, data, n < 0 ? 0 : (size_t)n);
}

int
reading_taken(struct reading *r, const struct frame *f)
{
	struct msg_taken m;

	if (!r->link || take_taken(f->body, f->len, &m) != 0)
		return -1;
	r->limit = m.have;
	r->over |= m.over;
	r->most = m.taken;
	return 0;
}

void
reading_end(const struct reading *r)
{
	if (r->link && r->start >= 0)
		(void)lseek(STDIN_FILENO, r->start + (off_t)r->most, SEEK_SET);
}
