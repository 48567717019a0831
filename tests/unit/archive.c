/* The archive that `get` brings, from one end to the other: what a node reads of a tree, and what the head makes of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "archive.h"
#include "client/receive.h"
#include "run/collect.h"
#include "tap.h"

static char top[] = "/tmp/gproc-archive.XXXXXX";

static void
sh(const char *fmt, ...)
{
	va_list args;
	char *command;

	va_start(args, fmt);
	command = xvasprintf(fmt, args);
	va_end(args);
	if (system(command) != 0)
		printf("# failed: %s\n", command);
	free(command);
}

/* Equal for diff and for a listing of kinds, modes, times, links and sizes. */
static bool
same_trees(const char *a, const char *b)
{
	char *command = xasprintf("list() { cd \"$1\" && find . -mindepth 1 -printf '%%P %%y %%m %%l %%n %%T@ ' "
				  "\\( -type d -printf '\\n' -o -printf '%%s\\n' \\) | sort; }; "
				  "diff -r --no-dereference '%s' '%s' && list '%s' >%s/a && list '%s' >%s/b && cmp %s/a %s/b",
		a, b, a, top, b, top, top, top);
	int status = system(command);

	free(command);
	return status == 0;
}

/* What collect() writes of the names: all of it in *out. Its return. */
static int
read_all(char *const *names, bool expand, struct buf *out)
{
	int ends[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe(ends) < 0 || (pid = fork()) < 0)
		exit(2);
	if (pid == 0) {
		close(ends[0]);
		_exit(collect(names, expand, ends[1]));
	}
	close(ends[1]);
	while ((n = read(ends[0], buf_grow(out, 4096), 4096)) > 0)
		out->len += (size_t)n;
	close(ends[0]);
	(void)waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

/* Hands it over in pieces of so many bytes. What receive_end says; the caller frees. */
static char *
write_all(const struct buf *from, size_t step, const char *dir, const char *as)
{
	struct receipt *r = receive_new(dir, as);
	const char *why;
	char *text;
	size_t at;

	for (at = 0; at < from->len; at += step)
		if (receive_add(r, from->data + at, from->len - at < step ? from->len - at : step) < 0)
			break;
	why = receive_end(r);
	text = xstrdup(why ? why : "");
	receive_free(r);
	return text;
}

static char *
in_top(const char *name)
{
	return xasprintf("%s/%s", top, name);
}

static void
test_round_trip(void)
{
	static const size_t steps[] = {1, 7, 4096, 1 << 20};
	char *names[] = {in_top("from/tree"), NULL}, *tree = in_top("from/tree");
	struct buf all = {0};
	size_t i;

	sh("mkdir -p '%s/deep/er' '%s/empty' && cd '%s' && printf one >one && printf '' >none && head -c 300000 /dev/urandom >big && "
	   "ln one same && ln -s one to-one && ln -s /nowhere dangling && chmod 4755 one && chmod 640 big && chmod 555 deep/er && "
	   "truncate -s 5M hole && printf end >>hole && printf x >\"$(printf 'new\\nline')\" && printf x >'a,b:c%%n' && "
	   "printf x >.hidden && printf x >\"$(printf '\\377\\376')\" && printf x >\"$(printf '%%0255d' 7)\" && printf x >-dash && "
	   "touch -d @1000000000.123456789 one big deep",
		tree, tree, tree);
	ok(read_all(names, false, &all) == 0, "a tree of odd names is read");
	sh("chmod 755 '%s/one'", tree); /* no file that comes gives rights */
	for (i = 0; i < COUNT(steps); i++) {
		char *to = xasprintf("%s/to%zu", top, i), *made = xasprintf("%s/tree", to), *why = write_all(&all, steps[i], to, NULL);

		is(why, "", "it arrives whole");
		ok(same_trees(tree, made), "and is the same, in pieces of %zu", steps[i]);
		free(why);
		free(made);
		free(to);
	}
	sh("test $(du -k '%s/to3/tree/hole' | cut -f1) -lt 100 || echo '# a hole was filled'", top);
	buf_free(&all);
	free(names[0]);
	free(tree);
}

static void
test_cut_short(void)
{
	char *names[] = {in_top("from/tree/big"), NULL}, *to = in_top("cut"), *why;
	struct buf all = {0};
	struct stat st;

	(void)read_all(names, false, &all);
	all.len /= 2;
	why = write_all(&all, 999, to, NULL);
	is(why, "big: it came only in part", "what is cut short is told by its name");
	sh("test -z \"$(ls -A '%s')\" && touch '%s/nothing'", to, to);
	free(why);
	why = xasprintf("%s/nothing", to);
	ok(stat(why, &st) == 0, "and nothing of it is there");
	free(why);
	buf_free(&all);
	free(names[0]);
	free(to);
}

static char *
refused(const struct buf *archive)
{
	char *to = in_top("evil"), *why = write_all(archive, archive->len + 1, to, NULL);

	free(to);
	return why;
}

static void
test_liars(void)
{
	static const char *const paths[] = {"../out", "/etc/out", "a/../../out", "", ".", "a//b"};
	struct archive_item file = {.kind = ARCHIVE_FILE, .mode = 0644}, end = {.kind = ARCHIVE_FILE_END, .why = ""};
	struct buf b = {0};
	size_t i;
	char *why;

	for (i = 0; i < COUNT(paths); i++) {
		b.len = 0;
		file.path = paths[i];
		archive_put(&b, &file);
		archive_put(&b, &end);
		why = refused(&b);
		ok(strstr(why, "no archive") != NULL, "a file called \"%s\" is refused", paths[i]);
		free(why);
	}
	b.len = 0;
	archive_put(&b, &(struct archive_item){.kind = ARCHIVE_LINK, .path = "way", .target = top});
	file.path = "way/out";
	archive_put(&b, &file);
	archive_put(&b, &end);
	archive_put(&b, &(struct archive_item){.kind = ARCHIVE_END});
	why = refused(&b);
	ok(strstr(why, "evil/way/out: ") != NULL, "nothing is written through a link that came before: %s", why);
	free(why);
	why = in_top("out");
	ok(access(why, F_OK) < 0, "and nothing is there");
	free(why);
	buf_free(&b);
}

static void
test_failures(void)
{
	char *names[] = {in_top("from/none-such"), in_top("from/tree/one"), in_top("from/fifo"), NULL}, *to = in_top("some"), *why;
	struct buf all = {0};

	sh("mkfifo '%s/from/fifo'", top);
	ok(read_all(names, false, &all) == 1, "what can't be read is told");
	why = write_all(&all, 100, to, NULL);
	ok(strstr(why, "none-such: No such file or directory; and 1 more") != NULL, "with its name and the count: %s", why);
	free(why);
	why = in_top("some/one");
	ok(access(why, F_OK) == 0, "and the rest has come");
	free(why);
	buf_free(&all);
	free(to);
	free(names[0]);
	free(names[1]);
	free(names[2]);
}

static void
test_names(void)
{
	char *pattern[] = {in_top("from/tree/*o*"), NULL}, *one[] = {in_top("from/tree/one"), NULL}, *inner[] = {in_top("from/tree/"), NULL};
	char *to = in_top("names"), *why;
	struct buf all = {0};

	ok(read_all(pattern, true, &all) == 0, "a pattern is expanded");
	all.len = 0;
	ok(read_all(pattern, false, &all) == 1, "but not where it is meant literally");
	all.len = 0;
	(void)read_all(one, false, &all);
	why = write_all(&all, 100, to, "other.1");
	is(why, "", "a file can get another name");
	free(why);
	why = in_top("names/other.1");
	ok(access(why, F_OK) == 0, "and has it");
	free(why);
	all.len = 0;
	(void)read_all(inner, false, &all);
	why = write_all(&all, 100, to, NULL);
	free(why);
	why = in_top("names/dangling");
	ok(readlink(why, (char[8]){0}, 8) == 8, "a directory with a slash is what is in it");
	free(why);
	buf_free(&all);
	free(pattern[0]);
	free(one[0]);
	free(inner[0]);
	free(to);
}

int
main(void)
{
	if (!mkdtemp(top))
		return 2;
	sh("mkdir '%s/from'", top);
	(void)umask(022);
	test_round_trip();
	test_cut_short();
	test_liars();
	test_failures();
	test_names();
	sh("chmod -R u+rwx '%s' && rm -rf '%s'", top, top);
	return done();
}
