/* What other nodes ask for beside the tree: whether they may have it, and in whose name.
 * Must never know where it comes from. */
#include "node/asker.h"
#include "node/fetch.h"
#include "node/relay.h"
#include "node/self.h"
#include "node/sibling.h"
#include "node/stream.h"
#include "proto.h"

#include <stdlib.h>

enum {
	EARLY_MS = 1000, /* a WANT may come so much before the RUN of its job; */
	MAX_EARLY = 1024 /* so many: a node that is refused asks its parent */
};

/* A WANT that came before the RUN of its job, which takes another way. */
struct early {
	struct neighbour *from;
	uint64_t job, until;
	struct msg_want want;
	struct early *next;
};
static struct early *early;
static size_t early_count;
static struct timer early_limit;

/* What a node that has no room lets pass through it is for its children alone. */
static bool
may_be_asked(const struct object_name *name, enum asking how)
{
	const struct blob *blob = store_find(self.store, name);
	const struct fetch *f = fetch_of(name);

	if (f)
		return !blob_thin(f->blob);
	return how == ASK_ALL || (blob && blob_whole(blob));
}

static void
answer_ask(struct neighbour *from, uint64_t job, const struct msg_want *want, enum asking how)
{
	if (how != ASK_NEVER && how != ASK_LATER && may_be_asked(&want->name, how))
		relay_want(from, job, want);
	else
		relay_lack(from, job, &want->name, "it is not here");
}

/* Takes out of the list what is of that job and neighbour (0, NULL: of any), and due; answers it. */
static void
answer_early(uint64_t job, uint64_t now)
{
	struct early **at = &early, *one;

	while ((one = *at)) {
		if (job ? one->job != job : one->until > now) {
			at = &one->next;
			continue;
		}
		*at = one->next;
		early_count--;
		answer_ask(one->from, one->job, &one->want, fetch_hooks->may_ask(one->job, one->want.name.scope));
		free(one);
		at = &early; /* what was just answered may have changed the list */
	}
}

static void
early_is_due(struct timer *t)
{
	answer_early(0, loop_now());
	if (early)
		loop_timer(t, EARLY_MS / 4, early_is_due, NULL);
}

static void
keep_early(struct neighbour *from, uint64_t job, const struct msg_want *want)
{
	struct early *new = xcalloc(1, sizeof(*new));

	*new = (struct early){.from = from, .job = job, .until = loop_now() + EARLY_MS, .want = *want, .next = early};
	early = new;
	early_count++;
	if (!early_limit.set)
		loop_timer(&early_limit, EARLY_MS / 4, early_is_due, NULL);
}

/* All of that neighbour's, or of that object's. */
static void
forget_early(const struct neighbour *from, const struct object_name *name)
{
	struct early **at = &early, *one;

	while ((one = *at)) {
		if (one->from != from || (name && !object_equal(&one->want.name, name))) {
			at = &one->next;
			continue;
		}
		*at = one->next;
		early_count--;
		free(one);
	}
}

void
asker_on_want(struct neighbour *from, const struct frame *frame)
{
	struct msg_want want;
	enum asking how;

	if (take_want(frame->body, frame->len, &want) != 0) {
		neighbour_malformed(from, frame);
		return;
	}
	if (from->kind == NB_NEW)
		sibling_came(from);
	how = fetch_hooks->may_ask(frame->job, want.name.scope);
	if (how == ASK_LATER && early_count < MAX_EARLY)
		keep_early(from, frame->job, &want);
	else
		answer_ask(from, frame->job, &want, how);
}

void
asker_job_came(uint64_t job)
{
	if (early)
		answer_early(job, 0);
}

void
asker_on_unwant(struct neighbour *from, const struct frame *frame)
{
	struct msg_want want;

	if (take_want(frame->body, frame->len, &want) != 0) {
		neighbour_malformed(from, frame);
		return;
	}
	forget_early(from, &want.name);
	relay_unwant(from, &want);
}

void
asker_neighbour_gone(const struct neighbour *n)
{
	forget_early(n, NULL);
}

/* A node that waits for something that is not here yet hears that this node is there, and how far it is itself: it stays. */
void
asker_tick(void)
{
	struct neighbour *n;

	for (n = self.neighbours; n; n = n->next) {
		const struct stream *s = n->kind == NB_ASKER ? stream_first(n) : NULL;
		struct buf body = {0};

		if (!s || stream_can_go(s))
			continue;
		put_data(&body, &(struct msg_data){.name = *blob_name(s->blob), .offset = s->offset, .have = blob_have(s->blob)});
		neighbour_post(n, PRIO_CONTROL, MSG_DATA, s->job, &body);
	}
}
