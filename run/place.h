/* A manifest's files put on disk: prepared trees of hard links, a job's own copies, and the node's real binRoot.
 * The caller's umask is 0. */
#ifndef PLACE_H
#define PLACE_H

#include "bundle.h"

/* Whom own entries are given to; nothing is given away where give is false (without root). */
struct owner {
	uid_t uid;
	gid_t gid;
	bool give;
};

/* A job's own copy, not a shared one: it was asked for by -f, or not everybody may read it. */
bool place_is_own(const struct entry *);

/* The prepared tree "tree/<name>" under the store, made where it is not there yet: every directory, and what is not a job's own as
 * hard links to read-only inodes that all jobs share. job tells the temporary names of several makers apart.
 * 0, or -1 with place_error() and nothing left behind. */
int place_tree(int store, const char *name, const char *job, const struct manifest *);

/* What place_own made. */
struct placed {
	struct strings shared;	    /* paths that stand empty, for the prepared tree's to be mounted on */
	struct strings dirs, files; /* everything, those included; a directory before what is in it */
};
/* Own files from this size on need not be copied where memory is short: the daemon hands their contents over (blob_give), under the
 * name given + its object's in the store. */
#define PLACE_GIVE_MIN (1u << 20)
#define PLACE_GIVEN (64 + OBJECT_TEXT)
/* Under root (empty): directories that hold own entries, their own entries, links; and an empty directory or file for each
 * subtree that is shared. given: what the names of contents handed over begin with, or NULL. 0, or -1 with place_error(). */
int place_own(int store, int root, const char *given, const struct manifest *, struct owner, struct placed *);
/* Removes again what of it is as it was, quickly; what users have added stays. No link is followed. */
void place_undo(int root, const struct placed *);
void placed_free(struct placed *);

/* Everything, shared or own, as real files under root, a directory that others may know and write in: each is made
 * under another name and renamed, no link is followed. 0, or -1 with place_error(). */
int place_all(int store, int root, const char *job, const struct manifest *, struct owner);

/* Makes the directory `path` (no leading slash) under root, the last one the owner's. 0, or -1 with place_error(). */
int place_dir(int root, const char *path, struct owner);

/* Where `path` (inside the root, absolute) leads when the manifest's links are followed inside the root; without a leading
 * slash. What the manifest does not know is taken as it is. NULL when it loops. Caller frees. */
char *place_resolve(const struct manifest *, const char *path);
const char *place_error(void);
#endif
