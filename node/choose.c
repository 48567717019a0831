/* A node spec and its asker → the exact nodes, and what is to be said of those that are left out.
 * Must never know launches, or how an answer is sent. */
#include "node/choose.h"
#include "hostlist.h"
#include "hosts.h"
#include "link/net.h"
#include "node/access.h"
#include "node/names.h"
#include "node/self.h"
#include "nodespec.h"
#include "pathset.h"
#include "proto.h"

#include <stdlib.h>
#include <string.h>

enum { STEPS = 30000 }; /* of a search, at a time */

enum which { CHOSEN_ONES, EXCLUDED, KEPT, SPECS };

struct choosing {
	const struct peer *who;
	const char *text[SPECS]; /* "": not given */
	/* The nodes as they were when it began; a master's map keeps them all. */
	struct member **members;
	const struct path **paths;
	size_t count;
	struct lookup *lookup;
	enum which at; /* the spec that is being searched for */
	bool begun;    /* it is */
	struct found found[SPECS];
	bool ready;			 /* the searches are done: it remains to sort the nodes out */
	struct nodespec_search *allowed; /* NULL: all are */
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

const char *
choosing_error(void)
{
	return names_error();
}

struct choosing *
choosing_new(const struct peer *who, const char *spec, const char *exclude, const char *only)
{
	struct choosing *c = xcalloc(1, sizeof(*c));

	*c = (struct choosing){.who = who, .text = {spec, exclude, only}};
	return c;
}

void
choosing_free(struct choosing *c)
{
	size_t i;

	if (!c)
		return;
	for (i = 0; i < SPECS; i++)
		found_free(&c->found[i]);
	lookup_free(c->lookup);
	nodespec_search_free(c->allowed);
	free(c->members);
	free(c->paths);
	free(c);
}

static void
begin(struct choosing *c)
{
	size_t i;

	c->count = self.map.count;
	c->members = xcalloc(c->count, sizeof(c->members[0]));
	c->paths = xcalloc(c->count, sizeof(c->paths[0]));
	for (i = 0; i < c->count; i++) {
		c->members[i] = self.map.at[i];
		c->paths[i] = &self.map.at[i]->path;
	}
	c->lookup = lookup_new(c->members, c->paths, c->count);
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

/* ---- names that no node has ---- */

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
sort_names(struct strings *names)
{
	if (names->count > 1)
		qsort(names->at, names->count, sizeof(names->at[0]), compare_names);
}

static bool
has_name(const struct strings *sorted, const char *name)
{
	return sorted->count && bsearch(&name, sorted->at, sorted->count, sizeof(sorted->at[0]), compare_names);
}

/* -x leaves the name out, and -only does not keep it: it is not missing. An open range might hold the node. */
static bool
is_left_out(const struct choosing *c, const char *name)
{
	const struct found *not = &c->found[EXCLUDED], *only = &c->found[KEPT];
	uint64_t steps = 0;
	size_t i;

	if (not ->spec && has_name(&not ->absent, name))
		return true;
	for (i = 0; not ->spec && i < nodespec_heads(not ->spec); i++) {
		const struct nodespec_head *h = nodespec_head(not ->spec, i);

		if (h->kind == HEAD_PATTERN && host_matches(h->value, name, &steps))
			return true;
	}
	return only->spec && !nodespec_is_open(only->spec) && !has_name(&only->absent, name);
}

/* "4-77,n[1-5]": the numbers, which it takes over, and the names. */
static char *
with_names(char *numbers, struct strings *names)
{
	char *folded, *both;

	if (names->count == 0)
		return numbers;
	folded = hostlist_fold((const char **)names->at, names->count);
	both = xasprintf("%s%s%s", numbers, *numbers ? "," : "", folded);
	free(folded);
	free(numbers);
	return both;
}

/* "slave3-9" is a name; "" when none looks as if a range were meant. */
static char *
advise(const struct strings *names)
{
	size_t i;

	for (i = 0; i < names->count; i++) {
		const char *name = names->at[i], *dash = strrchr(name, '-'), *from = dash;

		if (!dash || !dash[1] || dash[1 + strspn(dash + 1, "0123456789")])
			continue;
		while (from > name && strchr("0123456789", from[-1]))
			from--;
		if (from < dash)
			return xasprintf("no node is called %s; a range is %.*s[%s]", name, (int)(from - name), name, from);
	}
	return xstrdup("");
}

/* What is missing of the nodes that -x or -only name. */
static char *
missing_of(struct found *f)
{
	char *hint, *text;

	if (!f->spec)
		return xstrdup("");
	text = with_names(nodespec_missing(f->search, NULL, NULL, &hint), &f->absent);
	free(hint);
	return text;
}

static void
say_missing(struct choosing *c, struct left_out *left)
{
	struct found *f = &c->found[CHOSEN_ONES];
	struct strings names = {0};
	char *numbers, *path;
	size_t i;

	sort_names(&c->found[EXCLUDED].absent);
	sort_names(&c->found[KEPT].absent);
	for (i = 0; i < f->absent.count; i++)
		if (!is_left_out(c, f->absent.at[i]))
			strings_add(&names, f->absent.at[i]);
	numbers = nodespec_missing(f->search, c->found[EXCLUDED].search, c->found[KEPT].search, &path);
	left->missing = with_names(numbers, &names);
	left->hint = path ? path : xstrdup("");
	left->advice = advise(&names);
	strings_free(&names);
	left->open_missing = with_names(nodespec_missing_ways(f->search), &f->absent_ways);
	left->not_excluded = missing_of(&c->found[EXCLUDED]);
	left->not_kept = missing_of(&c->found[KEPT]);
}

/* ---- the answer ---- */

static bool
is_chosen(const struct choosing *c, size_t i)
{
	const struct nodespec_search *not = c->found[EXCLUDED].search, *only = c->found[KEPT].search;

	return nodespec_selected(c->found[CHOSEN_ONES].search, i) && !(not &&nodespec_selected(not, i)) &&
	       (!only || nodespec_selected(only, i));
}

static void
sort_out(struct choosing *c, struct choice *out)
{
	struct list down[2] = {{0}}, refused = {0}, named_refused = {0}; /* down: what is open, and what is named */
	const struct nodespec_search *chosen = c->found[CHOSEN_ONES].search;
	size_t i;

	*out = (struct choice){.paths = xcalloc(c->count, sizeof(out->paths[0])),
		.members = xcalloc(c->count, sizeof(out->members[0])),
		.shown = xcalloc(c->count, sizeof(out->shown[0]))};
	for (i = 0; i < c->count; i++) {
		struct member *m = c->members[i];

		if (!is_chosen(c, i))
			continue;
		out->shown[out->shown_count++] = m;
		if (c->allowed && !nodespec_selected(c->allowed, i)) {
			add(&refused, c->count, &m->path);
			if (nodespec_named(chosen, i))
				add(&named_refused, c->count, &m->path);
		} else if (m->state != NODE_UP) {
			add(&down[nodespec_named(chosen, i)], c->count, &m->path);
		} else {
			out->members[out->count] = m;
			out->paths[out->count++] = m->path;
		}
	}
	say_missing(c, &out->left);
	out->left.down = fold(&down[true]);
	out->left.refused = fold(&named_refused);
	out->left.open_down = fold(&down[false]);
	out->refused = fold(&refused);
}

/* Searches for one spec after the other. */
static enum choosing_state
search(struct choosing *c)
{
	enum lookup_state state;

	if (!c->begun) {
		c->begun = true;
		return lookup_begin(c->lookup, c->text[c->at]) ? CHOSEN_BADLY : CHOOSING;
	}
	state = lookup_go(c->lookup, &c->found[c->at]);
	if (state != LOOKED_UP)
		return state == LOOKED_UP_BADLY ? CHOSEN_BADLY : CHOOSING;
	do
		c->at++;
	while (c->at < SPECS && !*c->text[c->at]);
	c->begun = false;
	return CHOOSING;
}

enum choosing_state
choosing_go(struct choosing *c, struct choice *out)
{
	if (!c->lookup) {
		begin(c);
		return CHOOSING;
	}
	if (c->at < SPECS)
		return search(c);
	if (c->allowed && !nodespec_search_go(c->allowed, STEPS))
		return CHOOSING;
	if (!c->ready) {
		c->ready = true;
		return CHOOSING;
	}
	sort_out(c, out);
	return CHOSEN;
}
