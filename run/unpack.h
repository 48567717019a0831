/* A manifest's files put on disk: prepared trees of hard links, a job's own copies, and the node's real binRoot.
 * The caller's umask is 0. */
#ifndef UNPACK_H
#define UNPACK_H

#include "bundle.h"

unsigned unpack_shared_mode(const struct entry *); /* the permission bits of one that is shared */
/* The user that own entries are given to; nothing is given away where give is false (without root). */
struct owner {
	uid_t uid;
	gid_t gid;
	bool give;
};

/* A job's own copy, not a shared one: it was asked for by -f, or not everybody may read it. */
bool unpack_is_own(const struct entry *);

/* What is placed, for which job; all borrowed. */
struct unpacking {
	int store;			 /* descriptor of its top directory */
	const char *job;		 /* tells the temporary names of several makers apart */
	const char *given;		 /* what the names of contents handed over begin with (see below), or NULL */
	const struct manifest *manifest; /* NULL: nothing was shipped */
	struct owner owner;
	const bool *lower; /* by entry: those that are shown from below (see lower.h), not copied; NULL: none. Of them "lower/<job>" holds names, */
	bool faced;	   /* with mode and time as the entries have them; else as the store's have */
	bool theirs; /* unpack_all, unpack_all_dir: the directory is the owner's, who may change it meanwhile: all is done as them */
};

/* The prepared tree "tree/<name>" under the store, made where it is not there yet: every directory, and what is not a job's own as
 * hard links to read-only inodes that all jobs share. 0, or -1 with unpack_error() and nothing left behind. */
int unpack_tree(const struct unpacking *, const char *name);

/* What unpack_own made. */
struct unpacked {
	struct strings shared;	    /* paths that stand empty, for the prepared tree's to be mounted on */
	struct strings dirs, files; /* everything, those included; a directory before what is in it */
};
struct unpacked_size {
	uint64_t bytes, inodes; /* whole pages; the top directory not counted */
	uint64_t below;		/* inodes of the store's own file system */
};
struct unpacked_size unpack_own_size(const struct manifest *, const bool *lower); /* what unpack_own will take of file systems */
bool unpack_may_lower(const struct entry *); /* an own file that is large and has no other name */
/* Own files from this size on need not be copied: they are shown from below; or where memory is short the daemon hands their contents over
 * (blob_give), under the name given + its object's in the store; to another file system they are moved with no more than a MiB there twice. */
#define UNPACK_GIVE_MIN (1u << 20)
#define UNPACK_GIVEN (80 + OBJECT_TEXT)
/* The contents of an entry, for unpack_copy, with root's rights; given: they were handed over, and are gone when it is closed. The caller
 * closes it. -1 with errno. */
int unpack_open(const struct unpacking *, const struct entry *, bool *given);
int unpack_copy(int from, int to, uint64_t size, bool given); /* into an empty file; holes stay holes. 0, or -1 with errno */
/* Under root (empty, and nobody else's to change): directories that hold own entries, their own entries, links; and an empty
 * directory or file for each subtree that is shared. 0, or -1 with unpack_error(). */
int unpack_own(const struct unpacking *, int root, struct unpacked *);
/* Gives what is shown from below its owner, mode and time; root is the top of the overlay. 0, or -1 with unpack_error(). */
int unpack_faces(const struct unpacking *, int root);
/* Removes again, quickly, what is as it was made; what users have added stays. No link is followed. */
void unpack_undo(int root, const struct unpacked *);
/* Makes the directory `path` (no leading slash) there, the last part of it the owner's. 0, or -1 with unpack_error(). */
int unpack_dir(const struct unpacking *, int root, const char *path);

/* Everything, shared or own, as real files under root, which stay: each is made under another name and renamed, no link is followed.
 * Where root places, a directory that others than root may change is refused, and none is made. 0, or -1 with unpack_error(). */
int unpack_all(const struct unpacking *, int root);
int unpack_all_dir(const struct unpacking *, int root, const char *path); /* as unpack_dir */
/* The owner's directory "<uid>" in parent, which is root's alone: mode 0700, made where it is not there. A descriptor, which the
 * caller closes, or -1 with unpack_error(). */
int unpack_home(const struct unpacking *, int parent);

/* Where `path` (inside the root, absolute) leads when the manifest's links are followed inside the root; without a leading
 * slash. What the manifest does not know is taken as it is. NULL when it loops. Caller frees. */
char *unpack_resolve(const struct manifest *, const char *path);
const char *unpack_error(void); /* why the last call failed; borrowed until the next */
#endif
