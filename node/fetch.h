/* Objects that are not whole here: what is asked of their source, in which job's name. */
#ifndef FETCH_H
#define FETCH_H

#include "bundle.h"
#include "node/neighbour.h"
#include "node/pace.h"

struct blob;

/* A job of this node that waits for an object. Neighbours that wait have a stream. */
struct waiter {
	uint64_t job;
	struct waiter *next;
};

/* An object that is not whole yet. */
struct fetch {
	struct object_name name;
	struct blob *blob;	  /* pinned */
	struct neighbour *source; /* NULL: none at the moment */
	uint64_t job;		  /* the job in whose name it was asked for */
	uint64_t heard;		  /* when it last moved, or was asked for */
	uint64_t asked;		  /* the offset up to which it was asked for; 0: it must be asked anew */
	uint64_t queued;	  /* of a thin one that waits for a window: its place among them */
	bool packed;		  /* it was asked for deflated */
	bool chained;		  /* large: asked of the node before this one, as long as that one gives it */
	bool alone;		  /* for this object that node is not asked again */
	struct pace pace;
	struct trial trial;
	struct pace kept; /* while another source is tried: that of the last */
	char *back; /* while another source is tried: the address of the last, "": the parent; NULL: none is tried */
	unsigned damaged;
	struct waiter *waiters;
	struct fetch *next, **at; /* in the list, and what points to it there */
};
extern struct fetch *fetches;

/* A node that asks beside the tree: refused; perhaps later, for the job is not here yet; what is here or on its way; all. */
enum asking { ASK_NEVER, ASK_LATER, ASK_HELD, ASK_ALL };

/* What the parts above know of an object's use: node.c sets it at the start. */
struct fetch_hooks {
	/* The neighbour that is asked for an object of that scope in a job's name: the parent, or the job's client; NULL: none now. */
	struct neighbour *(*source)(uint64_t job, uint32_t scope);
	bool waits; /* a source that is gone will be followed by another: nothing fails until then */
	/* Why a job of this node must not have an object that takes so much of the store, as is known now; NULL: it may. */
	const char *(*refuses)(uint64_t job, const struct object_name *, uint64_t bytes);
	const char *(*before)(uint64_t job); /* address of the node to ask for large objects in that job's name; NULL, "": the source */
	enum asking (*may_ask)(uint64_t job, uint32_t scope); /* what another node may have in a job's name */
	void (*slow)(uint64_t job);			      /* this node is far slower than the one it asks */
	void (*back)(uint64_t job, const char *before);	      /* the node that was asked last is better */
	void (*has)(uint64_t job, const struct object_name *);
	void (*lacks)(uint64_t job, const struct object_name *, unsigned status, const char *why); /* status: the job's */
};
extern const struct fetch_hooks *fetch_hooks;
void fetch_set_hooks(const struct fetch_hooks *); /* borrowed for ever */

struct fetch *fetch_of(const struct object_name *);		    /* or NULL */
struct neighbour *fetch_source(const struct fetch *, uint64_t job); /* the neighbour it is asked of in that job's name; NULL: none now */
bool fetch_is_chained(const struct fetch *);			    /* its source is a node beside the tree */
void fetch_want(struct fetch *, uint64_t offset);		    /* asks its source from there on, up to the blob's limit */
void fetch_unwant(struct fetch *);				    /* its source need send no more */
/* A job that still waits, in whose name it can be asked for again; false when none does. */
bool fetch_next_job(const struct fetch *, uint64_t *job);
/* To another job that waits for it, if there is one. On the master that job's client becomes the source. Below it only the name changes in
 * which it is asked for: those above thereby learn of the other job. */
void fetch_rename(struct fetch *);
#endif
