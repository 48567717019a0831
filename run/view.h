/* The job's view of files: the node's own root with the shipped tree merged into it, and binRoot, in a mount namespace. */
#ifndef VIEW_H
#define VIEW_H

#include "bundle.h"
#include "run/foothold.h"

enum view { VIEW_MERGED, VIEW_ALL, VIEW_NONE };

/* The caller is in a mount namespace of its own, whose working directory is the store's top. All is borrowed. */
struct view_plan {
	const struct manifest *manifest; /* or NULL: nothing was shipped */
	const char *place;		 /* binRoot, an absolute path without links; a directory there */
	const char *job;		 /* "job/<id>", a directory under the store to make more in */
	const char *own;		 /* "job/<id>/root": what place_own made; NULL: binRoot is the node's real one */
	const char *tree;		 /* "tree/<name>", the prepared tree; NULL without a manifest */
	const struct strings *shared;	 /* paths in it that place_own left to be bound */
	const struct strings *mounts;	 /* mount points of the node, which merging must not hide */
	enum view view;			 /* VIEW_NONE: binRoot alone */
	bool overlay;			 /* the kernel can */
	bool nosuid;			 /* no program in all of the view gives rights: what was shipped may stand in a trusted place */
	int proc;			 /* a proc file system, to name descriptors by; or -1 */
	struct footholds *footholds;	 /* made here in the node's directories; the caller leaves them when the view is gone */
	bool act;			 /* what the node has is looked at with the rights of this user, not the caller's */
	uid_t uid;
	gid_t gid;
	const uint32_t *groups;
	size_t group_count;
	bool new_proc;	     /* in a pid namespace of its own: /proc must be another one */
	const char *devices; /* a directory under the store that holds null, zero ...; NULL: none */
};
/* 0, or -1 with view_error(). The working directory stays the store's top; the root may have become another. */
/* Whether a name of the root is a place of programs, where what was shipped is merged with the node's. */
bool view_holds_programs(const char *name);
int view_enter(const struct view_plan *);
const char *view_error(void);
#endif
