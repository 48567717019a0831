/* Objects for which there is no room here: each passes through a window in memory, at the pace of the children that keep up.
 * Must never know for which job, or what the source is. */
#include "node/window.h"
#include "node/self.h"
#include "node/stream.h"
#include "run/contents.h"

enum { MAX_OPEN = 4 }; /* windows at a time, of 512 KiB each; further objects wait for their turn */

static uint64_t places; /* in the queue for a window, given out */
static size_t thin;	/* of the fetches: mostly none, and there may be very many others */

static uint64_t
patience(void)
{
	return self.heartbeat / 5; /* as often as window_tick comes */
}

static bool
asks(const struct stream *s)
{
	return !s->left && s->offset < s->end;
}

/* The contents that it goes on with: its list is always there. */
static uint64_t
goes_on(const struct stream *s)
{
	uint64_t list = list_length(blob_size(s->blob)), total = blob_total(s->blob);

	return blob_skip(s->blob, s->offset < list ? list : s->offset < total ? s->offset : total);
}

static bool
in_window(const struct stream *s)
{
	return goes_on(s) >= blob_first(s->blob) && goes_on(s) <= blob_limit(s->blob);
}

static bool
keeps_up(const struct stream *s)
{
	return !s->left && in_window(s);
}

/* The least offset that such streams go on with; UINT64_MAX when there are none. */
static uint64_t
least_of(const struct blob *blob, bool (*such)(const struct stream *))
{
	const struct neighbour *n;
	uint64_t least = UINT64_MAX;

	for (n = self.neighbours; n; n = n->next) {
		const struct stream *s = stream_of(n, blob);

		if (s && such(s) && goes_on(s) < least)
			least = goes_on(s);
	}
	return least;
}

static uint64_t
least_asked(const struct blob *blob)
{
	return least_of(blob, asks);
}

/* Half a window at a time, or all of the rest; of a list that is not proved only when all has come, for its window moves with each piece.
 */
static bool
may_ask(const struct fetch *f)
{
	uint64_t limit = blob_limit(f->blob), total = blob_total(f->blob);

	if (blob_have(f->blob) == 0)
		return blob_next(f->blob) >= f->asked;
	return f->asked < total && limit > f->asked && limit > blob_next(f->blob) &&
	       (limit - f->asked >= STORE_WINDOW / 2 || limit >= total);
}

/* The window follows the streams in it; with none there it goes where a stream waits. */
static void
flow(struct fetch *f)
{
	struct blob *blob = f->blob;
	uint64_t until = least_of(blob, keeps_up), least;

	if (blob_have(blob) > 0 && until != UINT64_MAX) {
		blob_forget(blob, until);
	} else if (blob_have(blob) > 0 && (least = least_asked(blob)) != UINT64_MAX) {
		blob_open(blob, least);
		f->asked = 0;
	}
	if (f->source && !blob_complete(blob) && may_ask(f))
		fetch_want(f, f->asked ? f->asked : blob_resume(blob));
}

static void
shut(struct fetch *f)
{
	f->queued = ++places;
	blob_close(f->blob);
	if (f->source)
		fetch_want(f, blob_next(f->blob)); /* its limit is there too: nothing comes until it is asked for again */
}

/* The one that has waited longest among those that a stream asks for; NULL: none waits. */
static struct fetch *
next_in_turn(void)
{
	uint64_t last = places;
	struct fetch *f, *first;

	for (;;) {
		first = NULL;
		for (f = fetches; f; f = f->next)
			if (blob_thin(f->blob) && !blob_opened(f->blob) && f->source && f->queued <= last &&
				(!first || f->queued < first->queued))
				first = f;
		if (!first || least_asked(first->blob) != UINT64_MAX)
			return first;
		first->queued = ++places;
	}
}

/* A window can be had: there are not too many, or there is one that no stream asks anything of. */
static bool
window_is_free(struct fetch **idle)
{
	struct fetch *f;
	unsigned open = 0;

	*idle = NULL;
	for (f = fetches; f; f = f->next)
		if (blob_opened(f->blob) && ++open && least_asked(f->blob) == UINT64_MAX)
			*idle = f;
	if (open < MAX_OPEN)
		*idle = NULL;
	return open < MAX_OPEN || *idle;
}

void
window_turns(void)
{
	struct fetch *f, *idle;

	while (thin > 0 && window_is_free(&idle) && (f = next_in_turn())) {
		if (idle)
			shut(idle);
		blob_open(f->blob, least_asked(f->blob));
		f->asked = 0;
		flow(f);
	}
}

void
window_begin(struct fetch *f)
{
	thin += !blob_thin(f->blob);
	blob_make_thin(f->blob);
	shut(f);
	window_turns();
}

void
window_comes(const struct fetch *f)
{
	thin += blob_thin(f->blob);
}

void
window_goes(const struct fetch *f)
{
	thin -= blob_thin(f->blob);
}

void
window_moved(struct fetch *f)
{
	if (blob_opened(f->blob))
		flow(f);
	window_turns();
}

/* Streams that have not taken what is here are left behind; with a link that stands still, all else that goes over it is left too. */
static void
leave_behind(const struct blob *blob)
{
	struct neighbour *n;

	for (n = self.neighbours; n; n = n->next) {
		struct stream *s = stream_of(n, blob), *other;

		if (!s || s->left || !in_window(s) || goes_on(s) >= blob_have(blob))
			continue;
		s->left = true;
		streams_rouse(n);
		for (other = n->streams.first; other && s->offset < s->end; other = other->next)
			other->left = true;
	}
}

void
window_tick(void)
{
	struct fetch *f;

	for (f = fetches; f; f = f->next) {
		bool silent;

		if (!blob_opened(f->blob) || loop_now() - f->heard < patience())
			continue;
		silent = blob_next(f->blob) < f->asked && !blob_complete(f->blob);
		if (!silent)
			leave_behind(f->blob);
		flow(f);
		if (loop_now() - f->heard < patience() || !next_in_turn())
			continue;
		shut(f);
		if (silent)
			fetch_rename(f);
	}
	window_turns();
}
