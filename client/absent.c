/* Says which of the chosen nodes do not take part.
 * Must never know what they were to take part in. */
#include "client/absent.h"

static const char *
keep(const char *list)
{
	return xstrdup(list);
}

struct left_out
absent_keep(const struct left_out *l)
{
	return (struct left_out){keep(l->missing), keep(l->hint), keep(l->down), keep(l->refused), keep(l->open_missing),
		keep(l->open_down), keep(l->not_excluded)};
}

static void
tell(const char *what, const char *nodes)
{
	if (*nodes)
		warn("%s: %s", what, nodes);
}

static void
tell_missing(const char *nodes, const char *hint)
{
	if (*nodes)
		warn("not there: %s%s%s", nodes, *hint ? "; did you mean " : "", hint);
}

void
absent_tell_named(const struct left_out *l)
{
	tell_missing(l->missing, l->hint);
	tell("refused, you may not use", l->refused);
	tell("down", l->down);
}

void
absent_tell(const struct left_out *l)
{
	absent_tell_named(l);
	tell("down, left out", l->open_down);
	tell_missing(l->open_missing, *l->missing ? "" : l->hint);
	tell("-x leaves out what is not there", l->not_excluded);
}

bool
absent_any_named(const struct left_out *l)
{
	return *l->missing || *l->down || *l->refused;
}
