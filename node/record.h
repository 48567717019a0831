/* What the master knows of each launch, and keeps of those that have ended: name, command, user, times, how each node ended. */
#ifndef RECORD_H
#define RECORD_H

#include "proto.h"

#define RECORDS 100 /* ended ones of a user */

/* How one node's part has ended. */
struct outcome {
	uint8_t kind;	 /* EVENT_EXITED, EVENT_FAILED, EVENT_UNFIT, EVENT_HELD or EVENT_LOST; 0: it has not */
	uint8_t flags;	 /* enum exited_flags */
	uint32_t status; /* as in struct msg_event */
	const char *why; /* the record's; "": there is nothing to say */
	uint64_t ran;	 /* milliseconds */
};
struct record {
	uint64_t id, serial; /* serial: one more than that of the launch before it */
	char *text, *name;   /* the id as people see it; "": it has no name */
	struct strings command, reasons;
	uint32_t uid, culprit; /* culprit: as in struct msg_job_end */
	uint64_t born, ended;  /* now_ms(); ended 0: it has not */
	uint64_t timeout;      /* the head's to set; milliseconds, 0: none */
	size_t count;
	struct outcome *outcomes;
	struct buf packed;  /* its paths, as put_path has them: with thousands of nodes they take most */
	size_t counted;	    /* bytes of its user's share */
	unsigned holders;
	struct record *next; /* older */
};

/* verb: what stands before the command's words, "": nothing. counted: what share_take was asked for. The caller is its holder, beside the list. */
struct record *record_new(uint64_t id, const char *text, const char *name, uint32_t uid, const char *verb, const struct surroundings *,
	const struct path *, size_t count, size_t counted);
size_t record_cost(size_t nodes, const char *name); /* bytes that it takes */
struct record *record_hold(struct record *);	    /* one holder more; returns its argument */
void record_drop(struct record *);			       /* one holder less; NULL is allowed */
struct path *record_paths(const struct record *);	       /* sorted, as many as count; the caller frees */
void record_outcome(struct record *, size_t at, const struct msg_event *, bool overdue); /* what became of node `at`: its last event */
void record_event(const struct record *, size_t at, struct msg_event *); /* the outcome as an event, without its path */
void record_end(struct record *);  /* the last outcome has come: older ones of the user may go */
void record_forget(struct record *); /* it is not to be remembered */
bool record_evict(uint32_t uid);   /* forgets the oldest ended one of the user; false: there is none */
bool record_has(uint64_t id);	   /* ended or not */
struct record *record_before(uint64_t serial); /* the newest of those with a lower serial, or NULL */
/* By the name among those that the user runs now; NULL: it is free. */
const struct record *record_running(const char *name, uint32_t uid);
/* JOB of a user's: an id, its number, or the name of a job of that user's (of any, for who may do everything). NULL with record_error(). */
struct record *record_find(const char *job, uint32_t uid);
const char *record_error(void); /* why record_find failed; borrowed until the next */
/* What ps tells of it; the caller fills in the state, and frees by record_ps_free. */
void record_ps(const struct record *, struct msg_ps *);
void record_ps_free(struct msg_ps *); /* what record_ps has made */
#endif
