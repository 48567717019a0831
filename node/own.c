/* A job's part that runs on this very node: from the contents it needs to its verdict.
 * Must never know who else takes part, or by which way its events go up beyond the parent. */
#include "node/own.h"
#include "node/relay.h"
#include "node/self.h"
#include "run/worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	RING = 64 * 1024,      /* bytes of output kept until the head has them; then the program's pipe is left to fill */
	READ_SIZE = 16 * 1024, /* the most that one event carries */
	PIECE_MIN = 2 * 1024,
	READS_A_TURN = 4, /* so that a program that never stops printing leaves the loop to others */
};
#define MAX_SHARE (UINT64_MAX / 4) /* bytes: more than any node has, and sums of it are still numbers */

/* An event that the head may not have yet. */
struct pending {
	uint64_t sequence;
	size_t len, charge;
	struct pending *next;
	uint8_t body[];
};

enum own_state {
	OWN_FETCHING, /* contents are missing */
	OWN_RUNNING,  /* the keeper has it */
	OWN_DRAINING, /* the program has ended; what it wrote, or its children for it, is being read */
	OWN_ENDED,    /* the verdict is given; processes may linger */
};

struct output_pipe {
	struct watch watch;
	struct own *own;
	int stream; /* 1, 2 */
	bool open;
	int left; /* bytes to read before the verdict, once nothing more is waited for */
};

/* One content of a manifest, and the room that it takes in the store. */
struct content {
	struct object_name name;
	uint64_t footprint;
};

struct own {
	uint64_t job;
	uint32_t rank;
	struct own_share share;
	enum own_state state;
	struct shared *block;
	struct run_common run; /* borrows from block */
	struct object_name manifest_name;
	bool ships; /* it has one */
	struct manifest manifest;
	bool has_manifest, done, silent, gone, lingers;
	bool alone; /* the program left no process behind */
	bool cut;   /* while draining: only what lies in the pipes already is read */
	bool late;  /* a signal to end it came when the program had ended */
	bool give;  /* there is no room for copies of large files: they are handed over */
	struct blob **pins;
	size_t pin_count, missing;
	struct content *absent; /* in order: what was not here when the manifest came */
	size_t absent_count;
	uint64_t reserved;  /* bytes of the user's share; among them, */
	uint64_t memory;    /* for the job's own files, */
	uint64_t described; /* and for the manifest in the daemon's memory: until the end */
	struct proc *proc;
	struct watch control;
	struct output_pipe pipe[2];
	struct pending *first, **last, *unsent; /* events from the oldest that is unacknowledged */
	uint64_t sequence;			/* of the newest event */
	size_t unacknowledged;			/* bytes of output */
	int status;				/* of the program, as waitpid has it */
	struct timer start_limit;
	struct timer drain; /* how long the pipes may stay open beyond the program's end */
	struct timer press; /* after a kill, until all is gone */
	struct timer begin; /* when the turn in which the last contents came is over, nobody else holds them */
};

/* ---- events ---- */

bool
own_pump(struct own *o)
{
	struct pending *p = o->unsent;

	if (!p || !self.parent || (*o->share.credit <= 0 && p->charge > 0))
		return false;
	neighbour_send_bytes(self.parent, PRIO_OUTPUT, MSG_EVENT, o->job, p->body, p->len);
	*o->share.credit -= (int64_t)p->charge;
	o->unsent = p->next;
	return true;
}

static void
send_pending(struct own *o)
{
	while (own_pump(o))
		;
}

static void
add_event(struct own *o, struct msg_event *e)
{
	struct buf body = {0};
	struct pending *p;

	e->path = self.path;
	e->sequence = ++o->sequence;
	put_event(&body, e);
	p = xmalloc(sizeof(*p) + body.len);
	*p = (struct pending){.sequence = e->sequence, .len = body.len, .charge = event_charge(e)};
	memcpy(p->body, body.data, body.len);
	buf_free(&body);
	*o->last = p;
	o->last = &p->next;
	if (!o->unsent)
		o->unsent = p;
	o->unacknowledged += p->charge;
	send_pending(o);
}

static void
drop_until(struct own *o, uint64_t sequence)
{
	while (o->first && o->first->sequence <= sequence) {
		struct pending *p = o->first;

		if (o->unsent == p)
			o->unsent = p->next;
		o->first = p->next;
		o->unacknowledged -= p->charge;
		free(p);
	}
	if (!o->first)
		o->last = &o->first;
}

/* One that counts for nothing: it has no place in the sequence. */
static void
tell_unnumbered(uint64_t job, enum event_kind kind)
{
	struct msg_event e = {.path = self.path, .sequence = 0, .kind = kind};
	struct buf body = {0};

	if (!self.parent)
		return;
	put_event(&body, &e);
	neighbour_post(self.parent, PRIO_OUTPUT, MSG_EVENT, job, &body);
}

void
own_tell_gone(uint64_t job)
{
	tell_unnumbered(job, EVENT_GONE);
}

/* ---- the end ---- */

static void
release_contents(struct own *o)
{
	size_t i;

	for (i = 0; i < o->pin_count; i++)
		blob_let(o->pins[i], o->run.uid);
	free(o->pins);
	o->pins = NULL;
	o->pin_count = 0;
	if (o->reserved)
		store_release(self.store, o->run.uid, o->reserved);
	o->reserved = o->memory = o->described = 0;
	manifest_free(&o->manifest);
	free(o->absent);
	o->absent = NULL;
	o->absent_count = 0;
	relay_job_over(o->job);
}

static void
close_pipe(struct output_pipe *p)
{
	if (!p->open)
		return;
	loop_unwatch(&p->watch);
	proc_close_output(p->own->proc, p->stream);
	p->open = false;
	p->left = 0;
}

static void
own_release(void *what)
{
	struct own *o = what;

	run_common_free(&o->run);
	shared_drop(o->block);
	free(o);
}

static void
own_free(struct own *o)
{
	drop_until(o, UINT64_MAX);
	loop_cancel(&o->start_limit);
	loop_cancel(&o->begin);
	loop_cancel(&o->drain);
	o->share.over(o->job);
	loop_bury(o, own_release);
}

/* A verdict that needs no more of the processes: it could not start, or was killed before it did. */
static void
fail(struct own *o, uint32_t status, const char *why)
{
	struct msg_event e = {.kind = EVENT_FAILED, .status = status, .text = why};

	if (o->state == OWN_ENDED)
		return;
	o->state = OWN_ENDED;
	loop_cancel(&o->start_limit);
	if (!o->proc)
		release_contents(o);
	add_event(o, &e);
}

static void
press_is_due(struct timer *t)
{
	struct own *o = t->owner;

	proc_press(o->proc);
	loop_timer(t, PROC_PRESS_MS, press_is_due, o);
}

static void
kill_processes(struct own *o)
{
	proc_kill(o->proc);
	if (!o->press.set)
		loop_timer(&o->press, PROC_PRESS_MS, press_is_due, o);
}

/* No process of it is left, and what they wrote has been read or is not wanted. */
static void
clear_away(struct own *o)
{
	struct msg_event gone = {.kind = EVENT_GONE};

	close_pipe(&o->pipe[0]);
	close_pipe(&o->pipe[1]);
	loop_unwatch(&o->control);
	loop_cancel(&o->press);
	proc_free(self.worker, o->proc);
	o->proc = NULL;
	self.jobs--;
	release_contents(o);
	if (o->lingers && o->done)
		own_tell_gone(o->job); /* nobody acknowledges any more */
	else if (o->lingers)
		add_event(o, &gone);
}

static bool
is_drained(const struct output_pipe *p)
{
	return !p->open || (p->own->cut && p->left <= 0);
}

/* Whether anybody can still write to it, or has since nothing more was waited for. */
static bool
is_held(const struct output_pipe *p)
{
	struct pollfd fd = {.fd = p->watch.fd, .events = POLLIN};

	return p->open && poll(&fd, 1, 0) >= 0 && (fd.revents & POLLIN || !(fd.revents & POLLHUP));
}

static void
tell_exited(struct own *o)
{
	struct msg_event e = {.kind = EVENT_EXITED, .status = (uint32_t)o->status};

	o->lingers = !o->gone && !o->alone;
	e.flags = (o->lingers ? EXITED_LINGERS : 0u) | (o->late ? EXITED_LATE : 0u);
	/* Who ends the children too need not be told of them. */
	if (!o->late && !o->silent && (is_held(&o->pipe[0]) || is_held(&o->pipe[1])))
		e.flags |= EXITED_HOLDS;
	o->state = OWN_ENDED;
	loop_cancel(&o->drain);
	add_event(o, &e);
}

/* After every change: the verdict falls when the program has ended, its pipes are at their end or nothing more is waited for, and what
 * came of them fits the ring; the rest goes when the last process has. */
static void
settle(struct own *o)
{
	if (o->state == OWN_DRAINING && is_drained(&o->pipe[0]) && is_drained(&o->pipe[1]))
		tell_exited(o);
	if (o->state == OWN_ENDED && o->gone && o->proc)
		clear_away(o);
	if (o->state == OWN_ENDED && !o->proc && o->done)
		own_free(o);
}

/* ---- output ---- */

static void
pipe_listens(struct output_pipe *p)
{
	struct own *o = p->own;

	if (p->open)
		loop_want(&p->watch, o->state == OWN_ENDED || o->unacknowledged < RING ? WATCH_READ : 0);
}

static void
take_output(struct output_pipe *p, const uint8_t *data, size_t len)
{
	struct own *o = p->own;
	struct msg_event e = {.kind = p->stream == 1 ? EVENT_STDOUT : EVENT_STDERR, .data = data, .len = len};

	if (o->state == OWN_DRAINING && o->cut) {
		/* What comes after the time for that is a lingering child's: read and dropped. */
		if (len > (size_t)p->left)
			e.len = (size_t)(p->left > 0 ? p->left : 0);
		p->left -= (int)e.len;
	}
	if (e.len && o->state != OWN_ENDED && !o->silent)
		add_event(o, &e);
}

/* The most that one event carries here: what may overdraw the credit. */
static size_t
piece_size(const struct own *o)
{
	return *o->share.window < PIECE_MIN ? PIECE_MIN : *o->share.window > READ_SIZE ? READ_SIZE : *o->share.window;
}

static void
pipe_ready(struct watch *w, unsigned events)
{
	static uint8_t data[READ_SIZE];
	struct output_pipe *p = w->owner;
	struct own *o = p->own;
	size_t piece = piece_size(o);
	int turns;

	(void)events;
	for (turns = 0; turns < READS_A_TURN && (o->state == OWN_ENDED || o->unacknowledged < RING); turns++) {
		ssize_t n = read(p->watch.fd, data, piece);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n <= 0) {
			close_pipe(p);
			break;
		}
		take_output(p, data, (size_t)n);
		if ((size_t)n < piece)
			break;
	}
	pipe_listens(p);
	settle(o);
}

/* Nothing more is waited for; what lies in the pipes now is still delivered, however long that takes: the program's own output is there. */
static void
cut_output(struct own *o)
{
	size_t i;

	o->cut = true;
	for (i = 0; i < COUNT(o->pipe); i++) {
		struct output_pipe *p = &o->pipe[i];

		p->left = 0;
		if (p->open && ioctl(p->watch.fd, FIONREAD, &p->left) != 0)
			p->left = 0;
	}
}

static void
add_note(struct own *o, unsigned flags, const char *text)
{
	struct msg_event e = {.kind = EVENT_NOTE, .flags = flags, .text = text};

	if (o->state == OWN_RUNNING)
		add_event(o, &e);
}

static void
drain_is_over(struct timer *t)
{
	struct own *o = t->owner;

	if (o->state != OWN_DRAINING)
		return;
	cut_output(o);
	settle(o);
}

/* `exec > >(tee log)` writes when the program is gone, and a daemon may hold the pipe for ever. */
static void
program_exited(struct own *o, int status)
{
	o->status = status;
	o->state = OWN_DRAINING;
	if (o->run.around.drain == 0 || o->silent)
		cut_output(o);
	else
		loop_timer(&o->drain, o->run.around.drain, drain_is_over, o);
}

static void
control_ready(struct watch *w, unsigned events)
{
	struct own *o = w->owner;
	struct proc_report r;

	(void)events;
	do {
		r = proc_next(o->proc);
		switch (r.event) {
		case PROC_STARTED: {
			struct msg_event e = {.kind = EVENT_STARTED};

			loop_cancel(&o->start_limit);
			if (o->run.flags & RUN_TELL_START)
				add_event(o, &e);
			break;
		}
		case PROC_FAILED:
			fail(o, (uint32_t)r.status, r.text);
			break;
		case PROC_EXITED:
			o->alone = !r.lingers;
			if (o->state == OWN_RUNNING)
				program_exited(o, r.status);
			break;
		case PROC_NOTE:
			add_note(o, r.status ? NOTE_IF_BAD : 0, r.text);
			break;
		case PROC_GONE:
		case PROC_PLACED:
		case PROC_NOTHING:
			break;
		}
	} while (r.event != PROC_NOTHING && r.event != PROC_GONE);
	if (r.event == PROC_GONE)
		o->gone = true;
	settle(o);
}

/* ---- the start ---- */

static char *const *
environment(struct own *o, struct strings *env)
{
	char node[PATH_TEXT];
	const char *time_servers = getenv("GPROC_NTP"); /* of the node's lease, from its PID 1 */
	size_t i;

	for (i = 0; i < o->run.around.env.count; i++)
		strings_add(env, o->run.around.env.at[i]);
	strings_take(env, xasprintf("GPROC_NODE=%s", path_text(&self.path, node)));
	strings_take(env, xasprintf("GPROC_JOB=%s", o->run.job_text));
	strings_take(env, xasprintf("GPROC_RANK=%u", o->rank));
	strings_take(env, xasprintf("GPROC_SIZE=%u", o->run.size));
	if (time_servers)
		strings_take(env, xasprintf("GPROC_NTP=%s", time_servers));
	return env->at;
}

static int
try_to_promise(struct own *o, uint64_t absent)
{
	o->memory = worker_needs(self.worker, &o->manifest, o->give);
	if (store_reserve(self.store, o->run.uid, absent + o->memory) == 0) {
		o->reserved += absent + o->memory;
		return 0;
	}
	o->memory = 0;
	return -1;
}

/* Promises room for what is absent and for own copies; where that is too much, large files are handed over instead of copied. */
static int
promise_room(struct own *o, uint64_t absent)
{
	if (try_to_promise(o, absent) == 0)
		return 0;
	o->give = true;
	return try_to_promise(o, absent);
}

/* What was promised for the job's own files is the worker's to count from here on. */
static void
hand_promise_on(struct own *o)
{
	store_release(self.store, o->run.uid, o->memory);
	o->reserved -= o->memory;
	o->memory = 0;
}

/* Files are shared by their objects: a size that is another would leave a cut one for the next user. */
static bool
sizes_are_true(const struct manifest *m)
{
	size_t i;

	for (i = 0; i < m->count; i++) {
		const struct entry *e = &m->at[i];
		struct object_name object = entry_object(e);
		const struct blob *blob = e->kind == ENTRY_FILE ? store_find(self.store, &object) : NULL;

		if (e->kind == ENTRY_FILE && (!blob || blob_size(blob) != e->size))
			return false;
	}
	return true;
}

static void
start_proc(struct own *o)
{
	struct strings env = {0};
	struct work work = {
		.job = o->job,
		.manifest_name = o->ships ? &o->manifest_name : NULL,
		.manifest = o->ships ? &o->manifest : NULL,
		.localbin = o->run.flags & RUN_LOCALBIN,
		.glob = o->run.flags & RUN_GLOB,
		.view = o->run.view,
		.argv = o->run.around.argv.at,
		.env = environment(o, &env),
		.cwd = o->run.around.cwd,
		.node_cwd = o->run.flags & RUN_NODE_CWD,
		.umask = o->run.around.umask,
		.limits = o->run.around.limits,
		.limit_count = o->run.around.limit_count,
		.uid = o->run.uid,
		.gid = o->run.gid,
		.groups = o->run.groups,
		.group_count = o->run.group_count,
		.tell_start = o->run.flags & RUN_TELL_START || o->run.start_limit,
		.give = o->give,
	};
	size_t i;

	if (o->ships && !sizes_are_true(&o->manifest)) {
		strings_free(&env);
		fail(o, 255, "the manifest is refused: it gives a file another size than its contents have");
		return;
	}
	hand_promise_on(o);
	o->proc = worker_start(self.worker, &work);
	strings_free(&env);
	if (!o->proc) {
		fail(o, 255, worker_error());
		return;
	}
	self.jobs++;
	o->state = OWN_RUNNING;
	loop_watch(&o->control, proc_control(o->proc), WATCH_READ, control_ready, o);
	for (i = 0; i < COUNT(o->pipe); i++) {
		struct output_pipe *p = &o->pipe[i];

		*p = (struct output_pipe){.own = o, .stream = (int)i + 1, .open = true};
		loop_watch(&p->watch, proc_output(o->proc, p->stream), WATCH_READ, pipe_ready, p);
	}
}

static void
pin(struct own *o, const struct object_name *name)
{
	struct blob *blob = store_find(self.store, name);

	blob_hold(blob, o->run.uid);
	o->pins = xrealloc(o->pins, o->pin_count + 1, sizeof(struct blob *));
	o->pins[o->pin_count++] = blob;
}

static int
content_order(const void *a, const void *b)
{
	const struct object_name *x = &((const struct content *)a)->name, *y = &((const struct content *)b)->name;
	int order = memcmp(&x->digest, &y->digest, DIGEST_LEN);

	return order ? order : (x->scope > y->scope) - (x->scope < y->scope);
}

/* The contents of all files, each once, in order. Caller frees. */
static struct content *
contents_of(const struct manifest *m, size_t *count)
{
	struct content *all = xcalloc(m->count, sizeof(*all));
	size_t i, n = 0, kept = 0;

	for (i = 0; i < m->count; i++)
		if (m->at[i].kind == ENTRY_FILE)
			all[n++] = (struct content){entry_object(&m->at[i]), store_footprint(m->at[i].size - m->at[i].holes)};
	qsort(all, n, sizeof(*all), content_order);
	for (i = 0; i < n; i++)
		if (kept == 0 || !object_equal(&all[i].name, &all[kept - 1].name))
			all[kept++] = all[i];
	*count = kept;
	return all;
}

/* Pins what is here; the rest stays in the array, *count of it. Pinned first, because making room evicts what is not. */
static void
pin_present(struct own *o, struct content *all, size_t *count)
{
	size_t i, absent = 0;

	for (i = 0; i < *count; i++) {
		struct blob *blob = store_find(self.store, &all[i].name);

		if (blob && blob_whole(blob))
			pin(o, &all[i].name);
		else
			all[absent++] = all[i];
	}
	*count = absent;
}

static uint64_t
absent_bytes(const struct own *o)
{
	uint64_t total = 0;
	size_t i;

	for (i = 0; i < o->absent_count; i++)
		total += o->absent[i].footprint < MAX_SHARE - total ? o->absent[i].footprint : MAX_SHARE - total;
	return total;
}

/* What that content was promised; 0 when it was not among those that were absent. */
static uint64_t
promised_for(const struct own *o, const struct object_name *name)
{
	struct content key = {.name = *name}, *found = NULL;

	if (o->absent_count > 0)
		found = bsearch(&key, o->absent, o->absent_count, sizeof(key), content_order);
	return found ? found->footprint : 0;
}

static int
load_manifest(struct own *o)
{
	struct blob *blob = store_find(self.store, &o->manifest_name);
	size_t len = 0;
	uint8_t *bytes = blob_load(blob, MAX_MANIFEST, &len);
	int bad = !bytes || manifest_decode(bytes, len, o->run.uid, &o->manifest) != 0;

	if (bad)
		fail(o, 255, bytes ? bundle_error() : store_error());
	o->has_manifest = !bad;
	free(bytes);
	return bad ? -1 : 0;
}

const char *
own_refuses(struct own *o, const struct object_name *name, uint64_t bytes)
{
	if (o->state != OWN_FETCHING)
		return NULL;
	if (o->has_manifest)
		return bytes <= promised_for(o, name) ? NULL : "the manifest is refused: it says that a file has more holes than it has";
	if (bytes > MAX_MANIFEST)
		return "the manifest is refused: it is too big";
	if (store_reserve(self.store, o->run.uid, bytes) < 0)
		return store_error();
	o->reserved += bytes;
	return NULL;
}

/* True when it is whole. Of an object that others wait for already, what it takes may be known. */
static bool
need(struct own *o, const struct object_name *name)
{
	const struct blob *blob;
	const char *why;

	if (relay_need(o->job, name))
		return true;
	if (o->state != OWN_FETCHING)
		return false;
	blob = store_find(self.store, name);
	why = blob && blob_needs(blob) ? own_refuses(o, name, blob_needs(blob)) : NULL;
	if (why)
		fail(o, 255, why);
	return false;
}

/* A manifest of very many files takes more of the daemon's memory than of the store. */
static int
promise_manifest(struct own *o)
{
	uint64_t bytes = o->manifest.count * (sizeof(struct entry) + sizeof(struct content) + sizeof(struct blob *));

	if (store_reserve(self.store, o->run.uid, bytes) < 0)
		return -1;
	o->described = bytes;
	o->reserved += bytes;
	return 0;
}

/* The manifest is here: pin what else is, promise room, ask for the rest; start when nothing is missing. */
static void
manifest_here(struct own *o)
{
	size_t i;

	if (load_manifest(o))
		return;
	if (promise_manifest(o) < 0) {
		fail(o, 255, store_error());
		return;
	}
	o->absent = contents_of(&o->manifest, &o->absent_count);
	pin_present(o, o->absent, &o->absent_count);
	o->missing = o->absent_count;
	if (promise_room(o, absent_bytes(o)) != 0)
		fail(o, 255, store_error());
	for (i = 0; i < o->absent_count && o->state == OWN_FETCHING; i++)
		(void)need(o, &o->absent[i].name);
	if (o->missing == 0 && o->state == OWN_FETCHING)
		start_proc(o);
}

static void
begin_is_due(struct timer *t)
{
	struct own *o = t->owner;

	if (o->state == OWN_FETCHING)
		start_proc(o);
	settle(o);
}

void
own_has(struct own *o, const struct object_name *name)
{
	uint64_t size;

	if (o->state != OWN_FETCHING)
		return;
	pin(o, name);
	size = o->has_manifest ? promised_for(o, name) : o->reserved;
	if (size > o->reserved - o->memory - o->described)
		size = o->reserved - o->memory - o->described;
	store_release(self.store, o->run.uid, size); /* it is in the store now, no more a promise */
	o->reserved -= size;
	if (!o->has_manifest) {
		manifest_here(o);
		settle(o);
		return;
	}
	if (--o->missing == 0)
		loop_timer(&o->begin, 0, begin_is_due, o);
}

void
own_lacks(struct own *o, const struct object_name *name, const char *why)
{
	(void)name;
	if (o->state != OWN_FETCHING)
		return;
	fail(o, 255, why);
	settle(o);
}

static void
start_is_due(struct timer *t)
{
	struct own *o = t->owner;

	if (o->proc)
		kill_processes(o);
	fail(o, 255, "it did not start within the time that -start gives");
	settle(o);
}

/* The node's own binRoot wins; a launch that names another is told. */
static void
mind_binroot(struct own *o)
{
	struct msg_event e = {.kind = EVENT_NOTE};
	char *text;
	const char *wanted = o->run.around.binroot;

	if (!*wanted || strcmp(wanted, self.options->binroot) == 0)
		return;
	text = xasprintf("binRoot is %.*s there, not %.*s", MAX_NOTE / 3, self.options->binroot, MAX_NOTE / 3, wanted);
	e.text = text;
	add_event(o, &e);
	free(text);
}

struct own *
own_start(uint64_t job, const struct msg_run *run, struct shared *block, uint32_t rank, const struct own_share *share)
{
	struct own *o = xcalloc(1, sizeof(*o));

	o->job = job;
	o->rank = rank;
	o->share = *share;
	o->last = &o->first;
	o->block = shared_hold(block);
	if (take_run_common(reader_over(block->data, block->len), &o->run) != 0) {
		o->run = (struct run_common){0};
		fail(o, 255, "the launch can't be read by this node's gproc");
		return o;
	}
	o->silent = o->run.flags & RUN_DETACHED;
	mind_binroot(o);
	if (o->run.start_limit)
		loop_timer(&o->start_limit, o->run.start_limit, start_is_due, o);
	o->ships = run->has_manifest;
	o->manifest_name = (struct object_name){run->manifest, o->run.uid};
	if (!o->ships) {
		start_proc(o);
	} else if (need(o, &o->manifest_name)) {
		pin(o, &o->manifest_name);
		manifest_here(o);
	}
	return o;
}

void
own_ack(struct own *o, uint64_t sequence)
{
	drop_until(o, sequence);
	pipe_listens(&o->pipe[0]);
	pipe_listens(&o->pipe[1]);
}

/* Tells that it is here first: whoever has given it up says so then, even when it has nothing else to tell. */
void
own_resend(struct own *o)
{
	tell_unnumbered(o->job, EVENT_STARTED);
	o->unsent = o->first;
	send_pending(o);
}

static bool
ends(int signal)
{
	return signal == SIGKILL || signal == SIGTERM || signal == SIGINT || signal == SIGHUP || signal == SIGQUIT;
}

/* Before there is anything to be signalled. */
static void
end_unstarted(struct own *o, int signal)
{
	struct msg_event e = {.kind = EVENT_EXITED, .status = (uint32_t)signal, .flags = EXITED_UNSTARTED};

	o->state = OWN_ENDED;
	loop_cancel(&o->start_limit);
	release_contents(o);
	add_event(o, &e);
}

void
own_signal(struct own *o, int signal)
{
	if (o->proc && signal == SIGKILL)
		kill_processes(o);
	else if (o->proc)
		(void)proc_signal(o->proc, signal);
	else if (o->state == OWN_FETCHING && ends(signal))
		end_unstarted(o, signal);
	if (o->state != OWN_DRAINING || !ends(signal) || o->late)
		return;
	o->late = true;
	if (!o->cut)
		cut_output(o);
	settle(o);
}

void
own_forget(struct own *o)
{
	if (o->proc)
		kill_processes(o);
	else
		release_contents(o);
	loop_cancel(&o->start_limit);
	o->state = OWN_ENDED;
	o->lingers = false;
	own_done(o);
}

void
own_done(struct own *o)
{
	if (o->state != OWN_ENDED) { /* the head knows nothing of it: it was given up while this node was away */
		own_forget(o);
		return;
	}
	o->done = true;
	drop_until(o, UINT64_MAX);
	pipe_listens(&o->pipe[0]);
	pipe_listens(&o->pipe[1]);
	settle(o);
}
