/* buf: what is put comes back, and a reader that failed stays failed and empty. */
#include "unit/tap.h"
#include "base/buf.h"

static void
round_trip(void)
{
	struct buf b = {0};
	struct strings list = {0}, back = {0};
	struct reader r, inner;

	strings_add(&list, "one");
	strings_add(&list, "");
	put_u8(&b, 0xfe);
	put_u16(&b, 0xfedc);
	put_u32(&b, 0xfedcba98);
	put_u64(&b, 0xfedcba9876543210);
	put_str(&b, "text");
	put_block(&b, "\0\1", 2);
	put_strings(&b, &list);
	ok(b.data[1] == 0xfe && b.data[2] == 0xdc, "integers are big-endian");
	r = reader_over(b.data, b.len);
	ok(take_u8(&r) == 0xfe && take_u16(&r) == 0xfedc && take_u32(&r) == 0xfedcba98, "small integers come back");
	ok(take_u64(&r) == 0xfedcba9876543210, "u64 comes back");
	is(take_str(&r), "text", "a string comes back");
	inner = take_block(&r);
	ok(reader_left(&inner) == 2 && take_u16(&inner) == 1 && reader_done(&inner), "a block is a reader of its own");
	take_strings(&r, &back);
	ok(back.count == 2 && !back.at[1][0] && reader_done(&r), "a list comes back and nothing is left");
	strings_free(&list);
	strings_free(&back);
	buf_free(&b);
}

static void
failures(void)
{
	static const uint8_t short_text[] = {0, 0, 0, 9, 'a', 0}, no_nul[] = {0, 0, 0, 1, 'a', 'b'};
	static const uint8_t nul_within[] = {0, 0, 0, 2, 'a', 0, 0}, many[] = {0xff, 0xff, 0xff, 0xff, 0, 0};
	struct strings list = {0};
	struct reader r = reader_over("\1", 1);

	ok(take_u32(&r) == 0 && r.bad, "an integer beyond the end is 0 and bad");
	ok(take_u8(&r) == 0 && reader_left(&r) == 0 && !reader_done(&r), "what was there is not given after a failure");
	r = reader_over(short_text, sizeof(short_text));
	is(take_str(&r), "", "a string longer than what is left is empty");
	r = reader_over(no_nul, sizeof(no_nul));
	ok(!*take_str(&r) && r.bad, "a string without its NUL is bad");
	r = reader_over(nul_within, sizeof(nul_within));
	ok(!*take_str(&r) && r.bad, "a string with a NUL within is bad");
	r = reader_over(many, sizeof(many));
	take_strings(&r, &list);
	ok(r.bad && list.count == 0, "a count that the bytes can't hold allocates nothing");
	r = take_block(&r);
	ok(r.bad, "a block of a bad reader is bad");
	strings_free(&list);
}

int
main(void)
{
	round_trip();
	failures();
	return done();
}
