/* ipconfig: every form of ip= that the kernel documents, leases, BOOTIF and hosts, and what is none of them. */
#include "unit/tap.h"
#include "init/ipconfig.h"

/* "how address gateway netmask dns0 dns1 hostname domain device". */
static char *
shown(const struct ipconfig *c)
{
	static const char *const how[] = {"off", "static", "dhcp"};
	char a[5][IPV4_TEXT];

	return xasprintf("%s %s %s %s %s %s '%s' '%s' '%s'", how[c->how], ipv4_text(c->address, a[0]), ipv4_text(c->gateway, a[1]),
		ipv4_text(c->netmask, a[2]), ipv4_text(c->dns[0], a[3]), ipv4_text(c->dns[1], a[4]), c->hostname, c->domain, c->device);
}

static void
good(const char *text, int (*parse)(const char *, struct ipconfig *), const char *want)
{
	struct ipconfig c;
	char *got, *name = printable(text);

	ok(parse(text, &c) == 0, "%s is taken", name);
	free(name);
	got = shown(&c);
	is(got, want, "as what it says");
	free(got);
}

static void
bad(const char *text, int (*parse)(const char *, struct ipconfig *), const char *why)
{
	struct ipconfig c;
	char *name = printable(text);

	ok(parse(text, &c) == -1 && c.how == IP_OFF && c.address == 0, "%s is no configuration", name);
	free(name);
	ok(strstr(ipconfig_error(), why) != NULL, "the message says so: %s", ipconfig_error());
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
	bad("10.0.0.2::::a b", ipconfig_parse, "bad host name");
	bad("10.0.0.2::::-a", ipconfig_parse, "bad host name");
	bad("10.0.0.2:::::../eth0", ipconfig_parse, "bad device");
	bad("10.0.0.2:::::a/b", ipconfig_parse, "bad device");
	bad("10.0.0.2:::::abcdefghijklmnop", ipconfig_parse, "bad device");
	bad("1.1.1.1::::::off::::", ipconfig_parse, "ten fields");
	bad("[fe80::1]::::n", ipconfig_parse, "IPv4");
	bad("10.0.0.2:::::::nameserver", ipconfig_parse, "bad name server");
}

static void
leases(void)
{
	good("event=bound\nip=10.0.0.9\nsubnet=255.255.255.0\nrouter=10.0.0.1 10.0.0.2\ndns=8.8.8.8  "
	     "9.9.9.9\ndomain=a.b\nhostname=n9\n",
		ipconfig_lease, "static 10.0.0.9 10.0.0.1 255.255.255.0 8.8.8.8 9.9.9.9 'n9' 'a.b' ''");
	good("ip=10.0.0.9\nsubnet=255.0.0.0\nrouter=\ndns=1.1.1.1 2.2.2.2 3.3.3.3 4.4.4.4", ipconfig_lease,
		"static 10.0.0.9 0.0.0.0 255.0.0.0 1.1.1.1 2.2.2.2 '' '' ''");
	bad("", ipconfig_lease, "lacks \"ip\"");
	bad("ip=10.0.0.9\n", ipconfig_lease, "lacks \"subnet\"");
	bad("ip=10.0.0.9\nsubnet=255.0.0.0\nhostname=$(reboot)\n", ipconfig_lease, "bad host name");
	bad("ip=10.0.0.9\nsubnet=255.0.0.0\ndns=a\n", ipconfig_lease, "bad name server");
}

static void
others(void)
{
	static const char hosts[] = "# 10.0.0.3 no\n127.0.0.1 localhost\n10.0.0.3\tnode3.dom node3 # yes\n10.0.0.3 later\n10.0.0.4\n";
	char name[MAX_HOSTNAME + 1] = "";
	uint8_t mac[6] = {0};

	ok(bootif_parse("01-52-54-00-aB-0f-ff", mac) == 0 && mac[0] == 0x52 && mac[3] == 0xab && mac[5] == 0xff, "BOOTIF of pxelinux");
	ok(bootif_parse("01:52:54:00:ab:0f:ff", mac) == 0, "BOOTIF with colons");
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
	others();
	return done();
}
