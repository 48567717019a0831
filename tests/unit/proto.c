/* proto: what is put comes back the same, what is cut short or has something left over is refused, the frozen forms are what they were. */
#include "unit/tap.h"
#include "unit/messages.h"
#include "proto.h"

static const struct path here = {3, {1, 70000, 4294967295u}};
static const struct digest some_digest = {{1, 2, 3, [31] = 0xff}};
static const struct node_info info = {.boot = 0xfedcba9876543210,
	.hostname = "slave17",
	.address = "10.0.0.17:6666",
	.machine = "aarch64",
	.version = "0.1.0",
	.limits = "no overlay",
	.cpus = 64,
	.memory = 1ull << 40,
	.has_power = true};
static const struct node_stat figures = {.memory_free = 1ull << 39, .load = 6400, .jobs = 3};

/* A body that owns exactly its bytes, so that a look beyond them is seen. */
static uint8_t *
exactly(const uint8_t *data, size_t len)
{
	return memcpy(xmalloc(len ? len : 1), data, len);
}

/* ---- each message: made, and taken and put again ---- */

static void
make_join(struct buf *b)
{
	struct msg_join m = {.generation = 2, .has_path = true, .has_id = true, .path = here, .id = 7, .master = 99, .info = info};

	put_join(b, &m);
}

static void
make_welcome(struct buf *b)
{
	struct msg_welcome m = {.path = here, .heartbeat = 15000, .grace = 30000, .master = 99, .generation = 2};

	strings_add(&m.ancestors, "10.0.0.2:6666");
	strings_add(&m.ancestors, "10.0.0.1:6666");
	put_welcome(b, &m);
	strings_free(&m.ancestors);
}

static int
again_welcome(const uint8_t *data, size_t len, struct buf *out)
{
	struct msg_welcome m;

	if (take_welcome(data, len, &m) != 0)
		return -1;
	put_welcome(out, &m);
	strings_free(&m.ancestors);
	return 0;
}

static void
make_down(struct buf *b)
{
	struct msg_down m = {.path = here, .boot = 5, .left = true, .why = "it was told to end"};

	put_down(b, &m);
}

static void
make_strike(struct buf *b)
{
	struct msg_strike m = {.path = here};

	put_strike(b, &m);
}

static void
make_health(struct buf *b)
{
	struct msg_health m = {.time = 1u << 31,
		.store = 1ull << 33,
		.store_held = 4096,
		.version = "0.1.0",
		.key = "c035f853",
		.binroot = "/tmp/xproc",
		.refused = "10.0.0.3: its key is another\n10.0.0.4: likewise"};

	put_health(b, &m);
}

static void
make_power(struct buf *b)
{
	struct msg_power m = {.path = here, .reboot = true};

	put_power(b, &m);
}

static void
make_renew(struct buf *b)
{
	struct path paths[] = {here, {1, {7}}};
	struct msg_renew m = {.digest = some_digest, .size = 600000, .flags = RENEW_GO, .patience = 2000, .uid = 1000, .paths = paths, .count = 2};

	put_renew(b, &m);
}

static int
again_renew(const uint8_t *data, size_t len, struct buf *out)
{
	struct msg_renew m;

	if (take_renew(data, len, &m) != 0)
		return -1;
	put_renew(out, &m);
	free(m.paths);
	return 0;
}

static void
make_renew_want(struct buf *b)
{
	put_renew_want(b, &(struct msg_renew_want){some_digest, 600000, 65536});
}

static void
make_renew_data(struct buf *b)
{
	put_renew_data(b, &(struct msg_renew_data){some_digest, 65536, (const uint8_t *)"abc", 3});
}

static void
make_renewed(struct buf *b)
{
	put_renewed(b, &(struct msg_renewed){here, some_digest, RENEWED_READY, "0.2.0"});
}

static void
make_run(struct buf *b)
{
	uint32_t groups[] = {1000, 4, 0};
	char *words[] = {"/bin/date", "", "-u"};
	struct run_common m = {.flags = RUN_LOCALBIN | RUN_TELL_START,
		.view = 2,
		.size = 4096,
		.uid = 1000,
		.gid = 100,
		.groups = groups,
		.group_count = 3,
		.start_limit = 5000,
		.job_text = "1.00000001",
		.keep = 1 << 20,
		.of = 1ull << 33,
		.tail = UINT64_MAX,
		.around = {.umask = 0077,
			.limits = {UINT64_MAX, 1 << 20, 0},
			.limit_count = 3,
			.screen = {24, 80, 640, 480},
			.input = INPUT_TERMINAL,
			.drain = 2000,
			.cwd = "/home",
			.binroot = "/tmp/xproc",
			.argv = {words, 3, 3},
			.env = {words, 1, 1}}};

	put_run_common(b, &m);
}

static int
again_run(const uint8_t *data, size_t len, struct buf *out)
{
	struct run_common m;

	if (take_run_common(reader_over(data, len), &m) != 0)
		return -1;
	put_run_common(out, &m);
	run_common_free(&m);
	return 0;
}

static void
make_run_whole(struct buf *b)
{
	struct run_entry entry = {4095, here, "10.0.0.1:6666"};
	struct msg_run m = {.window = 8192,
		.has_manifest = true,
		.manifest = some_digest,
		.block = (const uint8_t *)"\0block",
		.block_len = 6,
		.entries = &entry,
		.count = 1};

	put_run(b, &m);
}

static int
again_run_whole(const uint8_t *data, size_t len, struct buf *out)
{
	struct msg_run m;

	if (take_run(data, len, &m, PROTO_GENERATION) != 0)
		return -1;
	put_run(out, &m);
	run_free(&m);
	return 0;
}

static void
make_forget(struct buf *b)
{
	uint64_t job = 1ull << 63;

	put_forget(b, &(struct msg_forget){here, &job, 1});
}

static int
again_forget(const uint8_t *data, size_t len, struct buf *out)
{
	struct msg_forget m;

	if (take_forget(data, len, &m) != 0)
		return -1;
	put_forget(out, &m);
	free(m.jobs);
	return 0;
}

static void
make_refuse(struct buf *b)
{
	put_refuse(b, &(struct msg_refuse){"there is a node 3 already"});
}

static void
make_resend(struct buf *b)
{
	put_resend(b, &(struct msg_resend){1ull << 60});
}

static void
make_credit(struct buf *b)
{
	put_credit(b, &(struct msg_credit){1 << 20});
}

static void
make_input(struct buf *b)
{
	put_input(b, &(struct msg_input){1ull << 40, true, (const uint8_t *)"a\0b", 3});
}

static void
make_resize(struct buf *b)
{
	put_resize(b, &(struct msg_resize){24, 80, 640, 480});
}

static void
make_slow(struct buf *b)
{
	put_slow(b, &(struct msg_slow){here});
}

static void
make_before(struct buf *b)
{
	put_before(b, &(struct msg_before){here, "10.0.0.7:6666"});
}

static void
make_taken(struct buf *b)
{
	put_taken(b, &(struct msg_taken){1ull << 40, (1ull << 40) - 1, true, "1-4"});
}

static void
make_signal(struct buf *b)
{
	put_signal(b, &(struct msg_signal){15, true});
}

#define EVENT(name, ...)                                                                                                                   \
	static void make_##name(struct buf *b)                                                                                             \
	{                                                                                                                                  \
		struct msg_event m = {.path = here, .sequence = 1ull << 33, __VA_ARGS__};                                                  \
                                                                                                                                           \
		put_event(b, &m);                                                                                                          \
	}
EVENT(stdout, .kind = EVENT_STDOUT, .data = (const uint8_t *)"a\0b", .len = 3)
EVENT(stderr, .kind = EVENT_STDERR, .data = (const uint8_t *)"", .len = 0)
EVENT(started, .kind = EVENT_STARTED)
EVENT(failed, .kind = EVENT_FAILED, .status = 126, .text = "no such interpreter")
EVENT(exited, .kind = EVENT_EXITED, .status = 0x100, .flags = EXITED_LINGERS | EXITED_HOLDS, .ran = 1ull << 36)
EVENT(late, .kind = EVENT_EXITED, .status = 9, .flags = EXITED_LATE | EXITED_UNSTARTED)
EVENT(gone, .kind = EVENT_GONE)
EVENT(note, .kind = EVENT_NOTE, .flags = NOTE_IF_BAD, .text = "/a is at /tmp/xproc/a")
EVENT(held, .kind = EVENT_HELD, .status = 1, .text = "1 failure")
EVENT(lost, .kind = EVENT_LOST, .text = "silent for 15 s")
EVENT(progress, .kind = EVENT_TAKEN, .have = 1ull << 40, .taken = 1ull << 39, .over = true)
EVENT(unfit, .kind = EVENT_UNFIT, .text = "aarch64, /bin/date is for x86_64")

static void
make_ack(struct buf *b)
{
	struct msg_ack m = {.path = here, .sequence = 1ull << 40};

	put_ack(b, &m);
}

static void
make_want(struct buf *b)
{
	struct msg_want m = {.name = {some_digest, 1000}, .offset = 1ull << 50, .end = UINT64_MAX, .packed = true};

	put_want(b, &m);
}

static void
make_plain_data(struct buf *b)
{
	struct msg_data m = {.name = {some_digest, SCOPE_PUBLIC},
		.size = 1ull << 41,
		.offset = 32,
		.have = 99,
		.raw_len = 4,
		.data = (const uint8_t *)"\0ELF",
		.len = 4};

	put_data(b, &m);
}

static void
make_deflated_data(struct buf *b)
{
	struct msg_data m = {
		.name = {some_digest, 0}, .size = 65536, .deflated = true, .raw_len = 65536, .data = (const uint8_t *)"xyz", .len = 3};

	put_data(b, &m);
}

static void
make_lack(struct buf *b)
{
	struct msg_lack m = {.name = {some_digest, 7}, .why = "it has changed"};

	put_lack(b, &m);
}

static void
make_launch(struct buf *b)
{
	char *words[] = {"/bin/date", "-u"};
	struct msg_launch m = {.generation = PROTO_GENERATION,
		.spec = "1-8/.",
		.exclude = "3",
		.only = "1-4",
		.flags = LAUNCH_DETACH | LAUNCH_GLOB,
		.view = 1,
		.window = 1 << 20,
		.timeout = 60000,
		.start = 100,
		.kill_after = 5000,
		.keep = 1 << 20,
		.name = "backup",
		.fanout = 1 << 20,
		.stop_after = 3,
		.variants = 2,
		.around = {.umask = 0022, .cwd = "/", .binroot = "", .argv = {words, 2, 2}, .env = {words, 0, 0}}};

	m.variant[0] = (struct variant){.machine = "x86_64", .made_for = "i686", .has_manifest = true, .manifest = some_digest};
	m.variant[1] = (struct variant){.machine = "", .made_for = ""};
	put_launch(b, &m);
}

static int
again_launch(const uint8_t *data, size_t len, struct buf *out)
{
	struct msg_launch m;

	if (take_launch(data, len, &m) != 0)
		return -1;
	put_launch(out, &m);
	return 0;
}

static const struct left_out some_left_out = {.missing = "99",
	.hint = "9",
	.down = "4",
	.refused = "5",
	.open_missing = "98",
	.open_down = "17,1:5",
	.not_excluded = "97",
	.not_kept = "96",
	.advice = "no node is called n3-9; a range is n[3-9]"};

static void
make_accepted(struct buf *b)
{
	struct path paths[] = {{1, {1}}, here};
	struct msg_accepted m = {.job = "1.00000001", .left = some_left_out, .paths = paths, .count = 2, .unfit = 1};

	put_accepted(b, &m);
}

static int
again_accepted(const uint8_t *data, size_t len, struct buf *out)
{
	struct msg_accepted m;

	if (take_accepted(data, len, &m) != 0)
		return -1;
	put_accepted(out, &m);
	free(m.paths);
	return 0;
}

static void
make_error(struct buf *b)
{
	struct msg_error m = {.status = 255, .text = "selects no node that is up"};

	put_error(b, &m);
}

static void
make_query(struct buf *b)
{
	struct msg_query m = {.generation = 1, .spec = "1-8", .exclude = "3", .only = "1-4", .at_least = 64, .patience = 60000};

	put_query(b, &m);
}

static void
make_query_end(struct buf *b)
{
	char *rules[] = {"1-8 alice,@staff"};
	struct msg_query_end m = {.up = 64, .down = 2, .left = some_left_out, .refused = "8", .rules = {rules, 1, 1}};

	put_query_end(b, &m);
}

static int
again_query_end(const uint8_t *data, size_t len, struct buf *out)
{
	struct msg_query_end m;

	if (take_query_end(data, len, &m) != 0)
		return -1;
	put_query_end(out, &m);
	strings_free(&m.rules);
	return 0;
}

static void
make_ps(struct buf *b)
{
	char *words[] = {"exit 1", "3,9", "sleep", "9"};
	struct msg_ps m = {.job = "1.00000001",
		.name = "backup",
		.state = "detached",
		.nodes = "1-8",
		.running = "1-2",
		.groups = {words, 2, 2},
		.command = {words + 2, 2, 2},
		.uid = 1000,
		.age = 1ull << 34,
		.lasted = UINT64_MAX,
		.timeout = 5000};

	put_ps(b, &m);
}

static int
again_ps(const uint8_t *data, size_t len, struct buf *out)
{
	struct msg_ps m;

	if (take_ps(data, len, &m) != 0)
		return -1;
	put_ps(out, &m);
	ps_free(&m);
	return 0;
}

static void
make_ps_ask(struct buf *b)
{
	put_ps_ask(b, &(struct msg_ps_ask){.all = true});
}

static void
make_signal_one(struct buf *b)
{
	put_signal_one(b, &(struct msg_signal_one){here, 64});
}

static void
make_keyboard(struct buf *b)
{
	put_keyboard(b, &(struct msg_keyboard){KEYBOARD_TAKEN, 1000, 1ull << 40});
}

static void
make_attach(struct buf *b)
{
	struct msg_attach m = {.generation = PROTO_GENERATION, .job = "backup", .figures = true, .keys = true, .tail = 10, .window = 1 << 18};

	put_attach(b, &m);
}

static void
make_job_end(struct buf *b)
{
	put_job_end(b, &(struct msg_job_end){.culprit = 3});
}

static void
make_skipped(struct buf *b)
{
	put_event(b, &(struct msg_event){.path = here, .sequence = 3, .kind = EVENT_SKIPPED, .bytes = 1ull << 40});
}

static void
make_figures(struct buf *b)
{
	put_event(b, &(struct msg_event){.path = here,
			     .sequence = 1,
			     .kind = EVENT_FIGURES,
			     .state = FIGURES_ENDED,
			     .pid = 4711,
			     .cpu = 1ull << 33,
			     .memory = 1ull << 34});
}

static void
make_kill(struct buf *b)
{
	struct msg_kill m = {.job = "1", .only = "1-2", .signal = 15};

	put_kill(b, &m);
}

#define PLAIN(name)                                                                                                                        \
	static int again_##name(const uint8_t *data, size_t len, struct buf *out)                                                          \
	{                                                                                                                                  \
		struct msg_##name m;                                                                                                       \
                                                                                                                                           \
		if (take_##name(data, len, &m) != 0)                                                                                       \
			return -1;                                                                                                         \
		put_##name(out, &m);                                                                                                       \
		return 0;                                                                                                                  \
	}
PLAIN(join)
PLAIN(down)
PLAIN(power)
PLAIN(strike)
PLAIN(health)
PLAIN(renew_want)
PLAIN(renew_data)
PLAIN(renewed)
PLAIN(event)
PLAIN(refuse)
PLAIN(resend)
PLAIN(credit)
PLAIN(signal)
PLAIN(input)
PLAIN(taken)
PLAIN(resize)
PLAIN(slow)
PLAIN(before)
PLAIN(want)
PLAIN(data)
PLAIN(lack)
PLAIN(error)
PLAIN(query)
PLAIN(ps_ask)
PLAIN(signal_one)
PLAIN(attach)
PLAIN(keyboard)
PLAIN(job_end)
PLAIN(kill)

/* Those that come several to a message. */
static void
make_nodes(struct buf *b)
{
	struct msg_node m = {.path = here, .generation = 2, .info = info, .stat = figures, .runs = "x86_64 i686"};

	put_node(b, &m, PROTO_GENERATION);
}

static void
make_stats(struct buf *b)
{
	struct msg_stat m = {.path = here, .stat = figures};

	put_stat(b, &m);
}

static void
make_shown(struct buf *b)
{
	struct msg_shown m = {
		.path = here, .state = NODE_LOST, .since = 1ull << 35, .adopted = true, .why = "silent", .info = info, .stat = figures};

	put_shown(b, &m);
}

static void
make_named(struct buf *b)
{
	struct msg_named m = {.path = here, .host = "slave5", .machine = "x86_64"};

	put_named(b, &m);
}

static int
again_node(const uint8_t *data, size_t len, struct buf *out)
{
	struct reader r = reader_over(data, len);
	struct msg_node m;

	if (!next_node(&r, &m, PROTO_GENERATION) || !reader_done(&r))
		return -1;
	put_node(out, &m, PROTO_GENERATION);
	return 0;
}

#define REPEATED(name, type)                                                                                                               \
	static int again_##name(const uint8_t *data, size_t len, struct buf *out)                                                          \
	{                                                                                                                                  \
		struct reader r = reader_over(data, len);                                                                                  \
		struct type m;                                                                                                             \
                                                                                                                                           \
		if (!next_##name(&r, &m) || !reader_done(&r))                                                                              \
			return -1;                                                                                                         \
		put_##name(out, &m);                                                                                                       \
		return 0;                                                                                                                  \
	}
REPEATED(stat, msg_stat)
REPEATED(shown, msg_shown)
REPEATED(named, msg_named)
REPEATED(ack, msg_ack)

/* Two of different kinds. */
static void
make_events(struct buf *b)
{
	put_events(b, &(struct msg_event){.path = here, .sequence = 1ull << 33, .kind = EVENT_STDOUT, .data = (const uint8_t *)"a", .len = 1});
	put_events(b, &(struct msg_event){.path = here, .kind = EVENT_TAKEN, .have = 1ull << 40, .taken = (1ull << 40) - 1, .over = true});
}

static int
again_events(const uint8_t *data, size_t len, struct buf *out)
{
	struct reader r = reader_over(data, len);
	struct msg_event m;

	while (reader_left(&r)) {
		struct reader one = take_block(&r);

		if (r.bad || take_event(one.at, reader_left(&one), &m) != 0 || event_kind(one.at, reader_left(&one)) != m.kind)
			return -1;
		put_events(out, &m);
	}
	return out->len ? 0 : -1;
}

/* Bytes of them in the first generation. */
enum { JOIN_FIRST = 4 + 1 + 13 + 1 + 4 + 8 + 8 + 12 + 19 + 12 + 10 + 15 + 4 + 8 + 1, WELCOME_FIRST = 13 + 4 + 4 + 8 + 4 + 18 + 18 };

static const struct {
	const char *name;
	void (*make)(struct buf *);
	int (*again)(const uint8_t *, size_t, struct buf *); /* takes and puts; -1 when it was refused */
	bool grows;					     /* what is behind it is passed over */
	size_t open;					     /* bytes at its end that may be any number */
	size_t brief;					     /* a length at which it may end too; 0: none */
} messages[] = {
	{"JOIN", make_join, again_join, true, 0, JOIN_FIRST},
	{"WELCOME", make_welcome, again_welcome, true, 0, WELCOME_FIRST},
	{"UP", make_nodes, again_node, false, 0, 0},
	{"DOWN", make_down, again_down, false, 0, 0},
	{"STAT", make_stats, again_stat, false, 0, 0},
	{"POWER", make_power, again_power, true, 0, 0},
	{"RENEW", make_renew, again_renew, true, 0, 0},
	{"RENEW_WANT", make_renew_want, again_renew_want, false, 0, 0},
	{"RENEW_DATA", make_renew_data, again_renew_data, false, 3, 0},
	{"RENEWED", make_renewed, again_renewed, false, 0, 0},
	{"STRIKE", make_strike, again_strike, false, 0, 0},
	{"HEALTH", make_health, again_health, false, 0, 0},
	{"REFUSE", make_refuse, again_refuse, false, 0, 0},
	{"FORGET", make_forget, again_forget, false, 0, 13},
	{"RESEND", make_resend, again_resend, false, 0, 0},
	{"RUN", make_run_whole, again_run_whole, false, 0, 4 + 1 + DIGEST_LEN + 4 + 6},
	{"RUN's block", make_run, again_run, false, 0, 0},
	{"EVENT stdout", make_stdout, again_event, false, 3, 0},
	{"EVENT stderr", make_stderr, again_event, false, 0, 0},
	{"EVENT started", make_started, again_event, false, 0, 0},
	{"EVENT failed", make_failed, again_event, false, 0, 0},
	{"EVENT exited", make_exited, again_event, false, 0, 0},
	{"EVENT exited, a signal too late", make_late, again_event, false, 0, 0},
	{"EVENT gone", make_gone, again_event, false, 0, 0},
	{"EVENT note", make_note, again_event, false, 0, 0},
	{"EVENT held", make_held, again_event, false, 0, 0},
	{"EVENT lost", make_lost, again_event, false, 0, 0},
	{"EVENT unfit", make_unfit, again_event, false, 0, 0},
	{"EVENT taken", make_progress, again_event, false, 0, 0},
	{"EVENTS", make_events, again_events, false, 0, 4 + 13 + 8 + 1 + 1},
	{"ACK", make_ack, again_ack, false, 0, 0},
	{"CREDIT", make_credit, again_credit, false, 0, 0},
	{"INPUT", make_input, again_input, false, 3, 0},
	{"TAKEN", make_taken, again_taken, false, 0, 0},
	{"RESIZE", make_resize, again_resize, false, 0, 0},
	{"SLOW", make_slow, again_slow, false, 0, 0},
	{"BEFORE", make_before, again_before, false, 0, 0},
	{"SIGNAL", make_signal, again_signal, false, 0, 0},
	{"WANT", make_want, again_want, false, 0, 0},
	{"DATA", make_plain_data, again_data, false, 0, 0},
	{"DATA deflated", make_deflated_data, again_data, false, 3, 0},
	{"LACK", make_lack, again_lack, false, 0, 0},
	{"LAUNCH", make_launch, again_launch, false, 0, 0},
	{"ACCEPTED", make_accepted, again_accepted, false, 0, 0},
	{"ERROR", make_error, again_error, false, 0, 0},
	{"QUERY", make_query, again_query, true, 0, 30},
	{"NODES", make_shown, again_shown, false, 0, 0},
	{"NAMES", make_named, again_named, false, 0, 0},
	{"QUERY_END", make_query_end, again_query_end, true, 0, 4 + 4 + 4 + 7 + 4 + 3 + 4 + 2},
	{"PS", make_ps, again_ps, false, 0, 0},
	{"PS of a client", make_ps_ask, again_ps_ask, false, 0, 0},
	{"SIGNAL_ONE", make_signal_one, again_signal_one, false, 0, 0},
	{"ATTACH", make_attach, again_attach, false, 0, 0},
	{"KEYBOARD", make_keyboard, again_keyboard, false, 0, 0},
	{"JOB_END", make_job_end, again_job_end, false, 0, 0},
	{"EVENT skipped", make_skipped, again_event, false, 0, 0},
	{"EVENT figures", make_figures, again_event, false, 0, 0},
	{"KILL", make_kill, again_kill, false, 0, 0},
};

static void
round_trips(size_t i)
{
	struct buf body = {0}, back = {0};
	uint8_t *data;

	messages[i].make(&body);
	data = exactly(body.data, body.len);
	ok(messages[i].again(data, body.len, &back) == 0 && back.len == body.len && memcmp(back.data, data, body.len) == 0,
		"%s: all %zu bytes of it come back", messages[i].name, body.len);
	free(data);
	buf_free(&body);
	buf_free(&back);
}

/* How many lengths below its own it is taken at, where it may not be. */
/* Another length at which it may end: QUERY_END's behind its rules. */
static size_t
brief_too(size_t i)
{
	return messages[i].make == make_query_end ? messages[i].brief + 4 + 2 + 4 + 4 + 17 : 0;
}

static void
is_refused_short(size_t i)
{
	struct buf body = {0}, back = {0};
	size_t len, wrong = 0;

	messages[i].make(&body);
	for (len = 0; len < body.len; len++) {
		uint8_t *data = exactly(body.data, len);
		bool may = len >= body.len - messages[i].open || (len > 0 && (len == messages[i].brief || len == brief_too(i)));

		wrong += (messages[i].again(data, len, &back) == 0) != may;
		free(data);
	}
	ok(wrong == 0, "%s: cut short anywhere it is refused", messages[i].name);
	buf_free(&body);
	buf_free(&back);
}

static void
notices_trailing_bytes(size_t i)
{
	struct buf body = {0}, back = {0};
	uint8_t *data;
	bool taken;

	messages[i].make(&body);
	put_u8(&body, 'x');
	data = exactly(body.data, body.len);
	taken = messages[i].again(data, body.len, &back) == 0;
	ok(taken == (messages[i].grows || messages[i].open || messages[i].make == make_stderr), "%s: a byte more is %s", messages[i].name,
		taken ? "taken" : "refused");
	free(data);
	buf_free(&body);
	buf_free(&back);
}

/* ---- the fields, and their names ---- */

static void
fields(void)
{
	struct buf b = {0};
	struct msg_join join;
	struct run_common run;
	struct msg_run whole;
	struct msg_signal signal;
	struct msg_event event;
	struct msg_launch launch;

	make_join(&b);
	ok(take_join(b.data, b.len, &join) == 0 && path_equal(&join.path, &here) && join.id == 7 && join.master == 99 &&
			join.info.boot == info.boot && join.info.memory == info.memory && join.info.cpus == 64 && join.info.has_power,
		"a JOIN's numbers are where they belong");
	is(join.info.limits, "no overlay", "and its texts");
	b.len = 0;
	make_run(&b);
	ok(take_run_common(reader_over(b.data, b.len), &run) == 0 && run.groups[1] == 4 && run.uid == 1000 && run.gid == 100 &&
			run.size == 4096 && run.around.argv.count == 3 && run.around.env.count == 1 && !run.around.argv.at[3] &&
			run.around.umask == 077 && run.around.limit_count == 3 && run.around.limits[0] == UINT64_MAX &&
			run.around.limits[1] == 1 << 20 && run.around.input == INPUT_TERMINAL && run.around.screen.columns == 80 &&
			run.around.drain == 2000,
		"a RUN's numbers and lists");
	is(run.around.argv.at[2], "-u", "its words");
	run_common_free(&run);
	b.len = 0;
	make_run_whole(&b);
	ok(take_run(b.data, b.len, &whole, PROTO_GENERATION) == 0 && whole.window == 8192 && whole.block_len == 6 && whole.count == 1 &&
			whole.entries[0].rank == 4095 && path_equal(&whole.entries[0].path, &here),
		"and what is another for each node");
	is(whole.entries[0].before, "10.0.0.1:6666", "the node before it");
	run_free(&whole);
	b.len = 0;
	make_signal(&b);
	ok(take_signal(b.data, b.len, &signal) == 0 && signal.signal == 15 && signal.only_if_new, "a SIGNAL's number and its mark");
	b.len = 0;
	make_stdout(&b);
	ok(take_event(b.data, b.len, &event) == 0 && event.len == 3 && memcmp(event.data, "a\0b", 3) == 0 && event.sequence == 1ull << 33,
		"an EVENT's bytes, a NUL among them");
	b.len = 0;
	make_launch(&b);
	ok(take_launch(b.data, b.len, &launch) == 0 && launch.variants == 2 && launch.variant[0].has_manifest &&
			!launch.variant[1].has_manifest && launch.timeout == 60000 && launch.window == 1 << 20,
		"a LAUNCH's variants and times");
	buf_free(&b);
}

static void
texts(void)
{
	is(message_name(MSG_JOIN), "JOIN", "a message has a name");
	is(message_name(MSG_NAMES), "NAMES", "the last one too");
	is(message_name(0), "unknown", "0 has none");
	is(message_name(255), "unknown", "255 has none");
}

/* ---- what a hostile sender may write ---- */

/* Overwrites four bytes: is it refused then, whatever they were? */
static void
refused_with(size_t i, size_t at, uint32_t value, const char *what)
{
	struct buf body = {0}, back = {0};
	uint8_t *data;

	messages[i].make(&body);
	set_u32(&body, at, value);
	data = exactly(body.data, body.len);
	ok(messages[i].again(data, body.len, &back) != 0, "%s: %s is refused", messages[i].name, what);
	free(data);
	buf_free(&body);
	buf_free(&back);
}

static size_t
message(const char *name)
{
	size_t i;

	for (i = 0; strcmp(messages[i].name, name) != 0; i++)
		;
	return i;
}

/* Where the first appearance of the text begins, less the four bytes of its length. */
static size_t
before_text(size_t i, const char *text)
{
	struct buf body = {0};
	const uint8_t *at;
	size_t offset;

	messages[i].make(&body);
	at = memmem(body.data, body.len, text, strlen(text));
	offset = at ? (size_t)(at - body.data) - 4 : 0;
	buf_free(&body);
	return offset;
}

static void
hostile_counts(void)
{
	static const uint32_t counts[] = {0xffffffff, 0x80000000, 0x40000000, 1000};
	size_t run = message("RUN's block"), launch = message("LAUNCH"), accepted = message("ACCEPTED"), welcome = message("WELCOME");
	size_t groups = 4 + 1 + 12, i;

	for (i = 0; i < COUNT(counts); i++) {
		refused_with(run, groups, counts[i], "a count of groups beyond its bytes");
		refused_with(run, before_text(run, "/bin/date") - 4, counts[i], "a count of words beyond its bytes");
		refused_with(launch, before_text(launch, "x86_64") - 4, counts[i], "a count of variants beyond the most");
		refused_with(accepted, before_text(accepted, "5") + 6, counts[i], "a count of paths beyond its bytes");
		refused_with(welcome, before_text(welcome, "10.0.0.2") - 4, counts[i], "a count of ancestors beyond its bytes");
		refused_with(launch, before_text(launch, "1-8/."), counts[i], "a length beyond its bytes");
	}
	refused_with(launch, before_text(launch, "x86_64") - 4, 0, "no variant");
	refused_with(launch, before_text(launch, "x86_64") - 4, MAX_VARIANTS + 1, "one variant more than the most");
}

/* Overwrites one byte. */
static bool
taken_with(size_t i, size_t at, unsigned value)
{
	struct buf body = {0}, back = {0};
	bool taken;

	messages[i].make(&body);
	body.data[at] = (uint8_t)value;
	taken = messages[i].again(body.data, body.len, &back) == 0;
	buf_free(&body);
	buf_free(&back);
	return taken;
}

static void
ranges(void)
{
	size_t path = 1 + 3 * 4, run = message("RUN's block"), launch = message("LAUNCH"), view = before_text(launch, "1-4") + 4 + 4 + 4;
	size_t gone = message("EVENT gone"), shown = message("NODES");
	unsigned kind, wrong = 0;

	for (kind = 0; kind < 256; kind++) /* of those kinds that have nothing behind them only two are whole */
		wrong += taken_with(gone, path + 8, kind) !=
			 (kind == EVENT_GONE || kind == EVENT_STARTED || kind == EVENT_STDOUT || kind == EVENT_STDERR);
	ok(wrong == 0, "an EVENT of an unknown kind is refused");
	ok(taken_with(shown, path, NODE_LOST) && !taken_with(shown, path, NODE_LOST + 1) && !taken_with(shown, path, 255),
		"a state that no node has is refused");
	ok(taken_with(run, 4, 0) && !taken_with(run, 4, 3), "a RUN with an unknown view is refused");
	ok(taken_with(launch, view, 2) && !taken_with(launch, view, 3), "so is a LAUNCH");
	ok(!taken_with(message("POWER"), path, 2), "a truth beyond 1 is refused");
	ok(!taken_with(message("ACK"), 0, MAX_DEPTH + 1) && !taken_with(message("ACK"), 0, 255),
		"a path deeper than the tree may be is refused");
	ok(!taken_with(message("DATA"), DIGEST_LEN + 4 + 8 + 8 + 8 + 1 + 3, 5), "contents of another length than they say are refused");
	ok(taken_with(message("SIGNAL"), 0, 64) && !taken_with(message("SIGNAL"), 0, 65) && !taken_with(message("SIGNAL"), 0, 128),
		"a signal that no system has is refused");
	ok(!taken_with(message("EVENT exited"), path + 8 + 1 + 4, 64), "so are flags of an end that nobody knows");
	ok(!taken_with(run, before_text(run, "/home") - 9, INPUT_TERMINAL + 1), "and an input");
	ok(!taken_with(message("ERROR"), 4 + 4 + 3, 0), "a text with a NUL within is refused");
}

static void
without_words(void)
{
	struct buf b = {0};
	struct surroundings around = {.cwd = "/", .binroot = ""};
	struct run_common run = {.job_text = "1", .around = around}, back;
	struct msg_launch launch =
				  {.generation = PROTO_GENERATION, .spec = ".", .exclude = "", .only = "", .variants = 1, .around = around},
			  launch_back;

	put_run_common(&b, &run);
	ok(take_run_common(reader_over(b.data, b.len), &back) != 0, "a RUN of no command is refused");
	b.len = 0;
	launch.variant[0].machine = launch.variant[0].made_for = "";
	put_launch(&b, &launch);
	ok(take_launch(b.data, b.len, &launch_back) != 0, "so is a LAUNCH");
	buf_free(&b);
}

/* ---- what gproc of every version must be able to read ---- */

static void
is_still(const char *name, const char *want)
{
	struct buf body = {0}, text = {0};
	size_t i;

	messages[message(name)].make(&body);
	for (i = 0; i < body.len; i++) {
		char hex[3];

		(void)snprintf(hex, sizeof(hex), "%02x", body.data[i]);
		put_bytes(&text, hex, 2);
	}
	put_u8(&text, 0);
	is((const char *)text.data, want, name);
	buf_free(&body);
	buf_free(&text);
}

/* What the first generation wrote, which said nothing of its own. */
static void
first_generation(void)
{
	struct buf b = {0};
	struct msg_join join;
	struct msg_welcome welcome;
	struct msg_node node = {.path = here, .generation = 2, .info = info, .stat = figures, .runs = "x86_64 i686"}, back;
	struct msg_run run;
	struct reader r;

	make_join(&b);
	ok(take_join(b.data, b.len - 4, &join) == 0 && join.generation == PROTO_FIRST && join.info.has_power, "its JOIN is taken");
	set_u32(&b, 0, 2);
	ok(take_join(b.data, b.len, &join) != 0, "one that begins in another way is no JOIN");
	b.len = 0;
	make_welcome(&b);
	ok(take_welcome(b.data, b.len - 4, &welcome) == 0 && welcome.generation == PROTO_FIRST && welcome.ancestors.count == 2,
		"so is its WELCOME");
	strings_free(&welcome.ancestors);
	b.len = 0;
	put_node(&b, &node, PROTO_FIRST);
	r = reader_over(b.data, b.len);
	ok(next_node(&r, &back, PROTO_FIRST) && reader_done(&r) && back.generation == PROTO_FIRST && back.info.cpus == 64 &&
			back.stat.jobs == 3,
		"an UP in its form");
	b.len = 0;
	put_u32(&b, 2048);
	put_block(&b, "of another form", 15);
	put_u32(&b, 3);
	put_path(&b, &here);
	ok(take_run(b.data, b.len, &run, PROTO_FIRST) == 0 && run.count == 1 && run.entries[0].rank == 3 &&
			path_equal(&run.entries[0].path, &here) && !run.has_manifest && !*run.entries[0].before,
		"and for whom its RUN is");
	run_free(&run);
	buf_free(&b);
}

static void
frozen(void)
{
	struct buf b = {0};
	struct msg_query_end end = {0};

	is_still("POWER", "030000000100011170ffffffff01");
	is_still("QUERY", "00000001"
			  "00000003312d3800"
			  "000000013300"
			  "00000040"
			  "000000000000ea60"
			  "00000003312d3400"); /* grown */
	is_still("JOIN", "00000001"
			 "01"
			 "030000000100011170ffffffff"
			 "01"
			 "00000007"
			 "0000000000000063"
			 "fedcba9876543210"
			 "00000007736c617665313700"
			 "0000000e31302e302e302e31373a3636363600"
			 "000000076161726368363400"
			 "00000005302e312e3000"
			 "0000000a6e6f206f7665726c617900"
			 "00000040"
			 "0000010000000000"
			 "01"
			 "00000002");
	is_still("REFUSE", "00000019746865726520697320612"
			   "06e6f6465203320616c726561647900");
	is_still("FORGET", "030000000100011170ffffffff"
			   "8000000000000000");
	is_still("SIGNAL", "8f");
	put_u32(&b, 3);
	put_u32(&b, 1);
	put_str(&b, "2");
	put_str(&b, "");
	put_str(&b, "");
	ok(take_query_end(b.data, b.len, &end) == 0 && end.up == 3 && !*end.refused && end.rules.count == 0,
		"a QUERY_END without what came later is taken");
	buf_free(&b);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < COUNT(messages); i++) {
		round_trips(i);
		is_refused_short(i);
		notices_trailing_bytes(i);
	}
	fields();
	texts();
	hostile_counts();
	ranges();
	without_words();
	frozen();
	first_generation();
	return done();
}
