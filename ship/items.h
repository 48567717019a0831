/* The paths that are to be sent, before they are a manifest. */
#ifndef ITEMS_H
#define ITEMS_H

#include <sys/stat.h>
#include "bundle.h"

/* Why a path is sent: where there are several reasons, the first of these decides. */
enum rank { RANK_NEED, RANK_FILE, RANK_CWD, RANK_IMPLIED };

struct item {
	char *path; /* inside the root, without leading slash */
	enum rank rank;
	enum entry_kind kind;
	unsigned flags;
	char *source; /* ENTRY_FILE */
	char *target; /* ENTRY_LINK */
	uint32_t mode;
	uint64_t mtime, dev, ino;
	uint32_t mtime_ns, uid, gid; /* with ENTRY_EXACT */
	uint64_t size, holes;	     /* once hashed */
	struct digest digest;
	struct item *first; /* of several names of one file: the first in order; NULL: it has one name */
};

struct items {
	struct item *at;
	size_t count, room;
};

struct item *item_add(struct items *, char *path, enum rank, enum entry_kind); /* takes path over; good until the next item */
void item_stat(struct item *, const struct stat *);			       /* its mode, time and inode */
/* Items lie where the links that are sent lead; what a program needs stays, for its loader has been asked. 0, or -1 with items_error(). */
int items_follow_links(struct items *);
void items_add_parents(struct items *); /* the directories above every item, as implied */
/* Sorts them by path, each once. 0, or -1 with items_error(): two sources for one path, too deep, too many. */
int items_fold(struct items *);
void items_free(struct items *); /* it is empty afterwards */
const char *items_error(void);	 /* why the last call failed; borrowed until the next */
#endif
