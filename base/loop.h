/* The one loop: descriptors, deadlines and signals, each handed to whoever asked for it. */
#ifndef LOOP_H
#define LOOP_H

#include "base/util.h"

enum { WATCH_READ = 1, WATCH_WRITE = 2 };

/* A descriptor somebody waits for; lives inside its owner. An error or a hang-up counts as readable. */
struct watch {
	int fd;
	unsigned want; /* WATCH_ bits now asked for */
	void (*ready)(struct watch *, unsigned events);
	void *owner;
};
/* A moment somebody waits for; lives inside its owner. */
struct timer {
	uint64_t at; /* now_ms() */
	bool set;
	void (*due)(struct timer *);
	void *owner;
	struct timer *next;
};

/* There is one loop in a process. Dies when the kernel gives no epoll set or signalfd. */
void loop_open(void (*on_signal)(int signal));
void loop_watch(struct watch *, int fd, unsigned want, void (*ready)(struct watch *, unsigned), void *owner);
void loop_want(struct watch *, unsigned want);
void loop_unwatch(struct watch *); /* before the descriptor is closed; harmless when not watched */
void loop_timer(struct timer *, uint64_t delay_ms, void (*due)(struct timer *), void *owner); /* sets it, or sets it anew */
void loop_cancel(struct timer *);
/* What is freed by a handler may still be named by an event of the same turn: the loop calls release at the end of the turn. */
void loop_bury(void *what, void (*release)(void *));
/* Called once at the end of each turn, when everything that had come was handled. */
void loop_each_turn(void (*flush)(void));
uint64_t loop_now(void);   /* now_ms() as of this turn */
uint64_t loop_pause(void); /* milliseconds this process was not listening, before this turn and in it: stopped, starved, or busy */
void loop_run(void);	   /* until loop_end */
void loop_end(void);
#endif
