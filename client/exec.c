/* The user's side of a launch: packs, launches, serves the files that are asked for, shows the output, and judges.
 * Must never know mounts, or fork. */
#include "client/exec.h"
#include "letters.h"
#include "nodespec.h"
#include "client/output.h"
#include "base/sys.h"
#include "client/parcel.h"
#include "client/progress.h"
#include "client/reading.h"
#include "client/report.h"
#include "client/session.h"
#include "client/json.h"
#include "client/signals.h"
#include "client/survey.h"
#include "client/terminal.h"
#include "client/terminfo.h"
#include "client/verdicts.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

enum {
	WINDOW = 256 << 10, /* bytes of output that may be under way to us; */
	SCREEN = 8 << 10,   /* to a terminal: what is shown yet when a key has ended it */
};

/* A file on its way to the master. */
struct upload {
	struct source *source;
	struct object_name name; /* as it was asked for */
	uint64_t offset, end, job;
	bool packed; /* it is welcome deflated */
	struct deflating deflating;
	struct upload *next, **at; /* in the order of turns, and what points to it there */
	struct upload *next_in_bucket;
};

struct exec {
	const struct options *options;
	struct link *link;
	struct msg_accepted accepted;
	bool is_accepted;
	bool attached; /* to a job that is not this process's to run: it goes on whatever becomes of us */
	bool drawn;    /* its output is a terminal's, shown as it comes */
	bool hung_up;  /* by us, who have attached */
	char *job;
	uint64_t id;
	struct about about;
	struct naming *naming;
	struct verdicts verdicts;
	struct output *output;
	struct reading reading;
	struct terminal terminal;
	bool leaving; /* it is to run on without us, once it has started */
	struct pack packs[MAX_VARIANTS];
	char *machines[MAX_VARIANTS];
	uint32_t variants;
	struct upload *uploads, **last_upload; /* last: only while there are some */
	struct upload *bucket[4096];	       /* the same by name: there may be very many */
	uint32_t taken;			 /* bytes of output since the last credit */
	const struct carriage *carriage; /* NULL: a program runs */
	bool refused;			 /* by the master, of which nothing is said */
	bool *useless;			 /* of each node: nothing more of it is of use here */
	size_t useless_count;
	unsigned interrupts;
	struct progress progress;
};

/* ---- packing ---- */

/* Users of ssh write 'ls | wc' as one word, which only a shell understands. */
static bool
wants_a_shell(const char *program)
{
	return strpbrk(program, " |;&<>$`") != NULL;
}

static void
pack_one(struct exec *x, const char *machine, char **argv, const char *cwd)
{
	bool localbin = x->options->localbin;
	int status = 255;

	if (parcel_make(x->options, machine, localbin ? NULL : argv[0], localbin ? NULL : cwd, &x->packs[x->variants], &status) != 0)
		die(status, "%s%s", pack_error(),
			wants_a_shell(argv[0]) && !argv[1] ? "; there is no shell in between: say sh -c '...', or give each word by itself"
							   : "");
	note(1, "the list of files for %s has %zu paths", *machine ? machine : "all nodes", x->packs[x->variants].manifest.count);
	x->machines[x->variants++] = xstrdup(machine);
}

/* With %m in -r: one variant for each machine among the chosen nodes. Nodes of a machine without a root fail, the others run. */
static void
pack_for_machines(struct exec *x, const char *spec, char **argv, const char *cwd)
{
	struct msg_query q = {.generation = PROTO_GENERATION, .spec = spec, .exclude = x->options->exclude, .only = x->options->only};
	struct strings machines = {0};
	struct buf body = {0};
	struct frame f;
	size_t i;

	put_query(&body, &q);
	session_send(x->link, MSG_QUERY, &body);
	buf_free(&body);
	for (session_next(x->link, &f); f.type == MSG_NODES; session_next(x->link, &f)) {
		struct reader r = reader_over(f.body, f.len);
		struct msg_shown m;

		while (next_shown(&r, &m))
			if (m.state == NODE_UP && !strings_has(&machines, m.info.machine))
				strings_add(&machines, m.info.machine);
		if (r.bad)
			session_bad(&f);
	}
	if (machines.count == 0)
		die(255, "\"%s\" selects no node that is up", spec);
	if (machines.count > MAX_VARIANTS)
		die(255, "the chosen nodes are of %zu different machines: more than %d", machines.count, MAX_VARIANTS);
	for (i = 0; i < machines.count; i++)
		if (parcel_has_root(x->options, machines.at[i]) || (i + 1 == machines.count && x->variants == 0))
			pack_one(x, machines.at[i], argv, cwd);
	strings_free(&machines);
}

/* ---- sending ---- */

/* Umask and soft limits, as the caller has them. */
static void
look_around(struct surroundings *to)
{
	mode_t mask = umask(0);
	struct rlimit limit;

	(void)umask(mask);
	to->umask = mask & 0777;
	for (to->limit_count = 0; to->limit_count < MAX_LIMITS; to->limit_count++) {
		if (getrlimit(limit_resource(to->limit_count), &limit) != 0)
			break;
		to->limits[to->limit_count] = limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
	}
}

/* Whether it matters to the launch where the nodes have their binRoot. */
static bool
names_binroot(const struct options *o, char **argv)
{
	while (*argv && !strstr(*argv, o->binroot))
		argv++;
	return *argv || has_prefix(o->cwd, o->binroot);
}

static uint32_t
window(const struct exec *x)
{
	return x->drawn ? SCREEN : WINDOW;
}

static unsigned
input_mode(const struct options *o)
{
	if (o->terminal)
		return INPUT_TERMINAL;
	return o->no_input || o->detach || !reading_wanted() ? INPUT_NONE : INPUT_STREAM;
}

static unsigned
launch_flags(const struct exec *x)
{
	const struct options *o = x->options;

	return (o->detach ? LAUNCH_DETACH : 0u) | (o->strict ? LAUNCH_STRICT : 0u) | (o->kill_on_bad ? LAUNCH_KILL_ON_BAD : 0u) |
	       (o->localbin ? LAUNCH_LOCALBIN : 0u) | (o->glob ? LAUNCH_GLOB : 0u) | (*o->cwd ? LAUNCH_NODE_CWD : 0u) |
	       (x->naming ? LAUNCH_NAMES : 0u) | (o->subst ? LAUNCH_SUBST : 0u) | (progress_possible(o) ? LAUNCH_TELL_START : 0u) |
	       (x->carriage ? x->carriage->flags | LAUNCH_LOCALBIN | LAUNCH_NODE_CWD : 0u);
}

static struct variant
variant_of(const struct exec *x, uint32_t i)
{
	const struct options *o = x->options;
	struct variant v = {.machine = x->machines[i], .made_for = ""};

	v.has_manifest = x->packs[i].count > 0 && (!o->localbin || *o->files || x->carriage);
	if (v.has_manifest) {
		v.made_for = x->packs[i].manifest.machine;
		v.manifest = x->packs[i].at[0].id.digest;
	}
	return v;
}

static void
send_launch(struct exec *x, const char *spec, char **argv, const char *cwd)
{
	const struct options *o = x->options;
	struct msg_launch m = {
		.generation = PROTO_GENERATION,
		.spec = spec,
		.exclude = o->exclude,
		.only = o->only,
		.flags = launch_flags(x),
		.view = (enum view)opts_view(o->view),
		.window = window(x),
		.timeout = o->timeout,
		.start = o->start,
		.kill_after = o->kill_after,
		.keep = o->keep,
		.name = o->name,
		.fanout = (uint32_t)o->fanout,
		.stop_after = (uint32_t)o->stop_after,
		.variants = x->variants,
		.around = {.cwd = *o->cwd && strcmp(o->cwd, ".") != 0 ? o->cwd : cwd,
			.binroot = names_binroot(o, argv) ? o->binroot : "",
			.drain = o->drain,
			.screen = terminal_size(),
			.input = x->carriage ? INPUT_NONE : input_mode(o)},
	};
	struct buf body = {0};
	char **word;
	uint32_t i;

	for (i = 0; i < x->variants; i++)
		m.variant[i] = variant_of(x, i);
	look_around(&m.around);
	for (word = argv; *word; word++)
		strings_add(&m.around.argv, *word);
	for (word = environ; *word; word++)
		strings_add(&m.around.env, *word);
	put_launch(&body, &m);
	if (body.len > MAX_FRAME - FRAME_HEAD)
		die(255, "arguments and environment take %zu bytes: more than a launch can carry", body.len);
	session_send(x->link, MSG_LAUNCH, &body);
	buf_free(&body);
	launch_free(&m);
}

static struct source *
find_source(const struct exec *x, const struct object_name *name)
{
	uint32_t i;

	for (i = 0; i < x->variants; i++) {
		struct source *s = pack_find(&x->packs[i], name);

		if (s)
			return s;
	}
	return NULL;
}

static void
send_lack(struct exec *x, uint64_t job, const struct object_name *name, const char *why)
{
	struct msg_lack m = {.name = *name, .why = why};
	struct buf body = {0};

	put_lack(&body, &m);
	link_send(x->link, PRIO_CONTROL, MSG_LACK, job, body.data, body.len);
	buf_free(&body);
}

static struct upload **
bucket_of(struct exec *x, const struct object_name *name)
{
	return &x->bucket[(name->digest.byte[0] << 8 | name->digest.byte[1]) % COUNT(x->bucket)];
}

static struct upload *
take_upload(struct exec *x, const struct object_name *name)
{
	struct upload **at, *u;

	for (at = bucket_of(x, name); *at && !object_equal(&(*at)->name, name); at = &(*at)->next_in_bucket)
		;
	u = *at;
	if (!u)
		return NULL;
	*at = u->next_in_bucket;
	*u->at = u->next;
	if (u->next)
		u->next->at = u->at;
	else
		x->last_upload = u->at;
	return u;
}

static void
append_upload(struct exec *x, struct upload *u)
{
	struct upload **in = bucket_of(x, &u->name);

	u->next_in_bucket = *in;
	*in = u;
	if (!x->uploads)
		x->last_upload = &x->uploads;
	u->next = NULL;
	u->at = x->last_upload;
	*x->last_upload = u;
	x->last_upload = &u->next;
}

/* For link_set_bulk: the next piece, of each file in turn. */
static void
put_piece(void *owner, struct buf *out)
{
	static uint8_t raw[PIECE_SIZE], packed[PIECE_SIZE];
	struct exec *x = owner;
	struct upload *u = x->uploads;
	struct msg_data m = {.data = raw};
	ssize_t len;
	size_t mark, small;

	if (!u)
		return;
	(void)take_upload(x, &u->name);
	len = source_read(u->source, u->offset, raw, piece_length(u->source->id.size, u->source->id.list, u->offset, u->end));
	if (len < 0) {
		send_lack(x, u->job, &u->name, source_error());
		free(u);
		put_piece(owner, out);
		return;
	}
	m.name = u->name;
	m.size = u->source->id.size;
	m.have = object_length(m.size);
	m.offset = u->offset;
	m.raw_len = (uint32_t)len;
	x->progress.sent += (uint64_t)len;
	m.len = (size_t)len;
	if (u->packed && m.offset >= list_length(m.size) && (small = deflating_piece(&u->deflating, raw, m.len, packed)) > 0) {
		m.deflated = true;
		m.data = packed;
		m.len = small;
	}
	mark = frame_begin(out, MSG_DATA, u->job);
	put_data(out, &m);
	frame_end(out, mark);
	u->offset = object_skip(m.size, u->source->id.list, u->offset + (uint64_t)len);
	if (u->offset >= u->end)
		free(u);
	else
		append_upload(x, u);
}

static void
on_want(struct exec *x, const struct frame *f)
{
	struct msg_want m;
	struct source *source;
	struct upload *u;
	uint64_t total, offset;

	if (take_want(f->body, f->len, &m) != 0)
		session_bad(f);
	source = find_source(x, &m.name);
	if (!source) {
		send_lack(x, f->job, &m.name, "the client has no such contents");
		return;
	}
	u = take_upload(x, &m.name);
	if (u && m.offset == u->end)
		m.offset = u->offset; /* the next WANT goes on where this one ended */
	total = object_length(source->id.size);
	offset = m.offset < total ? object_skip(source->id.size, source->id.list, m.offset) : m.offset;
	if (offset > total || (offset >= m.end && m.end < total)) {
		free(u); /* all that was asked for is sent */
		return;
	}
	if (!u) {
		note(2, "%s is asked for from byte %llu on", source->file ? source->file : "the list of files", (unsigned long long)offset);
		u = xcalloc(1, sizeof(*u));
	}
	*u = (struct upload){.source = source,
		.name = m.name,
		.offset = offset,
		.end = m.end < total ? m.end : total,
		.job = f->job,
		.packed = m.packed};
	append_upload(x, u);
	link_wake_bulk(x->link);
}

static void
on_unwant(struct exec *x, const struct frame *f)
{
	struct msg_want m;

	if (take_want(f->body, f->len, &m) == 0)
		free(take_upload(x, &m.name));
}

/* ---- what comes back ---- */

static void
leave(struct exec *x, int status)
{
	(void)x;
	exit(status);
}

static void
check_output(struct exec *x, int failed)
{
	if (!failed)
		return;
	if (errno != EPIPE) {
		warn("%s; %s", output_error(), x->attached ? "the job runs on" : "ending the job");
		leave(x, 255);
	}
	leave(x, 128 + SIGPIPE); /* the reader of our output has gone: the end of the link ends the job */
}

/* More output, when what came is shown. */
static void
grant(struct exec *x)
{
	struct msg_credit m = {.bytes = x->taken};
	struct buf body = {0};

	if (x->taken < window(x) / 4 || terminal_waits(&x->terminal))
		return;
	put_credit(&body, &m);
	link_send(x->link, PRIO_CONTROL, MSG_CREDIT, x->id, body.data, body.len);
	buf_free(&body);
	x->taken = 0;
}

static void send_signal(struct exec *x, int signal);

/* Where nothing more of any node is of use, as on a full disk, they need not go on. */
static void
carry(struct exec *x, size_t at, const struct msg_event *e)
{
	const struct carriage *c = x->carriage;

	if (!c->take || x->useless[at] || c->take(c->owner, at, e->data, e->len) == 0)
		return;
	x->useless[at] = true;
	if (++x->useless_count == x->accepted.count)
		send_signal(x, SIGKILL);
}

static void
show(struct exec *x, size_t at, const struct msg_event *e)
{
	if (x->drawn)
		terminal_show(&x->terminal, e->data, e->len);
	else if (x->carriage && e->kind == EVENT_STDOUT)
		carry(x, at, e);
	else
		check_output(x, output_add(x->output, at, e->kind == EVENT_STDOUT ? 1 : 2, e->data, e->len));
	x->taken += (uint32_t)event_charge(e);
	x->progress.got += e->len;
	grant(x);
}

/* Writes objects to standard output, and empties the buffer. */
static void
print_objects(struct exec *x, struct buf *objects)
{
	check_output(x, output_print(x->output, objects->data, objects->len));
	buf_free(objects);
}

static void
ended(struct exec *x, size_t at)
{
	const struct carriage *c = x->carriage;
	const char *why = c && c->end ? c->end(c->owner, at) : NULL;
	struct buf object = {0};

	if (why)
		verdicts_spoil(&x->verdicts, at, why);
	check_output(x, output_end(x->output, at, verdict_status(&x->verdicts.at[at])));
	if (!x->options->json)
		return;
	report_verdict(&object, &x->verdicts, at);
	print_objects(x, &object);
}

static void
on_names(struct exec *x, const struct frame *f)
{
	if (!x->naming || naming_take(x->naming, f->body, f->len) != 0)
		session_bad(f);
}

/* What is missing ends a line that it has broken. */
static void
show_gap(struct exec *x, size_t at, const struct msg_event *e)
{
	struct buf object = {0};
	int stream;

	if (x->options->json) {
		report_skipped(&object, &x->verdicts, at, e->bytes);
		print_objects(x, &object);
		return;
	}
	for (stream = 1; stream <= 2; stream++)
		if (x->verdicts.at[at].broken[stream - 1])
			check_output(x, output_add(x->output, at, stream, (const uint8_t *)"\n", 1));
	x->verdicts.at[at].broken[0] = x->verdicts.at[at].broken[1] = false;
}

static void
on_event(struct exec *x, const struct frame *f)
{
	struct msg_event e;
	size_t at;

	if (!x->is_accepted || take_event(f->body, f->len, &e) != 0)
		session_bad(f);
	at = verdicts_find(&x->verdicts, &e.path);
	if (at == x->verdicts.count)
		die(255, "protocol error: the master sent an event of a node that was not chosen");
	if (e.kind == EVENT_STDOUT || e.kind == EVENT_STDERR)
		show(x, at, &e);
	else if (e.kind == EVENT_SKIPPED)
		show_gap(x, at, &e);
	if (verdicts_take(&x->verdicts, at, &e))
		ended(x, at);
}

static void
send_signal(struct exec *x, int signal)
{
	struct msg_signal m = {.signal = (unsigned)signal};
	struct buf body = {0};

	put_signal(&body, &m);
	link_send(x->link, PRIO_CONTROL, MSG_SIGNAL, x->id, body.data, body.len);
	buf_free(&body);
}

static void
send_resize(struct exec *x, const struct msg_resize *m)
{
	struct buf body = {0};

	put_resize(&body, m);
	link_send(x->link, PRIO_CONTROL, MSG_RESIZE, x->id, body.data, body.len);
	buf_free(&body);
}

static void
send_size(struct exec *x)
{
	struct msg_resize m = terminal_size();

	send_resize(x, &m);
}

static void
begin_carriage(struct exec *x)
{
	const struct carriage *c = x->carriage;

	x->useless = xcalloc(x->accepted.count, sizeof(x->useless[0]));
	if (c->begin)
		c->begin(c->owner, &x->accepted, x->naming);
}

static struct output *
make_output(const struct exec *x)
{
	const struct options *o = x->options;
	struct output_place place = {.naming = x->naming, .pattern = o->output, .job = x->job};
	enum output_mode mode = *o->output ? OUTPUT_FILES
				: o->fold  ? OUTPUT_FOLD
				: o->label ? OUTPUT_LABEL
				: o->json  ? OUTPUT_JSON
					   : OUTPUT_RAW;
	struct output *output = output_new(mode, x->accepted.paths, x->accepted.count, &place);

	if (!output)
		die(255, "%s", output_error());
	return output;
}

/* Of what cp and get move nothing else is seen. */
static void
begin_progress(struct exec *x)
{
	const struct options *o = x->options;
	bool ships = x->carriage ? x->carriage->pack != NULL : x->packs[0].count > 0;
	bool aside = x->carriage || o->fold || *o->output || !isatty(STDOUT_FILENO);

	if (progress_possible(o))
		progress_begin(&x->progress, &x->verdicts, x->output, &x->reading, ships, aside);
}

static void
on_accepted(struct exec *x, const struct frame *f)
{
	const struct options *o = x->options;
	bool wanted = !o->no_input && reading_wanted();
	struct buf objects = {0};

	if (x->is_accepted || take_accepted(f->body, f->len, &x->accepted) != 0)
		session_bad(f);
	x->is_accepted = true;
	x->id = f->job;
	x->job = xstrdup(x->accepted.job);
	note(1, "job %s on %u node%s", x->job, x->accepted.count, x->accepted.count == 1 ? "" : "s");
	verdicts_begin(&x->verdicts, o, x->naming, &x->accepted, x->carriage && x->carriage->silent);
	x->output = make_output(x);
	if (o->json) {
		x->about.job = x->job;
		report_start(&objects, &x->verdicts, &x->about);
		print_objects(x, &objects);
	}
	begin_progress(x);
	if (x->carriage) {
		begin_carriage(x);
		return;
	}
	if (o->terminal && !o->detach)
		terminal_begin(&x->terminal, wanted, opts_escape(o->escape));
	if (!o->detach && !x->attached && (o->terminal || wanted))
		reading_begin(&x->reading, x->link, x->id, x->accepted.count, wanted, o->terminal ? &x->terminal : NULL);
	if (x->terminal.raw)
		send_size(x); /* that it was told of may have changed meanwhile */
}

/* ---- a terminal ---- */

/* What gproc says from here on is no more of the job's screen. */
static void
leave_terminal(struct exec *x)
{
	if (x->terminal.raw)
		terminal_show(&x->terminal, (const uint8_t *)"\r\n", 2);
	(void)terminal_flush(&x->terminal, false);
	terminal_end(&x->terminal);
}

/* Once it has started nothing of it needs us any more. */
static void
detach_if_started(struct exec *x)
{
	if (!x->leaving || x->verdicts.at[0].fate != FATE_STARTED)
		return;
	link_send(x->link, PRIO_CONTROL, MSG_DETACH, x->id, NULL, 0);
	x->leaving = false;
}

static void __attribute__((noreturn)) on_detached(struct exec *x)
{
	leave_terminal(x);
	warn("job %s runs on; gproc attach %s comes back to it", x->job, x->job);
	exit(0);
}

static void
on_wish(struct exec *x, enum terminal_wish wish)
{
	if (wish == WISH_END && x->attached && !x->hung_up) {
		x->hung_up = true;
		send_signal(x, SIGHUP);
	} else if (wish == WISH_END) {
		leave_terminal(x);
		leave(x, 255); /* the end of the link hangs it up */
	}
	if (wish == WISH_DETACH && x->attached)
		on_detached(x);
	x->leaving |= wish == WISH_DETACH;
	detach_if_started(x);
}

/* Sits down at a terminal that another client has left. A program that draws does so anew when the size changes, so that does. */
static void
on_keyboard(struct exec *x, const struct frame *f)
{
	struct msg_resize size = terminal_size();
	struct msg_keyboard m;

	if (!x->attached || !x->is_accepted || take_keyboard(f->body, f->len, &m) != 0)
		session_bad(f);
	if (m.state == KEYBOARD_TAKEN)
		warn("user %u has the keyboard of job %s: you can only look", m.uid, x->job);
	else if (m.state == KEYBOARD_ENDED)
		warn("the input of job %s has ended: you can only look", x->job);
	if (m.state != KEYBOARD_YOURS)
		return;
	x->drawn = true;
	terminal_begin(&x->terminal, true, opts_escape(x->options->escape));
	reading_begin(&x->reading, x->link, x->id, 1, true, &x->terminal);
	x->reading.sent = m.offset;
	size.rows += size.rows ? 1 : 0;
	send_resize(x, &size);
	send_size(x);
}

/* Signals to a client whose keys are all the job's come from elsewhere, and are for the client. */
static void
on_terminal_signal(struct exec *x, int signal)
{
	switch (signal) {
	case SIGTSTP:
		terminal_suspend(&x->terminal);
		break;
	case SIGCONT:
		terminal_resume(&x->terminal);
		send_size(x);
		break;
	case SIGWINCH:
		send_size(x);
		break;
	case SIGUSR1:
	case SIGUSR2:
		send_signal(x, signal);
		break;
	default:
		leave_terminal(x);
		leave(x, 128 + signal);
	}
}

/* Says what went wrong, and returns the status. left: gproc leaves, and some may run still. */
static int
judge(struct exec *x, int status, bool left)
{
	struct buf object = {0};

	check_output(x, output_finish(x->output));
	if (x->options->json) {
		report_end(&object, &x->verdicts, x->job, status, left);
		print_objects(x, &object);
	}
	verdicts_print(&x->verdicts, left);
	return status;
}

/* ---- signals and the loop ---- */

/* Leaves a job that runs on. */
static void
leave_attached(struct exec *x, int signal)
{
	(void)judge(x, 128 + signal, true);
	if (!x->options->quiet)
		warn("left; job %s runs on", x->job);
	leave(x, 128 + signal);
}

/* The first goes to the job, the second kills it, the third leaves it. */
static void
on_interrupt(struct exec *x)
{
	char *nodes;

	x->interrupts++;
	if (x->interrupts > 2)
		leave(x, judge(x, 128 + SIGINT, true));
	send_signal(x, x->interrupts == 1 ? SIGINT : SIGKILL);
	if (x->options->quiet || x->verdicts.running == 0)
		return;
	nodes = verdicts_running(&x->verdicts);
	if (x->interrupts == 1)
		warn("interrupted; still running: %s; Ctrl-C again kills", nodes);
	else
		warn("killed; still running: %s; Ctrl-C again leaves", nodes);
	free(nodes);
}

static void
stop(void)
{
	progress_hide();
	signals_stop(false);
}

static void
on_signal(struct exec *x, int signal)
{
	if (x->terminal.raw)
		on_terminal_signal(x, signal);
	else if (signal == SIGTSTP)
		stop();
	else if (signal == SIGCONT || signal == SIGWINCH) /* wakes the loop, which looks anew whose the terminal is */
		return;
	else if (!x->is_accepted)
		leave(x, 128 + signal);
	else if (x->attached)
		leave_attached(x, signal);
	else if (signal == SIGINT)
		on_interrupt(x);
	else
		send_signal(x, signal);
}

static void
take_signals(struct exec *x, int fd)
{
	int signal;

	while ((signal = signals_next(fd)))
		on_signal(x, signal);
}

/* A client that has attached learns at the end which node's failure ended the others. */
static void
on_end(struct exec *x, const struct frame *f)
{
	struct msg_job_end m;

	if (take_job_end(f->body, f->len, &m) != 0 || m.culprit > x->verdicts.count)
		session_bad(f);
	if (x->attached && m.culprit)
		x->verdicts.culprit = m.culprit - 1;
}

static void
on_timeout(struct exec *x, const struct frame *f)
{
	struct reader r = reader_over(f->body, f->len);

	if (!f->len)
		verdicts_overdue(&x->verdicts);
	while (reader_left(&r)) {
		struct path p = take_path(&r);
		size_t at = r.bad ? x->verdicts.count : verdicts_find(&x->verdicts, &p);

		if (at == x->verdicts.count)
			session_bad(f);
		verdicts_overdue_one(&x->verdicts, at);
	}
}

/* Handles one frame. False when every verdict has come. */
static bool
on_frame(struct exec *x, const struct frame *f)
{
	switch (f->type) {
	case MSG_ERROR:
		if (!x->carriage || !x->carriage->silent)
			session_error(f);
		x->refused = true;
		return false;
	case MSG_NAMES:
		on_names(x, f);
		break;
	case MSG_ACCEPTED:
		on_accepted(x, f);
		break;
	case MSG_EVENT:
		on_event(x, f);
		detach_if_started(x);
		break;
	case MSG_WANT:
		on_want(x, f);
		break;
	case MSG_UNWANT:
		on_unwant(x, f);
		break;
	case MSG_TIMEOUT:
		on_timeout(x, f);
		break;
	case MSG_TAKEN:
		if (!(x->drawn && x->options->detach) && reading_taken(&x->reading, f) != 0) /* a terminal's keys are for who attaches */
			session_bad(f);
		break;
	case MSG_KEYBOARD:
		on_keyboard(x, f);
		break;
	case MSG_OK:
		on_detached(x);
	case MSG_JOB_END:
		on_end(x, f);
		return false;
	default:
		session_bad(f);
	}
	return !(x->is_accepted && x->options->detach && x->verdicts.running == 0);
}

static void
master_gone(struct exec *x)
{
	leave_terminal(x);
	warn("the master is gone: %s", link_why(x->link));
	if (x->is_accepted) {
		verdicts_lose(&x->verdicts, "the master is gone"); /* those that have come are true all the same */
		(void)judge(x, 255, false);
	}
	leave(x, 255);
}

/* What was written to the terminal, as it takes it. */
static void
show_rest(struct exec *x, bool all)
{
	check_output(x, terminal_flush(&x->terminal, all));
	grant(x);
}

/* False when every verdict has come. */
static bool
take_frames(struct exec *x)
{
	struct frame f;

	while (link_next(x->link, &f))
		if (!on_frame(x, &f))
			return false;
	return true;
}

static void
converse(struct exec *x)
{
	int signals = signals_catch();

	if (!take_frames(x)) /* those that came along with an answer before */
		return;
	for (;;) {
		struct pollfd fds[] = {{.fd = link_fd(x->link), .events = POLLIN}, {.fd = signals, .events = POLLIN},
			{.fd = -1, .events = POLLIN}, {.fd = terminal_waits(&x->terminal) ? x->terminal.screen : -1, .events = POLLOUT}};
		int wait = x->output ? output_due(x->output, now_ms()) : -1;

		if (reading_events(&x->reading, &wait))
			fds[2].fd = STDIN_FILENO;
		progress_go(&x->progress);
		progress_wait(&x->progress, &wait);
		link_flush(x->link);
		if (link_wants_write(x->link))
			fds[0].events |= POLLOUT;
		if (poll(fds, COUNT(fds), wait) < 0 && errno != EINTR)
			die(255, "poll failed: %s", strerror(errno));
		if (x->output)
			check_output(x, output_idle(x->output, now_ms()));
		if (fds[1].revents)
			take_signals(x, signals);
		if (fds[2].revents)
			on_wish(x, reading_go(&x->reading));
		if (fds[3].revents)
			show_rest(x, false);
		if (fds[0].revents & ~POLLOUT)
			link_read(x->link);
		if (!take_frames(x))
			return;
		if (link_dead(x->link))
			master_gone(x);
	}
}

/* Once it is known what to send. */
static int
launch(struct exec *x, const char *spec, char **argv, const char *cwd)
{
	if (output_check(x->options->output) != 0)
		die(255, "%s", output_error());
	if (x->options->names || letters_have(x->options->output, "hm") || (x->carriage && x->carriage->hosts))
		x->naming = naming_new(x->options->names);
	link_set_bulk(x->link, put_piece, x);
	send_launch(x, spec, argv, cwd);
	converse(x);
	if (x->refused)
		return 255;
	show_rest(x, true);
	terminal_end(&x->terminal);
	reading_end(&x->reading);
	if (x->options->detach && x->accepted.count) {
		char *line = xasprintf("%s\n", x->job);

		check_output(x, output_print(x->output, line, strlen(line)));
		free(line);
	}
	return judge(x, x->reading.failed ? 255 : verdicts_status(&x->verdicts), false);
}

static void
check_spec(const char *spec)
{
	struct nodespec *checked = nodespec_parse(spec);

	if (!checked)
		die(2, "%s", nodespec_error());
	nodespec_free(checked);
}

/* The terminal's description is sent along, and found by TERMINFO; but for the nodes' own programs only to root: where anything is sent
 * they can't give other users rights, as sudo does. */
static void
prepare_terminal(struct options *o)
{
	char *dir = NULL, *entry = o->localbin && geteuid() != 0 && !*o->files ? NULL : terminfo_find(&dir);

	if (!entry)
		return;
	(void)setenv("TERMINFO", dir, 1);
	o->files = xasprintf("%s%s%s", o->files, *o->files ? "," : "", entry);
	free(entry);
	free(dir);
}

/* Before anything is sent. */
static void
check_letters(char **argv)
{
	for (argv++; *argv; argv++)
		if (letters_unknown(*argv, LETTERS_ALL))
			die(2, "-subst: %s: %s", *argv, letters_help(false));
}

int
client_exec(const struct options *options, const char *spec, char **argv)
{
	struct options own = *options;
	struct exec x = {.options = &own, .about = {.name = own.name, .uid = geteuid(), .time = json_now(), .command = argv}};
	char *cwd;
	int status;

	check_spec(spec);
	if (own.subst)
		check_letters(argv);
	if (own.terminal)
		prepare_terminal(&own);
	x.drawn = own.terminal;
	cwd = parcel_cwd();
	x.link = session_open(options->uds);
	if (strstr(options->root, "%m") && !options->localbin)
		pack_for_machines(&x, spec, argv, cwd);
	else
		pack_one(&x, "", argv, cwd);
	status = launch(&x, spec, argv, cwd);
	free(cwd);
	return status;
}

int
exec_carry(const struct options *options, const char *spec, const struct carriage *c)
{
	struct exec x = {.options = options, .carriage = c, .variants = 1, .machines = {xstrdup("")}};
	int status;

	check_spec(spec);
	if (c->pack)
		x.packs[0] = *c->pack;
	x.link = session_open(options->uds);
	status = launch(&x, spec, c->words.at, "/");
	return status == 126 || status == 127 ? 1 : status;
}

/* Asks for what the job has printed, and takes what the master knows of it. */
static void
ask_attach(struct exec *x, struct options *o, const char *job)
{
	bool looks = o->no_input || o->label || o->fold || o->json || *o->output || !isatty(STDIN_FILENO);
	struct msg_attach m = {.generation = PROTO_GENERATION, .job = job, .keys = !looks, .tail = opts_tail(o->tail), .window = WINDOW};
	struct buf body = {0};
	struct msg_ps about;
	struct frame f;

	x->link = session_open(o->uds);
	put_attach(&body, &m);
	session_send(x->link, MSG_ATTACH, &body);
	buf_free(&body);
	session_next(x->link, &f);
	if (f.type != MSG_PS || take_ps(f.body, f.len, &about) != 0)
		session_bad(&f);
	o->timeout = about.timeout;
	x->about =
		(struct about){.name = xstrdup(about.name), .uid = about.uid, .time = json_now() - about.age, .command = about.command.at};
	strings_free(&about.groups); /* the command stays */
}

int
client_attach(const struct options *options, const char *job)
{
	struct options own = *options;
	struct exec x = {.options = &own, .attached = true};
	struct survey nodes = {0};
	int status;

	if (own.names || letters_have(own.output, "hm")) {
		survey_ask(&own, "", &nodes);
		x.naming = survey_naming(&nodes, own.names);
	}
	ask_attach(&x, &own, job);
	converse(&x);
	show_rest(&x, true);
	terminal_end(&x.terminal);
	status = judge(&x, verdicts_status(&x.verdicts), false);
	return x.hung_up ? 255 : status;
}
