/* The kernel's ip= syntax, a DHCP lease and BOOTIF=, as values. Pure: text in, struct out. */
#ifndef IPCONFIG_H
#define IPCONFIG_H

#include "base/util.h"

#define MAX_HOSTNAME 64 /* the most that sethostname(2) takes */
#define MAX_DOMAIN 253	/* RFC 1035, as text */
#define MAX_DEVICE 15	/* IFNAMSIZ less its NUL */
#define MAX_DNS 3	/* as many as resolv.conf takes */

#define MAX_NTP 4
#define MAX_ROUTES 16

enum ip_how { IP_OFF, IP_STATIC, IP_DHCP, IP_AUTO6 }; /* AUTO6: IPv6 as the kernel makes it out of router advertisements */

/* Host byte order. via 0: on the link itself. */
struct route {
	uint32_t net, mask, via;
};

/* Addresses are in host byte order, 0 where none is given. */
struct ipconfig {
	enum ip_how how;
	uint32_t address, server, gateway, netmask, dns[MAX_DNS], ntp[MAX_NTP];
	uint32_t mtu;			 /* bytes; 0: the interface's own */
	struct route routes[MAX_ROUTES]; /* beside the network's own and that through the gateway */
	size_t route_count;
	char hostname[MAX_HOSTNAME + 1], domain[MAX_DOMAIN + 1], device[MAX_DEVICE + 1];
};

/* The value of ip=, Documentation/admin-guide/nfs/nfsroot.rst in the kernel:
 * client:server:gateway:netmask:hostname:device:autoconf:dns0:dns1:ntp0, or autoconf alone, or device:autoconf, as dracut.cmdline(7) has it
 * too. netmask may be a number of bits. What a name can't hold is left out; a line added to dropped says so. -1 with ipconfig_error(),
 * *out is then IP_OFF. */
int ipconfig_parse(const char *text, struct ipconfig *out, struct strings *dropped);
/* The lines "name=value" that PID 1 has udhcpc's script write; names it doesn't know are passed over. The how is IP_STATIC. A mask that is
 * missing is that of the address's class. Classless routes (RFC 3442) take the place of the router. What can't be read is left out, and
 * told as a line added to dropped; -1 only when there is no address that a machine can have. */
int ipconfig_lease(const char *text, struct ipconfig *out, struct strings *dropped);
bool ipconfig_equal(const struct ipconfig *, const struct ipconfig *); /* in all that the interface, the resolver and jobs see */
const char *ipconfig_error(void);				       /* why the last text was refused; borrowed until the next */

/* The value of BOOTIF=: "01-52-54-00-12-34-56" as pxelinux and iPXE write it, the type of hardware first, which may be missing, dashes or
 * colons between. Of InfiniBand (type 20, an address of 20 bytes or the 8 of its GUID) the last six. -1 when it is none. */
int bootif_parse(const char *text, uint8_t mac[6]);
/* Dotted decimal, all of it. -1 and *out untouched when it is none. */
int parse_ipv4(const char *text, uint32_t *out);
#define IPV4_TEXT 16
char *ipv4_text(uint32_t, char out[IPV4_TEXT]); /* dotted decimal. Returns out */
/* "VLAN:DEVICE", dracut's vlan=: vlan5:eth0, eth0.5:eth0. *id is the number at the end of the first name. -1 when it is none. */
int vlan_parse(const char *text, char name[MAX_DEVICE + 1], char device[MAX_DEVICE + 1], unsigned *id);
/* Letters, digits, dots, dashes and underscores, with a letter or digit at both ends. */
bool is_hostname(const char *);
/* The name that the text of a hosts file gives the address: the first one. False when there is none. */
bool hosts_find(const char *text, uint32_t address, char out[MAX_HOSTNAME + 1]);
#endif
