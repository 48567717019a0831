/* Who may use this master, and which of its nodes.
 * Must never know launches, or which nodes there are. */
#include "node/access.h"
#include "node/allow.h"
#include "node/self.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
	bool all;
	uint32_t *uid;
	size_t count;
} users;
static struct allow *allow; /* NULL: who may launch may use every node */

/* -users: names or numbers parted by commas, or "*". Names are looked up once, here. */
static void
open_users(const char *list)
{
	const char *at = list;

	while (*at) {
		size_t len = strcspn(at, ",");
		char *name = xstrndup(at, len);
		uint64_t number;
		const struct passwd *entry;

		if (strcmp(name, "*") == 0) {
			users.all = true;
		} else {
			if (parse_u64(name, UINT32_MAX, &number) != 0) {
				entry = getpwnam(name);
				if (!entry)
					die(2, "-users: this machine has no user \"%s\"", name);
				number = entry->pw_uid;
			}
			users.uid = xrealloc(users.uid, users.count + 1, sizeof(users.uid[0]));
			users.uid[users.count++] = (uint32_t)number;
		}
		free(name);
		at += len + (at[len] == ',');
	}
}

void
access_open(const struct options *o)
{
	open_users(o->users);
	if (*o->allow && !(allow = allow_load(o->allow)))
		die(2, "-allow: %s", allow_error());
}

bool
access_is_chief(uint32_t uid)
{
	return uid == 0 || uid == geteuid();
}

static struct allow_who
as_asker(const struct peer *who)
{
	return (struct allow_who){.uid = who->uid, .gid = who->gid, .groups = who->groups, .group_count = who->group_count};
}

struct nodespec_search *
access_search(const struct peer *who, const struct path *const *known, size_t count)
{
	struct allow_who asker = as_asker(who);
	const struct nodespec **specs;
	struct nodespec_search *s;
	size_t spec_count;

	if (!allow || access_is_chief(who->uid))
		return NULL;
	spec_count = allow_specs(allow, &asker, &specs);
	s = nodespec_search_new(specs, spec_count, known, count, false);
	free(specs);
	return s;
}

/* Without -users it is the -allow file that says who. */
bool
access_may_launch(const struct peer *who)
{
	struct allow_who asker = as_asker(who);
	size_t i;

	if (users.all || access_is_chief(who->uid))
		return true;
	if (allow && !*self.options->users)
		return allow_names(allow, &asker);
	for (i = 0; i < users.count; i++)
		if (users.uid[i] == who->uid)
			return true;
	return false;
}

void
access_rules(struct strings *out)
{
	if (allow)
		allow_lines(allow, out);
}
