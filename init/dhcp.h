/* A DHCP client of one interface: udhcpc of the image's busybox, and what it reports. */
#ifndef DHCP_H
#define DHCP_H

#include "init/ipconfig.h"

#include <sys/types.h>

#define MAX_LEASE 4096 /* PIPE_BUF: what udhcpc's script writes of one event comes in one piece */

/* Zeroed but for report, which is -1, when it does not run. */
struct dhcp {
	pid_t pid;  /* 0: not running */
	int report; /* the script's events come here; -1: closed */
	char text[MAX_LEASE + 1];
	size_t len;
};

/* Starts it in a session of its own, so that a terminal's signals pass it by. hostname "": it asks under no name. -1 with errno. */
int dhcp_start(struct dhcp *, const char *device, const char *hostname);
void dhcp_stop(struct dhcp *); /* kills it without giving the lease back; harmless when it does not run */
/* Reads what has come. Then dhcp_next until NULL: the lines "name=value" of one event, "event=bound" first; borrowed until the next call.
 */
void dhcp_read(struct dhcp *);
const char *dhcp_next(struct dhcp *); /* see dhcp_read */
#endif
