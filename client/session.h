/* A client's conversation with its master. */
#ifndef SESSION_H
#define SESSION_H

#include "link/link.h"
#include "link/net.h"
#include "proto.h"

/* Connects to the master's socket. The caller frees by link_free. Dies (255) when there is no master, or it is run by a user who is neither
 * root nor the caller. */
struct link *session_open(const char *socket_path);
/* The same, but NULL, and session_why() says why, where session_open dies. */
struct link *session_try(const char *socket_path);
const char *session_why(void); /* borrowed until the next session_try */
/* Waits for the next frame; its body is borrowed until the next call. Dies (255) when the master is gone, and at a MSG_ERROR with its text
 * and status. */
void session_next(struct link *, struct frame *);
void session_take(struct link *, struct frame *);			 /* the same, but hands a MSG_ERROR on */
/* As session_take, but no longer than until now_ms() is `end`: false, nothing has come. */
bool session_until(struct link *, struct frame *, uint64_t end);
void session_send(struct link *, unsigned type, const struct buf *body); /* queues a message; body NULL: empty */
int flush_stdout(int status);	 /* the status, when all has been written; else dies: 141 when its reader has gone, or 255 */
void session_bad(const struct frame *) __attribute__((noreturn));	 /* dies (255): it can't be read, or was not to come now */
/* Dies with the text and status of a MSG_ERROR. */
void session_error(const struct frame *) __attribute__((noreturn));
#endif
