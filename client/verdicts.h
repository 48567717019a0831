/* How each chosen node's part in a job has ended: gathered from events, told at the end, and the status that comes of it. */
#ifndef VERDICTS_H
#define VERDICTS_H

#include "client/naming.h"
#include "opts.h"
#include "proto.h"

enum fate { FATE_RUNNING, FATE_STARTED, FATE_EXITED, FATE_SIGNALLED, FATE_FAILED, FATE_HELD, FATE_LOST };

struct verdict {
	enum fate fate;
	unsigned status; /* exit status, or the signal */
	char *why;
	unsigned flags; /* enum exited_flags */
	bool overdue;	/* -timeout ended it */
	uint64_t ran;	/* milliseconds, of one that has ended */
	bool unfit, told; /* its program is for another machine; that was said */
	bool seen;	/* some of its output has come, */
	bool broken[2]; /* and ended in the middle of a line: of each stream */
};

/* How many nodes are how far. ended: in whatever way, started or not. */
struct tally {
	size_t waiting, started, running, ended;
};

struct verdicts {
	const struct options *options;
	bool silent; /* nothing is said of it */
	const struct naming *naming;
	const struct path *paths; /* sorted */
	size_t count, running;	  /* running: have not ended; with -detach, not started */
	struct verdict *at;	  /* one for each path */
	struct left_out left;	  /* strings owned */
	size_t unfit, all_unfit; /* nodes of other machines than the program's: that have not come yet, and in all */
	size_t culprit;		  /* with -kill-on-bad the node that failed first, by which all others are ended; count: none */
	struct note *notes;
	size_t note_count, note_room;
};

/* For the nodes of an answer, whose paths are borrowed, as options and naming (NULL: by paths) are; says which don't take part, unless it is silent. */
void verdicts_begin(struct verdicts *, const struct options *, const struct naming *, const struct msg_accepted *, bool silent);
size_t verdicts_find(const struct verdicts *, const struct path *); /* its place; count: it was not chosen */
unsigned verdict_status(const struct verdict *);		    /* what it makes of the exit status: 255 of one that runs */
/* Takes one node's event. True when that is the end of it here, after which it writes nothing more. */
bool verdicts_take(struct verdicts *, size_t node, const struct msg_event *);
/* A part that has ended, well or by us, failed all the same. */
void verdicts_spoil(struct verdicts *, size_t node, const char *why);
void verdicts_overdue_one(struct verdicts *, size_t node); /* the same of one, whose time counts from its turn */
void verdicts_overdue(struct verdicts *); /* the time of all that have not ended is over; how they end at last, their verdicts say */
void verdicts_lose(struct verdicts *, const char *why); /* no more events will come: those that have not ended are lost */
struct tally verdicts_tally(const struct verdicts *);	/* as of now */
/* Those that at least as many others are ahead of, in starting or in ending, as naming_counted lists them; NULL: none. The caller frees. */
char *verdicts_slow(const struct verdicts *, const struct tally *);
char *verdicts_running(const struct verdicts *);	/* those that have not ended, as naming_counted lists them. The caller frees */
/* Says what the nodes had to note, and the last word. left: those that have not ended are told as running still. */
void verdicts_print(struct verdicts *, bool left);
struct lastword *verdicts_words(const struct verdicts *, bool left); /* the last word; the caller frees by lastword_free */
int verdicts_status(const struct verdicts *); /* of the whole: what gproc failed at goes before the time limit, that before the programs' */
#endif
