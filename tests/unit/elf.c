/* elf: what a file says comes out the same whatever its class and byte order; a file that lies is refused, and never hurts. */
#include "unit/tap.h"
#include "unit/makeelf.h"
#include "elf.h"

static const struct elf_plan full = {
	.machine = 62,
	.interp = "/lib64/ld-linux-x86-64.so.2",
	.soname = "libme.so.1",
	.rpath = "/old",
	.runpath = "$ORIGIN/../lib:/opt/lib",
	.filter = "libreal.so",
	.auxiliary = "libfast.so",
	.audit = "liba.so:libb.so",
	.depaudit = "libc.so",
	.no_default_dirs = true,
	.needed = {"libone.so.1", "libtwo.so.2", "libc.so.6"},
	.note = "[{\"soname\":[\"liba.so.1\",\"liba.so.0\"],\"feature\":\"a\",\"priority\":\"required\"},"
		"{\"feature\":\"b\",\"soname\":[\"libb.so.1\"],\"priority\":\"suggested\"}, {\"soname\": \"libd.so\"}]",
};

/* The four kinds give the same answers. */
static void
all_kinds(void)
{
	unsigned kind;

	for (kind = 0; kind < 4; kind++) {
		struct elf_plan plan = full;
		struct buf b = {0};
		struct elf e;
		char name[64];

		plan.narrow = kind & 1;
		plan.big_endian = kind & 2;
		snprintf(name, sizeof(name), "ELF%d, %s byte first", kind & 1 ? 32 : 64,
			kind & 2 ? "most significant" : "least significant");
		make_elf(&plan, &b);
		if (ok(elf_parse(b.data, b.len, &e) == 0, "%s: parsed", name)) {
			ok(e.wide == !plan.narrow && e.big_endian == plan.big_endian && e.is_dynamic, "%s: kind", name);
			is(e.interp, full.interp, "its loader");
			is(e.soname, full.soname, "its name");
			is(e.rpath, full.rpath, "its RPATH");
			is(e.runpath, full.runpath, "its RUNPATH");
			ok(e.filters.count == 1 && strcmp(e.filters.at[0], full.filter) == 0, "%s: what it stands for", name);
			ok(e.auxiliaries.count == 1 && strcmp(e.auxiliaries.at[0], full.auxiliary) == 0, "%s: what may stand for it", name);
			is(e.audit, full.audit, "its audit libraries");
			is(e.depaudit, full.depaudit, "and those of what it needs");
			ok(e.no_default_dirs, "%s: its flags", name);
			ok(e.needed.count == 3 && strcmp(e.needed.at[2], "libc.so.6") == 0, "%s: needed, in order", name);
			ok(e.dlopen.count == 3 && strcmp(e.dlopen.at[1], "liba.so.0") == 0 && strcmp(e.dlopen.at[2], "libd.so") == 0,
				"%s: dlopen notes, without the suggested one", name);
			elf_free(&e);
		}
		buf_free(&b);
	}
}

/* However much of it is missing, a file is refused or parsed, and nothing is read beyond its end. */
static void
every_length(void)
{
	size_t len, refused = 0, told = 0;
	struct buf b = {0};

	make_elf(&full, &b);
	for (len = 0; len < b.len; len++) {
		uint8_t *copy = xmemdup(b.data, len); /* of just that size, for the sanitizer */
		struct elf e;

		if (elf_parse(copy, len, &e) < 0) {
			refused++;
			told += strstr(elf_error(), "truncated") != NULL;
		} else {
			elf_free(&e);
		}
		free(copy);
	}
	ok(refused == b.len, "a file that ends early is refused, wherever");
	ok(told == b.len - 4, "and is called truncated, once it is known to be an ELF file");
	buf_free(&b);
}

/* Each byte of a good file set to 0, 0x7f, 0xff: whatever it meant, the sanitizer stays content. */
static void
every_byte(void)
{
	static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff};
	struct buf b = {0};
	size_t i, j;

	make_elf(&full, &b);
	for (i = 0; i < b.len; i++) {
		uint8_t was = b.data[i];

		for (j = 0; j < COUNT(values); j++) {
			struct elf e;

			b.data[i] = values[j];
			if (elf_parse(b.data, b.len, &e) == 0)
				elf_free(&e);
		}
		b.data[i] = was;
	}
	ok(true, "any one byte may be wrong");
	buf_free(&b);
}

static void
refused(const char *name, const struct elf_plan *plan, size_t at, const char *bytes, size_t len, const char *want)
{
	struct buf b = {0};
	struct elf e;

	make_elf(plan, &b);
	memcpy(b.data + at, bytes, len);
	if (ok(elf_parse(b.data, b.len, &e) < 0, "%s: refused", name))
		is(elf_error(), want, name);
	else
		elf_free(&e);
	buf_free(&b);
}

static void
lies(void)
{
	struct elf_plan plan = full;
	struct buf b = {0};
	struct elf e;
	size_t dynamic = 64 + 4 * 56 + strlen(full.interp) + 1;

	refused("another magic", &full, 0, "\177ELG", 4, "is not an ELF file");
	refused("class 3", &full, 4, "\3", 1, "is an ELF file of an unknown class or version");
	refused("byte order 0", &full, 5, "\0", 1, "is an ELF file of an unknown byte order");
	refused("program headers of 1 byte", &full, 54, "\1\0", 2, "has program headers of an unknown length");
	refused("65,535 program headers", &full, 56, "\xff\xff", 2, "is truncated within its program headers");
	refused("a library's name beyond the strings", &full, dynamic + 8, "\xff\xff\xff\x7f", 4,
		"names a string outside its string table");
	refused("strings longer than their segment", &full, dynamic + 16 * 7 + 8, "\xff\xff\xff\x7f", 4,
		"names a string outside its string table");
	plan.interp = "";
	make_elf(&plan, &b);
	ok(elf_parse(b.data, b.len, &e) < 0, "an empty loader's name is refused");
	is(elf_error(), "has an interpreter without a name", "and told");
	buf_free(&b);
}

/* A whole file of DT_NEEDED that all share one long string would be gigabytes of names. */
static void
shared_strings(void)
{
	struct elf_plan plan = {.machine = 62};
	static char text[4000];
	struct buf b = {0};
	struct elf e;
	size_t i;

	memset(text, 'x', sizeof(text) - 1);
	plan.needed[0] = text;
	make_elf(&plan, &b);
	/* The dynamic section moves behind everything else, where there is room. */
	for (i = 0; i < 8; i++) {
		b.data[64 + 56 + 8 + i] = (uint8_t)((uint64_t)b.len >> 8 * i);
		b.data[64 + 56 + 32 + i] = (uint8_t)((uint64_t)16 * 200000 >> 8 * i);
	}
	{
		struct buf section = {0};

		put_bytes(&section, b.data + 64 + 4 * 56 + 16, 32); /* DT_STRTAB and DT_STRSZ */
		for (i = 2; i < 200000; i++)
			put_bytes(&section, "\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0", 16);
		put_bytes(&b, section.data, section.len);
		buf_free(&section);
	}
	ok(elf_parse(b.data, b.len, &e) < 0, "200,000 needed libraries are refused");
	is(elf_error(), "needs more than 4096 libraries", "before they fill the memory");
	buf_free(&b);
}

/* Notes that are no such notes: the file is parsed all the same. */
static void
odd_notes(void)
{
	static const char *const notes[] = {"", "[", "{", "{\"soname\"", "{\"soname\":", "{\"soname\":[", "{\"soname\":[]}", "[[[[[[[[",
		"{\"a\":{\"b\":[1,2,{\"c\":\"}]\"}]},\"priority\":3}", "{\"soname\":\"x\\\"}", "\"", "{\"x\":-1.5e3,\"soname\":7}", "]}",
		"{}{}", "{\"soname\":[\"a\" \"b\"]}", "[{\"soname\":\"\"}]", "{\"x\":true,\"y\":null,\"soname\":[\"libz.so\"]}"};
	size_t i;

	for (i = 0; i < COUNT(notes); i++) {
		struct elf_plan plan = {.machine = 62, .note = notes[i]};
		size_t want = i == COUNT(notes) - 1;
		struct buf b = {0};
		struct elf e;

		make_elf(&plan, &b);
		if (ok(elf_parse(b.data, b.len, &e) == 0, "a note of %s is no error", notes[i])) {
			ok(e.dlopen.count == want, "and names %zu libraries", want);
			elf_free(&e);
		}
		buf_free(&b);
	}
}

static void
machines(void)
{
	static const struct {
		struct elf e;
		const char *name;
	} known[] = {{{.wide = true, .machine = 62}, "x86_64"}, {{.machine = 62}, "x86_64"}, {{.machine = 3}, "i686"},
		{{.wide = true, .machine = 183}, "aarch64"}, {{.machine = 40}, "armv7l"},
		{{.wide = true, .big_endian = true, .machine = 22}, "s390x"}, {{.wide = true, .machine = 21}, "ppc64le"},
		{{.wide = true, .big_endian = true, .machine = 21}, "ppc64"}, {{.wide = true, .machine = 243}, "riscv64"},
		{{.wide = true, .machine = 999}, "machine 999"}};
	struct elf hard = {.machine = 40, .flags = 0x5000400}, soft = {.machine = 40, .flags = 0x5000200};
	struct elf unsaid = {.machine = 40, .flags = 0x5000000}, x32 = {.machine = 62}, x64 = {.machine = 62, .wide = true};
	size_t i;

	for (i = 0; i < COUNT(known); i++)
		is(elf_machine_name(&known[i].e), known[i].name, "named as uname does");
	ok(!elf_same_kind(&hard, &soft), "hard and soft float don't mix");
	ok(elf_same_kind(&hard, &unsaid) && elf_same_kind(&unsaid, &soft), "what says neither goes with both");
	ok(!elf_same_kind(&x32, &x64), "x32 is not x86-64");
}

/* Files that are there to be refused: well formed, each of the machine it says. */
static void
smallest(void)
{
	uint8_t file[ELF_SMALLEST];
	const char *name;
	unsigned i, count = 0;
	size_t len;

	for (i = 0; (len = elf_smallest(i, file, &name)) > 0; i++) {
		struct elf e;

		if (!name)
			continue;
		count++;
		if (!ok(elf_parse(file, len, &e) == 0, "the smallest of %s is parsed", name))
			continue;
		is(elf_machine_name(&e), name, "and is of that machine");
		ok(e.interp && strcmp(e.interp, "/dev/null/none") == 0 && e.type == 2, "with an interpreter that can't be there");
		elf_free(&e);
	}
	ok(count > 20, "there are many machines");
}

int
main(void)
{
	all_kinds();
	every_length();
	every_byte();
	lies();
	shared_strings();
	odd_notes();
	machines();
	smallest();
	return done();
}
