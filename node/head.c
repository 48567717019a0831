/* What only a master does: clients, launches, and one verdict for every chosen node.
 * Must never know mounts, or what a file holds. */
#include "node/head.h"
#include "base/often.h"
#include "node/access.h"
#include "node/agenda.h"
#include "node/answer.h"
#include "node/choose.h"
#include "node/feed.h"
#include "node/share.h"
#include "node/job.h"
#include "node/journal.h"
#include "node/record.h"
#include "node/relay.h"
#include "node/self.h"
#include "node/turns.h"
#include "proto.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LOOK_BACK = 3, /* for a node that can be asked for contents: how many others may come to ask the same, whatever those between are */
	ACK_AFTER = 16 * 1024,	    /* bytes of one node's output taken before it is told, well under the ring it keeps them in */
	LAUNCH_COST = 4096,	    /* bytes that a launch is counted as, beside what it was sent and has for each node */
	NAME_COST = 96,		    /* of a node's host and machine, likewise */
	VERDICT_COST = 64,	    /* bytes of a verdict that its client has not taken yet */
	CLIENT_WINDOW = 256 * 1024, /* bytes of output that a client may ask for ahead; gproc asks for so many */
	KILL_MS = 10000,	    /* beside the heartbeat: what a killed job may take to end on a node that is up */
};
#define FOR_EVER (INT64_MAX / 2)

enum target_state { TARGET_PENDING, TARGET_STARTED, TARGET_ENDED };

/* One chosen node of a launch. */
struct target {
	uint64_t boot, expected; /* of the process that runs it; sequence of its next event */
	uint32_t unacknowledged;
	enum target_state state;
	uint8_t variant; /* launch.variant_count: there is none for it; one more: its program is for another machine */
	bool lingers;
	bool asked;    /* a reader's: the node was; */
	bool drained;  /* what it has kept has come, or never will */
	bool overdue;  /* its time, counted from its turn, was over */
	bool killed;   /* it alone */
	bool given_up; /* its verdict is the master's own: should the node still have it, it must forget it */
	bool again;    /* it has come up by another way: what was sent to it may be lost */
	bool slow;     /* large contents come to it slowly, or from it: no other asks it for them */
	enum { NOT_TRIED, TRIED_SOURCE, TRIED_BEYOND, TRIED_PAST, FAILED_PAST, KNOWN_SLOW } tried; /* see head_slow */
};

struct launch {
	uint64_t id;
	struct record *record;	  /* what is kept of it; a reader's: the job's that it reads */
	struct neighbour *client; /* NULL: gone, or detached */
	struct neighbour *typist; /* whose INPUT it takes: the client, or one that attached; NULL: no client's */
	uint32_t uid;
	size_t counted; /* bytes of its user's share, beside the block's and the record's */
	uint64_t kill_after;
	bool detached, kill_on_bad, killed, over, terminal;
	bool timed_out;	    /* what ends from now on was too late */
	bool carries;	    /* files go or come: no job that a client comes back to */
	bool asks;	    /* nothing is done, and nothing told in the log */
	bool reads;	    /* it is a reader: it runs nothing, but shows what another's nodes have kept and print, */
	bool figures;	    /* or how its processes are; it ends as the other does */
	bool again;	    /* some target is */
	bool strays;	    /* some target was given up, and may run it still */
	struct path *paths; /* sorted */
	struct target *targets;
	size_t count, pending, lingering, starting;
	struct feed *feed;	  /* what its programs read; NULL: nothing */
	struct shared *block;	  /* what all nodes are told alike */
	struct variant *variants; /* what is shipped to which of them; their machines are not kept */
	size_t variant_count;
	struct timer timer;
	struct turns turns;	  /* of its nodes, with -fanout; then */
	int64_t credit;		  /* bytes of events that its client takes, once anything is sent */
	bool sent;		  /* some node has been told */
	uint64_t timeout;	  /* milliseconds that each has; 0: for ever */
	struct timer clock, turn; /* when the next one's time is over; when others may begin */
	struct launch *next;
};

static struct launch *launches;
static uint32_t last_number, last_reader;

static struct launch *
launch_find(uint64_t id)
{
	struct launch *l;

	for (l = launches; l && l->id != id; l = l->next)
		;
	return l;
}

bool
head_knows(uint64_t id)
{
	return launch_find(id) != NULL;
}

struct neighbour *
head_source(uint64_t job, uint32_t scope)
{
	struct launch *l = launch_find(job);

	return l && !l->reads && (scope == SCOPE_PUBLIC || scope == l->uid) ? l->client : NULL;
}

static void
launch_release(void *what)
{
	struct launch *l = what;

	feed_free(l->feed);
	shared_drop(l->block);
	free(l->variants);
	share_give(l->uid, l->counted);
	free(l->paths);
	free(l->targets);
	turns_free(&l->turns);
	record_drop(l->record);
	free(l);
}

static void
launch_forget(struct launch *l)
{
	struct launch **at;

	for (at = &launches; *at != l; at = &(*at)->next)
		;
	*at = l->next;
	loop_cancel(&l->timer);
	job_done(l->id, l->strays || l->reads); /* until here its nodes can still be signalled, for what lingers there */
	loop_bury(l, launch_release);
}

/* ---- the end of a launch ---- */

/* A reader's client, which may have it: of a job that may be over. */
static void
leave_keyboard(const struct launch *reader)
{
	struct launch *l = launch_find(reader->record->id);

	if (l && reader->client && l->typist == reader->client)
		l->typist = NULL;
}

static void
launch_over(struct launch *l)
{
	struct msg_job_end end = {.culprit = l->record->culprit};
	struct buf body = {0};

	l->over = true;
	loop_cancel(&l->timer);
	loop_cancel(&l->clock);
	loop_cancel(&l->turn);
	if (!l->reads) {
		if (!l->asks)
			journal_end(l->record);
		if (l->carries)
			record_forget(l->record);
		else
			record_end(l->record);
	} else {
		leave_keyboard(l);
	}
	l->typist = NULL;
	if (l->client) {
		put_job_end(&body, &end);
		neighbour_post(l->client, PRIO_OUTPUT, MSG_JOB_END, l->id, &body);
		l->client->launch = NULL;
		l->client = NULL;
	}
	relay_job_over(l->id);
	if (l->lingering == 0)
		launch_forget(l);
}

static void kill_is_over(struct timer *);

static uint32_t
kill_limit(void)
{
	return self.heartbeat + KILL_MS;
}

/* A node that was given up waits for no input; the others have said so themselves. */
static void
feed_ends(struct launch *l, const struct target *t)
{
	if (!l->feed)
		return;
	feed_lost(l->feed, (size_t)(t - l->targets));
	if (l->typist)
		feed_send_taken(l->feed, l->typist);
}

static void
send_verdict(struct launch *l, const struct msg_event *e)
{
	struct buf body = {0};

	put_event(&body, e);
	neighbour_post(l->client, PRIO_OUTPUT, MSG_EVENT, l->id, &body);
}

static void record_verdict(struct launch *, size_t at, const struct msg_event *);

/* A node that waits for its turn has its verdict: it will not begin. */
static void
hold(struct launch *l, size_t at, uint32_t status, const char *why)
{
	struct msg_event e = {.path = l->paths[at], .kind = EVENT_HELD, .status = status, .text = why};
	struct target *t = &l->targets[at];

	if (t->state == TARGET_ENDED)
		return;
	record_verdict(l, at, &e);
	send_verdict(l, &e);
	feed_ends(l, t);
	t->state = TARGET_ENDED;
	l->starting--;
	l->pending--;
}

/* No more of its nodes begin. */
static void
hold_rest(struct launch *l, uint32_t status, const char *why)
{
	size_t at = l->turns.next;

	turns_close(&l->turns);
	for (; at < l->count; at++)
		hold(l, at, status, why);
}

static bool
is_end(unsigned signal)
{
	return signal == SIGKILL || signal == SIGTERM || signal == SIGINT || signal == SIGQUIT || signal == SIGHUP;
}

static void
signal_one(struct launch *l, size_t at, unsigned signal)
{
	struct msg_signal_one m = {.path = l->paths[at], .signal = signal};
	struct neighbour *next = neighbour_towards(&m.path);
	struct buf body = {0};

	l->targets[at].killed = l->targets[at].killed || signal == SIGKILL;
	if (!next)
		return; /* it is told when it has found another way */
	put_signal_one(&body, &m);
	neighbour_post(next, PRIO_CONTROL, MSG_SIGNAL_ONE, l->id, &body);
}

/* Why a node that waits is not started after such a signal. The caller frees. */
static char *
why_held(unsigned signal)
{
	return signal == SIGINT ? xstrdup("interrupted") : xasprintf("the job was ended by signal %u", signal);
}

/* While some wait: one that ends programs lets no more begin; another is for those that run, and none that come later. */
static bool
signal_turns(struct launch *l, unsigned signal)
{
	char *why = why_held(signal);
	bool ends = is_end(signal);
	size_t i;

	if (ends)
		hold_rest(l, 128 + signal, why);
	for (i = 0; i < l->turns.next && !ends; i++)
		if (l->targets[i].state != TARGET_ENDED)
			signal_one(l, i, signal);
	free(why);
	if (l->pending == 0)
		launch_over(l);
	return ends && !l->over;
}

/* SIGKILL starts a deadline: nodes that have not reported an end by then are given up as lost. */
static void
signal_launch(struct launch *l, unsigned signal)
{
	if (turns_wait(&l->turns) && !signal_turns(l, signal))
		return;
	job_signal(l->id, &(struct msg_signal){.signal = signal});
	if (signal != SIGKILL || l->killed || l->over)
		return;
	l->killed = true;
	loop_timer(&l->timer, kill_limit(), kill_is_over, l);
}

static void
kill_launch(struct launch *l)
{
	if (!l->killed)
		signal_launch(l, SIGKILL);
}

static void turn_is_due(struct timer *);

/* After so many failures no more begin, and with -kill-on-bad after one, which ends all. */
static void
count_failure(struct launch *l)
{
	bool enough = turns_failed(&l->turns);
	char *why;

	if (turns_wait(&l->turns) && (enough || l->kill_on_bad)) {
		why = xasprintf("%u failure%s", l->turns.failed, l->turns.failed == 1 ? "" : "s");
		hold_rest(l, 1, why);
		free(why);
	}
	if (l->kill_on_bad)
		kill_launch(l);
}

static void
target_ended(struct launch *l, struct target *t, bool bad)
{
	if (t->state == TARGET_PENDING)
		l->starting--;
	feed_ends(l, t);
	t->state = TARGET_ENDED;
	l->pending--;
	if (bad && l->kill_on_bad && !l->record->culprit && !l->timed_out && !t->overdue)
		l->record->culprit = (uint32_t)(t - l->targets) + 1;
	turns_ended(&l->turns, (size_t)(t - l->targets));
	if (bad)
		count_failure(l);
	if (l->pending == 0)
		launch_over(l);
	else if (turns_wait(&l->turns))
		loop_timer(&l->turn, 0, turn_is_due, l);
}

/* ---- events ---- */

static size_t
find_path(const struct launch *l, const struct path *p)
{
	return paths_find(l->paths, l->count, p);
}

static void
acknowledge(struct launch *l, size_t at)
{
	struct msg_ack ack = {.path = l->paths[at], .sequence = l->targets[at].expected - 1};

	l->targets[at].unacknowledged = 0;
	job_send_ack(l->id, &ack);
}

static void
no_more_processes(struct launch *l, struct target *t)
{
	if (t->lingers) {
		t->lingers = false;
		l->lingering--;
	}
	if (l->over && l->lingering == 0)
		launch_forget(l);
}

/* To a reader, once all that its node has kept has come: how the job ended there, if it has. */
static void
settle_reader(struct launch *reader, size_t at)
{
	struct msg_event e;
	struct buf body = {0};

	if (!reader->targets[at].drained || reader->targets[at].state == TARGET_ENDED)
		return;
	record_event(reader->record, at, &e);
	if (!e.kind && !reader->figures)
		return;
	e.path = reader->paths[at];
	if (e.kind && reader->client) {
		put_event(&body, &e);
		neighbour_post(reader->client, PRIO_OUTPUT, MSG_EVENT, reader->id, &body);
	}
	target_ended(reader, &reader->targets[at], false);
}

static void
drain(struct launch *reader, size_t at)
{
	reader->targets[at].drained = true;
	settle_reader(reader, at);
}

/* Those who read the job are told with the rest. */
static void
record_verdict(struct launch *l, size_t at, const struct msg_event *e)
{
	struct launch *reader, *next;

	record_outcome(l->record, at, e, l->timed_out || l->targets[at].overdue);
	for (reader = launches; reader; reader = next) {
		next = reader->next;
		if (!reader->reads || reader->record != l->record || reader->over)
			continue;
		reader->targets[at].drained |= !reader->targets[at].asked;
		settle_reader(reader, at);
	}
}

static void
judge(struct launch *l, struct target *t, const struct msg_event *e)
{
	if (l->reads) {
		if (e->kind == EVENT_EXITED)
			drain(l, (size_t)(t - l->targets));
		return;
	}
	if (e->kind == EVENT_EXITED || e->kind == EVENT_FAILED)
		record_verdict(l, (size_t)(t - l->targets), e);
	switch (e->kind) {
	case EVENT_STARTED:
		if (t->state == TARGET_PENDING) {
			t->state = TARGET_STARTED;
			l->starting--;
		}
		break;
	case EVENT_EXITED:
		t->lingers = e->flags & EXITED_LINGERS;
		l->lingering += t->lingers;
		target_ended(l, t, e->status != 0 || (t->overdue && !(e->flags & EXITED_LATE)));
		break;
	case EVENT_FAILED:
		target_ended(l, t, true);
		break;
	case EVENT_GONE:
		no_more_processes(l, t);
		break;
	case EVENT_STDOUT:
	case EVENT_STDERR:
	case EVENT_LOST:
	case EVENT_UNFIT:
	case EVENT_HELD:
	case EVENT_NOTE:
	case EVENT_SKIPPED:
	case EVENT_FIGURES:
	case EVENT_TAKEN:
		break;
	}
}

/* Out of sequence. Either we have this event and our ACK was lost: acknowledge again. Or the node was given up and has not been told: send
 * FORGET. */
static void
unexpected(struct launch *l, size_t at, uint64_t sequence)
{
	if (l->targets[at].given_up && sequence == 0)
		job_forget(&(struct msg_forget){l->paths[at], &l->id, 1});
	else if (sequence > 0 && sequence + 1 == l->targets[at].expected)
		acknowledge(l, at);
}

static void
on_taken(struct launch *l, size_t at, const struct msg_event *e)
{
	if (!l->feed)
		return;
	feed_taken(l->feed, at, e);
	if (turns_wait(&l->turns) && feed_starves(l->feed))
		hold_rest(l, 255, "its input can't be kept so long: more than 128 KiB were read before its turn");
	if (l->typist)
		feed_send_taken(l->feed, l->typist);
}

size_t
head_event(uint64_t id, const struct msg_event *e)
{
	struct launch *l = launch_find(id);
	struct target *t;
	size_t at;

	/* These are for the master to say, never for a node. */
	if (!l || e->kind == EVENT_LOST || e->kind == EVENT_UNFIT || (at = find_path(l, &e->path)) == l->count)
		return 0;
	t = &l->targets[at];
	if (e->kind == EVENT_TAKEN) {
		on_taken(l, at, e);
		return 0;
	}
	if (e->kind == EVENT_GONE && e->sequence == 0) {
		no_more_processes(l, t);
		return 0;
	}
	/* What was sent again after a link was lost may be here already; what was lost on a dead link will be sent again. */
	if (e->sequence != t->expected || t->drained || (t->state == TARGET_ENDED && e->kind != EVENT_GONE)) {
		unexpected(l, at, e->sequence);
		return 0;
	}
	t->expected++;
	if (l->client && e->kind != EVENT_GONE && !(l->reads && e->kind == EVENT_EXITED))
		neighbour_send_bytes(l->client, PRIO_OUTPUT, MSG_EVENT, id, e->body, e->body_len);
	t->unacknowledged += (uint32_t)event_charge(e);
	if (t->unacknowledged >= ACK_AFTER)
		acknowledge(l, at);
	judge(l, t, e);
	return event_charge(e);
}

/* The launch whose input a client's frame is about; NULL: it is over, or another has its keyboard. */
static struct launch *
typed_by(const struct neighbour *client, const struct frame *frame)
{
	struct launch *l = client->launch;

	if (!l || l->id != frame->job)
		return NULL;
	if (l->reads)
		l = launch_find(l->record->id);
	return l && l->typist == client ? l : NULL;
}

void
head_on_input(struct neighbour *client, const struct frame *frame)
{
	struct launch *l = typed_by(client, frame);
	struct msg_input m;

	if (take_input(frame->body, frame->len, &m) != 0)
		neighbour_malformed(client, frame);
	else if (l && (!l->feed || feed_input(l->feed, &m) != 0))
		neighbour_malformed(client, frame);
	else if (l && l->feed && m.len == 0)
		feed_send_taken(l->feed, client);
}

void
head_on_resize(struct neighbour *client, const struct frame *frame)
{
	struct launch *l = typed_by(client, frame);
	struct msg_resize m;

	if (take_resize(frame->body, frame->len, &m) != 0)
		neighbour_malformed(client, frame);
	else if (l)
		job_resize(l->id, &m);
}

/* A verdict that the master gives itself. */
static void
give_verdict(struct launch *l, size_t at, enum event_kind kind, unsigned status, const char *why)
{
	struct msg_event e = {.path = l->paths[at], .kind = kind, .status = status, .text = why};

	l->targets[at].given_up = l->strays = true;
	record_verdict(l, at, &e);
	send_verdict(l, &e);
	target_ended(l, &l->targets[at], true);
}

static void
give_up(struct launch *l, size_t at, const char *why)
{
	give_verdict(l, at, EVENT_LOST, 255, why);
}

/* Killed, and some nodes have not reported an end: their kernel can't end a process, or they will never be heard of again. */
static void
kill_is_over(struct timer *t)
{
	struct launch *l = t->owner;
	char *why;
	size_t i;

	if (l->client && job_waits_for_client(l->id)) { /* the ends are told behind the output that the client does not take */
		loop_timer(&l->timer, kill_limit(), kill_is_over, l);
		return;
	}
	why = xasprintf("it did not end within %u s of being killed", kill_limit() / 1000);
	for (i = 0; i < l->count; i++)
		if (l->targets[i].state != TARGET_ENDED)
			give_up(l, i, why);
	free(why);
}

/* ---- nodes come and go ---- */

/* A reader's node that can't be asked. */
static void
lose_reader(struct launch *l, size_t at, const char *why)
{
	char *text = xasprintf("%s: %.*s", l->figures ? "its processes can't be seen" : "its output can't be had", MAX_NOTE / 2, why);
	struct msg_event e = {.path = l->paths[at], .kind = EVENT_NOTE, .text = text};
	struct buf body = {0};

	if (l->targets[at].drained)
		return;
	l->targets[at].given_up = true;
	if (l->client && l->record->outcomes[at].kind != EVENT_LOST) { /* which says so */
		put_event(&body, &e);
		neighbour_post(l->client, PRIO_OUTPUT, MSG_EVENT, l->id, &body);
	}
	free(text);
	drain(l, at);
}

static void
lose(struct launch *l, size_t at, const char *why)
{
	if (l->reads)
		lose_reader(l, at, why);
	else
		give_up(l, at, why);
}

void
head_member_lost(struct member *m)
{
	struct launch *l, *next;

	for (l = launches; l; l = next) {
		size_t at = find_path(l, &m->path);

		next = l->next;
		if (at == l->count || l->targets[at].boot != m->info.boot || !turns_had(&l->turns, at))
			continue;
		if (l->targets[at].state != TARGET_ENDED) {
			member_must_forget(m, l->id);
			lose(l, at, m->why ? m->why : "it was lost");
		} else if (l->targets[at].lingers) {
			member_must_forget(m, l->id);
			no_more_processes(l, &l->targets[at]);
		}
	}
}

/* The nearest before it that ships the same, has not been lost, has a port and is not slow: a few steps back at most, beside slow ones,
 * behind which nobody else waits. l->count: none. */
static size_t
one_before(const struct launch *l, size_t at)
{
	size_t i, steps = 0;

	for (i = at; i-- > 0 && steps < LOOK_BACK;) {
		const struct target *t = &l->targets[i];
		const struct member *m =
			t->variant == l->targets[at].variant && !t->slow && !t->given_up ? map_find(&self.map, &l->paths[i]) : NULL;

		if (m && *m->info.address)
			return i;
		steps += !t->slow;
	}
	return l->count;
}

/* The first that has it for the one before; l->count: none. */
static size_t
one_behind(const struct launch *l, size_t at)
{
	size_t i;

	for (i = at + 1; i < l->count && one_before(l, i) != at; i++)
		;
	return i;
}

/* The address of the node that one asks for large contents. "": its parent, also where that is the one before it; and on one machine, whose
 * links are all loopback. */
static const char *
address_before(const struct launch *l, size_t at)
{
	size_t i = l->variants[l->targets[at].variant].has_manifest ? one_before(l, at) : l->count;
	const char *address;

	if (i == l->count || (l->paths[i].depth + 1 == l->paths[at].depth && path_under(&l->paths[at], &l->paths[i])))
		return "";
	address = map_find(&self.map, &l->paths[i])->info.address;
	return strncmp(address, "127.", 4) != 0 ? address : "";
}

static struct run_entry
entry_of(const struct launch *l, size_t at)
{
	return (struct run_entry){.rank = (uint32_t)at, .path = l->paths[at], .before = address_before(l, at)};
}

static void
send_before(const struct launch *l, size_t at)
{
	if (l->targets[at].state != TARGET_ENDED) /* what could not start may be none of the variants' */
		job_send_before(l->id, &(struct msg_before){l->paths[at], address_before(l, at)});
}

/* The nearest before it that is held for slow, by a verdict that is known or is not; l->count: none. */
static size_t
slow_before(const struct launch *l, size_t at, bool known)
{
	size_t i;

	for (i = at; i-- > 0;)
		if (l->targets[i].slow && (l->targets[i].tried == KNOWN_SLOW) == known)
			return i;
	return l->count;
}

/* The one behind a node that may be slow asks that node's source at once: if it is, nobody waits while it tries another. */
static void
try_past(struct launch *l, size_t at)
{
	size_t next = one_behind(l, at);

	if (next == l->count)
		return;
	l->targets[at].slow = true;
	l->targets[next].tried = TRIED_PAST;
	send_before(l, next);
	l->targets[at].slow = false;
}

/* The slow one's source is slow to the next one, too: either is so. It tries the one beyond, and so does the first. */
static void
try_beyond(struct launch *l, size_t at)
{
	size_t source = one_before(l, at), first = slow_before(l, at, true);

	if (source == l->count) { /* the parent is no better: its own wire is what all wait for */
		l->targets[at].tried = NOT_TRIED;
		if (first < l->count)
			l->targets[first].slow = false;
		return;
	}
	try_past(l, at);
	l->targets[source].slow = true;
	l->targets[at].tried = TRIED_BEYOND;
	if (first < l->count)
		send_before(l, first);
	send_before(l, at);
}

/* No node waits behind it any more: the one that did tries the slow one's source, if it has not yet. */
static void
end_chain(struct launch *l, size_t at)
{
	size_t next = one_behind(l, at), tried = next < l->count ? l->targets[next].tried : NOT_TRIED;

	l->targets[at].slow = true;
	l->targets[at].tried = KNOWN_SLOW;
	if (next == l->count)
		return;
	l->targets[next].tried = TRIED_SOURCE;
	if (tried == FAILED_PAST)
		try_beyond(l, next);
	else if (tried != TRIED_PAST)
		send_before(l, next);
}

/* A node is slow behind its source, or was told to try another and that one was no better. */
void
head_slow(uint64_t id, const struct msg_slow *m)
{
	struct launch *l = launch_find(id);
	size_t at, source;

	if (!l || (at = find_path(l, &m->path)) == l->count || l->targets[at].tried == KNOWN_SLOW)
		return;
	if (l->targets[at].tried == TRIED_SOURCE) {
		try_beyond(l, at);
		return;
	}
	if (l->targets[at].tried == TRIED_PAST) { /* what the one before it finds says which it is */
		l->targets[at].tried = FAILED_PAST;
		return;
	}
	source = l->targets[at].tried == TRIED_BEYOND ? slow_before(l, at, false) : l->count;
	if (source < l->count) /* it was not the source */
		l->targets[source].slow = false;
	end_chain(l, at);
}

static void
send_run(struct launch *l, uint8_t variant, struct run_entry *entries, size_t count)
{
	const struct variant *v = &l->variants[variant];
	struct msg_run run = {.has_manifest = v->has_manifest,
		.manifest = v->manifest,
		.block = l->block->data,
		.block_len = l->block->len,
		.entries = entries,
		.count = count};

	if (count > 0)
		job_send_run(l->id, &run, l->block);
}

/* To all that have come up since the last time: a node that has it already takes it for what it is. */
static void
run_again(struct launch *l, uint8_t variant, struct run_entry *entries)
{
	size_t i, n = 0;

	for (i = 0; i < l->count; i++) {
		struct target *t = &l->targets[i];

		if (t->again && !t->drained && t->variant == variant) {
			t->again = false;
			if (l->feed)
				feed_missed(l->feed, i);
			entries[n++] = entry_of(l, i);
		}
	}
	send_run(l, variant, entries, n);
	for (i = 0; i < n; i++)
		if (l->targets[entries[i].rank].killed)
			signal_one(l, entries[i].rank, SIGKILL);
}

static void
run_all_again(void)
{
	struct launch *l;
	size_t i;

	for (l = launches; l; l = l->next) {
		struct run_entry *entries;

		if (!l->again)
			continue;
		l->again = false;
		entries = xcalloc(l->count, sizeof(*entries));
		for (i = 0; i < l->variant_count; i++)
			run_again(l, (uint8_t)i, entries);
		if (l->feed)
			feed_again(l->feed);
		free(entries);
	}
}

void
head_member_up(struct member *m, bool same_process)
{
	struct launch *l, *next;

	if (same_process && m->forget_count)
		job_forget(&(struct msg_forget){m->path, m->forget, m->forget_count});
	free(m->forget);
	m->forget = NULL;
	m->forget_count = 0;
	for (l = launches; l; l = next) {
		size_t at = find_path(l, &m->path);

		next = l->next;
		if (at == l->count || !turns_had(&l->turns, at))
			continue;
		if (l->targets[at].boot != m->info.boot || m->generation != PROTO_GENERATION) {
			if (l->targets[at].state != TARGET_ENDED)
				lose(l, at,
					same_process ? "it is reached through a node with another gproc now"
						     : "its gproc was started anew");
			else
				no_more_processes(l, &l->targets[at]);
		} else if (l->targets[at].state != TARGET_ENDED) {
			l->again = l->targets[at].again = true;
		} else if (l->targets[at].lingers) {
			acknowledge(l, at); /* it answers when it does not know the job any more */
		}
	}
}

void
head_map_changed(void)
{
	run_all_again();
	answer_map_changed();
}

/* ---- a launch ---- */

static bool
refused(struct neighbour *client, uint32_t generation)
{
	if (!access_may_launch(&client->who)) {
		warn_often(1, "user %u is refused: not one of those who may use this master", client->who.uid);
		neighbour_send_error(client, 255, "user %u may not use this master (started with -users=\"%s\"%s%s)", client->who.uid,
			self.options->users, *self.options->allow ? " -allow=" : "", self.options->allow);
		return true;
	}
	if (generation != PROTO_GENERATION) {
		neighbour_send_error(client, 255, "this gproc speaks generation %u of the protocol, the master %u: use the same version",
			generation, PROTO_GENERATION);
		return true;
	}
	return false;
}

/* Bytes that what a node is told of the launch is counted as: no more than they are. */
static size_t
block_cost(const struct neighbour *client, const struct msg_launch *m)
{
	return reader_left(&m->around.words) + strlen(m->around.cwd) + strlen(m->around.binroot) + client->who.group_count * 4 +
	       sizeof(m->around.limits) + 128;
}

/* One that outlives its client reads nothing, unless a later one may sit down at its terminal. */
static bool
is_fed(const struct msg_launch *m)
{
	return m->around.input == INPUT_TERMINAL || (m->around.input == INPUT_STREAM && !(m->flags & LAUNCH_DETACH));
}

/* And all else that the master keeps of the launch. */
static size_t
launch_cost(const struct msg_launch *m, size_t nodes)
{
	return (is_fed(m) ? feed_cost(nodes, m->fanout) : 0) + LAUNCH_COST +
	       nodes * (sizeof(struct path) + sizeof(struct target) + VERDICT_COST + (m->fanout ? sizeof(uint64_t) : 0) +
			       (m->flags & LAUNCH_NAMES ? NAME_COST : 0));
}

static size_t
reader_cost(size_t nodes)
{
	return LAUNCH_COST + nodes * (sizeof(struct path) + sizeof(struct target) + VERDICT_COST);
}

static void
give_back(const struct shared *block)
{
	share_give(block->owner, block->counted);
}

static void
make_block(struct launch *l, const struct msg_launch *m)
{
	const struct peer *who = &l->client->who;
	struct run_common run = {
		.flags = (m->flags & LAUNCH_LOCALBIN ? RUN_LOCALBIN : 0u) | (m->flags & LAUNCH_GLOB ? RUN_GLOB : 0u) |
			 (m->flags & LAUNCH_NODE_CWD ? RUN_NODE_CWD : 0u) | (m->flags & LAUNCH_SUBST ? RUN_SUBST : 0u) |
			 (m->flags & LAUNCH_GET ? RUN_GET : 0u) | (m->flags & LAUNCH_PUT ? RUN_PUT : 0u) |
			 (m->flags & LAUNCH_COMPARE ? RUN_COMPARE : 0u) | (m->flags & LAUNCH_HEALTH ? RUN_HEALTH : 0u) |
			 (l->detached ? RUN_DETACHED : 0u) |
			 (l->detached || m->start || l->terminal || m->flags & LAUNCH_TELL_START ? RUN_TELL_START : 0u),
		.view = m->view,
		.size = (uint32_t)l->count,
		.uid = who->uid,
		.gid = who->gid,
		.groups = who->groups,
		.group_count = (uint32_t)who->group_count,
		.start_limit = m->start,
		.job_text = l->record->text,
		.keep = m->keep,
		.around = m->around,
	};
	struct buf bytes = {0};

	if (!l->feed)
		run.around.input = INPUT_NONE;
	put_run_common(&bytes, &run);
	l->block = shared_new(bytes.len);
	memcpy(l->block->data, bytes.data, bytes.len);
	l->block->owner = who->uid;
	l->block->counted = block_cost(l->client, m);
	l->block->freed = give_back;
	buf_free(&bytes);
}

/* Whether a node's kernel runs programs of a machine, as far as that is known. */
static bool
runs(const struct member *node, const char *machine)
{
	size_t len = strlen(machine);
	const char *at = len ? strstr(node->runs, machine) : NULL;

	while (at && ((at > node->runs && at[-1] != ' ') || (at[len] && at[len] != ' ')))
		at = strstr(at + 1, machine);
	return at || !len || !*node->runs;
}

/* The variant made for the node's machine, else the one that fits all; count when there is none. */
static uint32_t
variant_made_for(const struct msg_launch *m, const struct member *node)
{
	const char *machine = node->info.machine;
	uint32_t i, found = m->variants;
	bool exact = false;

	for (i = 0; i < m->variants && node->generation == PROTO_GENERATION && !exact; i++) {
		exact = strcmp(m->variant[i].machine, machine) == 0;
		if (exact || !*m->variant[i].machine)
			found = i;
	}
	return found;
}

/* The same; one more than count when the node can't run it. */
static uint32_t
variant_for(const struct msg_launch *m, const struct member *node)
{
	uint32_t found = variant_made_for(m, node);

	return found == m->variants || runs(node, m->variant[found].made_for) ? found : m->variants + 1;
}

static void
term_is_over(struct timer *t)
{
	kill_launch(t->owner);
}

/* By a signal at first; and by force what has not ended in the time that -kill-after gives. */
static void
end_launch(struct launch *l, unsigned signal)
{
	if (l->killed || l->over)
		return;
	loop_timer(&l->timer, l->kill_after, term_is_over, l);
	signal_launch(l, signal);
}

static void
timeout_is_due(struct timer *t)
{
	struct launch *l = t->owner;

	l->timed_out = true;
	if (l->client)
		neighbour_send(l->client, PRIO_OUTPUT, MSG_TIMEOUT, l->id, NULL);
	if (l->kill_after == 0)
		kill_launch(l);
	else
		end_launch(l, SIGTERM);
}

/* A number that no launch has; half: what stands above it. 0 is no job. */
static uint64_t
new_id(uint32_t half, uint32_t *last)
{
	uint64_t id;

	do
		id = (uint64_t)half << 32 | ++*last;
	while (*last == 0 || launch_find(id) || record_has(id)); /* a detached one may be older than four billion others */
	return id;
}

/* With its nodes, none of which has begun. */
static struct launch *
launch_add(struct neighbour *client, uint64_t id, struct path *paths, size_t count)
{
	struct launch *l = xcalloc(1, sizeof(*l));

	l->id = id;
	l->client = client;
	l->uid = client->who.uid;
	l->paths = paths;
	l->count = l->pending = l->starting = count;
	l->targets = xcalloc(count, sizeof(l->targets[0]));
	turns_begin(&l->turns, count, 0, 0);
	client->launch = l;
	l->next = launches;
	launches = l;
	return l;
}

/* What is done with the words of a launch that runs no program. */
static const char *
verb_of(unsigned flags)
{
	return flags & LAUNCH_GET ? "gproc get" : flags & LAUNCH_PUT ? "gproc cp to" : "";
}

static struct launch *
launch_new(struct neighbour *client, const struct msg_launch *m, struct choice *c)
{
	struct launch *l = launch_add(client, new_id((uint32_t)self.boot, &last_number), c->paths, c->count);
	char *text = xasprintf("%u.%08x", last_number, (uint32_t)self.boot);
	size_t i;

	c->paths = NULL;
	l->record =
		record_new(l->id, text, m->name, l->uid, verb_of(m->flags), &m->around, l->paths, l->count, record_cost(l->count, m->name));
	free(text);
	l->record->timeout = m->timeout;
	l->asks = m->flags & (LAUNCH_COMPARE | LAUNCH_HEALTH);
	if (!l->asks)
		journal_start(l->record);
	l->counted = launch_cost(m, c->count);
	l->detached = m->flags & LAUNCH_DETACH;
	l->typist = client;
	l->terminal = m->around.input == INPUT_TERMINAL;
	l->kill_on_bad = m->flags & LAUNCH_KILL_ON_BAD;
	l->carries = l->asks || m->flags & (LAUNCH_GET | LAUNCH_PUT);
	l->kill_after = m->kill_after;
	for (i = 0; i < l->count; i++)
		l->targets[i] =
			(struct target){.boot = c->members[i]->info.boot, .expected = 1, .variant = (uint8_t)variant_for(m, c->members[i])};
	turns_begin(&l->turns, l->count, m->fanout, m->stop_after);
	l->timeout = m->timeout;
	l->variant_count = m->variants;
	l->variants = xcalloc(m->variants, sizeof(l->variants[0]));
	memcpy(l->variants, m->variant, m->variants * sizeof(l->variants[0]));
	if (is_fed(m))
		l->feed = feed_new(l->id, l->paths, l->count, turns_wait(&l->turns));
	make_block(l, m);
	if (m->timeout && !l->turns.most)
		loop_timer(&l->timer, m->timeout, timeout_is_due, l);
	return l;
}

static void
send_accepted(struct launch *l, const struct left_out *left)
{
	struct msg_accepted m = {.job = l->record->text, .left = *left, .paths = l->paths, .count = (uint32_t)l->count};
	struct buf body = {0};
	size_t i;

	for (i = 0; i < l->count; i++)
		m.unfit += l->targets[i].variant > l->variant_count;
	put_accepted(&body, &m);
	neighbour_post(l->client, PRIO_OUTPUT, MSG_ACCEPTED, l->id, &body);
}

/* So that the client can say which are meant: of all nodes that the spec selects, those that are down too. */
static void
send_names(struct launch *l, const struct choice *c)
{
	struct buf body = {0};
	size_t i;

	for (i = 0; i < c->shown_count; i++) {
		const struct member *m = c->shown[i];

		put_named(&body, &(struct msg_named){.path = m->path, .host = m->info.hostname, .machine = m->info.machine});
		if (body.len < 64 * 1024 && i + 1 < c->shown_count)
			continue;
		neighbour_send(l->client, PRIO_OUTPUT, MSG_NAMES, l->id, &body);
		body.len = 0;
	}
	buf_free(&body);
}

/* Those from a place on that have begun and are not told of it yet. */
static void
send_variant(struct launch *l, uint8_t variant, size_t from, struct run_entry *entries)
{
	size_t i, n = 0;

	for (i = from; i < l->turns.next; i++)
		if (l->targets[i].variant == variant && l->targets[i].state != TARGET_ENDED)
			entries[n++] = entry_of(l, i);
	send_run(l, variant, entries, n);
	l->sent |= n > 0;
}

static void
send_begun(struct launch *l, size_t from)
{
	struct run_entry *entries = xcalloc(l->turns.next - from + 1, sizeof(*entries));
	bool first = !l->sent;
	size_t i;

	for (i = 0; i < l->variant_count; i++)
		send_variant(l, (uint8_t)i, from, entries);
	free(entries);
	if (first && l->sent)
		job_set_credit(l->id, l->credit);
}

static void
send_launch(struct launch *l, uint32_t window)
{
	l->credit = l->detached ? FOR_EVER : window < CLIENT_WINDOW ? window : CLIENT_WINDOW;
	send_begun(l, 0);
}

static char *
why_not(const struct member *node)
{
	if (node->generation != PROTO_GENERATION)
		return xasprintf("its gproc, %s, or that of a node on the way to it, speaks another generation of the protocol than the "
				 "master's, " GPROC_VERSION,
			node->info.version);
	return xasprintf("nothing was sent for its machine, %s", node->info.machine);
}

static char *
why_unfit(const struct msg_launch *m, const struct member *node)
{
	struct reader words = m->around.words;

	(void)take_u32(&words); /* their count */
	return xasprintf("%s, %s is for %s", node->info.machine, take_str(&words), m->variant[variant_made_for(m, node)].made_for);
}

/* Those for which the client brought nothing that they could run, and those that can't be told to run anything. */
static void
fail_strangers(struct launch *l, const struct choice *c, const struct msg_launch *m)
{
	size_t i, strangers = 0, n = l->count, variants = l->variant_count;

	for (i = 0; i < n; i++)
		strangers += l->targets[i].variant >= variants;
	for (i = 0; i < n && strangers; i++) {
		bool unfit = l->targets[i].variant > variants;
		unsigned status = c->members[i]->generation == PROTO_GENERATION ? 126 : 255;
		char *why;

		if (l->targets[i].variant < variants)
			continue;
		strangers--;
		why = unfit ? why_unfit(m, c->members[i]) : why_not(c->members[i]);
		give_verdict(l, i, unfit ? EVENT_UNFIT : EVENT_FAILED, status, why); /* with the last one the launch may be over */
		free(why);
	}
}

/* ---- some at a time ---- */

/* A node whose turn it is may have gone meanwhile, or come again as another process. */
static void
check_turn(struct launch *l, size_t at)
{
	const struct member *m = map_find(&self.map, &l->paths[at]);

	if (l->targets[at].state == TARGET_ENDED) /* nothing that it could run was sent */
		turns_ended(&l->turns, at);
	else if (!m || m->state == NODE_LOST)
		give_up(l, at, m && m->why ? m->why : "it is not there any more");
	else
		l->targets[at].boot = m->info.boot;
}

static void clock_is_due(struct timer *);

static void
set_clock(struct launch *l)
{
	uint64_t now = now_ms(), when = turns_when(&l->turns, TURN_OVERDUE, l->timeout), kill = l->timeout + l->kill_after,
		 killed = turns_when(&l->turns, TURN_KILLED, kill), given_up = turns_when(&l->turns, TURN_GIVEN_UP, kill + kill_limit());

	when = killed < when ? killed : when;
	when = given_up < when ? given_up : when;
	if (l->timeout && when != UINT64_MAX)
		loop_timer(&l->clock, when > now ? when - now : 0, clock_is_due, l);
}

/* Those who read the job's output ask the nodes that have just begun too. */
static void
ask_begun(const struct launch *l, struct launch *reader, size_t from)
{
	struct run_entry *entries = xcalloc(l->turns.next - from + 1, sizeof(*entries));
	size_t i, n = 0;

	for (i = from; i < l->turns.next; i++) {
		struct target *t = &reader->targets[i];

		t->asked = !t->drained && l->targets[i].state != TARGET_ENDED;
		if (t->asked)
			entries[n++] = entry_of(reader, i);
	}
	send_run(reader, 0, entries, n);
	if (n && !reader->sent)
		job_set_credit(reader->id, reader->credit);
	reader->sent |= n > 0;
	free(entries);
}

static void
turn_is_due(struct timer *t)
{
	struct launch *l = t->owner;
	struct launch *reader;
	size_t from = l->turns.next, at;

	while (!l->over && turns_next(&l->turns, &at))
		check_turn(l, at);
	if (l->over)
		return;
	send_begun(l, from);
	for (at = from; l->feed && at < l->turns.next; at++)
		feed_begins(l->feed, at);
	if (l->feed)
		feed_again(l->feed);
	for (reader = launches; reader; reader = reader->next)
		if (reader->reads && !reader->figures && reader->record == l->record && !reader->over)
			ask_begun(l, reader, from);
	set_clock(l);
}

/* Those whose time has just ended are asked to end, or killed at once. */
static void
end_overdue(struct launch *l)
{
	struct buf body = {0};
	size_t at;

	while (turns_due(&l->turns, TURN_OVERDUE, l->timeout, &at)) {
		if (l->targets[at].state == TARGET_ENDED)
			continue;
		l->targets[at].overdue = true;
		put_path(&body, &l->paths[at]);
		signal_one(l, at, l->kill_after ? SIGTERM : SIGKILL);
	}
	if (body.len && l->client)
		neighbour_send(l->client, PRIO_OUTPUT, MSG_TIMEOUT, l->id, &body);
	buf_free(&body);
}

/* What -timeout is for all nodes that begin at once it is here for each, from its turn on. */
static void
clock_is_due(struct timer *t)
{
	struct launch *l = t->owner;
	uint64_t kill = l->timeout + l->kill_after;
	char *why = xasprintf("it did not end within %u s of being killed", kill_limit() / 1000);
	size_t at;

	end_overdue(l);
	while (turns_due(&l->turns, TURN_KILLED, kill, &at))
		if (l->targets[at].state != TARGET_ENDED)
			signal_one(l, at, SIGKILL);
	while (!l->over && turns_due(&l->turns, TURN_GIVEN_UP, kill + kill_limit(), &at))
		if (l->targets[at].state != TARGET_ENDED)
			give_up(l, at, why);
	free(why);
	if (!l->over)
		set_clock(l);
}

/* What each node is told holds, beside what the launch does, its user's groups, a job id, and every node: no link takes more than a
 * frame of it. */
static bool
fits_a_frame(const struct neighbour *client, size_t len, const struct choice *c)
{
	size_t size = len + 128 + client->who.group_count * 4, i;
	const char *longest = "";

	for (i = 0; i < c->count; i++)
		if (strlen(c->members[i]->info.address) > strlen(longest))
			longest = c->members[i]->info.address;
	for (i = 0; i < c->count; i++)
		size += run_entry_size(&(struct run_entry){.path = c->paths[i], .before = longest});
	return size <= MAX_FRAME - FRAME_HEAD;
}

/* Appends "; down: 3", unless there is none. */
static void
put_list(struct buf *text, const char *what, const char *nodes)
{
	if (!*nodes)
		return;
	put_bytes(text, "; ", 2);
	put_bytes(text, what, strlen(what));
	put_bytes(text, nodes, strlen(nodes));
}

static void
refuse_launch(struct neighbour *client, const struct msg_launch *m, const struct choice *c)
{
	const char *why = c->count			       ? "selects nodes that are not all up (-strict): nothing was started"
			  : c->shown_count == 0 && *m->only    ? "selects no node that -only keeps"
			  : c->shown_count == 0 && *m->exclude ? "selects no node that -x does not leave out"
			  : *c->refused			       ? "selects no node that is up and that you may use"
							       : "selects no node that is up";
	const struct left_out *left = &c->left;
	struct buf lists = {0};

	put_list(&lists, "refused: ", c->refused);
	put_list(&lists, "down: ", left->down);
	put_list(&lists, "down: ", left->open_down);
	put_list(&lists, "not there: ", left->missing);
	put_list(&lists, "not there: ", left->open_missing);
	put_list(&lists, "did you mean ", left->hint);
	put_list(&lists, "", left->advice);
	put_u8(&lists, 0);
	neighbour_send_error(client, 255, "\"%s\" %s%s", m->spec, why, (const char *)lists.data);
	buf_free(&lists);
}

static void
refuse_room(struct neighbour *client, size_t cost)
{
	char *why = share_refusal(client->who.uid, cost);

	neighbour_send_error(client, 255, "%s", why);
	free(why);
}

/* What is kept of ended jobs goes for what is to begin. */
static bool
take_share(uint32_t uid, size_t cost)
{
	while (!share_take(uid, cost))
		if (!record_evict(uid))
			return false;
	return true;
}

/* A terminal is one person's, so it is one program's. */
static void
refuse_terminals(struct neighbour *client, const struct msg_launch *m, const struct choice *c)
{
	if (c->shown_count > 1)
		neighbour_send_error(client, 2, "\"%s\" selects %zu nodes, and -t is for one", m->spec, c->shown_count);
	else
		neighbour_send_error(client, 2, "\"%s\" names more nodes than one, and -t is for one", m->spec);
}

static bool
all_up(const struct left_out *left)
{
	return !*left->missing && !*left->down && !*left->refused && !*left->open_missing && !*left->open_down;
}

static void
start(struct neighbour *client, const struct msg_launch *m, size_t len, struct choice *c)
{
	size_t cost = launch_cost(m, c->count) + block_cost(client, m) + record_cost(c->count, m->name);
	const struct record *namesake = *m->name ? record_running(m->name, client->who.uid) : NULL;
	struct launch *l;

	if (c->count == 0 || (m->flags & LAUNCH_STRICT && !all_up(&c->left))) {
		refuse_launch(client, m, c);
	} else if (m->around.input == INPUT_TERMINAL && (c->count > 1 || *c->left.missing || *c->left.down || *c->left.refused)) {
		refuse_terminals(client, m, c);
	} else if (!fits_a_frame(client, len, c)) {
		neighbour_send_error(client, 255, "arguments and environment, with %zu groups and %zu nodes, are more than a message holds",
			client->who.group_count, c->count);
	} else if (namesake) {
		neighbour_send_error(client, 255, "the name %s is taken: job %s runs under it", m->name, namesake->text);
	} else if (!take_share(client->who.uid, cost)) {
		refuse_room(client, cost);
	} else {
		l = launch_new(client, m, c);
		if (m->flags & LAUNCH_NAMES)
			send_names(l, c);
		send_accepted(l, &c->left);
		send_launch(l, m->window);
		if (l->feed)
			feed_send_taken(l->feed, client);
		fail_strangers(l, c, m);
		if (l->turns.most)
			loop_timer(&l->turn, 0, turn_is_due, l);
	}
}

/* The frame that was let come has been dealt with. */
static void
count_frame_back(struct neighbour *client)
{
	if (client->counted > SHARE_CLIENT)
		share_give(client->who.uid, client->counted - SHARE_CLIENT);
	client->counted = client->counted > SHARE_CLIENT ? SHARE_CLIENT : client->counted;
	client->largest = CLIENT_FRAME;
}

void
head_large_frame(struct neighbour *client, size_t len)
{
	if (refused(client, PROTO_GENERATION)) {
		link_deafen(client->link);
	} else if (!share_take(client->who.uid, len)) {
		refuse_room(client, len);
		link_deafen(client->link);
	} else {
		client->counted += len;
		client->largest = len;
	}
}

/* A launch whose nodes are being chosen; its texts are the frame's. */
struct launching {
	struct msg_launch m;
	struct choosing *choosing;
};

static void
launching_free(void *what)
{
	struct launching *g = what;

	choosing_free(g->choosing);
	free(g);
}

/* False when it can't be, which the client has been told. */
static bool
launching_new(struct errand *e)
{
	struct neighbour *client = e->client;
	struct launching *g;
	struct msg_launch m;

	if (take_launch(e->frame.body, e->frame.len, &m) != 0) {
		if (!refused(client, m.generation))
			neighbour_send_error(client, 255, "the master can't read this launch: is gproc of the same version on both sides?");
		return false;
	}
	if (client->launch || refused(client, m.generation))
		return false;
	g = xcalloc(1, sizeof(*g));
	g->m = m;
	g->choosing = choosing_new(&client->who, m.spec, m.exclude, m.only);
	e->work = g;
	e->drop = launching_free;
	return true;
}

static bool
launch_step(struct errand *e)
{
	struct launching *g = e->work;
	enum choosing_state state;
	struct choice c;

	if (!g)
		return !launching_new(e);
	state = choosing_go(g->choosing, &c);
	if (state == CHOOSING)
		return false;
	if (state == CHOSEN_BADLY) {
		neighbour_send_error(e->client, 2, "%s", choosing_error());
		return true;
	}
	count_frame_back(e->client);
	start(e->client, &g->m, e->frame.len, &c);
	choice_free(&c);
	return true;
}

void
head_on_launch(struct neighbour *client, const struct frame *frame)
{
	agenda_add(client, frame, launch_step);
}

static bool
signal_step(struct errand *e)
{
	struct neighbour *client = e->client;
	struct launch *l = typed_by(client, &e->frame);
	struct msg_signal m;

	if (take_signal(e->frame.body, e->frame.len, &m) != 0)
		neighbour_malformed(client, &e->frame);
	else if (l)
		signal_launch(l, m.signal);
	return true;
}

void
head_on_signal(struct neighbour *client, const struct frame *frame)
{
	agenda_add(client, frame, signal_step);
}

void
head_on_credit(struct neighbour *client, const struct frame *frame)
{
	int64_t room = CLIENT_WINDOW - job_credit(frame->job);
	struct msg_credit m;

	if (room < 0)
		room = 0;
	if (take_credit(frame->body, frame->len, &m) != 0)
		neighbour_malformed(client, frame);
	else if (client->launch && client->launch->id == frame->job)
		job_forward_credit(frame->job, m.bytes < room ? m.bytes : (uint32_t)room);
}

static void
client_leaves(struct launch *l)
{
	l->client->launch = NULL;
	l->client = l->typist = NULL;
	job_set_credit(l->id, FOR_EVER);
	job_forward_credit(l->id, 0); /* events that waited for the client are let through, and dropped */
}

void
head_client_gone(struct neighbour *client)
{
	struct launch *l = client->launch;

	if (!l)
		return;
	if (l->reads) {
		leave_keyboard(l);
		client->launch = NULL;
		launch_forget(l);
		return;
	}
	client_leaves(l);
	/* Detached, and everywhere started: it lives on. Otherwise its verdicts would reach no client. */
	if (l->detached && !l->starting)
		return;
	if (l->terminal && l->kill_after && !l->starting)
		end_launch(l, SIGHUP);
	else
		kill_launch(l);
}

void
head_on_detach(struct neighbour *client, const struct frame *frame)
{
	struct launch *l = client->launch;

	if (!l || l->id != frame->job) /* it is over, which is on its way to the client */
		return;
	if (l->starting) {
		neighbour_send_error(client, 255, "job %s has not started yet", l->record->text);
		return;
	}
	l->detached = true;
	client_leaves(l);
	neighbour_send(client, PRIO_OUTPUT, MSG_OK, frame->job, NULL);
}

/* ---- readers ---- */

/* What is told all of the job's nodes that can be asked. */
static void
make_reader_block(struct launch *l, const struct msg_attach *m)
{
	struct run_common run = {.flags = m->figures ? RUN_FIGURES : RUN_WATCH,
		.size = (uint32_t)l->count,
		.uid = l->record->uid,
		.job_text = l->record->text,
		.of = l->record->id,
		.tail = m->tail,
		.around = {.cwd = "", .binroot = ""}};
	struct buf bytes = {0};

	strings_add(&run.around.argv, "-");
	put_run_common(&bytes, &run);
	strings_free(&run.around.argv);
	l->block = shared_new(bytes.len);
	memcpy(l->block->data, bytes.data, bytes.len);
	buf_free(&bytes);
}

static struct launch *
reader_new(struct neighbour *client, struct record *of, const struct msg_attach *m)
{
	struct launch *l = launch_add(client, new_id(~(uint32_t)self.boot, &last_reader), record_paths(of), of->count);
	size_t i;

	l->reads = true;
	l->figures = m->figures;
	l->record = record_hold(of);
	l->counted = reader_cost(of->count);
	l->variant_count = 1;
	l->variants = xcalloc(1, sizeof(l->variants[0]));
	make_reader_block(l, m);
	for (i = 0; i < l->count; i++) {
		const struct member *member = map_find(&self.map, &l->paths[i]);

		l->targets[i] = (struct target){.expected = 1, .boot = member ? member->info.boot : 0};
	}
	return l;
}

/* Why a node can't be asked; NULL: it can. */
static const char *
deaf(const struct path *p)
{
	const struct member *m = map_find(&self.map, p);

	if (!m || m->state == NODE_LOST)
		return m && m->why ? m->why : "it is not there";
	return m->generation == PROTO_GENERATION ? NULL : "another gproc runs there now";
}

/* Asks those that can be asked; the others are settled when all has been sent, for with the last the reader may be over. */
static void
send_reader(struct launch *l, uint32_t window)
{
	struct run_entry *entries = xcalloc(l->count, sizeof(*entries));
	const struct launch *of = launch_find(l->record->id);
	bool *waits = xcalloc(l->count, sizeof(*waits));
	size_t i, n = 0, count = l->count;

	for (i = 0; i < count; i++) {
		waits[i] = of && !turns_had(&of->turns, i) && !l->record->outcomes[i].kind;
		l->targets[i].asked = !deaf(&l->paths[i]) && !waits[i] && !(l->figures && l->record->outcomes[i].kind);
		if (l->targets[i].asked)
			entries[n++] = entry_of(l, i);
	}
	send_run(l, 0, entries, n);
	l->sent = n > 0;
	l->credit = window < CLIENT_WINDOW ? window : CLIENT_WINDOW;
	job_set_credit(l->id, l->credit);
	for (i = 0; i < count; i++) {
		const char *why = deaf(&l->paths[i]);

		if (l->targets[i].asked || (waits[i] && !l->figures)) /* it is asked when its turn has come */
			continue;
		if (why && !(l->figures && l->record->outcomes[i].kind))
			lose_reader(l, i, why);
		else
			drain(l, i);
	}
	free(entries);
	free(waits);
}

/* To a reader's client, if no other has it. */
static void
give_keyboard(const struct launch *reader)
{
	struct launch *l = launch_find(reader->record->id);
	struct msg_keyboard m = {.state = KEYBOARD_YOURS};
	struct buf body = {0};

	if (!l || !l->terminal || l->over)
		return;
	m.offset = l->typist ? UINT64_MAX : feed_hand_over(l->feed);
	if (m.offset == UINT64_MAX)
		m = (struct msg_keyboard){.state = l->typist ? KEYBOARD_TAKEN : KEYBOARD_ENDED, .uid = l->typist ? l->typist->who.uid : 0};
	else
		l->typist = reader->client;
	put_keyboard(&body, &m);
	neighbour_post(reader->client, PRIO_OUTPUT, MSG_KEYBOARD, reader->id, &body);
	if (m.state == KEYBOARD_YOURS)
		feed_send_taken(l->feed, l->typist);
}

void
head_read(struct neighbour *client, struct record *of, const struct msg_attach *m)
{
	struct left_out none = {"", "", "", "", "", "", "", "", ""};
	struct launch *l;

	if (client->launch)
		return;
	if (!take_share(client->who.uid, reader_cost(of->count))) {
		refuse_room(client, reader_cost(of->count));
		return;
	}
	l = reader_new(client, of, m);
	send_accepted(l, &none);
	if (m->keys)
		give_keyboard(l);
	send_reader(l, m->window);
}

/* ---- what may be done with a job ---- */

const char *
head_state(uint64_t id)
{
	const struct launch *l = launch_find(id);

	if (!l)
		return NULL;
	return l->over ? "lingering" : l->killed ? "ending" : l->detached ? "detached" : "running";
}

void
head_kill(uint64_t id, unsigned signal)
{
	struct launch *l = launch_find(id);

	if (l)
		signal_launch(l, signal);
}

bool
head_kill_one(uint64_t id, const struct path *node, unsigned signal)
{
	struct launch *l = launch_find(id);
	size_t at = l ? find_path(l, node) : 0;
	char *why;

	if (!l || at == l->count)
		return false;
	if (turns_had(&l->turns, at)) {
		signal_one(l, at, signal);
	} else if (is_end(signal)) {
		why = why_held(signal);
		hold(l, at, 128 + signal, why);
		free(why);
	}
	return true;
}
