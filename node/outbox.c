/* A job's events of this very node, on their way to the head.
 * Must never know where they come from. */
#include "node/outbox.h"
#include "node/neighbour.h"
#include "node/self.h"

#include <stdlib.h>
#include <string.h>

enum { PIECE_MIN = 2 * 1024 };

/* An event that the head may not have yet. */
struct pending {
	uint64_t sequence;
	size_t len, charge;
	struct pending *next;
	uint8_t body[];
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

bool
outbox_pump(struct outbox *o)
{
	struct pending *p = o->unsent;

	if (!p || !self.parent || (*o->share.credit <= 0 && p->charge > 0))
		return false;
	neighbour_send_bytes(self.parent, PRIO_OUTPUT, MSG_EVENT, o->job, p->body, p->len);
	*o->share.credit -= (int64_t)p->charge;
	o->unsent = p->next;
	return true;
}

static void
send_pending(struct outbox *o)
{
	while (outbox_pump(o))
		;
}

void
outbox_add(struct outbox *o, struct msg_event *e)
{
	struct buf body = {0};
	struct pending *p;

	e->path = self.path;
	e->sequence = ++o->sequence;
	put_event(&body, e);
	p = xmalloc(sizeof(*p) + body.len);
	*p = (struct pending){.sequence = e->sequence, .len = body.len, .charge = event_charge(e)};
	memcpy(p->body, body.data, body.len);
	buf_free(&body);
	*o->last = p;
	o->last = &p->next;
	if (!o->unsent)
		o->unsent = p;
	o->unacknowledged += p->charge;
	send_pending(o);
}

void
outbox_drop(struct outbox *o, uint64_t sequence)
{
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
outbox_say(uint64_t job, enum event_kind kind)
{
	struct msg_event e = {.path = self.path, .sequence = 0, .kind = kind};
	struct buf body = {0};

	if (!self.parent)
		return;
	put_event(&body, &e);
	neighbour_post(self.parent, PRIO_OUTPUT, MSG_EVENT, job, &body);
}
