/* Lines from many nodes made into what a person reads: raw, labelled, folded, or a file for each node. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "client/naming.h"

enum output_mode {
	OUTPUT_RAW,   /* as it comes, whole lines of one node at a time; of a single node byte for byte, at once */
	OUTPUT_LABEL, /* "1:5: line", the labels as wide as the widest */
	OUTPUT_FOLD,  /* both streams at the end, equal output once: see folding.h */
	OUTPUT_FILES, /* files for each node, byte for byte: see outfiles.h */
	OUTPUT_JSON,  /* an object a piece, on standard output */
};
struct output;

/* Borrowed until output_free. */
struct output_place {
	const struct naming *naming; /* NULL: nodes are shown by their paths */
	const char *pattern, *job;   /* OUTPUT_FILES: of their names; the pattern "-" is OUTPUT_RAW */
};

int output_check(const char *pattern); /* before a launch: files of it could be made. 0, or -1 with output_error() */
/* Output of nodes, which are sorted and borrowed until output_free, to descriptors 1 and 2. The caller ignores SIGPIPE. A non-blocking
 * descriptor is waited for; bytes for a closed one are dropped. The caller frees by output_free. NULL: output_error(). */
struct output *output_new(enum output_mode, const struct path *nodes, size_t count, const struct output_place *);
const char *output_error(void); /* what went wrong, on what, and why; borrowed until the next failure */

/* Adds bytes of one node (index into nodes) and stream (1 or 2). 0, or -1 with errno: the reader of that stream is gone, the disk is full,
 * ...; from then on all bytes for it are dropped, with -1 (OUTPUT_FILES: output_error() names the file).
 *
 * Lines of different nodes never mix, nor do the streams when both descriptors are one terminal or file. An unfinished line is held
 * until its end, however long it is. Only when 64 MiB of such lines are held in all, the longest is passed on as it comes while all others
 * wait. When there is too much again, or that line has stood still for a second while others wait, a newline breaks it, the others' lines
 * come out, and the rest of it is a line of its own.
 *
 * What a node writes is passed on as it is. Only where gproc adds words of its own (labelled, folded) and the descriptor is a
 * terminal, control characters other than tab and a CR before the newline, and bytes that are not UTF-8, are shown as "\xHH": no
 * node can then forge another's line by moving the cursor. In a pipe or file every line has its label, and scripts get the bytes.
 *
 * For folding 128 MiB are held of all nodes; output of one that is beyond that is labelled from its beginning instead, and output_finish
 * says so. */
int output_add(struct output *, size_t node, int stream, const uint8_t *data, size_t len);
/* A node has ended, with that status: its last line is written, with a newline if it had none (but not in OUTPUT_RAW of one node, to files,
 * or as JSON). Returns as output_add. */
int output_end(struct output *, size_t node, unsigned status);
/* Milliseconds until output_idle has something to do, however much other nodes write; -1: nothing. now: now_ms(). */
int output_due(const struct output *, uint64_t now);
/* Ends long lines that other nodes wait for and to which nothing was added for a second. Returns as output_add. */
int output_idle(struct output *, uint64_t now);
/* Writes what is held, for folding or for want of a newline, also of nodes that have not ended. Returns as output_add. */
int output_finish(struct output *);
/* Writes gproc's own words to standard output. Returns as output_add. */
int output_print(struct output *, const void *text, size_t len);
bool output_in_line(const struct output *); /* a terminal shows the beginning of a line that is to go on */
void output_free(struct output *);	    /* NULL is allowed; what is held is dropped */
#endif
