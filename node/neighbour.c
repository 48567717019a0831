/* The other ends of this node's links: the list of them, what goes to them, and the end of a turn, when it is flushed.
 * Must never know what a message means. */
#include "node/neighbour.h"
#include "node/self.h"

#include "proto.h"

#include <stdlib.h>
#include <string.h>

enum {
	SLOW_CLIENT = 1 << 20,	/* bytes that a client has not taken: it is not listened to until it has */
	DEAF_CLIENT = 64 << 20, /* and when it is given up */
};

static struct neighbour *dirty;
static struct neighbour *later, **last_later = &later;
static struct timer again;
static const struct neighbour_hooks *hooks;

void
neighbour_set_hooks(const struct neighbour_hooks *to)
{
	hooks = to;
}

char *
neighbour_host(const struct neighbour *n)
{
	const char *peer = link_peer(n->link), *colon = strrchr(peer, ':');

	return xstrndup(peer, colon ? (size_t)(colon - peer) : strlen(peer));
}

/* From which -debug on a message is told of: the rarer, the sooner. */
static int
level_of(unsigned type)
{
	switch (type) {
	case MSG_PING:
	case MSG_STAT:
		return 10;
	case MSG_DATA:
	case MSG_INPUT:
		return 9;
	case MSG_WANT:
	case MSG_UNWANT:
	case MSG_LACK:
		return 8;
	case MSG_EVENT:
	case MSG_ACK:
	case MSG_CREDIT:
	case MSG_TAKEN:
		return 7;
	default:
		return type < MSG_RUN ? 5 : 6;
	}
}

void
neighbour_note(const char *which, const struct neighbour *n, unsigned type, size_t len)
{
	note(level_of(type), "%s %s: %s, %zu bytes", which, link_peer(n->link), message_name(type), len);
}

void
neighbour_touch(struct neighbour *n)
{
	if (n->dirty || n->gone)
		return;
	n->dirty = true;
	n->next_dirty = dirty;
	dirty = n;
}

void
neighbour_leave(struct neighbour *n, enum priority priority, unsigned type, uint64_t job, const void *body, size_t len)
{
	neighbour_note("to", n, type, len);
	link_send(n->link, priority, type, job, body, len);
}

void
neighbour_send_bytes(struct neighbour *n, enum priority priority, unsigned type, uint64_t job, const void *body, size_t len)
{
	neighbour_leave(n, priority, type, job, body, len);
	neighbour_touch(n);
}

void
neighbour_send(struct neighbour *n, enum priority priority, unsigned type, uint64_t job, const struct buf *body)
{
	neighbour_send_bytes(n, priority, type, job, body ? body->data : NULL, body ? body->len : 0);
}

void
neighbour_post(struct neighbour *n, enum priority priority, unsigned type, uint64_t job, struct buf *body)
{
	if (n)
		neighbour_send(n, priority, type, job, body);
	buf_free(body);
}

void
neighbour_send_shared(struct neighbour *n, enum priority priority, unsigned type, uint64_t job, const struct buf *before,
	struct shared *shared, const struct buf *after)
{
	neighbour_note("to", n, type, before->len + shared->len + after->len);
	link_send_shared(n->link, priority, type, job, before, shared, after);
	neighbour_touch(n);
}

void
neighbour_share(struct neighbour *n, enum priority priority, unsigned type, uint64_t job, const struct buf *body)
{
	note(9, "to %s: %s, %zu bytes", link_peer(n->link), message_name(type), body->len);
	link_share(n->link, priority, type, job, body->data, body->len);
	neighbour_touch(n);
}

void
neighbour_send_error(struct neighbour *client, uint32_t status, const char *fmt, ...)
{
	struct msg_error m = {.status = status};
	struct buf body = {0};
	va_list args;
	char *text;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	m.text = text;
	put_error(&body, &m);
	neighbour_post(client, PRIO_CONTROL, MSG_ERROR, 0, &body);
	free(text);
}

void
neighbour_kill(struct neighbour *n, const char *why)
{
	link_kill(n->link, why);
	neighbour_touch(n);
}

void
neighbour_malformed(struct neighbour *n, const struct frame *f)
{
	char *why = xasprintf("its %s can't be read", message_name(f->type));

	neighbour_kill(n, why);
	free(why);
}

struct neighbour *
neighbour_towards(const struct path *p)
{
	const struct member *m = map_find(&self.map, p);

	return m ? m->via : NULL;
}

static void
neighbour_release(void *what)
{
	struct neighbour *n = what;

	link_free(n->link);
	free(n->who.groups);
	free(n->dialled);
	free(n->farewell);
	free(n);
}

/* A client that asks and does not read the answers fills no memory. */
static bool
is_slow(const struct neighbour *n)
{
	return n->kind == NB_CLIENT && link_queued(n->link, PRIO_OUTPUT) + link_queued(n->link, PRIO_CONTROL) > SLOW_CLIENT;
}

static void hear_again(struct timer *);

static void
hear_later(struct neighbour *n)
{
	if (n->later)
		return;
	n->later = true;
	n->next_later = NULL;
	*last_later = n;
	last_later = &n->next_later;
	if (!again.set)
		loop_timer(&again, 0, hear_again, NULL);
}

/* One frame at least, then as many as the turn has time for. */
static void
take_frames(struct neighbour *n)
{
	bool any = false;
	struct frame f;

	for (;;) {
		n->waits = is_slow(n) || n->errand;
		if (n->gone || n->waits)
			return;
		if (any && loop_late()) {
			n->waits = true;
			hear_later(n);
			return;
		}
		any = true;
		if (!link_next(n->link, &f))
			return;
		hooks->frame(n, &f);
	}
}

static struct neighbour *
next_later(void)
{
	struct neighbour *n = later;

	later = n->next_later;
	if (!later)
		last_later = &later;
	n->later = false;
	return n;
}

static void
hear_again(struct timer *t)
{
	bool late = false;

	for (; later && !late; late = loop_late()) {
		struct neighbour *n = next_later();

		take_frames(n);
		neighbour_touch(n);
	}
	if (later)
		loop_timer(t, 0, hear_again, NULL);
}

void
neighbour_hear(struct neighbour *n)
{
	link_read(n->link);
	take_frames(n);
	if (n->kind == NB_CLIENT && !n->gone && !n->errand && link_coming(n->link) > n->largest)
		hooks->large(n, link_coming(n->link));
	neighbour_touch(n);
}

static void
neighbour_ready(struct watch *w, unsigned events)
{
	struct neighbour *n = w->owner;

	/* Nothing is asked for while a request is under way, whose bytes are still needed: this is the end. */
	if (n->errand && events & WATCH_READ) {
		if (!(w->want & WATCH_READ))
			neighbour_kill(n, "the connection was closed");
	} else if (events & WATCH_READ || !link_ready(n->link)) {
		neighbour_hear(n);
	} else {
		neighbour_touch(n);
	}
}

struct neighbour *
neighbour_new(struct link *link, enum neighbour_kind kind)
{
	struct neighbour *n = xcalloc(1, sizeof(*n));

	n->link = link;
	n->kind = kind;
	n->largest = CLIENT_FRAME;
	n->born = now_ms();
	n->between = PROTO_GENERATION;
	n->next = self.neighbours;
	self.neighbours = n;
	link_set_bulk(link, hooks->bulk, n);
	loop_watch(&n->watch, link_fd(link), WATCH_READ | (link_wants_write(link) ? WATCH_WRITE : 0), neighbour_ready, n);
	return n;
}

/* The link has died: off the list, and every part that stood on this neighbour is told. */
static void
neighbour_gone(struct neighbour *n)
{
	struct neighbour **at;
	char *why = xstrdup(link_why(n->link));

	if (n->gone)
		return;
	n->gone = true;
	for (at = &self.neighbours; *at != n; at = &(*at)->next)
		;
	*at = n->next;
	loop_unwatch(&n->watch);
	hooks->gone(n, why);
	loop_bury(n, neighbour_release);
	free(why);
}

/* At the end of a turn: what was queued goes out, what died is taken away. */
void
neighbours_flush(void)
{
	while (dirty) {
		struct neighbour *n = dirty;

		dirty = n->next_dirty;
		n->dirty = false;
		if (n->gone)
			continue;
		if (!link_dead(n->link))
			link_flush(n->link);
		if (n->kind == NB_CLIENT && link_queued(n->link, PRIO_OUTPUT) > DEAF_CLIENT)
			link_kill(n->link, "it does not take what it asked for");
		if (link_dead(n->link)) {
			if (!n->later) /* what came before the end is taken before the end is */
				neighbour_gone(n);
			continue;
		}
		if (n->waits && !n->errand && !is_slow(n))
			hear_later(n);
		loop_want(&n->watch, (n->waits ? 0u : WATCH_READ) | (link_wants_write(n->link) ? WATCH_WRITE : 0));
		hooks->flushed(n);
	}
}
