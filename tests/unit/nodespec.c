/* nodespec: whom a spec selects, who is missing, and that a folded set, read again, selects exactly that set. */
#include "unit/golden.h"
#include "unit/pick.h"
#include "nodespec.h"
#include "pathset.h"
#include "base/util.h"

#include <time.h>

struct paths {
	struct path *at;
	size_t count, room;
};

static void
add_path(struct paths *paths, const struct path *path)
{
	paths->at = grow(paths->at, paths->count, &paths->room, sizeof(paths->at[0]));
	paths->at[paths->count++] = *path;
}

/* Those that the spec selects of all paths with ids below `width`, down to `depth` levels below `above`, in order. */
static void
walk(const struct nodespec *spec, struct path above, uint32_t width, uint32_t depth, struct paths *out)
{
	struct path path;
	uint32_t id;

	for (id = 0; depth > 0 && id < width; id++) {
		path = above;
		(void)path_push(&path, id);
		if (nodespec_matches(spec, &path))
			add_path(out, &path);
		walk(spec, path, width, depth - 1, out);
	}
}

static struct paths
selected(const char *text, uint32_t width, uint32_t depth)
{
	struct nodespec *spec = nodespec_parse(text);
	struct paths out = {0};

	if (spec)
		walk(spec, (struct path){0}, width, depth, &out);
	nodespec_free(spec);
	return out;
}

/* A search that is done; *refs is the caller's. */
static struct nodespec_search *
searched(const struct nodespec *spec, const struct paths *known, const struct path ***refs)
{
	struct nodespec_search *s;
	size_t i;

	*refs = xcalloc(known->count, sizeof(**refs));
	for (i = 0; i < known->count; i++)
		(*refs)[i] = &known->at[i];
	s = nodespec_search_new(&spec, 1, *refs, known->count, true);
	while (!nodespec_search_go(s, 10))
		;
	return s;
}

static char *
missing_of(const struct nodespec *spec, const struct paths *known, char **hint)
{
	const struct path **refs;
	struct nodespec_search *s = searched(spec, known, &refs);
	char *text = nodespec_missing(s, NULL, NULL, hint);

	nodespec_search_free(s);
	free(refs);
	return text;
}

/* Ways to what is open that lead to no known node. */
static char *
ways_of(const struct nodespec *spec, const struct paths *known)
{
	const struct path **refs;
	struct nodespec_search *s = searched(spec, known, &refs);
	char *text = nodespec_missing_ways(s);

	nodespec_search_free(s);
	free(refs);
	return text;
}

static char *
describe(const struct nodespec *spec, const struct paths *known)
{
	struct paths chosen = {0};
	char *fold, *missing, *ways, *hint, *text;
	size_t i;

	for (i = 0; i < known->count; i++)
		if (nodespec_matches(spec, &known->at[i]))
			add_path(&chosen, &known->at[i]);
	fold = pathset_fold(chosen.at, chosen.count);
	missing = missing_of(spec, known, &hint);
	ways = ways_of(spec, known);
	text = xasprintf("%s%s%s%s%s%s%s", *fold || *missing || *ways ? fold : "nobody", *missing ? "; missing " : "", missing,
		*ways ? "; no way " : "", ways, hint ? "; hint " : "", hint ? hint : "");
	free(ways);
	free(fold);
	free(missing);
	free(hint);
	free(chosen.at);
	return text;
}

static char *
answer(const char *input)
{
	char universe[256] = "1-4,9,1-3:1-5,3:5:1-2", *text;
	struct nodespec *spec;
	struct paths known;

	if (*input == '@') {
		size_t len = strcspn(input, " ");

		(void)snprintf(universe, sizeof(universe), "%.*s", (int)len - 1, input + 1);
		input += len + 1;
	}
	spec = nodespec_parse(input);
	if (!spec)
		return xasprintf("error: %s", nodespec_error());
	known = selected(universe, 21, 3);
	text = describe(spec, &known);
	free(known.at);
	nodespec_free(spec);
	return text;
}

/* What the paths begin with. */
static char *
heads(const char *input)
{
	static const char *const kinds[] = {"name", "pattern", "group", "down", "arch", "version", "host"};
	struct nodespec *spec = nodespec_parse(input);
	struct strings list = {0};
	char *text;
	size_t i;

	if (!spec)
		return xasprintf("error: %s", nodespec_error());
	for (i = 0; i < nodespec_heads(spec); i++) {
		const struct nodespec_head *h = nodespec_head(spec, i);

		strings_take(&list, xasprintf("%s %s%s", kinds[h->kind], h->value, h->named ? "" : " on the way"));
	}
	text = strings_join(&list, ", ");
	strings_free(&list);
	nodespec_free(spec);
	return text;
}

static void
numbers_only(void)
{
	struct nodespec *spec = nodespec_parse_numbers("1-5,2/.");

	ok(spec != NULL, "where only numbers are taken they are");
	nodespec_free(spec);
	ok(!nodespec_parse_numbers("1,n1") && strstr(nodespec_error(), "\"n1\": only numbers are taken here"), "and no name");
	ok(!nodespec_parse_numbers("@rack1") && strstr(nodespec_error(), "\"@rack1\": only numbers are taken here"), "and no group");
}

/* A random set: each path of the little tree with a chance of `in` in `of`. */
static struct paths
random_set(const struct paths *all, uint32_t in, uint32_t of)
{
	struct paths set = {0};
	size_t i;

	for (i = 0; i < all->count; i++)
		if (pick(of) < in)
			add_path(&set, &all->at[i]);
	return set;
}

static bool
same(const struct paths *a, const struct paths *b)
{
	size_t i;

	for (i = 0; i < a->count && i < b->count; i++)
		if (!path_equal(&a->at[i], &b->at[i]))
			return false;
	return a->count == b->count;
}

static void
fold_and_back(void)
{
	struct paths all = selected("...", 7, 3);
	unsigned round, wrong = 0;

	for (round = 0; round < 400; round++) {
		struct paths set = random_set(&all, 1 + pick(8), 9), back;
		char *text = pathset_fold(set.at, set.count);

		/* One id and one level more than the sets have: nothing else may be selected there either. */
		back = selected(text, 8, round % 50 ? 3 : 4);
		wrong += !same(&set, &back);
		free(text);
		free(set.at);
		free(back.at);
	}
	ok(all.count == 7 + 49 + 343 && wrong == 0, "400 random sets, folded and read again, are themselves");
	free(all.at);
}

static char *
random_spec(bool dots)
{
	struct buf out = {0};
	uint32_t paths = 1 + pick(4), levels, from;
	char part[32];

	while (paths-- > 0) {
		for (levels = 1 + pick(3); levels-- > 0;) {
			from = pick(6);
			if (dots && pick(4) == 0)
				(void)snprintf(part, sizeof(part), "%s", pick(3) ? "." : "2-.");
			else
				(void)snprintf(part, sizeof(part), pick(2) ? "%u-%u" : "%u", from, from + pick(3));
			put_bytes(&out, part, strlen(part));
			if (levels > 0)
				put_u8(&out, pick(2) ? '/' : ':');
		}
		if (paths > 0)
			put_u8(&out, ',');
	}
	put_u8(&out, 0);
	return (char *)out.data;
}

/* Without dots, who is missing is plain: selected and not known. */
static bool
missing_is_right(const char *text, const struct paths *known, bool dots)
{
	struct nodespec *spec = nodespec_parse(text);
	struct paths chosen = selected(text, 9, 3), said, want = {0};
	char *hint, *missing = missing_of(spec, known, &hint);
	size_t i, k = 0;
	bool right;

	said = selected(missing, 9, 3);
	for (i = 0; i < chosen.count; i++) {
		while (k < known->count && path_compare(&known->at[k], &chosen.at[i]) < 0)
			k++;
		if (k == known->count || !path_equal(&known->at[k], &chosen.at[i]))
			add_path(&want, &chosen.at[i]);
	}
	right = dots || same(&said, &want);
	for (i = 0; right && i < known->count; i++)
		for (k = 0; k < said.count; k++)
			right &= !path_equal(&known->at[i], &said.at[k]);
	if (!right)
		printf("# %s: missing %s\n", text, missing);
	free(chosen.at);
	free(said.at);
	free(want.at);
	free(missing);
	free(hint);
	nodespec_free(spec);
	return right;
}

static void
missing(void)
{
	struct paths all = selected("...", 6, 3);
	unsigned round, wrong = 0, wrong_dots = 0;

	for (round = 0; round < 300; round++) {
		struct paths known = random_set(&all, 1 + pick(8), 9);
		char *text = random_spec(false), *dots = random_spec(true);

		wrong += !missing_is_right(text, &known, false);
		wrong_dots += !missing_is_right(dots, &known, true);
		free(text);
		free(dots);
		free(known.at);
	}
	ok(wrong == 0, "the missing are those selected and not known, for 300 random specs and trees");
	ok(wrong_dots == 0, "with dots no known node is called missing");
	free(all.at);
}

/* The spec's parts that name by numbers and closed ranges alone: of "1/.:3" that is "1", of "1:." nothing. "" when none does. */
static char *
closed_parts(const char *text)
{
	struct buf out = {0};

	while (*text) {
		size_t len = strcspn(text, ","), end = 0, at = 0;

		while (at < len) {
			size_t step = strcspn(text + at, "/:,");

			if (memchr(text + at, '.', step))
				break;
			at += step;
			if (at == len || text[at] == '/')
				end = at;
			at += at < len;
		}
		put_bytes(&out, ",", out.len > 0 && end > 0);
		put_bytes(&out, text, end);
		text += len + (text[len] == ',');
	}
	put_u8(&out, 0);
	return (char *)out.data;
}

/* For each known node alone, the search says what the matcher of one path says; and it names what the closed parts select. */
static bool
search_is_right(const char *text, const struct paths *known)
{
	struct nodespec *spec = nodespec_parse(text), *closed;
	char *parts = closed_parts(text);
	const struct path **refs;
	struct nodespec_search *s = searched(spec, known, &refs);
	bool right = true;
	size_t i;

	closed = *parts ? nodespec_parse(parts) : NULL;
	for (i = 0; i < known->count; i++) {
		right &= nodespec_selected(s, i) == nodespec_matches(spec, &known->at[i]);
		right &= nodespec_named(s, i) == (closed && nodespec_matches(closed, &known->at[i]));
	}
	if (!right)
		printf("# %s, of which %s is closed\n", text, parts);
	nodespec_search_free(s);
	nodespec_free(spec);
	nodespec_free(closed);
	free(parts);
	free(refs);
	return right;
}

static void
search(void)
{
	struct paths all = selected("...", 6, 3);
	unsigned round, wrong = 0;

	for (round = 0; round < 1000; round++) {
		struct paths known = random_set(&all, 1 + pick(8), 9);
		char *text = random_spec(round % 2);

		wrong += !search_is_right(text, &known);
		free(text);
		free(known.at);
	}
	ok(wrong == 0, "a search of all nodes at once selects what the matcher does, for 1,000 random specs and trees");
	free(all.at);
}

static void
too_long(void)
{
	char *text = xcalloc(1, NODESPEC_MAX + 2);
	struct nodespec *spec;

	memset(text, '1', NODESPEC_MAX);
	for (size_t i = 1; i < NODESPEC_MAX; i += 2)
		text[i] = ',';
	text[NODESPEC_MAX - 1] = '1';
	spec = nodespec_parse(text);
	ok(spec != NULL, "a spec may have 64 KiB");
	nodespec_free(spec);
	text[NODESPEC_MAX] = '1';
	ok(!nodespec_parse(text) && strstr(nodespec_error(), "65537 bytes is too long: 65536 are allowed"), "and no more");
	free(text);
}

static void
edges(void)
{
	struct path deep = {.depth = MAX_DEPTH}, master = {0}, largest = {.depth = 1, .id = {UINT32_MAX}};
	struct path two[2] = {{.depth = 1, .id = {UINT32_MAX - 1}}, largest};
	char *text = pathset_fold(NULL, 0), *hint;
	struct nodespec *spec;

	is(text, "", "the empty set is the empty text");
	free(text);
	text = pathset_fold(&master, 1);
	is(text, "", "the master is in no set");
	free(text);
	text = pathset_fold(two, 2);
	is(text, "4294967294-.", "a range up to the largest id is an open one");
	free(text);
	text = pathset_fold(&deep, 1);
	spec = nodespec_parse(text);
	ok(spec && nodespec_matches(spec, &deep), "a path of the greatest depth comes back");
	free(text);
	nodespec_free(spec);
	spec = nodespec_parse("1:5,1");
	text = missing_of(spec, &(struct paths){0}, &hint);
	is(text, "1,1:5", "in an empty tree everybody is missing");
	free(text);
	free(hint);
	nodespec_free(spec);
	spec = nodespec_parse("...");
	ok(spec && !nodespec_matches(spec, &master) && nodespec_matches(spec, &largest), "no spec selects the master");
	nodespec_free(spec);
}

/* A spec and a tree such as would stall a careless matcher; how long it takes is printed, not judged. */
static void
large(void)
{
	struct paths all = {0}, back;
	struct buf text = {0};
	char part[64], *fold, *absent, *hint;
	struct nodespec *spec;
	size_t i, matched = 0;
	clock_t start;

	for (i = 0; i < 10000; i++)
		add_path(&all, &(struct path){.depth = 2, .id = {(uint32_t)i / 100, (uint32_t)i % 100}});
	for (i = 0; i < 1000; i++) {
		(void)snprintf(part, sizeof(part), "%s%zu-%zu:%zu", i ? "," : "", i % 50, 100 + i % 49, 2 * i);
		put_bytes(&text, part, strlen(part));
	}
	put_u8(&text, 0);
	start = clock();
	spec = nodespec_parse((char *)text.data);
	for (i = 0; i < all.count; i++)
		matched += nodespec_matches(spec, &all.at[i]);
	printf("# matched in %ld us\n", (long)((clock() - start) * 1000000 / CLOCKS_PER_SEC));
	ok(matched > 0, "1,000 overlapping parts and 10,000 nodes");
	start = clock();
	absent = missing_of(spec, &all, &hint);
	printf("# missing found in %ld us\n", (long)((clock() - start) * 1000000 / CLOCKS_PER_SEC));
	ok(strlen(absent) > 0, "who of them is missing");
	start = clock();
	fold = pathset_fold(all.at, all.count);
	printf("# folded in %ld us\n", (long)((clock() - start) * 1000000 / CLOCKS_PER_SEC));
	is(fold, "0-99:0-99", "10,000 nodes fold into one rectangle");
	back = selected(fold, 100, 2);
	ok(same(&all, &back), "and back");
	free(absent);
	free(hint);
	free(fold);
	free(back.at);
	free(all.at);
	buf_free(&text);
	nodespec_free(spec);
}

/* How many nodes a folded list is: none, ranges, products of ranges, more than can be counted. */
static void
counted(void)
{
	ok(pathset_count("") == 0, "no node");
	ok(pathset_count("7") == 1 && pathset_count("1-4,9") == 5, "ids and ranges");
	ok(pathset_count("1-4,9,1:5-7,2-3:1-8") == 5 + 3 + 16, "ids below others are counted below each");
	ok(pathset_count("0-4294967295:0-4294967295:1-2") == UINT64_MAX, "no sum runs over");
}

int
main(void)
{
	counted();
	golden("tests/golden/nodespec", answer);
	golden("tests/golden/heads", heads);
	numbers_only();
	fold_and_back();
	missing();
	search();
	too_long();
	edges();
	large();
	return done();
}
