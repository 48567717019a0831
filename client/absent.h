/* Chosen nodes that do not take part, told alike by every mode. */
#ifndef ABSENT_H
#define ABSENT_H

#include "client/lastword.h"
#include "proto.h"

struct left_out absent_copy(const struct left_out *);			      /* a copy that owns its strings: left_out_free */
void absent_add(struct lastword **, const struct left_out *);		      /* adds what makes it a failure */
void absent_warn(const struct left_out *, const struct naming *, bool quiet); /* tells all of it; quiet: only what makes it a failure */
bool absent_any_named(const struct left_out *);				      /* there is such */
#endif
