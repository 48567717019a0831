/* Interfaces of this machine: which there are, in what state, and giving them addresses and routes. */
#ifndef NETDEV_H
#define NETDEV_H

#include "init/ipconfig.h"

/* Sets an interface up ("lo" too): only then does it see a carrier. -1 with netdev_error(). */
int netdev_up(const char *name);
/* Adds the names of all that are Ethernet or InfiniBand, in the kernel's order. */
void netdev_names(struct strings *);
bool netdev_exists(const char *name);			     /* the machine has such an interface */
bool netdev_has_carrier(const char *name);		     /* it is up and sees the other end of its cable */
bool netdev_is_hardware(const char *name);		     /* a bridge, a bond or a VLAN has no device behind it */
bool netdev_has_mac(const char *name, const uint8_t mac[6]); /* or, of a longer address, these last six bytes */
uint32_t netdev_address(const char *name);		     /* its IPv4 address, 0 when it has none */
bool netdev_has_ipv6(const char *name);			     /* an address beyond the link's own, usable */

/* Gives it address, netmask, MTU and routes, in place of what it was given before (NULL: nothing). -1 with netdev_error() when it can't
 * have the address; what else can't be had is told as a line added to dropped. A router outside the network is reached on the link. */
int netdev_configure(const char *name, const struct ipconfig *, const struct ipconfig *before, struct strings *dropped);
void netdev_clear(const char *name, const struct ipconfig *had);    /* takes address and routes away */
int netdev_vlan(const char *name, const char *device, unsigned id); /* makes a VLAN on a device. -1 with netdev_error() */
/* Asks on each interface, as own, who has that address (RFC 826). Waits up to a second for the first answer: the name's place in the list,
 * or -1. */
int netdev_ask(const struct strings *names, uint32_t own, uint32_t address);

/* Readable when a link or an IPv6 address has changed; -1 with errno. netdev_drain takes what has come. */
int netdev_events(void);
void netdev_drain(int fd);	/* reads and drops what has come */
const char *netdev_error(void); /* why the last call failed; borrowed until the next */
#endif
