/* A client's conversation with its master. */
#ifndef TALK_H
#define TALK_H

#include "link/link.h"
#include "link/net.h"
#include "proto.h"

/* Connects to the master's socket; dies (255) when there is none, or when it is run by somebody who is neither root nor the caller. */
struct link *talk_open(const char *socket_path);
/* The next frame; waits for it. Dies (255) when the master is gone. A MSG_ERROR ends the process with its text and status. */
void talk_next(struct link *, struct frame *);
void talk_send(struct link *, unsigned type, const struct buf *body); /* body NULL: empty */
/* Ends the process as MSG_ERROR in the frame says. */
void talk_error(const struct frame *) __attribute__((noreturn));
#endif
