/* ship/hashed: what was hashed before is found again while the file is as it was; whatever lies in the user's file does no harm. */
#include "ship/hashed.h"
#include "tests/unit/tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char dir[] = "/tmp/gproc-hashed.XXXXXX";
static uint8_t bytes[200000];

static struct file_mark
mark(uint64_t ino, uint64_t size)
{
	return (struct file_mark){.dev = 5, .ino = ino, .size = size, .mtime_ns = 1000000000000001u, .ctime_ns = 1000000000000007u};
}

/* Adds a file of that many bytes, hashed at that second. */
static void
add(uint64_t ino, size_t size, time_t began)
{
	struct file_mark m = mark(ino, size);
	struct blob_id id;
	int fd = open(dir, O_RDONLY);

	blob_of_bytes(bytes, size, &id);
	hashed_add(fd, &m, began, &id);
	blob_id_free(&id);
	close(fd);
}

static bool
known(const struct file_mark *m)
{
	struct blob_id id, want;
	bool same;

	if (!hashed_find(m, &id))
		return false;
	blob_of_bytes(bytes, m->size, &want);
	same = id.size == want.size && digest_equal(&id.digest, &want.digest) && memcmp(id.list, want.list, list_length(id.size)) == 0;
	blob_id_free(&id);
	blob_id_free(&want);
	return same;
}

static bool
knows(uint64_t ino, size_t size)
{
	struct file_mark m = mark(ino, size);

	return known(&m);
}

static const char *
kept_name(void)
{
	static char name[200];

	snprintf(name, sizeof(name), "%s/gproc/digests", dir);
	return name;
}

static void
found_again(void)
{
	struct file_mark m;
	struct stat st;
	int i;

	add(1, 100000, 1000010);
	add(2, 200000, 1000010);
	add(3, 16384, 1000010);
	add(4, 16383, 1000010);
	add(5, 100000, 1000002);
	hashed_keep();
	ok(stat(kept_name(), &st) == 0 && (st.st_mode & 07777) == 0600, "the file is the user's alone");
	ok(knows(1, 100000) && knows(2, 200000) && knows(3, 16384), "what was hashed is known in the next launch");
	ok(!knows(4, 16383), "small files are not");
	ok(!knows(5, 100000), "nor what had changed less than two seconds before");
	for (i = 0; i < 6; i++) {
		m = mark(1, 100000);
		m.dev += i == 0;
		m.ino += i == 1;
		m.size += i == 2;
		m.mtime_ns += i == 3;
		m.ctime_ns += i == 4;
		m.mount += i == 5;
		ok(!known(&m), "nothing is known of a file that differs in value %d", i);
	}
	hashed_keep();
}

/* In the place of "found_again"'s: a row of another boot. */
static void
other_boots(void)
{
	struct buf out = {0};
	int fd = open(kept_name(), O_RDONLY), mem = memfd_create("kept", MFD_CLOEXEC);

	hashed_load(fd);
	hashed_encode(&out);
	out.data[8] ^= 1; /* the first row's boot id: that of the last one added */
	ok(write(mem, out.data, out.len) == (ssize_t)out.len, "a file");
	hashed_load(mem);
	ok(!knows(3, 16384) && knows(1, 100000), "what was hashed in another boot, or on another host, is not known here");
	add(3, 16384, 1000010);
	buf_free(&out);
	hashed_encode(&out);
	ok(out.data[7] == 4, "and is kept for that one");
	buf_free(&out);
	hashed_keep();
}

static void
changed(void)
{
	struct file_mark m = mark(1, 100000);
	struct blob_id id;

	m.ctime_ns++;
	blob_of_bytes(bytes + 1, 100000, &id);
	hashed_add(open(dir, O_RDONLY), &m, 1000020, &id);
	hashed_keep();
	ok(!knows(1, 100000) && knows(2, 200000), "a file that was hashed anew takes its own place");
	hashed_keep();
	hashed_drop(&id.digest);
	blob_id_free(&id);
	ok(!hashed_find(&m, &id), "what proved wrong is dropped for good");
	m.ctime_ns = 1000000000000000u;
	blob_of_bytes(bytes, 100000, &id);
	hashed_add(open(dir, O_RDONLY), &m, 1000020, &id);
	ok(!hashed_find(&m, &id), "times without a fraction tell nothing");
	m.mount = 77;
	hashed_add(open(dir, O_RDONLY), &m, 1000020, &id);
	blob_id_free(&id);
	ok(known(&m), "but where the mount is known");
	hashed_keep();
}

static void
limits(void)
{
	struct stat st;
	uint64_t i;

	for (i = 100; i < 100 + 5000; i++)
		add(i, 20000, 1000010);
	hashed_keep();
	ok(stat(kept_name(), &st) == 0 && st.st_size <= 4 << 20, "the file does not grow beyond its limit, %ld", (long)st.st_size);
	ok(knows(5099, 20000) && knows(1004, 20000) && !knows(1003, 20000) && !knows(2, 200000), "what was used last stays");
	hashed_keep();
}

/* Whatever stands there: nothing is found but what is so. */
static void
damaged(void)
{
	struct buf out = {0};
	size_t i;
	int mem;

	unlink(kept_name());
	add(1, 100000, 1000010);
	hashed_encode(&out);
	for (i = 0; i < out.len; i++) {
		struct file_mark m = mark(1, 100000);
		struct blob_id id;

		out.data[i] ^= 0x55;
		mem = memfd_create("kept", MFD_CLOEXEC);
		if (write(mem, out.data, i % 2 ? out.len : i) < 0)
			break;
		hashed_load(mem);
		out.data[i] ^= 0x55;
		if (hashed_find(&m, &id))
			break;
	}
	ok(i == out.len, "nothing is found in a file with a changed byte, or one cut short: %zu", i);
	buf_free(&out);
	hashed_keep();
}

static void
others_files(void)
{
	char below[200];

	unlink(kept_name());
	add(1, 100000, 1000010);
	hashed_keep();
	chmod(kept_name(), 0640);
	ok(!knows(1, 100000), "a file that is open to others is not looked at");
	hashed_keep();
	chmod(kept_name(), 0600);
	ok(geteuid() != 0 || chown(kept_name(), 1001, 0) == 0, "another's");
	ok(geteuid() != 0 || !knows(1, 100000), "nor one of another user's");
	add(1, 100000, 1000010);
	hashed_keep();
	ok(knows(1, 100000), "its place is taken by one's own");
	hashed_keep();
	unlink(kept_name());
	snprintf(below, sizeof(below), "%s/gproc", dir);
	ok(rmdir(below) == 0 && symlink("..", below) == 0, "a link");
	add(1, 100000, 1000010);
	hashed_keep();
	snprintf(below, sizeof(below), "%s/../digests", dir);
	ok(access(below, F_OK) < 0, "nothing is written where a link leads");
	setenv("XDG_CACHE_HOME", "/proc/nowhere", 1);
	add(1, 100000, 1000010);
	hashed_keep();
	ok(!knows(1, 100000), "where nothing can be written, nothing is kept");
	setenv("XDG_CACHE_HOME", "relative", 1);
	unsetenv("HOME");
	add(1, 100000, 1000010);
	hashed_keep();
	ok(!knows(1, 100000), "nor without a home");
	hashed_keep();
}

int
main(void)
{
	char name[200];

	memset(bytes, 'a', 100000);
	memset(bytes + 100000, 'b', 100000);
	ok(mkdtemp(dir) != NULL, "a place");
	setenv("XDG_CACHE_HOME", dir, 1);
	found_again();
	other_boots();
	changed();
	limits();
	damaged();
	others_files();
	snprintf(name, sizeof(name), "rm -rf %s", dir);
	ok(system(name) == 0, "the place goes");
	return done();
}
