/* Jobs as they pass through this node: which nodes below take part, what comes up and is let through, signals and ends.
 * Must never know mounts, or how a verdict is judged. */
#include "node/job.h"
#include "node/asker.h"
#include "node/outbox.h"
#include "node/part.h"
#include "node/relay.h"
#include "node/self.h"
#include "node/viewer.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
	OUTPUT_BUDGET = 8 << 20, /* bytes of events that all links together may bring unasked; doc/architecture.md has the sum */
	WINDOW_MIN = 2 << 10,	 /* for each branch of each job, even beyond the budget: or it would stand still */
	WINDOW_START = 8 << 10,	 /* a branch that uses it up gets more: most jobs print a line or two */
	WINDOW_MAX = 64 << 10,
	LINK_INPUT = 256 << 10, /* bytes of input that each link may hold that stands still, */
	NODE_INPUT = 4 << 20,	/* beyond these, of all of them together */
};

/* The part of a job that lies behind one child. */
struct branch {
	struct neighbour *child;
	struct buf queue; /* events that wait for credit, unread, as in an EVENTS */
	size_t head;
	uint32_t window, owed; /* granted; let through but not granted anew */
	struct branch *next;
};

struct job {
	uint64_t id;
	struct branch *branches, **last;
	size_t waiting; /* branches whose queue is not empty */
	bool part_turn;
	int64_t credit; /* bytes of events that may go up; one event may overdraw it */
	uint32_t above; /* the window that the link upwards was given: none below is larger, so that no event is */
	unsigned signalled;
	struct buf screen;    /* the body of the last RESIZE */
	bool done, forgotten; /* forgotten: given up by the head, while others below may still take part */
	struct part *part;    /* what runs on this node; NULL: nothing */
	struct viewer *viewer; /* or reads here what another job prints */
	struct outbox *out;    /* the events of either; NULL: there are none */
	struct job *next;
};

static const char unreadable[] = "one of its EVENTS can't be read";

static struct job *jobs;
static size_t count, granted; /* jobs; the sum of all branches' windows */

size_t
job_count(void)
{
	return count;
}

bool
job_runs_here(void)
{
	const struct job *j;

	for (j = jobs; j && !j->part; j = j->next)
		;
	return j != NULL;
}

static struct job *
job_find(uint64_t id)
{
	struct job *j;

	for (j = jobs; j && j->id != id; j = j->next)
		;
	return j;
}

/* What each of so many links may bring for one more job: half of what is left, so that later jobs find something too. */
static uint32_t
new_window(const struct job *j, size_t links)
{
	size_t left = granted < OUTPUT_BUDGET ? OUTPUT_BUDGET - granted : 0, share = left / 2 / (links ? links : 1);

	if (share > j->above)
		share = j->above;
	return share < WINDOW_MIN ? WINDOW_MIN : share > WINDOW_START ? WINDOW_START : (uint32_t)share;
}

static struct job *
job_new(uint64_t id)
{
	struct job *j = xcalloc(1, sizeof(*j));

	j->id = id;
	j->above = WINDOW_MIN;
	j->credit = j->above;
	j->last = &j->branches;
	j->next = jobs;
	jobs = j;
	count++;
	return j;
}

static void
branch_forget(struct branch *b)
{
	if (b->child->last_branch == b) {
		b->child->last_branch = NULL;
		b->child->last_job = NULL;
	}
	granted -= b->window;
	b->window = 0;
}

static void
branch_free(struct branch *b)
{
	branch_forget(b);
	buf_free(&b->queue);
	free(b);
}

static void
job_release(void *what)
{
	struct job *j = what;

	while (j->branches) {
		struct branch *next = j->branches->next;

		buf_free(&j->branches->queue);
		free(j->branches);
		j->branches = next;
	}
	buf_free(&j->screen);
	free(j);
}

/* The event that ends a job may be under way through its own branch: what it stands on goes at the end of the turn. */
static void
job_free(struct job *j)
{
	struct job **at;
	struct branch *b;

	for (at = &jobs; *at != j; at = &(*at)->next)
		;
	*at = j->next;
	count--;
	for (b = j->branches; b; b = b->next)
		branch_forget(b);
	loop_bury(j, job_release);
}

static void
free_if_over(struct job *j)
{
	if (!j->out && (j->done || (j->forgotten && !j->branches)))
		job_free(j);
}

/* ---- events on their way up ---- */

/* What a node below the master does with an event. */
static size_t
send_to_parent(uint64_t id, const struct msg_event *e)
{
	struct buf body = {0};

	if (!self.parent || self.parent->between != PROTO_GENERATION)
		return 0;
	put_block(&body, e->body, e->body_len);
	neighbour_share(self.parent, PRIO_OUTPUT, MSG_EVENTS, id, &body);
	buf_free(&body);
	return event_charge(e);
}

/* A parent of another generation can't read what the jobs of this one tell: they end. */
static bool
may_be_known(uint64_t id)
{
	(void)id;
	return !self.parent || self.parent->between == PROTO_GENERATION;
}

static void
send_slow_to_parent(uint64_t id, const struct msg_slow *m)
{
	struct buf body = {0};

	put_slow(&body, m);
	if (self.parent && self.parent->between == PROTO_GENERATION)
		neighbour_send(self.parent, PRIO_CONTROL, MSG_SLOW, id, &body);
	buf_free(&body);
}

static const struct job_hooks below_a_parent = {.event = send_to_parent, .slow = send_slow_to_parent, .knows = may_be_known};
static const struct job_hooks *hooks = &below_a_parent;

void
job_set_hooks(const struct job_hooks *to)
{
	hooks = to ? to : &below_a_parent;
}

static bool
branch_waits(const struct branch *b)
{
	return b->queue.len > b->head;
}

/* Added to a branch's window that is used up while none of its events wait here: only the window holds it back. */
static uint32_t
growth(const struct job *j, const struct branch *b)
{
	size_t left = granted < OUTPUT_BUDGET ? (OUTPUT_BUDGET - granted) / 2 : 0;
	uint32_t limit = j->above < WINDOW_MAX ? j->above : WINDOW_MAX, more = b->window;

	if (branch_waits(b) || b->window >= limit)
		return 0;
	more = more > limit - b->window ? limit - b->window : more;
	return more > left ? (uint32_t)left : more;
}

static void
send_credit(struct job *j, struct branch *b)
{
	uint32_t more = growth(j, b);
	struct msg_credit m = {.bytes = b->owed + more};
	struct buf body = {0};

	b->window += more;
	granted += more;
	b->owed = 0;
	put_credit(&body, &m);
	neighbour_post(b->child, PRIO_CONTROL, MSG_CREDIT, j->id, &body);
}

/* Hands one event on: to the parent, or to the head's table. The caller has seen that there is credit. */
static void
pass_up(struct job *j, struct branch *b, const struct msg_event *e)
{
	j->credit -= (int64_t)hooks->event(j->id, e);
	b->owed += (uint32_t)event_charge(e);
	if (b->owed >= b->window / 2)
		send_credit(j, b);
}

/* Whether it may not go on yet, as far as its job's credit is concerned. */
static bool
lacks_credit(const struct job *j, const struct reader *event)
{
	return j->credit <= 0 && is_output(event_kind(event->at, reader_left(event)));
}

/* What can't be read is passed over, and the child that sent it with it. */
static void
read_and_pass(struct job *j, struct branch *b, const struct reader *event)
{
	struct msg_event e;

	if (take_event(event->at, reader_left(event), &e) == 0)
		pass_up(j, b, &e);
	else
		neighbour_kill(b->child, unreadable);
}

/* Lets through the first event that the branch has waiting; false when that must wait for credit. */
static bool
pump_branch(struct job *j, struct branch *b)
{
	struct reader r = reader_over(b->queue.data + b->head, b->queue.len - b->head), event = take_block(&r);

	if (lacks_credit(j, &event))
		return false;
	b->head += 4 + reader_left(&event);
	if (!branch_waits(b))
		j->waiting--;
	read_and_pass(j, b, &event);
	if (!branch_waits(b)) {
		buf_free(&b->queue);
		b->head = 0;
	}
	return true;
}

static void
to_the_end(struct job *j, struct branch **at)
{
	struct branch *b = *at;

	if (!b->next)
		return;
	*at = b->next;
	b->next = NULL;
	*j->last = b;
	j->last = &b->next;
}

/* One event of the first branch that has one that may pass; it is the last in turn then. */
static bool
pump_next(struct job *j)
{
	struct branch **at;
	size_t left = j->waiting;

	for (at = &j->branches; *at && left > 0; at = &(*at)->next) {
		if (!branch_waits(*at))
			continue;
		if (pump_branch(j, *at)) {
			to_the_end(j, at);
			return true;
		}
		left--;
	}
	return false;
}

/* Event by event in turn, so that a program that prints without end does not keep the others from being heard. */
static void
pump(struct job *j)
{
	bool moved = true;

	while (moved) {
		j->part_turn = !j->part_turn;
		moved = j->part_turn && j->out && outbox_pump(j->out);
		moved = moved || pump_next(j) || (j->out && outbox_pump(j->out));
	}
}

static struct branch *
branch_of(const struct job *j, const struct neighbour *child)
{
	struct branch *b;

	for (b = j->branches; b && b->child != child; b = b->next)
		;
	return b;
}

static struct branch *
branch_add(struct job *j, struct neighbour *child, uint32_t window)
{
	struct branch *b = xcalloc(1, sizeof(*b));

	b->child = child;
	b->window = window;
	granted += window;
	*j->last = b;
	j->last = &b->next;
	return b;
}

/* The branch that an event came by. After a link was lost and made anew there may be none: the events that are sent again
 * make it, so that acknowledgements and the end find their way down. */
static struct branch *
branch_for_event(struct neighbour *from, uint64_t id)
{
	struct job *j;
	struct branch *b;

	if (from->last_job && from->last_job->id == id)
		return from->last_branch;
	j = job_find(id);
	if (!j)
		j = job_new(id);
	b = branch_of(j, from);
	if (!b)
		b = branch_add(j, from, WINDOW_MIN);
	from->last_job = j;
	from->last_branch = b;
	return b;
}

static void
hold_back(struct job *j, struct branch *b, const struct reader *event)
{
	if (!branch_waits(b))
		j->waiting++;
	if (b->head > b->queue.len / 2) {
		memmove(b->queue.data, b->queue.data + b->head, b->queue.len - b->head);
		b->queue.len -= b->head;
		b->head = 0;
	}
	put_block(&b->queue, event->at, reader_left(event));
}

/* One that is not the job's to hold back: how far a node has its input, also while its output waits; and a job long over may still tell that
 * its last process has gone. */
static bool
stands_alone(uint64_t id, enum event_kind kind)
{
	return kind == EVENT_TAKEN || (kind == EVENT_GONE && !job_find(id));
}

static void
pass_alone(struct neighbour *from, uint64_t id, const struct reader *event)
{
	struct msg_event e;

	if (take_event(event->at, reader_left(event), &e) == 0)
		(void)hooks->event(id, &e);
	else
		neighbour_kill(from, unreadable);
}

static void
on_event(struct neighbour *from, uint64_t id, const struct reader *event)
{
	struct branch *b;
	struct job *j;

	if (stands_alone(id, event_kind(event->at, reader_left(event)))) {
		pass_alone(from, id, event);
		return;
	}
	if (!hooks->knows(id)) {
		neighbour_send(from, PRIO_CONTROL, MSG_DONE, id, NULL);
		return;
	}
	b = branch_for_event(from, id);
	j = from->last_job;
	if (branch_waits(b) || lacks_credit(j, event))
		hold_back(j, b, event);
	else
		read_and_pass(j, b, event);
}

void
job_on_events(struct neighbour *from, const struct frame *frame)
{
	struct reader r = reader_over(frame->body, frame->len);

	while (reader_left(&r) && !link_dead(from->link)) {
		struct reader event = take_block(&r);

		if (r.bad)
			neighbour_malformed(from, frame);
		else
			on_event(from, frame->job, &event);
	}
}

/* To all children: the way up is a new one, to that master; 0: there is none any more. */
static void
send_resend(uint64_t master)
{
	struct msg_resend m = {.master = master};
	struct buf body = {0};
	struct neighbour *n;

	put_resend(&body, &m);
	for (n = self.neighbours; n; n = n->next)
		if (n->kind == NB_CHILD)
			neighbour_send(n, PRIO_CONTROL, MSG_RESEND, 0, &body);
	buf_free(&body);
}

static void
forget_branches(struct job *j)
{
	while (j->branches) {
		struct branch *after = j->branches->next;

		branch_free(j->branches);
		j->branches = after;
	}
	j->last = &j->branches;
	j->waiting = 0;
}

/* What goes up from this node itself. */
static void
resend(struct job *j)
{
	if (j->part)
		part_resend(j->part);
	else
		viewer_resend(j->viewer);
}

/* Both ends of a new link begin with the least window: here, and in branch_for_event. */
void
job_resend(void)
{
	struct job *j, *next;

	for (j = jobs; j; j = next) {
		next = j->next;
		forget_branches(j);
		j->credit = j->above = WINDOW_MIN;
		if (j->out)
			resend(j);
		else
			job_free(j);
	}
	send_resend(self.master);
}

void
job_master_lost(void)
{
	struct job *j, *next;

	for (j = jobs; j; j = next) {
		next = j->next;
		if (j->part)
			part_signal(j->part, SIGKILL);
	}
	send_resend(0);
}

void
job_forward_credit(uint64_t id, uint32_t bytes)
{
	struct job *j = job_find(id);

	if (!j)
		return;
	j->credit += bytes;
	if (j->credit > (int64_t)j->above && j->above < WINDOW_MAX) /* it never is more than the window, which has grown then */
		j->above = (uint32_t)j->credit;
	pump(j);
}

int64_t
job_credit(uint64_t id)
{
	const struct job *j = job_find(id);

	return j ? j->credit : 0;
}

bool
job_waits_for_client(uint64_t id)
{
	const struct job *j = job_find(id);

	return j && j->credit <= 0;
}

static void
ack_here(uint64_t id, uint64_t sequence)
{
	struct job *j = job_find(id);

	if (j && j->part)
		part_ack(j->part, sequence);
	else if (j && j->viewer)
		viewer_ack(j->viewer, sequence);
	else
		outbox_say(id, &(struct msg_event){.kind = EVENT_GONE});
}

void
job_send_ack(uint64_t id, const struct msg_ack *ack)
{
	struct neighbour *next = neighbour_towards(&ack->path);
	struct buf body = {0};

	if (!next)
		return;
	put_ack(&body, ack);
	neighbour_share(next, PRIO_CONTROL, MSG_ACK, id, &body);
	buf_free(&body);
}

void
job_on_ack(struct neighbour *from, const struct frame *frame)
{
	struct reader r = reader_over(frame->body, frame->len);
	struct msg_ack ack;

	while (next_ack(&r, &ack))
		if (path_equal(&ack.path, &self.path))
			ack_here(frame->job, ack.sequence);
		else
			job_send_ack(frame->job, &ack);
	if (r.bad)
		neighbour_malformed(from, frame);
}

/* ---- the start ---- */

static void
forget_queue(struct job *j, struct branch *b)
{
	if (!branch_waits(b))
		return;
	buf_free(&b->queue);
	b->head = 0;
	j->waiting--;
}

static void
send_signal(const struct job *j, struct neighbour *child, const struct msg_signal *m)
{
	struct buf body = {0};

	put_signal(&body, m);
	neighbour_post(child, PRIO_CONTROL, MSG_SIGNAL, j->id, &body);
}

/* Nodes that a signal did not reach while the way was broken. */
static void
signal_again(const struct job *j, struct neighbour *child)
{
	struct msg_signal m = {.signal = j->signalled, .only_if_new = true};

	if (j->signalled)
		send_signal(j, child, &m);
}

static void
send_resize(const struct job *j, struct neighbour *child)
{
	if (j->screen.len)
		neighbour_send(child, PRIO_CONTROL, MSG_RESIZE, j->id, &j->screen);
}

/* Sends the nodes behind one child on, with what its link may bring beyond what it was granted before. */
static void
send_part(struct job *j, struct neighbour *child, bool again, struct msg_run *part, struct shared *block)
{
	struct branch *b = again ? branch_of(j, child) : NULL;
	struct buf head = {0}, tail = {0};

	if (!b) {
		(void)branch_add(j, child, part->window);
	} else {
		part->window = part->window > b->window ? part->window - b->window : 0;
		b->window += part->window;
		granted += part->window;
	}
	put_run_head(&head, part);
	put_run_entries(&tail, part);
	neighbour_send_shared(child, PRIO_CONTROL, MSG_RUN, j->id, &head, block, &tail);
	buf_free(&head);
	buf_free(&tail);
	signal_again(j, child);
	send_resize(j, child);
}

static size_t
child_count(void)
{
	const struct neighbour *n;
	size_t children = 0;

	for (n = self.neighbours; n; n = n->next)
		children += n->kind == NB_CHILD;
	return children;
}

/* Entries are sorted, so those behind one child stand together. An adopted node breaks the order: that child then gets several RUNs,
 * all on one branch. */
static void
spread(struct job *j, const struct msg_run *run, struct shared *block, bool again)
{
	size_t links = child_count(), i, first = 0;
	uint32_t window = new_window(j, run->count < links ? run->count : links);
	struct neighbour *child = NULL, *next;

	for (i = 0; i <= run->count; i++) {
		next = i < run->count ? neighbour_towards(&run->entries[i].path) : NULL;
		if (next == child && i < run->count)
			continue;
		if (child) {
			struct msg_run part = *run;

			part.window = window;
			part.entries += first;
			part.count = i - first;
			send_part(j, child, again, &part, block);
			again = true;
		}
		first = i;
		child = next;
	}
}

void
job_send_run(uint64_t id, const struct msg_run *run, struct shared *block)
{
	struct job *j = job_find(id);
	bool again = j != NULL;

	if (!j) {
		j = job_new(id);
		j->above = WINDOW_MAX;
	}
	spread(j, run, block, again);
}

void
job_set_credit(uint64_t id, int64_t bytes)
{
	struct job *j = job_find(id);

	if (j)
		j->credit = bytes;
}

static void
part_is_over(uint64_t id)
{
	struct job *j = job_find(id);

	if (!j)
		return;
	j->part = NULL;
	j->viewer = NULL;
	j->out = NULL;
	free_if_over(j);
}

/* What another job prints here, or its figures. */
static struct viewer *
start_viewer(const struct job *j, const struct run_common *run, const struct part_share *share)
{
	const struct job *of = job_find(run->of);
	struct msg_event figures = {.kind = EVENT_FIGURES, .state = FIGURES_ENDED};

	if (run->flags & RUN_WATCH)
		return viewer_start(j->id, run, share);
	if (of && of->part)
		part_figures(of->part, &figures);
	return viewer_figures(j->id, &figures, share);
}

static void
start_part(struct job *j, const struct msg_run *run, struct shared *block, const struct run_entry *mine)
{
	struct part_share share = {.credit = &j->credit, .window = &j->above, .over = part_is_over};
	struct run_common common;
	uint64_t id = j->id;

	if (j->out) {
		resend(j);
		return;
	}
	if (j->done)
		return;
	if (!run_watches(block->data, block->len)) {
		j->part = part_start(id, run, block, mine, &share);
		j->out = part_out(j->part);
		asker_job_came(id); /* the part may have failed, and taken the job with it */
	} else if (take_run_common(reader_over(block->data, block->len), &common) == 0) {
		j->viewer = start_viewer(j, &common, &share);
		j->out = viewer_out(j->viewer);
		run_common_free(&common);
	}
}

/* Takes this node's own entry out of the list: true when there was one. */
static bool
take_mine(struct msg_run *run, struct run_entry *out)
{
	bool mine = false;
	size_t i, kept = 0;

	for (i = 0; i < run->count; i++)
		if (path_equal(&run->entries[i].path, &self.path)) {
			mine = true;
			*out = run->entries[i];
		} else {
			run->entries[kept++] = run->entries[i];
		}
	run->count = kept;
	return mine;
}

static void
run_here_and_below(uint64_t id, struct msg_run *run)
{
	struct job *j = job_find(id);
	bool again = j != NULL, mine;
	struct shared *block = shared_new(run->block_len);
	struct run_entry entry;

	memcpy(block->data, run->block, run->block_len);
	if (!j) {
		j = job_new(id);
		j->credit = 0;
		j->above = 0;
		run->window = run->window < WINDOW_MIN ? WINDOW_MIN : run->window;
	}
	j->credit += run->window;
	j->above += run->window;
	mine = take_mine(run, &entry);
	spread(j, run, block, again);
	if (mine)
		start_part(j, run, block, &entry);
	shared_drop(block);
	pump(j);
}

/* To a parent of another generation, which does not know that nothing can run here or below. */
static void
refuse_run(struct neighbour *parent, uint64_t id, const struct msg_run *run)
{
	struct msg_event e = {.sequence = 1,
		.kind = EVENT_FAILED,
		.status = 255,
		.text = "its gproc, " GPROC_VERSION ", speaks another generation of the protocol than the node above it"};
	struct buf body = {0};
	size_t i;

	for (i = 0; i < run->count; i++) {
		e.path = run->entries[i].path;
		body.len = 0;
		put_event(&body, &e);
		neighbour_send(parent, PRIO_OUTPUT, MSG_EVENT, id, &body);
	}
	buf_free(&body);
}

void
job_on_run(struct neighbour *from, const struct frame *frame)
{
	struct msg_run run;

	if (take_run(frame->body, frame->len, &run, from->between) != 0) {
		neighbour_malformed(from, frame);
		return;
	}
	if (from->between == PROTO_GENERATION)
		run_here_and_below(frame->job, &run);
	else
		refuse_run(from, frame->job, &run);
	run_free(&run);
}

/* ---- input ---- */

static size_t input_held; /* bytes that links hold, shared ones once */

static void
input_is_out(const struct shared *bytes)
{
	input_held -= bytes->len;
}

/* Input that a link has no room for is dropped: no node behind it is quick enough to count, or the master sends it again. */
static void
send_input(struct job *j, struct shared *bytes)
{
	struct branch *b;

	input_held += bytes->len;
	bytes->freed = input_is_out;
	for (b = j->branches; b; b = b->next)
		if (input_held <= NODE_INPUT || link_holds(b->child->link, PRIO_OUTPUT) <= LINK_INPUT)
			neighbour_send_shared(b->child, PRIO_OUTPUT, MSG_INPUT, j->id, &(struct buf){0}, bytes, &(struct buf){0});
}

void
job_send_input(uint64_t id, struct shared *bytes)
{
	struct job *j = job_find(id);

	if (j)
		send_input(j, bytes);
}

void
job_on_input(struct neighbour *parent, const struct frame *frame)
{
	struct job *j = job_find(frame->job);
	struct shared *bytes;
	struct msg_input m;

	if (take_input(frame->body, frame->len, &m) != 0) {
		neighbour_malformed(parent, frame);
		return;
	}
	if (!j)
		return;
	if (j->branches) {
		bytes = shared_new(frame->len);
		memcpy(bytes->data, frame->body, frame->len);
		send_input(j, bytes);
		shared_drop(bytes);
	}
	if (j->part)
		part_input(j->part, &m);
}

void
job_on_resize(struct neighbour *parent, const struct frame *frame)
{
	struct msg_resize m;

	if (take_resize(frame->body, frame->len, &m) == 0)
		job_resize(frame->job, &m);
	else
		neighbour_malformed(parent, frame);
}

/* ---- whom nodes ask for contents ---- */

void
job_is_slow(uint64_t id)
{
	note(1, "contents come far more slowly than their source has them");
	hooks->slow(id, &(struct msg_slow){self.path});
}

void
job_on_slow(struct neighbour *child, const struct frame *frame)
{
	struct msg_slow m;

	if (take_slow(frame->body, frame->len, &m) == 0)
		hooks->slow(frame->job, &m);
	else
		neighbour_malformed(child, frame);
}

void
job_send_before(uint64_t id, const struct msg_before *m)
{
	struct job *j = job_find(id);
	struct neighbour *next;
	struct buf body = {0};

	if (path_equal(&m->path, &self.path)) {
		if (j && j->part) {
			char *was = xstrdup(part_before(j->part));

			part_set_before(j->part, m->before);
			relay_before_is(id, was);
			free(was);
		}
		return;
	}
	next = neighbour_towards(&m->path);
	if (!next || next->between != PROTO_GENERATION)
		return;
	put_before(&body, m);
	neighbour_post(next, PRIO_CONTROL, MSG_BEFORE, id, &body);
}

void
job_on_before(struct neighbour *parent, const struct frame *frame)
{
	struct msg_before m;

	if (take_before(frame->body, frame->len, &m) == 0)
		job_send_before(frame->job, &m);
	else
		neighbour_malformed(parent, frame);
}

void
job_back(uint64_t id, const char *before)
{
	struct job *j = job_find(id);

	note(1, "contents are asked of %s again", *before ? before : "the parent");
	if (j && j->part)
		part_set_before(j->part, before);
}

const char *
job_before(uint64_t id)
{
	const struct job *j = job_find(id);

	return j && j->part ? part_before(j->part) : NULL;
}

enum asking
job_may_ask(uint64_t id, uint32_t scope)
{
	const struct job *j = job_find(id);

	if (!j)
		return ASK_LATER;
	if (!j->part || j->done || j->forgotten || !part_is_of(j->part, scope))
		return ASK_NEVER;
	return part_fetches(j->part) ? ASK_ALL : ASK_HELD;
}

/* ---- signals, ends ---- */

void
job_signal(uint64_t id, const struct msg_signal *m)
{
	struct job *j = job_find(id);
	struct branch *b;
	bool is_new;

	if (!j)
		return;
	is_new = !m->only_if_new || j->signalled != m->signal;
	if (m->signal == SIGKILL || !j->signalled)
		j->signalled = m->signal;
	for (b = j->branches; b; b = b->next)
		send_signal(j, b->child, m);
	if (j->part && is_new)
		part_signal(j->part, (int)m->signal);
}

void
job_resize(uint64_t id, const struct msg_resize *m)
{
	struct job *j = job_find(id);
	struct branch *b;

	if (!j)
		return;
	buf_free(&j->screen);
	put_resize(&j->screen, m);
	for (b = j->branches; b; b = b->next)
		send_resize(j, b->child);
	if (j->part)
		part_resize(j->part, m);
}

void
job_on_signal_one(struct neighbour *parent, const struct frame *frame)
{
	struct job *j = job_find(frame->job);
	struct msg_signal_one m;
	struct neighbour *next;

	if (take_signal_one(frame->body, frame->len, &m) != 0) {
		neighbour_malformed(parent, frame);
		return;
	}
	next = neighbour_towards(&m.path);
	if (next)
		neighbour_send_bytes(next, PRIO_CONTROL, MSG_SIGNAL_ONE, frame->job, frame->body, frame->len);
	else if (j && j->part && path_equal(&m.path, &self.path))
		part_signal(j->part, (int)m.signal);
}

void
job_done(uint64_t id, bool soon)
{
	struct job *j = job_find(id);
	struct branch *b;

	if (!j)
		return;
	for (b = j->branches; b; b = b->next) {
		neighbour_leave(b->child, PRIO_CONTROL, MSG_DONE, id, NULL, 0);
		if (soon)
			neighbour_touch(b->child);
	}
	j->done = true;
	if (j->part)
		part_done(j->part);
	else if (j->viewer)
		viewer_done(j->viewer);
	else
		job_free(j);
}

void
job_forget(const struct msg_forget *m)
{
	struct buf body = {0};
	struct neighbour *next;
	size_t i;

	if (path_equal(&m->path, &self.path)) {
		for (i = 0; i < m->count; i++) {
			struct job *j = job_find(m->jobs[i]);

			if (!j || !j->out)
				continue;
			j->forgotten = true;
			if (j->part)
				part_forget(j->part);
			else
				viewer_done(j->viewer);
		}
		return;
	}
	next = neighbour_towards(&m->path);
	if (!next)
		return;
	put_forget(&body, m);
	neighbour_post(next, PRIO_CONTROL, MSG_FORGET, 0, &body);
}

const char *
job_refuses(uint64_t id, const struct object_name *name, uint64_t bytes)
{
	struct job *j = job_find(id);

	return j && j->part ? part_refuses(j->part, name, bytes) : NULL;
}

void
job_has(uint64_t id, const struct object_name *name)
{
	struct job *j = job_find(id);

	if (j && j->part)
		part_has(j->part, name);
}

void
job_lacks(uint64_t id, const struct object_name *name, unsigned status, const char *why)
{
	struct job *j = job_find(id);

	if (j && j->part)
		part_lacks(j->part, name, status, why);
}

void
job_neighbour_gone(struct neighbour *n)
{
	struct job *j, *next;

	for (j = jobs; j; j = next) {
		struct branch **at = &j->branches;

		next = j->next;
		while (*at && (*at)->child != n)
			at = &(*at)->next;
		if (*at) {
			struct branch *b = *at;

			forget_queue(j, b);
			*at = b->next;
			if (!b->next)
				j->last = at;
			branch_free(b);
		}
		free_if_over(j);
	}
}

void
job_end_all(void)
{
	struct job *j, *next;

	for (j = jobs; j; j = next) {
		next = j->next;
		j->done = true;
		if (j->part)
			part_forget(j->part); /* the job goes when its last process has */
		else if (j->viewer)
			viewer_done(j->viewer);
		else
			job_free(j);
	}
}

/* ---- what the parent sends ---- */

void
job_on_credit(struct neighbour *parent, const struct frame *frame)
{
	struct msg_credit m;

	if (take_credit(frame->body, frame->len, &m) == 0)
		job_forward_credit(frame->job, m.bytes);
	else
		neighbour_malformed(parent, frame);
}

void
job_on_signal(struct neighbour *parent, const struct frame *frame)
{
	struct msg_signal m;

	if (take_signal(frame->body, frame->len, &m) == 0)
		job_signal(frame->job, &m);
	else
		neighbour_malformed(parent, frame);
}

void
job_on_done(struct neighbour *parent, const struct frame *frame)
{
	(void)parent;
	job_done(frame->job, false);
}

void
job_on_forget(struct neighbour *parent, const struct frame *frame)
{
	struct msg_forget m;

	if (take_forget(frame->body, frame->len, &m) != 0) {
		neighbour_malformed(parent, frame);
		return;
	}
	job_forget(&m);
	free(m.jobs);
}
