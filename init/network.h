/* The network of a node as its kernel command line wants it, kept so: which interfaces, whose lease, and what is done when it goes. */
#ifndef NETWORK_H
#define NETWORK_H

#include "init/ipconfig.h"

#include <poll.h>
#include <sys/types.h>

#define MAX_PORTS 32 /* interfaces that are looked after; further ones are left alone */
#define MAX_NETWORK_FDS (MAX_PORTS + 1)

/* Reads ip=, BOOTIF= and vlan= out of the words of the kernel command line. ready is called whenever there is an address, a first one or
 * another: with what was given, or with an address alone where the kernel gave it, or with nothing where no network is wanted. */
void network_begin(const struct strings *words, void (*ready)(void *owner, const struct ipconfig *), void *owner);
const char *network_hostname(void);			/* what ip= calls this machine; "" */
size_t network_fds(struct pollfd out[MAX_NETWORK_FDS]); /* what to wait for, how many */
uint64_t network_next(void);				/* when there is something to do without, as now_ms(); 0: never */
void network_turn(void);				/* does what is due, and takes what has come */
void network_child_ended(pid_t);			/* of any child: it may have been a DHCP client */
void network_forget_clients(void);			/* all children were killed: clients are started anew */
#endif
