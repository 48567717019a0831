/* The bytes of one blob: proved as they come, kept in a file or passed through a window, read, given away.
 * Must never know links, or why it is wanted. */
#include "run/contents.h"
#include "run/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WINDOW STORE_WINDOW
#define MAX_THIN_LIST (4u << 20) /* of 8 GiB: what stays in memory of each that passes through */
#define fail_room(...) (fail(__VA_ARGS__), BLOB_NO_ROOM)

/* ---- what is known of one ---- */

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
		b->sized = false; /* only a source's word */
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

/* ---- its file, claimed and given away ---- */

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
	store_idle_remove(b);
	store_close_reader(b);
	store_unbill(b);
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
		return fail("another job needs the contents");
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
	store_close_reader(b);
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
	char need[SIZE_TEXT], all[SIZE_TEXT];

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
	char need[SIZE_TEXT], all[SIZE_TEXT];

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
	if (store_make_room(s, store_footprint(len)) < 0) {
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
	(void)store_refuse(b->store, b->size, store_free(b->store));
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
	if ((!s->vault.mounted || quotas_size(s->quotas) > 0) && store_footprint(len) > store_unused(s) &&
		store_make_room(s, store_footprint(len)) < 0)
		return is_too_much(b);
	fd = openat(s->vault.dir, blob_file(b, name), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, b->whole ? 0400 : 0600);
	bad = fd < 0 ? -1 : put_in_file(b, fd, data, len);
	close_fd(&fd);
	if (!bad)
		return 0;
	return is_full() ? is_too_much(b) : fail("can't write to the store: %s", strerror(errno));
}

/* An object of one chunk that comes at one go is proved first, and its file made in its place: no other name before, and no other mode. */
static int
add_at_once(struct blob *b, const uint8_t *data, size_t len)
{
	struct store *s = b->store;
	struct digest d = chunk_digest(data, len);
	char name[NAME_ROOM];
	int bad;

	if (memcmp(d.byte, b->list.data, DIGEST_LEN) != 0)
		return fail("a chunk of the contents does not match its digest");
	b->whole = true;
	bad = write_contents(b, data, len);
	if (bad) {
		(void)unlinkat(s->vault.dir, blob_file(b, name), 0);
		s->stored -= store_footprint(b->stored);
		b->stored = 0;
		b->whole = false;
	} else {
		b->at += len;
		begin_contents(b, len);
	}
	return bad;
}

/* A chunk at a time: what comes of zeros that were passed over is known already. */
static int
add_contents(struct blob *b, const uint8_t *data, size_t len)
{
	int bad;

	if (!b->thin && len == b->size && len <= CHUNK_SIZE)
		return add_at_once(b, data, len);
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

/* Its file takes its place. */
static int
place_file(struct blob *b)
{
	struct store *s = b->store;
	char part[NAME_ROOM], whole[NAME_ROOM];
	int bad;

	blob_file(b, part);
	if ((b->size == 0 || blob_skip(b, b->at - 1) == b->at) && (bad = finish_file(b, part)) != 0)
		return bad;
	b->whole = true;
	if (fchmodat(s->vault.dir, part, 0400, 0) == 0 && renameat(s->vault.dir, part, s->vault.dir, blob_file(b, whole)) == 0)
		return 0;
	b->whole = false;
	return fail("can't finish contents in the store: %s", strerror(errno));
}

static int
become_whole(struct blob *b)
{
	int bad = b->whole ? 0 : place_file(b);

	if (bad)
		return bad;
	free(b->hash);
	b->hash = NULL;
	b->given = false;
	if (b->pins == 0)
		store_idle_add(b);
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

void
blob_spoil(struct blob *b)
{
	struct store *s = b->store;
	char name[NAME_ROOM];

	if (!b->whole)
		return;
	(void)unlinkat(s->vault.dir, blob_file(b, name), 0);
	store_spoil(s, &b->name);
	contents_gone(b);
}
