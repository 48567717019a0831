/* Says which of the chosen nodes do not take part.
 * Must never know what they were to take part in. */
#include "client/absent.h"

#include <stdlib.h>

struct left_out
absent_copy(const struct left_out *l)
{
	return (struct left_out){xstrdup(l->missing), xstrdup(l->hint), xstrdup(l->down), xstrdup(l->refused), xstrdup(l->open_missing),
		xstrdup(l->open_down), xstrdup(l->not_excluded), xstrdup(l->not_kept), xstrdup(l->advice)};
}

static void
add_missing(struct lastword **w, enum word kind, const char *nodes, const char *hint, const char *advice)
{
	char *why = *hint || *advice ? xasprintf("%s%s%s%s%s", *hint ? "did you mean " : "", hint, *hint ? "?" : "",
					       *hint && *advice ? " " : "", advice)
				     : NULL;

	lastword_list(w, kind, nodes, why);
	free(why);
}

void
absent_add(struct lastword **w, const struct left_out *l)
{
	lastword_list(w, WORD_DOWN, l->down, NULL);
	lastword_list(w, WORD_REFUSED, l->refused, NULL);
	add_missing(w, WORD_MISSING, l->missing, l->hint, l->advice);
}

void
absent_warn(const struct left_out *l, const struct naming *naming, bool quiet)
{
	struct lastword *w = NULL;

	absent_add(&w, l);
	lastword_list(&w, WORD_LEFT_OUT, l->open_down, NULL);
	add_missing(&w, WORD_OPEN_MISSING, l->open_missing, *l->missing ? "" : l->hint, "");
	lastword_list(&w, WORD_NOT_EXCLUDED, l->not_excluded, NULL);
	lastword_list(&w, WORD_NOT_KEPT, l->not_kept, NULL);
	lastword_print(w, naming, quiet);
	lastword_free(w);
}

bool
absent_any_named(const struct left_out *l)
{
	return *l->missing || *l->down || *l->refused;
}
