/* Any bytes as the body of any message: taken, or refused with nothing left to free; and what was taken is written as the same bytes. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "proto.h"

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
PLAIN(join, false)
PLAIN(down, true)
PLAIN(power, false)
PLAIN(event, true)
PLAIN(ack, true)
PLAIN(want, true)
PLAIN(data, true)
PLAIN(lack, true)
PLAIN(error, true)
PLAIN(query, false)
PLAIN(ps, true)
PLAIN(kill, true)

static void
try_welcome(const uint8_t *data, size_t size)
{
	struct msg_welcome m;
	struct buf out = {0};

	if (take_welcome(data, size, &m))
		return;
	put_welcome(&out, &m);
	same(&out, data, size, false);
	strings_free(&m.ancestors);
}

static void
try_run(const uint8_t *data, size_t size)
{
	struct msg_run m;
	struct buf out = {0};

	if (take_run(reader_over(data, size), &m))
		return;
	put_run(&out, &m);
	same(&out, data, size, true);
	run_free(&m);
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

/* Those that come several to a message. */
static void
try_lists(const uint8_t *data, size_t size)
{
	struct reader nodes = reader_over(data, size), stats = nodes, shown = nodes, entries = nodes;
	struct buf out = {0};

	while (!nodes.bad && reader_left(&nodes)) {
		struct msg_node m = take_node(&nodes);

		put_node(&out, &m);
	}
	if (!nodes.bad)
		same(&out, data, size, true);
	out.len = 0;
	while (!stats.bad && reader_left(&stats)) {
		struct msg_stat m = take_stat(&stats);

		put_stat(&out, &m);
	}
	if (!stats.bad)
		same(&out, data, size, true);
	out.len = 0;
	while (!shown.bad && reader_left(&shown)) {
		struct msg_shown m = take_shown(&shown);

		put_shown(&out, &m);
	}
	if (!shown.bad)
		same(&out, data, size, true);
	out.len = 0;
	while (!entries.bad && reader_left(&entries)) {
		struct run_entry e = take_run_entry(&entries);

		put_run_entry(&out, &e);
	}
	if (!entries.bad)
		same(&out, data, size, true);
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(const uint8_t *, size_t) = {try_join, try_down, try_power, try_event, try_ack, try_want, try_data,
		try_lack, try_error, try_query, try_ps, try_kill, try_welcome, try_run, try_launch, try_accepted, try_query_end, try_lists};

	if (size == 0)
		return 0;
	tries[data[0] % COUNT(tries)](data + 1, size - 1);
	return 0;
}
