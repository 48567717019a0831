/* Manifests, and contents cut into chunks that are hashed, deflated and inflated.
 * Must never know where they go, or where they lie. */
#include "bundle.h"
#include "base/walk.h"

#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define MANIFEST_MAGIC 0x47504d02u /* "GPM", version 2 */
#define ENTRY_FLAGS (ENTRY_OWN | ENTRY_LIBRARY | ENTRY_PROGRAM | ENTRY_PUBLIC | ENTRY_EXACT | ENTRY_THERE)
/* An entry's least size: a path of one byte with its length and NUL, kind, flags, mode, mtime. */
#define MIN_ENTRY (6 + 1 + 1 + 2 + 8)
/* How much of a piece tells whether the rest is worth deflating. */
#define PROBE_SIZE 4096u
enum { POOR_PIECES = 8, PASSED_PIECES = 64 }; /* see struct deflating */

struct chunk_hash {
	crypto_generichash_state state;
};

static char error_text[256];
static uint64_t hashed;
static z_stream *deflater, *inflater;

const char *
bundle_error(void)
{
	return error_text;
}

uint64_t
bundle_hashed(void)
{
	return hashed;
}

uint64_t
list_length(uint64_t size)
{
	return (size / CHUNK_SIZE + (size % CHUNK_SIZE != 0)) * DIGEST_LEN;
}

uint64_t
object_length(uint64_t size)
{
	uint64_t total;

	if (__builtin_add_overflow(size, list_length(size), &total) || total > INT64_MAX)
		return 0;
	return total;
}

/* libsodium chooses its quickest code only once it has been asked to; asking again costs nothing, and hashing needs no more of it. */
static void
hash_begin(crypto_generichash_state *state)
{
	int chosen = sodium_init();

	(void)chosen;
	(void)crypto_generichash_init(state, NULL, 0, DIGEST_LEN);
}

struct chunk_hash *
chunk_hash_new(void)
{
	struct chunk_hash *hash = xaligned(_Alignof(struct chunk_hash), sizeof(*hash));

	hash_begin(&hash->state);
	return hash;
}

void
chunk_hash_add(struct chunk_hash *hash, const void *data, size_t len)
{
	hashed += len;
	(void)crypto_generichash_update(&hash->state, data, len);
}

struct digest
chunk_hash_end(struct chunk_hash *hash)
{
	struct digest d;

	(void)crypto_generichash_final(&hash->state, d.byte, DIGEST_LEN);
	hash_begin(&hash->state);
	return d;
}

struct digest
chunk_digest(const void *data, size_t len)
{
	crypto_generichash_state state;
	struct digest d;

	hash_begin(&state);
	hashed += len;
	(void)crypto_generichash_update(&state, data, len);
	(void)crypto_generichash_final(&state, d.byte, DIGEST_LEN);
	return d;
}

/* Of a whole chunk of zeros: each one is compared with it. */
static const char zero_chunk[] = "\xdf\x2d\x0b\x4e\x19\x3f\xce\x63\x75\x9c\x79\x0e\x69\x56\xd5\xf7"
				 "\x56\x86\x1f\x15\xd6\xdb\x64\xcc\x18\x99\xaf\xa8\x5e\x16\x27\xb9";

/* Of a shorter one, an object's last, the digests are remembered by their length: each node that sends it looks at it. */
static bool
is_zeros(const uint8_t *digest, size_t len)
{
	static uint8_t zeros[CHUNK_SIZE]; /* not const: as such it would be 64 KiB of the binary */
	static struct {
		size_t len;
		struct digest digest;
	} known[17], *one;

	if (len == CHUNK_SIZE)
		return memcmp(digest, zero_chunk, DIGEST_LEN) == 0;
	one = &known[len % COUNT(known)];
	if (one->len != len) {
		one->digest = chunk_digest(zeros, len);
		one->len = len;
	}
	return memcmp(digest, one->digest.byte, DIGEST_LEN) == 0;
}

/* Of the chunk that begins at that byte of the contents. */
static size_t
chunk_length(uint64_t size, uint64_t at)
{
	return size - at < CHUNK_SIZE ? (size_t)(size - at) : CHUNK_SIZE;
}

uint64_t
list_holes(uint64_t size, const uint8_t *list)
{
	uint64_t holes = 0, at;

	for (at = 0; at < size; at += CHUNK_SIZE, list += DIGEST_LEN) {
		size_t len = chunk_length(size, at);

		if (is_zeros(list, len))
			holes += len;
	}
	return holes;
}

uint64_t
object_skip(uint64_t size, const uint8_t *list, uint64_t offset)
{
	uint64_t length = list_length(size), at = offset - length, chunk;

	if (offset < length)
		return offset;
	while (at < size) {
		chunk = at / CHUNK_SIZE;
		if (!is_zeros(list + chunk * DIGEST_LEN, chunk_length(size, chunk * CHUNK_SIZE)))
			break;
		at = chunk * CHUNK_SIZE + chunk_length(size, chunk * CHUNK_SIZE);
	}
	return length + at;
}

size_t
piece_length(uint64_t size, const uint8_t *list, uint64_t offset, uint64_t end)
{
	uint64_t length = list_length(size), last = offset + PIECE_SIZE, total = object_length(size);

	if (last < total)
		last = last < length ? last : last - (last - length) % CHUNK_SIZE;
	if (last > total)
		last = total;
	if (last > end)
		last = end;
	if (offset < length && last > length && object_skip(size, list, length) > length)
		last = length; /* a small object's: nothing but zeros follows */
	return last > offset ? (size_t)(last - offset) : 0;
}

struct digest
blob_digest(uint64_t size, const uint8_t *list)
{
	crypto_generichash_state state;
	uint8_t head[8];
	struct digest d;
	size_t i;

	for (i = 0; i < sizeof(head); i++)
		head[i] = (uint8_t)(size >> (56 - 8 * i));
	hash_begin(&state);
	(void)crypto_generichash_update(&state, head, sizeof(head));
	(void)crypto_generichash_update(&state, list, list_length(size));
	(void)crypto_generichash_final(&state, d.byte, DIGEST_LEN);
	return d;
}

static void
list_add(struct buf *list, struct digest d)
{
	put_digest(list, &d);
}

static void
blob_finish(struct buf *list, uint64_t size, struct blob_id *out)
{
	*out = (struct blob_id){blob_digest(size, list->data), size, list->data};
}

void
blob_of_bytes(const void *data, size_t len, struct blob_id *out)
{
	struct buf list = {0};
	size_t at;

	for (at = 0; at < len; at += CHUNK_SIZE)
		list_add(&list, chunk_digest((const uint8_t *)data + at, chunk_length(len, at)));
	blob_finish(&list, len, out);
}

/* How many whole chunks of a hole begin at that byte of a file, which need not be read; 0 where the file system does not say. */
static uint64_t
hole_chunks(int fd, uint64_t at, uint64_t most)
{
	off_t data = lseek(fd, (off_t)at, SEEK_DATA);

	if (data < 0 && errno == ENXIO) /* nothing else follows */
		data = lseek(fd, 0, SEEK_END);
	if (data < 0 || (uint64_t)data < at)
		return 0;
	return ((uint64_t)data < most ? (uint64_t)data - at : most - at) / CHUNK_SIZE;
}

int
blob_of_file(int fd, uint64_t most, struct blob_id *out)
{
	uint8_t chunk[CHUNK_SIZE];
	struct buf list = {0};
	struct digest d;
	uint64_t size = 0, holes;
	ssize_t n;

	while ((n = pread_full(fd, chunk, most - size < sizeof(chunk) ? (size_t)(most - size) : sizeof(chunk), size)) > 0) {
		d = chunk_digest(chunk, (size_t)n);
		list_add(&list, d);
		size += (uint64_t)n;
		if (n < (ssize_t)sizeof(chunk))
			break;
		for (holes = is_zeros(d.byte, sizeof(chunk)) ? hole_chunks(fd, size, most) : 0; holes > 0; holes--) {
			list_add(&list, d);
			size += CHUNK_SIZE;
		}
	}
	if (n < 0) {
		buf_free(&list);
		return -1;
	}
	blob_finish(&list, size, out);
	return 0;
}

void
blob_id_free(struct blob_id *id)
{
	free(id->list);
	*id = (struct blob_id){0};
}

/* A stream for each direction, made at its first use: making one for each piece would cost more than the work. NULL: no memory. */
static z_stream *
deflate_begin(void)
{
	if (deflater) {
		(void)deflateReset(deflater);
		return deflater;
	}
	deflater = xcalloc(1, sizeof(*deflater));
	if (deflateInit2(deflater, 1, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
		free(deflater);
		deflater = NULL;
	}
	return deflater;
}

size_t
piece_deflate(const uint8_t *data, size_t len, uint8_t *out)
{
	z_stream *z;

	if (len < 2 || len > UINT_MAX)
		return 0;
	z = deflate_begin();
	if (!z)
		return 0;
	z->next_in = (Bytef *)(uintptr_t)data;
	z->next_out = out;
	z->avail_out = (uInt)len - 1;
	z->avail_in = (uInt)len;
	if (len > 2 * PROBE_SIZE) {
		z->avail_in = PROBE_SIZE;
		if (deflate(z, Z_BLOCK) != Z_OK || z->total_out > PROBE_SIZE - PROBE_SIZE / 64)
			return 0;
		z->avail_in = (uInt)len - PROBE_SIZE;
	}
	return deflate(z, Z_FINISH) == Z_STREAM_END ? z->total_out : 0;
}

size_t
deflating_piece(struct deflating *d, const uint8_t *data, size_t len, uint8_t *out)
{
	size_t small;

	if (d->passed > 0) {
		d->passed--;
		return 0;
	}
	small = piece_deflate(data, len, out);
	d->poor = small > 0 && small <= len - len / 8 ? 0 : d->poor + 1;
	if (d->poor == POOR_PIECES) {
		d->poor = 0;
		d->passed = PASSED_PIECES;
	}
	return small;
}

static z_stream *
inflate_begin(void)
{
	if (inflater) {
		(void)inflateReset(inflater);
		return inflater;
	}
	inflater = xcalloc(1, sizeof(*inflater));
	if (inflateInit2(inflater, -MAX_WBITS) != Z_OK) {
		free(inflater);
		inflater = NULL;
	}
	return inflater;
}

int
piece_inflate(const uint8_t *data, size_t len, uint8_t *out, size_t raw_len)
{
	uint8_t none = 0;
	z_stream *z;

	if (len > UINT_MAX || raw_len > UINT_MAX)
		return -1;
	z = inflate_begin();
	if (!z)
		return -1;
	z->next_in = (Bytef *)(uintptr_t)data;
	z->avail_in = (uInt)len;
	z->next_out = raw_len ? out : &none; /* zlib wants an address even for nothing */
	z->avail_out = (uInt)raw_len;
	return inflate(z, Z_FINISH) == Z_STREAM_END && z->avail_in == 0 && z->avail_out == 0 ? 0 : -1;
}

void
bundle_idle(void)
{
	if (deflater)
		(void)deflateEnd(deflater);
	if (inflater)
		(void)inflateEnd(inflater);
	free(deflater);
	free(inflater);
	deflater = inflater = NULL;
}

/* ---- manifests ---- */

bool
path_inside(const char *path)
{
	unsigned levels = 0;
	const char *at = path;

	if (strlen(path) > MAX_INSIDE)
		return false;
	for (;;) {
		size_t len = strcspn(at, "/");

		if (len == 0 || len > NAME_MAX || ++levels > MAX_LEVELS)
			return false;
		if (at[0] == '.' && (len == 1 || (len == 2 && at[1] == '.')))
			return false;
		if (!at[len])
			return true;
		at += len + 1;
	}
}

static int
rank(char byte)
{
	return byte == '\0' ? 0 : byte == '/' ? 1 : (unsigned char)byte + 1;
}

int
path_order(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return rank(*a) - rank(*b);
}

struct entry *
manifest_add(struct manifest *m, const char *path, enum entry_kind kind)
{
	m->at = grow(m->at, m->count, &m->room, sizeof(m->at[0]));
	m->at[m->count] = (struct entry){.path = xstrdup(path), .kind = kind};
	return &m->at[m->count++];
}

static int
entry_order(const void *a, const void *b)
{
	return path_order(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

struct entry *
manifest_find(const struct manifest *m, const char *path)
{
	struct entry key = {.path = (char *)(uintptr_t)path};

	return m->count ? bsearch(&key, m->at, m->count, sizeof(m->at[0]), entry_order) : NULL;
}

struct object_name
entry_object(const struct entry *e)
{
	return (struct object_name){e->digest, e->scope};
}

static void
put_text(struct buf *out, const char *text)
{
	put_str(out, text ? text : "");
}

static void
put_entry(struct buf *out, const struct entry *e)
{
	put_str(out, e->path);
	put_u8(out, e->kind);
	put_u8(out, e->flags);
	put_u16(out, e->mode);
	put_u64(out, e->mtime);
	if (e->flags & ENTRY_EXACT) {
		put_u32(out, e->mtime_ns);
		put_u32(out, e->uid);
		put_u32(out, e->gid);
	}
	if (e->kind == ENTRY_FILE) {
		put_u64(out, e->size);
		put_u64(out, e->holes);
		put_u32(out, e->group);
		put_digest(out, &e->digest);
	} else if (e->kind == ENTRY_LINK) {
		put_text(out, e->target);
	}
}

void
manifest_encode(const struct manifest *m, struct buf *out)
{
	size_t i;

	put_u32(out, MANIFEST_MAGIC);
	put_text(out, m->program);
	put_text(out, m->interpreter);
	put_text(out, m->machine);
	put_text(out, m->library_path);
	put_u32(out, (uint32_t)m->count);
	for (i = 0; i < m->count; i++)
		put_entry(out, &m->at[i]);
}

static int
refuse(const char *path, const char *why)
{
	set_error(error_text, sizeof(error_text), "the manifest is refused: \"%.160s\" %s", path, why);
	return -1;
}

static int
check_kind(const struct entry *e)
{
	uint32_t most = e->flags & ENTRY_EXACT ? 07777 : e->kind == ENTRY_DIR ? 03777 : 0777;

	if (e->flags & ~(unsigned)ENTRY_FLAGS)
		return refuse(e->path, "has unknown flags");
	if (e->mode & ~most)
		return refuse(e->path, "has a mode that nothing sent may have");
	if (e->mtime > INT64_MAX || e->mtime_ns > 999999999)
		return refuse(e->path, "has a time out of range");
	if (e->kind == ENTRY_FILE && e->size && !object_length(e->size))
		return refuse(e->path, "has a size out of range");
	if (e->holes > e->size)
		return refuse(e->path, "has more holes than bytes");
	if (e->flags & (ENTRY_PUBLIC | ENTRY_THERE) && e->kind != ENTRY_FILE)
		return refuse(e->path, "is public or there already, which only a file may be");
	if (e->flags & ENTRY_THERE && !(e->flags & ENTRY_EXACT))
		return refuse(e->path, "is there already, but not for a copy");
	if (e->kind == ENTRY_LINK && (!e->target[0] || strlen(e->target) >= PATH_MAX))
		return refuse(e->path, "is a link to nothing, or too long");
	return 0;
}

/* One entry, added to m even when it is bad, so that m owns what was taken. */
static int
take_entry(struct reader *r, struct manifest *m)
{
	const char *path = take_str(r);
	unsigned kind = take_u8(r);
	struct entry *e;

	if (r->bad || kind > ENTRY_LINK)
		return refuse(path, "is cut short or of an unknown kind");
	if (!path_inside(path))
		return refuse(path, "is not a path inside the root");
	e = manifest_add(m, path, (enum entry_kind)kind);
	e->flags = take_u8(r);
	e->mode = take_u16(r);
	e->mtime = take_u64(r);
	if (e->flags & ENTRY_EXACT) {
		e->mtime_ns = take_u32(r);
		e->uid = take_u32(r);
		e->gid = take_u32(r);
		m->exact = true;
	}
	if (kind == ENTRY_FILE) {
		e->size = take_u64(r);
		e->holes = take_u64(r);
		e->group = take_u32(r);
		e->digest = take_digest(r);
	} else if (kind == ENTRY_LINK) {
		e->target = xstrdup(take_str(r));
	}
	return r->bad ? refuse(path, "is cut short") : check_kind(e);
}

/* The directories above the entry that comes next. */
struct above {
	const char *dir[MAX_LEVELS];
	unsigned depth;
};

static int
check_place(struct above *above, const struct entry *before, const struct entry *e)
{
	const char *name = strrchr(e->path, '/');
	size_t len = name ? (size_t)(name - e->path) : 0;

	if (before && path_order(before->path, e->path) >= 0)
		return refuse(e->path, "is there twice or out of order");
	while (above->depth > 0 && !lies_below(e->path, above->dir[above->depth - 1]))
		above->depth--;
	if ((above->depth > 0 ? strlen(above->dir[above->depth - 1]) : 0) != len)
		return refuse(e->path, "lies in no directory of the manifest");
	if (e->kind == ENTRY_DIR)
		above->dir[above->depth++] = e->path;
	return 0;
}

/* A group is named by its first entry: the others are that file again. */
static int
check_group(const struct manifest *m, size_t at)
{
	const struct entry *e = &m->at[at], *first = e->group > 0 && e->group - 1 <= at ? &m->at[e->group - 1] : NULL;

	if (e->group == 0)
		return 0;
	if (!first || first->kind != ENTRY_FILE || first->group != e->group || first->size != e->size || first->flags != e->flags ||
		first->mode != e->mode || first->mtime != e->mtime || first->holes != e->holes || !digest_equal(&first->digest, &e->digest))
		return refuse(e->path, "is another name of an entry that is not such a file");
	return 0;
}

static int
take_entries(struct reader *r, struct manifest *m)
{
	uint32_t count = take_u32(r), i;
	struct above above = {.depth = 0};
	uint64_t sum = 0;

	if (count > MAX_ENTRIES || count > reader_left(r) / MIN_ENTRY)
		return refuse("", "has more entries than it can hold");
	m->room = count;
	m->at = count ? xcalloc(count, sizeof(m->at[0])) : NULL;
	for (i = 0; i < count; i++) {
		if (take_entry(r, m) < 0 || check_place(&above, i ? &m->at[i - 1] : NULL, &m->at[i]) < 0 || check_group(m, i) < 0)
			return -1;
		if (__builtin_add_overflow(sum, m->at[i].size, &sum) || sum > INT64_MAX)
			return refuse(m->at[i].path, "makes the sum of sizes overflow");
	}
	return 0;
}

static bool
absolute_clean(const char *path)
{
	return path[0] == '/' && path_inside(path + 1);
}

static int
check_library_path(const char *list)
{
	struct reader r = reader_over(list, strlen(list));

	while (reader_left(&r) > 0) {
		const char *colon = memchr(r.at, ':', reader_left(&r));
		size_t len = colon ? (size_t)(colon - (const char *)r.at) : reader_left(&r);
		char *dir = xstrndup((const char *)r.at, len);
		bool fine = absolute_clean(dir);

		free(dir);
		if (!fine || (colon && !colon[1]))
			return refuse(list, "is not a list of directories");
		(void)take_bytes(&r, len + (colon ? 1 : 0));
	}
	return 0;
}

static int
take_manifest(struct reader *r, struct manifest *m)
{
	uint32_t magic = take_u32(r);

	m->program = xstrdup(take_str(r));
	m->interpreter = xstrdup(take_str(r));
	m->machine = xstrdup(take_str(r));
	m->library_path = xstrdup(take_str(r));
	if (r->bad || magic != MANIFEST_MAGIC)
		return refuse("", "is of another version, or no manifest");
	if (m->program[0] && !absolute_clean(m->program))
		return refuse(m->program, "is not a path inside the root");
	if (m->interpreter[0] && !absolute_clean(m->interpreter))
		return refuse(m->interpreter, "is not a path inside the root");
	if (strlen(m->machine) > 64)
		return refuse(m->machine, "is not the name of a machine");
	if (check_library_path(m->library_path) < 0 || take_entries(r, m) < 0)
		return -1;
	return reader_done(r) ? 0 : refuse("", "has bytes left over");
}

int
manifest_decode(const uint8_t *data, size_t len, uint32_t uid, struct manifest *out)
{
	struct reader r = reader_over(data, len);
	size_t i;

	*out = (struct manifest){0};
	if (len > MAX_MANIFEST)
		return refuse("", "is too big");
	if (take_manifest(&r, out) != 0) {
		manifest_free(out);
		return -1;
	}
	for (i = 0; out->at && i < out->count; i++)
		out->at[i].scope = out->at[i].flags & ENTRY_PUBLIC ? SCOPE_PUBLIC : uid;
	return 0;
}

void
manifest_free(struct manifest *m)
{
	size_t i;

	for (i = 0; m->at && i < m->count; i++) {
		free(m->at[i].path);
		free(m->at[i].target);
	}
	free(m->at);
	free(m->program);
	free(m->interpreter);
	free(m->machine);
	free(m->library_path);
	*m = (struct manifest){0};
}
