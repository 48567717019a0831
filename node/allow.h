/* Who may use which nodes: the master's -allow file. gproc(1), "The allow file", has its form. */
#ifndef ALLOW_H
#define ALLOW_H

#include "nodespec.h"

/* A user's ids, as the kernel gave them; groups are the supplementary ones. Borrowed. */
struct allow_who {
	uint32_t uid, gid;
	const uint32_t *groups;
	size_t group_count;
};

struct allow;
/* The number of a user or group, or -1 when there is none of that name. */
typedef int allow_look_up(const char *name, bool is_group, uint32_t *id);
int allow_look_up_here(const char *name, bool is_group, uint32_t *id); /* in this machine's own lists */

/* NULL: allow_error() has the file's name, the line and what is wrong. The caller frees with allow_free. */
struct allow *allow_parse(const char *name, const char *text, size_t len, allow_look_up *);
struct allow *allow_load(const char *path); /* refuses a file that others than its owner and root may write */
const char *allow_error(void);		    /* why the last call failed; borrowed until the next */
void allow_free(struct allow *); /* NULL is allowed */

/* The nodes of each line that is for this asker; returns how many. *out is the caller's, the specs stay the file's. */
size_t allow_specs(const struct allow *, const struct allow_who *, const struct nodespec ***out);
bool allow_names(const struct allow *, const struct allow_who *); /* some line gives them any node at all */
/* The lines in one form, "1-8 alice,@staff", added to the list. */
void allow_lines(const struct allow *, struct strings *);
#endif
