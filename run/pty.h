/* A pseudo-terminal of a job: made for its user, sized, and told of the end of what is typed. */
#ifndef PTY_H
#define PTY_H

#include <sys/types.h>

#include "proto.h"

/* Descriptors are close-on-exec and the caller's to close. */
struct pty {
	int master;  /* non-blocking: what the program writes, and where what is typed goes */
	int slave;   /* what the program has as 0, 1 and 2 */
	int devices; /* a detached mount for the job's /dev/pts, where the node has no pseudo-terminals of its own; else -1 */
};
/* owner: the user to whom it is given away; (uid_t)-1: it is the caller's. 0, or -1 with errno, and nothing to close. */
int pty_open(struct pty *, uid_t owner, const struct msg_resize *);
int pty_resize(int master, const struct msg_resize *); /* the program gets SIGWINCH where that is another size. -1 with errno */
bool pty_has_lines(int master); /* its program reads whole lines, as at first, and not each key */
/* What is typed to end the input there, as the terminal is set: one byte, two behind an unfinished line. How many. */
size_t pty_eof(int master, bool line_begun, uint8_t out[2]);
/* In a process that leads a session and has the slave as 0, 1 and 2: makes it the session's. -1 with errno */
int pty_control(void);
#endif
