/* net: host:port in all its forms. */
#include "unit/tap.h"
#include "link/net.h"

/* "host port", or "-". */
static const char *
parts(const char *text)
{
	static char out[256];
	unsigned port;
	char *host;

	if (net_split(text, 6666, &host, &port) != 0)
		return *net_error() ? "-" : "no reason";
	(void)snprintf(out, sizeof(out), "%s %u", host, port);
	free(host);
	return out;
}

static void
splitting(void)
{
	static const char *const cases[][2] = {{"master", "master 6666"}, {"master:7", "master 7"}, {"10.0.0.1", "10.0.0.1 6666"},
		{"10.0.0.1:65535", "10.0.0.1 65535"}, {"[::1]", "::1 6666"}, {"[::1]:8", "::1 8"}, {"::1", "::1 6666"},
		{"fe80::1:2", "fe80::1:2 6666"}, {"[10.0.0.1]:9", "10.0.0.1 9"}, {"", "-"}, {":7", "-"}, {"[]", "-"}, {"[]:7", "-"},
		{"[::1", "-"}, {"[", "-"}, {"[::1]x", "-"}, {"[::1]7", "-"}, {"[::1]:", "-"}, {"[::1]:x", "-"}, {"master:", "-"},
		{"master:0", "-"}, {"master:65536", "-"}, {"master:-1", "-"}, {"master: 7", "-"}, {"master:7x", "-"},
		{"master:99999999999999999999", "-"}};
	struct address a;
	char *text;
	size_t i;

	for (i = 0; i < COUNT(cases); i++)
		is(parts(cases[i][0]), cases[i][1], *cases[i][0] ? cases[i][0] : "nothing");
	ok(net_numeric("10.1.2.3", 6666, &a) == 0 && !net_is_loopback(&a), "an address in numbers needs no look-up");
	text = net_text(&a);
	is(text, "10.1.2.3:6666", "and is shown so");
	free(text);
	ok(net_numeric("127.9.9.9", 1, &a) == 0 && net_is_loopback(&a), "127.0.0.0/8 is loopback");
	ok(net_numeric("::1", 80, &a) == 0 && net_is_loopback(&a), "so is ::1");
	text = net_text(&a);
	is(text, "[::1]:80", "IPv6 is shown in brackets");
	free(text);
	ok(net_numeric("master", 1, &a) != 0 && net_numeric("10.1.2", 1, &a) != 0 && net_numeric("", 1, &a) != 0, "names are no numbers");
}

int
main(void)
{
	splitting();
	return done();
}
