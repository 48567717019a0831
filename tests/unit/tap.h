/* The Test Anything Protocol for unit tests: ok() for each fact, done() at the end. */
#ifndef TAP_H
#define TAP_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_count, tap_failed;

/* One fact; the rest names it, printf-like. Returns the fact. */
#define ok(fact, ...) tap_ok((fact), __FILE__, __LINE__, __VA_ARGS__)
static int
tap_ok(int fact, const char *file, int line, const char *fmt, ...)
{
	__builtin_va_list args;

	tap_count++;
	tap_failed += !fact;
	printf("%s %d - ", fact ? "ok" : "not ok", tap_count);
	__builtin_va_start(args, fmt);
	vprintf(fmt, args);
	__builtin_va_end(args);
	printf("\n");
	if (!fact)
		printf("# failed at %s:%d\n", file, line);
	(void)fflush(stdout); /* or a child that ends by exit() would write it again */
	return fact;
}

/* Two texts are the same; shows both when they are not. */
#define is(got, want, ...) tap_is((got), (want), __FILE__, __LINE__, __VA_ARGS__)
__attribute__((unused)) static int
tap_is(const char *got, const char *want, const char *file, int line, const char *name)
{
	int same = got && want ? strcmp(got, want) == 0 : got == want;

	tap_ok(same, file, line, "%s", name);
	if (!same)
		printf("#      got: %s\n# expected: %s\n", got ? got : "(null)", want ? want : "(null)");
	return same;
}

/* A fact that can't be had on this machine. */
__attribute__((unused)) static void
skip(const char *name, const char *why)
{
	printf("ok %d - %s # SKIP %s\n", ++tap_count, name, why);
}

/* The plan, last; returns main's exit status. */
static int
done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}
#endif
