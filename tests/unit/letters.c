/* letters: which letters there are, and what each becomes. */
#include "unit/tap.h"
#include "letters.h"

static const struct path here = {.depth = 2, .id = {1, 5}};

static void
fills(const char *pattern, const char *host, const char *want)
{
	const struct letters l = {.node = &here, .host = host, .machine = "x86_64", .job = "7.ab", .rank = 12, .stream = "out"};
	char *got = letters_fill(pattern, &l);

	is(got ? got : "NULL", want, pattern);
	free(got);
}

static bool
unknown(const char *pattern, const char *known, const char *want)
{
	const char *got = letters_unknown(pattern, known);

	return want ? got && strcmp(got, want) == 0 : !got;
}

int
main(void)
{
	fills("%n %i %h %r %m %j %s %%", "n5", "1:5 5 n5 12 x86_64 7.ab out %");
	fills("%h/x", "../n5", ".._n5/x");
	fills("%h/x", "..", "__/x");
	fills("%h", NULL, "NULL");
	fills("", "", "");
	fills("%%n%n", "", "%n1:5");
	ok(unknown("%n%i%h%r%m%j%%", LETTERS_ALL, NULL) && unknown("%s", LETTERS_ALL "s", NULL), "all of them");
	ok(unknown("a%s", LETTERS_ALL, "s") && unknown("%", LETTERS_ALL, "") && unknown("%%%", LETTERS_ALL, ""), "others, and a lone %%");
	ok(letters_have("a%%%s", "s") && !letters_have("a%%s", "s") && !letters_have("%", "s"), "a letter is there");
	return done();
}
