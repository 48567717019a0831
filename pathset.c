/* Sets of nodes as boxes, a range of ids for each level, joined where they differ in one level alone, and as the text that selects them.
 * Must never know what a spec may hold beyond that, or which nodes there are. */
#include "pathset.h"
#include "hosts.h"

#include <stdlib.h>
#include <string.h>

bool
range_is_open(const struct range *ids)
{
	return ids->lo < ids->hi && ids->hi == LARGEST_ID;
}

void
boxes_add(struct boxes *boxes, const struct range *box, uint32_t depth)
{
	boxes->at[depth] = grow(boxes->at[depth], boxes->count[depth], &boxes->room[depth], depth * sizeof(*box));
	memcpy(boxes->at[depth] + boxes->count[depth]++ * depth, box, depth * sizeof(*box));
	boxes->total++;
}

void
boxes_free(struct boxes *boxes)
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
	if (ids->lo == 0 && ids->hi == LARGEST_ID) {
		put_text(out, ".");
		return;
	}
	put_number(out, ids->lo);
	if (ids->hi == ids->lo)
		return;
	put_text(out, "-");
	if (range_is_open(ids))
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

char *
boxes_fold(struct boxes *boxes)
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
			boxes_add(&boxes, box, paths[i].depth);
	}
	text = boxes_fold(&boxes);
	boxes_free(&boxes);
	return text;
}

/* How many ids "5" or "2-7" are; *at is moved behind them. */
static uint64_t
ids_in(const char **at)
{
	uint64_t first = 0, last;

	for (; **at >= '0' && **at <= '9'; (*at)++)
		first = first * 10 + (uint64_t)(**at - '0');
	if (**at != '-')
		return 1;
	for (last = 0, (*at)++; **at >= '0' && **at <= '9'; (*at)++)
		last = last * 10 + (uint64_t)(**at - '0');
	return last >= first ? last - first + 1 : 1;
}

uint64_t
pathset_count(const char *folded)
{
	uint64_t all = 0, product = 1;

	while (*folded) {
		size_t word = is_letter(*folded) ? host_word(folded, false) : 0;
		uint64_t ids;

		if (word) {
			all += host_count(folded, word);
			folded += word + (folded[word] != '\0');
			continue;
		}
		ids = ids_in(&folded);
		product = product > UINT64_MAX / ids ? UINT64_MAX : product * ids;
		if (*folded == ':') {
			folded++;
			continue;
		}
		all = all > UINT64_MAX - product ? UINT64_MAX : all + product;
		product = 1;
		folded += *folded != '\0'; /* its comma */
	}
	return all;
}
