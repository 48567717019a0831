/* What the making of a view stands on: whose rights count, the descriptors, the job's own directories in the store. */
#ifndef STAGE_H
#define STAGE_H

#include <sys/stat.h>

#include "run/foothold.h"
#include "run/task.h"

/* The caller is in a mount namespace of its own, whose working directory is the store's top. All is borrowed. */
struct view_plan {
	const struct manifest *manifest; /* or NULL: nothing was shipped */
	const char *binroot_path;	 /* binRoot, an absolute path without links; a directory there */
	const char *job;		 /* "room/<uid>/<id>", a directory under the store to make more in */
	const char *own;		 /* "room/<uid>/<id>/root": what unpack_own made; NULL: binRoot is the node's real one */
	const char *tree;		 /* "tree/<name>", the prepared tree; NULL without a manifest */
	const struct strings *shared;	 /* paths in it that unpack_own left to be bound */
	const struct strings *mounts;	 /* mount points of the node, which merging must not hide */
	enum view view;			 /* VIEW_NONE: binRoot alone */
	bool overlay;			 /* the kernel can */
	bool nosuid;			 /* no program in all of the view gives rights: what was shipped may stand in a trusted place */
	bool has_proc;			 /* the node's /proc is one */
	int proc;			 /* a proc file system, to name descriptors by; or -1 */
	/* Names in the root are added to it that show what was shipped wherever anything was, by way of overlays that nobody can write to
	 * and that hold no directory that its user might not enter; none where the view has anything else. NULL: nobody asks. */
	struct strings *merged;
	struct footholds *footholds;	 /* made here in the node's directories; the caller leaves them when the view is gone */
	bool act;			 /* what the node has is looked at with the rights of this user, not the caller's */
	uid_t uid;
	gid_t gid;
	const uint32_t *groups;
	size_t group_count;
	bool new_proc;	     /* in a pid namespace of its own: /proc must be another one */
	const char *devices; /* a directory under the store that holds null, zero ...; NULL: none */
	int terminals;	     /* a detached mount to be /dev/pts, which is taken over; or -1 */
};
/* All descriptors are of the job's mount namespace, but proc's. */
struct stage {
	const struct view_plan *plan;
	int store;	      /* the store's top */
	int tree;	      /* the prepared tree, which everybody may enter who has this; -1: there is none */
	int root;	      /* the view's root */
	bool as_user;	      /* see below */
	unsigned number;      /* of the directories made for this job so far */
	struct strings links; /* names in the root that are links and were sent as the same links */
	struct strings fresh; /* names in the root that only the shipped tree has */
};

/* From begin to end the working directory is the proc file system's, by which descriptors are named; outside the store's top.
 * begin: -1 with stage_error(). end in either case: as self again, and -1 as well when anything fails. */
int stage_begin(struct stage *, const struct view_plan *);
int stage_end(struct stage *);		   /* frees; the stage is of no use afterwards */
int stage_enter(struct stage *, int root); /* the process's root, and so the view's, becomes another. -1 with stage_error() */

/* Whose rights count for what is looked up from now on: the job's user's, or the keeper's own, which are for the store alone and for
 * what is mounted by descriptor. Ends the process when it can't be done. */
void stage_as_user(struct stage *);
void stage_as_self(struct stage *); /* the keeper's own */

/* A new directory of this job's, numbered: its path in the store. As self. The caller frees; NULL with stage_error(). */
char *stage_dir(struct stage *);
/* A directory's owner, mode and access list, for another one to have. */
struct face {
	uid_t uid;
	gid_t gid;
	mode_t mode;
	void *acl;
	size_t acl_len;
};
/* Of a directory that fstat(2) has told so of. False: as a new directory of ours has it, and nothing to free. */
bool stage_face(const struct stage *, int dir, const struct stat *, struct face *);
int stage_put_face(int dir, const struct face *); /* -1 with errno. As self */
/* Shows what is at from/path also at dir/to ("": at dir itself). -1 with stage_error(). */
int stage_bind(int from, const char *path, bool recursive, uint64_t attributes, int dir, const char *to);

int stage_fail(const char *what, const char *path); /* -1; errno's text becomes stage_error() */
const char *stage_error(void);			    /* why the last call failed; borrowed until the next */
#endif
