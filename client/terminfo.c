/* Finds the terminfo entry of $TERM.
 * Must never know what an entry says. */
#include "client/terminfo.h"
#include "base/util.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* By the first letter, or where file names have no case by its number: term(5). NULL: not in this directory. */
static char *
entry_in(const char *dir, const char *term)
{
	char *path;

	if (*dir != '/')
		return NULL;
	path = xasprintf("%s/%c/%s", dir, *term, term);
	if (access(path, R_OK) == 0)
		return path;
	free(path);
	path = xasprintf("%s/%02x/%s", dir, (unsigned char)*term, term);
	if (access(path, R_OK) == 0)
		return path;
	free(path);
	return NULL;
}

/* In the order of ncurses(3X), as Debian builds it; an empty one in $TERMINFO_DIRS is the system's. */
static void
list_places(struct strings *places)
{
	static const char *const system[] = {"/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo", "/usr/lib/terminfo"};
	const char *own = getenv("TERMINFO"), *home = getenv("HOME"), *more = getenv("TERMINFO_DIRS");
	size_t i;

	if (own)
		strings_add(places, own);
	if (home)
		strings_take(places, xasprintf("%s/.terminfo", home));
	for (; more && *more; more += strcspn(more, ":"), more += *more == ':')
		strings_take(places, xstrndup(more, strcspn(more, ":")));
	for (i = 0; i < COUNT(system); i++)
		strings_add(places, system[i]);
}

char *
terminfo_find(char **dir)
{
	const char *term = getenv("TERM");
	struct strings places = {0};
	char *path = NULL;
	size_t i;

	if (!term || !isalnum((unsigned char)*term) || strchr(term, '/'))
		return NULL;
	list_places(&places);
	for (i = 0; i < places.count && !path; i++)
		path = entry_in(places.at[i], term);
	*dir = path ? xstrdup(places.at[i - 1]) : NULL;
	strings_free(&places);
	return path;
}
