/* A job's events of this very node, on their way to the head.
 * Must never know where they come from. */
#include "node/outbox.h"
#include "node/neighbour.h"
#include "node/self.h"

#include <stdlib.h>
#include <string.h>

enum {
	PIECE_MIN = 2 * 1024,
	HOLD_BYTES = 4 * 1024, /* of output: more than that is worth a frame of its own */
	AWAIT_END_MS = 50,     /* what a busy machine may take to end a program that has closed its output */
};

/* An event that the head may not have yet. */
struct pending {
	uint64_t sequence;
	size_t len, charge;
	struct pending *next;
	uint8_t body[]; /* one of an EVENTS' */
};

void
outbox_begin(struct outbox *o, uint64_t job, const struct part_share *share)
{
	*o = (struct outbox){.job = job, .share = *share, .last = &o->first};
}

/* One event may overdraw the credit. */
size_t
outbox_piece(const struct outbox *o)
{
	size_t window = *o->share.window;

	return window < PIECE_MIN ? PIECE_MIN : window > OUTBOX_PIECE ? OUTBOX_PIECE : window;
}

/* Another generation can't read it. */
static struct neighbour *
way_up(void)
{
	return self.parent && self.parent->between == PROTO_GENERATION ? self.parent : NULL;
}

bool
outbox_pump(struct outbox *o)
{
	struct neighbour *parent = way_up();
	struct pending *p = o->unsent;

	if (!p || !parent || o->hold.set || (*o->share.credit <= 0 && p->charge > 0))
		return false;
	*o->share.credit -= (int64_t)p->charge;
	neighbour_share(parent, PRIO_OUTPUT, MSG_EVENTS, o->job, &(struct buf){.data = p->body, .len = p->len});
	o->unsent = p->next;
	return true;
}

/* What waits goes. */
static void
send_pending(struct outbox *o)
{
	loop_cancel(&o->hold);
	o->waiting = 0;
	while (outbox_pump(o))
		;
}

static void
hold_is_over(struct timer *t)
{
	send_pending(t->owner);
}

/* Whether it may wait for what follows: while it does, it must not keep credit from being granted anew, which is when half of the window is
 * used. */
static bool
can_wait(const struct outbox *o, const struct msg_event *e)
{
	return o->holds && (is_output(e->kind) || e->kind == EVENT_NOTE) && o->waiting < HOLD_BYTES &&
	       *o->share.credit - (int64_t)o->waiting > *o->share.window / 2;
}

void
outbox_add(struct outbox *o, struct msg_event *e)
{
	struct buf body = {0};
	struct pending *p;

	e->path = self.path;
	e->sequence = ++o->sequence;
	put_events(&body, e);
	p = xmalloc(sizeof(*p) + body.len);
	*p = (struct pending){.sequence = e->sequence, .len = body.len, .charge = event_charge(e)};
	memcpy(p->body, body.data, body.len);
	buf_free(&body);
	*o->last = p;
	o->last = &p->next;
	if (!o->unsent)
		o->unsent = p;
	o->unacknowledged += p->charge;
	o->waiting += p->charge;
	if (!can_wait(o, e))
		send_pending(o);
	else if (!o->hold.set)
		loop_timer(&o->hold, OUTBOX_HOLD, hold_is_over, o);
}

void
outbox_await_end(struct outbox *o)
{
	if (o->hold.set)
		loop_timer(&o->hold, AWAIT_END_MS, hold_is_over, o);
}

void
outbox_drop(struct outbox *o, uint64_t sequence)
{
	if (sequence == UINT64_MAX)
		loop_cancel(&o->hold);
	while (o->first && o->first->sequence <= sequence) {
		struct pending *p = o->first;

		if (o->unsent == p)
			o->unsent = p->next;
		o->first = p->next;
		o->unacknowledged -= p->charge;
		free(p);
	}
	if (!o->first)
		o->last = &o->first;
}

void
outbox_resend(struct outbox *o)
{
	o->unsent = o->first;
	send_pending(o);
}

void
outbox_say(uint64_t job, struct msg_event *e)
{
	struct neighbour *parent = way_up();
	struct buf body = {0};

	if (!parent)
		return;
	e->path = self.path;
	put_events(&body, e);
	neighbour_share(parent, PRIO_OUTPUT, MSG_EVENTS, job, &body);
	buf_free(&body);
}
