/* The contents a node holds, by digest and scope, with the trees prepared from them, within one memory budget.
 * Must never know links, or what is wanted for which job. */
#include "run/store.h"
#include "run/blob.h"
#include "base/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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
#define MAX_IDLE_TREES 256u /* a tree takes no pages but inodes and kernel memory, which the budget does not bound */
#define PAGE 4096u
#define INODE_COST 1024u /* bytes of kernel memory, as tmpfs itself counts them */
#define MIN_INODES 4096u

char store_error_text[STORE_ERROR];

const char *
store_error(void)
{
	return store_error_text;
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

const char *
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

/* Bytes in use that no user's share has: what passes through, or comes for another node. */
static uint64_t
common(const struct store *s)
{
	uint64_t others = s->idle_bytes + s->paid;

	return s->stored > others ? s->stored - others : 0;
}

/* Bytes that could be written now, if every room were full. Inodes that run out stop a node as surely as bytes do. */
uint64_t
store_unused(const struct store *s)
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
	static const char *const dirs[] = {"part", "blob", "inode", "tree", "lower", "room"};
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
	uint64_t bytes = store_unused(s) + s->idle_bytes;

	return bytes > s->promised ? bytes - s->promised : 0;
}

uint64_t
store_held(const struct store *s)
{
	return quotas_held(s->quotas);
}

uint64_t
store_spare(const struct store *s)
{
	uint64_t bytes = store_free(s), kept = s->budget / 8;

	return bytes > kept ? bytes - kept : 0;
}

/* ---- what is idle ---- */

void
store_idle_add(struct blob *b)
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

void
store_idle_remove(struct blob *b)
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

void
store_close_reader(const struct blob *b)
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
void
store_unbill(struct blob *b)
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
	store_idle_remove(b);
	store_close_reader(b);
	store_unbill(b);
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
int
store_make_room(struct store *s, uint64_t bytes)
{
	struct blob *b = s->oldest, *next;
	bool swept = false;
	struct tree *t;
	size_t count;

	while (store_unused(s) < bytes) {
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

int
store_refuse(const struct store *s, uint64_t bytes, uint64_t left)
{
	char need[SIZE_TEXT], all[SIZE_TEXT], some[SIZE_TEXT];

	return fail("it needs %s, and of the store's %s there are %s to be had", size_text(bytes, need), size_text(s->budget, all),
		size_text(left, some));
}

static uint64_t
left_for(const struct store *s, uint32_t uid)
{
	uint64_t left = quota_left(quota_of(s->quotas, uid), common(s));

	return left < store_free(s) ? left : store_free(s);
}

static int
refuse_room(const struct store *s, uint32_t uid, uint64_t bytes)
{
	return store_refuse(s, bytes, left_for(s, uid));
}

static int
reserve(struct store *s, uint32_t uid, uint64_t bytes)
{
	struct quota *share = quota_of(s->quotas, uid);
	uint64_t total;

	if (__builtin_add_overflow(s->promised, bytes, &total) || bytes > quota_left(share, common(s)))
		return refuse_room(s, uid, bytes);
	quota_take(share, bytes);
	quotas_set(s->quotas, common(s));
	if (store_make_room(s, total) == 0) {
		s->promised = total;
		return 0;
	}
	quota_give_back(share, bytes);
	quotas_set(s->quotas, common(s));
	return refuse_room(s, uid, bytes);
}

void
store_set_idle(struct store *s, bool (*give)(void *owner, uint32_t uid, uint64_t lacking), void *owner)
{
	s->give_idle = give;
	s->idle_owner = owner;
}

int
store_reserve(struct store *s, uint32_t uid, uint64_t bytes)
{
	while (reserve(s, uid, bytes) != 0) {
		uint64_t left = left_for(s, uid);

		if (bytes <= left || !s->give_idle || !s->give_idle(s->idle_owner, uid, bytes - left))
			return -1;
	}
	return 0;
}

void
store_yield(struct store *s, uint32_t uid, uint64_t more, uint64_t less)
{
	quota_yield(quota_of(s->quotas, uid), more, less);
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
	quotas_set(s->quotas, common(s));
	/* The limits of the rooms may have taken what idle contents had. */
	(void)store_make_room(s, s->promised);
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

void
blob_pin(struct blob *b)
{
	b->pins++;
	store_idle_remove(b);
}

void
blob_unpin(struct blob *b)
{
	if (b->pins > 0 && --b->pins > 0)
		return;
	if (b->whole && !b->idle)
		store_idle_add(b);
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
void
store_spoil(struct store *s, const struct object_name *n)
{
	struct tree *t, *next;

	remove_inodes(s, n);
	for (t = s->trees; t; t = next) {
		next = t->next;
		t->spoiled = true;
		if (t->holds == 0)
			evict_tree(s, t);
	}
}
