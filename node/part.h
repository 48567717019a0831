/* A job's part that runs on this very node: from the contents it needs to its verdict. */
#ifndef PART_H
#define PART_H

#include "node/outbox.h"

struct part;
struct run_entry;
struct msg_resize;
/* run: borrowed for the call; its block is held while it runs. Never NULL: what goes wrong becomes a verdict. */
struct part *part_start(
	uint64_t job, const struct msg_run *run, struct shared *block, const struct run_entry *mine, const struct part_share *);
const char *part_before(const struct part *); /* address of the node that it asks for large contents, "": none; borrowed */
void part_set_before(struct part *, const char *);	    /* copied */
bool part_is_of(const struct part *, uint32_t scope);	    /* its launch may have what is in that scope */
bool part_fetches(const struct part *);			    /* contents are missing */
struct outbox *part_out(struct part *);			    /* its events */
void part_ack(struct part *, uint64_t sequence);	    /* the head has everything up to here */
void part_resend(struct part *);			    /* the way up is a new one: everything unacknowledged goes again */
void part_figures(const struct part *, struct msg_event *); /* fills in its state, program and what its processes take */
void part_signal(struct part *, int signal);		    /* HUP hangs a terminal up, too */
void part_input(struct part *, const struct msg_input *);   /* a piece of what its program reads */
void part_resize(struct part *, const struct msg_resize *); /* the user's terminal has another size */
void part_done(struct part *);				    /* the head has the verdict */
void part_forget(struct part *);			    /* kills it without a verdict */
const char *part_refuses(
	struct part *, const struct object_name *, uint64_t bytes); /* as fetch_hooks has it; promises room for a manifest */
void part_has(struct part *, const struct object_name *);	    /* the object is whole in the store */
void part_lacks(struct part *, const struct object_name *, unsigned status, const char *why); /* the object can't be had: a verdict */
#endif
