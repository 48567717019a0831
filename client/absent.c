/* Says which of the chosen nodes do not take part.
 * Must never know what they were to take part in. */
#include "client/absent.h"

struct left_out
absent_copy(const struct left_out *l)
{
	return (struct left_out){xstrdup(l->missing), xstrdup(l->hint), xstrdup(l->down), xstrdup(l->refused), xstrdup(l->open_missing),
		xstrdup(l->open_down), xstrdup(l->not_excluded)};
}

static void
warn_of(const char *what, const char *nodes)
{
	if (*nodes)
		warn("%s: %s", what, nodes);
}

static void
warn_missing(const char *nodes, const char *hint)
{
	if (*nodes)
		warn("not there: %s%s%s", nodes, *hint ? "; did you mean " : "", hint);
}

void
absent_warn_named(const struct left_out *l)
{
	warn_missing(l->missing, l->hint);
	warn_of("refused, you may not use", l->refused);
	warn_of("down", l->down);
}

void
absent_warn(const struct left_out *l)
{
	absent_warn_named(l);
	warn_of("down, left out", l->open_down);
	warn_missing(l->open_missing, *l->missing ? "" : l->hint);
	warn_of("-x leaves out what is not there", l->not_excluded);
}

bool
absent_any_named(const struct left_out *l)
{
	return *l->missing || *l->down || *l->refused;
}
