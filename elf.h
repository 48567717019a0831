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
	struct strings filters;		/* DT_FILTER: what stands in for this object, and must be there */
	struct strings auxiliaries;	/* DT_AUXILIARY: the same, if it is there */
	char *audit, *depaudit;		/* DT_AUDIT, DT_DEPAUDIT: lists parted by colons, or NULL */
	bool no_default_dirs;		/* DF_1_NODEFLIB: what it needs is not sought in the loader's own directories */
	struct strings dlopen;		/* names from dlopen notes, "required" and "recommended" ones only */
};

/* 0, or -1 with elf_error(): not an ELF file, truncated, or lying about itself. On -1 nothing is left to free. */
int elf_parse(const uint8_t *data, size_t len, struct elf *out);
const char *elf_error(void);
void elf_free(struct elf *);
bool elf_is_elf(const uint8_t *data, size_t len);	    /* begins with the magic bytes */
bool elf_same_kind(const struct elf *, const struct elf *); /* class, byte order and machine (and ABI flags) agree */
/* As uname -m has it: "x86_64", "aarch64", "s390x", "armv7l" ...; "machine N" for others, in a static buffer. */
const char *elf_machine_name(const struct elf *);
#endif
