/* ipconfig: every form of ip= that the kernel documents, leases, BOOTIF and hosts, and what is none of them. */
#include "unit/tap.h"
#include "init/ipconfig.h"

/* "how address gateway netmask dns0 dns1 hostname domain device". */
static char *
shown(const struct ipconfig *c)
{
	static const char *const how[] = {"off", "static", "dhcp", "auto6"};
	char a[5][IPV4_TEXT];

	return xasprintf("%s %s %s %s %s %s '%s' '%s' '%s'", how[c->how], ipv4_text(c->address, a[0]), ipv4_text(c->gateway, a[1]),
		ipv4_text(c->netmask, a[2]), ipv4_text(c->dns[0], a[3]), ipv4_text(c->dns[1], a[4]), c->hostname, c->domain, c->device);
}

static void
good(const char *text, int (*parse)(const char *, struct ipconfig *, struct strings *), const char *want)
{
	struct ipconfig c;
	struct strings dropped = {0};
	char *got, *name = printable(text);

	ok(parse(text, &c, &dropped) == 0 && dropped.count == 0, "%s is taken", name);
	free(name);
	got = shown(&c);
	is(got, want, "as what it says");
	free(got);
}

static void
bad(const char *text, int (*parse)(const char *, struct ipconfig *, struct strings *), const char *why)
{
	struct ipconfig c;
	struct strings dropped = {0};
	char *name = printable(text);

	ok(parse(text, &c, &dropped) == -1 && c.how == IP_OFF && c.address == 0, "%s is no configuration", name);
	free(name);
	strings_free(&dropped);
	ok(strstr(ipconfig_error(), why) != NULL, "the message says so: %s", ipconfig_error());
}

/* Taken, but for the odd parts, which are reported. */
static void
odd(const char *text, int (*parse)(const char *, struct ipconfig *, struct strings *), const char *want, const char *told)
{
	struct ipconfig c;
	struct strings dropped = {0};
	char *got, *name = printable(text);

	ok(parse(text, &c, &dropped) == 0, "%s is taken", name);
	free(name);
	got = shown(&c);
	is(got, want, "without what is odd");
	free(got);
	is(dropped.count ? dropped.at[0] : "", told, "which is told");
	ok(dropped.count <= 1, "once");
	strings_free(&dropped);
}

static void
kernel_syntax(void)
{
	good("", ipconfig_parse, "off 0.0.0.0 0.0.0.0 0.0.0.0 0.0.0.0 0.0.0.0 '' '' ''");
	good("off", ipconfig_parse, "off 0.0.0.0 0.0.0.0 0.0.0.0 0.0.0.0 0.0.0.0 '' '' ''");
	good("dhcp", ipconfig_parse, "dhcp 0.0.0.0 0.0.0.0 0.0.0.0 0.0.0.0 0.0.0.0 '' '' ''");
	good("10.1.2.3", ipconfig_parse, "static 10.1.2.3 0.0.0.0 255.0.0.0 0.0.0.0 0.0.0.0 '' '' ''");
	good("172.16.1.2::", ipconfig_parse, "static 172.16.1.2 0.0.0.0 255.255.0.0 0.0.0.0 0.0.0.0 '' '' ''");
	good("192.168.1.2:192.168.1.1:192.168.1.254:255.255.255.0:node7:eth1:none:1.1.1.1:9.9.9.9:2.2.2.2", ipconfig_parse,
		"static 192.168.1.2 192.168.1.254 255.255.255.0 1.1.1.1 9.9.9.9 'node7' '' 'eth1'");
	good("10.0.0.2:::24:n:eth0:off", ipconfig_parse, "static 10.0.0.2 0.0.0.0 255.255.255.0 0.0.0.0 0.0.0.0 'n' '' 'eth0'");
	good("::::node7:eth0:dhcp", ipconfig_parse, "dhcp 0.0.0.0 0.0.0.0 0.0.0.0 0.0.0.0 0.0.0.0 'node7' '' 'eth0'");
	good(":::::eth0", ipconfig_parse, "dhcp 0.0.0.0 0.0.0.0 0.0.0.0 0.0.0.0 0.0.0.0 '' '' 'eth0'");
	good("eth0:dhcp", ipconfig_parse, "dhcp 0.0.0.0 0.0.0.0 0.0.0.0 0.0.0.0 0.0.0.0 '' '' 'eth0'");
	good("10.0.0.2::::::dhcp", ipconfig_parse, "dhcp 10.0.0.2 0.0.0.0 0.0.0.0 0.0.0.0 0.0.0.0 '' '' ''");
	good("eth0.5:dhcp", ipconfig_parse, "dhcp 0.0.0.0 0.0.0.0 0.0.0.0 0.0.0.0 0.0.0.0 '' '' 'eth0.5'");
	good("auto6", ipconfig_parse, "auto6 0.0.0.0 0.0.0.0 0.0.0.0 0.0.0.0 0.0.0.0 '' '' ''");
	good("eth1:auto6", ipconfig_parse, "auto6 0.0.0.0 0.0.0.0 0.0.0.0 0.0.0.0 0.0.0.0 '' '' 'eth1'");
	good("10.0.0.2::::node_7", ipconfig_parse, "static 10.0.0.2 0.0.0.0 255.0.0.0 0.0.0.0 0.0.0.0 'node_7' '' ''");
	odd("10.0.0.2::::a b", ipconfig_parse, "static 10.0.0.2 0.0.0.0 255.0.0.0 0.0.0.0 0.0.0.0 '' '' ''",
		"bad host name \"a b\" left out");
	odd("10.0.0.2::::-a", ipconfig_parse, "static 10.0.0.2 0.0.0.0 255.0.0.0 0.0.0.0 0.0.0.0 '' '' ''",
		"bad host name \"-a\" left out");
	good("10.0.0.2::::::any", ipconfig_parse, "static 10.0.0.2 0.0.0.0 255.0.0.0 0.0.0.0 0.0.0.0 '' '' ''");
}

static void
not_kernel_syntax(void)
{
	bad("rarp", ipconfig_parse, "not \"rarp\"");
	bad("10.0.0.256", ipconfig_parse, "bad address");
	bad("10.0.0", ipconfig_parse, "bad address");
	bad("10.0.0.1.", ipconfig_parse, "bad address");
	bad("10.0.0.0001", ipconfig_parse, "bad address");
	bad("10.0.0.2:::255.0.255.0", ipconfig_parse, "bad netmask");
	bad("10.0.0.2:::33", ipconfig_parse, "bad netmask");
	bad("10.0.0.2:::::../eth0", ipconfig_parse, "bad device");
	bad("10.0.0.2:::::a/b", ipconfig_parse, "bad device");
	bad("10.0.0.2:::::abcdefghijklmnop", ipconfig_parse, "bad device");
	bad("1.1.1.1::::::off::::", ipconfig_parse, "ten fields");
	bad("[fe80::1]::::n", ipconfig_parse, "IPv4");
	bad("10.0.0.2:::::::nameserver", ipconfig_parse, "bad name server");
}

#define TEN "aaaaaaaaaa"
#define SIXTY TEN TEN TEN TEN TEN TEN
#define SEVENTY SIXTY TEN

static void
lease_options(void)
{
	struct strings dropped = {0};
	struct ipconfig c, d;

	ok(ipconfig_lease("ip=10.0.0.9\nsubnet=255.255.255.0\nrouter=10.0.0.1\nmtu=1400\nntp=10.0.0.3 10.0.0.4\n"
			  "routes=10.1.7.7/16 10.0.0.2 0.0.0.0/0 10.0.0.5\n",
		   &c, &dropped) == 0 &&
			dropped.count == 0,
		"a lease with MTU, time servers and routes");
	ok(c.mtu == 1400 && c.ntp[0] == 0x0a000003 && c.ntp[1] == 0x0a000004 && c.ntp[2] == 0, "MTU and time servers are taken");
	ok(c.gateway == 0 && c.route_count == 2 && c.routes[0].net == 0x0a010000 && c.routes[0].mask == 0xffff0000 &&
			c.routes[0].via == 0x0a000002 && c.routes[1].net == 0 && c.routes[1].mask == 0 && c.routes[1].via == 0x0a000005,
		"the routes are, in the router's place");
	d = c;
	ok(ipconfig_equal(&c, &d), "a lease is equal to itself");
	d.routes[1].via++;
	ok(!ipconfig_equal(&c, &d), "but not with another route");
	d = c;
	d.mtu = 1500;
	ok(!ipconfig_equal(&c, &d), "or another MTU");
	ok(ipconfig_lease("ip=10.0.0.9\nmtu=67\nroutes=10.0.0.0/33 10.0.0.1 a/8 10.0.0.1 10.0.0.0/8\n", &c, &dropped) == 0 && c.mtu == 0 &&
			c.route_count == 0 && dropped.count == 3,
		"impossible ones are left out and told");
	strings_free(&dropped);
}

static void
vlans(void)
{
	char name[MAX_DEVICE + 1], device[MAX_DEVICE + 1];
	unsigned id;

	ok(vlan_parse("eth0.5:eth0", name, device, &id) == 0 && id == 5 && strcmp(name, "eth0.5") == 0 && strcmp(device, "eth0") == 0,
		"vlan=eth0.5:eth0");
	ok(vlan_parse("vlan0012:enp1s0", name, device, &id) == 0 && id == 12 && strcmp(device, "enp1s0") == 0, "vlan=vlan0012:enp1s0");
	ok(vlan_parse("vlan:eth0", name, device, &id) == -1 && vlan_parse("vlan0:eth0", name, device, &id) == -1 &&
			vlan_parse("vlan4095:eth0", name, device, &id) == -1 && vlan_parse("vlan5:", name, device, &id) == -1 &&
			vlan_parse("vlan5", name, device, &id) == -1 && vlan_parse("a/5:eth0", name, device, &id) == -1,
		"what is none");
}

static void
leases(void)
{
	good("event=bound\nip=10.0.0.9\nsubnet=255.255.255.0\nrouter=10.0.0.1 10.0.0.2\ndns=8.8.8.8  "
	     "9.9.9.9\ndomain=a.b\nhostname=n9\n",
		ipconfig_lease, "static 10.0.0.9 10.0.0.1 255.255.255.0 8.8.8.8 9.9.9.9 'n9' 'a.b' ''");
	good("ip=10.0.0.9\nsubnet=255.0.0.0\nrouter=\ndns=1.1.1.1 2.2.2.2 3.3.3.3 4.4.4.4", ipconfig_lease,
		"static 10.0.0.9 0.0.0.0 255.0.0.0 1.1.1.1 2.2.2.2 '' '' ''");
	good("ip=10.0.0.9\n", ipconfig_lease, "static 10.0.0.9 0.0.0.0 255.0.0.0 0.0.0.0 0.0.0.0 '' '' ''");
	good("ip=192.168.3.9\ndomain=a_b.example.org.\n", ipconfig_lease,
		"static 192.168.3.9 0.0.0.0 255.255.255.0 0.0.0.0 0.0.0.0 '' 'a_b.example.org' ''");
	good("ip=10.0.0.9\nsubnet=255.255.255.255\nrouter=10.0.0.1\ndomain=a b.c.\n", ipconfig_lease,
		"static 10.0.0.9 10.0.0.1 255.255.255.255 0.0.0.0 0.0.0.0 '' 'a b.c' ''");
	odd("ip=10.0.0.9\nsubnet=255.0.0.0\nhostname=$(reboot)\n", ipconfig_lease,
		"static 10.0.0.9 0.0.0.0 255.0.0.0 0.0.0.0 0.0.0.0 '' '' ''", "bad host name \"$(reboot)\" left out");
	odd("ip=10.0.0.9\nsubnet=255.0.0.0\ndns=a 1.2.3.4\n", ipconfig_lease, "static 10.0.0.9 0.0.0.0 255.0.0.0 1.2.3.4 0.0.0.0 '' '' ''",
		"bad name server \"a\" left out");
	odd("ip=10.0.0.9\nsubnet=255.0.255.0\n", ipconfig_lease, "static 10.0.0.9 0.0.0.0 255.0.0.0 0.0.0.0 0.0.0.0 '' '' ''",
		"bad netmask \"255.0.255.0\" left out");
	odd("ip=10.0.0.9\nsubnet=255.0.0.0\nhostname=" SEVENTY ".example.org\n", ipconfig_lease,
		"static 10.0.0.9 0.0.0.0 255.0.0.0 0.0.0.0 0.0.0.0 '" SIXTY "aaa' '' ''",
		"the host name \"" SEVENTY ".example.o\" is too long: cut to " SIXTY "aaa");
	odd("ip=10.0.0.9\nsubnet=255.0.0.0\nhostname=n7." SIXTY ".example.org\n", ipconfig_lease,
		"static 10.0.0.9 0.0.0.0 255.0.0.0 0.0.0.0 0.0.0.0 'n7' '' ''",
		"the host name \"n7." SIXTY ".example.org\" is too long: cut to n7");
	bad("", ipconfig_lease, "no address that a machine can have");
	bad("ip=0.0.0.0\nsubnet=255.0.0.0\n", ipconfig_lease, "no address that a machine can have");
	bad("ip=127.0.0.1\nsubnet=255.0.0.0\n", ipconfig_lease, "no address that a machine can have");
	bad("ip=239.1.1.1\nsubnet=255.0.0.0\n", ipconfig_lease, "no address that a machine can have");
}

static void
others(void)
{
	static const char hosts[] = "# 10.0.0.3 no\n127.0.0.1 localhost\n10.0.0.3\tnode3.dom node3 # yes\n10.0.0.3 later\n10.0.0.4\n";
	char name[MAX_HOSTNAME + 1] = "";
	uint8_t mac[6] = {0};

	ok(bootif_parse("01-52-54-00-aB-0f-ff", mac) == 0 && mac[0] == 0x52 && mac[3] == 0xab && mac[5] == 0xff, "BOOTIF of pxelinux");
	ok(bootif_parse("01:52:54:00:ab:0f:ff", mac) == 0, "BOOTIF with colons");
	ok(bootif_parse("52:54:00:ab:0f:fe", mac) == 0 && mac[0] == 0x52 && mac[5] == 0xfe, "BOOTIF without the type of hardware");
	ok(bootif_parse("20-80-00-02-08-fe-80-00-00-00-00-00-00-00-02-c9-03-00-1a-2b-3d", mac) == 0 && mac[0] == 0xc9 && mac[5] == 0x3d,
		"BOOTIF of InfiniBand");
	ok(bootif_parse("06-52-54-00-ab-0f-ff", mac) == -1, "BOOTIF that is not Ethernet");
	ok(bootif_parse("01-52-54-00-ab-0f-f", mac) == -1 && bootif_parse("", mac) == -1, "BOOTIF too short");
	ok(bootif_parse("01-52-54-00-ab-0f-fg", mac) == -1 && bootif_parse("01-52-54-00-ab-0f-ff-", mac) == -1,
		"BOOTIF with something else");
	ok(hosts_find(hosts, 0x0a000003, name), "an address is found in hosts");
	is(name, "node3.dom", "with its first name");
	ok(!hosts_find(hosts, 0x0a000004, name) && !hosts_find(hosts, 0x0a000005, name), "a line without a name gives none");
}

int
main(void)
{
	kernel_syntax();
	not_kernel_syntax();
	leases();
	lease_options();
	vlans();
	others();
	return done();
}
