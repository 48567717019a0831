/* How the source of an object moves beside the node that asks it: far faster, as fast, hardly at all. */
#ifndef PACE_H
#define PACE_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed where a source begins. Times in milliseconds, offsets in bytes. */
struct pace {
	uint64_t begun, from;	  /* when its first piece came, and where that ended; begun 0: none yet */
	uint64_t last, lag, next; /* the last piece; how near source and asker have been, and where the asker was then; */
	uint64_t lasted;	  /* how long pieces have been coming since, pauses left out */
	uint64_t looked, was;	  /* the last look for a stall, and where the asker was */
	bool told;
};
/* A piece has come: the source has so much, the asker goes on at `next`. True, once: the source moves four times as fast and more, so the
 * way from it is what is slow, or narrower than the one to it. */
bool pace_is_slow(struct pace *, uint64_t now, uint64_t have, uint64_t next);
uint64_t pace_rate(
	const struct pace *, uint64_t now, uint64_t next); /* bytes in a second since its first piece; 0: too little has come to tell */
/* True: not even 256 KiB have come in so many milliseconds; seldom asked more often than that. */
bool pace_stalls(struct pace *, uint64_t now, uint64_t patience, uint64_t next);

/* Another source is tried, from the asker's offset `from` on: is it more than 2.5 times as fast as the last, which brought `rate`? */
struct trial {
	uint64_t rate, first, from, begun, since; /* begun: when it was asked, for what comes from first on */
};
enum trial_state { TRIAL_GOES_ON, TRIAL_GOOD, TRIAL_BAD };
struct trial trial_new(uint64_t rate, uint64_t now, uint64_t next);
enum trial_state trial_piece(struct trial *, uint64_t now, uint64_t next); /* a piece has come: less than 1 MiB tells */
#endif
