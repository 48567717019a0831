/* The contents a node holds, by digest and scope, on a tmpfs of its own with one memory budget.
 *
 * What lies on it:
 *   part/<name>          contents that are not all here yet (only the daemon's business)
 *   blob/<name>          whole contents, owned by the daemon, made with mode 0400; they only ever change their mode, times or links
 *   inode/<name>.<mode>.<mtime>  the same file under the mode and time that a manifest gives it (made by keepers)
 *   tree/<name>/         the prepared tree of a manifest, hard links to inodes (made by keepers, renamed into place)
 *   lower/<id>/          names of blobs and inodes that one job is shown through an overlay (see lower.h; made and removed by keepers)
 *   room/<uid>/<id>/     what one job has for itself (made and removed by keepers); room/<uid> is a file system of that user's jobs
 * What no tree uses any more may vanish from inode/ at any time, also between a keeper's look and its link: on ENOENT it makes the
 * name again from blob/<name>, which stays while it is pinned. A <name> is an object's: digest and scope (object_text), so that who
 * knows a digest alone finds nothing of another user's.
 */
#ifndef STORE_H
#define STORE_H

#include "bundle.h"

struct store;
struct blob;

/* A private tmpfs of `budget` bytes (0: half of the memory), mounted in the daemon's own mount namespace where no path leads to it (so
 * unshare first, and see vault.h); in an own directory under `fallback` (may be NULL) where no mount can be had.
 * NULL with store_error(). store_close removes everything. */
struct store *store_open(uint64_t budget, const char *fallback);
struct store *store_open_dir(uint64_t budget, const char *parent); /* never mounts: for a process without a namespace of its own */
void store_close(struct store *);				   /* NULL is allowed */
const char *store_error(void);	     /* why the last call failed; borrowed until the next */
int store_dir(const struct store *); /* descriptor of its top directory, close-on-exec */
bool store_is_tmpfs(const struct store *);   /* mounted; else a directory of another file system */
uint64_t store_budget(const struct store *); /* bytes that all of it may take */
uint64_t store_free(const struct store *);   /* bytes that could be had: free, and held by what is idle, less what is promised */
uint64_t store_held(const struct store *);   /* bytes that users' jobs have, written or pinned */
uint64_t store_spare(
	const struct store *); /* of these, what may go to contents that only pass: an eighth of the budget is kept for launches */

/* Promises room for `bytes` more to a user, evicting what has been idle longest. 0, or -1 with store_error() saying what it needs and
 * what there is: for no user may take all that is left (see quota.h). A promise is only a number and its owner keeps it: all of it is
 * given back with store_release, as the bytes arrive or when they have (until then those that have arrived count twice). */
int store_reserve(struct store *, uint32_t uid, uint64_t bytes);
void store_yield(struct store *, uint32_t uid, uint64_t more, uint64_t less); /* as quota_yield has it, of what was promised */
void store_release(struct store *, uint32_t uid, uint64_t bytes); /* no more than was promised */
/* What some promises are for can go when others want the room: give drops one of them, the user's own first; false: there is none, or all of
 * them are less than what is lacking. NULL: there are no such promises. */
void store_set_idle(struct store *, bool (*give)(void *owner, uint32_t uid, uint64_t lacking), void *owner);
/* A job of the user's begins: "room/<uid>" is there, where its keeper will write so many bytes, promised no more but counted until
 * store_written says that they are there; and ends. The limits of all rooms are set anew each time. -1 with store_error(). */
int store_enter(struct store *, uint32_t uid, uint64_t coming);
void store_written(struct store *, uint32_t uid, uint64_t coming); /* as many as store_enter was told */
void store_leave(struct store *, uint32_t uid); /* a job of the user's has ended */
void store_tidy(struct store *);		/* now and then: rooms that have been empty since the last time go */
uint64_t store_footprint(uint64_t size);	/* what a file of that size takes of the budget: whole pages */

/* A whole blob that is not pinned may be evicted, and its struct freed, by whatever makes room: store_reserve and blob_add. A
 * partial one never is: blob_drop is for those. */
struct blob *store_find(struct store *, const struct object_name *); /* or NULL */
struct blob *store_want(struct store *, const struct object_name *); /* finds it, or begins an empty, partial one */
void blob_drop(struct blob *);					     /* frees a partial one that nothing waits for; nothing when pinned */
void *blob_user(const struct blob *); /* what the daemon has tied to it; NULL at first, and not looked at here */
void blob_set_user(struct blob *, void *);		  /* borrowed */
const struct object_name *blob_name(const struct blob *); /* the blob's own */
bool blob_whole(const struct blob *);			  /* all of it is here and proved */

void blob_pin(struct blob *); /* pinned blobs are not evicted; counts */
void blob_unpin(struct blob *); /* the last one: it may be evicted */
/* The same for a job of a user's, whose share has it for as long: of several users, the one who came first. */
void blob_hold(struct blob *, uint32_t uid);
void blob_let(struct blob *, uint32_t uid); /* the opposite of blob_hold */
/* The prepared tree of a manifest is in use by a job of a user (counts) or no more; it and what it links to stay while it is. bytes:
 * what it takes of the user's share beside the contents. -1 with store_error() when that has no room. */
int store_hold_tree(struct store *, const struct object_name *manifest, uint32_t uid, uint64_t bytes);
void store_drop_tree(struct store *, const struct object_name *manifest, uint32_t uid); /* the opposite of store_hold_tree */
#endif
