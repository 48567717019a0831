/* Who is slow, who stalls, and whether another source is better. */
#include "node/pace.h"
#include "tap.h"

#define KIB(n) ((uint64_t)(n) << 10)

/* Pieces of 64 KiB to the asker, one every `every` ms, while the source goes on by `source` bytes in each; whether it was found slow. */
static bool
runs(unsigned pieces, unsigned every, uint64_t source)
{
	struct pace p = {0};
	uint64_t now = 5000, next = 0, have = KIB(64);
	bool slow = false;
	unsigned i;

	for (i = 0; i < pieces; i++) {
		next += KIB(64);
		slow = pace_is_slow(&p, now, have > next ? have : next, next) || slow;
		now += every;
		have += source;
	}
	return slow;
}

static void
slowness(void)
{
	struct pace p = {0};

	ok(!runs(1000, 5, KIB(64)), "in step");
	ok(!runs(1000, 5, KIB(128)), "half as fast is not slow");
	ok(runs(200, 50, KIB(640)), "a tenth is");
	ok(!runs(3, 50, KIB(6400)), "but not at once");
	(void)pace_is_slow(&p, 1000, KIB(64), KIB(64));
	(void)pace_is_slow(&p, 9000, KIB(9000), KIB(128));
	ok(!pace_is_slow(&p, 9001, KIB(9000), KIB(192)), "nor after a pause in which the asker did not run");
	p = (struct pace){0};
	ok(!pace_is_slow(&p, 1000, UINT64_MAX, 0) && !pace_is_slow(&p, 2000, UINT64_MAX, KIB(64)),
		"a source that has all from the start is no faster");
	ok(!pace_is_slow(&p, 3000, 0, KIB(128)), "nor is one that says it has nothing");
}

static void
stalls(void)
{
	struct pace p = {0};

	ok(!pace_stalls(&p, 1000, 2000, 0), "the first look says nothing");
	ok(!pace_stalls(&p, 2000, 2000, 0), "nor does an early one");
	ok(pace_stalls(&p, 3000, 2000, KIB(255)), "little in all that time is a stall");
	ok(!pace_stalls(&p, 5000, 2000, KIB(255 + 256)), "256 KiB are none");
}

static uint64_t tried_ms;

/* A piece of 64 KiB in each step of so many ms. */
static enum trial_state
try(uint64_t rate, unsigned every)
{
	struct trial t = trial_new(rate, 7000, KIB(1000));
	uint64_t now = 7000, next = KIB(1000);
	enum trial_state state = TRIAL_GOES_ON;

	while (state == TRIAL_GOES_ON && next < KIB(3000)) {
		now += every;
		next += KIB(64);
		state = trial_piece(&t, now, next);
	}
	tried_ms = now - 7000;
	ok(next <= KIB(1000 + 1024), "less than 1 MiB tells");
	return state;
}

int
main(void)
{
	struct pace p = {0};

	slowness();
	stalls();
	ok(pace_rate(&p, 1000, 5) == 0, "no rate yet");
	(void)pace_is_slow(&p, 1000, 0, 0);
	ok(pace_rate(&p, 1999, KIB(500)) == KIB(500), "bytes in a second");
	ok(pace_rate(&p, 1999, KIB(200)) == 0, "too few tell nothing");
	ok(try(KIB(1000), 10) == TRIAL_GOOD, "six times as fast is better");
	ok(try(KIB(1000), 50) == TRIAL_BAD, "a fifth more is not");
	ok(try(KIB(1000), 500) == TRIAL_BAD, "less is not");
	ok(try(KIB(32), 2000) == TRIAL_BAD && tried_ms < 9000, "and that is seen after some pieces");
	ok(try(KIB(32), 500) == TRIAL_GOOD, "four times as fast is better, on a slow wire too");
	ok(try(0, 5) == TRIAL_GOOD, "than nothing anything is");
	return done();
}
