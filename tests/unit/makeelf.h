/* ELF files made to order for tests: class and byte order, interpreter, dynamic strings, a dlopen note. */
#ifndef MAKEELF_H
#define MAKEELF_H

#include "base/buf.h"

#include <string.h>

struct elf_plan {
	bool narrow, big_endian;
	unsigned machine, type; /* type 0: ET_DYN */
	uint32_t flags;
	const char *interp, *soname, *rpath, *runpath;
	const char *filter, *auxiliary, *audit, *depaudit;
	bool no_default_dirs;
	const char *needed[8];
	const char *note; /* JSON of a dlopen note */
};

/* Everything is loaded at this address, so that addresses are not offsets. */
#define MADE_AT 0x100000u

static void
make_int(const struct elf_plan *plan, struct buf *b, uint64_t value, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		put_u8(b, (unsigned)(value >> 8 * (plan->big_endian ? size - 1 - i : i)) & 0xff);
}

static void
make_word(const struct elf_plan *plan, struct buf *b, uint64_t value)
{
	make_int(plan, b, value, plan->narrow ? 4 : 8);
}

static void
make_segment(const struct elf_plan *plan, struct buf *b, unsigned type, uint64_t offset, uint64_t size)
{
	make_int(plan, b, type, 4);
	if (!plan->narrow)
		make_int(plan, b, 4, 4);
	make_word(plan, b, offset);
	make_word(plan, b, MADE_AT + offset);
	make_word(plan, b, MADE_AT + offset);
	make_word(plan, b, size);
	make_word(plan, b, size);
	if (plan->narrow)
		make_int(plan, b, 4, 4);
	make_word(plan, b, 4);
}

static void
make_header(const struct elf_plan *plan, struct buf *b, unsigned segments)
{
	size_t len = plan->narrow ? 52 : 64;

	put_bytes(b, "\177ELF", 4);
	put_u8(b, plan->narrow ? 1 : 2);
	put_u8(b, plan->big_endian ? 2 : 1);
	put_u8(b, 1);
	put_bytes(b, "\0\0\0\0\0\0\0\0\0", 9);
	make_int(plan, b, plan->type ? plan->type : 3, 2);
	make_int(plan, b, plan->machine, 2);
	make_int(plan, b, 1, 4);
	make_word(plan, b, 0);
	make_word(plan, b, len);
	make_word(plan, b, 0);
	make_int(plan, b, plan->flags, 4);
	make_int(plan, b, len, 2);
	make_int(plan, b, plan->narrow ? 32 : 56, 2);
	make_int(plan, b, segments, 2);
	make_int(plan, b, 0, 2);
	make_int(plan, b, 0, 2);
	make_int(plan, b, 0, 2);
}

/* One dynamic entry whose value is a string, which is added to the table. */
static void
make_string(const struct elf_plan *plan, struct buf *dynamic, struct buf *strings, unsigned tag, const char *text)
{
	if (!text)
		return;
	make_word(plan, dynamic, tag);
	make_word(plan, dynamic, strings->len);
	put_bytes(strings, text, strlen(text) + 1);
}

static void
make_note(const struct elf_plan *plan, struct buf *b)
{
	size_t len = plan->note ? strlen(plan->note) + 1 : 0;

	if (!len)
		return;
	make_int(plan, b, 4, 4);
	make_int(plan, b, len, 4);
	make_int(plan, b, 0x407c0c0a, 4);
	put_bytes(b, "FDO", 4);
	put_bytes(b, plan->note, len);
	while (b->len % 4)
		put_u8(b, 0);
}

/* Adds the file to out, which was empty: header, segments, interpreter, dynamic section, strings, notes. */
static void
make_elf(const struct elf_plan *plan, struct buf *out)
{
	size_t entry = plan->narrow ? 8 : 16, header = plan->narrow ? 52 + 4 * 32 : 64 + 4 * 56;
	size_t interp_len = plan->interp ? strlen(plan->interp) + 1 : 0, i, dynamic_at, strings_at, notes_at;
	struct buf dynamic = {0}, strings = {0}, notes = {0};

	put_u8(&strings, 0);
	for (i = 0; i < COUNT(plan->needed); i++)
		make_string(plan, &dynamic, &strings, 1, plan->needed[i]);
	make_string(plan, &dynamic, &strings, 14, plan->soname);
	make_string(plan, &dynamic, &strings, 15, plan->rpath);
	make_string(plan, &dynamic, &strings, 29, plan->runpath);
	make_string(plan, &dynamic, &strings, 0x7fffffff, plan->filter);
	make_string(plan, &dynamic, &strings, 0x7ffffffd, plan->auxiliary);
	make_string(plan, &dynamic, &strings, 0x6ffffefc, plan->audit);
	make_string(plan, &dynamic, &strings, 0x6ffffefb, plan->depaudit);
	if (plan->no_default_dirs) {
		make_word(plan, &dynamic, 0x6ffffffb);
		make_word(plan, &dynamic, 0x800);
	}
	make_note(plan, &notes);
	dynamic_at = header + interp_len;
	strings_at = dynamic_at + dynamic.len + 3 * entry;
	notes_at = strings_at + strings.len;
	make_word(plan, &dynamic, 5);
	make_word(plan, &dynamic, MADE_AT + strings_at);
	make_word(plan, &dynamic, 10);
	make_word(plan, &dynamic, strings.len);
	make_word(plan, &dynamic, 0);
	make_word(plan, &dynamic, 0);
	make_header(plan, out, 4);
	make_segment(plan, out, 1, 0, notes_at + notes.len);
	make_segment(plan, out, 2, dynamic_at, dynamic.len);
	make_segment(plan, out, plan->interp ? 3 : 0, header, interp_len);
	make_segment(plan, out, plan->note ? 4 : 0, notes_at, notes.len);
	put_bytes(out, plan->interp, interp_len);
	put_bytes(out, dynamic.data, dynamic.len);
	put_bytes(out, strings.data, strings.len);
	put_bytes(out, notes.data, notes.len);
	buf_free(&dynamic);
	buf_free(&strings);
	buf_free(&notes);
}
#endif
