/* Lines from many nodes made into what a person reads: raw and labelled here, folded, files and JSON by others.
 * Must never know links, jobs' verdicts, or how the bytes came here. */
#include "client/output.h"

#include "client/outfiles.h"
#include "client/folding.h"
#include "client/json.h"
#include "client/sink.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_HELD (64u * 1024 * 1024) /* bytes of unfinished lines held of all nodes, before one is passed on as it comes */
#define PATIENCE 1000u		     /* milliseconds that others wait for such a line when it stands still */

/* One node's stdout or stderr. */
struct line {
	struct buf held;
	size_t node;
	struct line *next; /* the next of the lines that wait */
	bool waiting;
	bool open; /* its beginning has been written, its end has not */
	bool ended;
};

/* A descriptor. A line that is written in parts owns it, and the other lines wait. */
struct channel {
	struct sink sink;
	struct line *owner, *first, *last;
	uint64_t heard; /* when the owner was, last */
};

struct output {
	enum output_mode mode;
	const struct naming *naming;
	const struct path *nodes;
	size_t count;
	struct line *line; /* two for each node */
	struct channel channel[2], *stream[2];
	size_t held;
	int width; /* of the widest label */
	struct folding *folding;
	struct outfiles *files;
};

static char error_text[600];

const char *
output_error(void)
{
	return error_text;
}

/* 0, or -1 when what was told of is gone. */
static int
flush_all(struct output *o, const struct channel *told)
{
	sink_flush(&o->channel[0].sink);
	sink_flush(&o->channel[1].sink);
	if (sink_result(&told->sink) == 0)
		return 0;
	set_error(error_text, sizeof(error_text), "standard %s: %s", told->sink.fd == STDERR_FILENO ? "error" : "output", strerror(errno));
	return -1;
}

/* ---- the shape of a line ---- */

/* All labels are of one width, so that what stands behind them is aligned. */
static void
put_label(struct output *o, struct sink *sink, const struct path *node)
{
	char text[PATH_TEXT], *label = xasprintf("%*s: ", o->width, naming_text(o->naming, node, text));

	sink_put(sink, label, strlen(label));
	free(label);
}

static int
label_width(const struct output *o)
{
	char text[PATH_TEXT];
	size_t i, len, width = 0;

	for (i = 0; i < o->count; i++) {
		len = strlen(naming_text(o->naming, &o->nodes[i], text));
		width = len > width ? len : width;
	}
	return (int)width;
}

/* Bytes up to the first newline, with it, or to the end of data. */
static size_t
line_length(const uint8_t *data, size_t len)
{
	const uint8_t *newline = memchr(data, '\n', len);

	return newline ? (size_t)(newline - data) + 1 : len;
}

/* Bytes up to the last newline, with it. */
static size_t
whole_lines(const uint8_t *data, size_t len)
{
	const uint8_t *newline = len ? memrchr(data, '\n', len) : NULL;

	return newline ? (size_t)(newline - data) + 1 : 0;
}

static struct channel *
channel_of(const struct output *o, const struct line *l)
{
	return o->stream[(l - o->line) % 2];
}

/* Writes data, part of a line or many of them, in the form that the mode asks for. */
static void
emit(struct output *o, struct line *l, const uint8_t *data, size_t len)
{
	struct sink *sink = &channel_of(o, l)->sink;

	while (len > 0) {
		size_t n = o->mode == OUTPUT_RAW ? len : line_length(data, len);

		if (!l->open && o->mode != OUTPUT_RAW)
			put_label(o, sink, &o->nodes[l->node]);
		if (o->mode == OUTPUT_RAW)
			sink_put(sink, data, n);
		else
			sink_put_shown(sink, data, n);
		l->open = data[n - 1] != '\n';
		data += n;
		len -= n;
	}
}

/* ---- holding lines back ---- */

static void
hold(struct output *o, struct line *l, const uint8_t *data, size_t len)
{
	put_bytes(&l->held, data, len);
	o->held += len;
}

/* Writes the first len of the bytes held. */
static void
emit_held(struct output *o, struct line *l, size_t len)
{
	emit(o, l, l->held.data, len);
	o->held -= len;
	l->held.len -= len;
	if (l->held.len == 0)
		buf_free(&l->held);
	else if (len > 0)
		memmove(l->held.data, l->held.data + len, l->held.len);
}

/* The channel is free: the lines that waited are written, as far as they are whole, in the order in which they came. */
static void
drain(struct output *o, struct channel *channel)
{
	struct line *l;

	while ((l = channel->first)) {
		channel->first = l->next;
		l->next = NULL;
		l->waiting = false;
		emit_held(o, l, whole_lines(l->held.data, l->held.len));
	}
	channel->last = NULL;
}

static void
end_owner(struct output *o, struct channel *channel)
{
	struct line *owner = channel->owner;

	if (owner->open)
		sink_put(&channel->sink, "\n", 1);
	owner->open = false;
	channel->owner = NULL;
	drain(o, channel);
}

static void
wait_in_line(struct channel *channel, struct line *l)
{
	if (l->waiting)
		return;
	l->waiting = true;
	if (channel->last)
		channel->last->next = l;
	else
		channel->first = l;
	channel->last = l;
}

static struct line *
longest(const struct output *o)
{
	struct line *l = o->line;
	size_t i;

	for (i = 1; i < 2 * o->count; i++)
		if (o->line[i].held.len > l->held.len)
			l = &o->line[i];
	return l;
}

/* Where more is held than may be, the longest line is passed on as it comes from now on, and the others wait. */
static void
relieve(struct output *o)
{
	struct channel *channel;
	struct line *l;

	if (o->held <= MAX_HELD)
		return;
	l = longest(o);
	channel = channel_of(o, l);
	if (channel->owner)
		end_owner(o, channel);
	if (l->held.len == 0)
		return;
	emit_held(o, l, l->held.len);
	channel->owner = l->open ? l : NULL;
	channel->heard = now_ms();
}

/* Adds to a line that owns the channel, or finds it free. */
static void
speak(struct output *o, struct line *l, const uint8_t *data, size_t len)
{
	struct channel *channel = channel_of(o, l);
	size_t whole;

	if (channel->owner == l) {
		size_t rest = line_length(data, len);

		emit(o, l, data, rest);
		channel->heard = now_ms();
		if (l->open)
			return;
		end_owner(o, channel);
		data += rest;
		len -= rest;
	}
	whole = whole_lines(data, len);
	if (whole > 0 && l->held.len > 0) {
		hold(o, l, data, whole);
		emit_held(o, l, l->held.len);
	} else {
		emit(o, l, data, whole);
	}
	hold(o, l, data + whole, len - whole);
}

static void
add_line(struct output *o, struct line *l, const uint8_t *data, size_t len)
{
	struct channel *channel = channel_of(o, l);

	if (!channel->owner || channel->owner == l) {
		speak(o, l, data, len);
	} else {
		hold(o, l, data, len);
		wait_in_line(channel, l);
	}
	relieve(o);
}

static void
end_line(struct output *o, struct line *l)
{
	struct channel *channel = channel_of(o, l);

	if (channel->owner == l)
		end_owner(o, channel);
	else if (l->held.len > 0 && l->held.data[l->held.len - 1] != '\n')
		add_line(o, l, (const uint8_t *)"\n", 1);
}

/* ---- the face ---- */

static bool
same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static bool
opens_files(struct output *o, const struct output_place *where)
{
	if (o->mode == OUTPUT_FILES && strcmp(where->pattern, "-") == 0)
		o->mode = OUTPUT_RAW;
	if (o->mode != OUTPUT_FILES)
		return true;
	o->files = outfiles_new(where->pattern, o->nodes, o->count, o->naming, where->job);
	if (!o->files)
		set_error(error_text, sizeof(error_text), "%s", outfiles_error());
	return o->files != NULL;
}

int
output_check(const char *pattern)
{
	if (!*pattern || strcmp(pattern, "-") == 0 || outfiles_check(pattern) == 0)
		return 0;
	return latch_error(error_text, sizeof(error_text), "%s", outfiles_error());
}

struct output *
output_new(enum output_mode mode, const struct path *nodes, size_t count, const struct output_place *where)
{
	struct output *o = xcalloc(1, sizeof(*o));
	size_t i;

	*o = (struct output){.mode = mode, .naming = where->naming, .nodes = nodes, .count = count};
	o->line = xcalloc(count, 2 * sizeof(struct line));
	for (i = 0; i < 2 * count; i++)
		o->line[i].node = i / 2;
	for (i = 0; i < 2; i++) {
		sink_open(&o->channel[i].sink, i ? STDERR_FILENO : STDOUT_FILENO);
		o->stream[i] = &o->channel[i];
	}
	/* Two streams on one terminal or file take turns as two nodes do. */
	if (!o->channel[0].sink.closed && !o->channel[1].sink.closed && same_file(STDOUT_FILENO, STDERR_FILENO))
		o->stream[1] = o->stream[0];
	o->width = label_width(o);
	if (mode == OUTPUT_FOLD)
		o->folding = folding_new(nodes, count);
	if (opens_files(o, where))
		return o;
	output_free(o);
	return NULL;
}

static int
add_to_file(const struct output *o, size_t node, int stream, const uint8_t *data, size_t len)
{
	if (outfiles_add(o->files, node, stream, data, len) == 0)
		return 0;
	return latch_error(error_text, sizeof(error_text), "%s", outfiles_error());
}

static void
add_fold(struct output *o, struct line *l, int stream, const uint8_t *data, size_t len)
{
	struct buf all = {0};

	if (folding_add(o->folding, l->node, stream, data, len, &all))
		return;
	add_line(o, l, all.data, all.len);
	buf_free(&all);
}

/* One object for what has come; of a character that is not whole yet the beginning waits. */
static void
add_object(struct output *o, struct line *l, int stream, const uint8_t *data, size_t len)
{
	struct buf object = {0};
	size_t rest;

	hold(o, l, data, len);
	rest = l->ended ? 0 : json_unfinished(l->held.data, l->held.len);
	if (l->held.len > rest) {
		json_node(&object, "data", o->naming, &o->nodes[l->node]);
		json_text(&object, "stream", stream == 1 ? "out" : "err");
		json_bytes(&object, l->held.data, l->held.len - rest);
		json_end(&object);
		sink_put(&o->channel[0].sink, object.data, object.len);
		o->held -= l->held.len - rest;
		memmove(l->held.data, l->held.data + l->held.len - rest, rest);
		l->held.len = rest;
	}
	buf_free(&object);
}

int
output_add(struct output *o, size_t node, int stream, const uint8_t *data, size_t len)
{
	struct line *l = &o->line[2 * node + (stream == 2)];
	struct channel *channel = channel_of(o, l);

	if (len == 0)
		return 0;
	if (o->mode == OUTPUT_FILES)
		return add_to_file(o, node, stream, data, len);
	if (o->mode == OUTPUT_JSON)
		add_object(o, l, stream, data, len);
	else if (o->mode == OUTPUT_RAW && o->count == 1)
		sink_put(&channel->sink, data, len);
	else if (o->mode == OUTPUT_FOLD && folding_holds(o->folding, node, stream))
		add_fold(o, l, stream, data, len);
	else
		add_line(o, l, data, len);
	return flush_all(o, o->mode == OUTPUT_JSON ? &o->channel[0] : channel);
}

static int
flush_both(struct output *o)
{
	return flush_all(o, o->stream[0]) ? -1 : flush_all(o, o->stream[1]);
}

int
output_end(struct output *o, size_t node, unsigned status)
{
	struct line *out = &o->line[2 * node], *err = out + 1;

	out->ended = true;
	err->ended = true;
	if (o->mode == OUTPUT_FILES && outfiles_end(o->files, node, status))
		return latch_error(error_text, sizeof(error_text), "%s", outfiles_error());
	if (o->mode == OUTPUT_FOLD)
		folding_end(o->folding, node, status);
	if (o->mode == OUTPUT_JSON) {
		add_object(o, out, 1, NULL, 0);
		add_object(o, err, 2, NULL, 0);
	} else {
		end_line(o, out);
		end_line(o, err);
	}
	return flush_both(o);
}

/* Milliseconds until others have waited long enough for this channel's owner; -1 when none do. */
static int
patience_left(const struct channel *channel, uint64_t now)
{
	uint64_t waited = now > channel->heard ? now - channel->heard : 0;

	if (!channel->owner || !channel->first)
		return -1;
	return waited < PATIENCE ? (int)(PATIENCE - waited) : 0;
}

int
output_due(const struct output *o, uint64_t now)
{
	int out = patience_left(&o->channel[0], now), err = patience_left(&o->channel[1], now);

	return out < 0 || (err >= 0 && err < out) ? err : out;
}

int
output_idle(struct output *o, uint64_t now)
{
	size_t i;

	for (i = 0; i < 2; i++)
		if (patience_left(&o->channel[i], now) == 0)
			end_owner(o, &o->channel[i]);
	return flush_both(o);
}

/* What nodes have written that are still running. */
static void
end_lines(struct output *o)
{
	size_t i;

	for (i = 0; i < 2 * o->count; i++) {
		struct line *l = &o->line[i];

		if (l->ended)
			continue;
		l->ended = true;
		if (o->mode == OUTPUT_JSON)
			add_object(o, l, 1 + (int)(i % 2), NULL, 0);
		else
			end_line(o, l);
	}
}

/* The nodes whose output is more than can be folded. */
static void
warn_loud(const struct output *o)
{
	struct path *paths = xcalloc(o->count, sizeof(*paths));
	size_t i, count = 0;
	char *nodes;

	for (i = 0; i < o->count; i++)
		if (!folding_holds(o->folding, i, 1) || !folding_holds(o->folding, i, 2))
			paths[count++] = o->nodes[i];
	nodes = naming_fold(o->naming, paths, count);
	if (count)
		warn("node%s %s: more output than is held for folding (128 MiB of all nodes); it is labelled instead", count > 1 ? "s" : "",
			nodes);
	free(nodes);
	free(paths);
}

int
output_finish(struct output *o)
{
	end_lines(o);
	if (o->mode == OUTPUT_FOLD) {
		folding_show(o->folding, o->naming, &o->stream[0]->sink, &o->stream[1]->sink);
		warn_loud(o);
	}
	return flush_both(o);
}

int
output_print(struct output *o, const void *text, size_t len)
{
	sink_put(&o->channel[0].sink, text, len);
	return flush_all(o, &o->channel[0]);
}

bool
output_in_line(const struct output *o)
{
	return sink_in_line(&o->channel[0].sink) || sink_in_line(&o->channel[1].sink);
}

void
output_free(struct output *o)
{
	size_t i;

	if (!o)
		return;
	for (i = 0; i < 2 * o->count; i++)
		buf_free(&o->line[i].held);
	sink_free(&o->channel[0].sink);
	sink_free(&o->channel[1].sink);
	folding_free(o->folding);
	outfiles_free(o->files);
	free(o->line);
	free(o);
}
