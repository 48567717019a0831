/* What is kept of jobs' output: the last bytes, by stream, whatever pieces they came in; and which go for others. */
#include "run/keep.h"
#include "tests/unit/pick.h"
#include "tests/unit/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define JOB(n) (7ull << 32 | (n))

static struct store *store;
static struct keep *keep;

static char parent[] = "/tmp/keep.XXXXXX";
static unsigned woken;

static void
more(struct keep_reader *r)
{
	(void)r;
	woken++;
}

static void
open_all(uint64_t budget)
{
	ok(mkdtemp(parent) != NULL, "a directory");
	store = store_open_dir(budget, parent);
	keep = keep_open(store);
}

static void
close_all(void)
{
	keep_close(keep);
	store_close(store);
	ok(rmdir(parent) == 0, "nothing is left in it");
}

static void
say(struct kept *k, int stream, const char *text)
{
	keep_add(k, stream, (const uint8_t *)text, strlen(text));
}

/* All that a reader gets now, "1:text" and "2:text" in turn, and "(n)" for n bytes that are missing. Static. */
static const char *
read_all(struct keep_reader *r)
{
	static char text[1 << 16];
	struct keep_piece p;
	size_t at = 0;
	int stream = 0;
	bool any = true;

	while (any && at < sizeof(text) / 2) {
		any = keep_next(r, 7, &p);
		if (p.missed)
			at += (size_t)sprintf(text + at, "(%llu)", (unsigned long long)p.missed);
		if (any && stream != p.stream)
			at += (size_t)sprintf(text + at, "%d:", p.stream);
		if (any) {
			memcpy(text + at, p.data, p.len);
			at += p.len;
			stream = p.stream;
		}
	}
	text[at] = '\0';
	return text;
}

static void
begins_anywhere(void)
{
	static const struct {
		uint64_t lines;
		const char *want;
	} cases[] = {{UINT64_MAX, "1:one\ntwo\n2:bad\n1:three\nfour"}, {0, ""}, {1, "1:four"}, {2, "1:three\nfour"}, {3, "2:bad\n1:three\nfour"},
		{5, "1:one\ntwo\n2:bad\n1:three\nfour"}, {6, "1:one\ntwo\n2:bad\n1:three\nfour"}};
	struct kept *k = keep_begin(keep, JOB(1), 0, 1 << 20);
	struct keep_reader r = {.more = more};
	size_t i;

	say(k, 1, "one\nt");
	say(k, 1, "wo\n");
	say(k, 2, "bad\n");
	say(k, 1, "three\nfour");
	for (i = 0; i < COUNT(cases); i++) {
		keep_read(&r, k, cases[i].lines);
		ok(strcmp(read_all(&r), cases[i].want) == 0 && !keep_over(&r), "%llu lines", (unsigned long long)cases[i].lines);
		keep_leave(&r);
	}
	keep_read(&r, k, 0);
	woken = 0;
	say(k, 1, " more\n");
	ok(woken == 1 && strcmp(read_all(&r), "1: more\n") == 0, "a reader is told of more, and has it");
	keep_end(k);
	ok(woken == 2 && keep_over(&r), "and of the end");
	keep_leave(&r);
	keep_read(&r, keep_find(keep, JOB(1)), 1);
	ok(strcmp(read_all(&r), "1:four more\n") == 0 && keep_over(&r), "an ended one is there still");
	keep_leave(&r);
}

static void
says_what_is_missing(void)
{
	struct kept *k = keep_begin(keep, JOB(2), 0, 16);
	struct keep_reader r = {.more = more}, late = {.more = more};

	keep_read(&r, k, UINT64_MAX);
	say(k, 1, "0123456789abc\nefgh\n");
	is(read_all(&r), "(14)1:efgh\n", "a line whose beginning has gone counts as gone");
	say(k, 2, "x\n");
	say(k, 1, "0123456789abcdefghijklmnopqrstuvw\nno end");
	is(read_all(&r), "(36)1:no end", "so does one that is longer than what is kept");
	keep_read(&late, k, 1);
	is(read_all(&late), "1:no end", "the last line is whole: nothing is missing");
	say(k, 1, "0123456789abcdefghijklmn");
	is(read_all(&late), "(8)1:89abcdefghijklmn", "a line without an end is shown as far as it is kept");
	keep_leave(&r);
	keep_leave(&late);
	keep_end(k);
	k = keep_begin(keep, JOB(3), 0, 0);
	keep_read(&r, k, UINT64_MAX);
	say(k, 1, "nothing");
	is(read_all(&r), "(7)", "with nothing kept all is missing");
	keep_leave(&r);
	keep_end(k);
}

/* Against a plain copy: pieces of all lengths, streams in turn, a reader that reads now and then. */
static void
keeps_the_last(size_t limit, uint64_t seed)
{
	static char said[2][200000];
	struct kept *k = keep_begin(keep, JOB(100 + seed), 0, limit);
	struct keep_reader r = {.more = more};
	size_t len = 0, got = 0, i;
	bool good = true;

	keep_read(&r, k, UINT64_MAX);
	while (len < 100000) {
		size_t n = 1 + pick(pick(4) ? 40 : 3 * limit);
		int stream = 1 + (int)pick(2);
		struct keep_piece p;

		for (i = 0; i < n; i++) {
			said[0][len + i] = (char)('a' + pick(26)); /* no newline: nothing is passed over for its line */
			said[1][len + i] = (char)stream;
		}
		keep_add(k, stream, (uint8_t *)said[0] + len, n);
		len += n;
		while (pick(3) && keep_next(&r, 1 + pick(100), &p)) {
			got += p.missed;
			good = good && memcmp(said[0] + got, p.data, p.len) == 0 && said[1][got] == p.stream && said[1][got + p.len - 1] == p.stream;
			got += p.len;
		}
	}
	ok(good && got <= len, "what is read is what was said, limit %zu", limit);
	keep_leave(&r);
	keep_end(k);
}

static void
goes_for_others(void)
{
	static uint8_t bytes[300000];
	unsigned i, there = 0;
	struct kept *k;

	memset(bytes, 'x', sizeof(bytes));
	for (i = 0; i < 10; i++) {
		k = keep_begin(keep, JOB(1000 + i), 5, sizeof(bytes));
		keep_add(k, 1, bytes, sizeof(bytes));
		keep_end(k);
	}
	for (i = 0; i < 10; i++)
		there += keep_find(keep, JOB(1000 + i)) != NULL;
	ok(there >= 2 && there < 7 && keep_find(keep, JOB(1009)) != NULL, "an eighth of the store holds the newest");
	k = keep_begin(keep, JOB(2000), 6, sizeof(bytes));
	keep_add(k, 1, bytes, sizeof(bytes));
	ok(keep_find(keep, JOB(1009)) != NULL, "another user's takes the oldest of the user who has most");
	keep_end(k);
	ok(store_reserve(store, 5, store_budget(store) / 5) == 0, "what a launch needs it has");
	store_release(store, 5, store_budget(store) / 5);
	ok(store_reserve(store, 5, 2 * store_budget(store)) < 0 && keep_find(keep, JOB(2000)) != NULL, "what can't be had costs nothing");
	for (i = 0; i < 300; i++)
		keep_end(keep_begin(keep, JOB(3000 + i), 5, 4096));
	ok(!keep_find(keep, JOB(3199)) && keep_find(keep, JOB(3200)) != NULL, "of a user the newest 100 stay");
	keep_end(keep_begin(keep, 8ull << 32 | 1, 5, 4096));
	ok(!keep_find(keep, JOB(3299)), "those of another master go");
}

int
main(void)
{
	uint64_t seed;

	open_all(16 << 20);
	begins_anywhere();
	says_what_is_missing();
	for (seed = 1; seed <= 12; seed++)
		keeps_the_last(seed % 3 ? 100 * seed : 64ull << seed / 3, seed);
	goes_for_others();
	close_all();
	return done();
}
