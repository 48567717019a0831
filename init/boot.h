/* What a bare kernel lacks, done once by PID 1: mounts, a console, modules, names. After a failure, which warn
 * tells, the next step goes on. */
#ifndef BOOT_H
#define BOOT_H

#include "init/ipconfig.h"

/* Mounts proc, sys, dev, dev/pts, dev/shm, tmp and run, each where nothing is mounted yet, and makes the links in /dev that programs
 * expect. */
void boot_mounts(void);
/* Sets fs.protected_hardlinks, _symlinks, _fifos and _regular, where the kernel has less. */
void boot_protect(void);
/* Opens /dev/console as standard input, output and error where the kernel opened none. */
void boot_console(void);
/* Has the kernel write nothing but emergencies to a console that takes nothing: the machine ends, and the kernel waits for each character. */
void boot_hush(void);
/* Loads the modules that a file lists in this order, a path a line with parameters behind it. A missing file lists none. */
void boot_modules(const char *list);
/* Writes /etc/resolv.conf when there is a name server. */
void boot_resolver(const struct ipconfig *);
/* Sets the host name, and says so on the console. */
void boot_hostname(const char *name);
/* The host name that files of the image give: /etc/hosts for the address, else /etc/hostname. False when there is none.
 */
bool boot_name_from_files(uint32_t address, char out[MAX_HOSTNAME + 1]);
#endif
