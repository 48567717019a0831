/* A file of the head that is sent: hashed, and read again piece by piece for as long as it holds what was hashed.
 * Must never know which program needs it, or where it goes. */
#include "ship/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_WHOLE (16u << 20) /* of a file that does not say its size: none of the kernel's comes near it */

static char error_text[2048];
#define fail(...) latch_error(error_text, sizeof(error_text), __VA_ARGS__)

const char *
source_error(void)
{
	return error_text;
}

static bool
unchanged(const struct source *s, int fd, const struct stat *st)
{
	struct file_mark now = file_mark(fd, st);

	return file_mark_equal(&s->mark, &now);
}

/* The file has been written to: does it still begin with what was hashed, as one that something is added to does? */
static bool
begins_as_hashed(int fd, const struct source *s)
{
	struct blob_id now;
	bool same;

	if (blob_of_file(fd, s->id.size, &now) < 0)
		return false;
	same = digest_equal(&now.digest, &s->id.digest);
	blob_id_free(&now);
	return same;
}

/* Files of the kernel's (proc, sysfs) are made up anew for each reader, and their size says nothing: they are read once, whole. */
static int
read_whole(int fd, const char *file, struct source *s)
{
	static uint8_t piece[PIECE_SIZE];
	struct buf bytes = {0};
	int bad = 0;
	ssize_t n;

	while (!bad && (n = pread_full(fd, piece, sizeof(piece), bytes.len)) != 0) {
		if (n < 0)
			bad = fail("can't read %s: %s", file, strerror(errno));
		else if (bytes.len + (size_t)n > MAX_WHOLE)
			bad = fail("%s does not say its size, and has more than %u MiB", file, MAX_WHOLE >> 20);
		else
			put_bytes(&bytes, piece, (size_t)n);
	}
	blob_id_free(&s->id);
	if (bad) {
		buf_free(&bytes);
		return -1;
	}
	s->bytes = bytes.data;
	blob_of_bytes(bytes.data, bytes.len, &s->id);
	return 0;
}

/* Hashes no more than the file has now: bytes that are added meanwhile are left out. */
static int
hash_fd(int fd, const char *file, struct source *s)
{
	time_t began = time(NULL);
	struct stat st;
	uint64_t size;

	if (fstat(fd, &st) < 0)
		return fail("%s: %s", file, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail("%s changed from a file into something else while it was being read", file);
	size = (uint64_t)st.st_size;
	*s = (struct source){.mark = file_mark(fd, &st)};
	s->known = hashed_find(&s->mark, &s->id);
	if (s->known)
		return 0;
	if (blob_of_file(fd, size, &s->id) < 0)
		return fail("can't read %s: %s", file, strerror(errno));
	if (size == 0 || s->id.size < size)
		return read_whole(fd, file, s);
	if (fstat(fd, &st) == 0 && unchanged(s, fd, &st)) {
		hashed_add(fd, &s->mark, began, &s->id);
		return 0;
	}
	if (begins_as_hashed(fd, s))
		return 0;
	blob_id_free(&s->id);
	return fail("%s changed while it was being read", file);
}

int
source_of_file(const char *file, struct source *s)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), bad;

	if (fd < 0)
		return fail("can't open %s: %s", file, strerror(errno));
	bad = hash_fd(fd, file, s);
	close(fd);
	if (!bad)
		s->file = xstrdup(file);
	return bad;
}

void
source_clear(struct source *s)
{
	blob_id_free(&s->id);
	free(s->file);
	free(s->bytes);
}

/* The file was written to since it was hashed, or may have been: each chunk that these bytes are part of is checked against the list. */
static int
read_proved(int fd, const struct source *s, uint64_t offset, uint8_t *out, size_t len)
{
	uint8_t *chunk = xmalloc(CHUNK_SIZE);
	bool same = true;

	while (len > 0 && same) {
		uint64_t at = offset / CHUNK_SIZE, begin = at * CHUNK_SIZE, left = s->id.size - begin;
		size_t whole = left < CHUNK_SIZE ? (size_t)left : CHUNK_SIZE, skip = (size_t)(offset - begin);
		size_t part = whole - skip < len ? whole - skip : len;
		struct digest d;

		same = pread_full(fd, chunk, whole, begin) == (ssize_t)whole;
		d = chunk_digest(chunk, same ? whole : 0);
		same = same && memcmp(d.byte, s->id.list + at * DIGEST_LEN, DIGEST_LEN) == 0;
		memcpy(out, chunk + skip, part);
		out += part;
		offset += part;
		len -= part;
	}
	free(chunk);
	if (!same && s->known)
		hashed_drop(&s->id.digest);
	return same ? 0 : fail("%s changed while it was being sent", s->file);
}

static int
read_file_part(const struct source *s, uint64_t offset, uint8_t *out, size_t len, bool again)
{
	int fd = open(s->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), bad = 0;
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return fail("can't open %s: %s", s->file, strerror(errno));
	n = pread_full(fd, out, len, offset);
	if (n < 0)
		bad = fail("can't read %s: %s", s->file, strerror(errno));
	else if ((again && s->known) || (size_t)n < len || fstat(fd, &st) < 0 || !unchanged(s, fd, &st))
		bad = read_proved(fd, s, offset, out, len);
	close(fd);
	return bad;
}

ssize_t
source_read(struct source *s, uint64_t offset, uint8_t *out, size_t len)
{
	uint64_t list = list_length(s->id.size), total = list + s->id.size;
	size_t part = 0;
	bool again = offset < s->sent;

	if (offset >= total)
		return 0;
	if (len > total - offset)
		len = (size_t)(total - offset);
	s->sent = offset + len;
	if (offset < list) {
		part = list - offset < len ? (size_t)(list - offset) : len;
		memcpy(out, s->id.list + offset, part);
	}
	offset = offset + part - list;
	if (len > part && s->bytes)
		memcpy(out + part, s->bytes + offset, len - part);
	else if (len > part && read_file_part(s, offset, out + part, len - part, again) < 0)
		return -1;
	return (ssize_t)len;
}
