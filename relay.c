/* Objects on their way: each asked of its source once, however many want it, and handed on as it arrives.
 * Must never know what a job does with them. */
#include "daemon.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_DAMAGED = 3 }; /* times the same object may arrive damaged before the source is given up */

/* Who waits here for an object: a job of this node. Neighbours that wait have a stream. */
struct waiter {
	uint64_t job;
	struct waiter *next;
};

/* An object that is not whole yet. */
struct fetch {
	struct digest digest;
	struct blob *blob; /* pinned */
	struct neighbour *source; /* NULL: none at the moment */
	uint64_t job;		  /* in whose name it was asked for */
	uint64_t heard;		  /* when it last moved, or was asked for */
	unsigned damaged;
	struct waiter *waiters;
	struct fetch *next;
};

/* A job of this node that will not get an object: told last, because what it does then may change every list here. */
struct failure {
	uint64_t job;
	struct digest digest;
	char *why;
	struct failure *next;
};

static struct fetch *fetches;
static struct failure *failures;

static struct fetch *
fetch_of(const struct digest *digest)
{
	struct fetch *f;

	for (f = fetches; f && !digest_equal(&f->digest, digest); f = f->next)
		;
	return f;
}

/* ---- streams ---- */

static void
stream_free(struct stream *s)
{
	struct digest digest = *blob_digest_of(s->blob);
	struct blob *left;

	blob_unpin(self.store, s->blob);
	/* The fetch may have gone before its last stream: nobody else would clear away what has come. */
	left = fetch_of(&digest) ? NULL : store_find(self.store, &digest);
	if (left && !blob_whole(left))
		store_drop(self.store, left);
	free(s);
}

/* Takes the stream that fits off a neighbour's list; NULL when there is none. */
static struct stream *
stream_take(struct neighbour *n, const struct blob *blob)
{
	struct stream **at, *s;

	for (at = &n->streams; *at && (*at)->blob != blob; at = &(*at)->next)
		;
	s = *at;
	if (!s)
		return NULL;
	*at = s->next;
	if (!s->next)
		n->last_stream = at;
	return s;
}

static void
stream_append(struct neighbour *n, struct stream *s)
{
	if (!n->streams)
		n->last_stream = &n->streams;
	s->next = NULL;
	*n->last_stream = s;
	n->last_stream = &s->next;
}

static bool
stream_can_go(const struct stream *s)
{
	return blob_have(s->blob) > s->offset || (blob_whole(s->blob) && s->offset == blob_have(s->blob));
}

static void
wake_streams(const struct blob *blob)
{
	struct neighbour *n;
	struct stream *s;

	for (n = self.neighbours; n; n = n->next) {
		for (s = n->streams; s && s->blob != blob; s = s->next)
			;
		if (s) {
			link_wake_bulk(n->link);
			neighbour_touch(n);
		}
	}
}

static void
send_lack(struct neighbour *n, uint64_t job, const struct digest *digest, const char *why)
{
	struct msg_lack lack = {.digest = *digest, .why = why};
	struct buf body = {0};

	put_lack(&body, &lack);
	neighbour_send(n, PRIO_CONTROL, MSG_LACK, job, &body);
	buf_free(&body);
}

/* Writes one piece as a frame; what it holds is deflated when the link, not the processor, is what we wait for. */
static int
put_piece(struct neighbour *n, struct stream *s, struct buf *out)
{
	static uint8_t raw[PIECE_SIZE], packed[PIECE_SIZE];
	struct msg_data m = {.digest = *blob_digest_of(s->blob), .size = blob_size(s->blob), .offset = s->offset};
	ssize_t len = blob_read(self.store, s->blob, s->offset, raw, sizeof(raw));
	size_t small = 0, mark;

	if (len < 0)
		return -1;
	m.raw_len = (uint32_t)len;
	if (len > 0 && !link_is_loopback(n->link) && link_is_full(n->link))
		small = piece_deflate(raw, (size_t)len, packed);
	m.deflated = small > 0;
	m.data = small ? packed : raw;
	m.len = small ? small : (size_t)len;
	mark = frame_begin(out, MSG_DATA, s->job);
	put_data(out, &m);
	frame_end(out, mark);
	s->offset += (uint64_t)len;
	return 0;
}

/* ---- fetches ---- */

static void
fetch_remove(struct fetch *f)
{
	struct fetch **at;

	for (at = &fetches; *at != f; at = &(*at)->next)
		;
	*at = f->next;
	blob_unpin(self.store, f->blob);
	while (f->waiters) {
		struct waiter *next = f->waiters->next;

		free(f->waiters);
		f->waiters = next;
	}
	free(f);
}

static void
send_want(struct neighbour *to, unsigned type, struct fetch *f)
{
	struct msg_want want = {.digest = f->digest, .offset = blob_resume(f->blob)};
	struct buf body = {0};

	f->heard = loop_now();
	put_want(&body, &want);
	neighbour_send(to, PRIO_CONTROL, type, f->job, &body);
	buf_free(&body);
}

/* The job of somebody who still waits, for which it can be asked again; false when nobody waits. */
static bool
next_job(const struct fetch *f, uint64_t *job)
{
	struct neighbour *n;
	struct stream *s;

	if (f->waiters) {
		*job = f->waiters->job;
		return true;
	}
	for (n = self.neighbours; n; n = n->next)
		for (s = n->streams; s; s = s->next)
			if (s->blob == f->blob) {
				*job = s->job;
				return true;
			}
	return false;
}

static void
note_failure(uint64_t job, const struct digest *digest, const char *why)
{
	struct failure *new = xcalloc(1, sizeof(*new));

	*new = (struct failure){.job = job, .digest = *digest, .why = xstrdup(why), .next = failures};
	failures = new;
}

static void
tell_failures(void)
{
	struct failure *one;

	while ((one = failures)) {
		failures = one->next;
		job_lacks(one->job, &one->digest, one->why);
		free(one->why);
		free(one);
	}
}

/* Those who wait for it in the name of that job will not get it. */
static void
fail_waiters(struct fetch *f, uint64_t job, const char *why)
{
	struct waiter **at = &f->waiters;
	struct neighbour *n;
	struct stream *s;

	while (*at) {
		struct waiter *w = *at;

		if (w->job == job) {
			*at = w->next;
			note_failure(job, &f->digest, why);
			free(w);
		} else {
			at = &w->next;
		}
	}
	for (n = self.neighbours; n; n = n->next) {
		for (s = n->streams; s && (s->blob != f->blob || s->job != job); s = s->next)
			;
		if (s) {
			stream_free(stream_take(n, f->blob));
			send_lack(n, job, &f->digest, why);
		}
	}
}

static void
forget_fetch(struct fetch *f)
{
	struct blob *blob = f->blob;

	if (f->source)
		send_want(f->source, MSG_UNWANT, f);
	fetch_remove(f);
	if (!blob_whole(blob))
		store_drop(self.store, blob);
}

/* Asks in the name of whoever waits; jobs whose source is gone fail; without anybody left it is forgotten. */
static void
fetch_ask(struct fetch *f, const char *why)
{
	while (next_job(f, &f->job)) {
		f->source = self.is_master ? head_source(f->job) : self.parent;
		if (f->source) {
			send_want(f->source, MSG_WANT, f);
			return;
		}
		if (!self.is_master)
			return; /* an orphan's: asked again when there is a parent */
		fail_waiters(f, f->job, why);
	}
	forget_fetch(f);
}

static void
fetch_fail(struct fetch *f, uint64_t job, const char *why)
{
	char *kept = xstrdup(why);

	f->source = NULL;
	fail_waiters(f, job, kept);
	fetch_ask(f, kept);
	free(kept);
}

static struct fetch *
fetch_start(const struct digest *digest)
{
	struct fetch *f = xcalloc(1, sizeof(*f));

	f->digest = *digest;
	f->blob = store_want(self.store, digest);
	blob_pin(f->blob);
	f->next = fetches;
	fetches = f;
	return f;
}

/* ---- sending ---- */

/* What the store holds of it can't be read: it is fetched anew. */
static void
start_over(struct stream *s)
{
	struct fetch *f = fetch_of(blob_digest_of(s->blob));

	blob_spoil(self.store, s->blob);
	if (!f)
		f = fetch_start(blob_digest_of(s->blob));
	if (!f->source)
		fetch_ask(f, store_error());
}

/* Takes the next stream in turn and writes a piece of it, if it has one. */
static void
bulk_turn(struct neighbour *n, struct buf *out)
{
	struct stream *s = n->streams;
	bool over = blob_whole(s->blob) && s->offset > blob_total(s->blob), bad;

	n->streams = s->next;
	bad = !over && stream_can_go(s) && put_piece(n, s, out) != 0;
	if (bad && !blob_whole(s->blob)) {
		send_lack(n, s->job, blob_digest_of(s->blob), store_error());
		over = true;
	}
	if (over || (!bad && blob_whole(s->blob) && s->offset == blob_total(s->blob))) {
		stream_free(s);
		return;
	}
	stream_append(n, s);
	if (bad)
		start_over(s);
}

void
relay_bulk(void *owner, struct buf *out)
{
	struct neighbour *n = owner;
	size_t before = out->len, turns = 0;
	struct stream *s;

	for (s = n->streams; s; s = s->next)
		turns++;
	while (turns-- > 0 && n->streams && out->len == before)
		bulk_turn(n, out);
}

/* ---- asked for ---- */

bool
relay_need(uint64_t job, const struct digest *digest)
{
	struct blob *blob = store_find(self.store, digest);
	struct fetch *f;
	struct waiter *w;
	bool is_new;

	if (blob && blob_whole(blob))
		return true;
	f = fetch_of(digest);
	is_new = !f;
	if (is_new)
		f = fetch_start(digest);
	w = xcalloc(1, sizeof(*w));
	w->job = job;
	w->next = f->waiters;
	f->waiters = w;
	if (is_new)
		fetch_ask(f, "its source is gone");
	tell_failures();
	return false;
}

void
relay_want(struct neighbour *from, uint64_t job, const uint8_t *data, size_t len)
{
	struct msg_want want;
	struct blob *blob;
	struct fetch *f;
	struct stream *s;

	if (take_want(data, len, &want)) {
		neighbour_kill(from, "it sent a WANT that can't be read");
		return;
	}
	blob = store_find(self.store, &want.digest);
	f = fetch_of(&want.digest);
	/* Who goes on in the middle may have had it damaged: then it is worth a look whether it is so here. */
	if (blob && blob_whole(blob) && want.offset > 0 && !blob_is_sound(self.store, blob, want.offset))
		blob_spoil(self.store, blob);
	if (!f && (!blob || !blob_whole(blob)))
		f = fetch_start(&want.digest);
	blob = f ? f->blob : blob;
	s = stream_take(from, blob);
	if (!s) {
		s = xcalloc(1, sizeof(*s));
		s->blob = blob;
		blob_pin(blob);
	}
	s->job = job;
	s->offset = want.offset;
	stream_append(from, s);
	link_wake_bulk(from->link);
	neighbour_touch(from);
	if (f && !f->source)
		fetch_ask(f, "its source is gone");
	tell_failures();
}

void
relay_unwant(struct neighbour *from, const uint8_t *data, size_t len)
{
	struct msg_want want;
	struct fetch *f;
	struct blob *blob;
	struct stream *s;
	uint64_t job;

	if (take_want(data, len, &want)) {
		neighbour_kill(from, "it sent an UNWANT that can't be read");
		return;
	}
	blob = store_find(self.store, &want.digest);
	f = fetch_of(&want.digest);
	s = blob ? stream_take(from, blob) : NULL;
	if (s)
		stream_free(s);
	if (f && !next_job(f, &job))
		forget_fetch(f);
}

static void
fetch_whole(struct fetch *f)
{
	struct waiter *waiters = f->waiters, *w;
	struct digest digest = f->digest;
	struct blob *blob;

	wake_streams(f->blob);
	f->waiters = NULL;
	blob_pin(f->blob); /* until those who waited have pinned it */
	blob = f->blob;
	fetch_remove(f);
	while ((w = waiters)) {
		waiters = w->next;
		job_has(w->job, &digest);
		free(w);
	}
	blob_unpin(self.store, blob);
}

static void
fetch_damaged(struct fetch *f, bool no_room)
{
	char name[PATH_TEXT], *why;

	if (!no_room && ++f->damaged < MAX_DAMAGED) {
		send_want(f->source, MSG_WANT, f);
		return;
	}
	why = xasprintf("%s %s: %s", self.is_master ? "the" : "node", path_text(&self.path, name), store_error());
	if (f->source)
		send_want(f->source, MSG_UNWANT, f);
	fetch_fail(f, f->job, why);
	free(why);
	tell_failures();
}

void
relay_data(struct neighbour *from, const uint8_t *data, size_t len)
{
	static uint8_t raw[PIECE_SIZE];
	struct msg_data m;
	struct fetch *f;
	uint64_t had;
	bool no_room = false;

	if (take_data(data, len, &m) || m.raw_len > PIECE_SIZE ||
	    (m.deflated && piece_inflate(m.data, m.len, raw, m.raw_len) != 0)) {
		neighbour_kill(from, "it sent contents that can't be read");
		return;
	}
	f = fetch_of(&m.digest);
	/* Not wanted any more, or under way from before it was asked for anew: passed over. */
	if (!f || f->source != from || m.offset != blob_next(f->blob))
		return;
	f->heard = loop_now();
	had = blob_have(f->blob);
	if (blob_add(self.store, f->blob, m.size, m.offset, m.deflated ? raw : m.data, m.raw_len, &no_room)) {
		fetch_damaged(f, no_room);
		return;
	}
	if (blob_whole(f->blob))
		fetch_whole(f);
	else if (blob_have(f->blob) > had)
		wake_streams(f->blob);
}

void
relay_lack(struct neighbour *from, const uint8_t *data, size_t len)
{
	struct msg_lack m;
	struct fetch *f;

	if (take_lack(data, len, &m)) {
		neighbour_kill(from, "it sent a LACK that can't be read");
		return;
	}
	f = fetch_of(&m.digest);
	if (f && f->source == from)
		fetch_fail(f, f->job, m.why);
	tell_failures();
}

void
relay_job_over(uint64_t job)
{
	struct fetch *f, *next;
	uint64_t other;

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
		if (!next_job(f, &other))
			forget_fetch(f);
	}
}

void
relay_neighbour_gone(struct neighbour *n)
{
	struct fetch *f, *next;
	struct stream *s;
	uint64_t job;

	while ((s = n->streams)) {
		n->streams = s->next;
		stream_free(s);
	}
	n->last_stream = &n->streams;
	for (f = fetches; f; f = next) {
		next = f->next; /* what follows takes away none but f */
		if (f->source == n) {
			f->source = NULL;
			if (self.is_master)
				fetch_fail(f, f->job, "whoever launched it is gone");
			else if (self.parent) /* it was an old parent's link */
				fetch_ask(f, "its source is gone");
		} else if (!next_job(f, &job)) {
			forget_fetch(f);
		}
	}
	tell_failures();
}

void
relay_parent_is_back(void)
{
	struct fetch *f, *next;

	for (f = fetches; f; f = next) {
		next = f->next;
		if (f->source != self.parent)
			fetch_ask(f, "its source is gone");
	}
	tell_failures();
}

/* Among the jobs that wait for it the one that comes behind f->job, round and round; f->job itself when there is no other. */
static uint64_t
job_behind(const struct fetch *f)
{
	const struct neighbour *n;
	const struct stream *s;
	const struct waiter *w;
	uint64_t best = f->job; /* the least distance upwards, round the end */

	for (w = f->waiters; w; w = w->next)
		if (w->job != f->job && (best == f->job || w->job - f->job < best - f->job))
			best = w->job;
	for (n = self.neighbours; n; n = n->next)
		for (s = n->streams; s; s = s->next)
			if (s->blob == f->blob && s->job != f->job && (best == f->job || s->job - f->job < best - f->job))
				best = s->job;
	return best;
}

/* On the master another job's client becomes the source. Below it only the name changes in which it is asked for: those above
 * thereby learn of the other job. */
void
relay_mind(void)
{
	struct fetch *f;

	for (f = fetches; f; f = f->next) {
		uint64_t other = job_behind(f);
		struct neighbour *source = self.is_master ? head_source(other) : self.parent;

		if (!f->source || !source || other == f->job || loop_now() - f->heard < self.heartbeat)
			continue;
		if (source != f->source)
			send_want(f->source, MSG_UNWANT, f);
		f->job = other;
		f->source = source;
		send_want(source, MSG_WANT, f);
	}
}
