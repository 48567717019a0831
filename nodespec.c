/* A spec made into a matcher of node paths; a set of paths made into a spec.
 * Must never know which nodes are up, or how they are reached. */
#include "nodespec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST UINT32_MAX
#define MAX_SHOWN 64	  /* bytes of a spec that an error quotes whole; of a longer one, the part around the column */
#define MAX_BOXES 100000u /* pieces of a list of missing nodes: no person reads more, and memory is bounded */
#define MAX_HINTED 100u	  /* missing pieces for which a node with the same last ids is sought: each search goes through all nodes */

/* A spec is a tree of states, one level of the node tree per step. Equal steps are shared. */
struct range {
	uint32_t lo, hi;
};

struct edge {
	struct range ids;
	uint32_t reach; /* the highest hi in the subtree of which this edge is the root, see matches_within */
	struct state *to;
};

struct state {
	bool selects; /* a path that ends here */
	bool below;   /* every path that goes on from here */
	struct edge *edge;
	size_t count, room;
};

struct nodespec {
	struct state root;
};

static char error_text[512];

const char *
nodespec_error(void)
{
	return error_text;
}

/* "." or "5-.", which name no node by its number. */
static bool
is_open(const struct range *ids)
{
	return ids->lo < ids->hi && ids->hi == LARGEST;
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

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
parse_id(struct parser *p, uint32_t *out)
{
	const char *start = p->at;
	uint64_t id = 0;

	for (; is_digit(*p->at); p->at++) {
		id = id * 10 + (uint64_t)(*p->at - '0');
		if (id > LARGEST)
			return fail(p, start, "the id is too large, the largest is 4294967295");
	}
	*out = (uint32_t)id;
	return 0;
}

/* Says what stands where a node id belongs. */
static int
fail_no_id(const struct parser *p)
{
	static const char empty[] = ",/:";

	if (!*p->at || strchr(empty, *p->at))
		return fail(p, p->at, "an empty part, a node id or \".\" belongs here");
	return fail(p, p->at, "a node id is a number");
}

static int
parse_range(struct parser *p, struct range *out)
{
	const char *end;

	if (*p->at == '.') {
		*out = (struct range){0, LARGEST};
		p->at++;
		return *p->at == '-' ? fail(p, p->at - 1, "a range begins with a number") : 0;
	}
	if (!is_digit(*p->at))
		return fail_no_id(p);
	if (parse_id(p, &out->lo))
		return -1;
	out->hi = out->lo;
	if (*p->at != '-')
		return 0;
	end = ++p->at;
	if (*end == '.') {
		out->hi = LARGEST;
		p->at++;
		return 0;
	}
	if (!is_digit(*end))
		return fail(p, end, "a range ends with a number or with \".\"");
	if (parse_id(p, &out->hi))
		return -1;
	return out->hi < out->lo ? fail(p, end, "the range ends before it begins") : 0;
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

/* One path of the spec, up to the comma or the end. */
static int
parse_path(struct parser *p, struct state *state)
{
	struct range ids = {0, 0};
	unsigned depth;

	for (depth = 0;; depth++) {
		if (depth == MAX_DEPTH)
			return fail(p, p->at, "more than 32 levels");
		if (has_prefix(p->at, "...")) {
			state->below = true;
			p->at += 3;
			if (*p->at == '/' || *p->at == ':')
				return fail(p, p->at, "\"...\" is everything below already");
			return 0;
		}
		if (parse_range(p, &ids))
			return -1;
		state = step(state, ids);
		state->selects |= *p->at != ':';
		if (*p->at != '/' && *p->at != ':')
			return 0;
		p->at++;
	}
}

static int
parse_paths(struct parser *p, struct state *root)
{
	for (;;) {
		if (parse_path(p, root))
			return -1;
		if (!*p->at)
			return 0;
		if (*p->at != ',')
			return fail(p, p->at,
				is_digit(p->at[-1]) ? "this does not belong to a node id" : "a \",\", \"/\" or \":\" belongs here");
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
		bool ends = edge.to->selects && !edge.to->below && edge.to->count == 0 && edge.ids.hi != LARGEST;

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

/* Sorts the steps and joins equal ones. */
static void
settle(struct state *state)
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
		settle(state->edge[i].to);
	join_last_steps(state);
	(void)set_reach(state, 0, state->count);
}

struct nodespec *
nodespec_parse(const char *text)
{
	struct nodespec *spec = xcalloc(1, sizeof(*spec));
	struct parser p = {text, text};

	if (parse_paths(&p, &spec->root)) {
		nodespec_free(spec);
		return NULL;
	}
	settle(&spec->root);
	return spec;
}

void
nodespec_free(struct nodespec *spec)
{
	if (spec)
		free_edges(&spec->root);
	free(spec);
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

/* ---- folding: boxes, a range for each level, joined where they differ in one level alone ---- */

struct boxes {
	struct range *at[MAX_DEPTH + 1]; /* by depth; each box is depth ranges in a row */
	size_t count[MAX_DEPTH + 1], room[MAX_DEPTH + 1], total;
};

static void
add_box(struct boxes *boxes, const struct range *box, uint32_t depth)
{
	boxes->at[depth] = grow(boxes->at[depth], boxes->count[depth], &boxes->room[depth], depth * sizeof(*box));
	memcpy(boxes->at[depth] + boxes->count[depth]++ * depth, box, depth * sizeof(*box));
	boxes->total++;
}

static void
free_boxes(struct boxes *boxes)
{
	size_t i;

	for (i = 0; i <= MAX_DEPTH; i++)
		free(boxes->at[i]);
}

/* Which order boxes are sorted in: by all levels, but by `last` after all others. */
struct order {
	uint32_t depth, last;
};

static int
compare_ranges(const struct range *a, const struct range *b)
{
	if (a->lo != b->lo)
		return a->lo < b->lo ? -1 : 1;
	return (a->hi > b->hi) - (a->hi < b->hi);
}

/* The levels other than `last`. */
static int
compare_others(const struct range *a, const struct range *b, const struct order *order)
{
	uint32_t i;
	int way = 0;

	for (i = 0; way == 0 && i < order->depth; i++)
		if (i != order->last)
			way = compare_ranges(&a[i], &b[i]);
	return way;
}

static int
compare_boxes(const struct range *a, const struct range *b, const struct order *order)
{
	int way = compare_others(a, b, order);

	return way || order->last == order->depth ? way : compare_ranges(&a[order->last], &b[order->last]);
}

/* A merge sort: the input is mostly made of sorted runs, and musl's qsort knows no context. */
static void
sort_boxes(struct range **box, size_t count, const struct order *order, struct range **room)
{
	size_t half = count / 2, left = 0, right = half, i;

	if (count < 2)
		return;
	sort_boxes(box, half, order, room);
	sort_boxes(box + half, count - half, order, room);
	if (compare_boxes(box[half - 1], box[half], order) <= 0)
		return;
	memcpy(room, box, half * sizeof(struct range *));
	for (i = 0; left < half; i++)
		if (right < count && compare_boxes(room[left], box[right], order) > 0)
			box[i] = box[right++];
		else
			box[i] = room[left++];
}

/* Joins what differs at one level only and touches there; returns how many are left. */
static size_t
join_boxes(struct range **box, size_t count, const struct order *order, struct range **room)
{
	size_t kept = 0, i;

	sort_boxes(box, count, order, room);
	for (i = 0; i < count; i++) {
		struct range *last = kept ? box[kept - 1] + order->last : NULL, *next = box[i] + order->last;

		if (last && (next->lo <= last->hi || next->lo - 1 == last->hi) && compare_others(box[kept - 1], box[i], order) == 0)
			last->hi = next->hi > last->hi ? next->hi : last->hi;
		else
			box[kept++] = box[i];
	}
	return kept;
}

static void
put_text(struct buf *out, const char *text)
{
	put_bytes(out, text, strlen(text));
}

static void
put_number(struct buf *out, uint32_t number)
{
	char digits[10];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + number % 10);
	while (number /= 10);
	put_bytes(out, digits + at, sizeof(digits) - at);
}

static void
put_range(struct buf *out, const struct range *ids)
{
	if (ids->lo == 0 && ids->hi == LARGEST) {
		put_text(out, ".");
		return;
	}
	put_number(out, ids->lo);
	if (ids->hi == ids->lo)
		return;
	put_text(out, "-");
	if (is_open(ids))
		put_text(out, ".");
	else
		put_number(out, ids->hi);
}

static void
put_box(struct buf *out, const struct range *box, uint32_t depth)
{
	uint32_t i;

	for (i = 0; i < depth; i++) {
		if (i > 0 || out->len > 0)
			put_text(out, i > 0 ? ":" : ",");
		put_range(out, &box[i]);
	}
}

/* Joins at every level, in order; box gets what is left, which is counted. room is as large as box. */
static size_t
join_levels(struct range *at, size_t count, uint32_t depth, bool upward, struct range **box, struct range **room)
{
	struct order order = {depth, depth};
	uint32_t done;
	size_t i;

	for (i = 0; i < count; i++)
		box[i] = at + i * depth;
	for (done = 0; done < depth; done++) {
		order.last = upward ? depth - 1 - done : done;
		count = join_boxes(box, count, &order, room);
	}
	order.last = depth;
	sort_boxes(box, count, &order, room);
	return count;
}

/* All boxes of one depth. From the deepest level up is what a person would write, for equal lists of children fold
 * their parents together; but where a few nodes differ, from the top down may take fewer parts. */
static void
fold_depth(struct buf *out, struct range *at, size_t count, uint32_t depth)
{
	struct range **up = xcalloc(3 * count, sizeof(struct range *)), **down = up + count, **room = down + count;
	struct range *copy = xmemdup(at, count * depth * sizeof(*at));
	size_t ups = join_levels(at, count, depth, true, up, room);
	size_t downs = join_levels(copy, count, depth, false, down, room), i;

	for (i = 0; i < ups && i < downs; i++)
		put_box(out, downs < ups ? down[i] : up[i], depth);
	free(copy);
	free(up);
}

static char *
fold(struct boxes *boxes)
{
	struct buf out = {0};
	uint32_t depth;

	for (depth = 1; depth <= MAX_DEPTH; depth++)
		if (boxes->count[depth] > 0)
			fold_depth(&out, boxes->at[depth], boxes->count[depth], depth);
	put_u8(&out, 0);
	return (char *)out.data;
}

char *
pathset_fold(const struct path *paths, size_t count)
{
	struct boxes boxes = {0};
	struct range box[MAX_DEPTH];
	size_t i, level;
	char *text;

	for (i = 0; i < count; i++) {
		for (level = 0; level < paths[i].depth; level++)
			box[level] = (struct range){paths[i].id[level], paths[i].id[level]};
		if (paths[i].depth > 0)
			add_box(&boxes, box, paths[i].depth);
	}
	text = fold(&boxes);
	free_boxes(&boxes);
	return text;
}

/* ---- nodes that are missing ---- */

/* Known nodes below one node: paths[from] to paths[to - 1]. */
struct slice {
	size_t from, to;
};

struct slices {
	struct slice *at;
	size_t count, room;
};

struct child {
	uint32_t id;
	bool known; /* itself, not only what lies below it */
	struct slice below;
};

struct children {
	struct child *at;
	size_t count, room;
};

struct search {
	const struct path *known;
	struct range box[MAX_DEPTH]; /* the way here */
	struct boxes missing;
	/* Room for each level's work, kept from edge to edge. */
	struct children children[MAX_DEPTH];
	struct slices below[MAX_DEPTH];
};

static void
add_slice(struct slices *slices, struct slice slice)
{
	if (slice.from == slice.to)
		return;
	slices->at = grow(slices->at, slices->count, &slices->room, sizeof(slices->at[0]));
	slices->at[slices->count++] = slice;
}

static void
add_child(struct children *children, struct child child)
{
	children->at = grow(children->at, children->count, &children->room, sizeof(children->at[0]));
	children->at[children->count++] = child;
}

/* The first of the slice whose id at the level is at least id. */
static size_t
first_from(const struct search *s, struct slice slice, uint32_t level, uint64_t id)
{
	while (slice.from < slice.to) {
		size_t middle = slice.from + (slice.to - slice.from) / 2;

		if (s->known[middle].id[level] < id)
			slice.from = middle + 1;
		else
			slice.to = middle;
	}
	return slice.from;
}

static void
children_of(const struct search *s, struct slice slice, uint32_t level, struct range ids, struct children *out)
{
	size_t i = first_from(s, slice, level, ids.lo), next;

	for (; i < slice.to && s->known[i].id[level] <= ids.hi; i = next) {
		struct child child = {.id = s->known[i].id[level], .known = s->known[i].depth == level + 1};

		next = first_from(s, (struct slice){i, slice.to}, level, (uint64_t)child.id + 1);
		child.below = (struct slice){i + child.known, next};
		add_child(out, child);
	}
}

static int
compare_children(const void *a, const void *b)
{
	const struct child *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->known - y->known;
}

/* No known node lies on the way here: all that the spec names from here on is missing, or, when it names nothing more, the way itself. */
static void
nobody_here(struct search *s, const struct state *state, uint32_t level)
{
	bool named = state->selects;
	size_t i;

	for (i = 0; i < state->count; i++) {
		s->box[level] = state->edge[i].ids;
		if (is_open(&state->edge[i].ids))
			continue;
		nobody_here(s, state->edge[i].to, level + 1);
		named = true;
	}
	if ((state->selects || !named) && s->missing.total < MAX_BOXES)
		add_box(&s->missing, s->box, level);
}

static void
gap(struct search *s, const struct edge *edge, uint32_t level, uint64_t from, uint64_t to)
{
	s->box[level] = (struct range){(uint32_t)from, (uint32_t)to};
	nobody_here(s, edge->to, level + 1);
}

/* The ids of the edge that no child has. */
static void
find_gaps(struct search *s, const struct edge *edge, uint32_t level, const struct children *children)
{
	uint64_t next = edge->ids.lo;
	size_t i;

	for (i = 0; i < children->count && s->missing.total < MAX_BOXES; i++) {
		const struct child *child = &children->at[i];

		if (child->id > next)
			gap(s, edge, level, next, (uint64_t)child->id - 1);
		next = (uint64_t)child->id + 1;
		s->box[level] = (struct range){child->id, child->id};
		if (!child->known && edge->to->selects && (i + 1 == children->count || child[1].id != child->id))
			add_box(&s->missing, s->box, level + 1);
	}
	if (next <= edge->ids.hi)
		gap(s, edge, level, next, edge->ids.hi);
}

/* The known nodes that the way here leads to are given by what lies below them. While every step names ids, each such
 * node is looked at alone; behind a "." they stand together, and an id is missing only where none of them has it. */
static void
find_missing(struct search *s, const struct state *state, uint32_t level, const struct slices *here, bool alone)
{
	size_t i, k;

	for (i = 0; i < state->count && s->missing.total < MAX_BOXES; i++) {
		const struct edge *edge = &state->edge[i];
		bool apart = alone && !is_open(&edge->ids);
		struct children *children = &s->children[level];
		struct slices *below = &s->below[level];

		children->count = 0;
		for (k = 0; k < here->count; k++)
			children_of(s, here->at[k], level, edge->ids, children);
		if (here->count > 1 && children->count > 1)
			qsort(children->at, children->count, sizeof(children->at[0]), compare_children);
		if (!is_open(&edge->ids))
			find_gaps(s, edge, level, children);
		below->count = 0;
		for (k = 0; k < children->count && edge->to->count > 0; k++) {
			add_slice(below, children->at[k].below);
			if (!apart)
				continue;
			s->box[level] = (struct range){children->at[k].id, children->at[k].id};
			find_missing(s, edge->to, level + 1, below, true);
			below->count = 0;
		}
		s->box[level] = edge->ids;
		if (!apart)
			find_missing(s, edge->to, level + 1, below, false);
	}
}

/* A known node of greater depth whose last ids lie in the box. */
static const struct path *
find_deeper(const struct path *known, size_t count, const struct range *box, uint32_t depth)
{
	uint32_t level, skip;
	size_t i;

	for (i = 0; i < count; i++) {
		if (known[i].depth <= depth)
			continue;
		skip = known[i].depth - depth;
		for (level = 0; level < depth; level++)
			if (known[i].id[skip + level] < box[level].lo || known[i].id[skip + level] > box[level].hi)
				break;
		if (level == depth)
			return &known[i];
	}
	return NULL;
}

static char *
find_hint(const struct boxes *missing, const struct path *known, size_t count)
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

char *
nodespec_missing(const struct nodespec *spec, const struct path *known, size_t count, char **hint)
{
	struct search s = {.known = known};
	struct slice all = {0, count};
	struct slices root = {0};
	size_t level;
	char *text;

	while (all.from < all.to && known[all.from].depth == 0)
		all.from++;
	add_slice(&root, all);
	find_missing(&s, &spec->root, 0, &root, true);
	*hint = find_hint(&s.missing, known, count);
	text = fold(&s.missing);
	free_boxes(&s.missing);
	free(root.at);
	for (level = 0; level < MAX_DEPTH; level++) {
		free(s.children[level].at);
		free(s.below[level].at);
	}
	return text;
}
