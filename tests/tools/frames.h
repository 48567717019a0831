/* For tools that talk to a daemon: frames out and in, one after the other. */
#ifndef FRAMES_H
#define FRAMES_H

#include <poll.h>
#include <stdio.h>
#include <sys/wait.h>
#include "link/link.h"
#include "proto.h"

/* Queues a message for the daemon; body NULL: empty. */
static inline void
send_frame(struct link *l, unsigned type, uint64_t job, const struct buf *body)
{
	link_send(l, PRIO_CONTROL, type, job, body ? body->data : NULL, body ? body->len : 0);
}

/* Writes all that is queued, and reads until a frame is there, which is borrowed. False when the daemon ended the link first. */
static bool
next_frame(struct link *l, struct frame *f)
{
	while (!link_next(l, f)) {
		struct pollfd wait = {.fd = link_fd(l), .events = POLLIN};

		if (link_dead(l))
			return false;
		link_flush(l);
		wait.events |= link_wants_write(l) ? POLLOUT : 0;
		(void)poll(&wait, 1, -1);
		if (wait.revents & ~POLLOUT)
			link_read(l);
	}
	return true;
}

/* Hands on frame by frame until on_frame says false, or the link ends, which is printed: "closed". */
static inline void
converse(struct link *l, bool (*on_frame)(const struct frame *))
{
	struct frame f;

	while (next_frame(l, &f))
		if (!on_frame(&f))
			return;
	puts("closed");
}

/* Prints output as "out TEXT", an end as "exited STATUS". What it was is left to the caller's further questions. */
static inline void
take_and_print(const struct frame *f, struct msg_event *e)
{
	if (take_event(f->body, f->len, e))
		die(1, "an EVENT that can't be read");
	if (e->kind == EVENT_STDOUT || e->kind == EVENT_STDERR)
		printf("out %.*s", (int)e->len, (const char *)e->data);
	if (e->kind == EVENT_EXITED)
		printf("exited %u\n", WIFEXITED(e->status) ? WEXITSTATUS(e->status) : 128u + WTERMSIG(e->status));
}
#endif
