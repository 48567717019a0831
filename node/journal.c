/* Who ran what: a line of the master's log for each launch, and one for its end.
 * Must never know how a launch is carried out. */
#include "node/journal.h"
#include "pathset.h"

#include <stdlib.h>
#include <string.h>

enum { COMMAND_MAX = 200, NODES_MAX = 400 }; /* bytes of a line */

/* What a text of at most so many bytes shows of it: all, or its beginning and "...". */
#define CUT(text, most) (int)((most) - (strlen(text) > (most) ? 3 : 0)), (text), strlen(text) > (most) ? "..." : ""

void
journal_start(const struct record *r)
{
	struct path *paths = record_paths(r);
	char *nodes = pathset_fold(paths, r->count), *command = strings_join(&r->command, " ");

	inform("job %s%s%s: user %u on %.*s%s (%zu): %.*s%s", r->text, *r->name ? ", " : "", r->name, (unsigned)r->uid, CUT(nodes, NODES_MAX),
		r->count, CUT(command, COMMAND_MAX));
	free(command);
	free(nodes);
	free(paths);
}

/* "exit 1: 3,9; lost: 12"; that all is well needs no nodes. */
static char *
outcome_of(const struct msg_ps *m)
{
	struct strings parts = {0};
	char *text;
	size_t i;

	for (i = 0; i + 1 < m->groups.count; i += 2)
		if (m->groups.count == 2)
			strings_add(&parts, m->groups.at[i]);
		else
			strings_take(&parts, xasprintf("%s: %.*s%s", m->groups.at[i], CUT(m->groups.at[i + 1], NODES_MAX)));
	text = strings_join(&parts, "; ");
	strings_free(&parts);
	return text;
}

void
journal_end(const struct record *r)
{
	uint64_t lasted = now_ms() - r->born; /* the record has no end yet */
	struct msg_ps m;
	char *outcome;

	record_ps(r, &m);
	outcome = outcome_of(&m);
	inform("job %s has ended after %llu.%llu s: %s", r->text, (unsigned long long)lasted / 1000, (unsigned long long)lasted / 100 % 10,
		outcome);
	free(outcome);
	record_ps_free(&m);
}
