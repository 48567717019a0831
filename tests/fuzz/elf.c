/* elf: any bytes at all are parsed or refused, within their bounds. */
#include "elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct elf e;

	if (elf_parse(data, len, &e) == 0) {
		(void)elf_machine_name(&e);
		(void)elf_same_kind(&e, &e);
		elf_free(&e);
	}
	return 0;
}
