/* Fuzzes nodespec: any spec; what it selects of a small tree, folded and read again, selects the same; nobody known is
 * missing; all known nodes at once give what one by one gives. */
#include "nodespec.h"
#include "pathset.h"

#include <stdlib.h>
#include <string.h>

#define IDS 5
#define LEVELS 3
#define ALL (IDS + IDS * IDS + IDS * IDS * IDS)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool fact)
{
	if (!fact)
		abort();
}

static size_t
all_paths(struct path above, struct path *out)
{
	size_t count = 0;
	uint32_t id;

	for (id = 0; above.depth < LEVELS && id < IDS; id++) {
		struct path path = above;

		check(path_push(&path, id) == 0);
		out[count++] = path;
		count += all_paths(path, out + count);
	}
	return count;
}

static size_t
select_from(const struct nodespec *spec, const struct path *from, size_t count, struct path *out)
{
	size_t i, chosen = 0;

	for (i = 0; i < count; i++)
		if (nodespec_matches(spec, &from[i]))
			out[chosen++] = from[i];
	return chosen;
}

static void
check_fold(const struct path *all, const struct path *set, size_t count)
{
	static struct path back[ALL];
	char *text = pathset_fold(set, count);
	struct nodespec *spec = *text ? nodespec_parse(text) : NULL;
	size_t i;

	check(*text ? spec != NULL : count == 0);
	if (spec) {
		check(select_from(spec, all, ALL, back) == count);
		for (i = 0; i < count; i++)
			check(path_equal(&set[i], &back[i]));
	}
	nodespec_free(spec);
	free(text);
}

static void
check_missing(const struct nodespec *spec, const struct path *known, size_t count)
{
	static struct path there[ALL];
	const struct path *refs[ALL];
	struct nodespec_search *s;
	struct nodespec *missing;
	char *hint, *text;
	size_t i;

	for (i = 0; i < count; i++)
		refs[i] = &known[i];
	s = nodespec_search_new(&spec, 1, refs, count, true);
	while (!nodespec_search_go(s, 10))
		;
	for (i = 0; i < count; i++) {
		check(nodespec_selected(s, i) == nodespec_matches(spec, &known[i]));
		check(nodespec_selected(s, i) || !nodespec_named(s, i));
	}
	free(nodespec_missing_ways(s));
	text = nodespec_missing(s, NULL, NULL, &hint);
	missing = *text && strlen(text) <= NODESPEC_MAX ? nodespec_parse(text) : NULL;

	if (*text && strlen(text) <= NODESPEC_MAX) {
		check(missing != NULL);
		check(select_from(missing, known, count, there) == 0);
	}
	nodespec_search_free(s);
	nodespec_free(missing);
	free(text);
	free(hint);
}

/* Each name or group stands for some of the known nodes: they are selected with what the path from there selects, and nobody else is. */
static void
check_heads(const struct nodespec *spec, const struct path *known, size_t count)
{
	const struct path *refs[ALL];
	uint32_t at[ALL];
	struct nodespec_search *s;
	size_t i, k, some, there = 0;
	char *hint;

	for (i = 0; i < count; i++)
		refs[i] = &known[i];
	s = nodespec_search_new(&spec, 1, refs, count, true);
	for (k = 0; k < nodespec_heads(spec); k++) {
		const struct nodespec_head *h = nodespec_head(spec, k);
		struct nodespec *alone = nodespec_parse(h->text);

		check(alone && nodespec_heads(alone) == 1 && strcmp(nodespec_head(alone, 0)->value, h->value) == 0);
		check(nodespec_head(alone, 0)->kind == h->kind && nodespec_parse_numbers(h->text) == NULL);
		nodespec_free(alone);
		for (i = some = 0; i < count; i++)
			if ((i + k) % 3 == 0)
				at[some++] = (uint32_t)i;
		nodespec_search_head(s, k, at, some, k % 2);
		there += some;
	}
	while (!nodespec_search_go(s, 10))
		;
	for (i = 0; i < count; i++) {
		check(nodespec_selected(s, i) || !nodespec_matches(spec, &known[i]));
		check(nodespec_selected(s, i) || !nodespec_named(s, i));
		check(there > 0 || nodespec_selected(s, i) == nodespec_matches(spec, &known[i]));
	}
	free(nodespec_missing(s, s, s, &hint));
	free(hint);
	nodespec_search_free(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct path all[ALL], set[ALL], known[ALL];
	size_t first = size > 0 ? 1 : 0, i, some = 0;
	char *text = xstrndup((const char *)data + first, size - first);
	struct nodespec *spec = nodespec_parse(text);

	check(all_paths((struct path){0}, all) == ALL);
	check(spec || *nodespec_error());
	if (spec) {
		check_fold(all, set, select_from(spec, all, ALL, set));
		/* The first byte decides who is known. */
		for (i = 0; i < ALL; i++)
			if ((i * 2654435761u >> 16 & 15) >= (data[0] & 15))
				known[some++] = all[i];
		check_missing(spec, known, some);
		check_heads(spec, known, some);
	}
	nodespec_free(spec);
	free(text);
	return 0;
}
