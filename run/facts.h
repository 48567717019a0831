/* What this node can do: namespaces, file systems, devices, limits; found out once, and told to every keeper. */
#ifndef FACTS_H
#define FACTS_H

#include "base/buf.h"
#include "run/lower.h"

/* What the daemon is told of its node when it starts. */
struct node_setup {
	const char *binroot;		/* absolute */
	uint64_t budget;		/* of the store; 0: half of the memory */
	bool private;			/* -p */
	bool runs_jobs;			/* false on a master: needs only a store */
	bool no_overlay, no_namespaces; /* as if the kernel had none: for trying what is done then */
};

/* Numbers at which the daemon holds, where it can, what every keeper needs: side by side, so that a keeper has them where they are, and
 * closes all others at once. The last is of those daemons alone that have user's directories beside binRoot. */
enum { FACTS_STORE = 24, FACTS_PROC, FACTS_BINROOT, FACTS_HOME, FACTS_HOMES };

enum { LIMITS = 16 }; /* that asm-generic/resource.h knows */

/* What the daemon found out about this node at its start, and every keeper relies on. Descriptors stay the daemon's. */
struct node_facts {
	char *binroot;
	char *binroot_path;  /* binroot, its links followed */
	char *unfit;	     /* why no other user's files may be shown at binRoot: a text; or NULL */
	char *search;	     /* the node's own PATH */
	int store;	     /* top directory of the store; another descriptor than the store's own */
	int proc;	     /* a proc file system, or -1 */
	int null;	     /* what jobs have as stdin */
	int real_binroot;    /* the directory itself, never what is mounted over it; or -1 */
	char *homes_path;    /* with -p=false, where root runs jobs of others: binRoot + ".users", */
	int homes;	     /* in which each user has a directory that stands for binRoot; or -1 */
	int home;	     /* the daemon's mount namespace, or -1 */
	uint32_t uid;	     /* the daemon's own */
	bool is_root;	     /* of the whole machine: may give files away and become others */
	bool namespaces;     /* mount namespaces can be had */
	bool pid_namespaces; /* keepers are the first process of one of their own: it dies with them */
	bool private;	     /* -p */
	bool overlay;
	enum lower_kind lower; /* how large own files are shown without a copy */
	bool devices;	       /* the store holds a directory "dev" with null, zero and their like */
	uint64_t ignored;      /* signals, a bit each from 1 on, that it was started with ignored: a job's are as usual */
	uint64_t soft_limits[LIMITS]; /* soft ones, by their numbers in struct surroundings, UINT64_MAX for none: what is forked here has them */
	uint32_t login;	       /* the audit's login uid that the daemon has; UINT32_MAX: none */
	bool has_proc;	       /* /proc is a proc file system, as of the last facts_refresh; false as well where that can't be told */
	struct strings mounts; /* mount points of the node, as of the last facts_refresh */
	int mountinfo;	       /* tells when they change; or -1 */
	struct buf limits;     /* what is missing here, one text */
};

/* Whether a directory of the root is a place of programs ("bin", "usr", "opt"...): there what was shipped is merged with the node's own. */
bool facts_holds_programs(const char *name);

/* The namespaces, made now, and binRoot, claimed. -1 with facts_error(); facts_close in either case. */
int facts_begin(struct node_facts *, const struct node_setup *);
/* The rest, once the store is there. */
void facts_finish(struct node_facts *, const struct node_setup *, int store);
void facts_limit(struct node_facts *, const char *text); /* adds to what is missing */
void facts_refresh(struct node_facts *);		 /* before each job: mount points that have changed, a binRoot that is gone */
void facts_close(
	struct node_facts *); /* removes binRoot when it was made by gproc and no other daemon uses it; the store is closed before */
const char *facts_error(void); /* why facts_begin failed; borrowed */
#endif
