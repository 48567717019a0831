/* Lines from many nodes made into what a person reads: raw, labelled, folded, or a file for each node. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "path.h"

enum output_mode {
	OUTPUT_RAW,    /* as it comes, whole lines of one node at a time; with one node, byte for byte at once */
	OUTPUT_LABEL,  /* "1:5: line", the label of printable characters only */
	OUTPUT_FOLD,   /* at the end: identical output once, under the folded list of its nodes */
	OUTPUT_FILES,  /* a file for each node and stream, from a pattern with %n (node), %j (job), %r (rank), %h (host) */
};
struct output;
/* nodes: the chosen ones, sorted; kept borrowed. Descriptors 1 and 2 are written to. pattern only for OUTPUT_FILES. */
struct output *output_new(enum output_mode, const struct path *nodes, size_t count, const char *pattern, const char *job);
/* Bytes of one node (index into nodes) and stream (1 or 2). A line held back for its end is at most 64 KiB; a longer one is passed on
 * in parts that no other node's line splits: the others wait until its end. 0, or -1 with errno: the reader of our output is gone. */
int output_add(struct output *, size_t node, int stream, const uint8_t *data, size_t len);
int output_end(struct output *, size_t node); /* that node has ended: its last line, with no newline added in raw mode of one node */
int output_finish(struct output *);	      /* all have ended: what was held back for folding */
size_t output_held(const struct output *);    /* bytes held in memory */
void output_free(struct output *);
#endif
