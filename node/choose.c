/* A node spec and its asker → the exact nodes, and what is to be said of those that are left out.
 * Must never know launches, or how an answer is sent. */
#include "node/choose.h"
#include "node/access.h"
#include "node/self.h"
#include "proto.h"

#include <stdlib.h>

void
choice_free(struct choice *c)
{
	free(c->paths);
	free(c->members);
	free(c->down);
	free(c->missing);
	free(c->hint);
	free(c->refused);
	free(c->named_refused);
	free(c->all);
}

/* Of nodes that are refused only those that the user named by number are told of. For the user the others are not there: so they
 * are named where they would be missing if they were not. */
static char *
named_among(const struct nodespec *spec, const struct path *refused, size_t count, const struct path *others, size_t other_count)
{
	struct path *named = xcalloc(count, sizeof(*named));
	char *hint, *missing = nodespec_missing(spec, others, other_count, &hint), *text;
	struct nodespec *by_number = *missing ? nodespec_parse(missing) : NULL;
	size_t i, n = 0;

	for (i = 0; i < count && by_number; i++)
		if (nodespec_matches(by_number, &refused[i]))
			named[n++] = refused[i];
	text = pathset_fold(named, n);
	nodespec_free(by_number);
	free(named);
	free(missing);
	free(hint);
	return text;
}

void
choice_make(const struct peer *who, const struct nodespec *spec, const struct nodespec * not, struct choice *c)
{
	struct path *down = xcalloc(self.map.count, sizeof(*down)), *refused = xcalloc(self.map.count, sizeof(*refused));
	struct path *others = xcalloc(self.map.count, sizeof(*others));
	size_t i, downs = 0, refusals = 0, other_count = 0;

	c->paths = xcalloc(self.map.count, sizeof(*c->paths));
	c->members = xcalloc(self.map.count, sizeof(struct member *));
	c->all = xcalloc(self.map.count, sizeof(*c->all));
	for (i = 0; i < self.map.count; i++) {
		struct member *m = self.map.at[i];

		c->all[i] = m->path;
		if (!access_may_use(who, &m->path)) {
			if (nodespec_matches(spec, &m->path) && !(not &&nodespec_matches(not, &m->path)))
				refused[refusals++] = m->path;
			continue;
		}
		others[other_count++] = m->path;
		if (!nodespec_matches(spec, &m->path) || (not &&nodespec_matches(not, &m->path)))
			continue;
		if (m->state == NODE_UP) {
			c->members[c->count] = m;
			c->paths[c->count++] = m->path;
		} else {
			down[downs++] = m->path;
		}
	}
	c->missing = nodespec_missing(spec, c->all, self.map.count, &c->hint);
	c->down = pathset_fold(down, downs);
	c->refused = pathset_fold(refused, refusals);
	c->named_refused = refusals ? named_among(spec, refused, refusals, others, other_count) : xstrdup("");
	free(down);
	free(refused);
	free(others);
}

int
choose(struct neighbour *client, const char *text, const char *exclude, struct choice *c)
{
	struct nodespec *spec = nodespec_parse(text), *not = NULL;

	*c = (struct choice){0};
	if (spec && *exclude)
		not = nodespec_parse(exclude);
	if (!spec || (*exclude && !not )) {
		tell_error(client, 2, "%s", nodespec_error());
		nodespec_free(spec);
		return -1;
	}
	choice_make(&client->who, spec, not, c);
	nodespec_free(spec);
	nodespec_free(not );
	return 0;
}
