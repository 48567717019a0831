/* What a launch's programs read, on the master: kept until every one of them has taken it.
 * Must never know what a launch is, or by which way a node is reached. */
#include "node/feed.h"
#include "node/job.h"
#include "node/self.h"
#include "pathset.h"

#include <stdlib.h>
#include <string.h>

enum {
	FEED_BUDGET = 2 << 20, /* bytes that all launches together may have ahead of their slowest nodes; doc/architecture.md has the sum */
	WINDOW_MIN = 4 << 10,  /* for each launch, even beyond the budget */
	WINDOW_MAX = 64 << 10,
	WINDOW_WAITING = 128 << 10, /* the most where nodes wait for their turn: more than a pipe takes of what no program reads */
	PIECE = 16 << 10,
	SHORT_PIECE = 1 << 10, /* of pieces shorter than this */
	MAX_SLOW = 256,	       /* nodes that are named to a client that asks what holds it up */
	SHORT_PIECES = 1024,   /* so many may be under way: each costs about 200 bytes more on every link */
};

/* One node of the launch, as far as it is known here. */
struct eater {
	uint64_t have, taken, before; /* before: have at the last look for what was lost */
	bool over, waiting;	      /* waiting: it has not begun */
};

struct feed {
	uint64_t job;
	struct buf bytes; /* that some node may not have yet; */
	uint64_t base;	  /* of the first of them; the end counts as one byte more */
	bool end;
	uint64_t sent, low, most; /* low: what all nodes have taken; most: read by any that is over */
	uint32_t window, pieces;  /* pieces: sent since low has moved */
	struct eater *at;
	size_t count, eating, last; /* last: those that have taken no more than low */
	uint64_t limit; /* told to the client */
	bool told_over;
	bool asked; /* the client wants to know which nodes hold it up; it did when all had */
	uint64_t low_asked;
	const struct path *paths;
	uint64_t missed; /* from where on it is to be sent again */
	struct timer look;
};

static size_t granted; /* the sum of all windows */

size_t
feed_cost(size_t nodes, bool waiting)
{
	return sizeof(struct feed) + 2 * (waiting ? WINDOW_WAITING : WINDOW_MAX) + nodes * sizeof(struct eater);
}

struct feed *
feed_new(uint64_t job, const struct path *paths, size_t nodes, bool waiting)
{
	struct feed *f = xcalloc(1, sizeof(*f));
	size_t i, share = granted < FEED_BUDGET ? (FEED_BUDGET - granted) / 2 : 0, most = waiting ? WINDOW_WAITING : WINDOW_MAX;

	f->job = job;
	f->paths = paths;
	f->window = share > most ? (uint32_t)most : share < WINDOW_MIN ? WINDOW_MIN : (uint32_t)share;
	granted += f->window;
	f->at = xcalloc(nodes, sizeof(*f->at));
	f->count = f->eating = f->last = nodes;
	for (i = 0; i < nodes; i++)
		f->at[i].waiting = waiting;
	f->missed = UINT64_MAX;
	return f;
}

void
feed_free(struct feed *f)
{
	if (!f)
		return;
	granted -= f->window;
	loop_cancel(&f->look);
	buf_free(&f->bytes);
	free(f->at);
	free(f);
}

/* Sends the piece that begins there; returns where the next one does. */
static uint64_t
send_piece(struct feed *f, uint64_t from)
{
	size_t left = (size_t)(f->base + f->bytes.len - from), len = left > PIECE ? PIECE : left;
	struct msg_input m = {.offset = from, .end = f->end && len == left, .len = len};
	struct buf body = {0};
	struct shared *shared;

	m.data = f->bytes.len ? f->bytes.data + (from - f->base) : NULL;
	put_input(&body, &m);
	shared = shared_new(body.len);
	memcpy(shared->data, body.data, body.len);
	job_send_input(f->job, shared);
	shared_drop(shared);
	buf_free(&body);
	return from + len + m.end;
}

void
feed_again(struct feed *f)
{
	while (f->missed < f->sent)
		f->missed = send_piece(f, f->missed);
	f->missed = UINT64_MAX;
}

void
feed_missed(struct feed *f, size_t node)
{
	const struct eater *e = &f->at[node];

	if (!e->over && e->have < f->missed)
		f->missed = e->have;
}

void
feed_begins(struct feed *f, size_t node)
{
	f->at[node].waiting = false;
	feed_missed(f, node);
}

bool
feed_starves(const struct feed *f)
{
	size_t i;

	for (i = 0; i < f->count && !f->end; i++)
		if (!f->at[i].over && !f->at[i].waiting && f->at[i].taken >= f->limit)
			return true;
	return false;
}

/* A link that stood still may have dropped what a node behind it lacks: a node that has had nothing new since the last look gets it again.
 */
static void
look_is_due(struct timer *t)
{
	struct feed *f = t->owner;
	bool wait = false;
	size_t i;

	for (i = 0; i < f->count; i++) {
		struct eater *e = &f->at[i];

		if (e->over || e->waiting || e->have >= f->sent)
			continue;
		wait = true;
		if (e->have == e->before)
			feed_missed(f, i);
		e->before = e->have;
	}
	feed_again(f);
	if (wait)
		loop_timer(t, self.heartbeat, look_is_due, f);
}

static void
pump(struct feed *f)
{
	uint64_t total = f->base + f->bytes.len;

	while (f->eating && f->sent < total + f->end) {
		if (!f->end && total - f->sent < SHORT_PIECE && f->pieces >= SHORT_PIECES)
			break;
		f->sent = send_piece(f, f->sent);
		f->pieces++;
	}
	if (!f->look.set && f->eating && f->low < f->sent)
		loop_timer(&f->look, self.heartbeat, look_is_due, f);
}

/* What all have is kept no longer. */
static void
drop(struct feed *f)
{
	size_t len = f->bytes.len;

	if (f->low < f->base + len)
		len = (size_t)(f->low - f->base);
	if (len == 0)
		return;
	memmove(f->bytes.data, f->bytes.data + len, f->bytes.len - len);
	f->bytes.len -= len;
	f->base += len;
	f->pieces = 0;
}

/* One of the last is ahead, or over. Only when none is left all are looked at: of many nodes each moves in its turn. */
static void
leave_last(struct feed *f)
{
	size_t i;

	if (--f->last > 0)
		return;
	f->low = f->sent;
	for (i = 0; i < f->count; i++) {
		const struct eater *e = &f->at[i];

		if (e->over || e->taken > f->low)
			continue;
		f->last = e->taken < f->low ? 1 : f->last + 1;
		f->low = e->taken;
	}
	drop(f);
	pump(f);
}

static void
eater_over(struct feed *f, struct eater *e)
{
	bool was_last = e->taken == f->low;

	e->over = true;
	f->eating--;
	if (was_last)
		leave_last(f);
}

void
feed_lost(struct feed *f, size_t node)
{
	if (!f->at[node].over)
		eater_over(f, &f->at[node]);
}

void
feed_taken(struct feed *f, size_t node, const struct msg_event *m)
{
	struct eater *e = &f->at[node];
	bool was_last = e->taken == f->low;

	if (e->over || m->have > f->sent)
		return;
	if (m->over) {
		if (m->taken > f->most)
			f->most = m->taken;
		eater_over(f, e);
		return;
	}
	if (m->have > e->have)
		e->have = m->have;
	if (m->taken <= e->taken)
		return;
	e->taken = m->taken;
	if (was_last)
		leave_last(f);
}

int
feed_input(struct feed *f, const struct msg_input *m)
{
	if (f->eating == 0)
		return 0;
	if (f->end || m->offset != f->base + f->bytes.len || m->offset + m->len > f->limit)
		return -1;
	f->asked = m->len == 0 && !m->end;
	put_bytes(&f->bytes, m->data, m->len);
	f->end = m->end;
	pump(f);
	return 0;
}

/* The nodes that hold up the client: those that are about as far as the last of all, when most are ahead of them or nothing moves at all.
 * The caller frees. */
static char *
find_slow(struct feed *f)
{
	struct path *paths = xcalloc(MAX_SLOW, sizeof(*paths));
	bool moves = f->low != f->low_asked;
	size_t i, count = 0;
	char *text;

	for (i = 0; i < f->count && count < MAX_SLOW; i++)
		if (!f->at[i].over && f->at[i].taken <= f->low + f->window / 4)
			paths[count++] = f->paths[i];
	if (moves && count > f->eating / 2)
		count = 0;
	f->low_asked = f->low;
	text = pathset_fold(paths, count);
	free(paths);
	return text;
}

uint64_t
feed_hand_over(struct feed *f)
{
	if (f->end || f->eating == 0)
		return UINT64_MAX;
	f->limit = 0;
	return f->base + f->bytes.len;
}

void
feed_send_taken(struct feed *f, struct neighbour *client)
{
	uint64_t limit = f->low + f->window;
	bool over = f->eating == 0, more = limit - f->limit >= f->window / 4 || (f->low == f->sent && limit != f->limit);
	struct msg_taken m = {.limit = over && f->most > limit ? f->most : limit, .taken = over ? f->most : 0, .over = over};
	struct buf body = {0};
	char *slow;

	if (f->told_over || !(over || more || f->asked))
		return;
	m.slow = slow = f->asked ? find_slow(f) : NULL;
	f->asked = false;
	f->limit = limit;
	f->told_over = over;
	put_taken(&body, &m);
	neighbour_send(client, PRIO_OUTPUT, MSG_TAKEN, f->job, &body);
	buf_free(&body);
	free(slow);
}
