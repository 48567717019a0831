/* The one loop: descriptors, deadlines and signals.
 * Must never know what they are for. */
#include "base/loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

enum {
	TURN_US = 3000, /* microseconds after which a turn begins nothing more that can wait */
	FEW = 16, /* descriptors that poll() is given one by one; of more an epoll set costs less, with its call for each change and each turn */
	BATCH = 256,	/* events taken in one turn: enough to amortise the call, few enough that signals and timers stay prompt */
};

struct grave {
	void *what;
	void (*release)(void *);
};

static struct {
	int epoll, signals;
	bool ended, many; /* many: the watches are in the epoll set */
	struct watch *watches, **last; /* in the order in which they began */
	size_t watched;
	uint64_t now, pause;
	uint64_t begun, longest; /* microseconds: when this turn began; the processor time of the longest that was told of */
	struct epoll_event events[BATCH];
	int count, at;	      /* of events: how many there are, and the first that was not handled yet */
	struct timer *timers; /* soonest first */
	struct grave *graves;
	size_t grave_count, grave_room;
	void (*on_signal)(int);
	void (*flush)(void);
} loop = {.epoll = -1, .signals = -1, .last = &loop.watches};

void
loop_open(void (*on_signal)(int signal))
{
	static const int wanted[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < COUNT(wanted); i++)
		sigaddset(&set, wanted[i]);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	loop.on_signal = on_signal;
	loop.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	loop.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop.signals < 0 || loop.epoll < 0)
		die(255, "the kernel gives no epoll set or signalfd: %s", strerror(errno));
	if (epoll_ctl(loop.epoll, EPOLL_CTL_ADD, loop.signals, &(struct epoll_event){.events = EPOLLIN, .data.ptr = &loop}) != 0)
		die(255, "can't wait for signals: %s", strerror(errno));
	loop.now = now_ms();
}

static uint32_t
epoll_bits(unsigned want)
{
	return (want & WATCH_READ ? EPOLLIN : 0u) | (want & WATCH_WRITE ? EPOLLOUT : 0u);
}

static int
set_epoll(int what, struct watch *w)
{
	struct epoll_event event = {.events = epoll_bits(w->want), .data.ptr = w};

	return epoll_ctl(loop.epoll, what, w->fd, &event);
}

static void
join_set(struct watch *w)
{
	if (set_epoll(EPOLL_CTL_ADD, w) != 0)
		die(255, "can't wait for descriptor %d: %s", w->fd, strerror(errno));
}

/* Into the epoll set when they are too many for poll(), and out of it again when there are far fewer. */
static void
count_watches(void)
{
	struct watch *w;
	bool many = loop.watched > (loop.many ? FEW / 2 : FEW);

	for (w = loop.watches; w && many != loop.many; w = w->next)
		if (many)
			join_set(w);
		else
			(void)set_epoll(EPOLL_CTL_DEL, w);
	loop.many = many;
}

void
loop_watch(struct watch *w, int fd, unsigned want, void (*ready)(struct watch *, unsigned), void *owner)
{
	*w = (struct watch){.fd = fd, .want = want, .ready = ready, .owner = owner, .at = loop.last};
	if (loop.many)
		join_set(w);
	*loop.last = w;
	loop.last = &w->next;
	loop.watched++;
	count_watches();
}

void
loop_want(struct watch *w, unsigned want)
{
	if (!w->ready || want == w->want)
		return;
	w->want = want;
	if (loop.many)
		(void)set_epoll(EPOLL_CTL_MOD, w);
}

void
loop_unwatch(struct watch *w)
{
	int i;

	for (i = loop.at; i < loop.count; i++)
		if (loop.events[i].data.ptr == w)
			loop.events[i].data.ptr = NULL;
	if (!w->ready)
		return;
	if (loop.many)
		(void)set_epoll(EPOLL_CTL_DEL, w);
	*w->at = w->next;
	*(w->next ? &w->next->at : &loop.last) = w->at;
	loop.watched--;
	w->ready = NULL;
	w->want = 0;
	count_watches();
}

void
loop_cancel(struct timer *t)
{
	struct timer **at;

	if (!t->set)
		return;
	for (at = &loop.timers; *at != t; at = &(*at)->next)
		;
	*at = t->next;
	t->set = false;
}

void
loop_timer(struct timer *t, uint64_t delay_ms, void (*due)(struct timer *), void *owner)
{
	struct timer **at;

	loop_cancel(t);
	*t = (struct timer){.at = now_ms() + delay_ms, .set = true, .due = due, .owner = owner};
	for (at = &loop.timers; *at && (*at)->at <= t->at; at = &(*at)->next)
		;
	t->next = *at;
	*at = t;
}

void
loop_bury(void *what, void (*release)(void *))
{
	loop.graves = grow(loop.graves, loop.grave_count, &loop.grave_room, sizeof(loop.graves[0]));
	loop.graves[loop.grave_count++] = (struct grave){what, release};
}

void
loop_each_turn(void (*flush)(void))
{
	loop.flush = flush;
}

uint64_t
loop_now(void)
{
	return loop.now;
}

uint64_t
loop_pause(void)
{
	return loop.pause + (now_ms() - loop.now);
}

void
loop_end(void)
{
	loop.ended = true;
}

static void
take_signals(void)
{
	struct signalfd_siginfo info[4];
	ssize_t n = read(loop.signals, info, sizeof(info)), i;

	for (i = 0; i < n / (ssize_t)sizeof(info[0]); i++)
		loop.on_signal((int)info[i].ssi_signo);
}

static uint64_t
microseconds(clockid_t clock)
{
	struct timespec t = {0};

	(void)clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

bool
loop_late(void)
{
	return loop.epoll >= 0 && microseconds(CLOCK_MONOTONIC) - loop.begun >= TURN_US;
}

static void
take_event(const struct epoll_event *event)
{
	struct watch *w = event->data.ptr;
	unsigned got = event->events & EPOLLOUT ? WATCH_WRITE : 0;

	if (event->events & ~(unsigned)EPOLLOUT)
		got |= WATCH_READ;
	/* It may have come in an earlier turn: what is not wanted any more is not told. */
	if (w && w->ready && event->events & (epoll_bits(w->want) | EPOLLERR | EPOLLHUP))
		w->ready(w, got);
}

/* One at least, then as many as the turn has time for; the others come first in the next turn. */
static void
take_events(void)
{
	while (loop.at < loop.count) {
		take_event(&loop.events[loop.at++]);
		if (loop_late())
			break;
	}
}

static void
take_timers(void)
{
	while (loop.timers && loop.timers->at <= loop.now) {
		struct timer *t = loop.timers;

		loop_cancel(t);
		t->due(t);
	}
}

static void
bury_dead(void)
{
	size_t i;

	for (i = 0; i < loop.grave_count; i++)
		loop.graves[i].release(loop.graves[i].what);
	loop.grave_count = 0;
}

/* How long to wait for events: milliseconds until the next timer; -1: there is none. */
static int
patience(void)
{
	uint64_t now = now_ms();

	if (!loop.timers)
		return -1;
	if (loop.timers->at <= now)
		return 0;
	return loop.timers->at - now > 3600000 ? 3600000 : (int)(loop.timers->at - now);
}

/* At -debug=1, for people who look for what takes too long: each turn that took clearly more than all before. */
static void
note_longest(uint64_t spent)
{
	if (spent < TURN_US / 3 || spent < loop.longest + loop.longest / 8)
		return;
	loop.longest = spent;
	note(1, "the longest turn so far took %llu us", (unsigned long long)spent);
}

static void
do_turn(bool signals)
{
	uint64_t before = debug_level > 0 ? microseconds(CLOCK_THREAD_CPUTIME_ID) : 0;

	loop.begun = microseconds(CLOCK_MONOTONIC);
	if (signals)
		take_signals();
	if (loop.at < loop.count)
		take_events();
	take_timers();
	if (loop.flush)
		loop.flush();
	bury_dead();
	if (debug_level > 0)
		note_longest(microseconds(CLOCK_THREAD_CPUTIME_ID) - before);
}

/* Waits for the watches one by one, or while some events of an earlier turn are left for a signal alone. True: one has come. */
static bool
wait_by_poll(int wait)
{
	struct pollfd fds[1 + FEW] = {{.fd = loop.signals, .events = POLLIN}};
	struct watch *w, *first = loop.at < loop.count ? NULL : loop.watches;
	nfds_t count = 1;

	for (w = first; w; w = w->next)
		fds[count++] = (struct pollfd){.fd = w->fd, .events = (short)epoll_bits(w->want)}; /* the bits of both are the same */
	if (poll(fds, count, wait) < 0) {
		if (errno != EINTR)
			die(255, "poll failed: %s", strerror(errno));
		return false;
	}
	if (loop.at == loop.count)
		loop.at = loop.count = 0;
	for (w = first, count = 1; w; w = w->next, count++)
		if (fds[count].revents)
			loop.events[loop.count++] = (struct epoll_event){.events = (uint32_t)fds[count].revents, .data.ptr = w};
	return fds[0].revents;
}

/* Waits for the epoll set. True: a signal has come. */
static bool
wait_by_epoll(int wait)
{
	bool signals = false;
	int i;

	loop.at = 0;
	loop.count = epoll_wait(loop.epoll, loop.events, BATCH, wait);
	if (loop.count < 0)
		loop.count = 0;
	for (i = 0; i < loop.count; i++)
		if (loop.events[i].data.ptr == &loop) {
			loop.events[i].data.ptr = NULL;
			signals = true;
		}
	return signals;
}

void
loop_run(void)
{
	while (!loop.ended) {
		int wait = loop.at < loop.count ? 0 : patience();
		uint64_t before = now_ms(), waited;
		bool signals = loop.many && loop.at == loop.count ? wait_by_epoll(wait) : wait_by_poll(wait);

		/* Between two turns no more than the wait should pass. For as long as more has passed, this process did not listen. */
		loop.pause = before - loop.now;
		loop.now = now_ms();
		waited = loop.now - before;
		loop.pause += wait >= 0 && waited > (uint64_t)wait ? waited - (uint64_t)wait : 0;
		do_turn(signals);
	}
}
