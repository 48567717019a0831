/* Any -allow file: rules or a reason with its line, and nobody has a node that no line gives. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "node/allow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
look_up(const char *name, bool is_group, uint32_t *id)
{
	*id = (uint32_t)strlen(name) + is_group * 1000u;
	return strlen(name) % 7 ? 0 : -1;
}

static bool
may_use(const struct allow *a, const struct allow_who *who, const struct path *node)
{
	const struct nodespec **specs;
	size_t count = allow_specs(a, who, &specs), i;
	bool may = false;

	for (i = 0; i < count; i++)
		may |= nodespec_matches(specs[i], node);
	free(specs);
	return may;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t groups[] = {1004, 5};
	const struct allow_who who = {.uid = 5, .gid = 1003, .groups = groups, .group_count = 2};
	struct allow *a = allow_parse("allow", (const char *)data, size, look_up), *again;
	struct path node = {.depth = 2, .id = {1, 4}};
	struct strings lines = {0};
	char *text;

	if (!a) {
		assert(strncmp(allow_error(), "allow:", 6) == 0);
		return 0;
	}
	assert(!may_use(a, &who, &node) || allow_names(a, &who));
	allow_lines(a, &lines);
	text = strings_join(&lines, "\n");
	again = allow_parse("again", text, strlen(text), look_up);
	assert(again && may_use(again, &who, &node) == may_use(a, &who, &node));
	allow_free(again);
	allow_free(a);
	strings_free(&lines);
	free(text);
	return 0;
}
