/* loop: timers fall due in their order, once; what a handler takes away is not called; what is buried lives until the turn's end. */
#include "unit/tap.h"
#include "base/loop.h"

#include <signal.h>
#include <unistd.h>

static char seen[256]; /* what happened, a letter each */

static void
note_down(char letter)
{
	size_t len = strlen(seen);

	seen[len] = letter;
	seen[len + 1] = '\0';
}

static void
letter_is_due(struct timer *t)
{
	note_down(*(const char *)t->owner);
}

static void
end_is_due(struct timer *t)
{
	(void)t;
	note_down('.');
	loop_end();
}

static void
on_signal(int signal)
{
	note_down(signal == SIGTERM ? 'T' : signal == SIGHUP ? 'H' : '?');
	if (signal == SIGHUP)
		loop_end();
}

/* Runs the loop in a child, where it can end: what was seen comes back. */
static void
happens(void (*prepare)(void), const char *want, const char *name)
{
	char got[sizeof(seen)] = "";
	int ends[2];
	ssize_t n;

	(void)fflush(stdout);
	if (pipe(ends) != 0)
		exit(1);
	if (fork() == 0) {
		loop_open(on_signal);
		prepare();
		loop_run();
		_exit(write_full(ends[1], seen, strlen(seen)) != 0);
	}
	close(ends[1]);
	n = read_full(ends[0], got, sizeof(got) - 1);
	got[n > 0 ? n : 0] = '\0';
	close(ends[0]);
	is(got, want, name);
}

/* ---- timers ---- */

static struct timer timers[5], last;

static void
in_order(void)
{
	do { /* again should the machine have stood still in between */
		loop_timer(&timers[0], 20, letter_is_due, "c");
		loop_timer(&timers[1], 0, letter_is_due, "a");
		loop_timer(&timers[2], 10, letter_is_due, "b");
	} while (timers[1].at >= timers[2].at || timers[2].at >= timers[0].at);
	loop_timer(&timers[3], 20, letter_is_due, "d");
	loop_timer(&last, 30, end_is_due, NULL);
}

static void
set_anew(void)
{
	loop_timer(&timers[0], 0, letter_is_due, "a");
	loop_timer(&timers[1], 10, letter_is_due, "b");
	loop_timer(&timers[0], 20, letter_is_due, "c");
	loop_timer(&timers[2], 15, letter_is_due, "x");
	loop_cancel(&timers[2]);
	loop_cancel(&timers[2]);
	loop_cancel(&timers[4]);
	loop_timer(&last, 30, end_is_due, NULL);
}

static void
cancels_the_next(struct timer *t)
{
	(void)t;
	note_down('a');
	loop_cancel(&timers[1]);
}

static void
cancelled_when_due(void)
{
	loop_timer(&timers[0], 0, cancels_the_next, NULL);
	loop_timer(&timers[1], 0, letter_is_due, "x");
	loop_timer(&last, 10, end_is_due, NULL);
}

static void
comes_again(struct timer *t)
{
	static int times;

	note_down('r');
	if (++times < 3)
		loop_timer(t, 1, comes_again, NULL);
	else
		loop_end();
}

static void
repeated(void)
{
	loop_timer(&timers[0], 0, comes_again, NULL);
}

/* ---- descriptors ---- */

static int pipes[2][2];
static struct watch watches[2];

static void
open_pipes(void)
{
	if (pipe(pipes[0]) != 0 || pipe(pipes[1]) != 0)
		_exit(1);
}

static void
take_the_other_away(struct watch *w, unsigned events)
{
	note_down(events & WATCH_READ ? 'r' : '?');
	loop_unwatch(w == &watches[0] ? &watches[1] : &watches[0]);
	loop_unwatch(w);
	loop_unwatch(w);
	loop_want(w, WATCH_READ); /* harmless too */
}

static void
unwatched_in_a_handler(void)
{
	int i;

	open_pipes();
	for (i = 0; i < 2; i++) {
		loop_watch(&watches[i], pipes[i][0], WATCH_READ, take_the_other_away, NULL);
		(void)write_full(pipes[i][1], "x", 1);
	}
	loop_timer(&last, 20, end_is_due, NULL);
}

static void
written(struct watch *w, unsigned events)
{
	note_down(events & WATCH_WRITE ? 'w' : '?');
	loop_want(w, 0);
}

static void
hung_up(struct watch *w, unsigned events)
{
	note_down(events & WATCH_READ ? 'r' : '?');
	loop_unwatch(w);
}

static void
events_by_what_is_wanted(void)
{
	open_pipes();
	loop_watch(&watches[0], pipes[0][1], WATCH_WRITE, written, NULL);
	loop_watch(&watches[1], pipes[1][0], 0, hung_up, NULL);
	close(pipes[1][1]); /* a hang-up comes also to who wants nothing */
	loop_timer(&last, 20, end_is_due, NULL);
}

/* ---- many of them, and few again ---- */

enum { CROWD = 40, STAY = 3 };
static struct watch crowd[CROWD];
static int ends[CROWD][2];
static unsigned told;

static void
of_few(struct watch *w, unsigned events)
{
	char byte;

	(void)events;
	note_down(read(w->fd, &byte, 1) == 1 ? (char)('a' + (w - crowd)) : '?');
	if (++told == CROWD + STAY)
		loop_end();
}

static void
of_many(struct watch *w, unsigned events)
{
	int i = (int)(w - crowd);

	of_few(w, events);
	seen[0] = '\0';
	if (i >= STAY)
		loop_unwatch(w);
	else
		w->ready = of_few;
	if (told < CROWD)
		return;
	note_down('|');
	for (i = 0; i < STAY; i++)
		(void)write_full(ends[i][1], "y", 1);
}

static void
come_and_go(void)
{
	int i;

	for (i = 0; i < CROWD; i++) {
		if (pipe(ends[i]) != 0)
			_exit(1);
		(void)write_full(ends[i][1], "x", 1);
		loop_watch(&crowd[i], ends[i][0], 0, of_many, NULL);
	}
	for (i = CROWD; i-- > 0;)
		loop_want(&crowd[i], WATCH_READ);
}

/* ---- graves, turns, signals ---- */

struct mortal {
	struct watch watch;
	char letter;
};

static void
release(void *what)
{
	struct mortal *m = what;

	note_down(m->letter);
	free(m);
}

static void
buries_both(struct watch *w, unsigned events)
{
	struct mortal **both = w->owner;
	int i;

	(void)events;
	note_down('h');
	for (i = 0; i < 2; i++) {
		loop_unwatch(&both[i]->watch);
		loop_bury(both[i], release);
	}
	note_down('e');
}

static void
after_a_turn(void)
{
	static bool noted; /* a slow machine has turns without an event */

	if (!noted)
		note_down('|');
	noted = true;
}

/* Both are ready in the same turn, and whichever comes first takes the other with it. */
static void
buried(void)
{
	static struct mortal *both[2];
	int i;

	open_pipes();
	for (i = 0; i < 2; i++) {
		both[i] = xcalloc(1, sizeof(*both[i]));
		both[i]->letter = (char)('0' + i);
		loop_watch(&both[i]->watch, pipes[i][0], WATCH_READ, buries_both, both);
		(void)write_full(pipes[i][1], "x", 1);
	}
	loop_each_turn(after_a_turn);
	loop_timer(&last, 20, end_is_due, NULL);
}

static void
signalled(void)
{
	(void)kill(getpid(), SIGTERM);
	(void)kill(getpid(), SIGHUP);
}

static void
ends_at_once(void)
{
	loop_end();
}

int
main(void)
{
	happens(in_order, "abcd.", "timers fall due in their order, those of one moment as they were set");
	happens(set_anew, "bc.", "one that is set anew falls due once, one that is cancelled never");
	happens(cancelled_when_due, "a.", "nor does one that another takes away in the same turn");
	happens(repeated, "rrr", "one may set itself anew");
	happens(unwatched_in_a_handler, "r.", "what a handler has taken away is not called, though its event has come");
	happens(events_by_what_is_wanted, "wr.", "what is wanted is told, and a hang-up to everybody");
	happens(come_and_go, "|abc", "each of many is told, and when most have gone those that stay");
	happens(buried, "he|01.", "what is buried goes at the end of the turn, behind the flush");
	happens(ends_at_once, "", "a loop that has ended does not turn");
	happens(signalled, "HT", "signals come as calls");
	return done();
}
