/* A spec made into a matcher of node paths.
 * Must never know which nodes are up, or how they are reached. */
#include "nodespec.h"
#include "hosts.h"
#include "pathset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SHOWN 64	   /* bytes of a spec that an error quotes whole; of a longer one, the part around the column */
#define MAX_BOXES 5000u	   /* pieces of a list of missing nodes: no person reads more, and memory and time are bounded */
#define MAX_COMMON 200000u /* steps in which missing nodes are compared with those of -only: some milliseconds */
#define MAX_HINTED 20u	   /* missing pieces for which a node with the same last ids is sought: each search goes through all nodes */

/* A spec is a tree of states, one level of the node tree per step. Equal steps are shared. */
struct edge {
	struct range ids;
	uint32_t next_closed; /* the next edge of the state that names ids; count: none */
	uint32_t reach;	      /* the highest hi in the subtree of which this edge is the root, see matches_within */
	struct state *to;
};

struct state {
	bool selects; /* a path that ends here */
	bool below;   /* every path that goes on from here */
	struct edge *edge;
	size_t count, room;
	size_t first_closed; /* the first edge that names ids; count: none does */
};

/* Where a path begins that has a name or a group; the state is the one behind it, owned. */
struct head {
	struct nodespec_head face; /* texts owned */
	struct state *state;
};

struct nodespec {
	struct state root;
	struct head *head; /* by text, each once */
	size_t heads, head_room;
};

static char error_text[512];

const char *
nodespec_error(void)
{
	return error_text;
}

/* ---- reading a spec ---- */

struct parser {
	const char *text, *at;
};

static int
fail(const struct parser *p, const char *at, const char *why)
{
	size_t len = strlen(p->text), column = (size_t)(at - p->text), from = 0;

	if (len <= MAX_SHOWN) {
		set_error(error_text, sizeof(error_text), "node spec \"%s\": column %zu: %s", p->text, column + 1, why);
		return -1;
	}
	if (column > MAX_SHOWN / 2)
		from = column - MAX_SHOWN / 2;
	set_error(error_text, sizeof(error_text), "node spec, near \"%.*s\": column %zu: %s", MAX_SHOWN, p->text + from, column + 1, why);
	return -1;
}

static int
parse_id(struct parser *p, uint32_t *out)
{
	const char *start = p->at;
	uint64_t id = 0;

	for (; is_digit(*p->at); p->at++) {
		id = id * 10 + (uint64_t)(*p->at - '0');
		if (id > LARGEST_ID)
			return fail(p, start, "the id is too large, the largest is 4294967295");
	}
	*out = (uint32_t)id;
	return 0;
}

static int fail_with(const struct parser *p, const char *at, const char *fmt, ...) PRINTF(3, 4);
static int
fail_with(const struct parser *p, const char *at, const char *fmt, ...)
{
	va_list args;
	char *why;

	va_start(args, fmt);
	why = xvasprintf(fmt, args);
	va_end(args);
	(void)fail(p, at, why);
	free(why);
	return -1;
}

#define BETWEEN ",/:"			/* what ends a part of a spec */
#define SHOWN(at) (int)part_len(at), at /* for "%.*s" */

static size_t
part_len(const char *at)
{
	size_t len = strcspn(at, BETWEEN);

	return len < MAX_SHOWN ? len : MAX_SHOWN;
}

/* Says what stands where a node id, or, first in a path, a name belongs. */
static int
fail_no_id(const struct parser *p, bool first)
{
	if (!*p->at || strchr(BETWEEN, *p->at))
		return fail(p, p->at, "an empty part, a node id or \".\" belongs here");
	if (!first && (is_letter(*p->at) || *p->at == '@'))
		return fail_with(p, p->at, "a name or group only begins a path, it says itself where its nodes are: %.*s", SHOWN(p->at));
	if (*p->at == '*' && (!p->at[1] || strchr(BETWEEN, p->at[1])))
		return fail(p, p->at, "for every node say \"...\", for those of one level \".\"");
	if (*p->at == '*' || *p->at == '?')
		return fail_with(p, p->at, "a name begins with a letter; other host names are '@host=%.*s'", SHOWN(p->at));
	if (*p->at == '[')
		return fail(p, p->at, "brackets belong to a name, 'n[1-5]'; ids need none: 1-5");
	if (strchr("!&^", *p->at))
		return fail(p, p->at, "there are no operators: -x=NODES takes away, -only=NODES keeps what is in both");
	return fail(p, p->at, "a node id is a number, a name begins with a letter");
}

/* A word that begins with a digit is a number and nothing else. */
static int
fail_no_number(const struct parser *p, const char *from, bool first)
{
	if (has_prefix(p->at, "..."))
		return fail_with(p, p->at, "all below node %.*s is %.*s:...", (int)(p->at - from), from, (int)(p->at - from), from);
	if (!first)
		return fail(p, p->at, "this does not belong to a node id");
	return fail_with(p, p->at, "what begins with a digit is a node id; the host of that name is @host=%.*s", SHOWN(from));
}

/* `first` in a path: where a name may stand too. */
static int
parse_range(struct parser *p, struct range *out, bool first)
{
	const char *from = p->at, *end;

	if (*p->at == '.') {
		*out = (struct range){0, LARGEST_ID};
		p->at++;
		return *p->at == '-' ? fail(p, p->at - 1, "a range begins with a number") : 0;
	}
	if (!is_digit(*p->at))
		return fail_no_id(p, first);
	if (parse_id(p, &out->lo))
		return -1;
	out->hi = out->lo;
	if (*p->at != '-')
		return *p->at && !strchr(BETWEEN, *p->at) ? fail_no_number(p, from, first) : 0;
	end = ++p->at;
	if (*end == '.') {
		out->hi = LARGEST_ID;
		p->at++;
		return 0;
	}
	if (!is_digit(*end))
		return fail(p, end, "a range ends with a number or with \".\"");
	if (parse_id(p, &out->hi))
		return -1;
	if (*p->at && !strchr(BETWEEN, *p->at))
		return fail_no_number(p, from, first);
	return out->hi < out->lo ? fail(p, end, "the range ends before it begins") : 0;
}

/* ---- what a path may begin with: names and groups ---- */

static const struct {
	const char *word;
	enum head_kind kind;
	const char *like; /* an example, where it has a value */
} built_in[] = {
	{"down", HEAD_DOWN, NULL},
	{"arch", HEAD_ARCH, "x86_64"},
	{"version", HEAD_VERSION, GPROC_VERSION},
	{"host", HEAD_HOST, "n12"},
};

bool
nodespec_is_built_in(const char *word)
{
	size_t i;

	for (i = 0; i < COUNT(built_in); i++)
		if (strcmp(built_in[i].word, word) == 0)
			return true;
	return false;
}

static int
parse_word(struct parser *p, bool as_value, const char **out)
{
	size_t len = host_word(p->at, as_value);

	if (len == 0)
		return fail(p, p->at + hosts_error_at(), hosts_error());
	*out = xstrndup(p->at, len);
	p->at += len;
	return 0;
}

/* "n1" "n[01-12]" "n*" */
static int
parse_name(struct parser *p, struct nodespec_head *h)
{
	const char *from = p->at;
	size_t len;

	if (parse_word(p, false, &h->value))
		return -1;
	h->kind = host_is_pattern(h->value) ? HEAD_PATTERN : HEAD_NAME;
	len = strlen(h->value);
	if (len > 3 && strcmp(h->value + len - 3, "...") == 0)
		return fail_with(p, p->at - 3, "all below a node is %.*s:...", (int)(len - 3 < MAX_SHOWN ? len - 3 : MAX_SHOWN), from);
	return 0;
}

size_t
nodespec_group_word(const char *at)
{
	size_t len = 0;

	while (is_letter(at[len]) || is_digit(at[len]) || (at[len] && strchr("-_.", at[len])))
		len++;
	return len;
}

static int
parse_value(struct parser *p, struct nodespec_head *h, const char *word, size_t i)
{
	if (*p->at != '=')
		return fail_with(p, p->at, "@%s has a value: @%s=%s", word, word, built_in[i].like);
	p->at++;
	return parse_word(p, true, &h->value);
}

/* "@rack1" "@down" "@arch=x86_64" */
static int
parse_group(struct parser *p, struct nodespec_head *h)
{
	const char *from = p->at++;
	size_t len = nodespec_group_word(p->at), i;
	char *word = xstrndup(p->at, len);
	int bad = len ? 0 : fail(p, p->at, "behind @ stands a group's name; for every node say \"...\"");

	p->at += len;
	h->kind = HEAD_GROUP;
	for (i = 0; i < COUNT(built_in) && strcmp(word, built_in[i].word) != 0; i++)
		;
	if (i < COUNT(built_in))
		h->kind = built_in[i].kind;
	if (!bad && i < COUNT(built_in) && built_in[i].like)
		bad = parse_value(p, h, word, i);
	else if (!bad && *p->at == '=')
		bad = fail_with(p, from, "there is no @%s=; @arch=, @version= and @host= take a value", word);
	else if (!bad && *p->at == ':' && is_letter(p->at[1]))
		bad = fail_with(p, p->at + 1, "groups have no sources here, and names only begin a path: @%.*s", SHOWN(p->at + 1));
	if (h->value)
		free(word);
	else
		h->value = word;
	return bad;
}

static bool
head_begins(const char *at)
{
	return is_letter(*at) || *at == '@';
}

/* *out: the state behind it. */
static int
parse_head(struct parser *p, struct nodespec *spec, struct state **out)
{
	const char *from = p->at;
	struct head *h;
	int bad;

	spec->head = grow(spec->head, spec->heads, &spec->head_room, sizeof(spec->head[0]));
	h = &spec->head[spec->heads++];
	*h = (struct head){.state = xcalloc(1, sizeof(struct state))};
	bad = *from == '@' ? parse_group(p, &h->face) : parse_name(p, &h->face);
	h->face.text = xstrndup(from, (size_t)(p->at - from));
	*out = h->state;
	return bad;
}

/* There may be many states, most with one edge: room begins with one, not as grow() has it. */
static struct edge *
add_edge(struct state *from, struct edge edge)
{
	if (!from->edge || from->count == from->room) {
		from->room = from->room ? from->room * 2 : 1;
		from->edge = xrealloc(from->edge, from->room, sizeof(from->edge[0]));
	}
	from->edge[from->count] = edge;
	return &from->edge[from->count++];
}

static struct state *
step(struct state *from, struct range ids)
{
	struct edge *last = from->count ? &from->edge[from->count - 1] : NULL;

	if (!last || last->ids.lo != ids.lo || last->ids.hi != ids.hi)
		last = add_edge(from, (struct edge){.ids = ids, .to = xcalloc(1, sizeof(struct state))});
	return last->to;
}

static bool
goes_on(struct parser *p, struct state *state)
{
	state->selects |= *p->at != ':';
	if (*p->at != '/' && *p->at != ':')
		return false;
	p->at++;
	return true;
}

/* One path of the spec, up to the comma or the end. */
static int
parse_path(struct parser *p, struct nodespec *spec)
{
	struct state *state = &spec->root;
	struct range ids = {0, 0};
	unsigned depth = 0;

	if (head_begins(p->at)) {
		if (parse_head(p, spec, &state))
			return -1;
		if (!goes_on(p, state))
			return 0;
		depth = 1;
	}
	for (;; depth++) {
		if (depth == MAX_DEPTH)
			return fail(p, p->at, "more than 32 levels");
		if (has_prefix(p->at, "...")) {
			state->below = true;
			p->at += 3;
			if (*p->at == '/' || *p->at == ':')
				return fail(p, p->at, "\"...\" is everything below already");
			return 0;
		}
		if (parse_range(p, &ids, depth == 0))
			return -1;
		state = step(state, ids);
		if (!goes_on(p, state))
			return 0;
	}
}

static int
parse_paths(struct parser *p, struct nodespec *spec)
{
	for (;;) {
		if (parse_path(p, spec))
			return -1;
		if (!*p->at)
			return 0;
		if (*p->at != ',')
			return fail(p, p->at, "a \",\", \"/\" or \":\" belongs here");
		p->at++;
	}
}

static int
compare_edges(const void *a, const void *b)
{
	const struct range *x = &((const struct edge *)a)->ids, *y = &((const struct edge *)b)->ids;

	if (x->lo != y->lo)
		return x->lo < y->lo ? -1 : 1;
	return (x->hi > y->hi) - (x->hi < y->hi);
}

static void
free_edges(struct state *state)
{
	size_t i;

	for (i = 0; i < state->count; i++) {
		free_edges(state->edge[i].to);
		free(state->edge[i].to);
	}
	free(state->edge);
}

/* Two states that the same step leads to become one. */
static void
absorb(struct state *into, struct state *from)
{
	size_t i;

	into->selects |= from->selects;
	into->below |= from->below;
	for (i = 0; i < from->count; i++)
		(void)add_edge(into, from->edge[i]);
	free(from->edge);
	free(from);
}

/* Steps that end a path and touch become one, so that overlapping lists cost no more than others. */
static void
join_last_steps(struct state *state)
{
	struct range *last = NULL;
	size_t i, kept = 0;

	for (i = 0; i < state->count; i++) {
		struct edge edge = state->edge[i];
		bool ends = edge.to->selects && !edge.to->below && edge.to->count == 0 && edge.ids.hi != LARGEST_ID;

		if (ends && last && edge.ids.lo <= (uint64_t)last->hi + 1) {
			last->hi = edge.ids.hi > last->hi ? edge.ids.hi : last->hi;
			free(edge.to);
			continue;
		}
		state->edge[kept] = edge;
		if (ends)
			last = &state->edge[kept].ids;
		kept++;
	}
	state->count = kept;
}

static uint32_t
set_reach(struct state *state, size_t from, size_t to)
{
	size_t middle = from + (to - from) / 2;
	uint32_t left, right, reach;

	if (from == to)
		return 0;
	left = set_reach(state, from, middle);
	right = set_reach(state, middle + 1, to);
	reach = left > right ? left : right;
	if (state->edge[middle].ids.hi > reach)
		reach = state->edge[middle].ids.hi;
	return state->edge[middle].reach = reach;
}

static void
link_closed(struct state *state)
{
	size_t i;

	state->first_closed = state->count;
	for (i = state->count; i-- > 0;) {
		state->edge[i].next_closed = (uint32_t)state->first_closed;
		if (!range_is_open(&state->edge[i].ids))
			state->first_closed = i;
	}
}

/* Sorts the steps and joins equal ones. */
static void
normalize(struct state *state)
{
	size_t i, kept = 0;

	if (state->count > 1)
		qsort(state->edge, state->count, sizeof(state->edge[0]), compare_edges);
	for (i = 0; i < state->count; i++)
		if (kept > 0 && compare_edges(&state->edge[kept - 1], &state->edge[i]) == 0)
			absorb(state->edge[kept - 1].to, state->edge[i].to);
		else
			state->edge[kept++] = state->edge[i];
	state->count = kept;
	for (i = 0; i < kept; i++)
		normalize(state->edge[i].to);
	join_last_steps(state);
	link_closed(state);
	(void)set_reach(state, 0, state->count);
}

static int
compare_heads(const void *a, const void *b)
{
	return strcmp(((const struct head *)a)->face.text, ((const struct head *)b)->face.text);
}

static void
drop_texts(struct nodespec_head *h)
{
	free((char *)(uintptr_t)h->text);
	free((char *)(uintptr_t)h->value);
}

/* The state selects something by closed steps alone. */
static bool
names_nodes(const struct state *state)
{
	size_t i;

	for (i = state->first_closed; i < state->count; i = state->edge[i].next_closed)
		if (names_nodes(state->edge[i].to))
			return true;
	return state->selects;
}

/* Equal heads become one. */
static void
normalize_heads(struct nodespec *spec)
{
	size_t i, kept = 0;

	if (spec->heads > 1)
		qsort(spec->head, spec->heads, sizeof(spec->head[0]), compare_heads);
	for (i = 0; i < spec->heads; i++)
		if (kept > 0 && compare_heads(&spec->head[kept - 1], &spec->head[i]) == 0) {
			absorb(spec->head[kept - 1].state, spec->head[i].state);
			drop_texts(&spec->head[i].face);
		} else {
			spec->head[kept++] = spec->head[i];
		}
	spec->heads = kept;
	for (i = 0; i < kept; i++) {
		normalize(spec->head[i].state);
		spec->head[i].face.named = names_nodes(spec->head[i].state);
	}
}

struct nodespec *
nodespec_parse(const char *text)
{
	struct nodespec *spec = xcalloc(1, sizeof(*spec));
	struct parser p = {text, text};

	if (strlen(text) > NODESPEC_MAX) {
		set_error(
			error_text, sizeof(error_text), "a node spec of %zu bytes is too long: %d are allowed", strlen(text), NODESPEC_MAX);
		free(spec);
		return NULL;
	}
	if (parse_paths(&p, spec)) {
		nodespec_free(spec);
		return NULL;
	}
	normalize(&spec->root);
	normalize_heads(spec);
	return spec;
}

struct nodespec *
nodespec_parse_numbers(const char *text)
{
	struct nodespec *spec = nodespec_parse(text);

	if (!spec || spec->heads == 0)
		return spec;
	set_error(error_text, sizeof(error_text),
		"node spec, near \"%.*s\": only numbers are taken here: a host name is what a node claims", MAX_SHOWN,
		spec->head[0].face.text);
	nodespec_free(spec);
	return NULL;
}

void
nodespec_free(struct nodespec *spec)
{
	size_t i;

	if (!spec)
		return;
	free_edges(&spec->root);
	for (i = 0; i < spec->heads; i++) {
		free_edges(spec->head[i].state);
		free(spec->head[i].state);
		drop_texts(&spec->head[i].face);
	}
	free(spec->head);
	free(spec);
}

size_t
nodespec_heads(const struct nodespec *spec)
{
	return spec->heads;
}

const struct nodespec_head *
nodespec_head(const struct nodespec *spec, size_t i)
{
	return &spec->head[i].face;
}

static bool
is_open_from(const struct state *state)
{
	size_t i;

	for (i = 0; i < state->count; i++)
		if (range_is_open(&state->edge[i].ids) || is_open_from(state->edge[i].to))
			return true;
	return state->below;
}

bool
nodespec_is_open(const struct nodespec *spec)
{
	bool open = is_open_from(&spec->root);
	size_t i;

	for (i = 0; i < spec->heads; i++) {
		enum head_kind kind = spec->head[i].face.kind;

		open |= (kind != HEAD_NAME && kind != HEAD_GROUP && kind != HEAD_DOWN) || is_open_from(spec->head[i].state);
	}
	return open;
}

/* ---- matching ---- */

static bool matches_within(const struct state *, size_t from, size_t to, const struct path *, uint32_t level);

static bool
matches_from(const struct state *state, const struct path *path, uint32_t level)
{
	if (level == path->depth)
		return state->selects;
	return state->below || matches_within(state, 0, state->count, path, level);
}

/* The sorted edges are an interval tree without pointers: the middle one is the root, each half is a subtree. */
static bool
matches_within(const struct state *state, size_t from, size_t to, const struct path *path, uint32_t level)
{
	uint32_t id = path->id[level];

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		const struct edge *edge = &state->edge[middle];

		if (edge->reach < id)
			return false;
		if (matches_within(state, from, middle, path, level))
			return true;
		if (edge->ids.lo > id)
			return false;
		if (edge->ids.hi >= id && matches_from(edge->to, path, level + 1))
			return true;
		from = middle + 1;
	}
	return false;
}

bool
nodespec_matches(const struct nodespec *spec, const struct path *path)
{
	return matches_from(&spec->root, path, 0);
}

/* ---- a spec against all known nodes at once ---- */

/* What several states lead to: their steps, equal ones together. It is held by each task that goes on from it. */
struct group {
	struct range ids;
	size_t from, to; /* in the front's targets */
};

struct front {
	size_t holders;
	struct group *group;
	const struct state **target;
	size_t groups;
	bool below;	  /* a state takes everything from here down */
	bool closed;	  /* a step names ids */
	struct range ids; /* from the least to the greatest id of all steps */
};

/* Known nodes below one node: known[from] to known[to - 1]. */
struct slice {
	size_t from, to;
};

/* Nodes of one level that are looked at together, and the steps that lead on from there: which of their children are selected, or, of one
 * node alone, which children are missing. */
struct task {
	struct front *front;
	struct slice *slice;
	size_t slices;
	uint32_t level;
	bool names;	       /* every step so far names ids */
	const struct path *at; /* the node whose children may be missing; NULL: that is not asked here */
	struct task *next;
};

struct child {
	uint32_t id;
	size_t at; /* the node itself in known; below.from when only nodes below it are known */
	struct slice below;
};

/* Work of one task, kept as room for the next. */
struct spread {
	struct child *child;
	size_t children, child_room;
	/* A segment tree without pointers over the children, leaf i at children + i: for each of its nodes a list of groups, by number + 1.
	 */
	uint32_t *first, *next, *group;
	size_t first_room, items, item_room, group_room;
	uint32_t *run, *strange; /* the end of the run of ids without a gap; the next child that is not known itself */
	size_t run_room, strange_room;
};

struct nodespec_search {
	const struct nodespec *spec; /* the first of them: its heads may be told */
	const struct path *const *known;
	size_t count, spent;
	bool misses; /* what is missing is asked for */
	uint8_t *mark;
	struct task *tasks;	     /* a stack */
	struct boxes missing, ways;  /* that are selected themselves; that only lead to what is open */
	struct range box[MAX_DEPTH]; /* the way to what is missing */
	struct spread spread;
};
enum { SELECTED = 1, NAMED = 2 };

static int
compare_steps(const void *a, const void *b)
{
	return compare_edges(a, b);
}

/* NULL when the states lead nowhere. */
static struct front *
front_new(const struct state *const *states, size_t count)
{
	struct front *f = xcalloc(1, sizeof(*f));
	size_t total = 0, i, k;
	struct edge *all;

	for (i = 0; i < count; i++) {
		total += states[i]->count;
		f->below |= states[i]->below;
	}
	all = xcalloc(total, sizeof(*all));
	for (i = total = 0; i < count; i++)
		for (k = 0; k < states[i]->count; k++)
			all[total++] = states[i]->edge[k];
	if (count > 1)
		qsort(all, total, sizeof(*all), compare_steps);
	f->holders = 1;
	f->group = xcalloc(total, sizeof(f->group[0]));
	f->target = xcalloc(total, sizeof(f->target[0]));
	f->ids = (struct range){LARGEST_ID, 0};
	for (i = 0; i < total; i++) {
		if (i == 0 || compare_edges(&all[i - 1], &all[i]) != 0)
			f->group[f->groups++] = (struct group){all[i].ids, i, i};
		f->group[f->groups - 1].to = i + 1;
		f->target[i] = all[i].to;
		f->closed |= !range_is_open(&all[i].ids);
		f->ids.lo = all[i].ids.lo < f->ids.lo ? all[i].ids.lo : f->ids.lo;
		f->ids.hi = all[i].ids.hi > f->ids.hi ? all[i].ids.hi : f->ids.hi;
	}
	free(all);
	return f;
}

static void
front_drop(struct front *f)
{
	if (--f->holders > 0)
		return;
	free(f->group);
	free(f->target);
	free(f);
}

/* Takes the slices over; a front is held once more. */
static void
add_task(struct nodespec_search *s, struct task task)
{
	struct task *t = xmemdup(&task, sizeof(task));

	t->front->holders++;
	t->next = s->tasks;
	s->tasks = t;
}

/* The first of the slice whose id at the level is at least id. */
static size_t
first_from(const struct nodespec_search *s, struct slice slice, uint32_t level, uint64_t id)
{
	while (slice.from < slice.to) {
		size_t middle = slice.from + (slice.to - slice.from) / 2;

		if (s->known[middle]->id[level] < id)
			slice.from = middle + 1;
		else
			slice.to = middle;
	}
	return slice.from;
}

static int
compare_children(const void *a, const void *b)
{
	const struct child *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/* Those with an id that a step may take, by id. */
static void
find_children(struct nodespec_search *s, const struct task *t)
{
	struct spread *d = &s->spread;
	size_t k, i, next;

	d->children = 0;
	for (k = 0; k < t->slices; k++)
		for (i = first_from(s, t->slice[k], t->level, t->front->ids.lo);
			i < t->slice[k].to && s->known[i]->id[t->level] <= t->front->ids.hi; i = next) {
			uint32_t id = s->known[i]->id[t->level];
			bool known = s->known[i]->depth == t->level + 1;

			next = i + 1 < t->slice[k].to && s->known[i + 1]->id[t->level] != id
				       ? i + 1
				       : first_from(s, (struct slice){i, t->slice[k].to}, t->level, (uint64_t)id + 1);
			d->child = grow(d->child, d->children, &d->child_room, sizeof(d->child[0]));
			d->child[d->children++] = (struct child){id, i, {i + known, next}};
		}
	if (t->slices > 1 && d->children > 1)
		qsort(d->child, d->children, sizeof(d->child[0]), compare_children);
	s->spent += d->children;
}

static bool
is_known(const struct child *c)
{
	return c->below.from > c->at;
}

static size_t
child_from(const struct spread *d, uint64_t id)
{
	size_t low = 0, high = d->children;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (d->child[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void *
room_for(void *array, size_t *room, size_t count, size_t size)
{
	if (count > *room) {
		*room = count;
		array = xrealloc(array, count, size);
	}
	return array;
}

static void
add_item(struct spread *d, size_t node, size_t group)
{
	size_t room = d->item_room;

	d->next = grow(d->next, d->items, &d->item_room, sizeof(d->next[0]));
	if (d->item_room != room)
		d->group = xrealloc(d->group, d->item_room, sizeof(d->group[0]));
	d->next[d->items] = d->first[node];
	d->group[d->items] = (uint32_t)group;
	d->first[node] = (uint32_t)++d->items;
}

/* Gives each group to the few nodes of the tree that stand for the children which it takes. */
static void
spread_groups(struct nodespec_search *s, const struct task *t)
{
	struct spread *d = &s->spread;
	size_t i, low, high;

	d->first = room_for(d->first, &d->first_room, 2 * d->children, sizeof(d->first[0]));
	memset(d->first, 0, 2 * d->children * sizeof(d->first[0]));
	d->items = 0;
	for (i = 0; i < t->front->groups; i++) {
		const struct range *ids = &t->front->group[i].ids;

		low = child_from(d, ids->lo) + d->children;
		high = child_from(d, (uint64_t)ids->hi + 1) + d->children;
		for (; low < high; low /= 2, high /= 2) {
			if (low % 2)
				add_item(d, low++, i);
			if (high % 2)
				add_item(d, --high, i);
		}
	}
	s->spent += t->front->groups + d->items;
}

/* The states to which the groups at a node of the tree lead, of the open steps or of the others. Returns how many; *out is the caller's. */
static size_t
states_at(const struct spread *d, const struct front *f, size_t node, bool open, const struct state ***out)
{
	size_t count = 0, k;
	uint32_t item;

	for (item = d->first[node]; item; item = d->next[item - 1])
		count += f->group[d->group[item - 1]].to - f->group[d->group[item - 1]].from;
	*out = xcalloc(count, sizeof(**out));
	count = 0;
	for (item = d->first[node]; item; item = d->next[item - 1]) {
		const struct group *g = &f->group[d->group[item - 1]];

		for (k = g->from; k < g->to && range_is_open(&g->ids) == open; k++)
			(*out)[count++] = f->target[k];
	}
	return count;
}

/* The children of one node of the tree, all of which these states are for. */
static void
take_children(
	struct nodespec_search *s, const struct task *t, size_t low, size_t high, const struct state **states, size_t count, bool open)
{
	const struct child *child = s->spread.child;
	struct task on = {.level = t->level + 1, .names = t->names && !open};
	uint8_t mark = 0;
	size_t i;

	for (i = 0; i < count; i++)
		mark |= states[i]->selects ? (on.names ? SELECTED | NAMED : SELECTED) : 0;
	on.slice = xcalloc(high - low, sizeof(on.slice[0]));
	for (i = low; i < high; i++) {
		if (is_known(&child[i]))
			s->mark[child[i].at] |= mark;
		if (child[i].below.from < child[i].below.to)
			on.slice[on.slices++] = child[i].below;
	}
	s->spent += high - low;
	on.front = front_new(states, count);
	if (on.slices && (on.front->groups || on.front->below))
		add_task(s, on);
	else
		free(on.slice);
	front_drop(on.front);
}

/* What is missing below each of these children is looked for apart. */
static void
miss_below(struct nodespec_search *s, const struct task *t, size_t low, size_t high, const struct state **states, size_t count)
{
	struct front *front = front_new(states, count);
	size_t i;

	for (i = low; i < high && front->closed; i++) {
		const struct child *c = &s->spread.child[i];

		add_task(s, (struct task){.front = front,
				    .slice = xmemdup(&c->below, sizeof(c->below)),
				    .slices = 1,
				    .level = t->level + 1,
				    .at = s->known[c->at]});
	}
	s->spent += high - low;
	front_drop(front);
}

static void
go_on_below(struct nodespec_search *s, const struct task *t)
{
	const struct state **states;
	size_t node, low, high, count;

	for (node = 1; node < 2 * s->spread.children; node++) {
		if (!s->spread.first[node])
			continue;
		for (low = high = node; low < s->spread.children; low *= 2, high = high * 2 + 1)
			;
		low -= s->spread.children;
		high -= s->spread.children - 1;
		count = states_at(&s->spread, t->front, node, false, &states);
		if (count && t->at)
			miss_below(s, t, low, high, states, count);
		else if (count)
			take_children(s, t, low, high, states, count, false);
		free(states);
		count = t->at ? 0 : states_at(&s->spread, t->front, node, true, &states);
		if (count)
			take_children(s, t, low, high, states, count, true);
		if (!t->at)
			free(states);
	}
}

/* ---- nodes that are missing ---- */

static bool
is_full(const struct nodespec_search *s)
{
	return s->missing.total + s->ways.total >= MAX_BOXES;
}

/* The way here leads to no known node: everything that the spec names from here on is missing; if that is nothing, the way itself. */
static void
nobody_here(struct nodespec_search *s, const struct state *state, uint32_t level)
{
	bool named = state->selects;
	size_t i;

	for (i = state->first_closed; i < state->count && !is_full(s); i = state->edge[i].next_closed) {
		s->box[level] = state->edge[i].ids;
		nobody_here(s, state->edge[i].to, level + 1);
		named = true;
	}
	if ((state->selects || !named) && !is_full(s))
		boxes_add(state->selects ? &s->missing : &s->ways, s->box, level);
}

static void
gap(struct nodespec_search *s, const struct task *t, const struct group *g, uint64_t from, uint64_t to)
{
	size_t i;

	for (i = g->from; i < g->to && !is_full(s); i++) {
		s->box[t->level] = (struct range){(uint32_t)from, (uint32_t)to};
		nobody_here(s, t->front->target[i], t->level + 1);
	}
}

/* Runs of ids without a gap among the children, and those that are not known themselves: so no step walks from child to child. */
static void
find_runs(struct spread *d)
{
	size_t i;

	d->run = room_for(d->run, &d->run_room, d->children + 1, sizeof(d->run[0]));
	d->strange = room_for(d->strange, &d->strange_room, d->children + 1, sizeof(d->strange[0]));
	d->strange[d->children] = (uint32_t)d->children;
	for (i = d->children; i-- > 0;) {
		d->run[i] = i + 1 < d->children && d->child[i + 1].id == d->child[i].id + 1 ? d->run[i + 1] : (uint32_t)i;
		d->strange[i] = is_known(&d->child[i]) ? d->strange[i + 1] : (uint32_t)i;
	}
}

static void
find_gaps(struct nodespec_search *s, const struct task *t, const struct group *g)
{
	const struct spread *d = &s->spread;
	size_t first = child_from(d, g->ids.lo), i = first, k;
	uint64_t next = g->ids.lo;
	bool selects = false;

	while (next <= g->ids.hi && !is_full(s)) {
		if (i < d->children && d->child[i].id == next) {
			next = (uint64_t)d->child[d->run[i]].id + 1;
			i = d->run[i] + 1;
		} else {
			uint64_t end = i < d->children && d->child[i].id <= g->ids.hi ? d->child[i].id - 1 : g->ids.hi;

			gap(s, t, g, next, end);
			next = end + 1;
		}
	}
	for (k = g->from; k < g->to && !selects; k++)
		selects = t->front->target[k]->selects;
	for (i = first < d->children ? d->strange[first] : d->children;
		selects && i < d->children && d->child[i].id <= g->ids.hi && !is_full(s); i = d->strange[i + 1]) {
		s->box[t->level] = (struct range){d->child[i].id, d->child[i].id};
		boxes_add(&s->missing, s->box, t->level + 1);
	}
}

static void
find_missing(struct nodespec_search *s, const struct task *t)
{
	size_t before = s->missing.total + s->ways.total, i;
	uint32_t level;

	for (level = 0; level < t->level; level++)
		s->box[level] = (struct range){t->at->id[level], t->at->id[level]};
	find_runs(&s->spread);
	for (i = 0; i < t->front->groups; i++)
		if (!range_is_open(&t->front->group[i].ids))
			find_gaps(s, t, &t->front->group[i]);
	s->spent += t->front->groups + (s->missing.total + s->ways.total - before);
}

/* ---- the search ---- */

static void
task_free(struct task *t)
{
	front_drop(t->front);
	free(t->slice);
	free(t);
}

static void
do_task(struct nodespec_search *s)
{
	struct task *t = s->tasks;
	size_t i, k;

	s->tasks = t->next;
	for (k = 0; k < t->slices && t->front->below && !t->at; k++)
		for (i = t->slice[k].from; i < t->slice[k].to; i++, s->spent++)
			s->mark[i] |= SELECTED;
	find_children(s, t);
	if (t->at)
		find_missing(s, t);
	if (s->spread.children && (!t->at || !is_full(s))) {
		spread_groups(s, t);
		go_on_below(s, t);
	}
	s->spent++;
	task_free(t);
}

struct nodespec_search *
nodespec_search_new(const struct nodespec *const *specs, size_t spec_count, const struct path *const *known, size_t count, bool missing)
{
	static const struct path master;
	struct nodespec_search *s = xcalloc(1, sizeof(*s));
	const struct state **states = xcalloc(spec_count, sizeof(*states));
	struct task root = {.slices = 1, .names = true};
	struct slice all = {count > 0 && known[0]->depth == 0, count};
	size_t i;

	for (i = 0; i < spec_count; i++)
		states[i] = &specs[i]->root;
	s->spec = spec_count ? specs[0] : NULL;
	s->known = known;
	s->count = count;
	s->misses = missing;
	s->mark = xcalloc(count, 1);
	root.front = front_new(states, spec_count);
	root.slice = xmemdup(&all, sizeof(all));
	add_task(s, root);
	if (missing) {
		root.slice = xmemdup(&all, sizeof(all));
		root.at = &master;
		add_task(s, root);
	}
	front_drop(root.front);
	free(states);
	return s;
}

/* The known nodes below known node i. */
static struct slice
slice_below(const struct nodespec_search *s, size_t i)
{
	size_t low = i + 1, high = s->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (path_under(s->known[middle], s->known[i]))
			low = middle + 1;
		else
			high = middle;
	}
	return (struct slice){i + 1, low};
}

/* Below those of the nodes that are at one level the search goes on together. */
static void
go_on_from(struct nodespec_search *s, struct front *front, const uint32_t *at, size_t count, uint32_t level, bool named)
{
	struct task on = {.front = front, .level = level, .names = named, .slice = xcalloc(count, sizeof(on.slice[0]))};
	size_t i;

	for (i = 0; i < count; i++) {
		struct slice below;

		if (s->known[at[i]]->depth != level)
			continue;
		below = slice_below(s, at[i]);
		if (named && s->misses && front->closed)
			add_task(s, (struct task){.front = front,
					    .slice = xmemdup(&below, sizeof(below)),
					    .slices = 1,
					    .level = level,
					    .at = s->known[at[i]]});
		if (below.from < below.to)
			on.slice[on.slices++] = below;
	}
	if (on.slices)
		add_task(s, on);
	else
		free(on.slice);
}

void
nodespec_search_head(struct nodespec_search *s, size_t i, const uint32_t *known, size_t count, bool named)
{
	const struct state *state = s->spec->head[i].state;
	struct front *front = front_new(&state, 1);
	uint64_t levels = 0;
	uint32_t level;
	size_t k;

	for (k = 0; k < count; k++) {
		levels |= (uint64_t)1 << s->known[known[k]]->depth;
		if (state->selects)
			s->mark[known[k]] |= named ? SELECTED | NAMED : SELECTED;
	}
	for (level = 1; level <= MAX_DEPTH && (front->groups || front->below); level++)
		if (levels >> level & 1)
			go_on_from(s, front, known, count, level, named);
	front_drop(front);
}

static void
add_boxes(struct boxes *to, const struct boxes *from)
{
	uint32_t depth;
	size_t i;

	for (depth = 1; depth <= MAX_DEPTH; depth++)
		for (i = 0; i < from->count[depth] && to->total < MAX_BOXES; i++)
			boxes_add(to, from->at[depth] + i * depth, depth);
}

void
nodespec_search_miss(struct nodespec_search *s, size_t i, const struct nodespec_search *group)
{
	add_boxes(s->spec->head[i].face.named ? &s->missing : &s->ways, &group->missing);
	add_boxes(&s->ways, &group->ways);
}

bool
nodespec_search_go(struct nodespec_search *s, size_t steps)
{
	for (s->spent = 0; s->tasks && s->spent < steps;)
		do_task(s);
	return !s->tasks;
}

bool
nodespec_selected(const struct nodespec_search *s, size_t i)
{
	return s->mark[i] & SELECTED;
}

bool
nodespec_named(const struct nodespec_search *s, size_t i)
{
	return s->mark[i] & NAMED;
}

void
nodespec_search_free(struct nodespec_search *s)
{
	struct spread *d;

	if (!s)
		return;
	d = &s->spread;
	while (s->tasks) {
		struct task *t = s->tasks;

		s->tasks = t->next;
		task_free(t);
	}
	boxes_free(&s->missing);
	boxes_free(&s->ways);
	free(d->child);
	free(d->first);
	free(d->next);
	free(d->group);
	free(d->run);
	free(d->strange);
	free(s->mark);
	free(s);
}

/* A known node of greater depth whose last ids lie in the box. */
static const struct path *
find_deeper(const struct path *const *known, size_t count, const struct range *box, uint32_t depth)
{
	uint32_t level, skip;
	size_t i;

	for (i = 0; i < count; i++) {
		if (known[i]->depth <= depth)
			continue;
		skip = known[i]->depth - depth;
		for (level = 0; level < depth; level++)
			if (known[i]->id[skip + level] < box[level].lo || known[i]->id[skip + level] > box[level].hi)
				break;
		if (level == depth)
			return known[i];
	}
	return NULL;
}

static char *
find_hint(const struct boxes *missing, const struct path *const *known, size_t count)
{
	const struct path *found = NULL;
	size_t sought = 0, i;
	char text[PATH_TEXT];
	uint32_t depth;

	for (depth = 1; depth <= MAX_DEPTH; depth++)
		for (i = 0; i < missing->count[depth] && !found && sought++ < MAX_HINTED; i++)
			found = find_deeper(known, count, missing->at[depth] + i * depth, depth);
	return found ? xstrdup(path_text(found, text)) : NULL;
}

static uint64_t
box_size(const struct range *box, uint32_t depth)
{
	uint64_t size = 1;
	uint32_t level;

	for (level = 0; level < depth && size <= MAX_BOXES; level++)
		size *= (uint64_t)box[level].hi - box[level].lo + 1;
	return size;
}

static bool
is_within(const struct boxes *boxes, const struct path *p)
{
	const struct range *box = boxes->at[p->depth];
	uint32_t level;
	size_t i;

	for (i = 0; i < boxes->count[p->depth]; i++, box += p->depth) {
		for (level = 0; level < p->depth && p->id[level] >= box[level].lo && p->id[level] <= box[level].hi; level++)
			;
		if (level == p->depth)
			return true;
	}
	return false;
}

/* Adds those of the box's nodes that the search is not for: by its numbers, or as it misses them itself, in a group of its own. */
static void
add_unmatched(struct boxes *to, const struct range *box, uint32_t depth, const struct nodespec_search *except)
{
	struct path p = {.depth = depth};
	struct range one[MAX_DEPTH];
	uint32_t level;

	for (level = 0; level < depth; level++)
		p.id[level] = box[level].lo;
	do {
		for (level = 0; level < depth; level++)
			one[level] = (struct range){p.id[level], p.id[level]};
		if (!nodespec_matches(except->spec, &p) && !is_within(&except->missing, &p))
			boxes_add(to, one, depth);
		for (level = depth; level > 0 && p.id[level - 1] == box[level - 1].hi; level--)
			p.id[level - 1] = box[level - 1].lo;
		if (level > 0)
			p.id[level - 1]++;
	} while (level > 0);
}

static void
leave_out(struct boxes *boxes, const struct nodespec_search *except)
{
	struct boxes left = {0};
	uint64_t size = 0;
	uint32_t depth;
	size_t i;

	for (depth = 1; depth <= MAX_DEPTH; depth++)
		for (i = 0; i < boxes->count[depth] && size <= MAX_BOXES; i++)
			size += box_size(boxes->at[depth] + i * depth, depth);
	if (size > MAX_BOXES)
		return;
	for (depth = 1; depth <= MAX_DEPTH; depth++)
		for (i = 0; i < boxes->count[depth]; i++)
			add_unmatched(&left, boxes->at[depth] + i * depth, depth, except);
	boxes_free(boxes);
	*boxes = left;
}

/* What a state selects of the box, whose levels before `level` are as they should be, is added to the list. */
static void
add_common(struct boxes *to, const struct range *box, uint32_t depth, uint32_t level, const struct state *state, size_t *steps)
{
	struct range part[MAX_DEPTH];
	size_t i;

	if (level == depth ? state->selects : state->below) {
		boxes_add(to, box, depth);
		return;
	}
	for (i = 0; level < depth && i < state->count && to->total<MAX_BOXES && * steps> 0; i++, --*steps) {
		const struct range *ids = &state->edge[i].ids;

		if (ids->lo > box[level].hi)
			return;
		if (ids->hi < box[level].lo)
			continue;
		memcpy(part, box, depth * sizeof(*box));
		part[level].lo = ids->lo > box[level].lo ? ids->lo : box[level].lo;
		part[level].hi = ids->hi < box[level].hi ? ids->hi : box[level].hi;
		add_common(to, part, depth, level + 1, state->edge[i].to, steps);
	}
}

/* What the box has in common with those in a list. */
static void
add_overlaps(struct boxes *to, const struct range *box, uint32_t depth, const struct boxes *list, size_t *steps)
{
	struct range part[MAX_DEPTH];
	const struct range *other = list->at[depth];
	uint32_t level;
	size_t i;

	for (i = 0; i < list->count[depth] && to->total<MAX_BOXES && * steps> 0; i++, other += depth, --*steps) {
		for (level = 0; level < depth; level++) {
			part[level].lo = box[level].lo > other[level].lo ? box[level].lo : other[level].lo;
			part[level].hi = box[level].hi < other[level].hi ? box[level].hi : other[level].hi;
			if (part[level].lo > part[level].hi)
				break;
		}
		if (level == depth)
			boxes_add(to, part, depth);
	}
}

static void
keep_common(struct boxes *boxes, const struct nodespec_search *only)
{
	struct boxes left = {0};
	size_t steps = MAX_COMMON, i;
	uint32_t depth;

	for (depth = 1; depth <= MAX_DEPTH; depth++)
		for (i = 0; i < boxes->count[depth]; i++) {
			const struct range *box = boxes->at[depth] + i * depth;

			add_common(&left, box, depth, 0, &only->spec->root, &steps);
			if (only->spec->heads)
				add_overlaps(&left, box, depth, &only->missing, &steps);
		}
	boxes_free(boxes);
	*boxes = left;
}

char *
nodespec_missing(struct nodespec_search *s, const struct nodespec_search *except, const struct nodespec_search *only, char **hint)
{
	if (only)
		keep_common(&s->missing, only);
	if (except)
		leave_out(&s->missing, except);
	*hint = find_hint(s->missing.total ? &s->missing : &s->ways, s->known, s->count);
	return boxes_fold(&s->missing);
}

char *
nodespec_missing_ways(struct nodespec_search *s)
{
	return boxes_fold(&s->ways);
}
