/* A job's part that runs on this very node: from the contents it needs to its verdict.
 * Must never know which other nodes take part, or by which way its events go up beyond the parent. */
#include "node/part.h"

#include "letters.h"
#include "node/health.h"
#include "node/input.h"
#include "node/relay.h"
#include "node/self.h"
#include "run/contents.h"
#include "run/keep.h"
#include "run/pty.h"
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
	MAX_WORD = 128 << 10,	   /* bytes of an argument: no kernel takes more of one, */
	MAX_WORDS = 6 << 20,	   /* or of all */
	RING = 64 * 1024,	   /* bytes of output kept until the head has them; then the program's pipe is left to fill */
	TERMINAL_RING = 24 * 1024, /* of a terminal's: what is shown yet when a key has ended it; more than the head takes unsaid */
	TERMINAL_REST = 72 * 1024, /* bytes: more than the kernel keeps of what was written to a terminal and not read yet */
	CHAIN_MIN = 1 << 20,	   /* bytes: what is larger is asked of the node before this one, or the parent would send as many copies */
	READS_A_TURN = 4,	   /* so that a program that never stops printing leaves the loop to others */
};
#define MAX_SHARE (UINT64_MAX / 4) /* bytes: more than any node has, and sums of it are still numbers */

enum part_state {
	PART_FETCHING, /* contents are missing */
	PART_RUNNING,  /* the keeper has it */
	PART_DRAINING, /* the program has ended; what it wrote, or its children for it, is being read */
	PART_ENDED,    /* the verdict is given; processes may linger */
};

struct output_pipe {
	struct watch watch;
	struct part *part;
	int stream; /* 1, 2 */
	bool open;
	int left;  /* bytes to read before the verdict, once nothing more is waited for */
	bool rest; /* fewer when a read finds none */
};

/* One content of a manifest, and the room that it takes in the store. */
struct content {
	struct object_name name;
	uint64_t footprint;
};

struct part {
	uint64_t job;
	uint32_t rank;
	char *before; /* address of the node that is asked for large contents; "": none */
	enum part_state state;
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
	struct input input;
	struct output_pipe pipe[2];
	struct outbox out;
	struct kept *kept; /* its output, for those who attach; NULL: it has ended */
	int status; /* of the program, as waitpid has it */
	uint64_t ran;				/* milliseconds, likewise */
	struct timer start_limit;
	struct timer drain; /* how long the pipes may stay open beyond the program's end */
	struct timer press; /* after a kill, until all is gone */
	struct timer begin; /* due at once, so after this turn, when relay has dropped its pins and blob_give() can succeed */
};

/* ---- the end ---- */

static void
release_contents(struct part *part)
{
	size_t i;

	for (i = 0; i < part->pin_count; i++)
		blob_let(part->pins[i], part->run.uid);
	free(part->pins);
	part->pins = NULL;
	part->pin_count = 0;
	if (part->reserved)
		store_release(self.store, part->run.uid, part->reserved);
	part->reserved = part->memory = part->described = 0;
	manifest_free(&part->manifest);
	free(part->absent);
	part->absent = NULL;
	part->absent_count = 0;
	relay_job_over(part->job);
}

static void
close_pipe(struct output_pipe *p)
{
	if (!p->open)
		return;
	loop_unwatch(&p->watch);
	proc_close_output(p->part->proc, p->stream);
	p->open = false;
	p->left = 0;
}

static void
part_release(void *what)
{
	struct part *part = what;

	run_common_free(&part->run);
	free(part->before);
	shared_drop(part->block);
	free(part);
}

static void
part_free(struct part *part)
{
	outbox_drop(&part->out, UINT64_MAX);
	input_over(&part->input);
	input_settle(&part->input);
	loop_cancel(&part->start_limit);
	loop_cancel(&part->begin);
	loop_cancel(&part->drain);
	part->out.share.over(part->job);
	loop_bury(part, part_release);
}

/* The verdict is given: nothing more is kept. */
static void
end_kept(struct part *part)
{
	if (part->kept)
		keep_end(part->kept);
	part->kept = NULL;
}

static void
add_verdict(struct part *part, struct msg_event *e)
{
	input_settle(&part->input);
	outbox_add(&part->out, e);
}

/* A verdict that needs no more of the processes: it could not start, or was killed before it did. */
static void
fail(struct part *part, uint32_t status, const char *why)
{
	struct msg_event e = {.kind = EVENT_FAILED, .status = status, .text = why};

	if (part->state == PART_ENDED)
		return;
	note(3, "job %s: %s", part->run.job_text ? part->run.job_text : "", why);
	part->state = PART_ENDED;
	end_kept(part);
	input_over(&part->input);
	loop_cancel(&part->start_limit);
	if (!part->proc)
		release_contents(part);
	add_verdict(part, &e);
}

static void
press_is_due(struct timer *t)
{
	struct part *part = t->owner;

	proc_press(part->proc);
	loop_timer(t, PROC_PRESS_MS, press_is_due, part);
}

static void
kill_processes(struct part *part)
{
	proc_kill(part->proc);
	if (!part->press.set)
		loop_timer(&part->press, PROC_PRESS_MS, press_is_due, part);
}

/* No process of it is left, and what they wrote has been read or is not wanted. */
static void
clear_away(struct part *part)
{
	struct msg_event gone = {.kind = EVENT_GONE};

	close_pipe(&part->pipe[0]);
	close_pipe(&part->pipe[1]);
	loop_unwatch(&part->control);
	loop_cancel(&part->press);
	proc_free(self.worker, part->proc);
	part->proc = NULL;
	self.jobs--;
	release_contents(part);
	if (part->lingers && part->done)
		outbox_say(part->job, &gone); /* no head acknowledges any more */
	else if (part->lingers)
		outbox_add(&part->out, &gone);
}

static bool
is_terminal(const struct part *part)
{
	return part->run.around.input == INPUT_TERMINAL;
}

static bool
is_drained(const struct output_pipe *p)
{
	return !p->open || (p->part->cut && p->left <= 0);
}

/* Whether a process can still write to it, or has since nothing more was waited for. */
static bool
is_held(const struct output_pipe *p)
{
	struct pollfd fd = {.fd = p->watch.fd, .events = POLLIN};

	return p->open && poll(&fd, 1, 0) >= 0 && (fd.revents & POLLIN || !(fd.revents & POLLHUP));
}

static void
add_exited(struct part *part)
{
	struct msg_event e = {.kind = EVENT_EXITED, .status = (uint32_t)part->status, .ran = part->ran};

	if (is_terminal(part))
		close_pipe(&part->pipe[0]); /* hung up: processes that live on have no terminal at the other end */
	part->lingers = !part->gone && !part->alone;
	e.flags = (part->lingers ? EXITED_LINGERS : 0u) | (part->late ? EXITED_LATE : 0u);
	/* A user who has the children ended too need not be told of them. */
	if (!part->late && (is_held(&part->pipe[0]) || is_held(&part->pipe[1])))
		e.flags |= EXITED_HOLDS;
	note(3, "job %s has ended here, status %#x", part->run.job_text, (unsigned)part->status);
	part->state = PART_ENDED;
	end_kept(part);
	loop_cancel(&part->drain);
	add_verdict(part, &e);
}

/* After every change: the verdict falls when the program has ended, its pipes are at their end or nothing more is waited for, and what
 * came of them fits the ring; the rest goes when the last process has. */
static void
advance(struct part *part)
{
	if (part->state == PART_DRAINING && is_drained(&part->pipe[0]) && is_drained(&part->pipe[1]))
		add_exited(part);
	if (part->state == PART_ENDED && part->gone && part->proc)
		clear_away(part);
	if (part->state == PART_ENDED && !part->proc && part->done)
		part_free(part);
}

/* ---- output ---- */

static bool
has_room(const struct part *part)
{
	return part->out.unacknowledged < (is_terminal(part) ? TERMINAL_RING : RING);
}

static void
pipe_listens(struct output_pipe *p)
{
	struct part *part = p->part;

	if (p->open)
		loop_want(&p->watch, part->state == PART_ENDED || has_room(part) ? WATCH_READ : 0);
}

static void
take_output(struct output_pipe *p, const uint8_t *data, size_t len)
{
	struct part *part = p->part;
	struct msg_event e = {.kind = p->stream == 1 ? EVENT_STDOUT : EVENT_STDERR, .data = data, .len = len};

	if (part->state == PART_DRAINING && part->cut) {
		/* What comes after the time for that is a lingering child's: read and dropped. */
		if (len > (size_t)p->left)
			e.len = (size_t)(p->left > 0 ? p->left : 0);
		p->left -= (int)e.len;
	}
	if (e.len == 0 || part->state == PART_ENDED)
		return;
	keep_add(part->kept, p->stream, data, e.len);
	if (!part->silent)
		outbox_add(&part->out, &e);
}

static void
read_output(struct output_pipe *p)
{
	static uint8_t data[OUTBOX_PIECE];
	struct part *part = p->part;
	bool rest = p->rest;
	size_t piece = outbox_piece(&part->out);
	int turns;

	for (turns = 0; (turns < READS_A_TURN || rest) && (part->state == PART_ENDED || has_room(part)); turns++) {
		ssize_t n = read(p->watch.fd, data, piece);

		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			p->left = 0;
			break;
		}
		if (n <= 0) {
			close_pipe(p);
			if (!part->pipe[0].open && !part->pipe[1].open)
				outbox_await_end(&part->out);
			break;
		}
		take_output(p, data, (size_t)n);
		if (rest ? p->left <= 0 : (size_t)n < piece)
			break;
	}
}

static void
pipe_ready(struct watch *w, unsigned events)
{
	struct output_pipe *p = w->owner;

	(void)events;
	read_output(p);
	pipe_listens(p);
	advance(p->part);
}

/* Of what was written to a terminal the kernel doesn't know how much can be read: that ends where a read finds nothing. */
static void
read_rest(struct output_pipe *p)
{
	p->rest = p->open;
	p->left = TERMINAL_REST;
	if (p->open)
		read_output(p);
}

/* Nothing more is waited for; what lies in the pipes now is still delivered, however long that takes: the program's own output is there. */
static void
cut_output(struct part *part)
{
	size_t i;

	part->cut = true;
	for (i = 0; i < COUNT(part->pipe); i++) {
		struct output_pipe *p = &part->pipe[i];

		p->left = 0;
		if (is_terminal(part))
			read_rest(p);
		else if (p->open && ioctl(p->watch.fd, FIONREAD, &p->left) != 0)
			p->left = 0;
	}
}

static void
add_note(struct part *part, unsigned flags, const char *text)
{
	struct msg_event e = {.kind = EVENT_NOTE, .flags = flags, .text = text};

	if (part->state == PART_RUNNING)
		outbox_add(&part->out, &e);
}

static void
drain_is_over(struct timer *t)
{
	struct part *part = t->owner;

	if (part->state != PART_DRAINING)
		return;
	cut_output(part);
	advance(part);
}

/* `exec > >(tee log)` writes when the program is gone, and a daemon may hold the pipe for ever. */
static void
program_exited(struct part *part, int status)
{
	size_t i;

	part->status = status;
	part->state = PART_DRAINING;
	input_over(&part->input);
	if (part->run.around.drain == 0 || is_terminal(part))
		cut_output(part);
	else
		loop_timer(&part->drain, part->run.around.drain, drain_is_over, part);
	for (i = 0; i < COUNT(part->pipe) && !is_terminal(part); i++) /* most have ended with it */
		if (part->pipe[i].open) {
			read_output(&part->pipe[i]);
			pipe_listens(&part->pipe[i]);
		}
}

/* One report a turn: that there are more makes it ready again. But when nothing is left of the job all are taken at once. */
static void
control_ready(struct watch *w, unsigned events)
{
	struct part *part = w->owner;
	struct proc_report r;

	do {
		r = proc_next(part->proc);
		switch (r.event) {
		case PROC_STARTED: {
			struct msg_event e = {.kind = EVENT_STARTED};

			loop_cancel(&part->start_limit);
			if (part->run.flags & RUN_TELL_START)
				outbox_add(&part->out, &e);
			break;
		}
		case PROC_FAILED:
			fail(part, (uint32_t)r.status, r.text);
			break;
		case PROC_EXITED:
			part->alone = !r.lingers;
			part->ran = r.ran;
			if (part->state == PART_RUNNING)
				program_exited(part, r.status);
			break;
		case PROC_NOTE:
			add_note(part, r.status ? NOTE_IF_BAD : 0, r.text);
			break;
		case PROC_GONE:
		case PROC_PLACED:
		case PROC_NOTHING:
			break;
		}
	} while (!events && r.event != PROC_GONE && r.event != PROC_NOTHING);
	if (r.event == PROC_GONE)
		part->gone = true;
	advance(part);
}

static void
processes_gone(void *owner)
{
	struct part *part = owner;

	control_ready(&part->control, 0);
}

/* ---- the start ---- */

static char *const *
environment(struct part *part, struct strings *env)
{
	char node[PATH_TEXT];
	const char *time_servers = getenv("GPROC_NTP"); /* of the node's lease, from its PID 1 */
	size_t i;

	for (i = 0; i < part->run.around.env.count; i++)
		strings_add(env, part->run.around.env.at[i]);
	strings_take(env, xasprintf("GPROC_NODE=%s", path_text(&self.path, node)));
	strings_take(env, xasprintf("GPROC_JOB=%s", part->run.job_text));
	strings_take(env, xasprintf("GPROC_RANK=%u", part->rank));
	strings_take(env, xasprintf("GPROC_SIZE=%u", part->run.size));
	if (time_servers)
		strings_take(env, xasprintf("GPROC_NTP=%s", time_servers));
	return env->at;
}

static enum task_kind
kind_of(const struct part *part)
{
	unsigned flags = part->run.flags;

	return flags & RUN_GET ? TASK_GET : flags & RUN_PUT ? TASK_PUT : flags & RUN_COMPARE ? TASK_COMPARE : TASK_RUN;
}

static int
try_to_promise(struct part *part, uint64_t absent)
{
	part->memory = worker_needs(self.worker, kind_of(part) == TASK_RUN ? &part->manifest : NULL, part->give);
	if (store_reserve(self.store, part->run.uid, absent + part->memory) == 0) {
		part->reserved += absent + part->memory;
		return 0;
	}
	part->memory = 0;
	return -1;
}

/* Promises room for what is absent and for own copies; where that is too much, large files are handed over instead of copied. */
static int
promise_room(struct part *part, uint64_t absent)
{
	if (try_to_promise(part, absent) == 0)
		return 0;
	part->give = true;
	return try_to_promise(part, absent);
}

/* What was promised for the job's own files is the worker's to count from here on. */
static void
hand_promise_on(struct part *part)
{
	store_release(self.store, part->run.uid, part->memory);
	part->reserved -= part->memory;
	part->memory = 0;
}

/* With -subst each node has of a copy the entries below a directory that is named as it is. Room for PATH_TEXT and a slash; "" without. */
static const char *
own_prefix(const struct part *part, char out[PATH_TEXT + 1])
{
	*out = '\0';
	if (kind_of(part) == TASK_PUT && part->run.flags & RUN_SUBST)
		strcat(path_text(&self.path, out), "/");
	return out;
}

/* What a node on the way hands on is the nodes' below to ask for. */
static bool
wants_contents(const struct part *part, const struct entry *e)
{
	char prefix[PATH_TEXT + 1];

	return e->kind == ENTRY_FILE && kind_of(part) != TASK_COMPARE && !(e->flags & ENTRY_THERE) && has_prefix(e->path, own_prefix(part, prefix));
}

/* Files are shared by their objects: a size that is another would leave a cut one for the next user. */
static bool
sizes_are_true(const struct part *part)
{
	const struct manifest *m = &part->manifest;
	size_t i;

	for (i = 0; i < m->count; i++) {
		const struct entry *e = &m->at[i];
		struct object_name object = entry_object(e);
		const struct blob *blob = wants_contents(part, e) ? store_find(self.store, &object) : NULL;

		if (wants_contents(part, e) && (!blob || blob_size(blob) != e->size))
			return false;
	}
	return true;
}

/* The % letters in all words but the first. False: that is more than any program takes. */
static bool
fill_letters(struct part *part)
{
	const struct letters l = {.node = &self.path,
		.rank = part->rank,
		.host = self.info.hostname,
		.machine = self.info.machine,
		.job = part->run.job_text};
	struct strings *argv = &part->run.around.argv;
	size_t i, all = 0;

	for (i = 1; i < argv->count && all <= MAX_WORDS; i++) {
		char *filled =
			strlen(argv->at[i]) > MAX_WORD || letters_unknown(argv->at[i], LETTERS_ALL) ? NULL : letters_fill(argv->at[i], &l);

		if (!filled)
			continue; /* the client has checked it; what is too long no kernel takes */
		free(argv->at[i]);
		argv->at[i] = filled;
		all += strlen(filled);
	}
	return all <= MAX_WORDS;
}

/* Fails it otherwise. */
static bool
is_fit(struct part *part)
{
	if (part->run.flags & RUN_SUBST && !fill_letters(part))
		fail(part, 126, "with what the % letters stand for its arguments are too long");
	else if (part->ships && part->manifest.exact && kind_of(part) == TASK_RUN)
		fail(part, 255, "the manifest is refused: set-id bits are for cp alone");
	else if (part->ships && !sizes_are_true(part))
		fail(part, 255, "the manifest is refused: it gives a file another size than its contents have");
	else
		return true;
	return false;
}

/* The keeper is there: what is read of it, and written to it. */
static void
begin_running(struct part *part)
{
	size_t i;

	self.jobs++;
	part->state = PART_RUNNING;
	if (part->run.around.input != INPUT_NONE)
		input_feed(&part->input, proc_take_input(part->proc));
	loop_watch(&part->control, proc_control(part->proc), WATCH_READ, control_ready, part);
	for (i = 0; i < COUNT(part->pipe); i++) {
		struct output_pipe *p = &part->pipe[i];

		*p = (struct output_pipe){.part = part, .stream = (int)i + 1};
		p->open = proc_output(part->proc, p->stream) >= 0;
		if (p->open)
			loop_watch(&p->watch, proc_output(part->proc, p->stream), WATCH_READ, pipe_ready, p);
	}
}

static void
start_proc(struct part *part)
{
	struct strings env = {0};
	char prefix[PATH_TEXT + 1];
	struct task task = {
		.prefix = own_prefix(part, prefix),
		.kind = kind_of(part),
		.job = part->job,
		.manifest_name = part->ships ? &part->manifest_name : NULL,
		.manifest = part->ships ? &part->manifest : NULL,
		.localbin = part->run.flags & RUN_LOCALBIN,
		.glob = part->run.flags & RUN_GLOB,
		.view = part->run.view,
		.argv = part->run.around.argv.at,
		.env = environment(part, &env),
		.cwd = part->run.around.cwd,
		.node_cwd = part->run.flags & RUN_NODE_CWD,
		.umask = part->run.around.umask,
		.limits = part->run.around.limits,
		.limit_count = part->run.around.limit_count,
		.uid = part->run.uid,
		.gid = part->run.gid,
		.groups = part->run.groups,
		.group_count = part->run.group_count,
		.wants_start = part->run.flags & RUN_TELL_START || part->run.start_limit,
		.give = part->give || part->run.flags & RUN_PUT,
		.input = part->run.around.input == INPUT_STREAM,
		.terminal = is_terminal(part) ? &part->run.around.screen : NULL,
		.gone = processes_gone,
		.owner = part,
	};

	if (!is_fit(part)) {
		strings_free(&env);
		return;
	}
	hand_promise_on(part);
	part->proc = worker_start(self.worker, &task);
	strings_free(&env);
	if (!part->proc) {
		fail(part, 255, worker_error());
		return;
	}
	begin_running(part);
}

static void
pin(struct part *part, const struct object_name *name)
{
	struct blob *blob = store_find(self.store, name);

	blob_hold(blob, part->run.uid);
	part->pins = xrealloc(part->pins, part->pin_count + 1, sizeof(struct blob *));
	part->pins[part->pin_count++] = blob;
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
contents_of(const struct part *part, size_t *count)
{
	const struct manifest *m = &part->manifest;
	struct content *all = xcalloc(m->count, sizeof(*all));
	size_t i, n = 0, kept = 0;

	for (i = 0; i < m->count; i++)
		if (wants_contents(part, &m->at[i]))
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
pin_present(struct part *part, struct content *all, size_t *count)
{
	size_t i, absent = 0;

	for (i = 0; i < *count; i++) {
		struct blob *blob = store_find(self.store, &all[i].name);

		if (blob && blob_whole(blob))
			pin(part, &all[i].name);
		else
			all[absent++] = all[i];
	}
	*count = absent;
}

static uint64_t
absent_bytes(const struct part *part)
{
	uint64_t total = 0;
	size_t i;

	for (i = 0; i < part->absent_count; i++)
		total += part->absent[i].footprint < MAX_SHARE - total ? part->absent[i].footprint : MAX_SHARE - total;
	return total;
}

/* What that content was promised; 0 when it was not among those that were absent. */
static uint64_t
promised_for(const struct part *part, const struct object_name *name)
{
	struct content key = {.name = *name}, *found = NULL;

	if (part->absent_count > 0)
		found = bsearch(&key, part->absent, part->absent_count, sizeof(key), content_order);
	return found ? found->footprint : 0;
}

static int
load_manifest(struct part *part)
{
	struct blob *blob = store_find(self.store, &part->manifest_name);
	size_t len = 0;
	uint8_t *bytes = blob_load(blob, MAX_MANIFEST, &len);
	int bad = !bytes || manifest_decode(bytes, len, part->run.uid, &part->manifest) != 0;

	if (bad)
		fail(part, 255, bytes ? bundle_error() : store_error());
	part->has_manifest = !bad;
	free(bytes);
	return bad ? -1 : 0;
}

const char *
part_refuses(struct part *part, const struct object_name *name, uint64_t bytes)
{
	if (part->state != PART_FETCHING)
		return NULL;
	if (part->has_manifest)
		return bytes <= promised_for(part, name) ? NULL : "the manifest is refused: it says that a file has more holes than it has";
	if (bytes > MAX_MANIFEST)
		return "the manifest is refused: it is too big";
	if (store_reserve(self.store, part->run.uid, bytes) < 0)
		return store_error();
	part->reserved += bytes;
	return NULL;
}

/* True when it is whole. Of an object that others wait for already, what it takes may be known. */
static bool
need(struct part *part, const struct object_name *name)
{
	const struct blob *blob;
	const char *why;

	if (relay_need(part->job, name, promised_for(part, name) > CHAIN_MIN))
		return true;
	if (part->state != PART_FETCHING)
		return false;
	blob = store_find(self.store, name);
	why = blob && blob_needs(blob) ? part_refuses(part, name, blob_needs(blob)) : NULL;
	if (why)
		fail(part, why == store_error() ? NO_ROOM : 255, why);
	return false;
}

/* A manifest of very many files takes more of the daemon's memory than of the store, and so do the lists of what is mostly holes. */
static int
promise_manifest(struct part *part)
{
	uint64_t bytes = part->manifest.count * (sizeof(struct entry) + sizeof(struct content) + sizeof(struct blob *));
	size_t i;

	for (i = 0; i < part->manifest.count; i++)
		bytes += part->manifest.at[i].kind == ENTRY_FILE ? list_length(part->manifest.at[i].size) : 0;
	if (store_reserve(self.store, part->run.uid, bytes) < 0)
		return -1;
	part->described = bytes;
	part->reserved += bytes;
	return 0;
}

/* The manifest is here: pin what else is, promise room, ask for the rest; start when nothing is missing. */
static void
manifest_here(struct part *part)
{
	size_t i;

	if (load_manifest(part))
		return;
	if (promise_manifest(part) < 0) {
		fail(part, NO_ROOM, store_error());
		return;
	}
	part->absent = contents_of(part, &part->absent_count);
	pin_present(part, part->absent, &part->absent_count);
	part->missing = part->absent_count;
	if (promise_room(part, absent_bytes(part)) != 0)
		fail(part, NO_ROOM, store_error());
	for (i = 0; i < part->absent_count && part->state == PART_FETCHING; i++)
		(void)need(part, &part->absent[i].name);
	if (part->missing == 0 && part->state == PART_FETCHING)
		start_proc(part);
}

static void
begin_is_due(struct timer *t)
{
	struct part *part = t->owner;

	if (part->state == PART_FETCHING)
		start_proc(part);
	advance(part);
}

void
part_has(struct part *part, const struct object_name *name)
{
	uint64_t size;

	if (part->state != PART_FETCHING)
		return;
	pin(part, name);
	size = part->has_manifest ? promised_for(part, name) : part->reserved;
	if (size > part->reserved - part->memory - part->described)
		size = part->reserved - part->memory - part->described;
	store_release(self.store, part->run.uid, size); /* it is in the store now, no more a promise */
	part->reserved -= size;
	if (!part->has_manifest) {
		manifest_here(part);
		advance(part);
		return;
	}
	if (--part->missing == 0)
		loop_timer(&part->begin, 0, begin_is_due, part);
}

void
part_lacks(struct part *part, const struct object_name *name, unsigned status, const char *why)
{
	(void)name;
	if (part->state != PART_FETCHING)
		return;
	fail(part, status, why);
	advance(part);
}

static void
start_is_due(struct timer *t)
{
	struct part *part = t->owner;

	if (part->proc)
		kill_processes(part);
	fail(part, 255, "it did not start within the time that -start gives");
	advance(part);
}

/* The node's own binRoot wins; a launch that names another is told. */
static void
note_binroot(struct part *part)
{
	struct msg_event e = {.kind = EVENT_NOTE};
	char *text;
	const char *wanted = part->run.around.binroot;

	if (!*wanted || strcmp(wanted, self.options->binroot) == 0)
		return;
	text = xasprintf("binRoot is %.*s there, not %.*s", MAX_NOTE / 3, self.options->binroot, MAX_NOTE / 3, wanted);
	e.text = text;
	outbox_add(&part->out, &e);
	free(text);
}

const char *
part_before(const struct part *part)
{
	return part->before;
}

void
part_set_before(struct part *part, const char *before)
{
	free(part->before);
	part->before = xstrdup(before);
}

bool
part_is_of(const struct part *part, uint32_t scope)
{
	return scope == SCOPE_PUBLIC || scope == part->run.uid;
}

bool
part_fetches(const struct part *part)
{
	return part->state == PART_FETCHING;
}

/* In pieces, as any output. */
static void
tell_health(struct part *part)
{
	struct msg_event e = {.kind = EVENT_STDOUT}, end = {.kind = EVENT_EXITED};
	struct buf body = {0};
	size_t at;

	health_put(&body);
	for (at = 0; at < body.len; at += e.len) {
		e.data = body.data + at;
		e.len = outbox_piece(&part->out);
		if (e.len > body.len - at)
			e.len = body.len - at;
		outbox_add(&part->out, &e);
	}
	buf_free(&body);
	part->state = PART_ENDED;
	outbox_add(&part->out, &end);
}

struct part *
part_start(uint64_t job, const struct msg_run *run, struct shared *block, const struct run_entry *mine, const struct part_share *share)
{
	struct part *part = xcalloc(1, sizeof(*part));

	part->job = job;
	part->rank = mine->rank;
	part->before = xstrdup(mine->before);
	outbox_begin(&part->out, job, share);
	part->block = shared_hold(block);
	if (take_run_common(reader_over(block->data, block->len), &part->run) != 0) {
		part->run = (struct run_common){0};
		fail(part, 255, "the launch can't be read by this node's gproc");
		return part;
	}
	note(3, "job %s of user %u begins here", part->run.job_text, part->run.uid);
	if (part->run.flags & RUN_HEALTH) {
		tell_health(part);
		return part;
	}
	part->silent = part->run.flags & RUN_DETACHED;
	part->out.holds = !is_terminal(part);
	part->kept = keep_begin(self.keep, job, part->run.uid, part->run.keep);
	input_begin(&part->input, job, part->run.around.input);
	note_binroot(part);
	if (part->run.start_limit)
		loop_timer(&part->start_limit, part->run.start_limit, start_is_due, part);
	part->ships = run->has_manifest;
	part->manifest_name = (struct object_name){run->manifest, part->run.uid};
	if (!part->ships) {
		start_proc(part);
	} else if (need(part, &part->manifest_name)) {
		pin(part, &part->manifest_name);
		manifest_here(part);
	}
	return part;
}

void
part_ack(struct part *part, uint64_t sequence)
{
	outbox_drop(&part->out, sequence);
	pipe_listens(&part->pipe[0]);
	pipe_listens(&part->pipe[1]);
	if (part->pipe[0].rest && part->state == PART_DRAINING)
		pipe_ready(&part->pipe[0].watch, 0); /* whether there is more to read nothing else tells */
}

/* Says first that the job is here: a head that has given it up answers with FORGET, though there is no other event to send. */
void
part_resend(struct part *part)
{
	outbox_say(part->job, &(struct msg_event){.kind = EVENT_STARTED});
	input_send_taken(&part->input);
	outbox_resend(&part->out);
}

struct outbox *
part_out(struct part *part)
{
	return &part->out;
}

static enum figures_state
figures_state(const struct part *part, char state)
{
	if (part->state == PART_FETCHING || (part->state == PART_RUNNING && !state))
		return FIGURES_STARTING;
	if (part->state != PART_RUNNING)
		return state ? FIGURES_LINGERING : FIGURES_ENDED;
	return state == 'T' || state == 't' ? FIGURES_STOPPED : state == 'D' ? FIGURES_BLOCKED : FIGURES_RUNNING;
}

void
part_figures(const struct part *part, struct msg_event *e)
{
	struct usage u = {0};

	if (part->proc)
		proc_usage(part->proc, &u);
	e->state = figures_state(part, u.state);
	e->pid = part->state == PART_RUNNING ? (uint32_t)u.program : 0;
	e->cpu = u.cpu;
	e->memory = u.memory;
}

static bool
ends(int signal)
{
	return signal == SIGKILL || signal == SIGTERM || signal == SIGINT || signal == SIGHUP || signal == SIGQUIT;
}

/* Before there is anything to be signalled. */
static void
end_unstarted(struct part *part, int signal)
{
	struct msg_event e = {.kind = EVENT_EXITED, .status = (uint32_t)signal, .flags = EXITED_UNSTARTED};

	part->state = PART_ENDED;
	end_kept(part);
	input_over(&part->input);
	loop_cancel(&part->start_limit);
	release_contents(part);
	add_verdict(part, &e);
}

/* As a line that drops: whatever is at the terminal has no other end any more. */
static void
hang_up(struct part *part)
{
	input_over(&part->input);
	close_pipe(&part->pipe[0]);
	advance(part);
}

void
part_signal(struct part *part, int signal)
{
	if (part->proc && signal == SIGKILL)
		kill_processes(part);
	else if (part->proc)
		(void)proc_signal(part->proc, signal);
	else if (part->state == PART_FETCHING && ends(signal))
		end_unstarted(part, signal);
	if (signal == SIGHUP && part->proc && is_terminal(part))
		hang_up(part);
	if (part->state != PART_DRAINING || !ends(signal) || part->late)
		return;
	part->late = true;
	if (!part->cut)
		cut_output(part);
	advance(part);
}

void
part_resize(struct part *part, const struct msg_resize *m)
{
	part->run.around.screen = *m; /* for a program that is not there yet */
	if (is_terminal(part) && part->pipe[0].open)
		(void)pty_resize(part->pipe[0].watch.fd, m);
}

void
part_input(struct part *part, const struct msg_input *m)
{
	input_add(&part->input, m);
}

void
part_forget(struct part *part)
{
	input_over(&part->input);
	if (part->proc)
		kill_processes(part);
	else
		release_contents(part);
	loop_cancel(&part->start_limit);
	part->state = PART_ENDED;
	end_kept(part);
	part->lingers = false;
	part_done(part);
}

void
part_done(struct part *part)
{
	if (part->state != PART_ENDED) { /* the head knows nothing of it: it was given up while this node was away */
		part_forget(part);
		return;
	}
	part->done = true;
	outbox_drop(&part->out, UINT64_MAX);
	pipe_listens(&part->pipe[0]);
	pipe_listens(&part->pipe[1]);
	advance(part);
}
