/* What each user may take of a node's memory: a part of the store, and a file system of their own for what jobs write.
 * Must never know of jobs' insides, of blobs or manifests. */
#include "run/quota.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/sys.h"

#define PAGE 4096u
#define NEAR 1024u		/* a room's limit may be off by this part of it */
#define QUOTA_MIN (256u * 1024) /* bytes: a room in which a job can begin at all, however little is left */

struct quota {
	struct quotas *all;
	struct quota *next;
	uint32_t uid;
	unsigned jobs, bills;
	uint64_t stored; /* bytes of the store that the user pays for, promises among them */
	uint64_t yields; /* of these what goes when others want it: it takes nothing from their shares */
	uint64_t coming; /* bytes that keepers are about to write to the room */
	uint64_t used;	 /* bytes of the room, when it was last looked at */
	uint64_t size;	 /* of the room */
	int top;	 /* its top directory, or -1 */
	bool idle;	 /* without jobs when it was last tidied */
};

struct quotas {
	uint64_t budget;
	int dir;
	bool with_rooms;
	struct quota *first;
};

struct payer {
	struct quota *share;
	struct payer *next;
	unsigned count;
};

static char error_text[256];

const char *
quota_error(void)
{
	return error_text;
}

/* ---- who uses how much ---- */

uint64_t
quota_limit(uint64_t budget, uint64_t used_by_others, unsigned users, uint64_t used)
{
	uint64_t part = (budget > used_by_others ? budget - used_by_others : 0) / (users + 1u);

	return part > used ? part : used;
}

static uint64_t
use_of(const struct quota *s)
{
	return s->stored + s->coming + s->used;
}

/* What others have to leave to this user. */
static uint64_t
firm_use(const struct quota *s)
{
	return use_of(s) - (s->yields < s->stored ? s->yields : s->stored);
}

static bool
is_user(const struct quota *s)
{
	return s->jobs > 0 || firm_use(s) > 0;
}

static uint64_t
limit_of(const struct quota *s, uint64_t common)
{
	uint64_t others = common;
	const struct quota *other;
	unsigned users = 1;

	for (other = s->all->first; other; other = other->next)
		if (other != s && is_user(other)) {
			others += firm_use(other);
			users++;
		}
	return quota_limit(s->all->budget, others, users, use_of(s));
}

/* What the room's inodes count for, where that is more than its bytes. */
static uint64_t
look(const struct quota *s)
{
	uint64_t bytes, inodes;
	struct statvfs fs;

	if (s->top < 0 || !s->all->with_rooms || s->jobs == 0 || fstatvfs(s->top, &fs) < 0)
		return 0;
	bytes = (uint64_t)(fs.f_blocks - fs.f_bfree) * fs.f_frsize;
	inodes = fs.f_files > fs.f_ffree ? fs.f_files - fs.f_ffree - 1 : 0; /* without its top directory */
	return bytes > inodes * QUOTA_INODE ? bytes : inodes * QUOTA_INODE;
}

static void
look_at_all(const struct quotas *all)
{
	struct quota *s;

	for (s = all->first; s; s = s->next)
		s->used = look(s);
}

uint64_t
quota_left(const struct quota *s, uint64_t common)
{
	look_at_all(s->all);
	return limit_of(s, common) - use_of(s);
}

void
quota_take(struct quota *s, uint64_t bytes)
{
	s->stored += bytes;
}

void
quota_yield(struct quota *s, uint64_t more, uint64_t less)
{
	s->yields += more;
	s->yields -= less < s->yields ? less : s->yields;
}

void
quota_give_back(struct quota *s, uint64_t bytes)
{
	s->stored -= bytes < s->stored ? bytes : s->stored;
}

/* ---- rooms ---- */

/* Most launches change it by some pages: that is not worth five calls, while what is to be written fits. */
static bool
is_near_enough(const struct quota *s, uint64_t size)
{
	uint64_t off = size > s->size ? size - s->size : s->size - size;

	return off <= s->size / NEAR && s->used + s->coming <= s->size;
}

static void
set_size(struct quota *s, uint64_t common)
{
	uint64_t limit = limit_of(s, common), size = limit > s->stored ? limit - s->stored : 0;

	size = size < QUOTA_MIN ? QUOTA_MIN : size - size % PAGE; /* the kernel would round it up */
	/* What has been written since it was looked at may be more: then the limit that is there stays until the next time. */
	if (!is_near_enough(s, size) && resize_tmpfs(s->top, size, size / QUOTA_INODE) == 0)
		s->size = size;
}

void
quotas_resize(struct quotas *all, uint64_t common)
{
	if (!all->with_rooms)
		return;
	look_at_all(all);
	quotas_set(all, common);
}

void
quotas_set(struct quotas *all, uint64_t common)
{
	struct quota *s;

	for (s = all->first; s; s = s->next)
		if (all->with_rooms && s->jobs > 0 && s->top >= 0)
			set_size(s, common);
}

uint64_t
quotas_size(const struct quotas *all)
{
	uint64_t total = 0;
	const struct quota *s;

	for (s = all->first; s; s = s->next)
		if (s->jobs > 0)
			total += s->size;
	return total;
}

uint64_t
quotas_held(const struct quotas *all)
{
	uint64_t total = 0;
	const struct quota *s;

	look_at_all(all);
	for (s = all->first; s; s = s->next)
		total += firm_use(s);
	return total;
}

static const char *
room_name(const struct quota *s, char out[16])
{
	(void)snprintf(out, 16, "%u", s->uid);
	return out;
}

static int
mount_top(struct quota *s, const char *name)
{
	int mount = mount_tmpfs(QUOTA_MIN, QUOTA_MIN / QUOTA_INODE, ATTR_NOSUID | ATTR_NODEV);

	s->size = QUOTA_MIN;
	if (mount < 0 || mount_attach(mount, s->all->dir, name) < 0)
		close_fd(&mount);
	return mount;
}

static int
open_top(struct quota *s)
{
	char name[16];

	if (mkdirat(s->all->dir, room_name(s, name), 0700) == 0 || errno == EEXIST)
		s->top = s->all->with_rooms ? mount_top(s, name)
					    : openat(s->all->dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (s->top >= 0)
		return 0;
	set_error(error_text, sizeof(error_text), "can't make a file system for what user %u's jobs write: %s", s->uid, strerror(errno));
	(void)unlinkat(s->all->dir, name, AT_REMOVEDIR);
	return -1;
}

/* With the directory a mount of it that other namespaces have goes, too. */
static void
close_top(struct quota *s)
{
	char name[16];

	if (s->top < 0)
		return;
	if (s->all->with_rooms)
		(void)unmount(s->top, 1);
	close_fd(&s->top);
	(void)unlinkat(s->all->dir, room_name(s, name), AT_REMOVEDIR);
	s->size = 0;
}

int
quota_enter(struct quota *s, uint64_t coming)
{
	if (s->top < 0 && open_top(s) < 0)
		return -1;
	s->jobs++;
	s->coming += coming;
	return 0;
}

void
quota_written(struct quota *s, uint64_t coming)
{
	s->coming -= coming < s->coming ? coming : s->coming;
}

void
quota_leave(struct quota *s)
{
	if (--s->jobs == 0)
		s->used = 0;
	s->idle = false;
}

/* ---- all of them ---- */

struct quotas *
quotas_open(uint64_t budget, int dir, bool with_rooms)
{
	struct quotas *all = xcalloc(1, sizeof(*all));

	*all = (struct quotas){.budget = budget, .dir = dir, .with_rooms = with_rooms};
	return all;
}

struct quota *
quota_of(struct quotas *all, uint32_t uid)
{
	struct quota *s;

	for (s = all->first; s && s->uid != uid; s = s->next)
		;
	if (s)
		return s;
	s = xcalloc(1, sizeof(*s));
	*s = (struct quota){.all = all, .next = all->first, .uid = uid, .top = -1};
	return all->first = s;
}

void
quotas_tidy(struct quotas *all)
{
	struct quota **at = &all->first, *s;

	while ((s = *at)) {
		if (s->jobs == 0 && s->idle)
			close_top(s);
		s->idle = s->jobs == 0;
		if (s->top >= 0 || s->jobs > 0 || s->bills > 0 || use_of(s) > 0) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		free(s);
	}
}

void
quotas_close(struct quotas *all)
{
	struct quota *s;

	while ((s = all->first)) {
		all->first = s->next;
		close_top(s);
		free(s);
	}
	close_fd(&all->dir);
	free(all);
}

/* ---- what several use ---- */

void
bill_join(struct bill *b, struct quota *share, uint64_t bytes)
{
	struct payer **at = &b->first;

	while (*at && (*at)->share != share)
		at = &(*at)->next;
	if (!b->first) {
		b->bytes = bytes;
		quota_take(share, bytes);
	}
	if (!*at) {
		*at = xcalloc(1, sizeof(**at));
		(*at)->share = share;
		share->bills++;
	}
	(*at)->count++;
}

static void
pass_on(struct bill *b, const struct payer *from)
{
	quota_give_back(from->share, b->bytes);
	if (b->first)
		quota_take(b->first->share, b->bytes);
	else
		b->bytes = 0;
}

void
bill_leave(struct bill *b, struct quota *share)
{
	struct payer **at = &b->first, *p;
	bool paid;

	while (*at && (*at)->share != share)
		at = &(*at)->next;
	p = *at;
	if (!p || --p->count > 0)
		return;
	paid = p == b->first;
	*at = p->next;
	if (paid)
		pass_on(b, p);
	share->bills--;
	free(p);
}

void
bill_cancel(struct bill *b)
{
	if (b->first)
		quota_give_back(b->first->share, b->bytes);
	b->bytes = 0;
}

void
bill_drop(struct bill *b)
{
	struct payer *p = b->first;

	p->count = 1;
	bill_leave(b, p->share);
}
