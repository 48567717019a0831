/* The kernel's ip= syntax, a DHCP lease and BOOTIF=, as values. Pure: text in, struct out. */
#ifndef IPCONFIG_H
#define IPCONFIG_H

#include "base/util.h"

#define MAX_HOSTNAME 64 /* what sethostname(2) takes */
#define MAX_DOMAIN 253	/* RFC 1035, as text */
#define MAX_DEVICE 15	/* IFNAMSIZ less its NUL */
#define MAX_DNS 3	/* what resolv.conf takes */

enum ip_how { IP_OFF, IP_STATIC, IP_DHCP };

/* Addresses are in host byte order, 0 where none is given. */
struct ipconfig {
	enum ip_how how;
	uint32_t address, server, gateway, netmask, dns[MAX_DNS];
	char hostname[MAX_HOSTNAME + 1], domain[MAX_DOMAIN + 1], device[MAX_DEVICE + 1];
};

/* The value of ip=, Documentation/admin-guide/nfs/nfsroot.rst in the kernel:
 * client:server:gateway:netmask:hostname:device:autoconf:dns0:dns1:ntp0, or autoconf alone, or device:autoconf. netmask
 * may be a number of bits. -1 with ipconfig_error(), *out is then IP_OFF. */
int ipconfig_parse(const char *text, struct ipconfig *out);
/* The lines "name=value" that PID 1 has udhcpc's script write; names it doesn't know are passed over. The how is
 * IP_STATIC. -1 when the address or the mask is missing or anything is malformed. */
int ipconfig_lease(const char *text, struct ipconfig *out);
const char *ipconfig_error(void);

/* The value of BOOTIF=, "01-52-54-00-12-34-56" as pxelinux and iPXE write it. -1 when it is none. */
int bootif_parse(const char *text, uint8_t mac[6]);
#define IPV4_TEXT 16
char *ipv4_text(uint32_t, char out[IPV4_TEXT]); /* returns out */
/* Letters, digits, dots and dashes, with a letter or digit at both ends. */
bool is_hostname(const char *);
/* The name that the text of a hosts file gives the address: the first one. False when there is none. */
bool hosts_find(const char *text, uint32_t address, char out[MAX_HOSTNAME + 1]);
#endif
