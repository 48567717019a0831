/* The user's own terminal, as the keyboard and the screen of a job's: raw mode, its size, and the keys that are gproc's own. */
#ifndef TERMINAL_H
#define TERMINAL_H

#include "base/buf.h"
#include "proto.h"

/* What the user wants of gproc itself, by the escape character and a key behind it. */
enum terminal_wish { WISH_NONE, WISH_END, WISH_DETACH, WISH_SUSPEND, WISH_HELP };

struct terminal {
	int escape;	  /* the character; -1: none */
	bool raw;	  /* standard input is a terminal, in raw mode now or while it is not suspended */
	bool fresh;	  /* a line begins: there the escape character counts */
	bool held;	  /* it has come, and waits for the key behind it */
	int screen;	  /* standard output, not blocking where that is a terminal */
	struct buf shown; /* what it has not taken yet; */
	size_t head;	  /* of that, what it has */
};

/* Begins: raw mode where standard input is a terminal whose keys are wanted, else none. Cooked mode is put back when the process ends,
 * whatever way, even killed. In the background it stops, as each program does that sets a terminal. escape: the character, or -1. */
void terminal_begin(struct terminal *, bool keys, int escape);
void terminal_end(struct terminal *); /* cooked mode is back; harmless where it never was another, and before terminal_begin */
/* What is known of the size of standard input's terminal, or standard output's. */
struct msg_resize terminal_size(void);

/* Of keys, those for the job are added to out; up to the first that make a wish, which is returned, and *used says how many bytes that was.
 */
enum terminal_wish terminal_keys(struct terminal *, const uint8_t *keys, size_t len, size_t *used, struct buf *out);
/* Stops this process and its group with the terminal as it was, as Ctrl-Z does; returns when it goes on, in raw mode again. */
void terminal_suspend(struct terminal *);
void terminal_resume(struct terminal *); /* raw mode again, after SIGCONT: what stopped this process may have been another */
void terminal_help(struct terminal *);	 /* shows what the escape character is for */

/* Adds what the job has written. Nothing here waits for a slow terminal. */
void terminal_show(struct terminal *, const uint8_t *data, size_t len);
size_t terminal_waits(const struct terminal *);	 /* bytes to be shown yet: then poll screen for POLLOUT, and */
int terminal_flush(struct terminal *, bool all); /* shows what there is room for, or waits for all of it. -1 with errno: it is gone */
#endif
