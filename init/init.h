/* PID 1 in a ramdisk, and how its slave asks it to end the machine. */
#ifndef INIT_H
#define INIT_H

#include "base/util.h"

/* What PID 1 can be asked for, by signal: SIGUSR1, SIGUSR2 and SIGTERM, as busybox init has it. SIGINT, Ctrl-Alt-Del,
 * is a reboot. */
enum power { POWER_HALT, POWER_OFF, POWER_REBOOT };

/* PID 1: mounts, modules, network, host name, all as the image and the kernel command line have them; then it starts
 * the slave by run_slave(argc, argv) in a child, argv being "gproc -switch=value... s", and starts it again whenever it
 * ends. Reaps orphans and ends the machine when asked. Ends the slave by SIGTERM first. Returns only when this is not
 * PID 1, with an exit status. */
int init_main(int (*run_slave)(int argc, char **argv));

/* A newer gproc that a slave has put here, executable, is what the next start runs instead, with the same arguments. */
#define INIT_NEWER "/bin/gproc.newer"

/* For the slave: whether PID 1 is init_main, and asking it. The request returns at once; the slave is then told to end
 * by SIGTERM. -1 with errno: ENOTSUP when PID 1 is something else. */
bool init_is_parent(void);
int init_request(enum power);
#endif
