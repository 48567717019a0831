/* Lines from many nodes made into what a person reads: raw, labelled, folded, or a file for each node. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "base/path.h"

enum output_mode {
	OUTPUT_RAW,   /* as it comes, whole lines of one node at a time; of a single node byte for byte, at once */
	OUTPUT_LABEL, /* "1:5: line" */
	OUTPUT_FOLD,  /* stdout at the end, identical output once, indented under "1-4,9 (5 nodes):"; stderr labelled at once */
	OUTPUT_FILES, /* files for each node, byte for byte, see below */
};
struct output;

/* Output of nodes, which are sorted and borrowed until output_free, to descriptors 1 and 2. The caller ignores SIGPIPE. A non-blocking
 * descriptor is waited for; bytes for a closed one are dropped. pattern (OUTPUT_FILES): a file name with %n (node, "1:5"), %j (job), %r
 * (rank, from 0), %s (out or err), %%
 * (%). Where it has no %s, stderr goes to the same name with ".err" behind. All files are made empty here, so that a bad place is known
 * before anything runs; several nodes need a %n or %r. The pattern "-" is OUTPUT_RAW. job and pattern may be NULL where they are not used.
 * The caller frees by output_free. NULL: output_error(). */
struct output *output_new(enum output_mode, const struct path *nodes, size_t count, const char *pattern, const char *job);
const char *output_error(void); /* why output_new or a write to a file failed; borrowed until the next failure */

/* Adds bytes of one node (index into nodes) and stream (1 or 2). 0, or -1 with errno: the reader of that stream is gone, the disk is full,
 * ...; from then on all bytes for it are dropped, with -1 (OUTPUT_FILES: output_error() names the file).
 *
 * Lines of different nodes never mix, nor do the streams when both descriptors are one terminal or file. An unfinished line is held
 * until its end, or up to 64 KiB; from then on it is passed on as it comes while all others wait, each with 64 KiB of its own (64 MiB
 * for all together). When one that waits has more than that, or the long line has stood still for a second, a newline breaks the long line,
 * the others' lines come out, and the rest of the long line is a line of its own. So no line is broken in OUTPUT_RAW and OUTPUT_LABEL
 * unless it keeps others from going on.
 *
 * What a node writes is passed on as it is. Only where gproc adds words of its own (labelled, folded) and the descriptor is a
 * terminal, control characters other than tab and a CR before the newline, and bytes that are not UTF-8, are shown as "\xHH": no
 * node can then forge another's line by moving the cursor. In a pipe or file every line has its label, and scripts get the bytes.
 *
 * For folding a node's stdout is held up to 1 MiB, and up to 128 MiB for all nodes; the output of a node that has more is labelled from
 * its beginning instead, and output_finish says so. A last line without newline is folded as if it had one. */
int output_add(struct output *, size_t node, int stream, const uint8_t *data, size_t len);
/* A node has ended: its last line is written, with a newline if it had none (but not in OUTPUT_RAW of one node, or to files). Returns as
 * output_add. */
int output_end(struct output *, size_t node);
/* Milliseconds until output_idle has something to do, however much other nodes write; -1: nothing. now: now_ms(). */
int output_due(const struct output *, uint64_t now);
/* Ends long lines that other nodes wait for and to which nothing was added for a second. Returns as output_add. */
int output_idle(struct output *, uint64_t now);
/* Nothing more will come: writes what is held, for folding or for want of a newline. A node that neither ended nor wrote is in no fold, what
 * one that has not ended wrote is marked incomplete; "no output" is printed only where other nodes have some. Returns as output_add. */
int output_finish(struct output *);
/* Writes gproc's own words to standard output. Returns as output_add. */
int output_print(struct output *, const char *text);
size_t output_held(const struct output *); /* bytes held in memory: for tests of the bounds above */
void output_free(struct output *);	   /* NULL is allowed; what is held is dropped */
#endif
