/* What an ELF file says of itself: bytes in, one neutral struct out.
 * Must never know file names or search paths. */
#include "elf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* System V ABI, chapters 4 and 5. <elf.h> is not used: its name is ours, and its structs are for casting. */
enum { CLASS_32 = 1, CLASS_64 = 2, LITTLE_ENDIAN_DATA = 1, BIG_ENDIAN_DATA = 2 };
enum { PT_LOAD = 1, PT_DYNAMIC = 2, PT_INTERP = 3, PT_NOTE = 4 };
enum { DT_NULL = 0, DT_NEEDED = 1, DT_STRTAB = 5, DT_STRSZ = 10, DT_SONAME = 14, DT_RPATH = 15, DT_RUNPATH = 29 };
enum { DT_DEPAUDIT = 0x6ffffefb, DT_AUDIT = 0x6ffffefc, DT_FLAGS_1 = 0x6ffffffb, DT_AUXILIARY = 0x7ffffffd, DT_FILTER = 0x7fffffff };
#define DF_1_NODEFLIB 0x800u
enum {
	EM_386 = 3,
	EM_MIPS = 8,
	EM_PPC = 20,
	EM_PPC64 = 21,
	EM_S390 = 22,
	EM_ARM = 40,
	EM_X86_64 = 62,
	EM_AARCH64 = 183,
	EM_RISCV = 243,
	EM_LOONGARCH = 258
};
#define NOTE_DLOPEN 0x407c0c0au
#define NOWHERE UINT64_MAX

#define MAX_NAME 4096u	 /* a file name: PATH_MAX */
#define MAX_PATHS 65536u /* a list of directories: no linker was seen to write even a tenth */
#define MAX_NAMES 4096u	 /* of one kind; entries may share a string, so the file's length alone would not bound memory */
#define MAX_NOTES 64u	 /* segments; linkers write two or three, and they may overlap in a file made to be slow */

struct image {
	const uint8_t *data;
	size_t len;
	bool wide, big_endian;
};

struct segment {
	uint32_t type;
	uint64_t offset, address, size, align;
};

struct program_headers {
	uint64_t offset;
	unsigned count;
};

static char error_text[256];

const char *
elf_error(void)
{
	return error_text;
}

static int
fail(const char *text)
{
	set_error(error_text, sizeof(error_text), "%s", text);
	return -1;
}

/* A cursor over size bytes of the file from offset; bad when they are not all there. */
static struct reader
reader_at(const struct image *file, uint64_t offset, uint64_t size)
{
	if (offset > file->len || size > file->len - offset)
		return (struct reader){.bad = true};
	return reader_over(file->data + offset, (size_t)size);
}

/* An integer in the byte order of the file. */
static uint64_t
take_int(const struct image *file, struct reader *r, size_t size)
{
	const uint8_t *from = take_bytes(r, size);
	uint64_t value = 0;
	size_t i;

	for (i = 0; from && i < size; i++)
		value = value << 8 | from[file->big_endian ? i : size - 1 - i];
	return value;
}

static uint32_t
take_half(const struct image *file, struct reader *r)
{
	return (uint32_t)take_int(file, r, 2);
}

static uint32_t
take_int32(const struct image *file, struct reader *r)
{
	return (uint32_t)take_int(file, r, 4);
}

/* An address, offset or size: 4 bytes in ELF32, 8 in ELF64. */
static uint64_t
take_word(const struct image *file, struct reader *r)
{
	return take_int(file, r, file->wide ? 8 : 4);
}

static size_t
segment_length(const struct image *file)
{
	return file->wide ? 56 : 32;
}

static struct segment
read_segment(const struct image *file, const struct program_headers *headers, unsigned i)
{
	size_t len = segment_length(file);
	struct reader r = reader_at(file, headers->offset + (uint64_t)i * len, len);
	struct segment s = {.type = take_int32(file, &r)};

	if (file->wide)
		(void)take_int32(file, &r); /* flags, which ELF32 has further on */
	s.offset = take_word(file, &r);
	s.address = take_word(file, &r);
	(void)take_word(file, &r);
	s.size = take_word(file, &r);
	(void)take_word(file, &r);
	if (!file->wide)
		(void)take_int32(file, &r);
	s.align = take_word(file, &r);
	return s;
}

static bool
find_segment(const struct image *file, const struct program_headers *headers, uint32_t type, struct segment *out)
{
	unsigned i;

	for (i = 0; i < headers->count; i++) {
		*out = read_segment(file, headers, i);
		if (out->type == type)
			return true;
	}
	return false;
}

/* The bytes of the file that are loaded at address, to the end of its segment. */
static struct reader
reader_at_address(const struct image *file, const struct program_headers *headers, uint64_t address)
{
	unsigned i;

	for (i = 0; i < headers->count; i++) {
		struct segment s = read_segment(file, headers, i);

		if (s.type == PT_LOAD && address >= s.address && address - s.address < s.size) {
			uint64_t within = address - s.address;

			if (s.offset > UINT64_MAX - within)
				break;
			return reader_at(file, s.offset + within, s.size - within);
		}
	}
	return (struct reader){.bad = true};
}

/* The text at offset of a string table, its NUL within max bytes. The caller frees; NULL with the error set. */
static char *
copy_string(struct reader table, uint64_t offset, size_t max)
{
	size_t left = reader_left(&table), len;
	const uint8_t *text, *nul;

	if (!table.at || offset >= left) {
		fail("names a string outside its string table");
		return NULL;
	}
	len = left - (size_t)offset;
	text = table.at + offset;
	nul = memchr(text, 0, len < max ? len : max);
	if (!nul) {
		fail("has a string without an end");
		return NULL;
	}
	return xstrndup((const char *)text, (size_t)(nul - text));
}

static int
read_interp(const struct image *file, const struct program_headers *headers, struct elf *out)
{
	struct segment s;

	if (!find_segment(file, headers, PT_INTERP, &s))
		return 0;
	out->interp = copy_string(reader_at(file, s.offset, s.size), 0, MAX_NAME);
	if (!out->interp || !*out->interp)
		return fail("has an interpreter without a name");
	return 0;
}

/* The next entry of the dynamic section: 0, or -1 after the last. */
static int
next_dynamic(const struct image *file, struct reader *r, uint64_t *tag, uint64_t *value)
{
	*tag = take_word(file, r);
	*value = take_word(file, r);
	return r->bad || *tag == DT_NULL ? -1 : 0;
}

static struct reader
string_table(const struct image *file, const struct program_headers *headers, struct reader dynamic)
{
	uint64_t tag, value, address = 0, size = 0;
	struct reader table;

	while (next_dynamic(file, &dynamic, &tag, &value) == 0) {
		if (tag == DT_STRTAB)
			address = value;
		else if (tag == DT_STRSZ)
			size = value;
	}
	table = reader_at_address(file, headers, address);
	if (size > reader_left(&table))
		return (struct reader){.bad = true};
	return table.bad ? table : reader_over(table.at, (size_t)size);
}

static int
add_name(struct strings *list, struct reader table, uint64_t offset)
{
	char *name;

	if (list->count == MAX_NAMES)
		return fail("needs more than 4096 libraries");
	name = copy_string(table, offset, MAX_NAME);
	if (!name)
		return -1;
	strings_take(list, name);
	return 0;
}

static struct strings *
list_of_tag(struct elf *out, uint64_t tag)
{
	switch (tag) {
	case DT_NEEDED:
		return &out->needed;
	case DT_FILTER:
		return &out->filters;
	case DT_AUXILIARY:
		return &out->auxiliaries;
	default:
		return NULL;
	}
}

static int
read_dynamic(const struct image *file, const struct program_headers *headers, struct elf *out)
{
	struct {
		uint64_t tag, offset;
		size_t max;
		char **field;
	} once[] = {{DT_SONAME, NOWHERE, MAX_NAME, &out->soname}, {DT_RPATH, NOWHERE, MAX_PATHS, &out->rpath},
		{DT_RUNPATH, NOWHERE, MAX_PATHS, &out->runpath}, {DT_AUDIT, NOWHERE, MAX_PATHS, &out->audit},
		{DT_DEPAUDIT, NOWHERE, MAX_PATHS, &out->depaudit}};
	uint64_t tag, value;
	struct reader r, table;
	struct segment s;
	size_t i;

	if (!find_segment(file, headers, PT_DYNAMIC, &s))
		return 0;
	out->is_dynamic = true;
	r = reader_at(file, s.offset, s.size);
	if (r.bad)
		return fail("is truncated: its dynamic section is not all there");
	table = string_table(file, headers, r);
	while (next_dynamic(file, &r, &tag, &value) == 0) {
		struct strings *list = list_of_tag(out, tag);

		if (list && add_name(list, table, value))
			return -1;
		if (tag == DT_FLAGS_1)
			out->no_default_dirs = value & DF_1_NODEFLIB;
		for (i = 0; i < COUNT(once); i++)
			if (once[i].tag == tag)
				once[i].offset = value;
	}
	for (i = 0; i < COUNT(once); i++) {
		if (once[i].offset == NOWHERE)
			continue;
		*once[i].field = copy_string(table, once[i].offset, once[i].max);
		if (!*once[i].field)
			return -1;
	}
	return 0;
}

/* ---- dlopen notes: JSON, read only as far as their few well-known keys go ---- */

static void
skip_blanks(struct reader *r)
{
	while (!r->bad && r->at < r->end && strchr(" \t\r\n", *r->at) && *r->at)
		r->at++;
}

/* Takes the next byte behind blanks when it is c; false when it is another. */
static bool
take_char(struct reader *r, char c)
{
	skip_blanks(r);
	if (reader_left(r) == 0 || *r->at != (uint8_t)c)
		return false;
	r->at++;
	return true;
}

/* A JSON string without its quotes. The specification forbids escapes: a text with one is no library's name. */
static char *
take_json_string(struct reader *r)
{
	const uint8_t *start;

	if (!take_char(r, '"')) {
		r->bad = true;
		return xstrdup("");
	}
	for (start = r->at; r->at < r->end && *r->at != '"'; r->at++)
		if (*r->at == '\\' && r->end - r->at > 1)
			r->at++;
	if (r->at >= r->end) {
		r->bad = true;
		return xstrdup("");
	}
	return xstrndup((const char *)start, (size_t)(r->at++ - start));
}

/* Passes over one value of any kind; nesting is counted, so no depth of it uses stack. */
static void
skip_value(struct reader *r)
{
	int depth = 0;

	do {
		skip_blanks(r);
		if (reader_left(r) == 0) {
			r->bad = true;
		} else if (*r->at == '"') {
			free(take_json_string(r));
		} else if (strchr("[{", *r->at) && *r->at) {
			depth++;
			r->at++;
		} else if (strchr("]}", *r->at) && *r->at) {
			depth--;
			r->at++;
		} else if (depth == 0 && *r->at == ',') {
			return;
		} else {
			r->at++;
			continue;
		}
	} while (!r->bad && (depth > 0 || (reader_left(r) > 0 && !strchr(",]}", *r->at))));
}

/* A string, or an array of strings. */
static void
take_names(struct reader *r, struct strings *names)
{
	if (!take_char(r, '[')) {
		strings_take(names, take_json_string(r));
		return;
	}
	if (take_char(r, ']'))
		return;
	do
		strings_take(names, take_json_string(r));
	while (!r->bad && take_char(r, ','));
	if (!take_char(r, ']'))
		r->bad = true;
}

static void
add_names(struct strings *names, struct strings *out)
{
	size_t i;

	for (i = 0; i < names->count && out->count < MAX_NAMES; i++)
		if (*names->at[i] && strlen(names->at[i]) < MAX_NAME)
			strings_add(out, names->at[i]);
}

/* {"soname": ..., "priority": "required" | "recommended" | "suggested", ...}; without a priority it is recommended. */
static void
take_dependency(struct reader *r, struct strings *out)
{
	struct strings names = {0};
	bool suggested = false;

	if (!take_char(r, '{'))
		r->bad = true;
	while (!r->bad && !take_char(r, '}')) {
		char *key = take_json_string(r), *text = NULL;

		if (!take_char(r, ':'))
			r->bad = true;
		else if (strcmp(key, "soname") == 0)
			take_names(r, &names);
		else if (strcmp(key, "priority") == 0)
			suggested = strcmp(text = take_json_string(r), "suggested") == 0;
		else
			skip_value(r);
		(void)take_char(r, ',');
		free(text);
		free(key);
	}
	if (!r->bad && !suggested)
		add_names(&names, out);
	strings_free(&names);
}

static void
take_dlopen_note(struct reader json, struct strings *out)
{
	if (!take_char(&json, '[')) {
		take_dependency(&json, out);
		return;
	}
	while (!json.bad && !take_char(&json, ']')) {
		take_dependency(&json, out);
		(void)take_char(&json, ',');
	}
}

/* Passes over the padding behind len bytes; the last note may have none. */
static void
skip_padding(struct reader *r, size_t len, size_t align)
{
	size_t pad = (align - len % align) % align;

	(void)take_bytes(r, pad < reader_left(r) ? pad : reader_left(r));
}

/* Notes are optional hints: a malformed one ends the reading of notes, and is no error of the file. */
static void
read_notes(const struct image *file, const struct segment *s, struct strings *dlopen)
{
	struct reader r = reader_at(file, s->offset, s->size);
	size_t align = s->align == 8 ? 8 : 4;

	while (reader_left(&r) > 0) {
		uint32_t name_len = take_int32(file, &r), len = take_int32(file, &r), type = take_int32(file, &r);
		const uint8_t *name = take_bytes(&r, name_len), *text;

		skip_padding(&r, 12 + (size_t)name_len, align);
		text = take_bytes(&r, len);
		skip_padding(&r, len, align);
		if (name && text && type == NOTE_DLOPEN && name_len == 4 && memcmp(name, "FDO", 4) == 0)
			take_dlopen_note(reader_over(text, strnlen((const char *)text, len)), dlopen);
	}
}

/* ---- the whole file ---- */

/* Checks that the file has all bytes that its segments load. */
static int
check_segments(const struct image *file, const struct program_headers *headers)
{
	unsigned i;

	for (i = 0; i < headers->count; i++) {
		struct segment s = read_segment(file, headers, i);

		if (s.type != PT_LOAD || s.size == 0)
			continue;
		if (s.offset > file->len || s.size > file->len - s.offset)
			return fail("is truncated: a segment that is loaded goes beyond its end");
	}
	return 0;
}

static int
read_ident(struct image *file, struct reader *r)
{
	const uint8_t *ident = take_bytes(r, 16);

	if (!elf_is_elf(file->data, file->len))
		return fail("is not an ELF file");
	if (!ident)
		return fail("is truncated within the ELF header");
	if ((ident[4] != CLASS_32 && ident[4] != CLASS_64) || ident[6] != 1)
		return fail("is an ELF file of an unknown class or version");
	if (ident[5] != LITTLE_ENDIAN_DATA && ident[5] != BIG_ENDIAN_DATA)
		return fail("is an ELF file of an unknown byte order");
	file->wide = ident[4] == CLASS_64;
	file->big_endian = ident[5] == BIG_ENDIAN_DATA;
	return 0;
}

static int
read_header(struct image *file, struct program_headers *headers, struct elf *out)
{
	struct reader r = reader_over(file->data, file->len);
	uint32_t entry_len;

	if (read_ident(file, &r))
		return -1;
	out->wide = file->wide;
	out->big_endian = file->big_endian;
	out->type = take_half(file, &r);
	out->machine = take_half(file, &r);
	(void)take_int32(file, &r); /* version */
	(void)take_word(file, &r);  /* entry */
	headers->offset = take_word(file, &r);
	(void)take_word(file, &r); /* section headers */
	out->flags = take_int32(file, &r);
	(void)take_half(file, &r); /* length of this header */
	entry_len = take_half(file, &r);
	headers->count = take_half(file, &r);
	if (r.bad)
		return fail("is truncated within the ELF header");
	if (headers->count > 0 && entry_len != segment_length(file))
		return fail("has program headers of an unknown length");
	if (reader_at(file, headers->offset, (uint64_t)headers->count * entry_len).bad)
		return fail("is truncated within its program headers");
	return 0;
}

int
elf_parse(const uint8_t *data, size_t len, struct elf *out)
{
	struct image file = {.data = data, .len = len};
	struct program_headers headers = {0};
	struct segment s;
	unsigned i, notes = 0;

	*out = (struct elf){0};
	if (read_header(&file, &headers, out) || check_segments(&file, &headers) || read_interp(&file, &headers, out) ||
		read_dynamic(&file, &headers, out)) {
		elf_free(out);
		return -1;
	}
	for (i = 0; i < headers.count; i++) {
		s = read_segment(&file, &headers, i);
		if (s.type == PT_NOTE && notes++ < MAX_NOTES)
			read_notes(&file, &s, &out->dlopen);
	}
	return 0;
}

void
elf_free(struct elf *e)
{
	free(e->interp);
	free(e->soname);
	free(e->rpath);
	free(e->runpath);
	free(e->audit);
	free(e->depaudit);
	strings_free(&e->needed);
	strings_free(&e->filters);
	strings_free(&e->auxiliaries);
	strings_free(&e->dlopen);
	*e = (struct elf){0};
}

bool
elf_is_elf(const uint8_t *data, size_t len)
{
	return len >= 4 && memcmp(data, "\177ELF", 4) == 0;
}

/* The bits of e_flags that name a calling convention: objects that differ there can't share a process. */
static uint32_t
abi_flags(const struct elf *e)
{
	switch (e->machine) {
	case EM_PPC64:
		return e->flags & 3; /* ELFv1, ELFv2; 0: either */
	case EM_RISCV:
		return e->flags & 0xe; /* width of float arguments, RVE */
	case EM_MIPS:
		return e->flags & 0x20; /* n32 */
	case EM_LOONGARCH:
		return e->flags & 7;
	case EM_ARM:
		return e->flags & 0x600; /* float arguments: 0x200 soft, 0x400 hard; 0: not said */
	default:
		return 0;
	}
}

bool
elf_same_kind(const struct elf *a, const struct elf *b)
{
	uint32_t abi_a = abi_flags(a), abi_b = abi_flags(b);
	bool unsaid_fits = (a->machine == EM_ARM || a->machine == EM_PPC64) && (!abi_a || !abi_b);

	return a->wide == b->wide && a->big_endian == b->big_endian && a->machine == b->machine && (abi_a == abi_b || unsaid_fits);
}

/* Names by class and byte order: 32 little, 32 big, 64 little, 64 big. */
static const struct {
	unsigned machine;
	const char *name[4];
} machines[] = {
	{EM_386, {"i686", NULL, NULL, NULL}},
	{EM_X86_64, {"x86_64", NULL, "x86_64", NULL}}, /* 32 bits: x32, whose kernel is the same */
	{EM_AARCH64, {"aarch64", "aarch64_be", "aarch64", "aarch64_be"}},
	{EM_ARM, {"armv7l", "armv7b", NULL, NULL}},
	{EM_S390, {NULL, "s390", NULL, "s390x"}},
	{EM_PPC, {"ppcle", "ppc", NULL, NULL}},
	{EM_PPC64, {NULL, NULL, "ppc64le", "ppc64"}},
	{EM_RISCV, {"riscv32", NULL, "riscv64", NULL}},
	{EM_MIPS, {"mips", "mips", "mips64", "mips64"}}, /* uname does not tell the byte order */
	{EM_LOONGARCH, {"loongarch32", NULL, "loongarch64", NULL}},
};

const char *
elf_machine_name(const struct elf *e)
{
	static char other[32];
	size_t i;

	for (i = 0; i < COUNT(machines); i++)
		if (machines[i].machine == e->machine && machines[i].name[2 * e->wide + e->big_endian])
			return machines[i].name[2 * e->wide + e->big_endian];
	(void)snprintf(other, sizeof(other), "machine %u", e->machine);
	return other;
}

/* One number of an ELF file that is being written. */
static void
write_number(uint8_t *at, size_t width, bool big_endian, uint64_t value)
{
	size_t i;

	for (i = 0; i < width; i++)
		at[big_endian ? width - 1 - i : i] = (uint8_t)(value >> 8 * i);
}

/* An executable file of one machine, of a class and byte order (their places in the names above). Its length. */
static size_t
write_smallest(unsigned machine, unsigned order, uint8_t *out)
{
	static const char interpreter[] = "/dev/null/none";
	const bool wide = order / 2, big = order % 2;
	const size_t head = wide ? 64 : 52, segment = wide ? 56 : 32, word = wide ? 8 : 4, flags = 24 + 3 * word;
	const struct {
		size_t at, width;
		uint64_t value;
	} numbers[] = {
		{16, 2, 2},				      /* e_type: ET_EXEC */
		{18, 2, machine},			      /* e_machine */
		{20, 4, 1},				      /* e_version */
		{24 + word, word, head},		      /* e_phoff */
		{flags, 4, machine == EM_ARM ? 5u << 24 : 0}, /* e_flags: EABI 5 */
		{flags + 4, 2, head},			      /* e_ehsize */
		{flags + 6, 2, segment},		      /* e_phentsize */
		{flags + 8, 2, 1},			      /* e_phnum */
		{head, 4, PT_INTERP},			      /* p_type */
		{head + word, word, head + segment},	      /* p_offset */
		{head + 4 * word, word, sizeof(interpreter)}, /* p_filesz */
	};
	const uint8_t ident[] = {0x7f, 'E', 'L', 'F', wide ? CLASS_64 : CLASS_32, big ? BIG_ENDIAN_DATA : LITTLE_ENDIAN_DATA, 1};
	size_t i;

	memset(out, 0, ELF_SMALLEST);
	memcpy(out, ident, sizeof(ident));
	for (i = 0; i < COUNT(numbers); i++)
		write_number(out + numbers[i].at, numbers[i].width, big, numbers[i].value);
	memcpy(out + head + segment, interpreter, sizeof(interpreter));
	return head + segment + sizeof(interpreter);
}

size_t
elf_smallest(unsigned i, uint8_t out[ELF_SMALLEST], const char **name)
{
	if (i / 4 >= COUNT(machines))
		return 0;
	*name = machines[i / 4].name[i % 4];
	return write_smallest(machines[i / 4].machine, i % 4, out);
}
