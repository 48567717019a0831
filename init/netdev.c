/* Interfaces of this machine: which one to use, and giving it its address.
 * Must never know where an address comes from. */
#include "init/netdev.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <linux/if_packet.h>
#include <linux/if_vlan.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/route.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	MAX_INTERFACES = 64,	/* asked at a time */
	MAX_INET6 = 256 * 1024, /* of the list of IPv6 addresses: some thousand */
	ASK_MS = 1000,
	ASK_AGAIN_MS = 400, /* a switch may drop the first frame after a link came up */
};

static char error_text[256];

static int
fail(const char *what, const char *name)
{
	set_error(error_text, sizeof(error_text), "%s %s: %s", what, name, strerror(errno));
	return -1;
}

const char *
netdev_error(void)
{
	return error_text;
}

/* One interface ioctl on a socket of its own; -1 with errno. */
static int
request(unsigned long command, const char *name, struct ifreq *req)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int result;

	if (fd < 0)
		return -1;
	memset(req->ifr_name, 0, sizeof(req->ifr_name));
	memcpy(req->ifr_name, name, strnlen(name, sizeof(req->ifr_name) - 1));
	result = ioctl(fd, (int)command, req);
	close_fd(&fd);
	return result;
}

int
netdev_up(const char *name)
{
	struct ifreq req = {0};

	if (request(SIOCGIFFLAGS, name, &req) < 0)
		return fail("no interface", name);
	req.ifr_flags |= IFF_UP;
	if (request(SIOCSIFFLAGS, name, &req) < 0)
		return fail("can't set up", name);
	return 0;
}

void
netdev_names(struct strings *out)
{
	struct if_nameindex *all = if_nameindex(), *one;

	for (one = all; one && one->if_index; one++) {
		struct ifreq req = {0};

		if (request(SIOCGIFHWADDR, one->if_name, &req) == 0 &&
			(req.ifr_hwaddr.sa_family == ARPHRD_ETHER || req.ifr_hwaddr.sa_family == ARPHRD_INFINIBAND))
			strings_add(out, one->if_name);
	}
	if (all)
		if_freenameindex(all);
}

bool
netdev_exists(const char *name)
{
	return if_nametoindex(name) != 0;
}

/* A small file of sysfs; NULL when it is not there or can't be read. Caller frees. */
static char *
attribute(const char *name, const char *what)
{
	char *path = xasprintf("/sys/class/net/%s/%s", name, what), *text;
	size_t len;

	text = read_file(path, 256, &len);
	free(path);
	return text;
}

/* IFF_RUNNING would be there for a second or so after a driver has loaded, carrier or not (operstate UNKNOWN): it is asked only where there
 * is no sysfs. */
bool
netdev_has_carrier(const char *name)
{
	struct ifreq req = {0};
	char *text = attribute(name, "carrier");
	bool has = text && *text == '1';

	free(text);
	if (text || access("/sys/class/net", F_OK) == 0)
		return has;
	return request(SIOCGIFFLAGS, name, &req) == 0 && (req.ifr_flags & IFF_RUNNING);
}

bool
netdev_is_hardware(const char *name)
{
	char *path = xasprintf("/sys/class/net/%s/device", name);
	bool found = access(path, F_OK) == 0;

	free(path);
	return found;
}

bool
netdev_has_mac(const char *name, const uint8_t mac[6])
{
	struct ifreq req = {0};
	char *text = attribute(name, "address"), last[6 * 3];
	bool same;

	(void)snprintf(last, sizeof(last), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	if (!text)
		return request(SIOCGIFHWADDR, name, &req) == 0 && memcmp(req.ifr_hwaddr.sa_data, mac, 6) == 0;
	text[strcspn(text, "\n")] = '\0';
	same = strlen(text) >= strlen(last) && strcmp(text + strlen(text) - strlen(last), last) == 0;
	free(text);
	return same;
}

/* A line: address, index, length of the prefix, scope (0: global), flags, name; hexadecimal, parted by blanks. */
static bool
is_usable_ipv6(char *line, const char *name)
{
	enum { SCOPE = 3, FLAGS = 4, NAME = 5, FIELDS = 6 };
	char *field[FIELDS] = {0}, *rest = NULL, *one = strtok_r(line, " ", &rest);
	size_t i;

	for (i = 0; i < FIELDS && one; i++, one = strtok_r(NULL, " ", &rest))
		field[i] = one;
	return i == FIELDS && strcmp(field[NAME], name) == 0 && strtoul(field[SCOPE], NULL, 16) == 0 &&
	       !(strtoul(field[FLAGS], NULL, 16) & (IFA_F_TENTATIVE | IFA_F_DADFAILED));
}

bool
netdev_has_ipv6(const char *name)
{
	size_t len;
	char *text = read_file("/proc/net/if_inet6", MAX_INET6, &len), *rest = NULL, *line;
	bool found = false;

	for (line = text ? strtok_r(text, "\n", &rest) : NULL; line && !found; line = strtok_r(NULL, "\n", &rest))
		found = is_usable_ipv6(line, name);
	free(text);
	return found;
}

static void
set_address(struct sockaddr *into, uint32_t address)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};

	memcpy(into, &in, sizeof(in));
}

uint32_t
netdev_address(const char *name)
{
	struct ifreq req = {0};
	struct sockaddr_in in;

	if (request(SIOCGIFADDR, name, &req) < 0)
		return 0;
	memcpy(&in, &req.ifr_addr, sizeof(in));
	return ntohl(in.sin_addr.s_addr);
}

/* ---- routes ---- */

/* command: SIOCADDRT or SIOCDELRT. -1 with errno. */
static int
change_route(unsigned long command, const char *name, const struct route *r)
{
	struct rtentry entry = {.rt_flags = (unsigned short)(RTF_UP | (r->via ? RTF_GATEWAY : 0) | (r->mask == UINT32_MAX ? RTF_HOST : 0))};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), result;
	char device[MAX_DEVICE + 1] = "";

	if (fd < 0)
		return -1;
	memcpy(device, name, strnlen(name, MAX_DEVICE));
	set_address(&entry.rt_dst, r->net);
	set_address(&entry.rt_genmask, r->mask);
	set_address(&entry.rt_gateway, r->via);
	entry.rt_dev = device;
	result = ioctl(fd, (int)command, &entry);
	close_fd(&fd);
	return result;
}

/* A router that no network of ours holds is taken to be on the link: clouds give addresses with a mask of 32 bits. */
static void
add_route(const char *name, const struct route *r, struct strings *dropped)
{
	const struct route on_link = {.net = r->via, .mask = UINT32_MAX};
	char net[IPV4_TEXT], via[IPV4_TEXT];
	int result = change_route(SIOCADDRT, name, r);

	if (result < 0 && errno == ENETUNREACH && r->via && (change_route(SIOCADDRT, name, &on_link) == 0 || errno == EEXIST))
		result = change_route(SIOCADDRT, name, r);
	if (result < 0 && errno != EEXIST)
		strings_take(dropped, xasprintf("no route to %s through %s: %s", r->mask ? ipv4_text(r->net, net) : "elsewhere",
					      ipv4_text(r->via, via), strerror(errno)));
}

static void
drop_route(const char *name, const struct route *r)
{
	const struct route on_link = {.net = r->via, .mask = UINT32_MAX};

	(void)change_route(SIOCDELRT, name, r);
	(void)change_route(SIOCDELRT, name, &on_link);
}

static void
add_routes(const char *name, const struct ipconfig *c, struct strings *dropped)
{
	const struct route by_gateway = {.via = c->gateway};
	size_t i;

	for (i = 0; i < c->route_count; i++)
		add_route(name, &c->routes[i], dropped);
	if (c->gateway)
		add_route(name, &by_gateway, dropped);
}

static void
drop_routes(const char *name, const struct ipconfig *c)
{
	const struct route by_gateway = {.via = c->gateway};
	size_t i;

	if (c->gateway)
		drop_route(name, &by_gateway);
	for (i = c->route_count; i-- > 0;)
		drop_route(name, &c->routes[i]);
}

static void
set_mtu(const char *name, uint32_t mtu, struct strings *dropped)
{
	struct ifreq req = {.ifr_mtu = (int)mtu};

	if (request(SIOCSIFMTU, name, &req) < 0)
		strings_take(dropped, xasprintf("MTU %u is not taken: %s", mtu, strerror(errno)));
}

/* ---- addresses ---- */

static int
give_address(const char *name, const struct ipconfig *config)
{
	struct ifreq req = {0};
	char text[IPV4_TEXT];

	set_address(&req.ifr_addr, config->address);
	if (request(SIOCSIFADDR, name, &req) < 0)
		return fail("can't give the address", ipv4_text(config->address, text));
	memset(&req, 0, sizeof(req));
	set_address(&req.ifr_netmask, config->netmask);
	if (request(SIOCSIFNETMASK, name, &req) < 0)
		return fail("can't give the netmask", ipv4_text(config->netmask, text));
	memset(&req, 0, sizeof(req));
	set_address(&req.ifr_broadaddr, config->address | ~config->netmask);
	if (request(SIOCSIFBRDADDR, name, &req) < 0 && errno != EINVAL)
		return fail("can't give the broadcast address of", name);
	return 0;
}

int
netdev_configure(const char *name, const struct ipconfig *config, const struct ipconfig *before, struct strings *dropped)
{
	if (before)
		drop_routes(name, before);
	if (!before || before->address != config->address || before->netmask != config->netmask)
		if (give_address(name, config) < 0)
			return -1;
	if (config->mtu)
		set_mtu(name, config->mtu, dropped);
	else if (before && before->mtu) /* the lease says nothing of it any more: Ethernet's own */
		set_mtu(name, ETHERMTU, dropped);
	add_routes(name, config, dropped);
	return 0;
}

void
netdev_clear(const char *name, const struct ipconfig *had)
{
	struct ifreq req = {0};

	drop_routes(name, had);
	set_address(&req.ifr_addr, 0); /* takes the address away, and what routes are left by it */
	(void)request(SIOCSIFADDR, name, &req);
}

/* ---- VLANs ---- */

static int
vlan_request(int fd, struct vlan_ioctl_args *args)
{
	return ioctl(fd, SIOCSIFVLAN, args);
}

/* The kernel names it DEVICE.ID; another name is given afterwards, while it is down. */
int
netdev_vlan(const char *name, const char *device, unsigned id)
{
	struct vlan_ioctl_args scheme = {.cmd = SET_VLAN_NAME_TYPE_CMD, .u.name_type = VLAN_NAME_TYPE_RAW_PLUS_VID_NO_PAD};
	struct vlan_ioctl_args add = {.cmd = ADD_VLAN_CMD, .u.VID = (int)id};
	char *made = xasprintf("%s.%u", device, id);
	struct ifreq req = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), result = -1;

	memcpy(add.device1, device, strnlen(device, sizeof(add.device1) - 1));
	if (netdev_exists(name))
		result = 0;
	else if (fd < 0 || netdev_up(device) < 0 || vlan_request(fd, &scheme) < 0 || vlan_request(fd, &add) < 0)
		(void)fail("can't make the VLAN (its module is 8021q)", name);
	else if (strcmp(made, name) == 0)
		result = 0;
	else {
		memcpy(req.ifr_newname, name, strnlen(name, sizeof(req.ifr_newname) - 1));
		result = request(SIOCSIFNAME, made, &req) < 0 ? fail("can't name the VLAN", name) : 0;
	}
	if (fd >= 0)
		close_fd(&fd);
	free(made);
	return result;
}

/* ---- which interface has an answer ---- */

/* RFC 826 for Ethernet and IPv4, as it stands in a frame. */
struct arp {
	uint8_t hardware[2], protocol[2], lengths[2], operation[2];
	uint8_t from_mac[6], from[4], to_mac[6], to[4];
};

static void
put_address(uint8_t at[4], uint32_t address)
{
	uint32_t wire = htonl(address);

	memcpy(at, &wire, 4);
}

/* A socket that asks on one interface; -1 where it can't. */
static int
open_arp(const char *name)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP), .sll_ifindex = (int)if_nametoindex(name)};
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ARP));

	if (fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		close_fd(&fd);
	return fd;
}

static void
send_arp(int fd, const char *name, uint32_t own, uint32_t address)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ARP),
		.sll_ifindex = (int)if_nametoindex(name),
		.sll_halen = 6,
		.sll_addr = {255, 255, 255, 255, 255, 255}};
	struct arp ask = {.hardware = {0, 1}, .protocol = {8, 0}, .lengths = {6, 4}, .operation = {0, 1}};
	struct ifreq req = {0};

	if (request(SIOCGIFHWADDR, name, &req) < 0)
		return;
	memcpy(ask.from_mac, req.ifr_hwaddr.sa_data, 6);
	put_address(ask.from, own);
	put_address(ask.to, address);
	(void)sendto(fd, &ask, sizeof(ask), 0, (struct sockaddr *)&to, sizeof(to));
}

static bool
is_answer(int fd, uint32_t address)
{
	uint8_t wanted[4];
	struct arp got;

	put_address(wanted, address);
	while (recv(fd, &got, sizeof(got), 0) >= (ssize_t)sizeof(got))
		if (got.operation[1] == 2 && memcmp(got.from, wanted, 4) == 0)
			return true;
	return false;
}

int
netdev_ask(const struct strings *names, uint32_t own, uint32_t address)
{
	struct pollfd wait[MAX_INTERFACES];
	size_t count = names->count < MAX_INTERFACES ? names->count : MAX_INTERFACES, i;
	uint64_t end = now_ms() + ASK_MS, again = 0;
	int found = -1;

	for (i = 0; i < count; i++)
		wait[i] = (struct pollfd){.fd = open_arp(names->at[i]), .events = POLLIN};
	while (found < 0 && now_ms() < end) {
		if (now_ms() >= again) {
			for (i = 0; i < count; i++)
				send_arp(wait[i].fd, names->at[i], own, address);
			again = now_ms() + ASK_AGAIN_MS;
		}
		(void)poll(wait, count, ASK_AGAIN_MS / 4);
		for (i = 0; i < count && found < 0; i++)
			if (wait[i].revents && is_answer(wait[i].fd, address))
				found = (int)i;
	}
	for (i = 0; i < count; i++)
		if (wait[i].fd >= 0)
			close_fd(&wait[i].fd);
	return found;
}

/* ---- events ---- */

int
netdev_events(void)
{
	struct sockaddr_nl at = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK | RTMGRP_IPV6_IFADDR};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		close_fd(&fd);
	return fd;
}

/* What it says is looked up anew: events are lost when there are too many (ENOBUFS). */
void
netdev_drain(int fd)
{
	char trash[4096];

	while (recv(fd, trash, sizeof(trash), 0) > 0 || errno == ENOBUFS)
		;
}
