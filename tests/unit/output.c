/* output: whole lines, labels, folds and files; long lines, binary, terminals, readers that are slow or gone. */
#include "unit/tap.h"
#include "unit/pick.h"
#include "client/output.c"
#include "client/folding.c"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Bytes held in memory. */
static size_t
output_held(const struct output *o)
{
	return o->held + (o->folding ? o->folding->held : 0);
}

#define LIMIT (64 << 20) /* bytes of unfinished lines that are held */

static const struct path nodes[] = {
	{.depth = 1, .id = {1}},
	{.depth = 2, .id = {1, 5}},
	{.depth = 1, .id = {2}},
	{.depth = 1, .id = {3}},
	{.depth = 1, .id = {9}},
};

/* Descriptors 1 and 2 lead elsewhere between redirect() and restore(). */
static int saved[2], target[2];

static void
redirect(int out, int err)
{
	fflush(stdout);
	saved[0] = dup(1);
	saved[1] = dup(2);
	target[0] = out;
	target[1] = err;
	(void)dup2(out, 1);
	(void)dup2(err, 2);
}

static void
restore(void)
{
	(void)dup2(saved[0], 1);
	(void)dup2(saved[1], 2);
	(void)close(saved[0]);
	(void)close(saved[1]);
}

static void
redirect_to_memory(void)
{
	redirect(memfd_create("out", MFD_CLOEXEC), memfd_create("err", MFD_CLOEXEC));
}

/* What one of the two files holds; the caller frees. */
static char *
contents(int fd, size_t *len)
{
	struct stat st;
	char *text;

	(void)fstat(fd, &st);
	text = xcalloc((size_t)st.st_size + 1, 1);
	*len = (size_t)st.st_size;
	if (pread(fd, text, *len, 0) != st.st_size)
		text[0] = '\0';
	(void)close(fd);
	return text;
}

static void
holds(int fd, const char *want, const char *name)
{
	size_t len;
	char *got = contents(fd, &len);

	is(got, want, name);
	ok(len == strlen(want), "%s: its length", name);
	free(got);
}

static int
add(struct output *o, size_t node, int stream, const char *text)
{
	return output_add(o, node, stream, (const uint8_t *)text, strlen(text));
}

static void
add_filled(struct output *o, size_t node, char with, size_t len)
{
	char *text = xmalloc(len);

	memset(text, with, len);
	(void)output_add(o, node, 1, (const uint8_t *)text, len);
	free(text);
}

static void
finish(struct output *o)
{
	(void)output_finish(o);
	restore();
	output_free(o);
}

/* Finishes; what standard output holds. The caller frees. */
static char *
finished(struct output *o, size_t *len)
{
	finish(o);
	(void)close(target[1]);
	return contents(target[0], len);
}

static void
one_node_raw(void)
{
	struct output *o;
	size_t len;
	char *got;

	redirect_to_memory();
	o = output_new(OUTPUT_RAW, nodes, 1, &(struct output_place){0});
	(void)output_add(o, 0, 1, (const uint8_t *)"a\0b\xff", 4);
	(void)add(o, 0, 2, "oops");
	restore();
	ok(output_held(o) == 0, "nothing of a single node is held back");
	redirect(target[0], target[1]);
	(void)output_end(o, 0, 0);
	finish(o);
	got = contents(target[0], &len);
	ok(len == 4 && memcmp(got, "a\0b\xff", 4) == 0, "a single node's output is byte for byte, no newline added");
	free(got);
	holds(target[1], "oops", "and its stderr is kept apart");
}

static void
raw_lines(void)
{
	struct output *o;

	redirect_to_memory();
	o = output_new(OUTPUT_RAW, nodes, 2, &(struct output_place){0});
	(void)add(o, 0, 1, "one ");
	(void)add(o, 1, 1, "two ");
	(void)add(o, 0, 2, "err\n");
	(void)add(o, 0, 1, "line\nnext");
	(void)add(o, 1, 1, "lines\nx\ny");
	(void)output_end(o, 1, 0);
	(void)output_end(o, 0, 0);
	(void)output_finish(o);
	restore();
	ok(output_held(o) == 0, "nothing is held at the end");
	output_free(o);
	holds(target[0], "one line\ntwo lines\nx\ny\nnext\n", "lines of two nodes do not mix, the last ones get a newline");
	holds(target[1], "err\n", "stderr goes to stderr");
}

static void
one_descriptor(void)
{
	struct output *o;
	int fd = memfd_create("both", MFD_CLOEXEC);
	size_t len;
	char *got;

	redirect(fd, dup(fd));
	o = output_new(OUTPUT_LABEL, nodes, 2, &(struct output_place){0});
	add_filled(o, 0, 'x', LIMIT + 1);
	(void)add(o, 0, 2, "err\n");
	(void)add(o, 0, 1, "\n");
	got = finished(o, &len);
	ok(len == 5 + LIMIT + 1 + 1 + 5 + 4, "both streams in one file: all is there");
	is(got + 5 + LIMIT + 1, "\n  1: err\n", "and stderr waits for the end of the line on stdout");
	free(got);
}

static void
labels(void)
{
	struct output *o;

	redirect_to_memory();
	o = output_new(OUTPUT_LABEL, nodes, 5, &(struct output_place){0});
	(void)add(o, 1, 1, "a\n\nb\nc");
	(void)add(o, 0, 1, "9: forged\n");
	(void)add(o, 4, 2, "bad\n");
	(void)add(o, 3, 1, "\033[2Jraw\rbytes\n");
	(void)output_end(o, 1, 0);
	finish(o);
	holds(target[0], "1:5: a\n1:5: \n1:5: b\n  1: 9: forged\n  3: \033[2Jraw\rbytes\n1:5: c\n",
		"each line has its label, all of one width; a file gets the bytes as they are");
	holds(target[1], "  9: bad\n", "stderr is labelled too");
}

static void
terminal(void)
{
	char got[512] = "";
	struct output *o;
	struct termios plain;
	int outer, inner;
	size_t len = 0;
	ssize_t n;

	if (!ok(openpty(&outer, &inner, NULL, NULL, NULL) == 0, "a terminal"))
		return;
	(void)tcgetattr(inner, &plain);
	plain.c_oflag = 0;
	(void)tcsetattr(inner, TCSANOW, &plain);
	redirect(inner, inner);
	o = output_new(OUTPUT_LABEL, nodes, 5, &(struct output_place){0});
	(void)add(o, 0, 1, "x\r9: forged\033[A\x9b\xc2\x9b\tt\303\244\r\n");
	(void)output_add(o, 0, 1, (const uint8_t *)"\0\x7f\xc3\n", 4);
	finish(o);
	(void)close(inner);
	while ((n = read(outer, got + len, sizeof(got) - 1 - len)) > 0) /* a terminal may give it in pieces, and EIO at the end */
		len += (size_t)n;
	is(got, "  1: x\\x0d9: forged\\x1b[A\\x9b\\xc2\\x9b\tt\303\244\r\n  1: \\x00\\x7f\\xc3\n",
		"on a terminal nothing can move the cursor, tabs and UTF-8 stay");
	(void)close(outer);
}

/* Two lines of 3 MB that come at once, in pieces. */
static void
long_lines(enum output_mode mode, size_t label)
{
	struct output *o;
	size_t len, round;
	char *got;

	redirect_to_memory();
	o = output_new(mode, nodes, 3, &(struct output_place){0});
	for (round = 0; round < 3000; round++) {
		add_filled(o, 0, 'x', 1000);
		add_filled(o, 1, 'y', 1000);
	}
	(void)add(o, 1, 1, "\n");
	(void)output_end(o, 1, 0);
	(void)add(o, 0, 1, "\n");
	got = finished(o, &len);
	ok(len == 2 * (label + 3000001) && strspn(got + label, "y") == 3000000 && strspn(got + 2 * label + 3000001, "x") == 3000000,
		"two lines of 3 MB stay in one piece each");
	free(got);
}

/* Beyond what is held a line is passed on as it comes, and others wait. */
static void
longest_line(void)
{
	struct output *o;
	size_t len;
	char *got;

	redirect_to_memory();
	o = output_new(OUTPUT_RAW, nodes, 3, &(struct output_place){0});
	add_filled(o, 0, 'x', LIMIT + 1);
	(void)add(o, 1, 1, "two\n");
	add_filled(o, 0, 'x', 1000);
	(void)add(o, 0, 1, "\n");
	got = finished(o, &len);
	ok(len == LIMIT + 1 + 1000 + 5 && strspn(got, "x") == LIMIT + 1001, "a line of more than is held stays in one piece");
	is(got + LIMIT + 1001, "\ntwo\n", "and what others say comes behind it");
	free(got);
}

static void
endless_lines(void)
{
	struct output *o;
	size_t most = 0, round, len, longest = 0, line, at;
	char *got;

	redirect_to_memory();
	o = output_new(OUTPUT_RAW, nodes, 3, &(struct output_place){0});
	(void)add(o, 2, 1, "hello\n");
	for (round = 0; round < 200; round++) {
		add_filled(o, 0, 'a', 1 << 19);
		add_filled(o, 1, 'b', 1 << 19);
		(void)add(o, 2, 1, "hello\n");
		most = output_held(o) > most ? output_held(o) : most;
	}
	got = finished(o, &len);
	ok(most <= LIMIT + (1 << 20), "two nodes that never end their line: %zu bytes held at most", most);
	for (at = 0; at < len; at += line + 1) {
		line = strcspn(got + at, "\n");
		if (got[at] != 'h' && strspn(got + at, got[at] == 'a' ? "a" : "b") != line)
			break;
		longest = line > longest ? line : longest;
	}
	ok(at == len && longest >= LIMIT / 2, "their lines are broken, never mixed");
	for (at = 0, line = 0; (got[at] == 'h' ? line++ : 0, got[at]); at += strcspn(got + at, "\n") + 1)
		;
	ok(line == 201, "and the third node's lines are all there");
	free(got);
}

/* Adds up to 60 KiB of the node's letter, a newline about every `rare` bytes, and counts the letters. */
static void
add_random(struct output *o, size_t node, uint32_t rare, size_t letters[3])
{
	size_t len = pick(30) ? 1 + pick(300) : 60 * 1024, i;
	uint8_t *data = xmalloc(len);

	for (i = 0; i < len; i++) {
		data[i] = pick(rare) ? (uint8_t)('a' + node) : '\n';
		letters[node] += data[i] != '\n';
	}
	(void)output_add(o, node, 1, data, len);
	free(data);
}

static void
random_pieces(void)
{
	size_t letters[3] = {0}, got_letters[3] = {0}, mixed = 0, len, at, most = 0;
	struct output *o;
	unsigned round;
	char *got;

	redirect_to_memory();
	o = output_new(OUTPUT_RAW, nodes, 3, &(struct output_place){0});
	for (round = 0; round < 4000; round++) {
		size_t node = pick(3);

		/* In turns one node or two have lines without end. */
		add_random(o, node, round / 200 % 4 == node || round / 900 % 4 == node ? 1000000 : 100, letters);
		most = output_held(o) > most ? output_held(o) : most;
	}
	got = finished(o, &len);
	for (at = 0; at < len; at++) {
		mixed += at > 0 && got[at] != '\n' && got[at - 1] != '\n' && got[at] != got[at - 1];
		if (got[at] != '\n')
			got_letters[got[at] - 'a']++;
	}
	ok(mixed == 0 && got[len - 1] == '\n', "4,000 random pieces: no line has bytes of two nodes");
	ok(memcmp(letters, got_letters, sizeof(letters)) == 0, "none is lost or doubled");
	ok(most <= LIMIT + (1 << 17), "at most %zu bytes were held", most);
	free(got);
}

static void
idle(void)
{
	struct output *o;
	uint64_t now;
	bool right;
	size_t len;
	char *got;

	redirect_to_memory();
	o = output_new(OUTPUT_LABEL, nodes, 2, &(struct output_place){0});
	add_filled(o, 0, 'x', LIMIT + 10);
	right = output_due(o, now_ms()) == -1; /* nobody waits; standard output is not for facts now */
	(void)output_idle(o, now_ms() + 5000);
	(void)add(o, 1, 1, "two\n");
	now = now_ms();
	right &= output_due(o, now) > 0 && output_due(o, now) <= 1000 && output_due(o, now + 1000) == 0;
	(void)output_idle(o, now_ms() - 1);
	right &= output_due(o, now) > 0;
	(void)output_idle(o, now + 1000);
	right &= output_due(o, now + 1000) == -1;
	(void)add(o, 0, 1, "rest\n");
	got = finished(o, &len);
	ok(right, "one that waits does so for a second, and no less");
	is(got + 5 + LIMIT + 10, "\n1:5: two\n  1: rest\n", "a long line that stands still is ended for those who wait");
	free(got);
}

#define DASHES "---------------\n"

static void
folds(void)
{
	struct output *o;

	redirect_to_memory();
	o = output_new(OUTPUT_FOLD, nodes, 5, &(struct output_place){0});
	(void)add(o, 0, 1, "same\nlines\n");
	(void)add(o, 1, 1, "other\n");
	(void)add(o, 2, 1, "same\n");
	(void)add(o, 2, 1, "lines");
	(void)add(o, 3, 2, "warning\n");
	(void)add(o, 4, 1, "other\n");
	(void)add(o, 4, 2, "warning\n");
	(void)output_end(o, 0, 0);
	(void)output_end(o, 1, 0);
	(void)output_end(o, 2, 0);
	(void)output_end(o, 3, 0);
	(void)output_end(o, 4, 1);
	restore();
	ok(output_held(o) > 0, "both streams are held");
	redirect(target[0], target[1]);
	finish(o);
	holds(target[0], DASHES "1-2 (2)\n" DASHES "same\nlines\n" DASHES "1:5\n" DASHES "other\n" DASHES "9\n" DASHES "other\n",
		"identical output of one status once, larger sets first");
	holds(target[1], DASHES "3\n" DASHES "warning\n" DASHES "9\n" DASHES "warning\n", "so is stderr, apart");
}

static void
silent_fold(void)
{
	struct output *o;
	size_t i;

	redirect_to_memory();
	o = output_new(OUTPUT_FOLD, nodes, 5, &(struct output_place){0});
	for (i = 0; i < 5; i++)
		(void)output_end(o, i, 0);
	finish(o);
	holds(target[0], "", "where nobody wrote anything nothing is printed");
	(void)close(target[1]);
	redirect_to_memory();
	o = output_new(OUTPUT_FOLD, nodes, 3, &(struct output_place){0});
	for (i = 0; i < 3; i++)
		(void)add(o, i, 1, "x\n");
	(void)output_end(o, 1, 0);
	finish(o);
	holds(target[0], DASHES "1:5\n" DASHES "x\n" DASHES "1-2 (2), incomplete\n" DASHES "x\n", "what has not ended stands apart");
	(void)close(target[1]);
}

static void
too_much_to_fold(void)
{
	struct output *o;
	size_t i, len;
	char *got;

	redirect_to_memory();
	o = output_new(OUTPUT_FOLD, nodes, 3, &(struct output_place){0});
	(void)add(o, 0, 1, "small\n");
	for (i = 0; i < 140; i++) {
		add_filled(o, 1, 'x', (1 << 20) - 1);
		(void)add(o, 1, 1, "\n");
	}
	restore();
	ok(output_held(o) < 100, "a node that writes without end is not held without end");
	redirect(target[0], target[1]);
	finish(o);
	got = contents(target[0], &len);
	ok(len == 140 * ((1 << 20) + 5) + strlen(DASHES "1, incomplete\n" DASHES "small\n"), "its lines are all there, labelled");
	is(got + 140 * ((1 << 20) + 5), DASHES "1, incomplete\n" DASHES "small\n", "the others are folded");
	free(got);
	holds(target[1],
		"gproc: node 1:5: more output than is held for folding (128 MiB of all nodes); it is labelled instead\n", "and it is told");
}

static void
objects(void)
{
	struct output *o;

	redirect_to_memory();
	o = output_new(OUTPUT_JSON, nodes, 2, &(struct output_place){0});
	(void)add(o, 1, 1, "a\"b\\\n\t\001 \303");
	(void)add(o, 1, 2, "\342\202");
	(void)add(o, 1, 1, "\244\302\200");
	(void)output_add(o, 0, 1, (const uint8_t *)"\0", 1);
	(void)output_add(o, 0, 1, (const uint8_t *)"x\377", 2);
	(void)output_end(o, 1, 0);
	finish(o);
	holds(target[0],
		"{\"type\":\"data\",\"node\":\"1:5\",\"stream\":\"out\",\"text\":\"a\\\"b\\\\\\n\\t\\u0001 \"}\n"
		"{\"type\":\"data\",\"node\":\"1:5\",\"stream\":\"out\",\"text\":\"\303\244\302\200\"}\n"
		"{\"type\":\"data\",\"node\":\"1\",\"stream\":\"out\",\"text\":\"\\u0000\"}\n"
		"{\"type\":\"data\",\"node\":\"1\",\"stream\":\"out\",\"base64\":\"eP8=\"}\n"
		"{\"type\":\"data\",\"node\":\"1:5\",\"stream\":\"err\",\"base64\":\"4oI=\"}\n",
		"objects: characters are never cut, what is none is base64");
	(void)close(target[1]);
}

static void
file_is(const char *name, const char *want)
{
	size_t len = 0;
	char *got = read_file(name, 1000, &len);

	is(got, want, name);
	free(got);
	(void)unlink(name);
}

static void
files(void)
{
	char dir[] = "/tmp/output-XXXXXX";
	struct output *o;

	if (!ok(mkdtemp(dir) && chdir(dir) == 0, "a directory for files"))
		return;
	o = output_new(OUTPUT_FILES, nodes, 2, &(struct output_place){.pattern = "%j-%n.%r%%", .job = "7"});
	ok(o != NULL, "files are made");
	(void)add(o, 0, 1, "one\ntwo");
	(void)add(o, 1, 2, "err");
	(void)add(o, 0, 1, " three");
	(void)output_end(o, 0, 0);
	(void)output_finish(o);
	output_free(o);
	file_is("7-1.0%", "one\ntwo three");
	file_is("7-1.0%.err", "");
	file_is("7-1:5.1%", "");
	file_is("7-1:5.1%.err", "err");
	o = output_new(OUTPUT_FILES, nodes, 1, &(struct output_place){.pattern = "std%s", .job = "7"});
	(void)add(o, 0, 2, "err");
	output_free(o);
	file_is("stdout", "");
	file_is("stderr", "err");
	o = output_new(OUTPUT_FILES, nodes, 2, &(struct output_place){.pattern = "new/dir/", .job = "7"});
	ok(o != NULL, "directories are made");
	(void)output_add(o, 1, 1, (const uint8_t *)"a\0\r\n\377", 5);
	(void)output_end(o, 1, 3);
	output_free(o);
	file_is("new/dir/1.out", "");
	file_is("new/dir/1.err", "");
	ok(access("new/dir/1.rc", F_OK) < 0, "a node that has not ended has no status");
	file_is("new/dir/1:5.err", "");
	file_is("new/dir/1:5.rc", "3\n");
	ok(unlink("new/dir/1:5.out") == 0 && rmdir("new/dir") == 0 && rmdir("new") == 0, "and no other file");
	ok(!output_new(OUTPUT_FILES, nodes, 2, &(struct output_place){.pattern = "log", .job = "7"}), "one file for two nodes is refused");
	is(output_error(), "-o=log: several nodes would write to log; put %n (path) or %r (rank) into the name", "and why");
	ok(!output_new(OUTPUT_FILES, nodes, 2, &(struct output_place){.pattern = "/dev/null/%n", .job = "7"}), "a bad place is refused");
	is(output_error(), "can't write /dev/null/1: Not a directory", "with the name");
	ok(chdir("/") == 0 && rmdir(dir) == 0, "no other file was left");
}

static void
gone_reader(void)
{
	struct output *o;
	int pipes[2], bad, error;

	if (!ok(pipe(pipes) == 0, "a pipe"))
		return;
	(void)close(pipes[0]);
	redirect(pipes[1], memfd_create("err", MFD_CLOEXEC));
	o = output_new(OUTPUT_RAW, nodes, 2, &(struct output_place){0});
	bad = add(o, 0, 1, "x\n");
	error = errno;
	restore();
	ok(bad == -1 && error == EPIPE, "a reader that is gone is told by EPIPE");
	redirect(pipes[1], target[1]);
	bad = add(o, 1, 1, "x\n") == -1 && errno == EPIPE && add(o, 1, 2, "still\n") == 0;
	restore();
	ok(bad, "every time, but the other stream goes on");
	output_free(o);
	(void)close(pipes[1]);
	holds(target[1], "still\n", "and arrives");
}

/* A child that reads a pipe to its end and exits with 0 when it got that many bytes. */
static pid_t
slow_reader(const int pipes[2], size_t want)
{
	char piece[100];
	size_t got = 0;
	ssize_t n;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid != 0)
		return pid;
	(void)close(pipes[1]);
	while ((n = read(pipes[0], piece, sizeof(piece))) > 0)
		got += (size_t)n;
	_exit(got != want);
}

static void
slow_pipe(void)
{
	struct output *o;
	int pipes[2], status = -1;
	pid_t pid;

	if (!ok(pipe2(pipes, O_CLOEXEC) == 0 && fcntl(pipes[1], F_SETFL, O_NONBLOCK) == 0, "a non-blocking pipe"))
		return;
	pid = slow_reader(pipes, 5 + 1000001);
	redirect(pipes[1], memfd_create("err", MFD_CLOEXEC));
	o = output_new(OUTPUT_LABEL, nodes, 2, &(struct output_place){0});
	add_filled(o, 0, 'x', 1000000);
	finish(o);
	(void)close(pipes[0]);
	(void)close(pipes[1]);
	(void)close(target[1]);
	ok(waitpid(pid, &status, 0) == pid && status == 0, "a full pipe is waited for, nothing is lost");
}

static void
many_nodes(void)
{
	struct path *all = xcalloc(10000, sizeof(*all));
	struct output *o;
	size_t i, len;
	char *got;

	for (i = 0; i < 10000; i++)
		all[i] = (struct path){.depth = 2, .id = {(uint32_t)i / 100, (uint32_t)i % 100}};
	redirect_to_memory();
	o = output_new(OUTPUT_FOLD, all, 10000, &(struct output_place){0});
	for (i = 0; i < 10000; i++)
		(void)add(o, i, 1, i == 5001 ? "odd\n" : "even\n");
	got = finished(o, &len);
	is(got, DASHES "0-49:0-99,50:0,50:2-99,51-99:0-99 (9999), incomplete\n" DASHES "even\n" DASHES "50:1, incomplete\n" DASHES "odd\n",
		"10,000 nodes fold");
	free(got);
	redirect_to_memory();
	o = output_new(OUTPUT_RAW, all, 10000, &(struct output_place){0});
	for (i = 0; i < 10000; i++)
		add_filled(o, i, 'x', 10000);
	i = output_held(o);
	got = finished(o, &len);
	ok(i <= LIMIT + 20000, "10,000 unfinished lines are held in %zu bytes", i);
	ok(len == (size_t)10000 * 10001, "and all come out");
	free(got);
	free(all);
}

int
main(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	one_node_raw();
	raw_lines();
	one_descriptor();
	labels();
	terminal();
	long_lines(OUTPUT_RAW, 0);
	long_lines(OUTPUT_LABEL, 5);
	longest_line();
	endless_lines();
	random_pieces();
	idle();
	folds();
	silent_fold();
	too_much_to_fold();
	objects();
	files();
	gone_reader();
	slow_pipe();
	many_nodes();
	return done();
}
