/* path: its order, its texts, its bytes, and what is refused of each. */
#include "unit/paths.h"
#include "base/path.h"

static void
order(void)
{
	static const char *const walk[] = {"0", "1", "1:0", "1:5", "1:5:3", "1:10", "2", "4294967295"};
	struct path master = {0}, a, b;
	size_t i, k, wrong = 0;

	for (i = 0; i < COUNT(walk); i++)
		for (k = 0; k < COUNT(walk); k++) {
			a = path_of(walk[i]);
			b = path_of(walk[k]);
			wrong += path_compare(&a, &b) != (i > k) - (i < k);
			wrong += path_equal(&a, &b) != (i == k);
		}
	ok(wrong == 0, "the order is that of a walk: parents before children, ids rising as numbers");
	a = path_of("0");
	ok(path_compare(&master, &a) < 0 && path_equal(&master, &master), "the master comes before all");
}

static void
family(void)
{
	struct path master = {0}, rack = path_of("1"), leaf = path_of("1:5"), other = path_of("1:50"), up;
	uint32_t i;

	ok(path_under(&leaf, &rack) && path_under(&leaf, &leaf) && path_under(&leaf, &master), "below an ancestor and itself");
	ok(!path_under(&rack, &leaf) && !path_under(&other, &leaf), "not below a child or a sibling");
	up = path_parent(&leaf);
	ok(path_equal(&up, &rack), "the parent");
	up = path_parent(&up);
	ok(path_equal(&up, &master), "the parent of the first level is the master");
	for (i = 0; i < MAX_DEPTH; i++)
		if (path_push(&up, i))
			break;
	ok(i == MAX_DEPTH && path_push(&up, 1) == -1 && up.depth == MAX_DEPTH, "deeper than the limit is refused");
}

static void
texts(void)
{
	static const char longest[] = "1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1";
	struct path p;
	char text[PATH_TEXT];
	size_t i;

	is(path_text(&(struct path){0}, text), "master", "the master has a name");
	p = path_of("1:5:3");
	is(path_text(&p, text), "1:5:3", "ids parted by colons");
	p = path_of(longest);
	is(path_text(&p, text), longest, "32 levels");
	p.depth = MAX_DEPTH;
	for (i = 0; i < MAX_DEPTH; i++)
		p.id[i] = UINT32_MAX;
	ok(strlen(path_text(&p, text)) == MAX_DEPTH * 11 - 1, "the longest text fits");
}

static void
bytes(void)
{
	struct path p = path_of("1:4294967295"), back;
	struct buf b = {0};
	struct reader r;

	put_path(&b, &p);
	ok(b.len == 9, "a byte for the depth, four for each id");
	r = reader_over(b.data, b.len);
	back = take_path(&r);
	ok(path_equal(&p, &back) && reader_done(&r), "a path comes back");
	r = reader_over(b.data, b.len - 1);
	(void)take_path(&r);
	ok(r.bad, "a path cut short is bad");
	b.data[0] = MAX_DEPTH + 1;
	r = reader_over(b.data, b.len);
	back = take_path(&r);
	ok(r.bad && back.depth == 0, "a depth beyond the limit is bad, and writes nowhere");
	buf_free(&b);
}

int
main(void)
{
	order();
	family();
	texts();
	bytes();
	return done();
}
