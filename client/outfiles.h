/* Output of each node to files of its own, byte for byte (-o). */
#ifndef OUTFILES_H
#define OUTFILES_H

#include "client/naming.h"

struct outfiles;

/* Whether files of that pattern could be made where it begins, before it is known of which nodes: makes the directories that stand before
 * its first letter. 0, or -1 with outfiles_error(). */
int outfiles_check(const char *pattern);
/* Makes the files, and the directories above them, empty, so that a bad place is known early. The pattern has the letters of letters.h; one
 * that ends in "/" is DIR/%n.%s. Where it has %s there are three files for each node, out, err and rc, the status; else stderr goes to the
 * same name with ".err" behind. Nodes are borrowed. NULL: outfiles_error(), also when two nodes would write to one. The caller frees. */
struct outfiles *outfiles_new(const char *pattern, const struct path *nodes, size_t count, const struct naming *, const char *job);
const char *outfiles_error(void); /* why, with the file's name; borrowed until the next failure */
int outfiles_add(
	const struct outfiles *, size_t node, int stream, const uint8_t *data, size_t len); /* 0, or -1 with errno and outfiles_error() */
int outfiles_end(const struct outfiles *, size_t node, unsigned status); /* the node has ended: writes its rc. Returns as outfiles_add */
void outfiles_free(struct outfiles *);					 /* NULL is allowed */
#endif
