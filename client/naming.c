/* What nodes are called before a person, one or many.
 * Must never know what is said of them. */
#include "client/naming.h"

#include "nodespec.h"

#include <stdlib.h>

/* Takes the text over. */
static char *
with_count(char *nodes, uint64_t count)
{
	char *text = count > 1 ? xasprintf("%s (%llu)", nodes, (unsigned long long)count) : xstrdup(nodes);

	free(nodes);
	return text;
}

char *
naming_fold(const struct naming *n, const struct path *paths, size_t count)
{
	(void)n;
	return pathset_fold(paths, count);
}

char *
naming_counted(const struct naming *n, const struct path *paths, size_t count)
{
	return with_count(naming_fold(n, paths, count), count);
}

char *
naming_list(const struct naming *n, const char *folded, uint64_t *count)
{
	uint64_t nodes = pathset_count(folded);

	(void)n;
	if (count)
		*count = nodes;
	return with_count(xstrdup(folded), nodes);
}
