/* walk: a path is walked as the kernel walks it, links and all, and never above where it began. */
#include "unit/tap.h"
#include "base/walk.h"

#include <errno.h>

/* "/link" leads to the target that stands behind it. */
static const char *const links[][2] = {{"/here", "a"}, {"/up", "../../x"}, {"/abs", "/usr/lib"}, {"/a/back", "../b"}, {"/round", "round"},
	{"/dot", "."}, {"/usr/lib", "lib64"}, {"/two", "here/back"}, {"/b/far", "/usr/bin"}};

/* Where a path leads, or the error's name; last: a link at its end is followed too. */
static char *
walked(const char *begin, const char *path, bool last)
{
	struct walk w = walk_from(begin, path);
	enum walk_step step;
	char *out;
	size_t i;
	int bad = 0;

	while (!bad && (step = walk_step(&w)) != WALK_END)
		for (i = 0; step == WALK_DOWN && (last || walk_goes_on(&w)) && i < COUNT(links); i++)
			if (strcmp(walk_inside(&w), links[i][0]) == 0) {
				bad = walk_follow(&w, links[i][1]);
				break;
			}
	out = xstrdup(bad ? errno == ELOOP ? "loop" : "long" : walk_whole(&w));
	walk_end(&w);
	return out;
}

static void
leads(const char *begin, const char *path, bool last, const char *want)
{
	char *got = walked(begin, path, last);

	ok(strcmp(got, want) == 0, "%s%s leads to %s (%s)", begin, path, want, got);
	free(got);
}

static void
plain(void)
{
	leads("", "/", true, "");
	leads("", "", true, "");
	leads("", "/usr//./bin/", true, "/usr/bin");
	leads("", "usr/bin", true, "/usr/bin");
	leads("", "/usr/../bin/./..", true, "");
	leads("", "/..a/...", true, "/..a/...");
	leads("", "/../../x", true, "/x");
	leads("/root/of", "/../../x", true, "/root/of/x");
	leads("/root/of", "/a/../..", true, "/root/of");
}

static void
linked(void)
{
	leads("", "/here/c", true, "/a/c");
	leads("", "/here", true, "/a");
	leads("", "/here", false, "/here");
	leads("", "/here/", false, "/here");
	leads("", "/here/.", false, "/a");
	leads("", "/here/back/c", true, "/b/c");
	leads("", "/two/c/..", true, "/b");
	leads("/r", "/up/y", true, "/r/x/y");
	leads("/r", "/abs/y", true, "/r/usr/lib64/y");
	leads("", "/dot/dot/a", true, "/a");
	leads("/r", "/b/far/c", true, "/r/usr/bin/c");
	leads("", "/a/../here/c", true, "/a/c");
}

static void
limits(void)
{
	char *forty = xcalloc(1, 40 * 4 + 8), *long_rest = xmalloc(70000);
	struct walk w;
	size_t i;

	leads("", "/round", true, "loop");
	for (i = 0; i < 40; i++)
		strcat(forty, "/dot");
	leads("", forty, true, "");
	strcat(forty, "/dot");
	leads("", forty, true, "loop");
	memset(long_rest, 'x', 69999);
	long_rest[69999] = '\0';
	w = walk_from("", "/here");
	(void)walk_step(&w);
	ok(walk_follow(&w, long_rest) == -1 && errno == ENAMETOOLONG, "a rest without end is refused");
	errno = ENOTDIR;
	walk_end(&w);
	ok(errno == ENOTDIR && !w.rest, "the end leaves errno alone");
	free(forty);
	free(long_rest);
}

static void
names(void)
{
	ok(lies_below("usr/bin", "usr") && lies_below("/a", "") && lies_below("a/", "a"), "what lies below a directory");
	ok(!lies_below("usr", "usr") && !lies_below("usrbin", "usr") && !lies_below("", "") && !lies_below("us", "usr"),
		"and what does not");
	is(last_part("/usr/bin/date"), "date", "the last part");
	is(last_part("date"), "date", "is all of a name alone");
	is(last_part("/usr/"), "", "and nothing behind a slash");
}

int
main(void)
{
	names();
	plain();
	linked();
	limits();
	return done();
}
