/* Any bytes in the place of the digests that a user's launches have kept: read, looked for, written; what is written is read as the same. */
#include "ship/hashed.h"

#include <stdio.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool fact)
{
	if (!fact)
		abort();
}

static void
load(const uint8_t *data, size_t len)
{
	int fd = memfd_create("digests", MFD_CLOEXEC);

	check(fd >= 0 && write(fd, data, len) == (ssize_t)len);
	hashed_load(fd);
}

/* Looks for the first file in it, as this boot's. */
static void
look(const uint8_t *data, size_t size)
{
	struct reader r = reader_over(data + 44, size - 44);
	struct file_mark m = {.dev = take_u64(&r)};
	struct blob_id id;

	m.ino = take_u64(&r);
	m.size = take_u64(&r);
	m.mtime_ns = take_u64(&r);
	m.ctime_ns = take_u64(&r);
	m.mount = take_u64(&r);
	if (!r.bad && hashed_find(&m, &id)) {
		struct digest d = blob_digest(id.size, id.list);

		check(id.size == m.size && digest_equal(&d, &id.digest));
		blob_id_free(&id);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char boot[36];
	struct buf bytes = {0}, once = {0}, twice = {0};
	FILE *f;

	if (!boot[0] && (f = fopen("/proc/sys/kernel/random/boot_id", "r"))) {
		check(fread(boot, sizeof(boot), 1, f) == 1);
		fclose(f);
	}
	put_bytes(&bytes, data, size);
	if (size > 44 && data[8] == '*') /* of this boot, which no input knows */
		memcpy(bytes.data + 8, boot, sizeof(boot));
	load(bytes.data, bytes.len);
	if (size > 44)
		look(bytes.data, bytes.len);
	hashed_encode(&once);
	load(once.data, once.len);
	hashed_encode(&twice);
	check(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
	hashed_keep();
	buf_free(&bytes);
	buf_free(&once);
	buf_free(&twice);
	return 0;
}
