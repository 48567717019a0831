/* What each user may take of a node's memory: a part of the store, and a file system of their own, a *room*, for what jobs write.
 *
 * limit(user) = max(what they use, (budget - used by others) / (users + 1)): so what is left over is never all anybody's, and who comes
 * next finds room. A room has as many inodes as its size has 16 KiB, for they run out as bytes do. */
#ifndef QUOTA_H
#define QUOTA_H

#include "base/util.h"

#define QUOTA_INODE (16u * 1024) /* bytes of a room that an inode counts for */

struct quotas;
struct quota; /* one user's; the shares' own */

/* dir: descriptor of an empty directory for the rooms, which becomes theirs. with_rooms: rooms are mounted there as "<uid>"; else they
 * are plain directories, and nothing bounds what jobs write. The daemon's mount namespace is its own. */
struct quotas *quotas_open(uint64_t budget, int dir, bool with_rooms);
void quotas_close(struct quotas *);		       /* unmounts the rooms */
struct quota *quota_of(struct quotas *, uint32_t uid); /* made where there is none; stays until quotas_tidy finds it unused */
const char *quota_error(void);			       /* why the last call failed; borrowed until the next */

/* Bytes that the user may take beyond what they use. common: bytes of the store in use that no user's share has. */
uint64_t quota_left(const struct quota *, uint64_t common);
void quota_take(struct quota *, uint64_t bytes); /* of the store: paid for by this user until it is given back */
void quota_give_back(struct quota *, uint64_t bytes); /* the opposite */
/* Of what was taken so much more, or less, goes as soon as others want it: their shares are as if it were not there. */
void quota_yield(struct quota *, uint64_t more, uint64_t less);

/* A job of the user's begins: their room is there. coming: bytes that its keeper will write there, which count as used until
 * quota_written. 0, or -1 with quota_error(). */
int quota_enter(struct quota *, uint64_t coming);
void quota_written(struct quota *, uint64_t coming); /* they are there, and counted as what is used */
void quota_leave(struct quota *); /* and has ended */
/* Looks at what is used, and sets the limits of all rooms anew, to within a thousandth: after each of the calls above. */
void quotas_resize(struct quotas *, uint64_t common);
void quotas_set(struct quotas *, uint64_t common); /* the same without looking: what is used was looked at just now, by quota_left */
uint64_t quotas_size(const struct quotas *); /* bytes that the rooms together may grow to */
uint64_t quotas_held(const struct quotas *); /* bytes that users have and others can't get */
/* Takes away rooms without jobs that it has found so once before. */
void quotas_tidy(struct quotas *);

/* Something in the store that several users may use at once: it is paid for by the one who has done so for longest. Zero is none. */
struct bill {
	struct payer *first;
	uint64_t bytes; /* that the first pays */
};
void bill_join(struct bill *, struct quota *, uint64_t bytes); /* counts; bytes: what it costs now, if no user has it as yet */
void bill_leave(struct bill *, struct quota *);		       /* the opposite: when a user's last leaves, the next of the users pays */
void bill_drop(struct bill *);	 /* the first leaves, however often they have joined */
void bill_cancel(struct bill *); /* it costs nothing from now on, however long it is used */

/* The rule above. users: with this one. */
uint64_t quota_limit(uint64_t budget, uint64_t used_by_others, unsigned users, uint64_t used);
#endif
