/* A client's conversation with its master. */
#ifndef TALK_H
#define TALK_H

#include "link/link.h"
#include "link/net.h"
#include "proto.h"

/* Connects to the master's socket. The caller frees by link_free. Dies (255) when there is no master, or it is run by a user who is neither
 * root nor the caller. */
struct link *talk_open(const char *socket_path);
/* Waits for the next frame; its body is borrowed until the next call. Dies (255) when the master is gone, and at a MSG_ERROR with its text
 * and status. */
void talk_next(struct link *, struct frame *);
void talk_take(struct link *, struct frame *);			      /* the same, but hands a MSG_ERROR on */
void talk_send(struct link *, unsigned type, const struct buf *body); /* queues a message; body NULL: empty */
/* Dies with the text and status of a MSG_ERROR. */
void talk_error(const struct frame *) __attribute__((noreturn));
#endif
