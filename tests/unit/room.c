/* Rooms: no user may take all that is left, and what several use is paid for by one of them at a time. */
#include "unit/tap.h"
#include "run/room.h"

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

	ok(room_limit(100, 0, 1, 0) == 50 && room_limit(100, 50, 2, 0) == 16 && room_limit(100, 66, 3, 0) == 8,
		"each one who comes has a part of what is left");
	ok(room_limit(100, 90, 2, 70) == 70, "nobody has less than what they use");
	ok(room_limit(100, 200, 1, 0) == 0 && room_limit(0, 0, 1, 0) == 0, "where nothing is left there is none");
	for (i = 0; i < COUNT(used); i++) {
		uint64_t others = 0;

		for (j = 0; j < i; j++)
			others += used[j];
		used[i] = room_limit(1u << 30, others, i + 1, 0);
		all = others + used[i];
		if (used[i] == 0)
			break;
	}
	ok(i == COUNT(used) && all < 1u << 30, "forty users who take all they can leave room for the next");
}

static void
test_bills(struct rooms *all)
{
	struct room *a = room_of(all, 1), *b = room_of(all, 2);
	struct bill bill = {0};

	ok(room_of(all, 1) == a && room_left(a, 0) == 32 * MIB, "a user's is found again");
	bill_join(&bill, a, 10 * MIB);
	bill_join(&bill, b, 10 * MIB);
	bill_join(&bill, a, 10 * MIB);
	ok(room_left(a, 0) == 22 * MIB && room_left(b, 0) == 18 * MIB, "what two use is paid for by the first");
	bill_leave(&bill, a);
	ok(room_left(a, 0) == 22 * MIB, "who uses it twice pays until the second end");
	bill_leave(&bill, a);
	ok(room_left(b, 0) == 22 * MIB && room_left(a, 0) == 18 * MIB, "then the other one does");
	bill_cancel(&bill);
	ok(room_left(b, 0) == 32 * MIB, "what has gone costs nothing");
	bill_leave(&bill, b);
	bill_leave(&bill, b);
	ok(!bill.first && room_left(a, 0) == 32 * MIB, "in the end nobody pays");
}

static uint64_t
size_of(int top)
{
	struct statvfs fs;

	return fstatvfs(top, &fs) == 0 ? (uint64_t)fs.f_blocks * fs.f_frsize : 0;
}

static void
test_rooms(struct rooms *all, int dir)
{
	struct room *a = room_of(all, 1001), *b = room_of(all, 1002);
	static char page[4096];
	int top, fd, i, files = 0;

	ok(room_enter(a, 0) == 0, "a user's room is made");
	rooms_resize(all, 0);
	top = openat(dir, "1001", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ok(size_of(top) == 32 * MIB && rooms_size(all) == 32 * MIB, "alone they may have a half");
	rooms_resize(all, 16 * MIB);
	ok(size_of(top) == 24 * MIB, "of what is not used otherwise");
	rooms_resize(all, 0);
	fd = openat(top, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	for (i = 0; i < 5120; i++)
		if (write(fd, page, sizeof(page)) != (ssize_t)sizeof(page))
			break;
	ok(room_enter(b, 0) == 0, "another one comes");
	rooms_resize(all, 0);
	ok(size_of(top) == 64 * MIB / 3 / 4096 * 4096 && rooms_size(all) == size_of(top) + 44 * MIB / 3 / 4096 * 4096,
		"and the limits are others: a third of all, and of what the first has left");
	for (; write(fd, page, sizeof(page)) == (ssize_t)sizeof(page); i++)
		;
	ok(i * 4096ull == 64 * MIB / 3 / 4096 * 4096, "which the kernel holds them to");
	rooms_resize(all, 40 * MIB);
	ok(size_of(top) / 4096 == (uint64_t)i, "what is used is not taken away");
	close(fd);
	(void)unlinkat(top, "file", 0);
	rooms_resize(all, 0);
	while ((fd = openat(top, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) >= 0) {
		char name[32];

		close(fd);
		(void)snprintf(name, sizeof(name), "%d", files++);
		(void)renameat(top, "file", top, name);
	}
	ok(files > 1200 && files < 1400, "inodes run out, too: %d", files);
	ok(room_left(a, 0) < MIB, "and count as used");
	close(top);
	room_leave(a);
	room_leave(b);
	rooms_tidy(all);
	ok(faccessat(dir, "1001", F_OK, 0) == 0, "a room stays a while without jobs");
	rooms_tidy(all);
	ok(faccessat(dir, "1001", F_OK, 0) < 0 && faccessat(dir, "1002", F_OK, 0) < 0, "and goes");
	ok(room_enter(room_of(all, 1001), 5 * MIB) == 0 && room_left(room_of(all, 1001), 0) == 27 * MIB, "what is to be written counts");
	room_written(room_of(all, 1001), 5 * MIB);
	ok(room_left(room_of(all, 1001), 0) == 32 * MIB, "until it is there");
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
	struct rooms *all = rooms_open(64 * MIB, dir, true);

	test_bills(all);
	rooms_tidy(all);
	rooms_tidy(all);
	test_rooms(all, dir);
	rooms_close(all);
	return done();
}
