/* What a job is on this node: which program, with what around it, for which user, in which view of files. */
#ifndef TASK_H
#define TASK_H

#include "bundle.h"
#include "proto.h"

/* What is done on the node as the user. */
enum task_kind {
	TASK_RUN, /* a program runs */
	TASK_GET, /* the files that argv names are read, into an archive on its output */
	TASK_COMPARE, /* of the manifest's files it is told, on its output, which are there already as TASK_PUT would put them */
	TASK_PUT, /* the manifest's files are put below the directory argv[0] of the node's own; made where that ends in a slash */
};

/* What to run; borrowed for the call of worker_start only. */
struct task {
	enum task_kind kind;
	uint64_t job;
	const struct object_name *manifest_name; /* NULL: nothing was shipped */
	const struct manifest *manifest;	 /* all its blobs are whole in the store and pinned by the caller until PROC_GONE */
	const char *prefix; /* TASK_PUT: what the paths of this node's entries begin with, which is no part of their place; others are not its own */
	bool localbin;
	bool glob; /* expand arguments under binRoot that hold * ? [ */
	enum view view;
	char *const *argv; /* NULL-ended; argv[0] as typed */
	char *const *env;  /* NULL-ended; GPROC_ROOT and PATH are added here, the others by the caller */
	const char *cwd;   /* the caller's, or with node_cwd a directory of the node's own */
	bool node_cwd;
	uint32_t umask; /* the caller's, and its soft limits: see struct surroundings */
	const uint64_t *limits;
	uint32_t limit_count;
	uint32_t uid, gid;
	const uint32_t *groups;
	size_t group_count;
	bool wants_start;		   /* PROC_STARTED is wanted */
	bool give;			   /* there is no room to copy all: hand over what can be */
	bool input;			   /* it reads a pipe; else /dev/null */
	const struct msg_resize *terminal; /* it reads and writes a terminal of this size; else NULL */
	void (*gone)(void *owner);	   /* called when proc_next would yield PROC_GONE; the proc may be freed in it. NULL: it is asked for */
	void *owner;
};
#endif
