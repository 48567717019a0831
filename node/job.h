/* Jobs as they pass through this node, or run on it. */
#ifndef JOB_H
#define JOB_H

#include "bundle.h"
#include "node/fetch.h"
#include "node/neighbour.h"
#include "proto.h"

/* Where events go from here: node.c sets it on the master, where the head takes them; else they go to the parent. */
struct job_hooks {
	size_t (*event)(uint64_t job, const struct msg_event *); /* returns the bytes of the job's credit that it took */
	void (*slow)(uint64_t job, const struct msg_slow *);
	bool (*knows)(uint64_t job);
};
void job_set_hooks(const struct job_hooks *); /* borrowed for ever; NULL: those of a slave */

void job_on_run(struct neighbour *, const struct frame *);   /* the RUN of a parent: sent on to those below, and begun here */
void job_on_events(struct neighbour *, const struct frame *); /* the EVENTS of a child: passed up, or held until there is credit */
void job_resend(void);	    /* the way up is a new one: this node and all below send again what has not been acknowledged */
void job_master_lost(void); /* for longer than the grace: what runs here and below is killed; the verdicts wait for it */
void job_on_ack(struct neighbour *, const struct frame *);    /* the parent's ACK, for this node and others below */
void job_on_credit(struct neighbour *, const struct frame *); /* the parent's CREDIT */
void job_on_signal(struct neighbour *, const struct frame *); /* the parent's SIGNAL */
void job_on_signal_one(struct neighbour *, const struct frame *); /* the parent's, for this node or one below */
void job_on_done(struct neighbour *, const struct frame *);   /* the parent's DONE */
void job_on_forget(struct neighbour *, const struct frame *); /* the parent's FORGET, for this node or one below */
void job_on_input(struct neighbour *, const struct frame *);  /* the parent's INPUT */
void job_on_resize(struct neighbour *, const struct frame *); /* the parent's RESIZE */
void job_on_slow(struct neighbour *, const struct frame *);   /* a child's SLOW */
void job_on_before(struct neighbour *, const struct frame *); /* the parent's BEFORE, for this node or one below */
void job_send_ack(uint64_t id, const struct msg_ack *); /* on the master: to the node, in one frame with those of this turn for others there */
void job_send_before(uint64_t id, const struct msg_before *); /* which address a node asks from now on; sent on, or done here */
void job_is_slow(uint64_t id);				      /* as fetch_hooks has it, and so are the next three */
void job_back(uint64_t id, const char *before);		      /* the part asks the node at that address from now on, "": the parent */
const char *job_before(uint64_t id);			      /* the address that the part asks; borrowed; NULL: no part here */
enum asking job_may_ask(uint64_t id, uint32_t scope);
/* On the master: to every node of the launch that is up; the shared bytes are an INPUT's whole body. */
void job_send_input(uint64_t id, struct shared *);
void job_signal(uint64_t id, const struct msg_signal *); /* to all of it, here and below */
void job_resize(uint64_t id, const struct msg_resize *); /* its terminal, here or below */
/* Every verdict has arrived: it is forgotten here and, when something else is sent there or a heartbeat, below. soon: in this turn, for it may
 * still run there. */
void job_done(uint64_t id, bool soon);
void job_forget(const struct msg_forget *);		 /* sends it on, or kills those jobs here without a report */
const char *job_refuses(uint64_t id, const struct object_name *, uint64_t bytes); /* as fetch_hooks has it */
void job_has(uint64_t id, const struct object_name *);			  /* the object is whole in the store: for this node's part */
void job_lacks(uint64_t id, const struct object_name *, unsigned status, const char *why); /* it can't be had */
void job_neighbour_gone(struct neighbour *);				  /* drops what waited to come by it */
void job_end_all(void);							  /* kills what runs here, and forgets all jobs */
bool job_runs_here(void); /* one has a part here, or that has events which the head has not acknowledged */
size_t job_count(void);							  /* jobs known here */
/* On the master: sends the launch's entries (sorted by path) down, each by the link that leads there. */
void job_send_run(uint64_t id, const struct msg_run *, struct shared *block); /* which is the message's block */
void job_forward_credit(uint64_t id, uint32_t bytes);			      /* the client has taken so much */
void job_set_credit(uint64_t id, int64_t bytes);			      /* on the master: bytes of events that may go on at first */
int64_t job_credit(uint64_t id); /* bytes of events that may go on now: 0 or less, some may wait; 0 for a job that is not here */
bool job_waits_for_client(uint64_t id); /* its credit is used up */
#endif
