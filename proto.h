/* Messages and their bytes. doc/protocol.md lists them byte by byte. */
#ifndef PROTO_H
#define PROTO_H

#include "base/path.h"

#define PROTO_GENERATION 1 /* raised when a message changes; JOIN, INFO and POWER keep their form for ever */

enum message {
	/* between nodes: the tree */
	MSG_JOIN = 1,	  /* child to parent, its first: who it is */
	MSG_WELCOME = 2,  /* parent to child */
	MSG_REFUSE = 3,	  /* parent to child: why not; the link ends */
	MSG_UP = 4,	  /* child to parent: nodes that are now below it */
	MSG_DOWN = 5,	  /* child to parent: a child of it was lost, or has left */
	MSG_STAT = 6,	  /* child to parent: figures of its subtree; also its heartbeat */
	MSG_PING = 7,	  /* parent to child: the heartbeat */
	MSG_FORGET = 8,	  /* to a node that was held for lost: jobs to kill before it is welcome */
	MSG_SHUTDOWN = 9, /* parent to child: the tree ends */
	MSG_POWER = 10,	  /* to a node: halt or reboot */
	/* between nodes, and between a client and the master: jobs */
	MSG_RUN = 20,	 /* down: start */
	MSG_EVENT = 21,	 /* up: output and verdicts of one node */
	MSG_ACK = 22,	 /* down: the head has one node's events up to here */
	MSG_CREDIT = 23, /* down: so many bytes of events more may come up this link */
	MSG_SIGNAL = 24, /* down: to all of a job's processes */
	MSG_DONE = 25,	 /* down: every verdict has arrived, the job may be forgotten */
	MSG_WANT = 26,	 /* up: an object from an offset on */
	MSG_DATA = 27,	 /* down: a piece of it */
	MSG_LACK = 28,	 /* down: it can't be had, and why */
	MSG_UNWANT = 29, /* up: no more of it */
	MSG_RESEND = 30, /* down: the way up is a new one, send again what has not been acknowledged; u64 boot of the master, 0: gone */
	/* between a client and the master only */
	MSG_LAUNCH = 40,    /* client: start this */
	MSG_ACCEPTED = 41,  /* master: its job id and nodes */
	MSG_ERROR = 42,	    /* master: it can't be done; the link ends */
	MSG_JOB_END = 43,   /* master: every verdict has been told */
	MSG_QUERY = 44,	    /* client: which nodes? with what figures? */
	MSG_NODES = 45,	    /* master: a batch of them */
	MSG_QUERY_END = 46, /* master: that was all */
	MSG_PS = 47,	    /* client: the jobs; master: one of them */
	MSG_KILL = 48,	    /* client: signal a job that may be another client's */
	MSG_OK = 49,	    /* master: done */
	MSG_TIMEOUT = 50,   /* master: the launch has taken too long and is being ended */
};
const char *message_name(unsigned type); /* "JOIN"; "unknown" */

/* What a node is, as long as its process lives. Strings are borrowed from the bytes they were taken from. */
struct node_info {
	uint64_t boot; /* random, made when the process started */
	const char *hostname, *address, *machine, *version, *limits;
	uint32_t cpus;
	uint64_t memory; /* bytes */
	bool has_power;	 /* its PID 1 is gproc: it can be halted and rebooted from here */
};
/* What changes. */
struct node_stat {
	uint64_t memory_free; /* bytes */
	uint32_t load;	      /* one-minute average in hundredths */
	uint32_t jobs;
};

struct msg_join {
	uint32_t generation;
	bool has_path, has_id; /* it was in the tree before; it asks for an id */
	struct path path;
	uint32_t id;
	uint64_t master; /* boot of the master it last knew; 0: none */
	struct node_info info;
};
struct msg_welcome {
	struct path path;
	uint32_t heartbeat, grace; /* milliseconds */
	uint64_t master;	   /* its boot */
	struct strings ancestors;  /* addresses, the nearest first, without the parent itself; owned */
};
struct msg_node { /* one of MSG_UP's, repeated to the end */
	struct path path;
	struct node_info info;
	struct node_stat stat;
};
struct msg_down {
	struct path path;
	uint64_t boot;
	bool left; /* it said good-bye */
	const char *why;
};
struct msg_stat { /* one of MSG_STAT's, repeated to the end */
	struct path path;
	struct node_stat stat;
};
struct msg_power {
	struct path path;
	bool reboot;
};

enum run_flags {
	RUN_LOCALBIN = 1,
	RUN_GLOB = 2,
	RUN_DETACHED = 4,   /* nobody reads its output: it is dropped on the node */
	RUN_TELL_START = 8, /* somebody waits for EVENT_STARTED */
};
/* What every node of a launch is told alike; carried as a block that interior nodes hand on unopened. */
struct msg_run {
	unsigned flags, view; /* view: enum view of worker.h */
	bool has_manifest;
	struct digest manifest;
	uint32_t size; /* nodes in the whole launch */
	uint32_t uid, gid;
	uint32_t *groups; /* owned */
	uint32_t group_count;
	uint64_t start_limit; /* milliseconds a node may take to start it; 0: none */
	const char *cwd, *binroot, *job_text;
	struct strings argv, env; /* owned */
	struct reader words;	  /* put in their place when it is set: the two lists as another message had them */
};
/* RUN: u32 window, block (msg_run), then for each node u32 rank and its path. */
struct run_entry {
	uint32_t rank;
	struct path path;
};

enum event_kind {
	EVENT_STDOUT = 1,
	EVENT_STDERR = 2,
	EVENT_STARTED = 3,
	EVENT_FAILED = 4,
	EVENT_EXITED = 5,
	EVENT_GONE = 6,
	EVENT_LOST = 7 /* made by the master for a client */
};
struct msg_event {
	struct path path;
	uint64_t sequence; /* of this node's events for this job, from 1 */
	enum event_kind kind;
	const uint8_t *data; /* STDOUT, STDERR: to the end */
	size_t len;
	uint32_t status;  /* FAILED: exit status; EXITED: as waitpid has it */
	bool lingers;	  /* EXITED: processes of it live on; EVENT_GONE will follow */
	const char *text; /* FAILED, LOST: why */
};
struct msg_ack {
	struct path path;
	uint64_t sequence;
};
struct msg_want {
	struct digest digest;
	uint64_t offset, end; /* end UINT64_MAX: all of it */
};
struct msg_data {
	struct digest digest;
	uint64_t size, offset; /* of the contents; in the object */
	bool deflated;
	uint32_t raw_len;
	const uint8_t *data;
	size_t len;
};
struct msg_lack {
	struct digest digest;
	const char *why;
};

enum launch_flags { LAUNCH_DETACH = 1, LAUNCH_STRICT = 2, LAUNCH_KILL_ON_BAD = 4, LAUNCH_LOCALBIN = 8, LAUNCH_GLOB = 16 };
struct variant {
	const char *machine; /* "" fits every node */
	bool has_manifest;
	struct digest manifest;
};
#define MAX_VARIANTS 32 /* machines that differ: Linux has about twenty architectures */
struct msg_launch {
	uint32_t generation;
	const char *spec, *exclude; /* exclude "" leaves nobody out */
	unsigned flags, view;
	uint32_t window;	   /* bytes of events the client takes before it grants more */
	uint64_t timeout, start;   /* milliseconds; 0: none */
	const char *cwd, *binroot; /* binroot "": whatever the nodes have */
	struct variant variant[MAX_VARIANTS];
	uint32_t variants;
	struct strings argv, env; /* put; owned */
	struct reader words;	  /* taken: the bytes of both lists, checked, for there may be very many */
};
struct msg_accepted {
	const char *job;
	const char *missing, *hint, *down, *refused; /* folded node lists; "" none */
	struct path *paths;			     /* sorted; owned */
	uint32_t count;
};
struct msg_error {
	uint32_t status;
	const char *text;
};
struct msg_query {
	uint32_t generation;
	const char *spec, *exclude; /* spec "": every node, those that are down too */
	uint32_t at_least;	    /* wait until so many nodes are up... */
	uint64_t patience;	    /* ...for so many milliseconds at most */
};
enum node_state { NODE_UP, NODE_ORPHANED, NODE_LOST };
struct msg_shown { /* one of MSG_NODES', repeated to the end */
	struct path path;
	enum node_state state;
	uint64_t since;	 /* milliseconds ago */
	bool adopted;	 /* reached through another than its own parent */
	const char *why; /* of a lost one */
	struct node_info info;
	struct node_stat stat;
};
struct msg_query_end {
	uint32_t up, down; /* of the whole tree */
	const char *down_list, *missing, *hint;
	const char *refused;  /* of the nodes asked for, those that the asker may not use; "" none */
	struct strings rules; /* of the -allow file, "1-8 alice,@staff"; owned */
};
struct msg_ps {
	const char *job, *command, *state, *nodes;
	uint32_t uid;
	uint64_t age; /* milliseconds */
};
struct msg_kill {
	const char *job;
	uint32_t signal;
};

/* put_x appends a body; take_x reads one: 0, or -1 when it is malformed (then nothing is left to free). */
void put_join(struct buf *, const struct msg_join *);
int take_join(const uint8_t *, size_t, struct msg_join *);
void put_welcome(struct buf *, const struct msg_welcome *);
int take_welcome(const uint8_t *, size_t, struct msg_welcome *);
void put_node(struct buf *, const struct msg_node *);
struct msg_node take_node(struct reader *); /* one of several: test the reader's bad after each */
void put_down(struct buf *, const struct msg_down *);
int take_down(const uint8_t *, size_t, struct msg_down *);
void put_stat(struct buf *, const struct msg_stat *);
struct msg_stat take_stat(struct reader *);
void put_power(struct buf *, const struct msg_power *);
int take_power(const uint8_t *, size_t, struct msg_power *);
void put_run(struct buf *, const struct msg_run *);
/* The same in two parts: what differs by the machine (flags, view, manifest), and the rest. */
void put_run_head(struct buf *, const struct msg_run *);
void put_run_rest(struct buf *, const struct msg_run *);
int take_run(struct reader, struct msg_run *);
void run_free(struct msg_run *);
void put_run_entry(struct buf *, const struct run_entry *);
struct run_entry take_run_entry(struct reader *);
void put_event(struct buf *, const struct msg_event *);
int take_event(const uint8_t *, size_t, struct msg_event *);
/* What it counts for where memory is bounded: its output, and what it takes beside that. Nothing but output counts. */
size_t event_charge(const struct msg_event *);
void put_ack(struct buf *, const struct msg_ack *);
int take_ack(const uint8_t *, size_t, struct msg_ack *);
void put_want(struct buf *, const struct msg_want *);
int take_want(const uint8_t *, size_t, struct msg_want *);
void put_data(struct buf *, const struct msg_data *);
int take_data(const uint8_t *, size_t, struct msg_data *);
void put_lack(struct buf *, const struct msg_lack *);
int take_lack(const uint8_t *, size_t, struct msg_lack *);
void put_launch(struct buf *, const struct msg_launch *);
int take_launch(const uint8_t *, size_t, struct msg_launch *);
void launch_free(struct msg_launch *);
void put_accepted(struct buf *, const struct msg_accepted *);
int take_accepted(const uint8_t *, size_t, struct msg_accepted *);
void put_error(struct buf *, const struct msg_error *);
int take_error(const uint8_t *, size_t, struct msg_error *);
void put_query(struct buf *, const struct msg_query *);
int take_query(const uint8_t *, size_t, struct msg_query *);
void put_shown(struct buf *, const struct msg_shown *);
struct msg_shown take_shown(struct reader *);
void put_query_end(struct buf *, const struct msg_query_end *);
int take_query_end(const uint8_t *, size_t, struct msg_query_end *);
void put_ps(struct buf *, const struct msg_ps *);
int take_ps(const uint8_t *, size_t, struct msg_ps *);
void put_kill(struct buf *, const struct msg_kill *);
int take_kill(const uint8_t *, size_t, struct msg_kill *);
#endif
