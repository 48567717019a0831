/* The machines whose programs this node's kernel runs beside its own. */
#ifndef FOREIGN_H
#define FOREIGN_H

#include <stdbool.h>

/* Asks the kernel for each machine that gproc knows: their names, as elf_machine_name has them, parted by blanks, this program's own the
 * first; "" where it can't be asked. The caller frees. */
char *foreign_names(void);
/* Whether emulators were registered, switched on or off, or taken out (binfmt_misc) since the last call; the first call says no. */
bool foreign_changed(void);
#endif
