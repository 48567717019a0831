/* The one loop: calls a handler when a descriptor is ready, a deadline has come, or a signal. */
#ifndef LOOP_H
#define LOOP_H

#include "base/util.h"

enum { WATCH_READ = 1, WATCH_WRITE = 2 };

/* A descriptor and its handler; a part of its owner. An error or a hang-up counts as readable. */
struct watch {
	int fd;
	unsigned want; /* WATCH_ bits */
	void (*ready)(struct watch *, unsigned events);
	void *owner;
	struct watch *next, **at; /* the loop's own */
};
/* A deadline and its handler; a part of its owner. */
struct timer {
	uint64_t at; /* milliseconds, on the clock of now_ms() */
	bool set;
	void (*due)(struct timer *);
	void *owner;
	struct timer *next;
};

/* Opens the one loop of the process. From here on SIGCHLD, SIGTERM, SIGINT and SIGHUP come to on_signal, in a turn, and SIGPIPE is ignored.
 * Dies when the kernel gives no epoll set or signalfd. */
void loop_open(void (*on_signal)(int signal));
/* Begins to watch fd for WATCH_ bits; ready gets those that are true. Dies when the kernel refuses. */
void loop_watch(struct watch *, int fd, unsigned want, void (*ready)(struct watch *, unsigned), void *owner);
void loop_want(struct watch *, unsigned want); /* other bits from now on */
void loop_unwatch(struct watch *);	       /* before the descriptor is closed; harmless when it is not watched */
/* Calls due once, delay_ms milliseconds from now or a little later; 0: when the events of this turn are handled. Set already, it is set
 * anew. */
void loop_timer(struct timer *, uint64_t delay_ms, void (*due)(struct timer *), void *owner);
void loop_cancel(struct timer *); /* harmless when it is not set */
/* Calls release(what) at the end of the turn: until then an event of this turn may still lead to what a handler wants to free. */
void loop_bury(void *what, void (*release)(void *));
void loop_each_turn(void (*flush)(void)); /* called at the end of each turn, before the buried are released */
uint64_t loop_now(void);		  /* now_ms() when this turn began */
uint64_t loop_pause(void); /* milliseconds, before this turn and in it, in which this process did not listen: stopped, starved, or busy */
bool loop_late(void); /* this turn has taken some milliseconds: what can wait should be left to the next (false where no loop is open) */
void loop_run(void);  /* turn after turn, until loop_end */
void loop_end(void);  /* this turn is the last */
#endif
