/* What an ELF file says of itself, decoded into one neutral form. ELF32 and ELF64, both byte orders.
 * Sources: System V ABI ch. 4 and 5; the dlopen metadata notes are those of the UAPI group's specification. */
#ifndef ELF_H
#define ELF_H

#include "base/buf.h"

struct elf {
	bool wide, big_endian;		/* ELF64; most significant byte first */
	unsigned machine;		/* EM_ */
	unsigned type;			/* ET_ */
	uint32_t flags;			/* e_flags */
	bool is_dynamic;		/* has a dynamic section */
	char *interp;			/* PT_INTERP, or NULL */
	char *soname, *rpath, *runpath; /* or NULL */
	struct strings needed;		/* DT_NEEDED in order */
	struct strings filters;		/* DT_FILTER: objects that answer for this one, and must be there */
	struct strings auxiliaries;	/* DT_AUXILIARY: the same, where they are there */
	char *audit, *depaudit;		/* DT_AUDIT, DT_DEPAUDIT: lists parted by colons, or NULL */
	bool no_default_dirs;		/* DF_1_NODEFLIB: what it needs is not sought in the loader's own directories */
	struct strings dlopen;		/* names from dlopen notes, "required" and "recommended" ones only */
};

/* Decodes a whole file. The caller frees by elf_free. -1 with elf_error(): no ELF file, truncated, or contradicting itself; then nothing is
 * to be freed. */
int elf_parse(const uint8_t *data, size_t len, struct elf *out);
const char *elf_error(void);				    /* why the last parse failed, as "is truncated ..."; borrowed until the next */
void elf_free(struct elf *);				    /* what elf_parse made; it is empty afterwards */
bool elf_is_elf(const uint8_t *data, size_t len);	    /* it begins with the magic bytes */
bool elf_same_kind(const struct elf *, const struct elf *); /* class, byte order, machine and calling convention agree */
/* The machine as uname -m prints it: "x86_64", "aarch64", "s390x", "armv7l" ...; "machine N" for others. Borrowed until the next call. */
const char *elf_machine_name(const struct elf *);
#define ELF_SMALLEST 160 /* bytes that elf_smallest writes at most */
/* The smallest file of each kind of machine, i from 0 on. Its interpreter can't be there, so it never runs: a kernel to which the machine is
 * strange refuses it with ENOEXEC, others with ENOTDIR. Its length, and elf_machine_name's word for it, or NULL, in *name; 0: there are no more. */
size_t elf_smallest(unsigned i, uint8_t out[ELF_SMALLEST], const char **name);
#endif
