/* nodes: whom a spec selects now, folded, one a line, counted, or as JSON.
 * Must never know how the master finds an answer. */
#include "client/nodes.h"
#include "client/absent.h"
#include "client/session.h"
#include "client/survey.h"
#include "nodespec.h"

#include <stdio.h>
#include <stdlib.h>

static const struct naming *sorting; /* qsort hands nothing on */

/* The spec asks for what is down: then that is no fault of it. */
static bool
asks_for_down(const char *text)
{
	struct nodespec *spec = nodespec_parse(text);
	bool asks = false;
	size_t i;

	for (i = 0; spec && i < nodespec_heads(spec); i++)
		asks |= nodespec_head(spec, i)->kind == HEAD_DOWN;
	nodespec_free(spec);
	return asks;
}

/* Keeps those that the spec selects now: that are up, unless it asks for what is down, and that the user may use. */
static void
keep_selected(struct survey *a, bool down_too)
{
	struct nodespec *refused = *a->refused ? nodespec_parse(a->refused) : NULL;
	size_t i, kept = 0;

	for (i = 0; i < a->count; i++)
		if ((down_too || a->at[i].m.state == NODE_UP) && !(refused && nodespec_matches(refused, &a->at[i].m.path)))
			a->at[kept++] = a->at[i];
		else
			strings_free(&a->at[i].texts);
	nodespec_free(refused);
	a->count = kept;
}

static int
by_name(const void *a, const void *b)
{
	return naming_compare(sorting, a, b);
}

static void
print_each(const struct naming *n, struct path *paths, size_t count)
{
	char text[PATH_TEXT];
	size_t i;

	sorting = n;
	if (count)
		qsort(paths, count, sizeof(*paths), by_name);
	for (i = 0; i < count; i++)
		puts(naming_text(n, &paths[i], text));
}

static void
print_objects(const struct survey *a, const struct naming *n)
{
	struct buf text = {0};
	size_t i;

	for (i = 0; i < a->count; i++) {
		survey_json(&text, &a->at[i], n, i == 0);
		(void)fwrite(text.data, 1, text.len, stdout);
		text.len = 0;
	}
	buf_free(&text);
}

static void
print_nodes(const struct options *o, const struct survey *a)
{
	struct path *paths = xcalloc(a->count, sizeof(*paths));
	struct naming *n = survey_naming(a, o->names);
	char *folded;
	size_t i;

	for (i = 0; i < a->count; i++)
		paths[i] = a->at[i].m.path;
	if (o->json) {
		print_objects(a, n);
	} else if (o->each) {
		print_each(n, paths, a->count);
	} else if (o->count) {
		printf("%zu\n", a->count);
	} else if (a->count) {
		folded = naming_fold(n, paths, a->count);
		puts(folded);
		free(folded);
	}
	naming_free(n);
	free(paths);
}

int
client_nodes(const struct options *o, const char *spec)
{
	bool down_too = asks_for_down(spec);
	struct survey a = {0};
	int status;

	survey_check(spec);
	survey_ask(o, spec, &a);
	keep_selected(&a, down_too);
	print_nodes(o, &a);
	if (down_too) {
		free((char *)(uintptr_t)a.left.down);
		a.left.down = xstrdup("");
	}
	absent_warn(&a.left, NULL, false);
	status = absent_any_named(&a.left) ? 255 : 0;
	if (a.count == 0) {
		warn("\"%s\" selects no node%s%s%s%s%s", spec, down_too ? "" : " that is up", *o->exclude ? " and not left out by -x" : "",
			*o->only ? " and kept by -only" : "", *a.refused ? " and that you may use; refused: " : "", a.refused);
		status = 255;
	}
	survey_free(&a);
	return flush_stdout(status);
}
