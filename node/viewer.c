/* One who reads what a job has printed on this node, and prints from now on.
 * Must never know who that is, or what the job does. */
#include "node/viewer.h"
#include "node/self.h"
#include "run/keep.h"

#include <stdlib.h>

enum { RING = 32 * 1024 }; /* bytes kept until the head has them; beyond these the reader waits, and the job does not */

struct viewer {
	struct outbox out;
	struct keep_reader reader;
	uint64_t missed; /* bytes that it has not been told of */
	bool ended;	 /* its last event is on its way */
};

static void
send_missed(struct viewer *v)
{
	struct msg_event e = {.kind = EVENT_SKIPPED, .bytes = v->missed};

	if (v->missed)
		outbox_add(&v->out, &e);
	v->missed = 0;
}

static void
send_end(struct viewer *v)
{
	struct msg_event e = {.kind = EVENT_EXITED};

	send_missed(v);
	v->ended = true;
	outbox_add(&v->out, &e);
}

static void
go_on(struct viewer *v)
{
	struct keep_piece p;
	struct msg_event e = {0};

	while (!v->ended && v->out.unacknowledged < RING) {
		bool any = keep_next(&v->reader, outbox_piece(&v->out), &p);

		v->missed += p.missed;
		if (any) {
			send_missed(v);
			e = (struct msg_event){.kind = p.stream == 1 ? EVENT_STDOUT : EVENT_STDERR, .data = p.data, .len = p.len};
			outbox_add(&v->out, &e);
		} else if (keep_over(&v->reader)) {
			send_end(v);
		} else {
			return;
		}
	}
}

static void
there_is_more(struct keep_reader *r)
{
	go_on((struct viewer *)((char *)r - offsetof(struct viewer, reader)));
}

static struct viewer *
viewer_new(uint64_t job, const struct part_share *share)
{
	struct viewer *v = xcalloc(1, sizeof(*v));

	outbox_begin(&v->out, job, share);
	v->reader.more = there_is_more;
	return v;
}

struct viewer *
viewer_start(uint64_t job, const struct run_common *run, const struct part_share *share)
{
	struct viewer *v = viewer_new(job, share);
	struct kept *kept = keep_find(self.keep, run->of);
	struct msg_event gone = {.kind = EVENT_NOTE, .text = "nothing of its output is kept there"};

	if (!kept)
		outbox_add(&v->out, &gone);
	keep_read(&v->reader, kept, run->tail);
	go_on(v);
	return v;
}

struct viewer *
viewer_figures(uint64_t job, struct msg_event *figures, const struct part_share *share)
{
	struct viewer *v = viewer_new(job, share);

	outbox_add(&v->out, figures);
	send_end(v);
	return v;
}

struct outbox *
viewer_out(struct viewer *v)
{
	return &v->out;
}

/* Says first that it is here, as a part does. */
void
viewer_resend(struct viewer *v)
{
	outbox_say(v->out.job, &(struct msg_event){.kind = EVENT_STARTED});
	outbox_resend(&v->out);
}

void
viewer_ack(struct viewer *v, uint64_t sequence)
{
	outbox_drop(&v->out, sequence);
	go_on(v);
}

void
viewer_done(struct viewer *v)
{
	keep_leave(&v->reader);
	outbox_drop(&v->out, UINT64_MAX);
	v->out.share.over(v->out.job);
	free(v);
}
