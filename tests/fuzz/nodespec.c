/* Fuzzes nodespec: any spec; what it selects of a small tree, folded and read again, selects the same; nobody known is
 * missing; all known nodes at once give what one by one gives. */
#include "nodespec.h"

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
	}
	nodespec_free(spec);
	free(text);
	return 0;
}
