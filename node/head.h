/* What only a master does: launches, one verdict for every chosen node, and what its jobs are asked. */
#ifndef HEAD_H
#define HEAD_H

#include "node/map.h"
#include "node/neighbour.h"

void head_on_launch(struct neighbour *, const struct frame *); /* a client's LAUNCH: chosen, checked and accepted by an errand */
void head_on_signal(struct neighbour *, const struct frame *); /* a client's, to its own job */
void head_on_credit(struct neighbour *, const struct frame *); /* a client has taken so much */
void head_on_input(struct neighbour *, const struct frame *);  /* a piece of what its job reads */
void head_on_resize(struct neighbour *, const struct frame *); /* its terminal has another size */
void head_on_detach(struct neighbour *, const struct frame *); /* a client leaves, and its launch runs on */
void head_slow(uint64_t job, const struct msg_slow *);	       /* as job_hooks has it: the one behind that node asks another */
/* One event of one node. Returns the bytes of the client's credit that it took: 0 for one that was there already. */
size_t head_event(uint64_t id, const struct msg_event *);
/* Shows a client what the job's nodes have kept and print, or how it is there, until it has ended everywhere. */
struct record;
struct msg_attach;
void head_read(struct neighbour *client, struct record *of, const struct msg_attach *); /* of and the message are borrowed for the call */
const char *head_state(uint64_t id);			    /* "running", "detached", "ending", "lingering"; NULL: nothing of it is left */
void head_kill(uint64_t id, unsigned signal);		    /* all its processes */
bool head_kill_one(uint64_t id, const struct path *, unsigned signal); /* those on one node; false: it has no part in the job */
bool head_knows(uint64_t id);			       /* the launch is not over */
void head_large_frame(struct neighbour *, size_t len); /* lets it come, counted to the client's user, or tells the client why not */
void head_client_gone(struct neighbour *);	       /* its launch ends, or runs on where it is detached */
struct neighbour *head_source(uint64_t job, uint32_t scope); /* the client that can read what the job ships in that scope, or NULL */
void head_member_up(
	struct member *, bool same_process); /* tells it what to forget; launches that had it for lost go on if it is the same process */
void head_member_lost(struct member *); /* each of its launches has its verdict: lost */
void head_map_changed(void);		/* queries that wait for nodes */
#endif
