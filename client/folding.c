/* Output of many nodes, held until the end and shown once where it is equal, in the shape that clubak gave it.
 * Must never know how it came, or what becomes of what is too much. */
#include "client/folding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FOLDED (128u << 20) /* bytes of all nodes */
#define DASHES "---------------\n"

/* One stream of a node. */
struct text {
	struct buf held;
	size_t node;
	bool loud; /* too much: it is shown as it comes */
};

struct folding {
	const struct path *nodes;
	size_t count, held;
	struct text *text; /* two for each node */
	unsigned *status;  /* one for each node, RUNNING first */
};
#define RUNNING 0xffffffffu

struct folding *
folding_new(const struct path *nodes, size_t count)
{
	struct folding *f = xcalloc(1, sizeof(*f));
	size_t i;

	*f = (struct folding){.nodes = nodes, .count = count};
	f->text = xcalloc(count, 2 * sizeof(f->text[0]));
	f->status = xcalloc(count, sizeof(f->status[0]));
	for (i = 0; i < count; i++) {
		f->text[2 * i].node = f->text[2 * i + 1].node = i;
		f->status[i] = RUNNING;
	}
	return f;
}

static struct text *
text_of(const struct folding *f, size_t node, int stream)
{
	return &f->text[2 * node + (stream == 2)];
}

bool
folding_holds(const struct folding *f, size_t node, int stream)
{
	return !text_of(f, node, stream)->loud;
}

bool
folding_add(struct folding *f, size_t node, int stream, const uint8_t *data, size_t len, struct buf *all)
{
	struct text *t = text_of(f, node, stream);

	put_bytes(&t->held, data, len);
	f->held += len;
	if (f->held <= MAX_FOLDED)
		return true;
	*all = t->held;
	t->held = (struct buf){0};
	t->loud = true;
	f->held -= all->len;
	return false;
}

/* A last line without newline is folded as if it had one. */
static void
end_text_line(struct folding *f, struct text *t)
{
	if (t->held.len == 0 || t->held.data[t->held.len - 1] == '\n')
		return;
	put_u8(&t->held, '\n');
	f->held++;
}

void
folding_end(struct folding *f, size_t node, unsigned status)
{
	f->status[node] = status;
}

/* ---- groups of what is equal ---- */

struct group {
	struct text **text;
	size_t count, place; /* place: of its first node among all, as they are shown */
	unsigned status;
};

static int
compare_bytes(const struct buf *a, const struct buf *b)
{
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return a->len ? memcmp(a->data, b->data, a->len) : 0;
}

static const unsigned *statuses; /* for qsort */

/* Whether two belong together: 0. */
static int
compare_texts(const struct text *x, const struct text *y)
{
	if (statuses[x->node] != statuses[y->node])
		return statuses[x->node] < statuses[y->node] ? -1 : 1;
	return compare_bytes(&x->held, &y->held);
}

static int
by_text(const void *a, const void *b)
{
	const struct text *x = *(struct text *const *)a, *y = *(struct text *const *)b;
	int order = compare_texts(x, y);

	return order ? order : (x->node > y->node) - (x->node < y->node);
}

static int
by_size(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (x->status != y->status)
		return x->status < y->status ? -1 : 1;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

/* For qsort: the nodes, and how they are shown. */
static const struct path *shown_nodes;
static const struct naming *shown_as;

static int
by_name(const void *a, const void *b)
{
	return naming_compare(shown_as, &shown_nodes[*(const size_t *)a], &shown_nodes[*(const size_t *)b]);
}

/* Where each node stands among all, as they are shown. The caller frees. */
static size_t *
find_places(const struct folding *f, const struct naming *naming)
{
	size_t *order = xcalloc(f->count, sizeof(*order)), *place = xcalloc(f->count, sizeof(*place)), i;

	for (i = 0; i < f->count; i++)
		order[i] = i;
	shown_nodes = f->nodes;
	shown_as = naming;
	qsort(order, f->count, sizeof(*order), by_name);
	for (i = 0; i < f->count; i++)
		place[order[i]] = i;
	free(order);
	return place;
}

static void
find_first(struct group *g, const size_t *place)
{
	size_t i;

	g->place = SIZE_MAX;
	for (i = 0; i < g->count; i++)
		if (place[g->text[i]->node] < g->place)
			g->place = place[g->text[i]->node];
}

static size_t
find_groups(const struct folding *f, const size_t *place, struct text **text, size_t count, struct group *out)
{
	size_t groups = 0, i;

	statuses = f->status;
	qsort(text, count, sizeof(*text), by_text);
	for (i = 0; i < count; i++)
		if (i > 0 && compare_texts(text[i - 1], text[i]) == 0)
			out[groups - 1].count++;
		else
			out[groups++] = (struct group){.text = &text[i], .count = 1, .status = f->status[text[i]->node]};
	for (i = 0; i < groups; i++)
		find_first(&out[i], place);
	qsort(out, groups, sizeof(*out), by_size);
	return groups;
}

/* On a terminal no line of a node's looks like the head of a block. */
static void
show_body(struct sink *to, const struct buf *body)
{
	const uint8_t *at = body->data, *end = at + body->len, *line;

	for (; to->terminal && at < end; at = line) {
		line = memchr(at, '\n', (size_t)(end - at));
		line = line ? line + 1 : end;
		if ((size_t)(line - at) == sizeof(DASHES) - 1 && memcmp(at, DASHES, sizeof(DASHES) - 1) == 0) {
			sink_put(to, "\\x2d", 4);
			at++;
		}
		sink_put_shown(to, at, (size_t)(line - at));
	}
	sink_put_shown(to, at, (size_t)(end - at));
}

static void
show_group(const struct folding *f, const struct naming *naming, const struct group *g, struct sink *to)
{
	struct path *paths = xcalloc(g->count, sizeof(*paths));
	char *nodes, *head;
	size_t i;

	for (i = 0; i < g->count; i++)
		paths[i] = f->nodes[g->text[i]->node];
	nodes = naming_counted(naming, paths, g->count);
	head = xasprintf(DASHES "%s%s\n" DASHES, nodes, g->status == RUNNING ? ", incomplete" : "");
	sink_put(to, head, strlen(head));
	show_body(to, &g->text[0]->held);
	free(head);
	free(nodes);
	free(paths);
}

static void
show_stream(struct folding *f, const struct naming *naming, const size_t *place, int stream, struct sink *to)
{
	struct text **text = xcalloc(f->count, sizeof(*text));
	struct group *group = xcalloc(f->count, sizeof(*group));
	size_t count = 0, groups, i;

	for (i = 0; i < f->count; i++) {
		struct text *t = text_of(f, i, stream);

		end_text_line(f, t);
		if (t->held.len > 0)
			text[count++] = t;
	}
	groups = find_groups(f, place, text, count, group);
	for (i = 0; i < groups; i++)
		show_group(f, naming, &group[i], to);
	sink_flush(to);
	free(group);
	free(text);
}

void
folding_show(struct folding *f, const struct naming *naming, struct sink *out, struct sink *err)
{
	size_t *place = find_places(f, naming);

	show_stream(f, naming, place, 1, out);
	show_stream(f, naming, place, 2, err);
	free(place);
}

void
folding_free(struct folding *f)
{
	size_t i;

	if (!f)
		return;
	for (i = 0; i < 2 * f->count; i++)
		buf_free(&f->text[i].held);
	free(f->text);
	free(f->status);
	free(f);
}
