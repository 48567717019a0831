/* Tables before a person: columns aligned, no line wider than the terminal; and figures as one reads them. */
#ifndef TABLE_H
#define TABLE_H

#include "base/util.h"

enum { TABLE_COLUMNS = 12 };
struct table {
	struct strings cells; /* row by row */
	size_t columns;	      /* of each row, TABLE_COLUMNS at most */
	unsigned right;	      /* bits of those that are set flush right */
};
void table_add(struct table *, char *cell);    /* takes it over */
void table_rest(struct table *, char *text);   /* the same, of a text that may take all that is left of the row */
void table_print(const struct table *);	       /* to standard output; a terminal's rows are cut at its width */
void table_free(struct table *);	       /* what table_add has taken */
char *age_text(uint64_t ms);	  /* "17 s", "3 min", "5 h"; the caller frees */
char *bytes_text(uint64_t bytes); /* "512M", "3.4G": three figures are enough; the caller frees */
#endif
