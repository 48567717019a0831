/* A job's part that runs on this very node: from the contents it needs to its verdict. */
#ifndef OWN_H
#define OWN_H

#include "base/buf.h"

struct own;
struct msg_run;
/* What the part shares with its job, which owns both and outlives it. */
struct own_share {
	int64_t *credit;	    /* bytes of events that may go up, of those too that only pass through */
	const uint32_t *window;	    /* the most that credit ever is */
	void (*over)(uint64_t job); /* nothing of the part is left here */
};
/* run: borrowed for the call; its block is held while it runs. Never NULL: what goes wrong becomes a verdict. */
struct own *own_start(uint64_t job, const struct msg_run *run, struct shared *block, uint32_t rank, const struct own_share *);
bool own_pump(struct own *);		       /* sends the next event that waits, if there is credit for it; whether it did */
void own_ack(struct own *, uint64_t sequence); /* the head has everything up to here */
void own_resend(struct own *);		       /* the way up is a new one: everything unacknowledged goes again */
void own_signal(struct own *, int signal);
void own_done(struct own *);							   /* the verdict has arrived */
void own_forget(struct own *);							   /* kill it and tell nobody */
const char *own_refuses(struct own *, const struct object_name *, uint64_t bytes); /* as fetch_hooks has it; promises room for a manifest */
void own_has(struct own *, const struct object_name *);
void own_lacks(struct own *, const struct object_name *, const char *why);
void own_tell_gone(uint64_t job); /* to whoever asks for a job that is not here any more */
#endif
