/* The live line on a terminal: how far a launch is. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include "client/output.h"
#include "client/reading.h"
#include "client/verdicts.h"

enum { PROGRESS_SAMPLES = 16 };

/* What it is about is borrowed; cleared, there is never a line. */
struct progress {
	const struct verdicts *verdicts;
	const struct output *output;
	struct reading *reading;
	bool ships, aside;  /* contents are sent; output goes where it is not seen */
	uint64_t sent, got; /* bytes of contents and of output so far, for its owner to add to */
	uint64_t begun, next,
		asked; /* milliseconds: since when, when the line is due again, when it was last asked who holds up the input */
	bool live;     /* the line was wanted at the last look */
	bool sends;    /* what was counted last: bytes sent, not bytes that came */
	struct {
		uint64_t at, bytes;
	} sample[PROGRESS_SAMPLES];
	size_t samples; /* ever */
};

/* Whether there may be one: where standard error is a terminal on which a line can be taken away again, and without -q. */
bool progress_possible(const struct options *);
/* Begins, for one launch after the other. ships: contents may be sent; aside: output goes where it is not seen now. */
void progress_begin(struct progress *, const struct verdicts *, const struct output *, struct reading *, bool ships, bool aside);
void progress_wait(const struct progress *, int *wait); /* shortens *wait, milliseconds, to when the line is due */
void progress_go(struct progress *);			/* shows it, anew when it is due; takes it away when it is no longer wanted */
void progress_hide(void);				/* takes it away, until it is due again */
#endif
