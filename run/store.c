/* The contents a node holds, by digest and scope, with the trees prepared from them, within one memory budget.
 * Must never know links, or who asks. */
#include "run/store.h"
#include "run/quota.h"
#include "run/vault.h"
#include "base/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define BUCKETS 64u	    /* at first; four times as many whenever there are two blobs for each */
#define READERS 4	    /* files kept open for blob_read: a node serves few at a time, each to many */
#define MAX_IDLE_TREES 256u /* a tree takes no pages but inodes and kernel memory, which the budget does not bound */
#define PAGE 4096u
#define WINDOW STORE_WINDOW
#define MAX_THIN_LIST (4u << 20) /* of 8 GiB: what stays in memory of each that passes through */
#define NAME_ROOM (8 + OBJECT_TEXT)
#define INODE_COST 1024u /* bytes of kernel memory, as tmpfs itself counts them */
#define MIN_INODES 4096u

struct blob {
	struct store *store;
	struct object_name name;
	void *user;		    /* the daemon's */
	struct blob *next;	    /* in its bucket */
	struct blob *older, *newer; /* among the idle ones */
	struct buf list;	    /* chunk digests that have come */
	struct chunk_hash *hash;    /* of the chunk under way, or NULL */
	uint8_t *window;	    /* of a thin one: contents from `first` on, round and round; NULL: none at the moment */
	uint64_t first;		    /* byte of the contents, where a chunk begins */
	uint64_t size;
	uint64_t at;	     /* bytes of the object that have come */
	uint64_t have;	     /* and are proved */
	uint64_t passed;     /* bytes of zeros before `at`, which its file does not hold */
	uint64_t gap, after; /* the last run of zeros that blob_skip has found: from, to */
	uint64_t stored;     /* bytes of its file, proved or not */
	uint64_t used;	     /* when it was last in use, as a number that only grows */
	uint64_t mtime;	     /* of the entry whose file this is (blob_claim), */
	uint32_t mode;	     /* and its mode */
	struct bill bill;    /* to the users whose jobs have pinned it */
	unsigned pins;
	bool claimed; /* mode and mtime are set */
	bool sized;   /* somebody has said a size */
	bool listed;  /* list and size are proved */
	bool whole, idle, thin;
	bool given; /* handed over: freed with its last pin, unless it is wanted again */
};

struct tree {
	struct object_name manifest;
	struct tree *next;
	uint64_t used;
	struct bill bill;
	unsigned holds;
	bool spoiled; /* it may link to what was damaged: gone with its last hold */
};

struct store {
	struct vault vault;
	struct quotas *quotas;
	uint64_t budget, promised;
	uint64_t stored;     /* footprint of all blobs */
	uint64_t lists;	     /* bytes of memory that their lists take: of what is mostly holes that is more */
	uint64_t idle_bytes; /* of those that can be evicted, */
	uint64_t paid;	     /* and of those that some user's share has */
	uint64_t now;	     /* counts uses */
	uint64_t seed;
	struct blob **bucket;
	size_t buckets, count; /* of blobs */
	struct blob *oldest, *newest;
	struct tree *trees;
	struct {
		const struct blob *blob;
		int fd;
	} reader[READERS];
	unsigned next_reader;
};

static char error_text[320];
#define fail(...) latch_error(error_text, sizeof(error_text), __VA_ARGS__)
#define fail_room(...) (fail(__VA_ARGS__), BLOB_NO_ROOM)

const char *
store_error(void)
{
	return error_text;
}

/* "12.5 MiB", rounded down. */
static const char *
size_text(uint64_t bytes, char out[24])
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
	size_t unit = 0;
	uint64_t tenths = 0;

	while (bytes >= 1024 && unit + 1 < COUNT(units)) {
		tenths = bytes % 1024 * 10 / 1024;
		bytes /= 1024;
		unit++;
	}
	if (unit == 0)
		(void)snprintf(out, 24, "%" PRIu64 " bytes", bytes);
	else
		(void)snprintf(out, 24, "%" PRIu64 ".%" PRIu64 " %s", bytes, tenths, units[unit]);
	return out;
}

uint64_t
store_footprint(uint64_t size)
{
	return size > UINT64_MAX - PAGE ? size : (size + PAGE - 1) / PAGE * PAGE;
}

/* ---- names and numbers ---- */

static const char *
name_in(const char *dir, const struct object_name *n, char out[NAME_ROOM])
{
	size_t len = strlen(dir);

	memcpy(out, dir, len);
	object_text(n, out + len);
	return out;
}

static const char *
blob_file(const struct blob *b, char out[NAME_ROOM])
{
	return name_in(b->whole ? "blob/" : "part/", &b->name, out);
}

/* A peer may choose digests that it has no contents for, but not so that they all fall into one bucket. */
static struct blob **
bucket_of(struct store *s, const struct object_name *n)
{
	uint64_t hash = s->seed ^ n->scope, word;
	size_t i;

	for (i = 0; i < DIGEST_LEN; i += sizeof(word)) {
		memcpy(&word, n->digest.byte + i, sizeof(word));
		hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 29;
	}
	return &s->bucket[hash % s->buckets];
}

static void
spread_blobs(struct store *s, size_t buckets)
{
	struct blob **old = s->bucket, *b, *next, **to;
	size_t count = s->buckets, i;

	s->bucket = xcalloc(buckets, sizeof(struct blob *));
	s->buckets = buckets;
	for (i = 0; i < count; i++)
		for (b = old[i]; b; b = next) {
			next = b->next;
			to = bucket_of(s, &b->name);
			b->next = *to;
			*to = b;
		}
	free(old);
}

static uint64_t
random_seed(void)
{
	uint64_t seed;

	/* Early in a boot the kernel may have none to give yet; the clock must do then. */
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed))
		seed = now_ms() << 20 ^ (uint64_t)getpid();
	return seed;
}

/* Bytes in use that no user's share has: what passes through, or comes for somebody else. */
static uint64_t
common(const struct store *s)
{
	uint64_t others = s->idle_bytes + s->paid;

	return s->stored > others ? s->stored - others : 0;
}

/* Bytes that could be written now, if every room were full. Inodes that run out stop a node as surely as bytes do. */
static uint64_t
free_now(const struct store *s)
{
	uint64_t bytes, taken = s->lists, left = s->budget > s->stored ? s->budget - s->stored : 0;
	struct statvfs fs;

	if (fstatvfs(s->vault.dir, &fs) < 0 || (fs.f_files && fs.f_favail < fs.f_files / 16))
		return 0;
	bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (s->vault.mounted)
		taken += quotas_size(s->quotas);
	else if (left < bytes)
		bytes = left;
	return bytes > taken ? bytes - taken : 0;
}

/* ---- opening and closing ---- */

static struct store *
store_made(struct vault vault, uint64_t budget)
{
	static const char *const dirs[] = {"part", "blob", "inode", "tree", "room"};
	struct store *s = xcalloc(1, sizeof(*s));
	size_t i;

	s->vault = vault;
	s->budget = budget;
	s->seed = random_seed();
	spread_blobs(s, BUCKETS);
	for (i = 0; i < READERS; i++)
		s->reader[i].fd = -1;
	for (i = 0; i < COUNT(dirs); i++)
		if (mkdirat(vault.dir, dirs[i], 0700) < 0) {
			(void)fail("can't make the store's %s: %s", dirs[i], strerror(errno));
			store_close(s);
			return NULL;
		}
	s->quotas = quotas_open(budget, openat(vault.dir, "room", O_RDONLY | O_DIRECTORY | O_CLOEXEC), vault.mounted);
	return s;
}

static uint64_t
choose_budget(uint64_t budget)
{
	struct sysinfo info;

	if (budget == 0 && sysinfo(&info) == 0)
		budget = (uint64_t)info.totalram * info.mem_unit / 2;
	return budget < PAGE ? PAGE : budget;
}

struct store *
store_open_dir(uint64_t budget, const char *parent)
{
	struct vault vault;

	if (vault_make(&vault, parent) == 0)
		return store_made(vault, choose_budget(budget));
	(void)fail("%s", vault_error());
	return NULL;
}

struct store *
store_open(uint64_t budget, const char *fallback)
{
	struct vault vault;

	budget = choose_budget(budget);
	if (vault_mount(&vault, budget, MIN_INODES + budget / INODE_COST) == 0)
		return store_made(vault, budget);
	(void)fail("%s", vault_error());
	return fallback ? store_open_dir(budget, fallback) : NULL;
}

int
store_dir(const struct store *s)
{
	return s->vault.dir;
}

bool
store_is_tmpfs(const struct store *s)
{
	return s->vault.mounted;
}

uint64_t
store_budget(const struct store *s)
{
	return s->budget;
}

uint64_t
store_free(const struct store *s)
{
	uint64_t bytes = free_now(s) + s->idle_bytes;

	return bytes > s->promised ? bytes - s->promised : 0;
}

uint64_t
store_spare(const struct store *s)
{
	uint64_t bytes = store_free(s), kept = s->budget / 8;

	return bytes > kept ? bytes - kept : 0;
}

/* ---- what is idle ---- */

static void
idle_add(struct blob *b)
{
	struct store *s = b->store;

	b->used = ++s->now;
	b->idle = true;
	b->newer = NULL;
	b->older = s->newest;
	*(s->newest ? &s->newest->newer : &s->oldest) = b;
	s->newest = b;
	s->idle_bytes += store_footprint(b->stored);
}

static void
idle_remove(struct blob *b)
{
	struct store *s = b->store;

	if (!b->idle)
		return;
	*(b->older ? &b->older->newer : &s->oldest) = b->newer;
	*(b->newer ? &b->newer->older : &s->newest) = b->older;
	b->older = b->newer = NULL;
	b->idle = false;
	s->idle_bytes -= store_footprint(b->stored);
}

static void
close_reader(const struct blob *b)
{
	struct store *s = b->store;
	size_t i;

	for (i = 0; i < READERS; i++)
		if (s->reader[i].fd >= 0 && s->reader[i].blob == b) {
			close(s->reader[i].fd);
			s->reader[i].fd = -1;
		}
}

/* What it took of the store is no more there. */
static void
costs_nothing(struct blob *b)
{
	b->store->paid -= b->bill.bytes;
	bill_cancel(&b->bill);
}

static void
blob_free(struct blob *b)
{
	struct store *s = b->store;
	struct blob **at = bucket_of(s, &b->name);

	while (*at != b)
		at = &(*at)->next;
	*at = b->next;
	s->count--;
	idle_remove(b);
	close_reader(b);
	costs_nothing(b);
	while (b->bill.first)
		bill_drop(&b->bill);
	s->stored -= store_footprint(b->stored);
	s->lists -= b->list.len;
	buf_free(&b->list);
	free(b->hash);
	free(b->window);
	free(b);
}

void
store_close(struct store *s)
{
	struct tree *t;
	size_t i;

	if (!s)
		return;
	for (i = 0; i < s->buckets; i++)
		while (s->bucket[i])
			blob_free(s->bucket[i]);
	while ((t = s->trees)) {
		s->trees = t->next;
		while (t->bill.first)
			bill_drop(&t->bill);
		free(t);
	}
	if (s->quotas)
		quotas_close(s->quotas);
	vault_close(&s->vault);
	free(s->bucket);
	free(s);
}

/* ---- making room ---- */

/* A blob that a tree or an inode still links to would free nothing. */
static void
evict_blob(struct blob *b)
{
	struct store *s = b->store;
	char name[NAME_ROOM];
	struct stat st;

	if (fstatat(s->vault.dir, blob_file(b, name), &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_nlink > 1)
		return;
	(void)unlinkat(s->vault.dir, name, 0);
	blob_free(b);
}

/* No tree links to this inode/ file: only its own name is left, or that and the blob's. */
static bool
inode_is_idle(const struct store *s, int dir, const char *name)
{
	char blob[NAME_ROOM] = "blob/";
	struct stat st, of_blob;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_nlink > 2)
		return false;
	if (st.st_nlink == 1)
		return true;
	(void)snprintf(blob + 5, sizeof(blob) - 5, "%.*s", OBJECT_TEXT - 1, name);
	return fstatat(s->vault.dir, blob, &of_blob, AT_SYMLINK_NOFOLLOW) == 0 && of_blob.st_ino == st.st_ino;
}

static void
sweep_inodes(struct store *s)
{
	DIR *d = list_dir(s->vault.dir, "inode");
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		if (entry->d_name[0] != '.' && inode_is_idle(s, dirfd(d), entry->d_name))
			(void)unlinkat(dirfd(d), entry->d_name, 0);
	if (d)
		(void)closedir(d);
}

static struct tree *
oldest_tree(const struct store *s, size_t *count)
{
	struct tree *t, *oldest = NULL;

	*count = 0;
	for (t = s->trees; t; t = t->next)
		if (t->holds == 0) {
			++*count;
			if (!oldest || t->used < oldest->used)
				oldest = t;
		}
	return oldest;
}

static void
evict_tree(struct store *s, struct tree *t)
{
	struct tree **at = &s->trees;
	char name[NAME_ROOM];

	(void)remove_tree(s->vault.dir, name_in("tree/", &t->manifest, name));
	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	free(t);
	sweep_inodes(s);
}

/* Until `bytes` are free: what has been idle longest goes first. A tree that goes may free blobs older than itself. */
static int
make_room(struct store *s, uint64_t bytes)
{
	struct blob *b = s->oldest, *next;
	bool swept = false;
	struct tree *t;
	size_t count;

	while (free_now(s) < bytes) {
		t = oldest_tree(s, &count);
		if (b && (!t || b->used < t->used)) {
			next = b->newer;
			evict_blob(b);
			b = next;
			continue;
		}
		if (t) {
			evict_tree(s, t);
		} else if (!swept) {
			sweep_inodes(s);
			swept = true;
		} else {
			return -1;
		}
		b = s->oldest;
	}
	return 0;
}

static int
refuse(const struct store *s, uint64_t bytes, uint64_t left)
{
	char need[24], all[24], some[24];

	return fail("it needs %s, and of the store's %s there are %s to be had", size_text(bytes, need), size_text(s->budget, all),
		size_text(left, some));
}

static int
refuse_room(const struct store *s, uint32_t uid, uint64_t bytes)
{
	uint64_t left = quota_left(quota_of(s->quotas, uid), common(s));

	return refuse(s, bytes, left < store_free(s) ? left : store_free(s));
}

int
store_reserve(struct store *s, uint32_t uid, uint64_t bytes)
{
	struct quota *share = quota_of(s->quotas, uid);
	uint64_t total;

	if (__builtin_add_overflow(s->promised, bytes, &total) || bytes > quota_left(share, common(s)))
		return refuse_room(s, uid, bytes);
	quota_take(share, bytes);
	quotas_resize(s->quotas, common(s));
	if (make_room(s, total) == 0) {
		s->promised = total;
		return 0;
	}
	quota_give_back(share, bytes);
	quotas_resize(s->quotas, common(s));
	return refuse_room(s, uid, bytes);
}

void
store_release(struct store *s, uint32_t uid, uint64_t bytes)
{
	quota_give_back(quota_of(s->quotas, uid), bytes);
	s->promised -= bytes < s->promised ? bytes : s->promised;
}

/* ---- rooms ---- */

int
store_enter(struct store *s, uint32_t uid, uint64_t coming)
{
	struct quota *quota = quota_of(s->quotas, uid);

	if (coming > quota_left(quota, common(s)))
		return refuse_room(s, uid, coming);
	if (quota_enter(quota, coming) < 0)
		return fail("%s", quota_error());
	quotas_resize(s->quotas, common(s));
	/* The limits of the rooms may have taken what idle contents had. */
	(void)make_room(s, s->promised);
	return 0;
}

void
store_written(struct store *s, uint32_t uid, uint64_t coming)
{
	quota_written(quota_of(s->quotas, uid), coming);
	quotas_resize(s->quotas, common(s));
}

void
store_leave(struct store *s, uint32_t uid)
{
	quota_leave(quota_of(s->quotas, uid));
	quotas_resize(s->quotas, common(s));
}

void
store_tidy(struct store *s)
{
	quotas_tidy(s->quotas);
}

/* ---- blobs ---- */

struct blob *
store_find(struct store *s, const struct object_name *n)
{
	struct blob *b;

	for (b = *bucket_of(s, n); b && !object_equal(&b->name, n); b = b->next)
		;
	return b;
}

struct blob *
store_want(struct store *s, const struct object_name *n)
{
	struct blob **bucket, *b = store_find(s, n);

	if (b) {
		b->given = false;
		return b;
	}
	b = xcalloc(1, sizeof(*b));
	b->store = s;
	b->name = *n;
	if (++s->count > 2 * s->buckets)
		spread_blobs(s, 4 * s->buckets);
	bucket = bucket_of(s, n);
	b->next = *bucket;
	return *bucket = b;
}

void
blob_drop(struct blob *b)
{
	char name[NAME_ROOM];

	if (b->whole || b->pins > 0)
		return;
	(void)unlinkat(b->store->vault.dir, blob_file(b, name), 0);
	blob_free(b);
}

void *
blob_user(const struct blob *b)
{
	return b->user;
}

void
blob_set_user(struct blob *b, void *user)
{
	b->user = user;
}

const struct object_name *
blob_name(const struct blob *b)
{
	return &b->name;
}

bool
blob_whole(const struct blob *b)
{
	return b->whole;
}

uint64_t
blob_size(const struct blob *b)
{
	return b->sized ? b->size : 0;
}

uint64_t
blob_have(const struct blob *b)
{
	return b->have;
}

uint64_t
blob_total(const struct blob *b)
{
	return b->sized ? object_length(b->size) : 0;
}

uint64_t
blob_needs(const struct blob *b)
{
	return b->listed ? store_footprint(b->size - list_holes(b->size, b->list.data)) : 0;
}

uint64_t
blob_resume(struct blob *b)
{
	b->at = b->have;
	free(b->hash);
	b->hash = NULL;
	if (!b->listed) {
		b->store->lists -= b->list.len;
		buf_free(&b->list);
		b->size = 0;
		b->sized = false; /* only somebody's word */
	}
	return b->have;
}

uint64_t
blob_skip(struct blob *b, uint64_t offset)
{
	if (!b->listed || offset < b->list.len || offset >= object_length(b->size))
		return offset;
	if (offset < b->gap || offset >= b->after) {
		b->gap = offset;
		b->after = object_skip(b->size, b->list.data, offset);
	}
	return offset < b->after ? b->after : offset;
}

const uint8_t *
blob_list(const struct blob *b)
{
	return b->listed ? b->list.data : NULL;
}

/* Of contents whose list is proved the next bytes are those at `from`, where a chunk begins, or the first after zeros there. */
static void
begin_contents(struct blob *b, uint64_t from)
{
	b->have = b->at = blob_skip(b, b->list.len + from);
	b->passed = (from ? b->passed : 0) + b->at - b->list.len - from;
}

void
blob_pin(struct blob *b)
{
	b->pins++;
	idle_remove(b);
}

void
blob_unpin(struct blob *b)
{
	if (b->pins > 0 && --b->pins > 0)
		return;
	if (b->whole && !b->idle)
		idle_add(b);
	else if (b->given)
		blob_drop(b);
}

void
blob_hold(struct blob *b, uint32_t uid)
{
	struct store *s = b->store;
	uint64_t before = b->bill.bytes;

	blob_pin(b);
	bill_join(&b->bill, quota_of(s->quotas, uid), store_footprint(b->stored));
	s->paid += b->bill.bytes - before;
}

void
blob_let(struct blob *b, uint32_t uid)
{
	struct store *s = b->store;
	uint64_t before = b->bill.bytes;

	bill_leave(&b->bill, quota_of(s->quotas, uid));
	s->paid -= before - b->bill.bytes;
	blob_unpin(b);
}

bool
blob_claim(struct blob *b, uint32_t mode, uint64_t mtime)
{
	if (!b->claimed) {
		b->claimed = true;
		b->mode = mode;
		b->mtime = mtime;
	}
	return b->mode == mode && b->mtime == mtime;
}

/* The blob's file is no longer the store's: what comes of it begins anew. */
static void
contents_gone(struct blob *b)
{
	idle_remove(b);
	close_reader(b);
	costs_nothing(b);
	b->store->stored -= store_footprint(b->stored);
	b->stored = 0;
	b->whole = false;
	b->given = true;
	begin_contents(b, 0);
}

int
blob_give(struct blob *b, const char *to)
{
	struct store *s = b->store;
	char name[NAME_ROOM];
	struct stat st;

	if (!b->whole || b->pins > 1)
		return fail("somebody else needs the contents");
	if (fstatat(s->vault.dir, blob_file(b, name), &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_nlink > 1)
		return fail("the contents are linked elsewhere");
	if (renameat(s->vault.dir, name, s->vault.dir, to) < 0)
		return fail("can't hand over contents: %s", strerror(errno));
	contents_gone(b);
	return 0;
}

/* ---- what passes through ---- */

/* The next bytes are those of the chunk that begins at `first`; without a list that is proved, the object's. */
static void
begin_chunk(struct blob *b, uint64_t first)
{
	(void)blob_resume(b);
	b->first = b->listed ? first : 0;
	if (b->listed)
		begin_contents(b, b->first);
}

void
blob_close(struct blob *b)
{
	free(b->window);
	b->window = NULL;
	begin_chunk(b, 0);
}

void
blob_make_thin(struct blob *b)
{
	struct store *s = b->store;
	char name[NAME_ROOM];

	(void)unlinkat(s->vault.dir, blob_file(b, name), 0);
	close_reader(b);
	s->stored -= store_footprint(b->stored);
	b->stored = 0;
	b->thin = true;
	blob_close(b);
}

void
blob_make_ordinary(struct blob *b)
{
	blob_close(b);
	b->thin = false;
}

bool
blob_thin(const struct blob *b)
{
	return b->thin;
}

bool
blob_opened(const struct blob *b)
{
	return b->window != NULL;
}

bool
blob_complete(const struct blob *b)
{
	return b->whole || (b->thin && b->listed && b->have == object_length(b->size));
}

void
blob_open(struct blob *b, uint64_t offset)
{
	if (!b->window)
		b->window = xmalloc(WINDOW);
	offset = offset > b->list.len ? offset - b->list.len : 0;
	begin_chunk(b, (offset < b->size ? offset : b->size) / CHUNK_SIZE * CHUNK_SIZE);
}

uint64_t
blob_first(const struct blob *b)
{
	return b->list.len + b->first;
}

uint64_t
blob_limit(const struct blob *b)
{
	uint64_t limit;

	if (!b->thin)
		return UINT64_MAX;
	if (!b->window)
		return b->at;
	limit = WINDOW + (b->listed ? b->list.len + b->first : b->at);
	return limit > b->at ? limit : b->at; /* zeros beyond the window are known, too */
}

void
blob_forget(struct blob *b, uint64_t offset)
{
	uint64_t end = offset < b->have ? offset : b->have;

	if (b->listed && end > blob_first(b))
		b->first = (end - b->list.len) / CHUNK_SIZE * CHUNK_SIZE;
}

bool
blob_ready(const struct blob *b, uint64_t offset)
{
	return offset < b->have && (!b->thin || offset < b->list.len || offset >= blob_first(b));
}

static int
write_window(struct blob *b, const uint8_t *data, size_t len)
{
	uint64_t offset = b->at - b->list.len;
	size_t at = (size_t)(offset % WINDOW), part = len < WINDOW - at ? len : WINDOW - at;

	if (!b->window || offset + len > b->first + WINDOW)
		return fail("more contents came than were asked for");
	memcpy(b->window + at, data, part);
	memcpy(b->window, data + part, len - part);
	return 0;
}

static void
read_window(const struct blob *b, uint64_t offset, uint8_t *out, size_t len)
{
	size_t at = (size_t)(offset % WINDOW), part = len < WINDOW - at ? len : WINDOW - at;

	memcpy(out, b->window + at, part);
	memcpy(out + part, b->window, len - part);
}

/* ---- receiving ---- */

/* Why the last write failed. */
static bool
is_full(void)
{
	return errno == ENOSPC || errno == EDQUOT;
}

/* What a source says of the size is its word until the list is proved; nothing is done for a size that can't be. */
static int
check_size(struct blob *b, uint64_t size)
{
	struct store *s = b->store;
	char need[24], all[24];

	if (!b->sized && size && !object_length(size))
		return fail("the source gives an impossible size");
	if (b->thin && list_length(size) > MAX_THIN_LIST)
		return fail_room("%s are more than can pass through a node without room", size_text(size, need));
	if (b->sized)
		return size == b->size ? 0 : fail("the source gives another size than before");
	/* What is mostly holes may fit: that is seen when the list is there. */
	if (!b->thin && size > s->budget && list_length(size) > MAX_THIN_LIST)
		return fail_room("%s do not fit into a store of %s", size_text(size, need), size_text(s->budget, all));
	b->size = size;
	b->sized = true;
	return 0;
}

static int
add_list(struct blob *b, const uint8_t *data, size_t len)
{
	struct digest d;

	put_bytes(&b->list, data, len);
	b->store->lists += len;
	b->at += len;
	if (b->list.len < list_length(b->size))
		return 0;
	d = blob_digest(b->size, b->list.data);
	if (!digest_equal(&d, &b->name.digest))
		return fail("the list of chunks does not match the digest");
	b->listed = true;
	begin_contents(b, 0);
	return 0;
}

static int
check_needed(const struct blob *b)
{
	struct store *s = b->store;
	char need[24], all[24];

	if (b->thin || b->size - list_holes(b->size, b->list.data) <= s->budget)
		return 0;
	return fail_room("%s do not fit into a store of %s", size_text(b->size, need), size_text(s->budget, all));
}

static bool
chunk_matches(struct blob *b, uint64_t chunk)
{
	struct digest d = chunk_hash_end(b->hash);

	return memcmp(d.byte, b->list.data + chunk * DIGEST_LEN, DIGEST_LEN) == 0;
}

/* Hashes contents that lie in one chunk; at its end they are proved, or not. */
static int
prove(struct blob *b, const uint8_t *data, size_t len)
{
	uint64_t offset = b->at - b->list.len, chunk = offset / CHUNK_SIZE;

	if (!b->hash)
		b->hash = chunk_hash_new();
	chunk_hash_add(b->hash, data, len);
	b->at += len;
	offset += len;
	if (offset % CHUNK_SIZE != 0 && offset < b->size)
		return 0;
	if (!chunk_matches(b, chunk))
		return fail("a chunk of the contents does not match its digest");
	begin_contents(b, offset);
	return 0;
}

/* One try to have it all at this offset; how much there is, or -1 with errno. */
static ssize_t
write_some(int fd, const uint8_t *data, size_t len, uint64_t offset)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pwrite(fd, data + done, len - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return done ? (ssize_t)done : -1;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static int
write_all(struct store *s, int fd, const uint8_t *data, size_t len, uint64_t offset)
{
	ssize_t done = write_some(fd, data, len, offset);

	if (done == (ssize_t)len)
		return 0;
	/* Short or full: jobs write here too, so there may be less room than was promised. Once more with what is idle gone. */
	if (done < 0 && errno != ENOSPC && errno != EDQUOT)
		return -1;
	if (make_room(s, store_footprint(len)) < 0) {
		errno = ENOSPC;
		return -1;
	}
	return write_some(fd, data, len, offset) == (ssize_t)len ? 0 : -1;
}

/* What is passed over before it is a hole of the file. */
static int
put_in_file(struct blob *b, int fd, const uint8_t *data, size_t len)
{
	struct store *s = b->store;
	uint64_t offset = b->at - b->list.len, stored = offset + len - b->passed;
	int bad = write_all(s, fd, data, len, offset);
	struct stat st;

	/* On a tmpfs the kernel knows at once how much memory that is. */
	if (s->vault.mounted)
		stored = fstat(fd, &st) == 0 ? (uint64_t)st.st_blocks * 512 : stored;
	if (stored > b->stored) {
		s->stored += store_footprint(stored) - store_footprint(b->stored);
		b->stored = stored;
	}
	return bad;
}

static int
is_too_much(const struct blob *b)
{
	(void)refuse(b->store, b->size, store_free(b->store));
	return BLOB_NO_ROOM;
}

/* Contents go to the file at once, proved or not: what is not proved is not read, and is written again. */
static int
write_contents(struct blob *b, const uint8_t *data, size_t len)
{
	struct store *s = b->store;
	char name[NAME_ROOM];
	int fd, bad;

	/* On a tmpfs the kernel knows when the store is full, but the rooms are others. */
	if ((!s->vault.mounted || quotas_size(s->quotas) > 0) && store_footprint(len) > free_now(s) &&
		make_room(s, store_footprint(len)) < 0)
		return is_too_much(b);
	fd = openat(s->vault.dir, blob_file(b, name), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	bad = fd < 0 ? -1 : put_in_file(b, fd, data, len);
	close_fd(&fd);
	if (!bad)
		return 0;
	return is_full() ? is_too_much(b) : fail("can't write to the store: %s", strerror(errno));
}

/* A chunk at a time: what comes of zeros that were passed over is known already. */
static int
add_contents(struct blob *b, const uint8_t *data, size_t len)
{
	int bad;

	while (len > 0) {
		uint64_t left = CHUNK_SIZE - (b->at - b->list.len) % CHUNK_SIZE, next = b->at;
		size_t part = len < left ? len : (size_t)left;

		bad = b->thin ? write_window(b, data, part) : write_contents(b, data, part);
		if (!bad)
			bad = prove(b, data, part);
		if (bad)
			return bad;
		part = b->at - next < len ? (size_t)(b->at - next) : len;
		data += part;
		len -= part;
	}
	return 0;
}

/* A file without contents at its end was not made yet, or not that long. */
static int
finish_file(const struct blob *b, const char *part)
{
	int fd = openat(b->store->vault.dir, part, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	int bad = fd < 0 ? -1 : ftruncate(fd, (off_t)b->size);

	close_fd(&fd);
	if (!bad)
		return 0;
	return is_full() ? fail_room("can't write to the store: it is full") : fail("can't write to the store: %s", strerror(errno));
}

static int
become_whole(struct blob *b)
{
	struct store *s = b->store;
	char part[NAME_ROOM], whole[NAME_ROOM];
	int bad;

	name_in("part/", &b->name, part);
	name_in("blob/", &b->name, whole);
	if ((b->size == 0 || blob_skip(b, b->at - 1) == b->at) && (bad = finish_file(b, part)) != 0)
		return bad;
	if (fchmodat(s->vault.dir, part, 0400, 0) < 0 || renameat(s->vault.dir, part, s->vault.dir, whole) < 0)
		return fail("can't finish contents in the store: %s", strerror(errno));
	free(b->hash);
	b->hash = NULL;
	b->whole = true;
	b->given = false;
	if (b->pins == 0)
		idle_add(b);
	return 0;
}

uint64_t
blob_next(const struct blob *b)
{
	return b->at;
}

static int
add_bytes(struct blob *b, const uint8_t *data, size_t len)
{
	uint64_t list_left = list_length(b->size) - b->list.len, from = b->at;
	size_t part = len < list_left ? len : (size_t)list_left;
	bool was_listed = b->listed;
	int bad;

	if (!b->listed && add_list(b, data, part) < 0)
		return -1;
	bad = b->listed && !was_listed ? check_needed(b) : 0;
	part = b->at - from < len ? (size_t)(b->at - from) : len; /* with zeros that the list told of */
	if (!bad && len > part)
		bad = add_contents(b, data + part, len - part);
	if (bad)
		return bad;
	return b->listed && !b->thin && b->at == object_length(b->size) ? become_whole(b) : 0;
}

int
blob_add(struct blob *b, uint64_t size, uint64_t offset, const uint8_t *data, size_t len)
{
	int bad;

	if (b->whole)
		return fail("the contents are whole already");
	bad = check_size(b, size);
	if (!bad && (offset != b->at || len > object_length(b->size) - b->at))
		bad = fail("the bytes that came are not the next ones");
	if (!bad)
		bad = add_bytes(b, data, len);
	if (bad)
		(void)blob_resume(b);
	return bad;
}

/* ---- serving ---- */

static int
reader_of(const struct blob *b)
{
	struct store *s = b->store;
	char name[NAME_ROOM];
	size_t i;
	int fd;

	for (i = 0; i < READERS; i++)
		if (s->reader[i].fd >= 0 && s->reader[i].blob == b)
			return s->reader[i].fd;
	fd = openat(s->vault.dir, blob_file(b, name), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail("can't open contents in the store: %s", strerror(errno));
	i = s->next_reader++ % READERS;
	close_fd(&s->reader[i].fd);
	s->reader[i].blob = b;
	s->reader[i].fd = fd;
	return fd;
}

static int
read_contents(struct blob *b, uint64_t offset, uint8_t *out, size_t len)
{
	int fd = reader_of(b);
	ssize_t n = fd < 0 ? -1 : pread_full(fd, out, len, offset);

	if (fd < 0 || n == (ssize_t)len)
		return fd < 0 ? -1 : 0;
	return fail("can't read contents in the store: %s", n < 0 ? strerror(errno) : "they are cut short");
}

/* Of contents: zeros, or what the file or the window has; in one that is not whole to the end of the chunk, for zeros may follow. */
static ssize_t
read_here(struct blob *b, uint64_t offset, uint8_t *out, size_t len)
{
	uint64_t after = blob_skip(b, offset), left = CHUNK_SIZE - (offset - b->list.len) % CHUNK_SIZE;

	if (after > offset)
		left = after - offset;
	if (len > left && !b->whole)
		len = (size_t)left;
	if (after > offset && !b->whole)
		memset(out, 0, len);
	else if (b->thin)
		read_window(b, offset - b->list.len, out, len);
	else if (read_contents(b, offset - b->list.len, out, len) < 0)
		return -1;
	return (ssize_t)len;
}

ssize_t
blob_read(struct blob *b, uint64_t offset, uint8_t *out, size_t len)
{
	size_t part;
	ssize_t more;

	if (!blob_ready(b, offset))
		return 0;
	if (len > b->have - offset)
		len = (size_t)(b->have - offset);
	if (offset >= b->list.len)
		return read_here(b, offset, out, len);
	part = b->list.len - offset < len ? b->list.len - (size_t)offset : len;
	memcpy(out, b->list.data + offset, part);
	more = part < len && !b->thin ? read_here(b, offset + part, out + part, len - part) : 0;
	return more < 0 ? -1 : (ssize_t)part + more;
}

uint8_t *
blob_load(struct blob *b, size_t max, size_t *len)
{
	uint8_t *data;

	if (!b->whole || b->size > max) {
		(void)fail(b->whole ? "the contents are too big" : "the contents are not all here");
		return NULL;
	}
	data = xmalloc((size_t)b->size);
	*len = (size_t)b->size;
	if (*len == 0 || read_contents(b, 0, data, *len) == 0)
		return data;
	free(data);
	return NULL;
}

/* ---- what was damaged ---- */

bool
blob_is_sound(struct blob *b, uint64_t offset)
{
	uint64_t chunk, at, left;
	size_t len;
	uint8_t *data;
	bool sound;

	if (offset < b->list.len)
		offset = b->list.len;
	chunk = (offset - b->list.len) / CHUNK_SIZE;
	at = chunk * CHUNK_SIZE;
	if (!b->whole || at >= b->size)
		return true;
	left = b->size - at;
	len = left < CHUNK_SIZE ? (size_t)left : CHUNK_SIZE;
	data = xmalloc(len);
	b->hash = chunk_hash_new();
	sound = read_contents(b, at, data, len) == 0;
	chunk_hash_add(b->hash, data, sound ? len : 0);
	sound = sound && chunk_matches(b, chunk);
	free(b->hash);
	b->hash = NULL;
	free(data);
	return sound;
}

static void
remove_inodes(struct store *s, const struct object_name *n)
{
	DIR *d = list_dir(s->vault.dir, "inode");
	struct dirent *entry;
	char text[OBJECT_TEXT];

	object_text(n, text);
	while (d && (entry = readdir(d)))
		if (has_prefix(entry->d_name, text))
			(void)unlinkat(dirfd(d), entry->d_name, 0);
	if (d)
		(void)closedir(d);
}

/* A tree does not say what it links to: all are made anew when they are wanted again. */
static void
spoil_trees(struct store *s)
{
	struct tree *t, *next;

	for (t = s->trees; t; t = next) {
		next = t->next;
		t->spoiled = true;
		if (t->holds == 0)
			evict_tree(s, t);
	}
}

void
blob_spoil(struct blob *b)
{
	struct store *s = b->store;
	char name[NAME_ROOM];

	if (!b->whole)
		return;
	(void)unlinkat(s->vault.dir, blob_file(b, name), 0);
	remove_inodes(s, &b->name);
	spoil_trees(s);
	contents_gone(b);
}

/* ---- trees ---- */

int
store_hold_tree(struct store *s, const struct object_name *manifest, uint32_t uid, uint64_t bytes)
{
	struct quota *share = quota_of(s->quotas, uid);
	struct tree **at = &s->trees, *t;

	while (*at && !object_equal(&(*at)->manifest, manifest))
		at = &(*at)->next;
	t = *at;
	if ((!t || !t->bill.first) && bytes > quota_left(share, common(s)))
		return refuse_room(s, uid, bytes);
	if (t) {
		*at = t->next; /* to the front: what is used often is found at once */
	} else {
		t = xcalloc(1, sizeof(*t));
		t->manifest = *manifest;
	}
	t->next = s->trees;
	s->trees = t;
	t->holds++;
	bill_join(&t->bill, share, bytes);
	return 0;
}

void
store_drop_tree(struct store *s, const struct object_name *manifest, uint32_t uid)
{
	struct tree *t;
	size_t count = 0;

	for (t = s->trees; t && !object_equal(&t->manifest, manifest); t = t->next)
		;
	if (!t || t->holds == 0)
		return;
	bill_leave(&t->bill, quota_of(s->quotas, uid));
	if (--t->holds > 0)
		return;
	t->used = ++s->now;
	if (!t->spoiled)
		t = oldest_tree(s, &count);
	if (t->spoiled || count > MAX_IDLE_TREES)
		evict_tree(s, t);
}
