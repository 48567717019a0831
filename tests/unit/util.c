/* util: numbers, sizes and times as users write them, text for terminals, messages, files and lists. */
#include "unit/tap.h"
#include "base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void
numbers(void)
{
	static const char *const bad[] = {"", "-1", "+1", " 1", "1 ", "1x", "0x1", "18446744073709551616", "99999999999999999999999"};
	uint64_t n = 42;
	size_t i, wrong = 0;

	ok(parse_u64("18446744073709551615", UINT64_MAX, &n) == 0 && n == UINT64_MAX, "the largest number");
	ok(parse_u64("007", 7, &n) == 0 && n == 7, "leading zeros, and exactly the limit");
	ok(parse_u64("8", 7, &n) == -1 && n == 7, "above the limit is refused and changes nothing");
	for (i = 0; i < COUNT(bad); i++)
		wrong += parse_u64(bad[i], UINT64_MAX, &n) != -1;
	ok(wrong == 0 && n == 7, "what is no number is refused");
}

static void
sizes(void)
{
	static const char *const bad[] = {"", "k", "1kb", "1.5k", "-1k", "1 k", "1t", "16777216t", "17179869184g"};
	uint64_t n = 42;
	size_t i, wrong = 0;

	ok(parse_size("100", &n) == 0 && n == 100, "bytes");
	ok(parse_size("2k", &n) == 0 && n == 2048, "kilobytes");
	ok(parse_size("3M", &n) == 0 && n == 3u << 20, "megabytes, large letter");
	ok(parse_size("17179869183g", &n) == 0 && n == (uint64_t)17179869183u << 30, "the most gigabytes that fit");
	for (i = 0; i < COUNT(bad); i++)
		wrong += parse_size(bad[i], &n) != -1;
	ok(wrong == 0 && n == (uint64_t)17179869183u << 30, "what is no size, or too large, is refused");
}

static void
durations(void)
{
	static const struct {
		const char *text;
		uint64_t ms;
	} good[] = {{"15", 15000}, {"15s", 15000}, {"1.5", 1500}, {"250ms", 250}, {"2m", 120000}, {"1h", 3600000}, {"0.0005s", 0},
		{"1.25m", 75000}, {"0", 0}};
	static const char *const bad[] = {"", ".5", "1.", "s", "1d", "-1", "1.5.5", "1 s", "99999999999999999999", "5 "};
	uint64_t n = 42;
	size_t i, wrong = 0;

	for (i = 0; i < COUNT(good); i++)
		wrong += parse_duration(good[i].text, &n) != 0 || n != good[i].ms;
	ok(wrong == 0, "seconds, other units, and parts of them");
	n = 42;
	for (i = 0; i < COUNT(bad); i++)
		wrong += parse_duration(bad[i], &n) != -1;
	ok(wrong == 0 && n == 42, "what is no time is refused");
}

static void
shown(const char *text, const char *want, const char *name)
{
	char *got = printable(text);

	is(got, want, name);
	free(got);
}

static void
terminal_text(void)
{
	shown("plain text", "plain text", "plain text stays");
	shown("a\nb\tc\033[2J\x7f", "a\\x0ab\\x09c\\x1b[2J\\x7f", "control characters are shown as numbers");
	shown("\303\244\342\202\254\360\237\230\200", "\303\244\342\202\254\360\237\230\200", "UTF-8 of two, three and four bytes stays");
	shown("\302\233m", "\\xc2\\x9bm", "a C1 control character does not");
	shown("\xff\303", "\\xff\\xc3", "nor what is not UTF-8, nor half a character at the end");
	shown("\300\257 \355\240\200 \364\220\200\200", "\\xc0\\xaf \\xed\\xa0\\x80 \\xf4\\x90\\x80\\x80",
		"nor overlong forms, surrogates, and what is beyond Unicode");
}

/* What warn, note or die writes to stderr; die's exit status is left in *status. */
static char *
told(void (*speak)(void), int *status)
{
	int fd = memfd_create("told", 0);
	char *text = xcalloc(1000, 1);
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		(void)dup2(fd, STDERR_FILENO);
		speak();
		_exit(0);
	}
	(void)waitpid(pid, status, 0);
	(void)pread(fd, text, 999, 0);
	(void)close(fd);
	return text;
}

static void
speak_all(void)
{
	warn("node %d: %s", 5, "x\ngproc: forged");
	debug_level = 3;
	note(4, "not this");
	note(3, "but this");
	set_message_prefix("slave 1:5");
	die(7, "gone");
}

static void
messages(void)
{
	int status = 0;
	char *text = told(speak_all, &status);

	is(text, "gproc: node 5: x\\x0agproc: forged\ngproc: but this\nslave 1:5: gone\n", "a message is one line, whatever is in it");
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 7, "die exits with its status");
	free(text);
}

static void
files(void)
{
	char name[64], back[8];
	int fd = memfd_create("file", 0), closed;
	size_t len = 99;
	char *text;

	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	ok(write_full(fd, "abc\0defg", 8) == 0, "all is written");
	text = read_file(name, 8, &len);
	ok(text && len == 8 && memcmp(text, "abc\0defg", 9) == 0, "a file of just the size allowed comes back, with a NUL behind");
	free(text);
	errno = 0;
	ok(!read_file(name, 7, &len) && errno == EFBIG, "a larger one is refused");
	ok(!read_file("/nowhere", 7, &len) && errno == ENOENT, "one that is not there is refused");
	(void)lseek(fd, 5, SEEK_SET);
	ok(read_full(fd, back, sizeof(back)) == 3, "reading ends with the file");
	ok(pread_full(fd, back, 3, 1) == 3 && memcmp(back, "bc", 3) == 0, "reading at an offset");
	ok(pread_full(fd, back, 8, 6) == 2 && pread_full(fd, back, 1, 100) == 0, "ends with the file, too");
	closed = fd;
	errno = ENOTTY;
	close_fd(&fd);
	ok(fd == -1 && fcntl(closed, F_GETFD) < 0, "a descriptor is closed, and forgotten");
	errno = ENOTTY;
	close_fd(&fd);
	ok(fd == -1 && errno == ENOTTY, "what is closed stays closed, and errno as it was");
	ok(pread_full(fd, back, 1, 0) == -1 && errno == EBADF, "nothing is read from it");
	ok(write_full(fd, "x", 1) == -1 && errno == EBADF, "a failure is told");
	text = read_file("/proc/self/status", 1 << 20, &len);
	ok(text && len > 0 && strlen(text) == len, "a file that claims to have no size is read to its end");
	free(text);
}

static void
lists(void)
{
	struct strings list = {0};
	char name[16];
	size_t i;

	ok(!strings_has(&list, "x"), "an empty list has nothing");
	for (i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof(name), "s%zu", i);
		strings_add(&list, name);
	}
	strings_take(&list, xstrdup("last"));
	ok(list.count == 101 && !list.at[101] && strings_has(&list, "s99") && strings_has(&list, "last"), "a list grows");
	strings_free(&list);
	ok(list.count == 0 && !list.at, "and is empty when freed");
}

static void
cuts(void)
{
	char text[] = "/a//b", *slash = cut_next(text, NULL), none[] = "", root[] = "/";

	is(text, "/a", "a path is cut at each slash but the first");
	slash = cut_next(text, slash);
	is(text, "/a/", "one after the other");
	ok(!cut_next(text, slash) && strcmp(text, "/a//b") == 0, "and is whole in the end");
	ok(!cut_next(none, NULL) && !cut_next(root, NULL), "nothing is above nothing, nor above the root directory");
}

static void
directories(void)
{
	char top[] = "/tmp/gproc-test-XXXXXX", *path;
	struct stat st;

	ok(mkdtemp(top) != NULL, "a directory");
	path = xasprintf("%s/a/b/file", top);
	ok(make_parents(path, 0700) == 0 && make_parents(path, 0755) == 0, "the directories above a path are made");
	*strrchr(path, '/') = '\0';
	ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0700, "with the mode, which those that are there keep");
	ok(rmdir(path) == 0, "and not the path itself");
	*strrchr(path, '/') = '\0';
	ok(rmdir(path) == 0 && rmdir(top) == 0, "nothing else is made");
	free(path);
	ok(make_parents("/proc/gproc/a/b", 0755) == -1 && errno == ENOENT, "a failure is told");
	ok(make_parents("name", 0755) == 0 && make_parents("/name", 0755) == 0, "nothing is above a name alone");
}

static void
growing(void)
{
	uint32_t *at = NULL;
	size_t count, room = 0, times = 0, was;

	for (count = 0; count < 1000; count++) {
		was = room;
		at = grow(at, count, &room, sizeof(*at));
		times += room != was;
		at[count] = (uint32_t)count;
	}
	ok(room >= 1000 && room <= 2048 && times < 12 && at[0] == 0 && at[999] == 999, "an array grows by doubling, and keeps what it has");
	free(at);
	room = 8;
	at = grow(NULL, 0, &room, sizeof(*at));
	ok(at != NULL, "and is there though it holds nothing yet");
	free(at);
}

static void
small_things(void)
{
	char error[8];
	uint64_t before = now_ms();
	char *text = xasprintf("%s-%d", "a", 5);

	is(text, "a-5", "text is made to measure");
	free(text);
	set_error(error, sizeof(error), "%s", "too long for it");
	is(error, "too lon", "an error's text is cut, not spilled");
	ok(has_prefix("...", "..") && has_prefix("a", "") && !has_prefix(".", ".."), "prefixes");
	ok(now_ms() >= before && before > 0, "the clock goes forward");
}

int
main(void)
{
	numbers();
	sizes();
	durations();
	terminal_text();
	messages();
	files();
	cuts();
	directories();
	growing();
	lists();
	small_things();
	return done();
}
