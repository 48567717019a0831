/* How the source of an object moves beside the node that asks it.
 * Must never know which nodes these are, or what follows. */
#include "node/pace.h"

enum {
	IN_STEP = 512 << 10, /* bytes that sockets and the loops of two nodes may hold: no lag */
	FAR = 2 << 20,	     /* bytes by which a lag has grown that is no chance */
	LEAST_MS = 400,
	PAUSE_MS = 100, /* a longer one may be a time in which the asker had no processor */
	TIMES = 4,
	STALL = 256 << 10,	 /* bytes: less is as good as nothing */
	TRIAL_START = 256 << 10, /* bytes until a new stream has its speed */
	TRIAL_LEAST_MS = 1500,	 /* for the way to it, and a time without a processor */
	TRIAL_CLEAR = 128 << 10, /* bytes behind the start that show that it is no better at all: a trial costs its source's wire */
	TRIAL_LATE = 192 << 10,	 /* bytes: three pieces */
	TRIAL_HALVES = 5,  /* times as fast, halved: a rate of before may have had a pause in it; but three may ask the same one at once */
	TRIAL = 512 << 10, /* bytes that show it: twice what may be on two ways at once */
};

bool
pace_is_slow(struct pace *p, uint64_t now, uint64_t have, uint64_t next)
{
	uint64_t lag = have > next ? have - next : 0, passed = p->last ? now - p->last : 0, more;
	bool first = p->begun == 0;

	if (first) {
		p->begun = now;
		p->from = next;
	}
	p->last = now;
	p->lasted += passed < PAUSE_MS ? passed : PAUSE_MS;
	if (first || lag <= IN_STEP || lag <= p->lag || next < p->next) {
		p->lasted = 0;
		p->lag = lag;
		p->next = next;
		return false;
	}
	more = lag - p->lag;
	if (p->told || more < FAR || p->lasted < LEAST_MS || next - p->next > more / (TIMES - 1))
		return false;
	p->told = true;
	return true;
}

uint64_t
pace_rate(const struct pace *p, uint64_t now, uint64_t next)
{
	return p->begun && next - p->from >= TRIAL_START ? (next - p->from) * 1000 / (now - p->begun + 1) : 0;
}

bool
pace_stalls(struct pace *p, uint64_t now, uint64_t patience, uint64_t next)
{
	bool stalls;

	if (p->looked && now - p->looked < patience)
		return false;
	stalls = p->looked && next - p->was < STALL;
	p->looked = now;
	p->was = next;
	return stalls;
}

struct trial
trial_new(uint64_t rate, uint64_t now, uint64_t next)
{
	return (struct trial){.rate = rate, .first = next, .from = next, .begun = now};
}

/* By now the last source would have brought some pieces, and one that is better far more than this one. */
static bool
trial_is_late(const struct trial *t, uint64_t now, uint64_t next)
{
	uint64_t expected = (now - t->begun) * t->rate / 1000;

	return now - t->begun > TRIAL_LEAST_MS && expected > TRIAL_LATE && next - t->first < expected + expected / 2;
}

enum trial_state
trial_piece(struct trial *t, uint64_t now, uint64_t next)
{
	uint64_t brought, rate;

	if (t->since == 0 && next - t->from >= TRIAL_START) {
		t->since = now;
		t->from = next;
	}
	brought = t->since ? next - t->from : 0;
	rate = t->since ? brought * 1000 / (now - t->since + 1) : 0;
	if (brought >= TRIAL)
		return rate * 2 / TRIAL_HALVES > t->rate ? TRIAL_GOOD : TRIAL_BAD;
	if (brought >= TRIAL_CLEAR && rate < t->rate + t->rate / 2)
		return TRIAL_BAD;
	return trial_is_late(t, now, next) ? TRIAL_BAD : TRIAL_GOES_ON;
}
