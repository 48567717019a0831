/* A node spec and its asker → the exact nodes, and what is to be said of those that are left out.
 * Must never know launches, or how an answer is sent. */
#include "node/choose.h"
#include "node/access.h"
#include "node/self.h"
#include "nodespec.h"
#include "proto.h"

#include <stdlib.h>

enum { STEPS = 30000 }; /* of a search, at a time */

struct choosing {
	const struct peer *who;
	const char *text, *exclude;
	struct nodespec *spec, *not ;
	/* The nodes as they were when it began; a master's map keeps them all. */
	struct member **members;
	const struct path **paths;
	size_t count;
	bool found;					     /* the searches are done: it remains to sort the nodes out */
	struct nodespec_search *chosen, *excluded, *allowed; /* NULL: nobody is excluded, all are allowed */
};

void
choice_free(struct choice *c)
{
	free(c->paths);
	free(c->members);
	free(c->shown);
	left_out_free(&c->left);
	free(c->refused);
}

struct choosing *
choosing_new(const struct peer *who, const char *spec, const char *exclude)
{
	struct choosing *c = xcalloc(1, sizeof(*c));

	*c = (struct choosing){.who = who, .text = spec, .exclude = exclude};
	return c;
}

void
choosing_free(struct choosing *c)
{
	if (!c)
		return;
	nodespec_search_free(c->chosen);
	nodespec_search_free(c->excluded);
	nodespec_search_free(c->allowed);
	nodespec_free(c->spec);
	nodespec_free(c->not );
	free(c->members);
	free(c->paths);
	free(c);
}

static void
begin_search(struct choosing *c)
{
	const struct nodespec *spec = c->spec, *not = c->not ;
	size_t i;

	c->count = self.map.count;
	c->members = xcalloc(c->count, sizeof(c->members[0]));
	c->paths = xcalloc(c->count, sizeof(c->paths[0]));
	for (i = 0; i < c->count; i++) {
		c->members[i] = self.map.at[i];
		c->paths[i] = &self.map.at[i]->path;
	}
	c->chosen = nodespec_search_new(&spec, 1, c->paths, c->count, true);
	if (not )
		c->excluded = nodespec_search_new(&not, 1, c->paths, c->count, true);
	c->allowed = access_search(c->who, c->paths, c->count);
}

/* Nodes that are said to be something, gathered and folded. */
struct list {
	struct path *at;
	size_t count;
};

static char *
fold(struct list *list)
{
	char *text = pathset_fold(list->at, list->count);

	free(list->at);
	return text;
}

static void
add(struct list *list, size_t most, const struct path *p)
{
	if (!list->at)
		list->at = xcalloc(most, sizeof(list->at[0]));
	list->at[list->count++] = *p;
}

static void
sort_out(struct choosing *c, struct choice *out)
{
	struct list down[2] = {{0}}, refused = {0}, named_refused = {0}; /* down: what is open, and what is named */
	char *hint;
	size_t i;

	*out = (struct choice){.paths = xcalloc(c->count, sizeof(out->paths[0])),
		.members = xcalloc(c->count, sizeof(out->members[0])),
		.shown = xcalloc(c->count, sizeof(out->shown[0]))};
	for (i = 0; i < c->count; i++) {
		struct member *m = c->members[i];

		if (!nodespec_selected(c->chosen, i) || (c->excluded && nodespec_selected(c->excluded, i)))
			continue;
		out->shown[out->shown_count++] = m;
		if (c->allowed && !nodespec_selected(c->allowed, i)) {
			add(&refused, c->count, &m->path);
			if (nodespec_named(c->chosen, i))
				add(&named_refused, c->count, &m->path);
		} else if (m->state != NODE_UP) {
			add(&down[nodespec_named(c->chosen, i)], c->count, &m->path);
		} else {
			out->members[out->count] = m;
			out->paths[out->count++] = m->path;
		}
	}
	out->left.missing = nodespec_missing(c->chosen, c->not, &hint);
	out->left.hint = hint ? hint : xstrdup("");
	out->left.down = fold(&down[true]);
	out->left.refused = fold(&named_refused);
	out->left.open_missing = nodespec_missing_ways(c->chosen);
	out->left.open_down = fold(&down[false]);
	out->left.not_excluded = c->excluded ? nodespec_missing(c->excluded, NULL, &hint) : xstrdup("");
	if (c->excluded)
		free(hint);
	out->refused = fold(&refused);
}

enum choosing_state
choosing_go(struct choosing *c, struct choice *out)
{
	if (!c->spec) {
		c->spec = nodespec_parse(c->text);
		return c->spec ? CHOOSING : CHOSEN_BADLY;
	}
	if (!c->not &&*c->exclude) {
		c->not = nodespec_parse(c->exclude);
		return c->not ? CHOOSING : CHOSEN_BADLY;
	}
	if (!c->chosen) {
		begin_search(c);
		return CHOOSING;
	}
	if (!nodespec_search_go(c->chosen, STEPS) || (c->excluded && !nodespec_search_go(c->excluded, STEPS)) ||
		(c->allowed && !nodespec_search_go(c->allowed, STEPS)))
		return CHOOSING;
	if (!c->found) {
		c->found = true;
		return CHOOSING;
	}
	sort_out(c, out);
	return CHOSEN;
}
