/* The kernel's ip= syntax, a DHCP lease and BOOTIF=, as values.
 * Must never know a socket, a file or an interface. */
#include "init/ipconfig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FIELDS 10 /* ntp0 is the last one */

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

/* Dotted decimal, all of it. -1 and *out untouched when it is none. */
static int
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
		if (!is_alnum(text[i]) && ((text[i] != '-' && text[i] != '.') || i == 0 || i == len - 1))
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

static int
take_name(const char *what, const char *text, char *out, size_t size)
{
	size_t len = strlen(text);

	if (len >= size || (len > 0 && !is_hostname(text)))
		return fail(what, text);
	memcpy(out, text, len + 1);
	return 0;
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
	} known[] = {{"off", IP_OFF}, {"none", IP_OFF}, {"static", IP_OFF}, {"on", IP_DHCP}, {"any", IP_DHCP}, {"dhcp", IP_DHCP}};
	size_t i;

	for (i = 0; i < COUNT(known) && strcmp(text, known[i].name) != 0; i++)
		;
	if (i == COUNT(known))
		return fail("autoconf is off, none, static, on, any or dhcp, not", text);
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
settle_how(const char *autoconf, struct ipconfig *out)
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

/* One field alone: an address, or what the seventh field would say; nothing at all is off. */
static int
parse_single(const char *text, struct ipconfig *out)
{
	if (!*text)
		return 0;
	if (!strchr(text, '.'))
		return take_autoconf(text, out);
	if (take_address("bad address", text, &out->address) < 0)
		return -1;
	return settle_how("", out);
}

static int
parse_fields(char *const *field, struct ipconfig *out)
{
	if (take_address("bad address", field[0], &out->address) < 0 || take_address("bad server address", field[1], &out->server) < 0 ||
		take_address("bad gateway", field[2], &out->gateway) < 0 || take_netmask(field[3], &out->netmask) < 0 ||
		take_name("bad host name", field[4], out->hostname, sizeof(out->hostname)) < 0 || take_device(field[5], out) < 0 ||
		take_address("bad name server", field[7], &out->dns[0]) < 0 || take_address("bad name server", field[8], &out->dns[1]) < 0)
		return -1;
	return settle_how(field[6], out);
}

static int
parse_by_count(char **field, size_t count, struct ipconfig *out)
{
	static char empty[] = "";

	if (count > MAX_FIELDS)
		return fail("more than ten fields in ip=", field[0]);
	if (count == 1)
		return parse_single(field[0], out);
	if (count == 2 && *field[0] && !strchr(field[0], '.'))
		return take_device(field[0], out) < 0 ? -1 : take_autoconf(field[1], out);
	while (count < MAX_FIELDS)
		field[count++] = empty;
	return parse_fields(field, out);
}

int
ipconfig_parse(const char *text, struct ipconfig *out)
{
	char *copy = xstrdup(text), *field[MAX_FIELDS];
	int failed;

	*out = (struct ipconfig){0};
	if (strchr(text, '['))
		failed = fail("ip= takes IPv4 addresses only, not", text);
	else
		failed = parse_by_count(field, split(copy, field, MAX_FIELDS), out);
	if (failed)
		*out = (struct ipconfig){0};
	free(copy);
	return failed;
}

/* The addresses of a list parted by blanks, as many as there is room for. */
static int
take_addresses(const char *what, char *text, uint32_t *out, size_t room)
{
	char *rest = NULL, *one = strtok_r(text, " ", &rest);
	size_t count = 0;

	for (; one; one = strtok_r(NULL, " ", &rest)) {
		uint32_t address;

		if (parse_ipv4(one, &address) < 0)
			return fail(what, one);
		if (count < room)
			out[count++] = address;
	}
	return 0;
}

static int
lease_line(char *line, struct ipconfig *out)
{
	char *value = strchr(line, '=');

	if (!value)
		return 0;
	*value++ = '\0';
	if (strcmp(line, "ip") == 0)
		return take_address("bad address in the lease", value, &out->address);
	if (strcmp(line, "subnet") == 0)
		return take_netmask(value, &out->netmask);
	if (strcmp(line, "router") == 0)
		return take_addresses("bad router in the lease", value, &out->gateway, 1);
	if (strcmp(line, "dns") == 0)
		return take_addresses("bad name server in the lease", value, out->dns, MAX_DNS);
	if (strcmp(line, "domain") == 0)
		return take_name("bad domain in the lease", value, out->domain, sizeof(out->domain));
	if (strcmp(line, "hostname") == 0)
		return take_name("bad host name in the lease", value, out->hostname, sizeof(out->hostname));
	return 0;
}

int
ipconfig_lease(const char *text, struct ipconfig *out)
{
	char *copy = xstrdup(text), *rest = NULL, *line;
	int failed = 0;

	*out = (struct ipconfig){.how = IP_STATIC};
	for (line = strtok_r(copy, "\n", &rest); line && !failed; line = strtok_r(NULL, "\n", &rest))
		failed = lease_line(line, out);
	free(copy);
	if (!failed && (!out->address || !out->netmask))
		failed = fail("the lease lacks", out->address ? "subnet" : "ip");
	if (failed)
		*out = (struct ipconfig){0};
	return failed;
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
	uint8_t byte[7]; /* the type of hardware first: 1 is ARPHRD_ETHER */
	size_t i;

	if (strlen(text) != 3 * COUNT(byte) - 1)
		return -1;
	for (i = 0; i < COUNT(byte); i++, text += 3) {
		int high = hex_digit(text[0]), low = hex_digit(text[1]);

		if (high < 0 || low < 0 || !strchr(i + 1 < COUNT(byte) ? "-:" : "", text[2]))
			return -1;
		byte[i] = (uint8_t)(high << 4 | low);
	}
	if (byte[0] != 1)
		return -1;
	memcpy(mac, byte + 1, 6);
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
