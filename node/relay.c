/* Objects on their way: each asked of its source once, however many want it, and handed on as it arrives.
 * Must never know what a job does with them. */
#include "node/relay.h"
#include "node/packed.h"
#include "node/self.h"
#include "node/sibling.h"
#include "node/stream.h"
#include "node/window.h"

#include <stdlib.h>
#include <string.h>

enum {
	MAX_DAMAGED = 3,    /* times the same object may arrive damaged before the source is given up */
	MOVE_MIN = 1 << 20, /* bytes of contents that are worth asking another source for the rest */
};

/* A job of this node that will not get an object: told last, because what it does then may change every list here. */
struct failure {
	uint64_t job;
	struct object_name name;
	unsigned status;
	char *why;
	struct failure *next;
};

static struct failure *failures;

/* ---- streams ---- */

static void
stream_free(struct stream *s)
{
	struct object_name name = *blob_name(s->blob);
	struct blob *left;

	blob_unpin(s->blob);
	/* The fetch may have gone before its last stream: then what has come is cleared away here. */
	left = fetch_of(&name) ? NULL : store_find(self.store, &name);
	if (left && !blob_whole(left))
		blob_drop(left);
	free(s);
}

void
relay_lack(struct neighbour *n, uint64_t job, const struct object_name *name, const char *why)
{
	struct msg_lack lack = {.name = *name, .why = why};
	struct buf body = {0};

	put_lack(&body, &lack);
	neighbour_post(n, PRIO_CONTROL, MSG_LACK, job, &body);
}

/* ---- fetches ---- */

static void
fetch_remove(struct fetch *f)
{
	bool was_thin;

	*f->at = f->next;
	if (f->next)
		f->next->at = f->at;
	was_thin = blob_thin(f->blob);
	window_goes(f);
	blob_set_user(f->blob, NULL);
	blob_unpin(f->blob);
	while (f->waiters) {
		struct waiter *next = f->waiters->next;

		free(f->waiters);
		f->waiters = next;
	}
	free(f->back);
	free(f);
	if (was_thin) /* of the others, of which there may be very many, each would look at all */
		window_turns();
}

static void
note_failure(uint64_t job, const struct object_name *name, unsigned status, const char *why)
{
	struct failure *new = xcalloc(1, sizeof(*new));

	*new = (struct failure){.job = job, .name = *name, .status = status, .why = xstrdup(why), .next = failures};
	failures = new;
}

static void
report_failures(void)
{
	struct failure *one;

	while ((one = failures)) {
		failures = one->next;
		fetch_hooks->lacks(one->job, &one->name, one->status, one->why);
		free(one->why);
		free(one);
	}
}

/* The neighbours that wait for it in that job's name will not get it. */
static void
fail_job(struct fetch *f, uint64_t job, const char *why)
{
	struct waiter **at = &f->waiters;
	struct neighbour *n;
	struct stream *s;

	while (*at) {
		struct waiter *w = *at;

		if (w->job == job) {
			*at = w->next;
			note_failure(job, &f->name, 255, why);
			free(w);
		} else {
			at = &w->next;
		}
	}
	for (n = self.neighbours; n; n = n->next) {
		s = stream_of(n, f->blob);
		if (s && s->job == job) {
			stream_free(stream_take(n, f->blob));
			relay_lack(n, job, &f->name, why);
		}
	}
}

static void
forget_fetch(struct fetch *f)
{
	struct blob *blob = f->blob;

	if (f->source)
		fetch_unwant(f);
	fetch_remove(f);
	if (!blob_whole(blob))
		blob_drop(blob);
}

static void
ask_anew(struct fetch *f)
{
	f->asked = 0;
	if (blob_thin(f->blob))
		window_moved(f);
	else
		fetch_want(f, blob_resume(f->blob));
}

/* Asks in the name of a job that waits; jobs whose source is gone fail; with none left the fetch is forgotten. */
static void
fetch_ask(struct fetch *f, const char *why)
{
	while (fetch_next_job(f, &f->job)) {
		f->source = fetch_source(f, f->job);
		if (f->source) {
			note(4, "asks %s for an object of scope %u", link_peer(f->source->link), f->name.scope);
			ask_anew(f);
			return;
		}
		if (fetch_hooks->waits)
			return; /* an orphan's: asked again when there is a parent */
		fail_job(f, f->job, why);
	}
	forget_fetch(f);
}

static void
fetch_fail(struct fetch *f, uint64_t job, const char *why)
{
	char *kept = xstrdup(why);

	f->source = NULL;
	fail_job(f, job, kept);
	fetch_ask(f, kept);
	free(kept);
}

static struct fetch *
fetch_start(const struct object_name *name)
{
	struct fetch *f = xcalloc(1, sizeof(*f));

	f->name = *name;
	f->blob = store_want(self.store, name);
	blob_pin(f->blob);
	blob_set_user(f->blob, f);
	window_comes(f);
	f->next = fetches;
	f->at = &fetches;
	if (f->next)
		f->next->at = &f->next;
	fetches = f;
	return f;
}

/* ---- asked for ---- */

bool
relay_need(uint64_t job, const struct object_name *name, bool is_large)
{
	struct blob *blob = store_find(self.store, name);
	struct fetch *f;
	struct waiter *w;
	bool is_new;

	if (blob && blob_whole(blob))
		return true;
	f = fetch_of(name);
	is_new = !f;
	if (is_new)
		f = fetch_start(name);
	f->chained = f->chained || is_large;
	w = xcalloc(1, sizeof(*w));
	w->job = job;
	w->next = f->waiters;
	f->waiters = w;
	if (blob_thin(f->blob)) {
		window_goes(f);
		blob_make_ordinary(f->blob);
		is_new = true; /* with room for it, maybe: from its list on */
		window_turns();
	}
	if (is_new)
		fetch_ask(f, "its source is gone");
	report_failures();
	return false;
}

/* Begins or moves the neighbour's stream of an object that is here, or on its way. */
static void
serve(struct neighbour *from, uint64_t job, const struct msg_want *want, struct blob *blob)
{
	struct stream *s = stream_take(from, blob);

	if (!s) {
		s = xcalloc(1, sizeof(*s));
		s->blob = blob;
		blob_pin(blob);
	}
	s->job = job;
	s->packed = want->packed;
	if (want->offset != s->end || s->offset >= s->end) /* else it is to go on where it ended */
		s->offset = want->offset;
	s->end = want->end;
	s->left = false;
	stream_append(from, s);
	link_wake_bulk(from->link);
	neighbour_touch(from);
}

void
relay_want(struct neighbour *from, uint64_t job, const struct msg_want *want)
{
	struct blob *blob = store_find(self.store, &want->name);
	struct fetch *f = fetch_of(&want->name);
	struct stream *s = blob ? stream_of(from, blob) : NULL;

	/* A child that resumes inside an object may be retrying after a bad chunk. Verify our own copy of that chunk before serving it
	 * again. */
	if (blob && blob_whole(blob) && want->offset > 0 && (!s || want->offset != s->end) && !blob_is_sound(blob, want->offset))
		blob_spoil(blob);
	if (!f && (!blob || !blob_whole(blob))) {
		f = fetch_start(&want->name);
		f->chained = from->kind == NB_ASKER; /* nothing else is asked for beside the tree */
	}
	serve(from, job, want, f ? f->blob : blob);
	if (f && !f->source)
		fetch_ask(f, "its source is gone");
	else if (f && blob_thin(f->blob))
		window_moved(f);
	report_failures();
}

void
relay_on_want(struct neighbour *from, const struct frame *frame)
{
	struct msg_want want;

	if (take_want(frame->body, frame->len, &want) == 0)
		relay_want(from, frame->job, &want);
	else
		neighbour_malformed(from, frame);
}

/* ---- the neighbour it is asked of ---- */

/* Those beside the tree go to their own parents. */
static void
refuse_askers(struct fetch *f, const char *why)
{
	struct neighbour *n;
	struct stream *s;

	for (n = self.neighbours; n; n = n->next)
		if (n->kind == NB_ASKER && (s = stream_take(n, f->blob))) {
			relay_lack(n, s->job, &f->name, why);
			stream_free(s);
		}
}

/* To the parent, at the offset reached: the node before this one has nothing, or gives nothing, or is gone. */
static void
leave_chain(struct fetch *f, const char *why)
{
	note(1, "contents are asked of the parent: %s %s", f->source->dialled, why);
	fetch_unwant(f);
	f->source = NULL;
	f->alone = true;
	f->pace = (struct pace){.told = f->pace.told};
	free(f->back);
	f->back = NULL;
	fetch_ask(f, "its source is gone");
}

/* To another source, at the offset reached. */
static void
move_to(struct fetch *f, struct neighbour *source)
{
	if (!source || source == f->source)
		return;
	if (f->source)
		fetch_unwant(f);
	f->source = source;
	f->pace = (struct pace){.told = f->pace.told};
	ask_anew(f);
}

/* The list or the last of it is not worth another way. */
static bool
may_move(const struct fetch *f, uint64_t job)
{
	return f->chained && f->job == job && !f->back && !blob_thin(f->blob) && blob_list(f->blob) &&
	       blob_total(f->blob) - blob_next(f->blob) > MOVE_MIN;
}

void
relay_before_is(uint64_t job, const char *was)
{
	struct fetch *f;

	for (f = fetches; f; f = f->next) {
		uint64_t next = blob_next(f->blob), rate;
		struct neighbour *source;
		bool was_alone = f->alone;

		if (!may_move(f, job))
			continue;
		f->alone = false;
		source = fetch_source(f, job);
		if (!source || source == f->source)
			continue;
		/* After a trial it catches up: the rate of before that one counts. */
		rate = f->trial.rate ? f->trial.rate : pace_rate(&f->pace, loop_now(), next);
		f->trial = trial_new(rate, loop_now(), next);
		f->back = xstrdup(was_alone ? "" : was);
		f->kept = f->pace;
		move_to(f, source);
	}
}

void
relay_unwant(struct neighbour *from, const struct msg_want *want)
{
	struct blob *blob = store_find(self.store, &want->name);
	struct fetch *f = fetch_of(&want->name);
	struct stream *s = blob ? stream_take(from, blob) : NULL;
	uint64_t job;

	if (s)
		stream_free(s);
	if (f && !fetch_next_job(f, &job))
		forget_fetch(f);
	else if (f && blob_thin(f->blob))
		window_moved(f);
}

void
relay_on_unwant(struct neighbour *from, const struct frame *frame)
{
	struct msg_want want;

	if (take_want(frame->body, frame->len, &want) == 0)
		relay_unwant(from, &want);
	else
		neighbour_malformed(from, frame);
}

static void
fetch_whole(struct fetch *f)
{
	struct waiter *waiters = f->waiters, *w;
	struct object_name name = f->name;
	struct blob *blob;

	streams_wake(f->blob);
	f->waiters = NULL;
	blob_pin(f->blob); /* until the jobs that waited have pinned it */
	blob = f->blob;
	note(4, "an object of scope %u is whole: %llu bytes", name.scope, (unsigned long long)blob_size(blob));
	fetch_remove(f);
	while ((w = waiters)) {
		waiters = w->next;
		fetch_hooks->has(w->job, &name);
		free(w);
	}
	blob_unpin(blob);
}

static char *
reason(void)
{
	char name[PATH_TEXT];

	return xasprintf("%s %s: %s", self.is_master ? "the" : "node", path_text(&self.path, name), store_error());
}

static void
fetch_damaged(struct fetch *f)
{
	char *why;

	if (fetch_is_chained(f)) { /* all that it gives is taken from elsewhere */
		sibling_avoid(f->source);
		neighbour_kill(f->source, "it sent contents that have another digest");
		return;
	}
	if (++f->damaged < MAX_DAMAGED) {
		fetch_want(f, blob_resume(f->blob));
		return;
	}
	why = reason();
	fetch_unwant(f);
	fetch_fail(f, f->job, why);
	free(why);
	report_failures();
}

/* From now on nothing of it is kept here, and only children have it. */
static void
pass_through(struct fetch *f, const char *why)
{
	refuse_askers(f, why);
	if (!fetch_next_job(f, &f->job)) {
		forget_fetch(f);
		return;
	}
	if (fetch_is_chained(f)) {
		fetch_unwant(f);
		f->source = fetch_hooks->source(f->job, f->name.scope);
	}
	window_begin(f);
}

/* What is only handed on gives its room to what a job of this node was promised. */
static bool
make_way(struct fetch *f, uint64_t size)
{
	struct fetch *other;

	if (!f->waiters || size > store_budget(self.store))
		return false;
	for (other = fetches; other && (other->waiters || blob_thin(other->blob)); other = other->next)
		;
	if (!other)
		return false;
	pass_through(other, "its room was given to others");
	fetch_want(f, blob_resume(f->blob));
	return true;
}

/* The jobs of this node will not have it; the nodes below will. */
static void
fetch_has_no_room(struct fetch *f, uint64_t size)
{
	bool too_long = blob_thin(f->blob); /* even to pass through */
	struct waiter *w;
	char *why;

	if (make_way(f, size))
		return;
	why = reason();
	while ((w = f->waiters)) {
		f->waiters = w->next;
		note_failure(w->job, &f->name, NO_ROOM, store_error()); /* which node has none they know */
		free(w);
	}
	if (too_long) {
		fetch_unwant(f);
		fetch_fail(f, f->job, why);
	} else {
		pass_through(f, why);
	}
	free(why);
	report_failures();
}

/* What an object takes is known when its list is: a job that promised less does not get it. False when none waits any more. */
static bool
weigh(struct fetch *f)
{
	struct waiter **at = &f->waiters;
	uint64_t other;

	while (*at) {
		struct waiter *w = *at;
		const char *why = fetch_hooks->refuses(w->job, &f->name, blob_needs(f->blob));

		if (!why) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		note_failure(w->job, &f->name, why == store_error() ? NO_ROOM : 255, why);
		free(w);
	}
	if (fetch_next_job(f, &other))
		return true;
	forget_fetch(f);
	return false;
}

/* An object that no job of this node needs is not given the room that jobs were promised. */
static bool
only_passes(const struct fetch *f, uint64_t size)
{
	return blob_next(f->blob) == 0 && !f->waiters && !blob_thin(f->blob) && store_footprint(size) > store_spare(self.store);
}

/* The list of what passes through is proved: if that is mostly holes it needs no window, but is kept. */
static bool
fits_after_all(const struct fetch *f)
{
	return blob_list(f->blob) && blob_thin(f->blob) && blob_needs(f->blob) <= store_spare(self.store);
}

/* It goes on where it is: what was asked for is on its way. */
static void
make_ordinary(struct fetch *f)
{
	uint64_t next = blob_next(f->blob);

	window_goes(f);
	blob_make_ordinary(f->blob);
	if (blob_next(f->blob) != next || blob_next(f->blob) == blob_total(f->blob))
		ask_anew(f);
	else if (f->asked < blob_total(f->blob))
		fetch_want(f, f->asked);
	streams_wake(f->blob);
	window_turns();
}

static void
fetch_add(struct fetch *f, const struct msg_data *m, const uint8_t *data)
{
	uint64_t next = blob_next(f->blob), had = blob_have(f->blob);
	size_t known = (size_t)(next - m->offset);
	bool listed = blob_list(f->blob) != NULL, moved;
	int bad = only_passes(f, m->size) ? BLOB_NO_ROOM : blob_add(f->blob, m->size, next, data + known, m->raw_len - known);

	f->heard = loop_now();
	if (bad == BLOB_NO_ROOM)
		fetch_has_no_room(f, m->size);
	else if (bad)
		fetch_damaged(f);
	if (bad)
		return;
	if (!listed && blob_list(f->blob) && !weigh(f)) {
		report_failures();
		return;
	}
	if (!listed && fits_after_all(f)) {
		make_ordinary(f);
		return;
	}
	if (blob_whole(f->blob)) {
		fetch_whole(f);
		report_failures();
		return;
	}
	moved = blob_have(f->blob) > had || blob_complete(f->blob);
	if (moved)
		streams_wake(f->blob);
	if (blob_thin(f->blob) && (moved || blob_next(f->blob) >= f->asked))
		window_moved(f);
	report_failures();
}

/* It brings the next bytes, and none beyond what was asked for; else it was under way from before it was asked for anew. */
static bool
is_next(const struct fetch *f, const struct msg_data *m)
{
	uint64_t next = blob_next(f->blob), known = next - m->offset;

	return m->offset <= next && next <= f->asked && (known < m->raw_len || m->offset == next) && known <= m->raw_len &&
	       m->raw_len - known <= f->asked - next;
}

/* For those in step with us, as it came. Raw although it was asked for deflated: it isn't worth it, or nothing is on that link. */
static void
keep_packed(const struct fetch *f, const struct msg_data *m)
{
	bool tried = m->deflated || f->source->kind == NB_CLIENT || !link_is_loopback(f->source->link);

	if (f->packed && tried && m->raw_len > 0 && streams_packed(f->blob))
		packed_keep(&m->name, m->offset, m->raw_len, m->data, m->deflated ? m->len : 0);
}

/* The one that is tried is no better: back to the last, which may have got far ahead meanwhile. */
static void
go_back(struct fetch *f)
{
	char *back = f->back;
	bool told = f->pace.told;

	f->back = NULL;
	fetch_hooks->back(f->job, back);
	free(back);
	move_to(f, fetch_source(f, f->job));
	f->pace = f->kept;
	f->pace.told = told;
	fetch_hooks->slow(f->job);
}

static void
judge_source(struct fetch *f, const struct msg_data *m)
{
	uint64_t next = m->offset + m->raw_len;
	enum trial_state state = f->back ? trial_piece(&f->trial, loop_now(), next) : TRIAL_GOES_ON;

	if (state == TRIAL_BAD) {
		go_back(f);
	} else if (state == TRIAL_GOOD) {
		free(f->back);
		f->back = NULL;
	}
	if (!f->back && pace_is_slow(&f->pace, loop_now(), m->have, next))
		fetch_hooks->slow(f->job);
}

void
relay_on_data(struct neighbour *from, const struct frame *frame)
{
	static uint8_t raw[PIECE_SIZE];
	struct msg_data m;
	struct fetch *f;

	if (take_data(frame->body, frame->len, &m) || m.raw_len > PIECE_SIZE ||
		(m.deflated && piece_inflate(m.data, m.len, raw, m.raw_len) != 0)) {
		neighbour_malformed(from, frame);
		return;
	}
	f = fetch_of(&m.name);
	if (!f || f->source != from || (m.raw_len == 0 && from->kind == NB_SOURCE)) /* without bytes it only says that it is there */
		return;
	if (!is_next(f, &m)) /* nor does it tell how fast a source is */
		return;
	if (f->chained)
		judge_source(f, &m);
	if (f->source != from)
		return;
	keep_packed(f, &m);
	fetch_add(f, &m, m.deflated ? raw : m.data);
}

void
relay_on_lack(struct neighbour *from, const struct frame *frame)
{
	struct msg_lack m;
	struct fetch *f;

	if (take_lack(frame->body, frame->len, &m)) {
		neighbour_malformed(from, frame);
		return;
	}
	f = fetch_of(&m.name);
	if (f && f->source == from && from->kind == NB_SOURCE)
		leave_chain(f, m.why);
	else if (f && f->source == from && f->job == frame->job) /* else it has been asked for in another's name since */
		fetch_fail(f, frame->job, m.why);
	report_failures();
}

void
relay_job_over(uint64_t job)
{
	struct fetch *f, *next;
	uint64_t other;

	note(2, "%llu bytes of contents were hashed so far", (unsigned long long)bundle_hashed());

	for (f = fetches; f; f = next) {
		struct waiter **at = &f->waiters;

		next = f->next; /* forget_fetch takes away none but f */
		while (*at) {
			struct waiter *w = *at;

			if (w->job == job) {
				*at = w->next;
				free(w);
			} else {
				at = &w->next;
			}
		}
		if (!fetch_next_job(f, &other))
			forget_fetch(f);
	}
}

void
relay_neighbour_gone(struct neighbour *n)
{
	struct fetch *f, *next;
	struct stream *s;
	uint64_t job;

	while ((s = stream_first(n)))
		stream_free(stream_take(n, s->blob));
	for (f = fetches; f; f = f->next)
		if (f->source == n) {
			if (n->kind == NB_SOURCE && link_silence(n->link) >= self.heartbeat)
				sibling_avoid(n);
			f->source = NULL;
			f->alone = f->alone || n->kind == NB_SOURCE;
			f->pace = (struct pace){.told = f->pace.told};
		}
	for (f = fetches; f; f = next) {
		next = f->next; /* what follows takes away none but f */
		if (!fetch_next_job(f, &job))
			forget_fetch(f);
		else if (!f->source && !fetch_hooks->waits)
			fetch_fail(f, f->job, "the client that launched it is gone");
		else if (!f->source && self.parent) /* it was an old parent's link */
			fetch_ask(f, "its source is gone");
		else if (blob_thin(f->blob))
			window_moved(f);
	}
	report_failures();
}

void
relay_parent_is_back(void)
{
	struct fetch *f, *next;

	for (f = fetches; f; f = next) {
		next = f->next;
		if (f->source != self.parent && !fetch_is_chained(f))
			fetch_ask(f, "its source is gone");
	}
	report_failures();
}

void
relay_tick(void)
{
	struct fetch *f, *next;

	window_tick();
	for (f = fetches; f; f = next) {
		uint64_t job = f->job;

		next = f->next;
		if (fetch_is_chained(f) && pace_stalls(&f->pace, loop_now(), 2 * self.heartbeat, blob_next(f->blob))) {
			leave_chain(f, "gives hardly anything");
			continue;
		}
		if (loop_now() - f->heard < self.heartbeat || blob_next(f->blob) >= f->asked)
			continue;
		fetch_rename(f);
		if (f->job != job)
			ask_anew(f);
	}
}

/* ---- serving ---- */

/* What the store holds of it can't be read: it is fetched anew. */
static void
start_over(struct stream *s)
{
	struct fetch *f = fetch_of(blob_name(s->blob));

	blob_spoil(s->blob);
	if (!f)
		f = fetch_start(blob_name(s->blob));
	if (!f->source)
		fetch_ask(f, store_error());
}

/* Takes the next stream in turn and writes a piece of it. One that has none has no turn until there is more of its object: there may be very
 * many of them. */
static void
bulk_turn(struct neighbour *n, struct buf *out)
{
	struct stream *s = n->streams.first;
	bool over, changed = s->left, bad;
	struct fetch *thin = NULL;
	size_t before = out->len;
	uint64_t job;

	(void)stream_take(n, s->blob);
	stream_skip(s);
	over = blob_complete(s->blob) && s->offset > blob_total(s->blob);
	s->left = s->left && s->offset >= s->end; /* its link moves again */
	bad = !over && stream_can_go(s) && stream_put(n, s, out) != 0;
	if (bad && !blob_whole(s->blob)) {
		relay_lack(n, s->job, blob_name(s->blob), store_error());
		over = true;
	}
	if ((changed || over || out->len > before) && blob_thin(s->blob))
		thin = fetch_of(blob_name(s->blob));
	if (over || (!bad && stream_over(s))) {
		stream_free(s);
	} else {
		if (out->len > before)
			stream_append(n, s);
		else
			stream_park(n, s);
		if (bad)
			start_over(s);
	}
	if (thin && fetch_next_job(thin, &job))
		window_moved(thin);
	else if (thin)
		forget_fetch(thin);
}

void
relay_bulk(void *owner, struct buf *out)
{
	struct neighbour *n = owner;
	size_t before = out->len;

	while (n->streams.first && out->len == before)
		bulk_turn(n, out);
}
