/* What the daemon's own files share: neighbours, jobs, and the one struct that is this node. */
#ifndef DAEMON_H
#define DAEMON_H

#include "base/loop.h"
#include "node/map.h"
#include "link/net.h"
#include "opts.h"
#include "run/worker.h"
#include "bundle.h"

struct job;
struct branch;
struct launch;

enum neighbour_kind { NB_NEW, NB_CHILD, NB_PARENT, NB_CLIENT, NB_KINDS };

/* An object that a neighbour wants from us, sent as it arrives here. */
struct stream {
	struct blob *blob;	   /* pinned */
	uint64_t offset, end, job; /* end: it wants no more for now */
	bool left;		   /* of a thin blob: it held the others up, and has to wait until they are through */
	struct stream *next;
};

/* Whoever is at the other end of a link. Freed by node.c at the end of the turn in which the link died. */
struct neighbour {
	struct link *link;
	struct watch watch;
	enum neighbour_kind kind;
	bool dirty, gone; /* has something to flush; already taken off the list */
	bool waits;	  /* what it sent is not taken while it does not take what it asked for */
	struct neighbour *next, *next_dirty;
	uint64_t born;
	struct stream *streams, **last_stream;
	struct job *last_job; /* job.c's: whose event came last, so that a stream of them needs no search */
	struct branch *last_branch;
	/* child */
	struct path path;
	uint64_t boot;
	bool left;     /* it said good-bye */
	char *dialled; /* parent: the address as we dialled it */
	/* client */
	struct peer who;
	struct launch *launch;
	struct timer patience; /* a query that waits */
	uint32_t at_least;
	struct buf query;
};

struct daemon {
	const struct options *options;
	bool is_master, has_path, ending;
	struct path path;
	uint64_t boot, master; /* of this process; of the master above (its own on the master); 0: none yet */
	struct keyring keys;
	bool has_keys;
	struct node_info info; /* of this node; strings owned */
	struct neighbour *neighbours;
	struct neighbour *parent; /* joined; NULL: none */
	char *home;		  /* address of the own parent, kept while it is lost; NULL: never joined */
	struct strings ancestors; /* addresses beyond that, the nearest first */
	struct map map;		  /* all below this node */
	struct worker *worker;
	struct store *store;
	uint32_t heartbeat, grace; /* milliseconds */
	uint32_t jobs;		   /* running here */
};
extern struct daemon self;

/* node.c */
void neighbour_send(struct neighbour *, enum priority, unsigned type, uint64_t job, const struct buf *body); /* body NULL: empty */
void neighbour_send_bytes(struct neighbour *, enum priority, unsigned type, uint64_t job, const void *, size_t);
/* MSG_ERROR to a client: it can't be done, and why; the client ends with that status. */
void tell_error(struct neighbour *client, uint32_t status, const char *fmt, ...) PRINTF(3, 4);
void neighbour_touch(struct neighbour *); /* it has something to write: flushed at the end of the turn */
void neighbour_kill(struct neighbour *, const char *why);
struct neighbour *neighbour_towards(const struct path *); /* the child that leads there, or NULL */
void node_power(const struct msg_power *);

/* relay.c: objects on their way from whoever has them to whoever lacks them */
void relay_want(struct neighbour *, uint64_t job, const uint8_t *, size_t);
void relay_unwant(struct neighbour *, const uint8_t *, size_t);
void relay_data(struct neighbour *, const uint8_t *, size_t);
void relay_lack(struct neighbour *, uint64_t job, const uint8_t *, size_t);
/* A job of this node needs it: true when it is whole; else job_has is called when it is, or job_lacks. */
bool relay_need(uint64_t job, const struct digest *);
void relay_job_over(uint64_t job); /* that job needs nothing more */
void relay_neighbour_gone(struct neighbour *);
void relay_parent_is_back(void);
void relay_mind(void);				   /* now and then: who gets nothing from a silent source asks for another */
void relay_bulk(void *neighbour, struct buf *out); /* link_set_bulk's */

/* job.c: jobs as they pass through this node, or run on it */
void job_run(struct neighbour *, uint64_t id, const uint8_t *, size_t);
void job_event(struct neighbour *, uint64_t id, const uint8_t *, size_t);
void job_resend(void);	    /* the way up is a new one: this node and all below send again what has not been acknowledged */
void job_master_lost(void); /* for longer than the grace: what runs here and below is killed; the verdicts wait for it */
void job_ack(uint64_t id, const uint8_t *, size_t);
void job_signal(uint64_t id, unsigned signal);
void job_done(uint64_t id);
void job_forget(const struct path *, const uint64_t *ids, size_t count);
void job_has(uint64_t id, const struct digest *);
void job_lacks(uint64_t id, const struct digest *, const char *why);
void job_neighbour_gone(struct neighbour *);
void job_end_all(void); /* kills what runs here, and forgets all jobs */
size_t job_count(void);
/* On the master: sends the launch's entries (sorted by path) down, each by the link that leads there. */
void job_send_run(uint64_t id, const struct buf *block, const struct run_entry *, size_t count);
void job_forward_credit(uint64_t id, uint32_t bytes); /* the client has taken so much */
void job_set_credit(uint64_t id, int64_t bytes);
bool job_waits_for_client(uint64_t id);
void job_own_over(uint64_t id); /* own.c: nothing of it is left here */
#endif
