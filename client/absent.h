/* Chosen nodes that do not take part, told alike by every mode. */
#ifndef ABSENT_H
#define ABSENT_H

#include "proto.h"

struct left_out absent_copy(const struct left_out *); /* a copy that owns its strings: left_out_free */
void absent_warn(const struct left_out *);	      /* all of it, on stderr */
void absent_warn_named(const struct left_out *);      /* only what makes it a failure */
bool absent_any_named(const struct left_out *);	      /* there is such */
#endif
