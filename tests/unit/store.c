/* Blobs received, proved, served and evicted, on a tmpfs and in a directory. */
#include "run/contents.h"
#include "run/vault.h"
#include "tap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB (1u << 20)

/* Contents that only their seed tells apart, with the object they make. */
struct sample {
	struct blob_id id;
	uint8_t *object, *contents;
	size_t len;
};

static struct sample
sample_of(uint8_t *data, size_t size)
{
	struct sample it;
	size_t list;

	blob_of_bytes(data, size, &it.id);
	list = (size_t)list_length(size);
	it.len = list + size;
	it.object = xmalloc(it.len);
	if (list)
		memcpy(it.object, it.id.list, list);
	memcpy(it.object + list, data, size);
	it.contents = it.object + list;
	free(data);
	return it;
}

static struct sample
sample(size_t size, unsigned seed)
{
	uint8_t *data = xmalloc(size);
	size_t i;

	for (i = 0; i < size; i++)
		data[i] = (uint8_t)((seed = seed * 1103515245 + 12345) >> 16);
	return sample_of(data, size);
}

/* All zeros but for one byte. */
static struct sample
zeros(size_t size, size_t but)
{
	uint8_t *data = xcalloc(1, size);

	data[but] = 1;
	return sample_of(data, size);
}

static void
sample_free(struct sample *it)
{
	blob_id_free(&it->id);
	free(it->object);
}

/* Adds the object's bytes from `from` up to `to` in pieces of at most `piece`, but for zeros that it does not want. */
static int
feed(struct blob *b, const struct sample *it, size_t from, size_t to, size_t piece)
{
	int bad;

	do {
		size_t len = to - from < piece ? to - from : piece;

		bad = blob_add(b, it->id.size, from, it->object + from, len);
		from = blob_next(b) > from + len ? (size_t)blob_next(b) : from + len;
	} while (!bad && from < to);
	return bad;
}

/* Its name in the scope of the user whom most of this is about; good for four calls more. */
static const struct object_name *
named(const struct digest *d)
{
	static struct object_name ring[4];
	static unsigned turn;
	struct object_name *n = &ring[turn++ % COUNT(ring)];

	*n = (struct object_name){*d, 1001};
	return n;
}

static struct blob *
store_sample(struct store *s, const struct sample *it)
{
	struct blob *b = store_want(s, named(&it->id.digest));

	return feed(b, it, 0, it->len, PIECE_SIZE) == 0 && blob_whole(b) ? b : NULL;
}

static bool
reads_back(struct blob *b, const struct sample *it, size_t piece)
{
	uint8_t *out = xmalloc(piece);
	uint64_t at = 0;
	ssize_t n;
	bool same = true;

	while (same && (n = blob_read(b, at, out, piece)) > 0) {
		same = memcmp(out, it->object + at, (size_t)n) == 0;
		at += (uint64_t)n;
	}
	free(out);
	return same && n == 0 && at == blob_have(b);
}

static unsigned
count_files(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fdopendir(fd);
	unsigned count = 0;

	while (readdir(d))
		count++;
	closedir(d);
	return count - 2;
}

static bool
there(struct store *s, const char *dir, const struct digest *d, const char *tail)
{
	char text[OBJECT_TEXT], *name;
	bool is;

	object_text(named(d), text);
	name = xasprintf("%s/%s%s", dir, text, tail);
	is = faccessat(store_dir(s), name, F_OK, 0) == 0;
	free(name);
	return is;
}

static void
receiving(struct store *s)
{
	struct sample it = sample(CHUNK_SIZE * 2 + 1000, 1);
	struct blob *b = store_want(s, named(&it.id.digest));
	unsigned files = count_files(AT_FDCWD, "/proc/self/fd");
	uint8_t one;
	size_t len;
	uint8_t *data;

	ok(store_want(s, named(&it.id.digest)) == b && store_find(s, named(&it.id.digest)) == b && !blob_whole(b), "a blob is begun once");
	ok(blob_size(b) == 0 && blob_total(b) == 0 && blob_read(b, 0, &one, 1) == 0, "nothing is known of it yet");
	ok(feed(b, &it, 0, 50, 7) == 0 && blob_have(b) == 0 && blob_size(b) == it.id.size, "half a list proves nothing");
	ok(feed(b, &it, 50, 96, 7) == 0 && blob_have(b) == 96 && blob_total(b) == it.len, "a whole list is proved");
	ok(feed(b, &it, 96, 96 + CHUNK_SIZE - 1, PIECE_SIZE) == 0 && blob_have(b) == 96, "a chunk is not until it is whole");
	ok(feed(b, &it, 96 + CHUNK_SIZE - 1, 96 + CHUNK_SIZE + 1, PIECE_SIZE) == 0 && blob_have(b) == 96 + CHUNK_SIZE,
		"a proved chunk can be had while the next one comes");
	ok(reads_back(b, &it, 1000) && reads_back(b, &it, PIECE_SIZE), "and only that is served");
	ok(!blob_load(b, MIB, &len), "it can't be loaded yet");
	ok(count_files(AT_FDCWD, "/proc/self/fd") <= files + 1, "no descriptor is left open but one to read");
	ok(feed(b, &it, blob_resume(b), it.len, PIECE_SIZE) == 0 && blob_whole(b), "a new source goes on after what is proved");
	ok(reads_back(b, &it, 12345) && blob_have(b) == it.len, "the whole object comes back");
	data = blob_load(b, MIB, &len);
	ok(data && len == it.id.size && memcmp(data, it.contents, len) == 0, "and is loaded");
	free(data);
	ok(!blob_load(b, 100, &len), "unless it is bigger than allowed");
	ok(there(s, "blob", &it.id.digest, "") && !there(s, "part", &it.id.digest, ""), "it lies among the whole ones");
	blob_drop(b);
	ok(store_find(s, named(&it.id.digest)) == b, "a whole one is not dropped");
	ok(feed(b, &it, it.len, it.len, 1) == -1, "nothing can be added to it");
	sample_free(&it);
}

static void
empty_contents(struct store *s)
{
	struct sample it = sample(0, 0), other = sample(1, 0);
	struct blob *b = store_want(s, named(&it.id.digest)), *wrong = store_want(s, named(&other.id.digest));
	size_t len = 1;
	uint8_t *data;

	ok(feed(wrong, &it, 0, 0, 1) == -1, "emptiness is checked against the digest");
	ok(feed(b, &it, 0, 0, 1) == 0 && blob_whole(b) && there(s, "blob", &it.id.digest, ""), "an empty blob is whole at once");
	data = blob_load(b, 10, &len);
	ok(data && len == 0 && blob_read(b, 0, data, 1) == 0, "and has nothing in it");
	free(data);
	blob_drop(wrong);
	sample_free(&it);
	sample_free(&other);
}

static void
lies(struct store *s)
{
	struct sample it = sample(CHUNK_SIZE * 2 + 1, 2);
	struct blob *b = store_want(s, named(&it.id.digest));
	uint8_t byte;

	ok(blob_add(b, it.id.size + 1, 0, it.object, 96) == -1 && blob_size(b) == 0, "a wrong size is found with the list, and forgotten");
	ok(blob_add(b, UINT64_MAX, 0, it.object, 96) == -1, "an impossible size");
	ok(blob_add(b, 1ull << 34, 0, it.object, 96) == BLOB_NO_ROOM, "a size beyond the budget");
	ok(blob_add(b, it.id.size, 32, it.object + 32, 64) == -1, "bytes that are not the next ones");
	it.object[5] ^= 1;
	ok(feed(b, &it, 0, it.len, PIECE_SIZE) == -1 && blob_have(b) == 0 && blob_resume(b) == 0, "a wrong list");
	it.object[5] ^= 1;
	ok(feed(b, &it, 0, 96 + CHUNK_SIZE, PIECE_SIZE) == 0, "the right one");
	it.contents[CHUNK_SIZE + 9] ^= 1;
	ok(feed(b, &it, 96 + CHUNK_SIZE, it.len, PIECE_SIZE) == -1 && blob_resume(b) == 96 + CHUNK_SIZE, "a wrong chunk is told");
	ok(reads_back(b, &it, 999), "and not served");
	it.contents[CHUNK_SIZE + 9] ^= 1;
	ok(blob_add(b, it.id.size - 1, blob_have(b), it.object + blob_have(b), 9) == -1, "another size than the proved one");
	ok(blob_add(b, it.id.size, blob_have(b), it.object, it.len) == -1, "more bytes than there are");
	ok(feed(b, &it, (size_t)blob_have(b), it.len, it.len) == 0 && reads_back(b, &it, PIECE_SIZE), "then the truth is taken");
	sample_free(&it);

	it = sample(9, 9);
	b = store_want(s, named(&it.id.digest));
	blob_pin(b);
	blob_drop(b);
	ok(store_find(s, named(&it.id.digest)) == b, "a pinned one is not dropped");
	blob_unpin(b);
	ok(blob_read(b, 0, &byte, 1) == 0, "nor by its last unpin");
	blob_drop(b);
	ok(!store_find(s, named(&it.id.digest)), "then it is");
	sample_free(&it);
}

/* What comes at one go is proved before it has a file. */
static void
small_ones(struct store *s)
{
	struct sample it = sample(5000, 3);
	struct blob *b = store_want(s, named(&it.id.digest));
	uint64_t had = store_free(s), hashed;
	struct stat st;
	char text[OBJECT_TEXT], *name;

	it.contents[4999] ^= 1;
	ok(feed(b, &it, 0, it.len, PIECE_SIZE) == -1 && blob_resume(b) == 32, "a small object with a wrong byte");
	ok(!there(s, "blob", &it.id.digest, "") && !there(s, "part", &it.id.digest, "") && !blob_whole(b), "has no file anywhere");
	it.contents[4999] ^= 1;
	hashed = bundle_hashed();
	ok(feed(b, &it, 32, it.len, PIECE_SIZE) == 0 && blob_whole(b) && reads_back(b, &it, 999), "the right one is whole at once");
	ok(bundle_hashed() - hashed == 5000, "each byte is hashed once");
	object_text(named(&it.id.digest), text);
	name = xasprintf("blob/%s", text);
	ok(fstatat(store_dir(s), name, &st, 0) == 0 && st.st_size == 5000 && (st.st_mode & 0777) == 0400, "its file is as any");
	free(name);
	ok(had - store_free(s) < 2 * 8192, "and counted once");
	sample_free(&it);
}

/* Promises by as many users as it takes, for none of them may have all that is left. */
static uint64_t promised[64];

static void
release(struct store *s)
{
	uint32_t user;

	for (user = 0; user < COUNT(promised); user++) {
		store_release(s, 1000 + user, promised[user]);
		promised[user] = 0;
	}
}

static int
reserve(struct store *s, uint64_t bytes)
{
	uint32_t user;

	for (user = 0; user < COUNT(promised) && bytes > 0; user++) {
		uint64_t part = bytes;

		while (part > 0 && store_reserve(s, 1000 + user, part) < 0)
			part /= 2;
		promised[user] += part;
		bytes -= part;
	}
	return bytes > 0 ? -1 : 0;
}

/* Contents larger than the store, but mostly zeros. */
static void
holes(struct store *s)
{
	struct sample it = zeros(6 * MIB, 5 * MIB + 77);
	struct blob *b = store_want(s, named(&it.id.digest));
	blob_hold(b, 7);
	ok(feed(b, &it, 0, it.len, PIECE_SIZE) == 0 && blob_whole(b) && reads_back(b, &it, PIECE_SIZE), "zeros are holes");
	ok(store_reserve(s, 8, MIB) == 0, "which leave room for others");
	store_release(s, 8, MIB);
	blob_let(b, 7);
	sample_free(&it);
}

static void
evicting(struct store *s)
{
	struct sample it[4];
	struct blob *b[4];
	unsigned i;

	for (i = 0; i < 4; i++) {
		it[i] = sample(MIB, 10 + i);
		b[i] = i < 3 ? store_sample(s, &it[i]) : NULL;
	}
	ok(b[0] && b[1] && b[2], "three blobs of a MiB in a store of four and a bit");
	blob_pin(b[0]);
	blob_pin(b[2]);
	blob_unpin(b[0]);
	blob_pin(b[1]);
	blob_unpin(b[1]);
	blob_unpin(b[2]);
	blob_pin(b[0]);
	ok(store_reserve(s, 7, 100 * MIB) == -1 && strstr(store_error(), "100.0 MiB"), "what can never fit is refused");
	ok(store_find(s, named(&it[1].id.digest)) == b[1], "and nothing evicted for it");
	ok(reserve(s, 2 * MIB) == 0, "room for two more is found");
	ok(!store_find(s, named(&it[1].id.digest)) && store_find(s, named(&it[2].id.digest)) == b[2], "what was idle longest has gone");
	ok(reserve(s, MIB) == 0 && !store_find(s, named(&it[2].id.digest)), "then the next");
	ok(reserve(s, MIB + 4096) == -1 && store_find(s, named(&it[0].id.digest)) == b[0], "what is pinned stays");
	release(s);
	blob_unpin(b[0]);
	ok(store_free(s) > 3 * MIB && !there(s, "blob", &it[1].id.digest, ""), "all of it can be had again");
	for (i = 1; i < 4; i++) {
		b[i] = store_sample(s, &it[i]);
		ok(b[i] != NULL, "blob %u comes again", i);
		blob_pin(b[i]);
	}
	for (i = 1; i < 4; i++)
		blob_unpin(b[i]);
	for (i = 0; i < 4; i++)
		sample_free(&it[i]);
}

static void
full(struct store *s)
{
	struct sample it = sample(5 * MIB / 2, 30), more = sample(5 * MIB / 2, 31);
	struct blob *b = store_sample(s, &it), *second;
	uint64_t at;

	ok(b != NULL, "a big one pushes out what is idle, promised or not");
	blob_pin(b);
	second = store_want(s, named(&more.id.digest));
	ok(feed(second, &more, 0, more.len, PIECE_SIZE) == -2, "no room is told apart from other failures");
	at = blob_resume(second);
	ok(at > MIB && reads_back(second, &more, PIECE_SIZE), "what came before is still good");
	blob_unpin(b);
	ok(feed(second, &more, (size_t)at, more.len, PIECE_SIZE) == 0 && blob_whole(second), "and the rest comes when there is room");
	ok(!store_find(s, named(&it.id.digest)), "in place of what was idle");
	sample_free(&it);
	sample_free(&more);
}

/* What a keeper does: an inode with mode and time, and a tree that links to it. */
static void
prepare(struct store *s, const struct sample *it, const struct digest *manifest, bool copy, const char *name)
{
	char blob[OBJECT_TEXT], tree[OBJECT_TEXT], *from, *inode, *dir, *file;

	object_text(named(&it->id.digest), blob);
	object_text(named(manifest), tree);
	from = xasprintf("blob/%s", blob);
	inode = xasprintf("inode/%s.%s.1", blob, copy ? "0644" : "0755");
	dir = xasprintf("tree/%s", tree);
	file = xasprintf("tree/%s/%s", tree, name);
	mkdirat(store_dir(s), dir, 0755);
	if (copy)
		close(openat(store_dir(s), inode, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	else
		linkat(store_dir(s), from, store_dir(s), inode, 0);
	ok(linkat(store_dir(s), inode, store_dir(s), file, 0) == 0, "a tree is prepared");
	free(from);
	free(inode);
	free(dir);
	free(file);
}

static void
trees(struct store *s)
{
	struct sample it = sample(MIB, 40), big = sample(4 * MIB, 41);
	struct digest old = chunk_digest("old", 3), new = chunk_digest("new", 3);
	struct blob *b = store_sample(s, &it), *other;

	ok(store_hold_tree(s, named(&old), 7, 4096) == 0, "a tree is held");
	prepare(s, &it, &old, false, "file");
	store_drop_tree(s, named(&old), 7);
	ok(store_hold_tree(s, named(&new), 7, 4096) == 0, "a tree is held");
	ok(store_hold_tree(s, named(&new), 7, 4096) == 0, "a tree is held");
	prepare(s, &it, &new, true, "file");
	store_drop_tree(s, named(&new), 7);
	ok(reserve(s, 4 * MIB - MIB / 4) == 0, "room is found");
	release(s);
	ok(!there(s, "tree", &old, "") && !there(s, "inode", &it.id.digest, ".0755.1") && !store_find(s, named(&it.id.digest)),
		"an idle tree, its inodes and their blobs go");
	ok(there(s, "tree", &new, "/file") && there(s, "inode", &it.id.digest, ".0644.1"), "one in use stays with its inodes");
	b = store_sample(s, &it);
	prepare(s, &it, &new, false, "other");
	store_drop_tree(s, named(&new), 7);
	other = store_sample(s, &big);
	ok(b && other && !store_find(s, named(&it.id.digest)) && !there(s, "tree", &new, "") &&
			!there(s, "inode", &it.id.digest, ".0644.1"),
		"until it is idle too");

	b = store_sample(s, &it);
	ok(b && !store_find(s, named(&big.id.digest)), "the small one is back");
	blob_pin(b);
	ok(blob_give(b, "part/given") == 0 && !blob_whole(b) && blob_have(b) == list_length(MIB), "contents are handed over");
	ok(faccessat(store_dir(s), "part/given", F_OK, 0) == 0 && !there(s, "blob", &it.id.digest, ""), "they have moved");
	blob_unpin(b);
	ok(!store_find(s, named(&it.id.digest)), "with the last pin nothing is left");
	ok(remove_tree(store_dir(s), "part/given") == 0, "but the file");
	b = store_sample(s, &it);
	prepare(s, &it, &old, false, "file");
	ok(b && blob_give(b, "part/given") == -1 && blob_whole(b), "what a tree links to is not handed over");
	sample_free(&it);
	sample_free(&big);
}

static bool
has_file(const struct store *s, const struct object_name *name)
{
	char path[8 + OBJECT_TEXT] = "blob/";

	object_text(name, path + strlen(path));
	return faccessat(store_dir(s), path, F_OK, 0) == 0;
}

/* One digest in three scopes: three blobs that know nothing of each other. */
static void
scopes(struct store *s)
{
	struct sample it = sample(5000, 90);
	struct object_name mine = {it.id.digest, 1001}, root = {it.id.digest, 0}, all = {it.id.digest, SCOPE_PUBLIC};
	struct blob *b = store_sample(s, &it), *of_root;

	ok(store_find(s, &mine) == b && !store_find(s, &root) && !store_find(s, &all), "a digest opens nothing in another scope");
	ok(has_file(s, &mine) && !has_file(s, &root), "nor is it there in that one");
	of_root = store_want(s, &root);
	ok(of_root != b && !blob_whole(of_root), "there it is fetched anew");
	ok(feed(of_root, &it, 0, it.len, PIECE_SIZE) == 0 && blob_whole(of_root) && has_file(s, &root) && has_file(s, &mine),
		"and kept apart");
	blob_spoil(b);
	ok(!blob_whole(b) && blob_whole(of_root) && reads_back(of_root, &it, 999), "what is done to one leaves the other as it is");
	sample_free(&it);
}

static void
many_trees(struct store *s)
{
	unsigned i, before = count_files(store_dir(s), "tree");
	char name[8 + OBJECT_TEXT] = "tree/";

	for (i = 0; i < 300; i++) {
		struct digest d = chunk_digest(&i, sizeof(i));

		if (store_hold_tree(s, named(&d), 7, 0) < 0)
			ok(false, "tree %u is held", i);
		object_text(named(&d), name + 5);
		mkdirat(store_dir(s), name, 0755);
		store_drop_tree(s, named(&d), 7);
	}
	ok(count_files(store_dir(s), "tree") <= before + 256, "idle trees do not pile up");
}

/* Damages the file of a blob; len 0 cuts it off there. */
static void
damage(struct store *s, const struct digest *d, size_t offset, size_t len)
{
	char name[8 + OBJECT_TEXT] = "blob/";
	int fd = -1;

	object_text(named(d), name + 5);
	ok(fchmodat(store_dir(s), name, 0600, 0) == 0 && (fd = openat(store_dir(s), name, O_WRONLY)) >= 0, "it can be damaged");
	ok(len ? pwrite(fd, "damaged", len, (off_t)offset) == (ssize_t)len : ftruncate(fd, (off_t)offset) == 0, "and is");
	close(fd);
}

static void
spoiling(struct store *s)
{
	struct sample it = sample(600000, 77);
	struct digest tree = chunk_digest("spoilt", 6), held = chunk_digest("held", 4);
	uint64_t list = list_length(600000), free_before = store_free(s);
	struct blob *b = store_sample(s, &it);

	blob_pin(b);
	ok(store_hold_tree(s, named(&tree), 7, 4096) == 0, "a tree is held");
	prepare(s, &it, &tree, false, "file");
	store_drop_tree(s, named(&tree), 7);
	ok(store_hold_tree(s, named(&held), 7, 4096) == 0, "a tree is held");
	prepare(s, &it, &held, true, "file");
	ok(blob_is_sound(b, 0) && blob_is_sound(b, list + 300000) && blob_is_sound(b, it.len), "what is whole is sound");
	damage(s, &it.id.digest, 300000, 7);
	ok(blob_is_sound(b, 0) && blob_is_sound(b, list + 599999) && !blob_is_sound(b, list + 300000), "but not where it was damaged");
	damage(s, &it.id.digest, 550000, 0);
	ok(!blob_is_sound(b, list + 599999), "nor where it was cut off");
	blob_spoil(b);
	ok(!blob_whole(b) && blob_have(b) == list && !there(s, "blob", &it.id.digest, ""), "what there was of it is given up");
	ok(!there(s, "inode", &it.id.digest, ".0755.1") && !there(s, "tree", &tree, ""), "and what was made of it");
	ok(there(s, "tree", &held, "/file"), "but what is in use");
	store_drop_tree(s, named(&held), 7);
	ok(!there(s, "tree", &held, ""), "until it is no more");
	blob_spoil(b);
	ok(store_want(s, named(&it.id.digest)) == b && blob_add(b, it.id.size, list, it.object + list, it.len - list) == 0 && blob_whole(b),
		"it is had anew");
	ok(blob_is_sound(b, list + 300000), "and is sound");
	blob_unpin(b);
	ok(store_free(s) + 8192 >= free_before, "no room is lost");
	sample_free(&it);
}

static bool
reads(struct blob *b, const struct sample *it, uint64_t from, uint64_t to)
{
	uint8_t *out = xmalloc(PIECE_SIZE);
	bool same = true;

	while (same && from < to) {
		ssize_t n = blob_read(b, from, out, to - from < PIECE_SIZE ? (size_t)(to - from) : PIECE_SIZE);

		same = n > 0 && memcmp(out, it->object + from, (size_t)n) == 0;
		from += (uint64_t)(n > 0 ? n : 0);
	}
	free(out);
	return same;
}

#define WINDOW (STORE_WINDOW / CHUNK_SIZE) /* chunks in it */

/* Chunks of zeros are never wanted: the list tells of them. */
static void
zeros_are_known(struct store *s)
{
	const uint64_t list = 40 * DIGEST_LEN, chunk = CHUNK_SIZE;
	struct sample it = zeros(CHUNK_SIZE * 40, CHUNK_SIZE * 30 + 5), none = zeros(CHUNK_SIZE * 3 + 7, 0);
	struct blob *b = store_want(s, named(&it.id.digest));
	uint64_t before = store_free(s);
	uint8_t byte = 1;

	ok(feed(b, &it, 0, list, PIECE_SIZE) == 0 && blob_next(b) == list + 30 * chunk && blob_have(b) == blob_next(b),
		"with the list zeros are here up to what is none");
	ok(store_free(s) == before - list && blob_read(b, list + 5 * chunk, &byte, 1) == 1 && byte == 0,
		"they take no room but that of the list, and can be read");
	ok(feed(b, &it, list + 30 * chunk, list + 31 * chunk, PIECE_SIZE) == 0 && blob_whole(b), "one chunk makes it whole");
	ok(reads_back(b, &it, 70000), "all of it is there");
	blob_pin(b);
	ok(blob_give(b, "part/given") == 0 && blob_next(b) == list + 30 * chunk, "handed over it wants that chunk again");
	(void)unlinkat(store_dir(s), "part/given", 0);
	blob_unpin(b);
	sample_free(&it);

	none.contents[0] = 0;
	blob_id_free(&none.id);
	blob_of_bytes(none.contents, CHUNK_SIZE * 3 + 7, &none.id);
	memcpy(none.object, none.id.list, 4 * DIGEST_LEN);
	b = store_want(s, named(&none.id.digest));
	ok(feed(b, &none, 0, 4 * DIGEST_LEN, PIECE_SIZE) == 0 && blob_whole(b) && reads_back(b, &none, 70000),
		"a list alone is all of one that has nothing but zeros");
	sample_free(&none);
}

/* A thin one with zeros far beyond its window: what follows them may be asked for when those below are through with what lies before. */
static void
zeros_pass(struct store *s)
{
	const uint64_t list = 40 * DIGEST_LEN, chunk = CHUNK_SIZE;
	struct sample it = zeros(CHUNK_SIZE * 40, CHUNK_SIZE * 30 + 5);
	struct blob *b = store_want(s, named(&it.id.digest));

	blob_make_thin(b);
	blob_open(b, 0);
	ok(feed(b, &it, 0, list, PIECE_SIZE) == 0 && blob_next(b) == list + 30 * chunk && blob_limit(b) == blob_next(b),
		"zeros that pass through are known at once");
	ok(reads(b, &it, list + 20 * chunk, list + 30 * chunk), "and can be read where no window is");
	blob_forget(b, blob_skip(b, list));
	ok(blob_limit(b) == list + (30 + WINDOW) * chunk, "the window comes after them");
	ok(feed(b, &it, list + 30 * chunk, list + 31 * chunk, PIECE_SIZE) == 0 && blob_complete(b), "and the rest is zeros again");
	blob_drop(b);
	sample_free(&it);
}

/* A thin blob that is complete begins anew, and becomes an ordinary one. */
static void
passing_again(struct blob *b, const struct sample *it)
{
	const uint64_t list = (WINDOW + 4) * DIGEST_LEN, chunk = CHUNK_SIZE;

	blob_open(b, 0);
	ok(blob_have(b) == list && !blob_complete(b), "it can begin again");
	ok(feed(b, it, list, list + chunk, PIECE_SIZE) == 0 && reads(b, it, list, list + chunk), "from the list on");
	blob_close(b);
	ok(!blob_opened(b) && blob_have(b) == list && blob_limit(b) == list, "a closed one has its list");
	blob_open(b, UINT64_MAX);
	ok(blob_first(b) == list + (WINDOW + 3) * chunk, "no offset lies behind the last chunk");
	blob_make_ordinary(b);
	ok(feed(b, it, blob_resume(b), it->len, PIECE_SIZE) == 0 && blob_whole(b) && reads_back(b, it, PIECE_SIZE),
		"an ordinary one again it becomes whole");
}

/* A thin blob: its list, and a window. */
static void
passing(struct store *s)
{
	const uint64_t list = (WINDOW + 4) * DIGEST_LEN, chunk = CHUNK_SIZE;
	struct sample it = sample(CHUNK_SIZE * (WINDOW + 3) + 1000, 60);
	struct blob *b = store_want(s, named(&it.id.digest));
	uint64_t before = store_free(s);
	uint8_t byte;

	blob_pin(b);
	ok(blob_limit(b) == UINT64_MAX && !blob_complete(b), "an ordinary one may be asked for as a whole");
	ok(feed(b, &it, 0, list + 3 * chunk, PIECE_SIZE) == 0 && there(s, "part", &it.id.digest, ""), "a part of it is kept");
	ok(blob_ready(b, list + 5) && !blob_ready(b, list + 3 * chunk), "what is proved can be had");
	blob_make_thin(b);
	ok(blob_thin(b) && !there(s, "part", &it.id.digest, "") && store_free(s) == before - list,
		"made thin it takes no room but its list's");
	ok(blob_have(b) == list && blob_next(b) == list && blob_limit(b) == list && !blob_opened(b),
		"its list stays, and nothing may come");
	ok(reads(b, &it, 0, list) && blob_read(b, list, &byte, 1) == 0, "only that can be read");
	ok(feed(b, &it, list, list + 1, 1) == -1, "and nothing is taken");

	blob_open(b, list + 2 * chunk + 77);
	ok(blob_opened(b) && blob_first(b) == list + 2 * chunk && blob_next(b) == blob_first(b), "it begins with the chunk of an offset");
	ok(blob_limit(b) == list + (WINDOW + 2) * chunk, "and may have as many as the window holds");
	ok(feed(b, &it, list + 2 * chunk, list + (WINDOW + 2) * chunk, PIECE_SIZE - 1) == 0 && blob_have(b) == list + (WINDOW + 2) * chunk,
		"they come");
	ok(feed(b, &it, list + (WINDOW + 2) * chunk, list + (WINDOW + 2) * chunk + 1, 1) == -1, "no more of it has room");
	ok(reads(b, &it, list + 2 * chunk, list + (WINDOW + 2) * chunk) && !blob_ready(b, list + 2 * chunk - 1),
		"all can be read, what lies before can't");
	ok(blob_read(b, list - 1, &byte, 1) == 1 && blob_read(b, list, &byte, 1) == 0, "a list without the contents behind it");
	blob_forget(b, list + 3 * chunk - 1);
	ok(blob_limit(b) == list + (WINDOW + 2) * chunk && blob_ready(b, list + 2 * chunk), "part of a chunk is not forgotten");
	blob_forget(b, list + 3 * chunk + 1);
	ok(blob_limit(b) == list + (WINDOW + 3) * chunk && !blob_ready(b, list + 3 * chunk - 1) && blob_ready(b, list + 3 * chunk),
		"a whole one is");
	it.contents[(WINDOW + 2) * chunk + 5] ^= 1;
	ok(feed(b, &it, list + (WINDOW + 2) * chunk, list + (WINDOW + 3) * chunk, PIECE_SIZE) == -1 &&
			blob_resume(b) == list + (WINDOW + 2) * chunk,
		"damage is told");
	ok(!blob_ready(b, list + (WINDOW + 2) * chunk) && reads(b, &it, list + 3 * chunk, list + (WINDOW + 2) * chunk), "and not served");
	it.contents[(WINDOW + 2) * chunk + 5] ^= 1;
	ok(feed(b, &it, list + (WINDOW + 2) * chunk, list + (WINDOW + 3) * chunk, PIECE_SIZE) == 0,
		"the truth is taken, round the window's end");
	blob_forget(b, UINT64_MAX);
	ok(blob_first(b) == list + (WINDOW + 3) * chunk && blob_next(b) == blob_first(b), "all that is here may be forgotten");
	ok(feed(b, &it, blob_next(b), it.len, PIECE_SIZE) == 0 && blob_complete(b) && !blob_whole(b),
		"at its end it is complete, never whole");
	blob_forget(b, UINT64_MAX);
	ok(reads(b, &it, list + (WINDOW + 3) * chunk, it.len), "the last piece of a chunk stays");

	passing_again(b, &it);
	blob_unpin(b);
	sample_free(&it);
}

/* Thin blobs without a list as yet: one too large, a small one, an empty one. */
static void
passing_anew(struct store *s)
{
	struct sample it = sample(0, 0);
	struct blob *b;

	it.id.digest = chunk_digest("large", 5);
	b = store_want(s, named(&it.id.digest));
	blob_make_thin(b);
	blob_open(b, 0);
	ok(blob_limit(b) == STORE_WINDOW && blob_add(b, store_budget(s) * 3, 0, it.id.digest.byte, 32) == 0,
		"a size beyond the store passes");
	ok(blob_add(b, 1ull << 36, 32, it.id.digest.byte, 32) == BLOB_NO_ROOM, "but not with a list that would fill the memory");
	blob_drop(b);
	ok(!store_find(s, named(&it.id.digest)), "and is dropped like another");
	sample_free(&it);

	it = sample(1000, 61);
	b = store_want(s, named(&it.id.digest));
	blob_make_thin(b);
	blob_open(b, 500);
	ok(blob_first(b) == 0 && blob_limit(b) == STORE_WINDOW, "without a list it begins with that");
	ok(feed(b, &it, 0, it.len, 100) == 0 && blob_complete(b) && reads(b, &it, 0, it.len), "then contents follow");
	blob_drop(b);
	sample_free(&it);
	it = sample(0, 0);
	b = store_find(s, named(&it.id.digest));
	blob_pin(b);
	ok(blob_give(b, "part/empty") == 0, "an empty one is given away");
	blob_make_thin(b);
	blob_open(b, 0);
	ok(feed(b, &it, 0, 0, 1) == 0 && blob_complete(b) && !blob_whole(b), "and is complete at once");
	blob_unpin(b);
	ok(remove_tree(store_dir(s), "part/empty") == 0, "the file goes");
	sample_free(&it);
}

static void
all(struct store *s, bool tmpfs)
{
	if (!ok(s != NULL, "a store on %s", tmpfs ? "a tmpfs" : "a directory")) {
		printf("# %s\n", store_error());
		return;
	}
	ok(store_is_tmpfs(s) == tmpfs && store_free(s) > 4 * MIB && store_free(s) <= store_budget(s) + 4096, "it has its budget");
	receiving(s);
	empty_contents(s);
	lies(s);
	small_ones(s);
	zeros_are_known(s);
	zeros_pass(s);
	passing(s);
	passing_anew(s);
	if (tmpfs)
		holes(s);
	evicting(s);
	full(s);
	trees(s);
	scopes(s);
	many_trees(s);
	spoiling(s);
	store_close(s);
}

int
main(void)
{
	const uint64_t budget = 4 * MIB + 256 * 1024;
	char parent[] = "/tmp/store.XXXXXX";

	ok(mkdtemp(parent) != NULL, "a directory");
	all(store_open_dir(budget, parent), false);
	ok(rmdir(parent) == 0, "nothing is left in it");
	if (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		all(store_open(budget, NULL), true);
	else
		skip("a tmpfs", "not allowed here");
	return done();
}
