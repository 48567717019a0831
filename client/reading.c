/* Standard input on its way to the programs.
 * Must never know what the programs are, or how they end. */
#include "client/reading.h"
#include "client/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum {
	PIECE = 16 << 10,
	TYPED = 1 << 20, /* bytes that are read of a terminal beyond what the master takes, so that gproc's own keys count yet */
	LOOK_MS = 1000,	 /* how often a client in the background looks whether it has the terminal: nothing tells it */
	FLOW_MS = 1000,	 /* without a piece for so long it does not flow */
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
	r->moved = now_ms();
}

void
reading_begin(struct reading *r, struct link *link, uint64_t job, size_t nodes, bool wanted, struct terminal *terminal)
{
	*r = (struct reading){.link = link, .job = job, .start = lseek(STDIN_FILENO, 0, SEEK_CUR)};
	r->keys = terminal && terminal->raw ? terminal : NULL;
	(void)signal(SIGTTIN, SIG_IGN); /* should the terminal go to another between a look and a read: then that fails */
	if ((nodes > 1 && isatty(STDIN_FILENO)) || !wanted)
		send_piece(r, NULL, 0);
}

short
reading_events(const struct reading *r, int *wait)
{
	if (!r->link || (r->keys ? r->typed.len >= TYPED : r->over || r->sent >= r->limit))
		return 0;
	if (!signals_background(STDIN_FILENO))
		return POLLIN;
	if (*wait < 0 || *wait > LOOK_MS)
		*wait = LOOK_MS;
	return 0;
}

/* What was typed, as far as the master takes it. */
static void
send_typed(struct reading *r)
{
	while (r->typed.len && !r->over && r->sent < r->limit) {
		size_t room = (size_t)(r->limit - r->sent), len = r->typed.len < room ? r->typed.len : room;

		len = len < PIECE ? len : PIECE;
		send_piece(r, r->typed.data, len);
		memmove(r->typed.data, r->typed.data + len, r->typed.len - len);
		r->typed.len -= len;
	}
	if (r->over || !r->typed.len)
		buf_free(&r->typed);
}

/* A terminal that ends is gone: the same as to end the job. */
static enum terminal_wish
read_keys(struct reading *r)
{
	enum terminal_wish wish = WISH_NONE;
	uint8_t keys[PIECE];
	ssize_t n = read(STDIN_FILENO, keys, sizeof(keys));
	size_t at, used;

	if (n <= 0)
		return n < 0 && (errno == EINTR || errno == EAGAIN || (errno == EIO && signals_background(STDIN_FILENO))) ? WISH_NONE
															  : WISH_END;
	for (at = 0; at < (size_t)n && wish != WISH_END && wish != WISH_DETACH; at += used) {
		wish = terminal_keys(r->keys, keys + at, (size_t)n - at, &used, &r->typed);
		send_typed(r);
		link_flush(r->link);
		if (wish == WISH_SUSPEND)
			terminal_suspend(r->keys);
		else if (wish == WISH_HELP)
			terminal_help(r->keys);
	}
	return wish == WISH_END || wish == WISH_DETACH ? wish : WISH_NONE;
}

enum terminal_wish
reading_go(struct reading *r)
{
	uint8_t data[PIECE];
	size_t room = r->limit - r->sent < PIECE ? (size_t)(r->limit - r->sent) : PIECE;
	ssize_t n;

	if (signals_background(STDIN_FILENO))
		return WISH_NONE;
	if (r->keys)
		return read_keys(r);
	/* The offset of a file moves at the end alone: should this process be killed, nothing counts as read. */
	n = r->start >= 0 ? pread(STDIN_FILENO, data, room, r->start + (off_t)r->sent) : read(STDIN_FILENO, data, room);
	if (n < 0 && (errno == EINTR || errno == EAGAIN || (errno == EIO && signals_background(STDIN_FILENO))))
		return WISH_NONE;
	if (n < 0 && !(errno == EIO && isatty(STDIN_FILENO))) {
		warn("standard input: %s; the programs have its end there", strerror(errno));
		r->failed = true;
	}
	send_piece(r, data, n < 0 ? 0 : (size_t)n);
	return WISH_NONE;
}

bool
reading_flows(const struct reading *r)
{
	return r->link && !r->over && r->sent && !isatty(STDIN_FILENO) && (r->sent >= r->limit || now_ms() - r->moved < FLOW_MS);
}

bool
reading_is_full(const struct reading *r)
{
	return reading_flows(r) && r->sent >= r->limit;
}

/* By a piece that holds nothing. */
void
reading_ask(struct reading *r)
{
	struct msg_input m = {.offset = r->sent};
	struct buf body = {0};

	if (!r->answered) {
		free(r->slow);
		r->slow = NULL;
	}
	r->answered = false;
	put_input(&body, &m);
	link_send(r->link, PRIO_OUTPUT, MSG_INPUT, r->job, body.data, body.len);
	buf_free(&body);
}

int
reading_taken(struct reading *r, const struct frame *f)
{
	struct msg_taken m;

	if (!r->link || take_taken(f->body, f->len, &m) != 0)
		return -1;
	if (*m.slow) {
		free(r->slow);
		r->slow = xstrdup(m.slow);
		r->answered = true;
	}
	r->limit = m.limit;
	r->over |= m.over;
	r->most = m.taken;
	send_typed(r);
	return 0;
}

void
reading_end(const struct reading *r)
{
	if (r->link && r->start >= 0)
		(void)lseek(STDIN_FILENO, r->start + (off_t)r->most, SEEK_SET);
}
