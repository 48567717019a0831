/* quota: no user may take all that is left, and what several use is paid for by one of them at a time. */
#include "unit/tap.h"
#include "run/quota.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MIB (1024u * 1024)

static void
test_limit(void)
{
	uint64_t used[40] = {0}, all = 0;
	unsigned i, j;

	ok(quota_limit(100, 0, 1, 0) == 50 && quota_limit(100, 50, 2, 0) == 16 && quota_limit(100, 66, 3, 0) == 8,
		"each one who comes has a part of what is left");
	ok(quota_limit(100, 90, 2, 70) == 70, "nobody has less than what they use");
	ok(quota_limit(100, 200, 1, 0) == 0 && quota_limit(0, 0, 1, 0) == 0, "where nothing is left there is none");
	for (i = 0; i < COUNT(used); i++) {
		uint64_t others = 0;

		for (j = 0; j < i; j++)
			others += used[j];
		used[i] = quota_limit(1u << 30, others, i + 1, 0);
		all = others + used[i];
		if (used[i] == 0)
			break;
	}
	ok(i == COUNT(used) && all < 1u << 30, "forty users who take all they can leave room for the next");
}

static void
test_bills(struct quotas *all)
{
	struct quota *a = quota_of(all, 1), *b = quota_of(all, 2);
	struct bill bill = {0};

	ok(quota_of(all, 1) == a && quota_left(a, 0) == 32 * MIB, "a user's is found again");
	bill_join(&bill, a, 10 * MIB);
	bill_join(&bill, b, 10 * MIB);
	bill_join(&bill, a, 10 * MIB);
	ok(quota_left(a, 0) == 22 * MIB && quota_left(b, 0) == 18 * MIB, "what two use is paid for by the first");
	bill_leave(&bill, a);
	ok(quota_left(a, 0) == 22 * MIB, "who uses it twice pays until the second end");
	bill_leave(&bill, a);
	ok(quota_left(b, 0) == 22 * MIB && quota_left(a, 0) == 18 * MIB, "then the other one does");
	bill_cancel(&bill);
	ok(quota_left(b, 0) == 32 * MIB, "what has gone costs nothing");
	bill_leave(&bill, b);
	bill_leave(&bill, b);
	ok(!bill.first && quota_left(a, 0) == 32 * MIB, "in the end nobody pays");
}

static uint64_t
size_of(int top)
{
	struct statvfs fs;

	return fstatvfs(top, &fs) == 0 ? (uint64_t)fs.f_blocks * fs.f_frsize : 0;
}

static void
test_rooms(struct quotas *all, int dir)
{
	struct quota *a = quota_of(all, 1001), *b = quota_of(all, 1002);
	static char page[4096];
	int top, fd, i, files = 0;

	ok(quota_enter(a, 0) == 0, "a user's room is made");
	quotas_resize(all, 0);
	top = openat(dir, "1001", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ok(size_of(top) == 32 * MIB && quotas_size(all) == 32 * MIB, "alone they may have a half");
	quotas_resize(all, 16 * MIB);
	ok(size_of(top) == 24 * MIB, "of what is not used otherwise");
	quotas_resize(all, 0);
	fd = openat(top, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	for (i = 0; i < 5120; i++)
		if (write(fd, page, sizeof(page)) != (ssize_t)sizeof(page))
			break;
	ok(quota_enter(b, 0) == 0, "another one comes");
	quotas_resize(all, 0);
	ok(size_of(top) == 64 * MIB / 3 / 4096 * 4096 && quotas_size(all) == size_of(top) + 44 * MIB / 3 / 4096 * 4096,
		"and the limits are others: a third of all, and of what the first has left");
	for (; write(fd, page, sizeof(page)) == (ssize_t)sizeof(page); i++)
		;
	ok(i * 4096ull == 64 * MIB / 3 / 4096 * 4096, "which the kernel holds them to");
	quotas_resize(all, 40 * MIB);
	ok(size_of(top) / 4096 == (uint64_t)i, "what is used is not taken away");
	close(fd);
	(void)unlinkat(top, "file", 0);
	quotas_resize(all, 0);
	while ((fd = openat(top, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) >= 0) {
		char name[32];

		close(fd);
		(void)snprintf(name, sizeof(name), "%d", files++);
		(void)renameat(top, "file", top, name);
	}
	ok(files > 1200 && files < 1400, "inodes run out, too: %d", files);
	ok(quota_left(a, 0) < MIB, "and count as used");
	close(top);
	quota_leave(a);
	quota_leave(b);
	quotas_tidy(all);
	ok(faccessat(dir, "1001", F_OK, 0) == 0, "a room stays a while without jobs");
	quotas_tidy(all);
	ok(faccessat(dir, "1001", F_OK, 0) < 0 && faccessat(dir, "1002", F_OK, 0) < 0, "and goes");
	ok(quota_enter(quota_of(all, 1001), 5 * MIB) == 0 && quota_left(quota_of(all, 1001), 0) == 27 * MIB,
		"what is to be written counts");
	quota_written(quota_of(all, 1001), 5 * MIB);
	ok(quota_left(quota_of(all, 1001), 0) == 32 * MIB, "until it is there");
}

int
main(void)
{
	int dir;

	test_limit();
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("test", "/mnt", "tmpfs", 0, NULL) < 0) {
		ok(1, "rooms # SKIP not allowed here");
		return done();
	}
	dir = open("/mnt", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct quotas *all = quotas_open(64 * MIB, dir, true);

	test_bills(all);
	quotas_tidy(all);
	quotas_tidy(all);
	test_rooms(all, dir);
	quotas_close(all);
	return done();
}
