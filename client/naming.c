/* What nodes are called before a person, one or many.
 * Must never know what is said of them. */
#include "client/naming.h"

#include "hostlist.h"
#include "nodespec.h"
#include "pathset.h"
#include "proto.h"

#include <stdlib.h>
#include <string.h>

struct named {
	struct path path;
	char *host, *machine;
	bool shown; /* its host stands for it */
};

struct naming {
	struct named *at; /* in order of paths */
	size_t count, room;
	bool by_host;
};

struct naming *
naming_new(bool by_host)
{
	struct naming *n = xcalloc(1, sizeof(*n));

	n->by_host = by_host;
	return n;
}

static int
by_path(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return path_compare(&x->path, &y->path);
}

static int
by_host(const void *a, const void *b)
{
	return strcmp((*(struct named *const *)a)->host, (*(struct named *const *)b)->host);
}

/* A host stands for its node where no other has that name. */
static void
mark_shown(struct naming *n)
{
	struct named **sorted = xcalloc(n->count + 1, sizeof(*sorted));
	size_t i;

	for (i = 0; i < n->count; i++)
		sorted[i] = &n->at[i];
	qsort(sorted, n->count, sizeof(*sorted), by_host);
	for (i = 0; i < n->count; i++) {
		const char *host = sorted[i]->host;

		sorted[i]->shown = hostlist_is_name(host) && (i == 0 || strcmp(sorted[i - 1]->host, host) != 0) &&
				   (i + 1 == n->count || strcmp(sorted[i + 1]->host, host) != 0);
	}
	free(sorted);
}

int
naming_take(struct naming *n, const uint8_t *body, size_t len)
{
	struct reader r = reader_over(body, len);
	struct msg_named m;

	while (next_named(&r, &m)) {
		n->at = grow(n->at, n->count, &n->room, sizeof(n->at[0]));
		n->at[n->count++] = (struct named){.path = m.path, .host = printable(m.host), .machine = printable(m.machine)};
	}
	if (n->count)
		qsort(n->at, n->count, sizeof(n->at[0]), by_path);
	mark_shown(n);
	return r.bad ? -1 : 0;
}

static const struct named *
find(const struct naming *n, const struct path *p)
{
	const struct named key = {.path = *p};

	return n && n->count ? bsearch(&key, n->at, n->count, sizeof(key), by_path) : NULL;
}

const char *
naming_host(const struct naming *n, const struct path *p)
{
	const struct named *one = find(n, p);

	return one ? one->host : "";
}

const char *
naming_machine(const struct naming *n, const struct path *p)
{
	const struct named *one = find(n, p);

	return one ? one->machine : "";
}

/* The node's host where that is to stand for it, or NULL. */
static const char *
shown_host(const struct naming *n, const struct path *p)
{
	const struct named *one = n && n->by_host ? find(n, p) : NULL;

	return one && one->shown ? one->host : NULL;
}

const char *
naming_text(const struct naming *n, const struct path *p, char out[PATH_TEXT])
{
	const char *host = shown_host(n, p);

	return host ? host : path_text(p, out);
}

int
naming_compare(const struct naming *n, const struct path *a, const struct path *b)
{
	const char *x = shown_host(n, a), *y = shown_host(n, b);

	if (x && y)
		return hostlist_compare(x, y);
	return x || y ? (x ? -1 : 1) : path_compare(a, b);
}

char *
naming_fold(const struct naming *n, const struct path *paths, size_t count)
{
	const char **hosts = xcalloc(count + 1, sizeof(*hosts));
	struct path *others = xcalloc(count + 1, sizeof(*others));
	size_t host_count = 0, other_count = 0, i;
	char *first, *rest, *text;

	for (i = 0; i < count; i++)
		if ((hosts[host_count] = shown_host(n, &paths[i])))
			host_count++;
		else
			others[other_count++] = paths[i];
	first = hostlist_fold(hosts, host_count);
	rest = pathset_fold(others, other_count);
	text = xasprintf("%s%s%s", first, *first && *rest ? "," : "", rest);
	free(first);
	free(rest);
	free(others);
	free(hosts);
	return text;
}

char *
naming_with_count(char *nodes, uint64_t count)
{
	char *text = count > 1 ? xasprintf("%s (%llu)", nodes, (unsigned long long)count) : xstrdup(nodes);

	free(nodes);
	return text;
}

char *
naming_counted(const struct naming *n, const struct path *paths, size_t count)
{
	return naming_with_count(naming_fold(n, paths, count), count);
}

/* Those of the list that the master has named. How many. */
static size_t
find_listed(const struct naming *n, const char *folded, struct path *out)
{
	struct nodespec *spec = nodespec_parse(folded);
	size_t i, found = 0;

	for (i = 0; spec && i < n->count; i++)
		if (nodespec_matches(spec, &n->at[i].path))
			out[found++] = n->at[i].path;
	nodespec_free(spec);
	return found;
}

char *
naming_list(const struct naming *n, const char *folded)
{
	struct path *paths;
	char *text;
	size_t found;

	if (!n || !n->by_host)
		return xstrdup(folded);
	paths = xcalloc(n->count + 1, sizeof(*paths));
	found = find_listed(n, folded, paths);
	text = found == pathset_count(folded) ? naming_fold(n, paths, found) : xstrdup(folded);
	free(paths);
	return text;
}

void
naming_free(struct naming *n)
{
	size_t i;

	if (!n)
		return;
	for (i = 0; i < n->count; i++) {
		free(n->at[i].host);
		free(n->at[i].machine);
	}
	free(n->at);
	free(n);
}
