/* Lines from many nodes made into what a person reads: raw, labelled, folded, or files.
 * Must never know links, jobs' verdicts, or how the bytes came here. */
#include "client/output.h"

#include "nodespec.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_LINE (64u * 1024)	     /* bytes held of one unfinished line, and of a node that waits */
#define MAX_HELD (64u * 1024 * 1024) /* and of all nodes: 10,000 with two streams of 64 KiB would be 1.3 GB */
#define MAX_FOLDED (1024u * 1024)    /* bytes held of one node's stdout */
#define MAX_ALL_FOLDED (128u << 20)  /* and of all nodes */
#define FLUSH_AT (64u * 1024)	     /* what a pipe takes in one write */
#define PATIENCE 1000u		     /* milliseconds that others wait for a long line that stands still */

/* One node's stdout or stderr. */
struct line {
	struct buf held;
	size_t node;
	struct line *next; /* the next of the lines that wait */
	bool waiting;
	bool open; /* its beginning has been written, its end has not */
	bool ended;
	bool loud; /* more than can be folded: it is labelled */
};

/* A descriptor. A line that is written in parts owns it, and the other lines wait. */
struct sink {
	int fd;
	bool terminal, closed;
	int error; /* errno of the first write that failed; nothing is written after it */
	struct line *owner, *first, *last;
	uint64_t heard; /* when the owner was, last */
	struct buf out;
};

struct output {
	enum output_mode mode;
	const struct path *nodes;
	size_t count;
	struct line *line; /* two for each node */
	struct sink sink[2], *stream[2];
	size_t held, folded;
	char *pattern, *job;
};

static char error_text[512];

const char *
output_error(void)
{
	return error_text;
}

/* ---- writing ---- */

static int
wait_writable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	return poll(&p, 1, -1) < 0 && errno != EINTR ? -1 : 0;
}

/* As write_full, to a descriptor that may be non-blocking. */
static int
write_patiently(int fd, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n >= 0) {
			data += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			if (wait_writable(fd))
				return -1;
		} else if (errno != EINTR) {
			return -1;
		}
	}
	return 0;
}

/* Closed by the caller: nobody wants it. */
static bool
is_closed(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 || (flags & O_PATH); /* what main() puts into its place */
}

static void
flush(struct sink *sink)
{
	if (!sink->closed && !sink->error && write_patiently(sink->fd, sink->out.data, sink->out.len))
		sink->error = errno;
	sink->out.len = 0;
}

static int
flush_all(struct output *o, const struct sink *told)
{
	flush(&o->sink[0]);
	flush(&o->sink[1]);
	if (!told->error)
		return 0;
	errno = told->error;
	return -1;
}

/* ---- the shape of a line ---- */

/* How many bytes at data a terminal may get unchanged; 0 when the first is to be shown as a number. */
static size_t
shown_length(const uint8_t *data, size_t len)
{
	unsigned char text[5] = {0};

	if (*data == '\t' || *data == '\n' || (*data >= 0x20 && *data < 0x7f))
		return 1;
	if (*data == '\r')
		return len > 1 && data[1] == '\n';
	if (*data < 0x80)
		return 0;
	memcpy(text, data, len < 4 ? len : 4);
	return utf8_length(text);
}

static void
put_shown(struct buf *out, const uint8_t *data, size_t len)
{
	static const char hex[] = "0123456789abcdef";

	while (len > 0) {
		size_t n = shown_length(data, len);

		if (n == 0) {
			char text[4] = {'\\', 'x', hex[*data >> 4], hex[*data & 15]};

			put_bytes(out, text, sizeof(text));
			n = 1;
		} else {
			put_bytes(out, data, n);
		}
		data += n;
		len -= n;
	}
}

static void
put_label(struct buf *out, const struct path *node)
{
	char text[PATH_TEXT];

	path_text(node, text);
	put_bytes(out, text, strlen(text));
	put_bytes(out, ": ", 2);
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

static struct sink *
sink_of(const struct output *o, const struct line *l)
{
	return o->stream[(l - o->line) % 2];
}

/* Writes data, part of a line or many of them, in the form that the mode asks for. */
static void
emit(struct output *o, struct line *l, const uint8_t *data, size_t len)
{
	struct sink *sink = sink_of(o, l);

	while (len > 0) {
		size_t n = o->mode == OUTPUT_RAW ? len : line_length(data, len);

		if (!l->open && o->mode != OUTPUT_RAW)
			put_label(&sink->out, &o->nodes[l->node]);
		if (sink->terminal && o->mode != OUTPUT_RAW)
			put_shown(&sink->out, data, n);
		else
			put_bytes(&sink->out, data, n);
		l->open = data[n - 1] != '\n';
		data += n;
		len -= n;
		if (sink->out.len >= FLUSH_AT)
			flush(sink);
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

static bool
holds_too_much(const struct output *o, const struct line *l)
{
	return l->held.len > MAX_LINE || (o->held > MAX_HELD && l->held.len > 0);
}

static void
take_sink_when_full(struct output *o, struct line *l)
{
	if (!holds_too_much(o, l))
		return;
	emit_held(o, l, l->held.len);
	sink_of(o, l)->owner = l;
	sink_of(o, l)->heard = now_ms();
}

/* The sink is free: the lines that waited are written, as far as they are whole, in the order in which they came. */
static void
drain(struct output *o, struct sink *sink)
{
	struct line *l;

	while ((l = sink->first)) {
		sink->first = l->next;
		l->next = NULL;
		l->waiting = false;
		emit_held(o, l, whole_lines(l->held.data, l->held.len));
	}
	sink->last = NULL;
}

static void
end_owner(struct output *o, struct sink *sink)
{
	struct line *owner = sink->owner;

	if (owner->open)
		put_bytes(&sink->out, "\n", 1);
	owner->open = false;
	sink->owner = NULL;
	drain(o, sink);
}

static void
wait_in_line(struct sink *sink, struct line *l)
{
	if (l->waiting)
		return;
	l->waiting = true;
	if (sink->last)
		sink->last->next = l;
	else
		sink->first = l;
	sink->last = l;
}

/* Adds to a line that owns the sink, or finds it free. */
static void
speak(struct output *o, struct line *l, const uint8_t *data, size_t len)
{
	struct sink *sink = sink_of(o, l);
	size_t whole;

	if (sink->owner == l) {
		size_t rest = line_length(data, len);

		emit(o, l, data, rest);
		sink->heard = now_ms();
		if (l->open)
			return;
		end_owner(o, sink);
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
	take_sink_when_full(o, l);
}

static void
add_line(struct output *o, struct line *l, const uint8_t *data, size_t len)
{
	struct sink *sink = sink_of(o, l);

	if (!sink->owner || sink->owner == l) {
		speak(o, l, data, len);
		return;
	}
	hold(o, l, data, len);
	wait_in_line(sink, l);
	if (!holds_too_much(o, l))
		return;
	end_owner(o, sink);
	take_sink_when_full(o, l);
}

static void
end_line(struct output *o, struct line *l)
{
	struct sink *sink = sink_of(o, l);

	if (sink->owner == l)
		end_owner(o, sink);
	else if (l->held.len > 0 && l->held.data[l->held.len - 1] != '\n')
		add_line(o, l, (const uint8_t *)"\n", 1);
}

/* ---- folding ---- */

static void
add_fold(struct output *o, struct line *l, const uint8_t *data, size_t len)
{
	struct buf all;

	put_bytes(&l->held, data, len);
	o->folded += len;
	if (l->held.len <= MAX_FOLDED && o->folded <= MAX_ALL_FOLDED)
		return;
	all = l->held;
	l->held = (struct buf){0};
	l->loud = true;
	o->folded -= all.len;
	add_line(o, l, all.data, all.len);
	buf_free(&all);
}

static int
compare_held(const struct line *a, const struct line *b)
{
	if (a->held.len != b->held.len)
		return a->held.len < b->held.len ? -1 : 1;
	return a->held.len ? memcmp(a->held.data, b->held.data, a->held.len) : 0;
}

/* Equal are those that may yet write more with their like alone. */
static int
compare_whole(const struct line *a, const struct line *b)
{
	return a->ended == b->ended ? compare_held(a, b) : a->ended - b->ended;
}

/* Sorts equal output side by side, by node within. */
static int
compare_output(const void *a, const void *b)
{
	const struct line *x = *(struct line *const *)a, *y = *(struct line *const *)b;
	int way = compare_whole(x, y);

	return way ? way : (x->node > y->node) - (x->node < y->node);
}

struct group {
	struct line **line;
	size_t count;
};

static int
compare_groups(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	return (x->line[0]->node > y->line[0]->node) - (x->line[0]->node < y->line[0]->node);
}

static size_t
find_groups(struct line **line, size_t count, struct group *out)
{
	size_t groups = 0, i;

	qsort(line, count, sizeof(struct line *), compare_output);
	for (i = 0; i < count; i++)
		if (i > 0 && compare_whole(line[i - 1], line[i]) == 0)
			out[groups - 1].count++;
		else
			out[groups++] = (struct group){&line[i], 1};
	qsort(out, groups, sizeof(*out), compare_groups);
	return groups;
}

static char *
fold_nodes(const struct output *o, struct line *const *line, size_t count)
{
	struct path *paths = xcalloc(count, sizeof(*paths));
	char *text;
	size_t i;

	for (i = 0; i < count; i++)
		paths[i] = o->nodes[line[i]->node];
	text = pathset_fold(paths, count);
	free(paths);
	return text;
}

/* A node can't undo the indent: none of its lines begins where a header does. */
static void
print_body(struct sink *sink, const struct buf *body)
{
	size_t at = 0, len;

	for (; at < body->len; at += len) {
		len = line_length(body->data + at, body->len - at);
		put_bytes(&sink->out, "  ", 2);
		if (sink->terminal)
			put_shown(&sink->out, body->data + at, len);
		else
			put_bytes(&sink->out, body->data + at, len);
		if (sink->out.len >= FLUSH_AT)
			flush(sink);
	}
}

static void
print_group(struct output *o, const struct group *group)
{
	const struct buf *body = &group->line[0]->held;
	char *nodes = fold_nodes(o, group->line, group->count);
	char *header = xasprintf("%s (%zu node%s%s):%s\n", nodes, group->count, group->count == 1 ? "" : "s",
		group->line[0]->ended ? "" : ", incomplete", body->len ? "" : " no output");

	put_bytes(&o->stream[0]->out, header, strlen(header));
	print_body(o->stream[0], body);
	free(header);
	free(nodes);
}

/* The nodes whose output is (or is not) more than can be folded, into out. How many. */
static size_t
find_lines(struct output *o, bool loud, struct line **out)
{
	size_t found = 0, i;

	for (i = 0; i < o->count; i++) {
		struct line *l = &o->line[2 * i];

		if (l->loud == loud && (l->loud || l->ended || l->held.len > 0))
			out[found++] = l;
	}
	return found;
}

/* Where no node wrote anything nothing is printed. */
static void
print_groups(struct output *o, const struct group *group, size_t count)
{
	size_t i;

	if (count == 1 && group[0].line[0]->held.len == 0)
		return;
	for (i = 0; i < count; i++)
		print_group(o, &group[i]);
	flush(o->stream[0]);
}

static void
warn_loud(struct output *o, struct line *const *line, size_t count)
{
	char *nodes;

	if (count == 0)
		return;
	nodes = fold_nodes(o, line, count);
	warn("nodes %s: more output than is held for folding (1 MiB a node, 128 MiB in all); it is labelled instead", nodes);
	free(nodes);
}

static void
print_folded(struct output *o)
{
	struct line **line = xcalloc(o->count, sizeof(struct line *));
	size_t count = find_lines(o, false, line);
	struct group *group = xcalloc(count, sizeof(*group));

	print_groups(o, group, find_groups(line, count, group));
	count = find_lines(o, true, line);
	warn_loud(o, line, count);
	free(group);
	free(line);
}

/* ---- files ---- */

static char *
file_name(const struct output *o, size_t node, int stream)
{
	static const char *const names[] = {"out", "err"};
	struct buf name = {0};
	char path[PATH_TEXT], rank[24];
	const char *at, *put;
	bool has_stream = false;

	path_text(&o->nodes[node], path);
	(void)snprintf(rank, sizeof(rank), "%zu", node);
	for (at = o->pattern; *at; at++) {
		if (*at != '%') {
			put_u8(&name, (unsigned char)*at);
			continue;
		}
		at++;
		put = *at == 'n' ? path : *at == 'j' ? o->job : *at == 'r' ? rank : *at == 's' ? names[stream - 1] : "%";
		has_stream |= *at == 's';
		put_bytes(&name, put, strlen(put));
	}
	if (stream == 2 && !has_stream)
		put_bytes(&name, ".err", 4);
	put_u8(&name, 0);
	return (char *)name.data;
}

/* A file is opened for each write: 10,000 nodes would need more descriptors than a process may have. */
static int
add_to_file(struct output *o, size_t node, int stream, int flags, const uint8_t *data, size_t len)
{
	char *name = file_name(o, node, stream);
	int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666), error = 0;

	if (fd < 0 || write_full(fd, data, len))
		error = errno;
	if (fd >= 0 && close(fd) && !error)
		error = errno;
	if (error)
		set_error(error_text, sizeof(error_text), "can't write %s: %s", name, strerror(error));
	free(name);
	errno = error;
	return error ? -1 : 0;
}

static int
make_files(struct output *o)
{
	size_t i;

	for (i = 0; i < o->count; i++)
		if (add_to_file(o, i, 1, O_TRUNC, NULL, 0) || add_to_file(o, i, 2, O_TRUNC, NULL, 0))
			return -1;
	return 0;
}

static int
check_pattern(const struct output *o)
{
	bool apart = false;
	const char *at;

	for (at = o->pattern; (at = strchr(at, '%')); at += 2) {
		if (!at[1] || !strchr("njrs%", at[1])) {
			set_error(error_text, sizeof(error_text),
				"output file \"%s\": \"%.2s\" is none of %%n (node), %%j (job), %%r (rank), %%s (out "
				"or err), %%%%",
				o->pattern, at);
			return -1;
		}
		apart |= at[1] == 'n' || at[1] == 'r';
	}
	if (!apart && o->count > 1) {
		set_error(error_text, sizeof(error_text),
			"output file \"%s\": %zu nodes would write to one file; put %%n (node) or %%r (rank) into the name", o->pattern,
			o->count);
		return -1;
	}
	if (!*o->pattern || strchr(o->job, '/')) {
		set_error(error_text, sizeof(error_text), "output file: %s",
			*o->pattern ? "the job's name has a slash" : "its name is empty");
		return -1;
	}
	return 0;
}

/* ---- the face ---- */

static bool
same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

struct output *
output_new(enum output_mode mode, const struct path *nodes, size_t count, const char *pattern, const char *job)
{
	struct output *o = xcalloc(1, sizeof(*o));
	size_t i;

	o->mode = mode == OUTPUT_FILES && pattern && strcmp(pattern, "-") == 0 ? OUTPUT_RAW : mode;
	o->nodes = nodes;
	o->count = count;
	o->pattern = xstrdup(pattern ? pattern : "");
	o->job = xstrdup(job ? job : "");
	o->line = xcalloc(count, 2 * sizeof(struct line));
	for (i = 0; i < 2 * count; i++)
		o->line[i].node = i / 2;
	for (i = 0; i < 2; i++) {
		o->sink[i].fd = i ? STDERR_FILENO : STDOUT_FILENO;
		o->sink[i].terminal = isatty(o->sink[i].fd);
		o->sink[i].closed = is_closed(o->sink[i].fd);
		o->stream[i] = &o->sink[i];
	}
	/* Two streams on one terminal or file take turns as two nodes do. */
	if (!o->sink[0].closed && !o->sink[1].closed && same_file(STDOUT_FILENO, STDERR_FILENO))
		o->stream[1] = o->stream[0];
	if (o->mode == OUTPUT_FILES && (check_pattern(o) || make_files(o))) {
		output_free(o);
		return NULL;
	}
	return o;
}

int
output_add(struct output *o, size_t node, int stream, const uint8_t *data, size_t len)
{
	struct line *l = &o->line[2 * node + (stream == 2)];
	struct sink *sink = sink_of(o, l);

	if (len == 0)
		return 0;
	if (o->mode == OUTPUT_FILES)
		return add_to_file(o, node, stream, O_APPEND, data, len);
	if (o->mode == OUTPUT_RAW && o->count == 1)
		put_bytes(&sink->out, data, len);
	else if (o->mode == OUTPUT_FOLD && stream == 1 && !l->loud)
		add_fold(o, l, data, len);
	else
		add_line(o, l, data, len);
	return flush_all(o, sink);
}

int
output_end(struct output *o, size_t node)
{
	struct line *out = &o->line[2 * node], *err = out + 1;

	out->ended = true;
	err->ended = true;
	if (o->mode == OUTPUT_FILES)
		return 0;
	if (o->mode != OUTPUT_FOLD || out->loud)
		end_line(o, out);
	else if (out->held.len > 0 && out->held.data[out->held.len - 1] != '\n')
		add_fold(o, out, (const uint8_t *)"\n", 1);
	end_line(o, err);
	return flush_all(o, o->stream[0]) ? -1 : flush_all(o, o->stream[1]);
}

/* Milliseconds until others have waited long enough for this sink's owner; -1 when none do. */
static int
patience_left(const struct sink *sink, uint64_t now)
{
	uint64_t waited = now > sink->heard ? now - sink->heard : 0;

	if (!sink->owner || !sink->first)
		return -1;
	return waited < PATIENCE ? (int)(PATIENCE - waited) : 0;
}

int
output_due(const struct output *o, uint64_t now)
{
	int out = patience_left(&o->sink[0], now), err = patience_left(&o->sink[1], now);

	return out < 0 || (err >= 0 && err < out) ? err : out;
}

int
output_idle(struct output *o, uint64_t now)
{
	size_t i;

	for (i = 0; i < 2; i++)
		if (patience_left(&o->sink[i], now) == 0)
			end_owner(o, &o->sink[i]);
	return flush_all(o, o->stream[0]) ? -1 : flush_all(o, o->stream[1]);
}

int
output_finish(struct output *o)
{
	size_t i;

	for (i = 0; i < o->count; i++) {
		bool ended = o->line[2 * i].ended;

		if (ended)
			continue;
		(void)output_end(o, i);
		o->line[2 * i].ended = false;
	}
	if (o->mode == OUTPUT_FOLD)
		print_folded(o);
	return flush_all(o, o->stream[0]) ? -1 : flush_all(o, o->stream[1]);
}

int
output_print(struct output *o, const char *text)
{
	put_bytes(&o->sink[0].out, text, strlen(text));
	return flush_all(o, &o->sink[0]);
}

size_t
output_held(const struct output *o)
{
	return o->held + o->folded;
}

void
output_free(struct output *o)
{
	size_t i;

	if (!o)
		return;
	for (i = 0; i < 2 * o->count; i++)
		buf_free(&o->line[i].held);
	buf_free(&o->sink[0].out);
	buf_free(&o->sink[1].out);
	free(o->line);
	free(o->pattern);
	free(o->job);
	free(o);
}
