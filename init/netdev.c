/* Interfaces of this machine: which one to use, and giving it its address.
 * Must never know where an address comes from. */
#include "init/netdev.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

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

static bool
is_ethernet(const char *name, uint8_t mac[6])
{
	struct ifreq req = {0};

	if (request(SIOCGIFHWADDR, name, &req) < 0 || req.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return false;
	memcpy(mac, req.ifr_hwaddr.sa_data, 6);
	return true;
}

/* A bridge, bond or dummy has no device behind it. */
static bool
is_hardware(const char *name)
{
	char *path = xasprintf("/sys/class/net/%s/device", name);
	bool found = access(path, F_OK) == 0;

	free(path);
	return found;
}

static bool
has_carrier(const char *name)
{
	struct ifreq req = {0};

	return request(SIOCGIFFLAGS, name, &req) == 0 && (req.ifr_flags & IFF_RUNNING);
}

/* How well an interface fits when none is named: the higher the better, 0 not at all. */
static int
fitness(const char *name, const uint8_t *mac, bool any)
{
	uint8_t own[6];

	if (!is_ethernet(name, own) || (mac && memcmp(own, mac, 6) != 0) || netdev_up(name) < 0)
		return 0;
	if (mac)
		return 4;
	if (has_carrier(name))
		return is_hardware(name) ? 3 : 2;
	return any ? 1 : 0;
}

int
netdev_choose(const char *wanted, const uint8_t *mac, bool any, char name[MAX_DEVICE + 1])
{
	struct if_nameindex *all, *one;
	int best = 0;

	if (*wanted) {
		memcpy(name, wanted, strlen(wanted) + 1);
		return netdev_up(wanted);
	}
	all = if_nameindex();
	for (one = all; one && one->if_index; one++) {
		int fits = fitness(one->if_name, mac, any);

		if (fits <= best)
			continue;
		best = fits;
		memcpy(name, one->if_name, strlen(one->if_name) + 1);
	}
	if (all)
		if_freenameindex(all);
	if (best)
		return 0;
	set_error(error_text, sizeof(error_text),
		mac ? "no interface has the address that BOOTIF= names"
		    : "no Ethernet interface with a carrier (is its driver among the image's modules?)");
	return -1;
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

static int
set_default_route(const char *name, uint32_t gateway)
{
	struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), result;
	char device[MAX_DEVICE + 1] = "";

	if (fd < 0)
		return fail("can't route through", name);
	memcpy(device, name, strnlen(name, MAX_DEVICE));
	set_address(&route.rt_dst, 0);
	set_address(&route.rt_genmask, 0);
	set_address(&route.rt_gateway, gateway);
	route.rt_dev = device;
	result = ioctl(fd, SIOCADDRT, &route);
	if (result < 0 && errno == EEXIST)
		result = 0;
	if (result < 0)
		(void)fail("can't route through", name);
	close(fd);
	return result;
}

int
netdev_configure(const char *name, const struct ipconfig *config)
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
	return config->gateway ? set_default_route(name, config->gateway) : 0;
}
