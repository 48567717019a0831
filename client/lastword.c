/* The last word: what did not go well, a line for each kind and reason, with the nodes folded.
 * Must never know how it came to that, or links. */
#include "client/lastword.h"

#include "client/json.h"
#include "pathset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct item {
	enum word kind;
	unsigned number;
	char *why;
	char *list; /* nodes as the master folded them; NULL: the one below */
	struct path node;
};

struct lastword {
	struct item *item;
	size_t count, room;
};

/* How each kind is told, to people and in JSON. own: gproc itself has failed at it. */
static const struct {
	const char *title, *behind;
	const char *what, *key; /* what NULL: it is nothing bad; key NULL: the number is not told */
	bool has_number, own;
} kinds[] = {
	[WORD_EXIT] = {"exit ", "", "exit", "code", .has_number = true},
	[WORD_SIGNAL] = {"killed by signal ", "", "signal", "signal", .has_number = true},
	[WORD_TIMED_OUT] = {"timed out after ", " s", "timeout", NULL, .has_number = true},
	[WORD_SPOILT] = {"failed", "", "failed", NULL},
	[WORD_FAILED] = {"could not start", "", "failed", "code"},
	[WORD_NOT_RENEWED] = {"not renewed", "", "failed", NULL},
	[WORD_NOT_BACK] = {"not back", "", "failed", NULL},
	[WORD_ENDED] = {"ended because of that", "", "ended", "signal"},
	[WORD_HELD] = {"not started", "", "unstarted", NULL},
	[WORD_LOST] = {"lost", "", "lost", NULL, .own = true},
	[WORD_RUNNING] = {"still running", "", "running", NULL, .own = true},
	[WORD_LINGERING] = {"lingering", "", NULL, NULL},
	[WORD_DOWN] = {"down", "", "down", NULL, .own = true},
	[WORD_REFUSED] = {"refused, you may not use", "", "refused", NULL, .own = true},
	[WORD_MISSING] = {"not there", "", "missing", NULL, .own = true},
	[WORD_RENEWED] = {"renewed", "", NULL, NULL},
	[WORD_LEFT_OUT] = {"down, left out", "", NULL, NULL},
	[WORD_OPEN_MISSING] = {"not there", "", NULL, NULL},
	[WORD_NOT_EXCLUDED] = {"-x leaves out what is not there", "", NULL, NULL},
	[WORD_NOT_KEPT] = {"-only keeps what is not there", "", NULL, NULL},
};

static struct item *
add(struct lastword **w)
{
	struct lastword *l = *w ? *w : xcalloc(1, sizeof(*l));

	*w = l;
	l->item = grow(l->item, l->count, &l->room, sizeof(l->item[0]));
	return &l->item[l->count++];
}

void
lastword_add(struct lastword **w, enum word kind, unsigned number, const char *why, const struct path *node)
{
	*add(w) = (struct item){.kind = kind, .number = number, .why = xstrdup(why ? why : ""), .node = *node};
}

void
lastword_list(struct lastword **w, enum word kind, const char *folded, const char *why)
{
	if (*folded)
		*add(w) = (struct item){.kind = kind, .why = xstrdup(why ? why : ""), .list = xstrdup(folded)};
}

/* By kind and reason; a list of the master's is a line of its own. */
static int
by_kind(const struct item *a, const struct item *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return strcmp(a->why, b->why);
}

static int
compare(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = by_kind(x, y);

	return order ? order : path_compare(&x->node, &y->node);
}

/* "5", "1.5": seconds of so many milliseconds. */
static void
put_seconds(unsigned ms, char *out, size_t size)
{
	size_t len = (size_t)snprintf(out, size, "%u.%03u", ms / 1000, ms % 1000);

	while (out[len - 1] == '0')
		len--;
	out[out[len - 1] == '.' ? len - 1 : len] = '\0';
}

static void
print_row(const struct item *first, const char *nodes)
{
	char number[16] = "";

	if (first->kind == WORD_TIMED_OUT)
		put_seconds(first->number, number, sizeof(number));
	else if (kinds[first->kind].has_number)
		(void)snprintf(number, sizeof(number), "%u", first->number);
	warn("%s%s%s: %s%s%s", kinds[first->kind].title, number, kinds[first->kind].behind, nodes, *first->why ? ": " : "", first->why);
}

static size_t
alike(const struct lastword *w, size_t first)
{
	size_t at = first + 1;

	while (at < w->count && !w->item[first].list && !w->item[at].list && by_kind(&w->item[first], &w->item[at]) == 0)
		at++;
	return at;
}

/* Their nodes. The caller frees. */
static char *
fold_items(const struct lastword *w, const struct naming *n, size_t from, size_t to)
{
	struct path *paths;
	char *text;
	size_t i;

	if (w->item[from].list)
		return naming_list(n, w->item[from].list);
	paths = xcalloc(to - from, sizeof(*paths));
	for (i = from; i < to; i++)
		paths[i - from] = w->item[i].node;
	text = naming_fold(n, paths, to - from);
	free(paths);
	return text;
}

static bool
is_own(const struct item *i)
{
	return kinds[i->kind].own || ((i->kind == WORD_FAILED || i->kind == WORD_HELD) && i->number == 255);
}

void
lastword_print(struct lastword *w, const struct naming *n, bool quiet)
{
	size_t from, to;

	if (!w)
		return;
	qsort(w->item, w->count, sizeof(w->item[0]), compare);
	for (from = 0; from < w->count; from = to) {
		char *nodes;

		to = alike(w, from);
		if (quiet && !is_own(&w->item[from]))
			continue;
		nodes = naming_with_count(fold_items(w, n, from, to), w->item[from].list ? pathset_count(w->item[from].list) : to - from);
		print_row(&w->item[from], nodes);
		free(nodes);
	}
}

static void
put_object(struct buf *b, const struct item *first, const char *nodes, uint64_t count)
{
	json_item(b, "what", kinds[first->kind].what);
	if (kinds[first->kind].key)
		json_number(b, kinds[first->kind].key, first->number);
	if (*first->why)
		json_text(b, "reason", first->why);
	json_text(b, "nodes", nodes);
	json_number(b, "count", count);
	json_close(b);
}

void
lastword_json(struct lastword *w, struct buf *b)
{
	size_t from, to, count = w ? w->count : 0;

	json_open(b, "bad");
	if (count)
		qsort(w->item, count, sizeof(w->item[0]), compare);
	for (from = 0; from < count; from = to) {
		const struct item *first = &w->item[from];
		char *nodes;

		to = alike(w, from);
		if (!kinds[first->kind].what)
			continue;
		nodes = fold_items(w, NULL, from, to);
		put_object(b, first, nodes, first->list ? pathset_count(nodes) : to - from);
		free(nodes);
	}
	json_shut(b);
}

void
lastword_free(struct lastword *w)
{
	size_t i;

	if (!w)
		return;
	for (i = 0; i < w->count; i++) {
		free(w->item[i].why);
		free(w->item[i].list);
	}
	free(w->item);
	free(w);
}
