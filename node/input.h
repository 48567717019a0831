/* What this node's own part of a job reads: kept until its program takes it. */
#ifndef INPUT_H
#define INPUT_H

#include "base/loop.h"
#include "base/buf.h"

struct msg_input;

/* A part of its owner; cleared, it is over. */
struct input {
	struct watch watch;
	struct timer again; /* see type_end */
	struct timer told;  /* see input_settle */
	uint64_t job;
	int fd, reader; /* the program's pipe, to write; once that is closed, to count what is left in it. -1: none */
	bool terminal;	/* it is typed at one, which lives on when the input has ended */
	bool open;	/* not over */
	bool end;	/* the last of it has come */
	uint8_t last;	/* byte that has come; \n before the first */
	struct buf bytes;
	size_t head;	      /* of bytes: what the program's pipe has taken */
	uint64_t have, taken; /* as in struct msg_event */
};
void input_begin(struct input *, uint64_t job, unsigned mode); /* mode: enum input_mode. Pieces may come before there is a program */
void input_feed(struct input *, int fd);		       /* the pipe, or the terminal, is there; taken over */
void input_add(struct input *, const struct msg_input *);      /* takes what follows, passes over the rest */
void input_send_taken(struct input *);			       /* sends the head how far it has come, however often */
void input_settle(struct input *); /* the verdict follows: tells the head what it was not worth a frame to tell at once */
void input_over(struct input *); /* nothing more is read: tells the head how far the program has come. Harmless when it is over */
#endif
