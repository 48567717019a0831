/* Jobs as they pass through this node: who below takes part, what comes up and is let through, signals and ends.
 * Must never know mounts, or how a verdict is judged. */
#include "node/job.h"
#include "node/own.h"
#include "node/relay.h"
#include "node/self.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
	OUTPUT_BUDGET = 8 << 20, /* bytes of events that all links together may bring unasked; doc/architecture.md has the sum */
	WINDOW_MIN = 2 << 10,	 /* for each branch of each job, even beyond the budget: or it would stand still */
	WINDOW_START = 8 << 10,	 /* who uses it up gets more: most jobs print a line or two */
	WINDOW_MAX = 64 << 10,
	ONLY_IF_NEW = 128, /* beside a signal: for those whom it did not reach the first time */
};

/* The part of a job that lies behind one child. */
struct branch {
	struct neighbour *child;
	struct buf queue; /* frames of events that wait for credit: u32 length, body */
	size_t head;
	uint32_t window, owed; /* granted; let through but not granted anew */
	struct branch *next;
};

struct job {
	uint64_t id;
	struct branch *branches, **last;
	size_t waiting; /* branches whose queue is not empty */
	bool own_turn;
	int64_t credit; /* bytes of events that may go up; one event may overdraw it */
	uint32_t above; /* the window that the link upwards was given: none below is larger, so that no event is */
	unsigned signalled;
	bool done, forgotten; /* forgotten: given up by the head, while others below may still take part */
	struct own *own;      /* what runs on this node; NULL: nothing */
	struct job *next;
};

static struct job *jobs;
static size_t count, granted; /* jobs; the sum of all branches' windows */

size_t
job_count(void)
{
	return count;
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
	if (!j->own && (j->done || (j->forgotten && !j->branches)))
		job_free(j);
}

/* ---- events on their way up ---- */

static size_t
charge_of(const uint8_t *body, size_t len)
{
	struct msg_event e;

	return take_event(body, len, &e) == 0 ? event_charge(&e) : 0;
}

/* What a node below the master does with an event. */
static size_t
send_to_parent(uint64_t id, const uint8_t *body, size_t len)
{
	if (!self.parent)
		return 0;
	neighbour_send_bytes(self.parent, PRIO_OUTPUT, MSG_EVENT, id, body, len);
	return charge_of(body, len);
}

static bool
may_be_known(uint64_t id)
{
	(void)id;
	return true;
}

static const struct job_hooks below_a_parent = {.event = send_to_parent, .knows = may_be_known};
static const struct job_hooks *hooks = &below_a_parent;

void
job_tell(const struct job_hooks *to)
{
	hooks = to ? to : &below_a_parent;
}

static bool
branch_waits(const struct branch *b)
{
	return b->queue.len > b->head;
}

/* What a branch's window grows by that has been used up while nothing of it waits here: only the window holds it back. */
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
	struct buf body = {0};

	b->window += more;
	granted += more;
	put_u32(&body, b->owed + more);
	b->owed = 0;
	neighbour_send(b->child, PRIO_CONTROL, MSG_CREDIT, j->id, &body);
	buf_free(&body);
}

/* Hands one event on: to the parent, or to the head's table. The caller has seen that there is credit. */
static void
pass_up(struct job *j, struct branch *b, const uint8_t *body, size_t len)
{
	j->credit -= (int64_t)hooks->event(j->id, body, len);
	b->owed += (uint32_t)charge_of(body, len);
	if (b->owed >= b->window / 2)
		send_credit(j, b);
}

/* Lets through the first event that the branch has waiting; false when that must wait for credit. */
static bool
pump_branch(struct job *j, struct branch *b)
{
	struct reader r = reader_over(b->queue.data + b->head, b->queue.len - b->head), body = take_block(&r);
	size_t len = reader_left(&body);

	if (j->credit <= 0 && charge_of(body.at, len) > 0)
		return false;
	b->head += 4 + len;
	if (!branch_waits(b))
		j->waiting--;
	pass_up(j, b, body.at, len);
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

/* Event by event in turn, so that nobody who prints without end keeps the others from being heard. */
static void
pump(struct job *j)
{
	bool moved = true;

	while (moved) {
		j->own_turn = !j->own_turn;
		moved = j->own_turn && j->own && own_pump(j->own);
		moved = moved || pump_next(j) || (j->own && own_pump(j->own));
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

static unsigned
kind_of(const uint8_t *body, size_t len)
{
	struct msg_event e;

	return take_event(body, len, &e) == 0 ? e.kind : 0;
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
hold_back(struct job *j, struct branch *b, const uint8_t *body, size_t len)
{
	if (!branch_waits(b))
		j->waiting++;
	if (b->head > b->queue.len / 2) {
		memmove(b->queue.data, b->queue.data + b->head, b->queue.len - b->head);
		b->queue.len -= b->head;
		b->head = 0;
	}
	put_block(&b->queue, body, len);
}

void
job_on_event(struct neighbour *from, const struct frame *frame)
{
	unsigned kind = kind_of(frame->body, frame->len);
	struct branch *b;
	struct job *j;

	if (kind == 0) {
		neighbour_kill(from, "it sent an EVENT that can't be read");
		return;
	}
	if (!job_find(frame->job) && kind == EVENT_GONE) { /* a job long over may still tell that its last process has gone */
		(void)hooks->event(frame->job, frame->body, frame->len);
		return;
	}
	if (!hooks->knows(frame->job)) {
		neighbour_send(from, PRIO_CONTROL, MSG_DONE, frame->job, NULL);
		return;
	}
	b = branch_for_event(from, frame->job);
	j = from->last_job;
	if (!branch_waits(b) && (j->credit > 0 || charge_of(frame->body, frame->len) == 0))
		pass_up(j, b, frame->body, frame->len);
	else
		hold_back(j, b, frame->body, frame->len);
}

/* To all children: the way up is a new one, to that master; 0: there is none any more. */
static void
tell_children(uint64_t master)
{
	struct buf body = {0};
	struct neighbour *n;

	put_u64(&body, master);
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

/* Both ends of a new link begin with the least window: here, and in branch_for_event. */
void
job_resend(void)
{
	struct job *j, *next;

	for (j = jobs; j; j = next) {
		next = j->next;
		forget_branches(j);
		j->credit = j->above = WINDOW_MIN;
		if (j->own)
			own_resend(j->own);
		else
			job_free(j);
	}
	tell_children(self.master);
}

void
job_master_lost(void)
{
	struct job *j, *next;

	for (j = jobs; j; j = next) {
		next = j->next;
		if (j->own)
			own_signal(j->own, SIGKILL);
	}
	tell_children(0);
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

bool
job_waits_for_client(uint64_t id)
{
	const struct job *j = job_find(id);

	return j && j->credit <= 0;
}

void
job_on_ack(struct neighbour *from, const struct frame *frame)
{
	struct msg_ack ack;
	struct neighbour *next;
	struct job *j = job_find(frame->job);

	(void)from;
	if (take_ack(frame->body, frame->len, &ack))
		return;
	if (path_equal(&ack.path, &self.path)) {
		if (j && j->own)
			own_ack(j->own, ack.sequence);
		else
			own_tell_gone(frame->job);
		return;
	}
	next = neighbour_towards(&ack.path);
	if (next)
		neighbour_send_bytes(next, PRIO_CONTROL, MSG_ACK, frame->job, frame->body, frame->len);
}

/* ---- the start ---- */

/* A launch's nodes behind one child, gathered while the list is walked. */
struct part {
	struct neighbour *child;
	struct buf entries;
};

static void
forget_queue(struct job *j, struct branch *b)
{
	if (!branch_waits(b))
		return;
	buf_free(&b->queue);
	b->head = 0;
	j->waiting--;
}

/* Whom a signal did not reach while the way was broken. */
static void
signal_again(const struct job *j, struct neighbour *child)
{
	uint8_t signal = (uint8_t)(j->signalled | ONLY_IF_NEW);

	if (j->signalled)
		neighbour_send_bytes(child, PRIO_CONTROL, MSG_SIGNAL, j->id, &signal, 1);
}

/* Sends a part on, with what its link may bring beyond what it was granted before. */
static void
send_part(struct job *j, struct part *part, bool again, uint32_t window, const struct run_block *block)
{
	struct branch *b = again ? branch_of(j, part->child) : NULL;
	struct buf body = {0};
	uint32_t more = window;

	if (!b) {
		(void)branch_add(j, part->child, window);
	} else {
		more = window > b->window ? window - b->window : 0;
		b->window += more;
		granted += more;
	}
	put_u32(&body, more);
	put_u32(&body, (uint32_t)(block->head.len + block->rest->len));
	put_bytes(&body, block->head.data, block->head.len);
	neighbour_send_shared(part->child, MSG_RUN, j->id, &body, block->rest, &part->entries);
	buf_free(&body);
	part->entries.len = 0;
	signal_again(j, part->child);
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

/* Who else has entries in this list behind the same child (a node adopted elsewhere breaks the order) joins its branch. */
static void
spread(struct job *j, const struct run_block *block, const struct run_entry *entries, size_t n, bool again)
{
	struct part part = {0};
	size_t links = child_count(), i;
	uint32_t window = new_window(j, n < links ? n : links);

	for (i = 0; i < n; i++) {
		struct neighbour *child = neighbour_towards(&entries[i].path);

		if (part.child != child && part.entries.len) {
			send_part(j, &part, again, window, block);
			again = true;
		}
		part.child = child;
		if (child)
			put_run_entry(&part.entries, &entries[i]);
	}
	if (part.entries.len)
		send_part(j, &part, again, window, block);
	buf_free(&part.entries);
}

void
job_send_run(uint64_t id, const struct run_block *block, const struct run_entry *entries, size_t n)
{
	struct job *j = job_find(id);
	bool again = j != NULL;

	if (!j) {
		j = job_new(id);
		j->above = WINDOW_MAX;
	}
	spread(j, block, entries, n, again);
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
	j->own = NULL;
	free_if_over(j);
}

static void
start_own(struct job *j, struct shared *block, uint32_t rank)
{
	struct own_share share = {.credit = &j->credit, .window = &j->above, .over = part_is_over};

	if (j->own)
		own_resend(j->own);
	else if (!j->done)
		j->own = own_start(j->id, block, rank, &share);
}

void
job_on_run(struct neighbour *from, const struct frame *frame)
{
	struct reader r = reader_over(frame->body, frame->len), block;
	uint32_t more = take_u32(&r), my_rank = 0;
	struct job *j = job_find(frame->job);
	struct run_entry *entries;
	size_t n = 0, room;
	bool mine = false, again = j != NULL;
	struct run_block copy = {0};

	block = take_block(&r);
	room = reader_left(&r) / 5; /* an entry takes five bytes at least */
	entries = xcalloc(room, sizeof(*entries));
	while (!r.bad && reader_left(&r)) {
		struct run_entry e = take_run_entry(&r);

		if (path_equal(&e.path, &self.path)) {
			mine = true;
			my_rank = e.rank;
		} else if (!r.bad && n < room) {
			entries[n++] = e;
		}
	}
	if (r.bad) {
		free(entries);
		neighbour_kill(from, "it sent a RUN that can't be read");
		return;
	}
	copy.rest = shared_new(reader_left(&block));
	memcpy(copy.rest->data, block.at, copy.rest->len);
	if (!j) {
		j = job_new(frame->job);
		j->credit = 0;
		j->above = 0;
		more = more < WINDOW_MIN ? WINDOW_MIN : more;
	}
	j->credit += more;
	j->above += more;
	spread(j, &copy, entries, n, again);
	free(entries);
	if (mine)
		start_own(j, copy.rest, my_rank);
	shared_drop(copy.rest);
	pump(j);
}

/* ---- signals, ends ---- */

void
job_signal(uint64_t id, unsigned marked)
{
	struct job *j = job_find(id);
	unsigned signal = marked & ~(unsigned)ONLY_IF_NEW;
	bool is_new;
	struct branch *b;
	uint8_t body = (uint8_t)marked;

	if (!j)
		return;
	is_new = marked == signal || j->signalled != signal;
	if (signal == SIGKILL || !j->signalled)
		j->signalled = signal;
	for (b = j->branches; b; b = b->next)
		neighbour_send_bytes(b->child, PRIO_CONTROL, MSG_SIGNAL, id, &body, 1);
	if (j->own && is_new)
		own_signal(j->own, (int)signal);
}

void
job_done(uint64_t id)
{
	struct job *j = job_find(id);
	struct branch *b;

	if (!j)
		return;
	for (b = j->branches; b; b = b->next)
		neighbour_send(b->child, PRIO_CONTROL, MSG_DONE, id, NULL);
	j->done = true;
	if (j->own)
		own_done(j->own);
	else
		job_free(j);
}

void
job_forget(const struct path *path, const uint64_t *ids, size_t n)
{
	struct buf body = {0};
	struct neighbour *next;
	size_t i;

	if (path_equal(path, &self.path)) {
		for (i = 0; i < n; i++) {
			struct job *j = job_find(ids[i]);

			if (!j || !j->own)
				continue;
			j->forgotten = true;
			own_forget(j->own);
		}
		return;
	}
	next = neighbour_towards(path);
	if (!next)
		return;
	put_path(&body, path);
	for (i = 0; i < n; i++)
		put_u64(&body, ids[i]);
	neighbour_send(next, PRIO_CONTROL, MSG_FORGET, 0, &body);
	buf_free(&body);
}

void
job_has(uint64_t id, const struct digest *digest)
{
	struct job *j = job_find(id);

	if (j && j->own)
		own_has(j->own, digest);
}

void
job_lacks(uint64_t id, const struct digest *digest, const char *why)
{
	struct job *j = job_find(id);

	if (j && j->own)
		own_lacks(j->own, digest, why);
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
		if (j->own)
			own_forget(j->own); /* the job goes when its last process has */
		else
			job_free(j);
	}
}

/* ---- what the parent sends ---- */

void
job_on_credit(struct neighbour *parent, const struct frame *frame)
{
	struct reader r = reader_over(frame->body, frame->len);
	uint32_t bytes = take_u32(&r);

	if (reader_done(&r))
		job_forward_credit(frame->job, bytes);
	else
		neighbour_kill(parent, "it sent a CREDIT that can't be read");
}

void
job_on_signal(struct neighbour *parent, const struct frame *frame)
{
	struct reader r = reader_over(frame->body, frame->len);

	(void)parent;
	job_signal(frame->job, take_u8(&r));
}

void
job_on_done(struct neighbour *parent, const struct frame *frame)
{
	(void)parent;
	job_done(frame->job);
}

void
job_on_forget(struct neighbour *parent, const struct frame *frame)
{
	struct reader r = reader_over(frame->body, frame->len);
	struct path path = take_path(&r);
	size_t room = reader_left(&r) / 8, i;
	uint64_t *ids = xcalloc(room, sizeof(*ids));

	(void)parent;
	for (i = 0; i < room; i++)
		ids[i] = take_u64(&r);
	job_forget(&path, ids, room);
	free(ids);
}
