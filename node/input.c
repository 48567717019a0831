/* What this node's own part of a job reads: kept until its program takes it.
 * Must never know which other nodes read it, or where it comes from. */
#include "node/input.h"
#include "node/outbox.h"
#include "node/self.h"
#include "proto.h"
#include "run/pty.h"
#include "run/worker.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	INPUT_ROOM = 128 << 10,	 /* bytes that may wait here: the master sends half of it ahead; what is more comes again */
	AGAIN_MS = 100,
	TOLD_MS = 100, /* that a program has all of it is told so late, or with its end: neither node nor client waits for that */
	REPORT_AFTER = 16 << 10, /* bytes given to the program until that is told while others wait here */
};

static size_t
waiting(const struct input *in)
{
	return in->bytes.len - in->head;
}

void
input_send_taken(struct input *in)
{
	struct msg_event e = {.kind = EVENT_TAKEN, .have = in->have, .taken = in->taken, .over = !in->open};

	loop_cancel(&in->told);
	if (in->job)
		outbox_say(in->job, &e);
}

static void
told_is_due(struct timer *t)
{
	input_send_taken(t->owner);
}

void
input_settle(struct input *in)
{
	if (in->told.set)
		input_send_taken(in);
}

/* How far the client may go on depends on it. That the program wants no more often comes just before its end. */
static void
report(struct input *in)
{
	if (!in->open)
		loop_timer(&in->told, OUTBOX_HOLD, told_is_due, in);
	else if (!in->end || waiting(in))
		input_send_taken(in);
	else if (!in->told.set)
		loop_timer(&in->told, TOLD_MS, told_is_due, in);
}

static void
close_pipe(struct input *in)
{
	loop_unwatch(&in->watch);
	close_fd(&in->fd);
}

void
input_over(struct input *in)
{
	int fd = in->fd >= 0 ? in->fd : in->reader, unread = 0;

	if (!in->open)
		return;
	in->open = false;
	loop_cancel(&in->again);
	in->taken -= in->end && (in->fd < 0 || in->terminal) && in->taken == in->have; /* the end is no byte of the program's */
	if (fd >= 0 && !in->terminal && ioctl(fd, FIONREAD, &unread) == 0)
		in->taken -= (uint64_t)unread;
	close_pipe(in);
	close_fd(&in->reader);
	buf_free(&in->bytes);
	in->head = 0;
	report(in);
}

static void
end_pipe(struct input *in)
{
	in->reader = worker_reader(self.worker, in->fd);
	close_pipe(in);
	in->taken = in->have;
}

/* Gives the program what its pipe has room for. */
static void
pour(struct input *in)
{
	ssize_t n = 0;

	while (waiting(in) && (n = write(in->fd, in->bytes.data + in->head, waiting(in))) > 0) {
		in->head += (size_t)n;
		in->taken += (uint64_t)n;
	}
	if (in->taken > in->have)
		in->taken = in->have; /* the keys that end a terminal's input */
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		input_over(in);
		return;
	}
	if (!waiting(in)) {
		buf_free(&in->bytes);
		in->head = 0;
	}
	loop_want(&in->watch, waiting(in) ? WATCH_WRITE : 0);
	if (in->end && !waiting(in) && !in->terminal)
		end_pipe(in);
}

static void type_end_again(struct timer *);

/* What ends the input of a terminal is typed there. Where its program reads lines as yet and then each key, before it has read this one, as
 * shells do when they begin, the key has lost its meaning meanwhile (termios(3), ICANON), and is typed once more. */
static void
type_end(struct input *in)
{
	uint8_t keys[2];

	put_bytes(&in->bytes, keys, pty_eof(in->fd, in->last != '\n' && in->last != '\r', keys));
	if (pty_has_lines(in->fd))
		loop_timer(&in->again, AGAIN_MS, type_end_again, in);
}

static void
type_end_again(struct timer *t)
{
	struct input *in = t->owner;

	if (waiting(in) || pty_has_lines(in->fd)) {
		loop_timer(&in->again, AGAIN_MS, type_end_again, in);
		return;
	}
	in->last = '\n';
	type_end(in);
	pour(in);
}

static void
pipe_ready(struct watch *w, unsigned events)
{
	struct input *in = w->owner;
	uint64_t before = in->taken;

	if (events & WATCH_READ) { /* an error: no process reads it any more */
		input_over(in);
		return;
	}
	pour(in);
	if (in->open && (in->taken - before >= REPORT_AFTER || !waiting(in)))
		report(in);
}

void
input_begin(struct input *in, uint64_t job, unsigned mode)
{
	bool wanted = mode != INPUT_NONE;

	*in = (struct input){.job = wanted ? job : 0, .fd = -1, .reader = -1, .open = wanted, .last = '\n'};
	in->terminal = mode == INPUT_TERMINAL;
}

void
input_feed(struct input *in, int fd)
{
	in->fd = fd;
	loop_watch(&in->watch, fd, 0, pipe_ready, in);
	if (in->end && in->terminal)
		type_end(in);
	pour(in);
	if (in->open && in->taken)
		report(in);
}

static void
append(struct input *in, const uint8_t *data, size_t len)
{
	if (in->head > in->bytes.len / 2) {
		memmove(in->bytes.data, in->bytes.data + in->head, waiting(in));
		in->bytes.len -= in->head;
		in->head = 0;
	}
	put_bytes(&in->bytes, data, len);
	in->have += len;
	in->last = len ? data[len - 1] : in->last;
}

void
input_add(struct input *in, const struct msg_input *m)
{
	uint64_t known = in->have - m->offset; /* those of its bytes that have come before */

	if (!in->open)
		return;
	if (m->offset <= in->have && known <= m->len && !in->end && waiting(in) + m->len <= INPUT_ROOM) {
		append(in, m->data + known, m->len - (size_t)known);
		in->end = m->end;
		in->have += m->end;
		if (in->end && in->terminal && in->fd >= 0)
			type_end(in);
		if (in->fd >= 0)
			pour(in);
	}
	if (in->open)
		report(in);
}
