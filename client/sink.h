/* Standard output or standard error: bytes gathered, and written when there are many, patiently. */
#ifndef SINK_H
#define SINK_H

#include "base/buf.h"

struct sink {
	int fd;
	bool terminal, closed;
	bool in_line; /* what was written last was not the end of a line */
	int error; /* errno of the first write that failed; nothing is written after it */
	struct buf out;
};

void sink_open(struct sink *, int fd);				 /* the descriptor stays its owner's; it may be closed, or not block */
void sink_put(struct sink *, const void *, size_t len);		 /* as they are */
void sink_put_shown(struct sink *, const uint8_t *, size_t len); /* to a terminal so that they can't move its cursor: "\xHH" */
void sink_flush(struct sink *);					 /* all of it, waiting where a descriptor that does not block is full */
int sink_result(const struct sink *);				 /* 0, or -1 with the errno of the write that failed */
bool sink_in_line(const struct sink *);				 /* a terminal shows the beginning of a line that is to go on */
void sink_free(struct sink *);					 /* what was not written is dropped */
#endif
