/* Interfaces of this machine: which one to use, and giving it its address, with ioctls only. */
#ifndef NETDEV_H
#define NETDEV_H

#include "init/ipconfig.h"

/* Sets an interface up ("lo" too). */
int netdev_up(const char *name);
/* The interface to use: the one named wanted if that is not "", else the one with that Ethernet address if mac is not
 * NULL, else the first Ethernet with a carrier, of those with hardware behind them if there are any. All that may be
 * meant are set up, for only then do they see a carrier. any: without a carrier will do. -1: not there (yet),
 * netdev_error() says what is missing. */
int netdev_choose(const char *wanted, const uint8_t *mac, bool any, char name[MAX_DEVICE + 1]);
/* The IPv4 address that the interface has, 0 when it has none. */
uint32_t netdev_address(const char *name);
/* Gives it address and netmask, and the default route through it if there is a gateway. */
int netdev_configure(const char *name, const struct ipconfig *);
const char *netdev_error(void);
#endif
