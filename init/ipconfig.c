/* The kernel's ip= syntax, a DHCP lease and BOOTIF=, as values.
 * Must never know a socket, a file or an interface. */
#include "init/ipconfig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_FIELDS = 10, /* ntp0 is the last one */
	MAX_LABEL = 63,	 /* of a name, RFC 1035 */
	MIN_MTU = 68,	 /* RFC 791: what every module must forward */
	MAX_MTU = 65535,
	MAX_VLAN = 4094, /* IEEE 802.1Q */
};

static char error_text[256];

/* Always -1, so that a parser can return it. The value shown is cut: it came from outside. */
static int
fail(const char *what, const char *value)
{
	set_error(error_text, sizeof(error_text), "%s \"%.80s\"", what, value);
	return -1;
}

const char *
ipconfig_error(void)
{
	return error_text;
}

int
parse_ipv4(const char *text, uint32_t *out)
{
	uint32_t value = 0;
	int part;

	for (part = 0; part < 4; part++) {
		uint32_t byte = 0;
		int digits = 0;

		if (part > 0 && *text++ != '.')
			return -1;
		for (; *text >= '0' && *text <= '9' && digits < 3; text++, digits++)
			byte = byte * 10 + (uint32_t)(*text - '0');
		if (digits == 0 || byte > 255)
			return -1;
		value = value << 8 | byte;
	}
	if (*text)
		return -1;
	*out = value;
	return 0;
}

char *
ipv4_text(uint32_t address, char out[IPV4_TEXT])
{
	(void)snprintf(out, IPV4_TEXT, "%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
	return out;
}

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool
is_hostname(const char *text)
{
	size_t len = strlen(text), i;

	for (i = 0; i < len; i++)
		if (!is_alnum(text[i]) && (!strchr("-._", text[i]) || i == 0 || i == len - 1))
			return false;
	return len > 0;
}

/* Each of these takes the text of one field, "" included, into *out. */
static int
take_address(const char *what, const char *text, uint32_t *out)
{
	return *text && parse_ipv4(text, out) < 0 ? fail(what, text) : 0;
}

static int
take_netmask(const char *text, uint32_t *out)
{
	uint64_t bits;
	uint32_t rest;

	if (*text && parse_u64(text, 32, &bits) == 0)
		*out = bits ? UINT32_MAX << (32 - bits) : 0;
	else if (take_address("bad netmask", text, out) < 0)
		return -1;
	rest = ~*out;
	return *text && (rest & (rest + 1)) != 0 ? fail("bad netmask", text) : 0;
}

static void
drop(struct strings *dropped, const char *what, const char *value)
{
	strings_take(dropped, xasprintf("%s \"%.80s\" left out", what, value));
}

/* A name that is too long is cut at its first dot, or at what one label may have (RFC 1035: 63). */
static void
take_hostname(const char *text, struct ipconfig *out, struct strings *dropped)
{
	size_t len = strlen(text);

	if (len > MAX_HOSTNAME) {
		len = strcspn(text, ".");
		len = len > MAX_LABEL ? MAX_LABEL : len;
		while (len > 0 && !is_alnum(text[len - 1]))
			len--;
		strings_take(dropped, xasprintf("the host name \"%.80s\" is too long: cut to %.*s", text, (int)len, text));
	}
	memcpy(out->hostname, text, len);
	out->hostname[len] = '\0';
	if (*out->hostname && !is_hostname(out->hostname)) {
		drop(dropped, "bad host name", text);
		out->hostname[0] = '\0';
	}
}

/* Several may stand there, for the resolver to try. A dot at the end only says that a name is whole. */
static void
take_domain(char *text, struct ipconfig *out, struct strings *dropped)
{
	char *rest = NULL, *one = strtok_r(text, " ", &rest);

	for (; one; one = strtok_r(NULL, " ", &rest)) {
		size_t len = strlen(one), have = strlen(out->domain);

		if (len > 1 && one[len - 1] == '.')
			one[--len] = '\0';
		if (!is_hostname(one) || have + 1 + len > MAX_DOMAIN)
			drop(dropped, "bad domain", one);
		else
			(void)snprintf(out->domain + have, sizeof(out->domain) - have, "%s%s", have ? " " : "", one);
	}
}

static int
take_device(const char *text, struct ipconfig *out)
{
	size_t len = strlen(text), i;

	for (i = 0; i < len; i++)
		if (!is_alnum(text[i]) && !strchr("-_.@", text[i]))
			return fail("bad device name", text);
	if (len > MAX_DEVICE || text[0] == '.')
		return fail("bad device name", text);
	memcpy(out->device, text, len + 1);
	return 0;
}

static int
take_autoconf(const char *text, struct ipconfig *out)
{
	static const struct {
		const char *name;
		enum ip_how how;
	} known[] = {{"off", IP_OFF}, {"none", IP_OFF}, {"static", IP_OFF}, {"on", IP_DHCP}, {"any", IP_DHCP}, {"dhcp", IP_DHCP},
		{"single-dhcp", IP_DHCP}, {"both", IP_DHCP}, {"bootp", IP_DHCP}, {"auto6", IP_AUTO6}, {"either6", IP_AUTO6}};
	size_t i;

	for (i = 0; i < COUNT(known) && strcmp(text, known[i].name) != 0; i++)
		;
	if (i == COUNT(known))
		return fail("autoconf is off, none, static, on, any, dhcp or auto6, not", text);
	out->how = known[i].how;
	return 0;
}

/* Cuts the copy at its colons. Returns how many fields there are, more than max when there are too many. */
static size_t
split(char *text, char **field, size_t max)
{
	size_t count = 0;

	for (;;) {
		char *colon = strchr(text, ':');

		if (count == max)
			return max + 1;
		field[count++] = text;
		if (!colon)
			return count;
		*colon = '\0';
		text = colon + 1;
	}
}

/* The kernel's rule where no mask is given: by the class of the address (RFC 791). */
static uint32_t
class_netmask(uint32_t address)
{
	return address >> 31 == 0 ? 0xff000000 : address >> 30 == 2 ? 0xffff0000 : 0xffffff00;
}

/* An address that is given is taken as it is, unless dhcp is asked for by name. */
static int
choose_how(const char *autoconf, struct ipconfig *out)
{
	out->how = IP_DHCP;
	if (*autoconf && take_autoconf(autoconf, out) < 0)
		return -1;
	if (out->address && strcmp(autoconf, "dhcp") != 0)
		out->how = IP_STATIC;
	if (out->how == IP_STATIC && !out->netmask)
		out->netmask = class_netmask(out->address);
	return 0;
}

/* A digit first is an address, right or wrong, and no device or word: eth0.5 is a VLAN. */
static bool
is_address_like(const char *text)
{
	return *text >= '0' && *text <= '9';
}

/* One field alone: an address, or what the seventh field would say; nothing at all is off. */
static int
parse_single(const char *text, struct ipconfig *out)
{
	if (!*text)
		return 0;
	if (!is_address_like(text))
		return take_autoconf(text, out);
	if (take_address("bad address", text, &out->address) < 0)
		return -1;
	return choose_how("", out);
}

static int
parse_fields(char *const *field, struct ipconfig *out, struct strings *dropped)
{
	if (take_address("bad address", field[0], &out->address) < 0 || take_address("bad server address", field[1], &out->server) < 0 ||
		take_address("bad gateway", field[2], &out->gateway) < 0 || take_netmask(field[3], &out->netmask) < 0 ||
		take_device(field[5], out) < 0 || take_address("bad name server", field[7], &out->dns[0]) < 0 ||
		take_address("bad name server", field[8], &out->dns[1]) < 0 || take_address("bad time server", field[9], &out->ntp[0]) < 0)
		return -1;
	take_hostname(field[4], out, dropped);
	return choose_how(field[6], out);
}

static int
parse_by_count(char **field, size_t count, struct ipconfig *out, struct strings *dropped)
{
	static char empty[] = "";

	if (count > MAX_FIELDS)
		return fail("more than ten fields in ip=", field[0]);
	if (count == 1)
		return parse_single(field[0], out);
	if (count == 2 && *field[0] && !is_address_like(field[0]))
		return take_device(field[0], out) < 0 ? -1 : take_autoconf(field[1], out);
	while (count < MAX_FIELDS)
		field[count++] = empty;
	return parse_fields(field, out, dropped);
}

int
ipconfig_parse(const char *text, struct ipconfig *out, struct strings *dropped)
{
	char *copy = xstrdup(text), *field[MAX_FIELDS];
	int failed;

	*out = (struct ipconfig){0};
	if (strchr(text, '['))
		failed = fail("ip= takes IPv4 addresses only, not", text);
	else
		failed = parse_by_count(field, split(copy, field, MAX_FIELDS), out, dropped);
	if (failed)
		*out = (struct ipconfig){0};
	free(copy);
	return failed;
}

/* The addresses of a list parted by blanks, as many as there is room for. */
static void
take_addresses(const char *what, char *text, uint32_t *out, size_t room, struct strings *dropped)
{
	char *rest = NULL, *one = strtok_r(text, " ", &rest);
	size_t count = 0;

	for (; one; one = strtok_r(NULL, " ", &rest)) {
		uint32_t address;

		if (parse_ipv4(one, &address) < 0 || !address)
			drop(dropped, what, one);
		else if (count < room)
			out[count++] = address;
	}
}

/* "10.1.0.0/16": the bits behind the mask are cleared, as RFC 3442 asks. */
static int
take_network(char *text, struct route *out)
{
	char *slash = strchr(text, '/');
	uint64_t bits;

	if (!slash)
		return -1;
	*slash = '\0';
	if (parse_ipv4(text, &out->net) < 0 || parse_u64(slash + 1, 32, &bits) < 0)
		return -1;
	out->mask = bits ? UINT32_MAX << (32 - bits) : 0;
	out->net &= out->mask;
	return 0;
}

/* "10.1.0.0/16 10.0.0.1 0.0.0.0/0 10.0.0.1": networks, each with its router. */
static void
take_routes(char *text, struct ipconfig *out, struct strings *dropped)
{
	char *rest = NULL, *net = strtok_r(text, " ", &rest), *via;

	for (; net && (via = strtok_r(NULL, " ", &rest)); net = strtok_r(NULL, " ", &rest)) {
		struct route route;

		if (take_network(net, &route) < 0 || parse_ipv4(via, &route.via) < 0)
			drop(dropped, "bad route to", net);
		else if (out->route_count == MAX_ROUTES)
			drop(dropped, "one route too many, to", net);
		else
			out->routes[out->route_count++] = route;
	}
}

static void
take_mtu(const char *text, struct ipconfig *out, struct strings *dropped)
{
	uint64_t value;

	if (!*text)
		return;
	if (parse_u64(text, MAX_MTU, &value) < 0 || value < MIN_MTU)
		drop(dropped, "bad MTU", text);
	else
		out->mtu = (uint32_t)value;
}

static void
lease_line(char *line, struct ipconfig *out, struct strings *dropped)
{
	char *value = strchr(line, '=');

	if (!value)
		return;
	*value++ = '\0';
	if (strcmp(line, "ip") == 0 && parse_ipv4(value, &out->address) < 0)
		drop(dropped, "bad address", value);
	else if (strcmp(line, "subnet") == 0 && take_netmask(value, &out->netmask) < 0) {
		drop(dropped, "bad netmask", value);
		out->netmask = 0;
	} else if (strcmp(line, "router") == 0)
		take_addresses("bad router", value, &out->gateway, 1, dropped);
	else if (strcmp(line, "routes") == 0)
		take_routes(value, out, dropped);
	else if (strcmp(line, "dns") == 0)
		take_addresses("bad name server", value, out->dns, MAX_DNS, dropped);
	else if (strcmp(line, "ntp") == 0)
		take_addresses("bad time server", value, out->ntp, MAX_NTP, dropped);
	else if (strcmp(line, "mtu") == 0)
		take_mtu(value, out, dropped);
	else if (strcmp(line, "domain") == 0)
		take_domain(value, out, dropped);
	else if (strcmp(line, "hostname") == 0)
		take_hostname(value, out, dropped);
}

/* Not 0.0.0.0/8, loopback, multicast or what is above it. */
static bool
is_unicast(uint32_t address)
{
	return address >> 24 != 0 && address >> 24 != 127 && address >> 28 < 14;
}

int
ipconfig_lease(const char *text, struct ipconfig *out, struct strings *dropped)
{
	char *copy = xstrdup(text), *rest = NULL, *line, shown[IPV4_TEXT];

	*out = (struct ipconfig){.how = IP_STATIC};
	for (line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		lease_line(line, out, dropped);
	free(copy);
	if (!is_unicast(out->address)) {
		(void)fail("the lease has no address that a machine can have:", ipv4_text(out->address, shown));
		*out = (struct ipconfig){0};
		return -1;
	}
	if (!out->netmask)
		out->netmask = class_netmask(out->address);
	if (out->route_count)
		out->gateway = 0;
	return 0;
}

bool
ipconfig_equal(const struct ipconfig *a, const struct ipconfig *b)
{
	return a->address == b->address && a->netmask == b->netmask && a->gateway == b->gateway && a->mtu == b->mtu &&
	       memcmp(a->dns, b->dns, sizeof(a->dns)) == 0 && memcmp(a->ntp, b->ntp, sizeof(a->ntp)) == 0 &&
	       a->route_count == b->route_count && memcmp(a->routes, b->routes, a->route_count * sizeof(a->routes[0])) == 0 &&
	       strcmp(a->domain, b->domain) == 0;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20) - 'a' + 10;
	return -1;
}

int
bootif_parse(const char *text, uint8_t mac[6])
{
	uint8_t byte[21]; /* the type of hardware first: 1 is ARPHRD_ETHER, 32 (0x20) ARPHRD_INFINIBAND with 20 bytes */
	size_t count = (strlen(text) + 1) / 3, i;

	if (strlen(text) % 3 != 2 || (count != 6 && count != 7 && count != 9 && count != 21))
		return -1;
	for (i = 0; i < count; i++, text += 3) {
		int high = hex_digit(text[0]), low = hex_digit(text[1]);

		if (high < 0 || low < 0 || !strchr(i + 1 < count ? "-:" : "", text[2]))
			return -1;
		byte[i] = (uint8_t)(high << 4 | low);
	}
	if ((count == 7 && byte[0] != 1 && byte[0] != 0x20) || (count > 7 && byte[0] != 0x20))
		return -1;
	memcpy(mac, byte + count - 6, 6);
	return 0;
}

int
vlan_parse(const char *text, char name[MAX_DEVICE + 1], char device[MAX_DEVICE + 1], unsigned *id)
{
	struct ipconfig vlan = {0}, under = {0};
	char *copy = xstrdup(text), *colon = strchr(copy, ':');
	uint64_t number = 0;
	size_t digits;
	int failed;

	if (colon)
		*colon = '\0';
	failed = !colon || take_device(copy, &vlan) < 0 || take_device(colon + 1, &under) < 0 || !*under.device;
	for (digits = strlen(vlan.device); digits > 0 && strchr("0123456789", vlan.device[digits - 1]); digits--)
		;
	failed = failed || parse_u64(vlan.device + digits + strspn(vlan.device + digits, "0"), MAX_VLAN, &number) < 0 || number == 0;
	free(copy);
	if (failed)
		return -1;
	memcpy(name, vlan.device, sizeof(vlan.device));
	memcpy(device, under.device, sizeof(under.device));
	*id = (unsigned)number;
	return 0;
}

/* "address name name..."; the first name, when the address is the one sought. */
static bool
hosts_line(char *line, uint32_t address, char out[MAX_HOSTNAME + 1])
{
	char *rest = NULL, *word = strtok_r(line, " \t\r", &rest);
	uint32_t found;

	if (!word || parse_ipv4(word, &found) < 0 || found != address)
		return false;
	word = strtok_r(NULL, " \t\r", &rest);
	if (!word || strlen(word) > MAX_HOSTNAME || !is_hostname(word))
		return false;
	memcpy(out, word, strlen(word) + 1);
	return true;
}

bool
hosts_find(const char *text, uint32_t address, char out[MAX_HOSTNAME + 1])
{
	char *copy = xstrdup(text), *rest = NULL, *line;
	bool found = false;

	for (line = strtok_r(copy, "\n", &rest); line && !found; line = strtok_r(NULL, "\n", &rest)) {
		line[strcspn(line, "#")] = '\0';
		found = hosts_line(line, address, out);
	}
	free(copy);
	return found;
}
