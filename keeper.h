/* The keeper: the process that makes one job's view, runs its program, reaps and kills all that comes of it. */
#ifndef KEEPER_H
#define KEEPER_H

#include <sys/resource.h>

#include "worker.h"

/* What the daemon found out about this node at its start, and every keeper relies on. Descriptors stay the daemon's. */
struct node_facts {
	const char *binroot;
	const char *search;	  /* the node's own PATH */
	int store;		  /* top directory of the store */
	int proc;		  /* a proc file system, or -1 */
	int null;		  /* what jobs have as stdin */
	int real_binroot;	  /* the directory itself, never what is mounted over it; or -1 */
	int home;		  /* the daemon's mount namespace, or -1 */
	bool is_root;		  /* of the whole machine: may give files away and become others */
	bool namespaces;	  /* mount namespaces can be had */
	bool pid_namespaces;	  /* keepers are the first process of one of their own: it dies with them */
	bool private;		  /* -p */
	bool overlay;
	bool devices;		  /* the store holds a directory "dev" with null, zero and their like */
	bool any_ignored;	  /* signals that it was started with ignored: a job's are as usual */
	bool oom_protected;	  /* the daemon is; its jobs are not */
	struct rlimit files;	  /* the limit that jobs get back */
	struct strings mounts;	  /* mount points of the node */
};

/* What one keeper is given. */
struct keep {
	const struct node_facts *facts;
	const struct work *work;
	char name[48];		  /* names the job's own things in the store */
	int control, out, err;	  /* the keeper's ends */
};

/* In a freshly forked process: does it all and exits, with 0 when nothing of the job is left. */
void keeper_run(struct keep *) __attribute__((noreturn));

/* From keeper to daemon: u8 event, u32 status, string. From daemon to keeper: u8 signal, KEEPER_KILL to end all. */
enum { KEEPER_KILL = 255 };

/* Process ids of this process's children, through a proc file system; how many, or -1 with errno. Caller frees *out. */
ssize_t list_children(int proc, pid_t **out);
#endif
