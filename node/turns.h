/* Whose turn it is in a launch with -fanout: which of its nodes may begin, in order, and when each one's time is over. */
#ifndef TURNS_H
#define TURNS_H

#include "base/util.h"

/* What is done to a node whose time is over, one after the other. */
enum turn_stage { TURN_OVERDUE, TURN_KILLED, TURN_GIVEN_UP, TURN_STAGES };

struct turns {
	uint32_t most;		     /* nodes at a time; 0: all begin at once, and nothing is kept here */
	uint32_t stop_after, failed; /* no more begin after so many failures, 0: ever; so many there were */
	size_t count, next, going;   /* nodes, by their places; the first that has not begun; those that have and have not ended */
	uint64_t *began;	     /* of each, by now_ms() */
	size_t stage[TURN_STAGES];   /* the first place to which it was not done */
};

void turns_begin(struct turns *, size_t count, uint32_t most, uint32_t stop_after); /* turns_free frees what it holds */
bool turns_wait(const struct turns *);						    /* some have not had their turn */
bool turns_had(const struct turns *, size_t place);				    /* this one has */
bool turns_next(struct turns *, size_t *place);					    /* the next one begins now; false: none may */
void turns_ended(struct turns *, size_t place);					    /* one has; when it had not begun, nothing changes */
bool turns_failed(struct turns *); /* one has failed: true when with it no more may begin */
void turns_close(struct turns *);  /* no more begin */
/* A place whose time, milliseconds, is over since its beginning, and to which the stage was not done before; that is noted. False: there is
 * none. */
bool turns_due(struct turns *, enum turn_stage, uint64_t time, size_t *place);
uint64_t turns_when(const struct turns *, enum turn_stage, uint64_t time); /* turns_due has the next then; UINT64_MAX: it has none */
void turns_free(struct turns *);					   /* what turns_begin has allocated */
#endif
