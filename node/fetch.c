/* Objects that are not whole here: what is asked of their source, in which job's name.
 * Must never know what comes of it, or what the source is. */
#include "node/fetch.h"
#include "node/self.h"
#include "node/sibling.h"
#include "node/stream.h"
#include "proto.h"

struct fetch *fetches;
const struct fetch_hooks *fetch_hooks;

void
fetch_set_hooks(const struct fetch_hooks *to)
{
	fetch_hooks = to;
}

struct fetch *
fetch_of(const struct object_name *name)
{
	const struct blob *b = store_find(self.store, name);

	return b ? blob_user(b) : NULL;
}

struct neighbour *
fetch_source(const struct fetch *f, uint64_t job)
{
	const char *before = f->chained && !f->alone && !blob_thin(f->blob) ? fetch_hooks->before(job) : NULL;
	struct neighbour *n = before ? sibling_at(before) : NULL;

	return n ? n : fetch_hooks->source(job, f->name.scope);
}

bool
fetch_is_chained(const struct fetch *f)
{
	return f->source && f->source->kind == NB_SOURCE;
}

/* Deflating pays on a wire; where this link is none, it may on one below. */
static bool
wants_packed(const struct fetch *f)
{
	return (f->source && !link_is_loopback(f->source->link) && !link_is_quick(f->source->link)) || streams_packed(f->blob);
}

static void
send_want(struct fetch *f, unsigned type, uint64_t offset)
{
	struct msg_want want = {.name = f->name, .offset = offset, .end = blob_limit(f->blob), .packed = wants_packed(f)};
	struct buf body = {0};

	f->heard = loop_now();
	f->asked = want.end;
	f->packed = want.packed;
	put_want(&body, &want);
	neighbour_post(f->source, PRIO_CONTROL, type, f->job, &body);
}

void
fetch_want(struct fetch *f, uint64_t offset)
{
	send_want(f, MSG_WANT, offset);
}

void
fetch_unwant(struct fetch *f)
{
	send_want(f, MSG_UNWANT, blob_resume(f->blob));
}

bool
fetch_next_job(const struct fetch *f, uint64_t *job)
{
	const struct neighbour *n;
	const struct stream *s = NULL;

	if (f->waiters) {
		*job = f->waiters->job;
		return true;
	}
	for (n = self.neighbours; n && !(s = stream_of(n, f->blob)); n = n->next)
		;
	if (s)
		*job = s->job;
	return s != NULL;
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
	for (n = self.neighbours; n; n = n->next) {
		s = stream_of(n, f->blob);
		if (s && s->job != f->job && (best == f->job || s->job - f->job < best - f->job))
			best = s->job;
	}
	return best;
}

void
fetch_rename(struct fetch *f)
{
	uint64_t other = job_behind(f);
	struct neighbour *source;

	if (other == f->job || !f->source || !(source = fetch_source(f, other)))
		return;
	if (source != f->source)
		fetch_unwant(f);
	f->job = other;
	f->source = source;
}
