/* PID 1 in a ramdisk, and how its slave asks it to end the machine. */
#ifndef INIT_H
#define INIT_H

#include "base/util.h"

/* What PID 1 does at SIGUSR1, SIGUSR2 and SIGTERM, in this order, as busybox init; at SIGINT, Ctrl-Alt-Del, it reboots. */
enum power { POWER_HALT, POWER_OFF, POWER_REBOOT };

/* Is PID 1: brings up mounts, modules, network and host name as the image and the kernel command line say, then starts the slave by
 * run_slave(argc, argv) in a child, with "gproc -switch=value... s", and again whenever it ends. Reaps orphans. Ends the machine when it is
 * asked to, the slave first, by SIGTERM. Returns only where this process is not PID 1, with an exit status. */
int init_main(int (*run_slave)(int argc, char **argv));

/* An executable that a slave puts here, a newer gproc, is run at the next start of the slave instead, with the same arguments. */
#define INIT_NEWER "/bin/gproc.newer"

bool init_is_parent(void); /* this process was started by gproc init, so it may halt and reboot the machine */
/* For a link to gproc that is called halt, poweroff or reboot: tells PID 1 so, where that is the same file as this process. -1 when the
 * name is another; else an exit status, after a message where it is not 0. */
int init_by_name(const char *name); /* for the slave: PID 1 is init_main */
/* Asks PID 1 to end the machine, and returns at once; PID 1 then ends the slave by SIGTERM. 0, or -1 with errno: ENOTSUP when PID 1 is
 * another program. */
int init_request(enum power);
#endif
