/* stackvm: every word, every way to fail (tests/golden/stackvm), the limits, and node ids. */
#include "unit/golden.h"
#include "stackvm.h"
#include "base/util.h"

static char *
answer(const char *input)
{
	char host[64] = "slave12", *result;

	if (*input == '@') {
		size_t len = strcspn(input, " ");

		(void)snprintf(host, sizeof(host), "%.*s", (int)len - 1, input + 1);
		input += len + 1;
	}
	result = stackvm_eval(input, host);
	return result ? result : xasprintf("error: %s", stackvm_error());
}

/* The same words `times` times, between a first and a last one. */
static char *
repeated(const char *first, const char *words, size_t times, const char *last)
{
	size_t len = strlen(words), i;
	char *text = xcalloc(strlen(first) + len * times + strlen(last) + 1, 1), *at = text;

	at = stpcpy(at, first);
	for (i = 0; i < times; i++)
		at = stpcpy(at, words);
	(void)stpcpy(at, last);
	return text;
}

static void
expect(const char *words, const char *want, const char *name)
{
	char *got = answer(words);

	is(got, want, name);
	free(got);
}

static void
limits(void)
{
	char *deep = repeated("", "1 ", 256, ""), *sum = repeated("", "1 ", 256, ""), *many = repeated("", "1 ", 257, "");
	char *doubling = repeated("0123456789 ", "dup strcat ", 60, ""), *wide = repeated("", "0", 5000, " 1 +");
	char *added;

	added = repeated(sum, "+ ", 255, "");
	expect(added, "256", "256 values fit on the stack");
	expect(deep, "error: 256 values are left, \"1\" and \"1\" on top; one is the answer", "values left over are counted");
	expect(many, "error: 1...: more than 256 values on the stack", "one more is refused");
	expect(doubling, "error: 0123456789012345678901234567890123456789...: this value is longer than 4096 bytes",
		"doubling without end is refused");
	expect(wide, "error: 0000000000000000000000000000000000000000...: this value is longer than 4096 bytes",
		"a word longer than any name is refused");
	free(deep);
	free(sum);
	free(many);
	free(doubling);
	free(wide);
	free(added);
}

static void
blanks(void)
{
	expect("\t 1\n2  +\r\n", "3", "any blanks part words");
	expect("  ", "error: there are no words to evaluate", "blanks alone are an empty program");
}

static void
ids(void)
{
	uint32_t id = 99;

	ok(stackvm_id("007", &id) == 0 && id == 7, "leading zeros are dropped from an id");
	ok(stackvm_id("4294967295", &id) == 0 && id == UINT32_MAX, "the largest id");
	ok(stackvm_id("4294967296", &id) == -1 && id == UINT32_MAX, "a larger one is refused, the old one kept");
	is(stackvm_error(), "\"4294967296\" is not a node id: the largest is 4294967295", "and the limit told");
	ok(stackvm_id("", &id) == -1, "an empty id is refused");
	ok(stackvm_id("-1", &id) == -1, "a negative id is refused");
	is(stackvm_error(), "\"-1\" is not a node id: an id has digits only", "and the reason told");
}

int
main(void)
{
	golden("tests/golden/stackvm", answer);
	limits();
	blanks();
	ids();
	return done();
}
