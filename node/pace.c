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
	TRIAL_LEAST_MS = 1000,	 /* for the way to it, beside */
	TRIAL = 512 << 10,	 /* bytes that show it: twice what may be on two ways at once */
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

/* The last source would have brought more by now. */
static bool
trial_is_late(const struct trial *t, uint64_t now)
{
	return now - t->begun > TRIAL_LEAST_MS && (now - t->begun) * t->rate / 1000 > TRIAL_START + TRIAL;
}

enum trial_state
trial_piece(struct trial *t, uint64_t now, uint64_t next)
{
	if (t->since == 0 && next - t->from >= TRIAL_START) {
		t->since = now;
		t->from = next;
	}
	if (t->since == 0 || next - t->from < TRIAL)
		return trial_is_late(t, now) ? TRIAL_BAD : TRIAL_GOES_ON;
	return (next - t->from) * 1000 / (now - t->since + 1) / 2 > t->rate ? TRIAL_GOOD : TRIAL_BAD;
}
