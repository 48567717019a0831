/* Interfaces of this machine: which one to use, and giving it its address, with ioctls only. */
#ifndef NETDEV_H
#define NETDEV_H

#include "init/ipconfig.h"

/* Sets an interface up ("lo" too). 0, or -1 with netdev_error(). */
int netdev_up(const char *name);
/* Chooses an interface: the one named wanted unless that is "", else the one with that Ethernet address unless mac is NULL, else the first
 * Ethernet with a carrier, of those with hardware behind them if there are any. All candidates are set up, for only then do they see a
 * carrier. any: one without a carrier is taken, too. 0, or -1 with netdev_error(): there is none, or not yet. */
int netdev_choose(const char *wanted, const uint8_t *mac, bool any, char name[MAX_DEVICE + 1]);
/* The interface's IPv4 address, in host byte order; 0 when it has none. */
uint32_t netdev_address(const char *name);
/* Gives it address and netmask, and a default route through the gateway if there is one. 0, or -1 with netdev_error(). */
int netdev_configure(const char *name, const struct ipconfig *);
const char *netdev_error(void); /* why the last call failed; borrowed until the next */
#endif
