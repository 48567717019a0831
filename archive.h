/* Files of a node on their way to the head: a stream of records, written by a process of the node's user and believed in nothing by
 * the reader. Integers are big-endian. doc/protocol.md has the layout. */
#ifndef ARCHIVE_H
#define ARCHIVE_H

#include "base/buf.h"

enum archive_kind {
	ARCHIVE_DIR = 1,
	ARCHIVE_FILE = 2, /* data and holes follow, then its end */
	ARCHIVE_LINK = 3,
	ARCHIVE_HARD_LINK = 4,
	ARCHIVE_DATA = 5,
	ARCHIVE_HOLE = 6,
	ARCHIVE_FILE_END = 7, /* why "": it is whole */
	ARCHIVE_FAILED = 8,   /* this path could not be read */
	ARCHIVE_NOTE = 9,     /* this path is left out, which is no failure */
	ARCHIVE_END = 10,     /* nothing follows: what ends without it was cut short */
};
#define ARCHIVE_DATA_MAX (64u << 10) /* bytes of a file in one record */

struct archive_item {
	enum archive_kind kind;
	const char *path;   /* all but DATA, HOLE, FILE_END, END: below the place asked for, as path_inside has it; FAILED, NOTE: any */
	const char *target; /* LINK: its text; HARD_LINK: the path of an earlier file */
	const char *why;    /* FILE_END, FAILED, NOTE */
	uint32_t mode;	    /* DIR, FILE: permission bits, without set-id bits */
	uint64_t mtime;	    /* DIR, FILE, LINK: seconds since 1970 */
	uint32_t mtime_ns;
	uint64_t size; /* FILE: as it was said when it was opened; HOLE: bytes */
	const uint8_t *data; /* DATA */
	size_t len;
};
/* Appends one record. */
void archive_put(struct buf *, const struct archive_item *);

/* Reads a stream that comes in parts; {0} is at its beginning. The caller frees by archive_free. */
struct archive {
	struct buf held;  /* of a record that is not whole yet */
	size_t data_left; /* bytes that a data record still has */
	bool in_file, ended;
};
enum archive_state { ARCHIVE_MORE, ARCHIVE_ITEM, ARCHIVE_BAD };
/* The next record: *out, whose texts and bytes are borrowed until the next call. It takes from *at, and moves it on; a data record may come in several. MORE: all was taken. BAD:
 * no archive, or one whose records come out of order. */
enum archive_state archive_next(struct archive *, struct reader *at, struct archive_item *out);
void archive_free(struct archive *); /* of a reader under way, or done; it is empty afterwards */
#endif
