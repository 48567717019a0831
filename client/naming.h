/* What nodes are called before a person: by their paths, or by their hosts' names where -names asks for that. */
#ifndef NAMING_H
#define NAMING_H

#include "base/path.h"

/* What the master says of the nodes of an answer (MSG_NAMES). Where NULL stands for one below, nothing is known, and paths are shown. */
struct naming;

struct naming *naming_new(bool by_host);				/* by_host: nodes are shown by their hosts. The caller frees */
int naming_take(struct naming *, const uint8_t *, size_t);		/* adds the nodes of a NAMES' body. -1: it is malformed */
const char *naming_host(const struct naming *, const struct path *);	/* as it claims to be called, printable; "" when not known */
const char *naming_machine(const struct naming *, const struct path *); /* likewise, as uname -m prints it */
/* One node: its host, or its path where that can't stand for it: it is another's too, or no name. Borrowed, or in out. */
const char *naming_text(const struct naming *, const struct path *, char out[PATH_TEXT]);
int naming_compare(const struct naming *, const struct path *, const struct path *); /* the order of what they are shown by */
/* Nodes, folded: "1-4,1:5", or "n[1-5]". The paths are sorted. The caller frees. */
char *naming_fold(const struct naming *, const struct path *, size_t count);
/* The same of a list that the master has folded. The caller frees. */
char *naming_list(const struct naming *, const char *folded);
/* As they are listed, "1-4,1:5 (5)": with their number where there are several. The caller frees. */
char *naming_counted(const struct naming *, const struct path *, size_t count);
char *naming_with_count(char *folded, uint64_t count); /* takes the text over; the caller frees what comes back */
void naming_free(struct naming *);		       /* NULL is allowed */
#endif
