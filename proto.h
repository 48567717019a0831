/* Messages and their bytes. doc/protocol.md lists them byte by byte. */
#ifndef PROTO_H
#define PROTO_H

#include "base/path.h"

#define PROTO_GENERATION 2 /* raised when a message that is not frozen changes; doc/protocol.md says which are */
#define PROTO_FIRST 1	   /* the generation whose frozen forms all later ones understand */

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
	MSG_RENEW = 11,	  /* to nodes: fetch and try a newer gproc, or run it */
	MSG_RENEW_WANT = 12, /* up: its file, from an offset on */
	MSG_RENEW_DATA = 13, /* down: a piece of it */
	MSG_RENEWED = 14,    /* up: how far one node is with that */
	/* between nodes, and between a client and the master: jobs */
	MSG_RUN = 20,	     /* down: start */
	MSG_EVENT = 21,	     /* to a client, and up to a parent of another generation: output or verdict of one node */
	MSG_ACK = 22,	     /* down: the head has so many events of some nodes */
	MSG_CREDIT = 23,     /* down: so many bytes of events more may come up this link */
	MSG_SIGNAL = 24,     /* down: to all of a job's processes */
	MSG_DONE = 25,	     /* down: every verdict has arrived, the job may be forgotten */
	MSG_WANT = 26,	     /* up: an object from an offset on */
	MSG_DATA = 27,	     /* down: a piece of it */
	MSG_LACK = 28,	     /* down: it can't be had, and why */
	MSG_UNWANT = 29,     /* up: no more of it */
	MSG_RESEND = 30,     /* down: the way up is a new one, send again what has not been acknowledged */
	MSG_INPUT = 31,	     /* down, and from a client: a piece of what the programs read */
	MSG_TAKEN = 32,	     /* to the client: how far it may send */
	MSG_RESIZE = 33,     /* down, and from a client: its terminal has another size */
	MSG_SLOW = 34,	     /* up: one node gets contents far slower than its source has them */
	MSG_BEFORE = 35,     /* down: whom one node asks for contents from now on */
	MSG_SIGNAL_ONE = 36, /* down: to a job's processes on one node */
	MSG_EVENTS = 37,     /* up: what happened to a job on some nodes */
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
	MSG_DETACH = 51,    /* client: it leaves, and its launch runs on; answered by OK */
	MSG_NAMES = 52,	    /* master: hosts of the nodes of the answer that follows */
	MSG_ATTACH = 53,    /* client: what a job has printed and prints, or its figures */
	MSG_KEYBOARD = 54,  /* master: whether a client that attached types at the job's terminal, or which user does */
	MSG_STRIKE = 60,    /* client: a node that is down leaves the map */
	MSG_HEALTH = 62,    /* client: how is the master itself? master: so */
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
	uint32_t generation;   /* of the node that joins; PROTO_FIRST when it does not say */
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
	uint32_t generation;	   /* of the parent; PROTO_FIRST when it does not say */
};
struct msg_refuse {
	const char *why;
};
struct msg_forget {
	struct path path;
	uint64_t *jobs; /* owned when taken; put_forget borrows them */
	size_t count;
};
struct msg_resend {
	uint64_t master; /* boot of the master at the end of the new way; 0: there is none any more */
};
struct msg_node { /* one of MSG_UP's, repeated to the end */
	struct path path;
	uint32_t generation; /* that the node, and all on the way to it, speak; with another than the master's it runs no jobs */
	struct node_info info;
	struct node_stat stat;
	const char *runs; /* the machines whose programs its kernel runs, as elf_machine_name has them, parted by blanks; "": not known */
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
/* How a daemon is, of which nothing needs to be known until somebody asks. */
struct msg_health {
	uint64_t time;		    /* milliseconds since 1970, by its own clock */
	uint64_t store, store_held; /* bytes: of its store; of these, what jobs have */
	const char *version, *key, *binroot; /* key: the short id of the one that it offers, "": none */
	const char *refused;	    /* who was refused of late, and why: a line each */
};
struct msg_strike {
	struct path path;
};
struct msg_power {
	struct path path;
	bool reboot;
};

/* A file that is a newer gproc, known by chunk_digest() of all its bytes. */
#define MAX_RENEWAL (16u << 20) /* bytes of it: gproc is a twentieth of that */
#define MAX_RENEWED 1000	/* nodes in one RENEW */
#define RENEWS_FROM 2		/* the first generation that knows these messages */
enum renew_flags {
	RENEW_GO = 1,  /* put it in place and run it; else it is only fetched and tried */
	RENEW_NOW = 2, /* though jobs run there */
};
struct msg_renew {
	struct digest digest;
	uint32_t size;
	unsigned flags;
	uint32_t patience;  /* milliseconds that a node waits for its jobs to end */
	uint32_t uid;	    /* who asks: the master says so */
	struct path *paths; /* owned when taken; put_renew borrows them */
	size_t count;
};
struct msg_renew_want {
	struct digest digest;
	uint32_t size, offset;
};
struct msg_renew_data {
	struct digest digest;
	uint32_t offset;
	const uint8_t *data; /* to the end; none: it can't be had */
	size_t len;
};
enum renewed {
	RENEWED_READY = 1,   /* it was fetched and tried; the text is its version */
	RENEWED_BUSY = 2,    /* jobs have not ended within the patience: the order to go is forgotten */
	RENEWED_GOING = 3,   /* it is run next; the text: what is to be said of where the file is, or "" */
	RENEWED_REFUSED = 4, /* nothing has changed; the text: why */
	RENEWED_BACK = 5,    /* made by the master: another process is up at that path; the text is its version */
	RENEWED_LOST = 6,    /* made by the master, or on the way: it can't be reached; the text: why */
};
struct msg_renewed {
	struct path path;
	struct digest digest; /* the master's own have zeros */
	enum renewed state;
	const char *text;
};

enum run_flags {
	RUN_LOCALBIN = 1,
	RUN_GLOB = 2,
	RUN_DETACHED = 4,     /* its output is kept on the node, and goes nowhere unless it is asked for */
	RUN_TELL_START = 8,   /* a client waits for EVENT_STARTED */
	RUN_NODE_CWD = 16,    /* cwd is a directory of the node's own; else a private one below binRoot */
	RUN_SUBST = 32,	      /* the % letters (letters.h) in all words but the first stand for what the node is */
	RUN_GET = 65536,      /* no program: the files that argv names are read, and their archive (archive.h) is its output */
	RUN_COMPARE = 262144, /* as RUN_PUT, but nothing is put: its output says of each entry, '1' or '0', whether it is there already */
	RUN_PUT = 131072,     /* no program: the manifest's files are put below the directory argv[0] of the node's own */
	RUN_HEALTH = 524288,  /* nothing is run: its output is how this node is, as in HEALTH */
	RUN_WATCH = 256,      /* nothing is run: what the job `of` has printed, from its last `tail` lines on, and prints */
	RUN_FIGURES = 512,    /* nothing is run: how the job `of` is */
};
enum view { VIEW_MERGED, VIEW_ALL, VIEW_NONE };		      /* -view: which of the node's directories show what was shipped */
enum input_mode { INPUT_NONE, INPUT_STREAM, INPUT_TERMINAL }; /* /dev/null; what the client reads; a terminal of its own */
#define MAX_LIMITS 16					      /* resources that Linux limits */

/* The size of a terminal; 0: not known. */
struct msg_resize {
	uint16_t rows, columns;
	uint16_t width, height; /* pixels */
};

/* What a command finds around itself when it starts: the caller's, told in LAUNCH and handed on in RUN. */
struct surroundings {
	uint32_t umask;		     /* permission bits */
	uint64_t limits[MAX_LIMITS]; /* soft ones, UINT64_MAX: none; by the numbers of asm-generic/resource.h on every machine */
	uint32_t limit_count;	     /* how many of them are told: of the others the node's own hold */
	struct msg_resize screen;    /* where input is INPUT_TERMINAL */
	unsigned input;		     /* enum input_mode */
	uint64_t drain;		     /* milliseconds that its pipes may stay open beyond its end; 0: not at all */
	const char *cwd, *binroot;   /* binroot "": whatever the nodes have */
	struct strings argv, env;    /* argv holds one at least; owned */
	struct reader words; /* if set, put in their place; take_launch leaves the bytes of both here, checked, for they may be many */
};

/* What every node of a launch is told alike; carried as a block that interior nodes hand on unopened. */
struct run_common {
	unsigned flags;
	enum view view;
	uint32_t size; /* nodes in the whole launch */
	uint32_t uid, gid;
	uint32_t *groups; /* owned */
	uint32_t group_count;
	uint64_t start_limit; /* milliseconds a node may take to start it; 0: none */
	const char *job_text;
	uint64_t keep;	   /* bytes of its output that are kept on the node */
	uint64_t of, tail; /* RUN_WATCH, RUN_FIGURES: a job; UINT64_MAX: all lines */
	struct surroundings around;
};
/* One node of a launch. */
struct run_entry {
	uint32_t rank;
	struct path path;
	const char *before; /* address of the chosen node before it in the order of paths, to ask for contents; "": none */
};
struct msg_run {
	uint32_t window; /* bytes of output that may come up beyond those granted before */
	bool has_manifest;
	struct digest manifest; /* for the machine of these nodes; in the scope of the launch's uid: a manifest is never public */
	const uint8_t *block;	/* a run_common */
	size_t block_len;
	struct run_entry *entries; /* owned when taken; put_run_entries borrows them */
	size_t count;
};

enum event_kind {
	EVENT_STDOUT = 1,
	EVENT_STDERR = 2,
	EVENT_STARTED = 3,
	EVENT_FAILED = 4,
	EVENT_EXITED = 5,
	EVENT_GONE = 6,
	EVENT_LOST = 7, /* made by the master for a client */
	EVENT_NOTE = 8,
	EVENT_UNFIT = 9,    /* made by the master for a client, before anything is sent */
	EVENT_SKIPPED = 10, /* of a RUN_WATCH: output before what follows that is kept no more */
	EVENT_FIGURES = 11, /* of a RUN_FIGURES */
	EVENT_HELD = 12, /* likewise: its turn did not come */
	EVENT_TAKEN = 13, /* outside the sequence, in an EVENTS alone: how far the node has its input */
};
enum figures_state {
	FIGURES_STARTING,
	FIGURES_RUNNING,
	FIGURES_STOPPED,
	FIGURES_BLOCKED,
	FIGURES_LINGERING,
	FIGURES_ENDED,
	FIGURES_STATES
};
enum note_flags {
	NOTE_IF_BAD = 1, /* of use only where the command fails */
};
#define NO_ROOM 126   /* status of FAILED where a node has no room for what a job needs, as of what can't be run */
#define MAX_NOTE 1024 /* bytes of its text */
enum exited_flags {
	EXITED_LINGERS = 1,   /* processes of it live on; EVENT_GONE will follow */
	EXITED_HOLDS = 2,     /* they hold its output: what they write from now on is dropped */
	EXITED_LATE = 4,      /* a signal to end it came after its end, which ended the wait for its pipes alone */
	EXITED_UNSTARTED = 8, /* a signal ended it before it could start */
	EXITED_OVERDUE = 16,  /* -timeout ended it: said by the master to a client that has attached */
};
struct msg_event {
	struct path path;
	uint64_t sequence; /* of this node's events for this job, from 1 */
	enum event_kind kind;
	const uint8_t *data; /* STDOUT, STDERR: to the end */
	size_t len;
	uint32_t status; /* FAILED, HELD: exit status; EXITED: as waitpid has it */
	unsigned flags;	 /* EXITED: enum exited_flags; NOTE: enum note_flags */
	uint64_t ran;	 /* EXITED: milliseconds from the program's start to its end */
	/* FAILED, LOST, HELD: why; UNFIT: "aarch64, /bin/date is for x86_64"; NOTE: what the user should know, in the same words on nodes where
	 * it is the same; else "" */
	const char *text;
	uint64_t bytes; /* SKIPPED */
	/* TAKEN: bytes of its input, the end counting as one more, that have come without a gap; of these, given to the program */
	uint64_t have, taken;
	bool over; /* TAKEN: no more is wanted, and taken is how far the program has read */
	/* FIGURES */
	unsigned state;	      /* enum figures_state */
	uint32_t pid;	      /* of the program, as the node counts; 0: there is none now */
	uint64_t cpu, memory; /* milliseconds and bytes of all its processes */
	const uint8_t *body;  /* take_event's: the very bytes it was taken from, to hand on */
	size_t body_len;
};
struct msg_ack {
	struct path path;
	uint64_t sequence;
};
struct msg_credit {
	uint32_t bytes;
};
/* The input's end counts as one byte more. */
struct msg_input {
	uint64_t offset; /* of its first byte */
	bool end;	 /* nothing follows */
	const uint8_t *data;
	size_t len;
};
struct msg_taken {
	uint64_t limit;	  /* how far the client may send */
	uint64_t taken;	  /* with over: how far the programs have read, the furthest of all; at most limit */
	bool over;	  /* no node wants more */
	const char *slow; /* to a client that asked: the nodes that hold up the input, folded; else "", or NULL to put */
};
struct msg_signal {
	unsigned signal;  /* 1 to 64 */
	bool only_if_new; /* only for the processes that it has not reached yet */
};
struct msg_signal_one {
	struct path path;
	unsigned signal; /* 1 to 64 */
};
struct msg_want {
	struct object_name name;
	uint64_t offset, end; /* end UINT64_MAX: all of it */
	bool packed;	      /* deflated pieces are welcome: a link on the way is slower than deflating */
};
struct msg_data {
	struct object_name name;
	uint64_t size, offset; /* of the contents; in the object */
	uint64_t have;	       /* how far the sender itself has the object, in bytes from its start */
	bool deflated;
	uint32_t raw_len;
	const uint8_t *data;
	size_t len;
};
struct msg_slow {
	struct path path;
};
struct msg_before {
	struct path path;
	const char *before; /* as in struct run_entry */
};
struct msg_lack {
	struct object_name name;
	const char *why;
};

enum launch_flags {
	LAUNCH_DETACH = 1,
	LAUNCH_STRICT = 2,
	LAUNCH_KILL_ON_BAD = 4,
	LAUNCH_LOCALBIN = 8,
	LAUNCH_GLOB = 16,
	LAUNCH_NODE_CWD = 32,	 /* as RUN_NODE_CWD */
	LAUNCH_NAMES = 64,	 /* NAMES are wanted before ACCEPTED */
	LAUNCH_TELL_START = 128, /* as RUN_TELL_START */
	LAUNCH_SUBST = 256,	 /* as RUN_SUBST */
	LAUNCH_GET = 65536,	 /* as RUN_GET, */
	LAUNCH_COMPARE = 262144, /* RUN_COMPARE, */
	LAUNCH_PUT = 131072,	 /* RUN_PUT, */
	LAUNCH_HEALTH = 524288,	 /* RUN_HEALTH */
};
struct variant {
	const char *machine;  /* "" fits every node */
	const char *made_for; /* the machine that its program is for, as elf_machine_name has it; "": any */
	bool has_manifest;
	struct digest manifest;
};
#define MAX_VARIANTS 32 /* machines that differ: Linux has about twenty architectures */
struct msg_launch {
	uint32_t generation;
	const char *spec, *exclude; /* exclude "" leaves no node out */
	const char *only;	    /* "" keeps all */
	unsigned flags;
	enum view view;
	uint32_t window;	 /* bytes of events the client takes before it grants more */
	uint64_t timeout, start; /* milliseconds; 0: none */
	uint64_t kill_after;	 /* milliseconds from the TERM that ends a timeout to KILL; 0: KILL at once */
	uint32_t fanout;	 /* at most so many nodes at a time, in order of paths; 0: all. Then timeout counts from a node's turn, */
	uint32_t stop_after;	 /* and after so many failures no more are started; 0: whatever fails */
	struct variant variant[MAX_VARIANTS];
	uint32_t variants;
	uint64_t keep;	  /* bytes of its output that each node keeps */
	const char *name; /* "": none */
	struct surroundings around;
};
/* Nodes that were asked for and do not take part: lists of them, folded; "" none. One that is named (by numbers and closed ranges alone)
 * and left out is a failure; one of an open range is only said. */
struct left_out {
	const char *missing, *hint;	      /* named, and not in the tree; what may have been meant */
	const char *down, *refused;	      /* named, and down; not this user's to use */
	const char *open_missing, *open_down; /* the 8 of "8:."; of "." and the like those that are down */
	const char *not_excluded, *not_kept;  /* to be left out by -x, or kept by -only, and not in the tree */
	const char *advice;		      /* what to write instead of a name that no node has; "" none */
};
struct msg_accepted {
	const char *job;
	struct left_out left;
	struct path *paths; /* sorted; owned */
	uint32_t count;
	uint32_t unfit; /* of them: an EVENT_UNFIT follows for each, before all else */
};
struct msg_error {
	uint32_t status;
	const char *text;
};
struct msg_query {
	uint32_t generation;
	const char *spec, *exclude, *only; /* spec "": every node, those that are down too */
	uint32_t at_least;		   /* wait until so many nodes are up... */
	uint64_t patience;		   /* ...for so many milliseconds at most */
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
struct msg_named { /* one of MSG_NAMES', repeated to the end */
	struct path path;
	const char *host, *machine; /* as the node says */
};
struct msg_query_end {
	uint32_t up, down; /* of the whole tree */
	struct left_out left;
	const char *refused;  /* of the nodes asked for, all that the asker may not use, named or not; "" none */
	struct strings rules; /* of the -allow file, "1-8 alice,@staff"; owned */
};
struct msg_ps_ask {
	bool all; /* those that have ended too */
};
struct msg_ps {
	const char *job, *name, *state;
	const char *nodes, *running; /* all of its nodes, and those where it is not over, folded */
	struct strings groups;	     /* those where it is over: "exit 1", "3,9", ...; owned */
	struct strings command;	     /* its first words; owned */
	uint32_t uid;
	uint64_t age, lasted; /* milliseconds since it began; until it ended, UINT64_MAX: it has not */
	uint64_t timeout;     /* milliseconds that it was given; 0: no limit */
};
/* JOB is as people write it: an id, its number alone, or a name. */
struct msg_kill {
	const char *job, *only; /* on these nodes alone; "": on all */
	uint32_t signal;
};
struct msg_attach {
	uint32_t generation;
	const char *job;
	bool figures;  /* EVENT_FIGURES of each node, and that is all */
	bool keys;     /* the client would type at the job's terminal, if it has one */
	uint64_t tail; /* of each node the last so many lines of what is kept; UINT64_MAX: all */
	uint32_t window;
};
struct msg_keyboard {
	enum { KEYBOARD_YOURS, KEYBOARD_TAKEN, KEYBOARD_ENDED } state; /* ENDED: its input has ended, nothing more can be typed */
	uint32_t uid;						       /* TAKEN: whose client has it */
	uint64_t offset;					       /* YOURS: where its first INPUT begins */
};
struct msg_job_end {
	uint32_t culprit; /* with -kill-on-bad: 1 + the place among its nodes of the one that failed first; 0: none */
};

/* put_x appends a body; take_x reads one: 0, or -1 when it is malformed (then nothing is left to free). Where a message has the same
 * fields over and over, put_x appends once, and next_x reads once: false at the end, which is the reader's bad when it is malformed. */
void put_join(struct buf *, const struct msg_join *);		 /* the body of a JOIN */
int take_join(const uint8_t *, size_t, struct msg_join *);	 /* its texts and bytes are borrowed */
void put_welcome(struct buf *, const struct msg_welcome *);	 /* the body of a WELCOME */
int take_welcome(const uint8_t *, size_t, struct msg_welcome *); /* the caller frees ancestors by strings_free */
void put_refuse(struct buf *, const struct msg_refuse *);	 /* the body of a REFUSE */
int take_refuse(const uint8_t *, size_t, struct msg_refuse *);	 /* its texts and bytes are borrowed */
void put_forget(struct buf *, const struct msg_forget *);	 /* the body of a FORGET */
int take_forget(const uint8_t *, size_t, struct msg_forget *);	 /* the caller frees jobs */
void put_resend(struct buf *, const struct msg_resend *);	 /* the body of a RESEND */
int take_resend(const uint8_t *, size_t, struct msg_resend *);	 /* all of it is copied */
/* between: what both ends of the link speak; where it isn't this generation, the frozen form of PROTO_FIRST is written and read. */
void put_node(struct buf *, const struct msg_node *, uint32_t between); /* one of an UP's */
bool next_node(struct reader *, struct msg_node *, uint32_t between);	/* the next; its texts are borrowed */
void put_down(struct buf *, const struct msg_down *);			/* the body of a DOWN */
int take_down(const uint8_t *, size_t, struct msg_down *);		/* its texts and bytes are borrowed */
void put_stat(struct buf *, const struct msg_stat *);			/* one of a STAT's */
bool next_stat(struct reader *, struct msg_stat *);			/* the next; its texts are borrowed */
void put_health(struct buf *, const struct msg_health *);		/* the body of a HEALTH, and what a RUN_HEALTH writes */
int take_health(const uint8_t *, size_t, struct msg_health *);		/* its texts are borrowed */
void put_strike(struct buf *, const struct msg_strike *);		/* the body of a STRIKE */
int take_strike(const uint8_t *, size_t, struct msg_strike *);		/* all of it is copied */
void put_power(struct buf *, const struct msg_power *);			/* the body of a POWER */
int take_power(const uint8_t *, size_t, struct msg_power *);		/* all of it is copied */
void put_run_common(struct buf *, const struct run_common *);		/* a RUN's block */
int take_run_common(struct reader, struct run_common *);		/* the caller frees it by run_common_free */
void run_common_free(struct run_common *);				/* what take_run_common has allocated */
bool run_watches(const uint8_t *block, size_t len);			/* RUN_WATCH or RUN_FIGURES is in the block */
/* A RUN in parts, for its block is shared by several: what stands before the block, and behind it. */
void put_run_head(struct buf *, const struct msg_run *);		   /* up to the block */
void put_run_entries(struct buf *, const struct msg_run *);		   /* behind it */
int take_run(const uint8_t *, size_t, struct msg_run *, uint32_t between); /* between: see put_node; the block is then another's */
void run_free(struct msg_run *);					   /* what take_run has allocated */
/* Adds its first words, so many bytes at most; "..." stands for those that are left out. words is set. */
void surroundings_command(const struct surroundings *, size_t most, struct strings *to);
size_t run_entry_size(const struct run_entry *);	     /* bytes that it takes in a RUN */
void put_event(struct buf *, const struct msg_event *);	     /* the body of an EVENT */
int take_event(const uint8_t *, size_t, struct msg_event *); /* its texts and bytes are borrowed */
void put_events(struct buf *, const struct msg_event *);     /* one of an EVENTS': a block, which take_block gives for take_event to read */
enum event_kind event_kind(const uint8_t *, size_t);	     /* of an EVENT's body, of which nothing else is looked at; 0: it has none */
bool is_output(enum event_kind);			     /* STDOUT, STDERR: they alone have a charge */
/* What it counts for where memory is bounded: its output, and what it takes beside that. Nothing but output counts. */
size_t event_charge(const struct msg_event *);
/* How it ended, in a word or two: "exit 1", "signal 9", "timed out"; status and flags as in an EXITED. The caller frees. */
char *exited_text(uint32_t status, unsigned flags);
void put_ack(struct buf *, const struct msg_ack *);	       /* one of an ACK's */
bool next_ack(struct reader *, struct msg_ack *);	       /* the next; all of it is copied */
void put_credit(struct buf *, const struct msg_credit *);      /* the body of a CREDIT */
int take_credit(const uint8_t *, size_t, struct msg_credit *); /* all of it is copied */
void put_input(struct buf *, const struct msg_input *);	       /* the body of an INPUT */
int take_input(const uint8_t *, size_t, struct msg_input *);   /* its texts and bytes are borrowed */
void put_resize(struct buf *, const struct msg_resize *);      /* the body of a RESIZE */
int take_resize(const uint8_t *, size_t, struct msg_resize *); /* all of it is copied */
void put_taken(struct buf *, const struct msg_taken *);	       /* the body of a TAKEN */
int take_taken(const uint8_t *, size_t, struct msg_taken *);   /* its texts and bytes are borrowed */
void put_signal(struct buf *, const struct msg_signal *);      /* the body of a SIGNAL */
int take_signal(const uint8_t *, size_t, struct msg_signal *); /* all of it is copied */
void put_signal_one(struct buf *, const struct msg_signal_one *);      /* the body of a SIGNAL_ONE */
int take_signal_one(const uint8_t *, size_t, struct msg_signal_one *); /* all of it is copied */
void put_want(struct buf *, const struct msg_want *);	       /* the body of a WANT */
int take_want(const uint8_t *, size_t, struct msg_want *);     /* all of it is copied */
void put_data(struct buf *, const struct msg_data *);	       /* the body of a DATA */
int take_data(const uint8_t *, size_t, struct msg_data *);     /* its texts and bytes are borrowed */
void put_lack(struct buf *, const struct msg_lack *);	       /* the body of a LACK */
int take_lack(const uint8_t *, size_t, struct msg_lack *);     /* its texts and bytes are borrowed */
void put_slow(struct buf *, const struct msg_slow *);	       /* the body of a SLOW */
int take_slow(const uint8_t *, size_t, struct msg_slow *);     /* all of it is copied */
void put_before(struct buf *, const struct msg_before *);      /* the body of a BEFORE */
int take_before(const uint8_t *, size_t, struct msg_before *); /* its texts and bytes are borrowed */
void put_renew(struct buf *, const struct msg_renew *);	       /* the body of a RENEW */
int take_renew(const uint8_t *, size_t, struct msg_renew *);   /* the caller frees paths */
void put_renew_want(struct buf *, const struct msg_renew_want *);      /* the body of a RENEW_WANT */
int take_renew_want(const uint8_t *, size_t, struct msg_renew_want *); /* all of it is copied */
void put_renew_data(struct buf *, const struct msg_renew_data *);      /* the body of a RENEW_DATA */
int take_renew_data(const uint8_t *, size_t, struct msg_renew_data *); /* its bytes are borrowed */
void put_renewed(struct buf *, const struct msg_renewed *);	       /* the body of a RENEWED */
int take_renewed(const uint8_t *, size_t, struct msg_renewed *);       /* its text is borrowed */
void put_launch(struct buf *, const struct msg_launch *);      /* the body of a LAUNCH */
/* -1 too when it is of another generation: then that alone is told. */
int take_launch(const uint8_t *, size_t, struct msg_launch *);	     /* the caller frees it by launch_free */
void launch_free(struct msg_launch *);				     /* what take_launch has allocated */
void left_out_free(struct left_out *);				     /* where its strings are owned */
void put_accepted(struct buf *, const struct msg_accepted *);	     /* the body of an ACCEPTED */
int take_accepted(const uint8_t *, size_t, struct msg_accepted *);   /* the caller frees paths */
void put_error(struct buf *, const struct msg_error *);		     /* the body of an ERROR */
int take_error(const uint8_t *, size_t, struct msg_error *);	     /* its texts and bytes are borrowed */
void put_query(struct buf *, const struct msg_query *);		     /* the body of a QUERY */
int take_query(const uint8_t *, size_t, struct msg_query *);	     /* its texts and bytes are borrowed */
void put_shown(struct buf *, const struct msg_shown *);		     /* one of a NODES' */
bool next_shown(struct reader *, struct msg_shown *);		     /* the next; its texts are borrowed */
void put_named(struct buf *, const struct msg_named *);		     /* one of them */
bool next_named(struct reader *, struct msg_named *);		     /* as next_shown */
void put_query_end(struct buf *, const struct msg_query_end *);	     /* the body of a QUERY_END */
int take_query_end(const uint8_t *, size_t, struct msg_query_end *); /* the caller frees rules by strings_free */
void put_attach(struct buf *, const struct msg_attach *);	     /* the body of an ATTACH */
int take_attach(const uint8_t *, size_t, struct msg_attach *);	     /* its texts and bytes are borrowed */
void put_keyboard(struct buf *, const struct msg_keyboard *);	     /* the body of a KEYBOARD */
int take_keyboard(const uint8_t *, size_t, struct msg_keyboard *);   /* all of it is copied */
void put_job_end(struct buf *, const struct msg_job_end *);	     /* the body of a JOB_END */
int take_job_end(const uint8_t *, size_t, struct msg_job_end *);     /* all of it is copied */
void put_ps_ask(struct buf *, const struct msg_ps_ask *);	     /* the body of a client's PS */
int take_ps_ask(const uint8_t *, size_t, struct msg_ps_ask *);	     /* all of it is copied */
void put_ps(struct buf *, const struct msg_ps *);		     /* the body of a PS */
int take_ps(const uint8_t *, size_t, struct msg_ps *);		     /* its texts are borrowed; the caller frees it by ps_free */
void ps_free(struct msg_ps *);					     /* what take_ps has allocated */
void put_kill(struct buf *, const struct msg_kill *);		     /* the body of a KILL */
int take_kill(const uint8_t *, size_t, struct msg_kill *);	     /* its texts and bytes are borrowed */
#endif
