/* Any bytes as the body of any message: taken, or refused with nothing left to free; and what was taken is written as the same bytes. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "proto.h"
#include "unit/messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What follows in a message that may grow is passed over, so the same bytes are a beginning. */
static void
same(struct buf *out, const uint8_t *data, size_t size, bool whole)
{
	assert(whole ? out->len == size : out->len <= size);
	assert(out->len == 0 || memcmp(out->data, data, out->len) == 0);
	buf_free(out);
}

#define PLAIN(name, whole)                                                                                                                 \
	static void try_##name(const uint8_t *data, size_t size)                                                                           \
	{                                                                                                                                  \
		struct msg_##name m;                                                                                                       \
		struct buf out = {0};                                                                                                      \
                                                                                                                                           \
		if (take_##name(data, size, &m) == 0) {                                                                                    \
			put_##name(&out, &m);                                                                                              \
			same(&out, data, size, whole);                                                                                     \
		}                                                                                                                          \
	}
PLAIN(down, true)
PLAIN(power, false)
PLAIN(strike, true)
PLAIN(health, true)
PLAIN(renew_want, true)
PLAIN(renew_data, true)
PLAIN(renewed, true)
PLAIN(event, true)
PLAIN(want, true)
PLAIN(data, true)
PLAIN(lack, true)
PLAIN(error, true)
PLAIN(ps_ask, true)
PLAIN(attach, true)
PLAIN(keyboard, true)
PLAIN(job_end, true)
PLAIN(kill, true)
PLAIN(refuse, true)
PLAIN(resend, true)
PLAIN(credit, true)
PLAIN(signal, true)
PLAIN(signal_one, true)
PLAIN(input, true)
PLAIN(taken, true)
PLAIN(resize, true)
PLAIN(slow, true)
PLAIN(before, true)

static void
try_renew(const uint8_t *data, size_t size)
{
	struct msg_renew m;
	struct buf out = {0};

	if (take_renew(data, size, &m) == 0) {
		put_renew(&out, &m);
		free(m.paths);
		same(&out, data, size, false);
	}
}

/* One that ends before its last field, as the first ones did, is written with it, empty: five bytes. */
static void
try_query(const uint8_t *data, size_t size)
{
	struct msg_query m;
	struct buf out = {0};

	if (take_query(data, size, &m) != 0)
		return;
	put_query(&out, &m);
	if (out.len == size + 5 && !*m.only)
		out.len = size;
	same(&out, data, size, false);
}

static void
try_ps(const uint8_t *data, size_t size)
{
	struct msg_ps m;
	struct buf out = {0};

	if (take_ps(data, size, &m))
		return;
	put_ps(&out, &m);
	same(&out, data, size, true);
	ps_free(&m);
}

/* An earlier generation wrote less than is written now. */
static void
try_join(const uint8_t *data, size_t size)
{
	struct msg_join m;
	struct buf out = {0};

	if (take_join(data, size, &m))
		return;
	put_join(&out, &m);
	if (out.len <= size)
		same(&out, data, size, false);
	buf_free(&out);
}

static void
try_welcome(const uint8_t *data, size_t size)
{
	struct msg_welcome m;
	struct buf out = {0};

	if (take_welcome(data, size, &m))
		return;
	put_welcome(&out, &m);
	if (out.len <= size)
		same(&out, data, size, false);
	buf_free(&out);
	strings_free(&m.ancestors);
}

static void
try_run_common(const uint8_t *data, size_t size)
{
	struct run_common m;
	struct buf out = {0};

	if (take_run_common(reader_over(data, size), &m))
		return;
	put_run_common(&out, &m);
	same(&out, data, size, true);
	run_common_free(&m);
}

static void
try_run(const uint8_t *data, size_t size)
{
	struct msg_run m;
	struct buf out = {0};
	size_t i, entries = 0;

	if (take_run(data, size, &m, PROTO_FIRST) == 0)
		run_free(&m);
	if (take_run(data, size, &m, PROTO_GENERATION))
		return;
	for (i = 0; i < m.count; i++)
		entries += run_entry_size(&m.entries[i]);
	put_run(&out, &m);
	assert(out.len == 4 + 1 + DIGEST_LEN + 4 + m.block_len + entries);
	same(&out, data, size, true);
	run_free(&m);
}

static void
try_forget(const uint8_t *data, size_t size)
{
	struct msg_forget m;
	struct buf out = {0};

	if (take_forget(data, size, &m))
		return;
	put_forget(&out, &m);
	same(&out, data, size, true);
	free(m.jobs);
}

static void
try_launch(const uint8_t *data, size_t size)
{
	struct msg_launch m;
	struct buf out = {0};

	if (take_launch(data, size, &m))
		return;
	put_launch(&out, &m);
	same(&out, data, size, true);
	launch_free(&m);
}

static void
try_accepted(const uint8_t *data, size_t size)
{
	struct msg_accepted m;
	struct buf out = {0};

	if (take_accepted(data, size, &m))
		return;
	put_accepted(&out, &m);
	same(&out, data, size, true);
	free(m.paths);
}

static void
try_query_end(const uint8_t *data, size_t size)
{
	struct msg_query_end m;
	struct buf out = {0};

	if (take_query_end(data, size, &m))
		return;
	put_query_end(&out, &m);
	if (out.len <= size) /* one of an earlier version has less than is written now */
		same(&out, data, size, false);
	buf_free(&out);
	strings_free(&m.rules);
}

/* A kind that can be told is the one that is read. */
static void
try_events(struct reader r)
{
	struct msg_event m;
	struct buf out = {0};

	while (reader_left(&r)) {
		struct reader one = take_block(&r);
		enum event_kind kind = event_kind(one.at, reader_left(&one));

		if (r.bad || take_event(one.at, reader_left(&one), &m) != 0)
			continue;
		assert(kind == m.kind);
		put_events(&out, &m);
		assert(out.len == 4 + m.body_len && memcmp(out.data + 4, m.body, m.body_len) == 0);
		buf_free(&out);
	}
}

/* Those that come several to a message. */
static void
try_lists(const uint8_t *data, size_t size)
{
	struct reader nodes = reader_over(data, size), first = nodes, stats = nodes, shown = nodes, named = nodes, acks = nodes, events = nodes;
	struct buf out = {0};
	struct msg_node node;
	struct msg_stat stat;
	struct msg_shown one;
	struct msg_named name;
	struct msg_ack ack;

	while (next_node(&nodes, &node, PROTO_GENERATION))
		put_node(&out, &node, PROTO_GENERATION);
	if (!nodes.bad)
		same(&out, data, size, true);
	out.len = 0;
	while (next_node(&first, &node, PROTO_FIRST))
		put_node(&out, &node, PROTO_FIRST);
	if (!first.bad)
		same(&out, data, size, true);
	out.len = 0;
	while (next_stat(&stats, &stat))
		put_stat(&out, &stat);
	if (!stats.bad)
		same(&out, data, size, true);
	out.len = 0;
	while (next_shown(&shown, &one))
		put_shown(&out, &one);
	if (!shown.bad)
		same(&out, data, size, true);
	out.len = 0;
	while (next_named(&named, &name))
		put_named(&out, &name);
	if (!named.bad)
		same(&out, data, size, true);
	out.len = 0;
	while (next_ack(&acks, &ack))
		put_ack(&out, &ack);
	if (!acks.bad)
		same(&out, data, size, true);
	buf_free(&out);
	try_events(events);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(const uint8_t *, size_t) = {try_join, try_down, try_power, try_strike, try_event, try_want, try_data,
		try_lack, try_error, try_query, try_ps, try_kill, try_welcome, try_run_common, try_launch, try_accepted, try_query_end,
		try_lists, try_run, try_forget, try_refuse, try_resend, try_credit, try_signal, try_input, try_taken, try_resize, try_slow,
		try_before, try_ps_ask,
		try_signal_one, try_attach, try_job_end, try_keyboard, try_health, try_renew, try_renew_want, try_renew_data,
		try_renewed};

	if (size == 0)
		return 0;
	tries[data[0] % COUNT(tries)](data + 1, size - 1);
	return 0;
}
