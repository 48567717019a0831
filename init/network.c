/* The network of a node as its kernel command line wants it, kept so: which interfaces, whose lease, and what is done when it goes.
 * Must never know what the network is for. */
#include "init/network.h"

#include "base/often.h"
#include "init/cmdline.h"
#include "init/dhcp.h"
#include "init/netdev.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	LOOK_MS = 1000,	      /* between looks at the interfaces while there is no address; netlink tells of changes beside that */
	CARRIER_MS = 8000,    /* from then on an interface without a carrier will do: some never show one */
	MISSING_MS = 10000,   /* so long a device that is named may take to appear before any other will do */
	LOST_MS = 5000,	      /* a cable that is out for less is a switch that restarts */
	ANSWER_TRIES = 24,    /* how often the way to the gateway is sought anew, LOST_MS apart, when no host answered */
	MAX_PAUSE_MS = 30000, /* between starts of a DHCP client that ends */
	FIRST_PAUSE_MS = 1000,
	MAX_WANTED = 16,
};

/* An interface. */
struct port {
	char name[MAX_DEVICE + 1];
	struct dhcp dhcp;
	uint64_t dhcp_at, pause; /* when the next client may start, and how long after its end; milliseconds */
	struct ipconfig has;	 /* what it was given; address 0: nothing */
	bool expired;		 /* its lease has ended: it keeps the address until there is another */
	bool silent_told;	 /* that no server answers */
	bool unanswered;	 /* static: no host answered for the gateway on any interface, so this one was a guess */
	uint64_t lost;		 /* when its carrier went; 0: it has one */
};

static struct {
	void (*ready)(void *, const struct ipconfig *);
	void *owner;
	struct ipconfig wanted[MAX_WANTED]; /* of ip=, one for each device that is named, and at most one for any */
	bool missing_told[MAX_WANTED];
	size_t wanted_count;
	struct strings vlans; /* vlan= */
	uint32_t master;      /* -myParent where that is an address */
	uint8_t mac[6];	      /* BOOTIF= */
	bool has_mac, any_mac;
	struct port *ports[MAX_PORTS];
	size_t port_count;
	int events; /* netlink; -1: there is none, so interfaces are looked at every second */
	bool has_ipv6, vlans_told;
	unsigned answer_tries;
	uint64_t begun, look_at;
} net; /* all zero until network_begin, so that the binary does not carry it */

/* ---- which interfaces ---- */

static struct port *
port_named(const char *name)
{
	size_t i;

	for (i = 0; i < net.port_count; i++)
		if (strcmp(net.ports[i]->name, name) == 0)
			return net.ports[i];
	return NULL;
}

/* All there are, for a message. Caller frees. */
static char *
names_text(void)
{
	char *text = xstrdup("");
	size_t i;

	for (i = 0; i < net.port_count; i++) {
		char *more = xasprintf("%s%s%s", text, i ? ", " : "", net.ports[i]->name);

		free(text);
		text = more;
	}
	return text;
}

static struct ipconfig *
wanted_for(const struct port *p)
{
	size_t i;

	for (i = 0; i < net.wanted_count; i++)
		if (strcmp(net.wanted[i].device, p->name) == 0)
			return &net.wanted[i];
	return NULL;
}

/* What is wanted of whichever interface can have it; NULL: nothing. */
static struct ipconfig *
wanted_of_any(void)
{
	size_t i;

	for (i = 0; i < net.wanted_count; i++)
		if (!*net.wanted[i].device)
			return &net.wanted[i];
	return NULL;
}

static struct ipconfig *
want(const struct ipconfig *config)
{
	struct ipconfig *old = NULL;
	size_t i;

	for (i = 0; i < net.wanted_count && !old; i++)
		if (strcmp(net.wanted[i].device, config->device) == 0)
			old = &net.wanted[i];
	if (!old && net.wanted_count == MAX_WANTED)
		return NULL;
	if (old && !*config->device)
		warn("ip=: only one can be for any interface; the last one counts");
	old = old ? old : &net.wanted[net.wanted_count++];
	*old = *config;
	return old;
}

/* An interface of those out of which one is to be found. */
static bool
is_in_pool(const struct port *p)
{
	return !wanted_for(p) && (!net.has_mac || net.any_mac || netdev_has_mac(p->name, net.mac));
}

static bool
may_be_without_carrier(void)
{
	return now_ms() - net.begun >= CARRIER_MS;
}

static bool
has_way(const struct port *p)
{
	return netdev_has_carrier(p->name) || may_be_without_carrier();
}

static bool
is_served(const struct port *p)
{
	return p->has.address && !p->expired && (!p->lost || now_ms() - p->lost < LOST_MS);
}

static bool
pool_is_served(void)
{
	size_t i;

	for (i = 0; i < net.port_count; i++)
		if (is_in_pool(net.ports[i]) && is_served(net.ports[i]))
			return true;
	return net.has_ipv6;
}

/* ---- addresses ---- */

static void
warn_dropped(const char *where, struct strings *dropped)
{
	size_t i;

	for (i = 0; i < dropped->count; i++)
		warn("%s: %s", where, dropped->at[i]);
	strings_free(dropped);
}

/* Another interface has the address now. */
static void
retire(struct port *p)
{
	dhcp_stop(&p->dhcp);
	p->dhcp_at = 0;
	if (p->has.address)
		netdev_clear(p->name, &p->has);
	p->has = (struct ipconfig){0};
	p->expired = false;
}

static void
retire_others(const struct port *p)
{
	size_t i;

	for (i = 0; i < net.port_count; i++)
		if (net.ports[i] != p && is_in_pool(net.ports[i]))
			retire(net.ports[i]);
}

/* What it has already is no news, but may end a time in which its lease was over and the others were asked. */
static void
give(struct port *p, const struct ipconfig *config)
{
	bool same = p->has.address && ipconfig_equal(&p->has, config);
	char address[IPV4_TEXT], netmask[IPV4_TEXT];
	struct strings dropped = {0};

	p->expired = p->silent_told = false;
	if (!same && netdev_configure(p->name, config, p->has.address ? &p->has : NULL, &dropped) < 0) {
		warn("%s: %s", p->name, netdev_error());
		strings_free(&dropped);
		return;
	}
	if (is_in_pool(p))
		retire_others(p);
	if (same)
		return;
	p->has = *config;
	warn("%s has address %s, netmask %s", p->name, ipv4_text(config->address, address), ipv4_text(config->netmask, netmask));
	warn_dropped(p->name, &dropped);
	net.ready(net.owner, config);
}

/* ---- DHCP ---- */

static void
plan_client(struct port *p)
{
	p->pause = p->pause * 2 > MAX_PAUSE_MS ? MAX_PAUSE_MS : p->pause * 2;
	p->dhcp_at = now_ms() + p->pause;
}

static void
start_client(struct port *p, const struct ipconfig *wanted)
{
	if (p->dhcp.pid || now_ms() < p->dhcp_at)
		return;
	p->dhcp_at = 0;
	if (dhcp_start(&p->dhcp, p->name, wanted->hostname) < 0) {
		warn_often(1, "%s: can't start a DHCP client: %s", p->name, strerror(errno));
		plan_client(p);
	}
}

static void
lease_event(struct port *p, const char *text)
{
	struct strings dropped = {0};
	struct ipconfig config;

	if (has_prefix(text, "event=leasefail\n") && !p->silent_told) {
		warn("network: no DHCP server answers on %s", p->name);
		p->silent_told = true;
	}
	if (has_prefix(text, "event=deconfig\n") && p->has.address) {
		p->expired = true;
		net.look_at = now_ms();
	}
	if (!has_prefix(text, "event=bound\n") && !has_prefix(text, "event=renew\n"))
		return;
	p->pause = FIRST_PAUSE_MS;
	if (ipconfig_lease(text, &config, &dropped) < 0) {
		warn("%s: %s", p->name, ipconfig_error());
	} else {
		if (p->has.address && ipconfig_equal(&p->has, &config)) /* told when it came first */
			strings_free(&dropped);
		give(p, &config);
	}
	warn_dropped(p->name, &dropped);
}

static void
take_leases(struct port *p)
{
	const char *event;

	dhcp_read(&p->dhcp);
	while (p->dhcp.pid && (event = dhcp_next(&p->dhcp)))
		lease_event(p, event);
}

void
network_child_ended(pid_t pid)
{
	size_t i;

	for (i = 0; i < net.port_count; i++) {
		struct port *p = net.ports[i];

		if (p->dhcp.pid != pid)
			continue;
		take_leases(p);
		p->dhcp.pid = 0;
		dhcp_stop(&p->dhcp);
		plan_client(p);
		warn_often(1, "%s: the DHCP client has ended; starting it again in %u s", p->name, (unsigned)(p->pause / 1000));
	}
}

void
network_forget_clients(void)
{
	size_t i;

	for (i = 0; i < net.port_count; i++) {
		net.ports[i]->dhcp.pid = 0;
		dhcp_stop(&net.ports[i]->dhcp);
	}
}

/* ---- static addresses ---- */

static uint32_t
sought_by(const struct ipconfig *wanted)
{
	uint32_t near = wanted->gateway ? wanted->gateway : wanted->server ? wanted->server : net.master;

	return (near & wanted->netmask) == (wanted->address & wanted->netmask) ? near : 0;
}

/* Out of those with a carrier the one on which the gateway or the master answers; else one with hardware behind it. */
static struct port *
best_port(const struct ipconfig *wanted, bool *answered)
{
	struct strings names = {0};
	struct port *best = NULL;
	uint32_t sought = sought_by(wanted);
	size_t i;
	int found = -1;

	for (i = 0; i < net.port_count; i++)
		if (is_in_pool(net.ports[i]) && netdev_has_carrier(net.ports[i]->name))
			strings_add(&names, net.ports[i]->name);
	for (i = 0; names.count == 0 && may_be_without_carrier() && i < net.port_count; i++)
		if (is_in_pool(net.ports[i]))
			strings_add(&names, net.ports[i]->name);
	*answered = names.count < 2 || !sought;
	if (!*answered)
		found = netdev_ask(&names, wanted->address, sought);
	*answered = *answered || found >= 0;
	for (i = 0; found < 0 && i < names.count; i++)
		if (!best || (!netdev_is_hardware(best->name) && netdev_is_hardware(names.at[i])))
			best = port_named(names.at[i]);
	if (found >= 0)
		best = port_named(names.at[found]);
	strings_free(&names);
	return best;
}

static void
find_static(const struct ipconfig *wanted)
{
	bool answered;
	struct port *p = best_port(wanted, &answered);

	if (!p)
		return;
	p->unanswered = !answered;
	if (!p->has.address)
		give(p, wanted);
}

/* ---- looking at the interfaces ---- */

static void
add_port(const char *name)
{
	struct port *p;

	if (net.port_count == MAX_PORTS || strlen(name) > MAX_DEVICE)
		return;
	p = xcalloc(1, sizeof(*p));
	memcpy(p->name, name, strlen(name) + 1);
	p->dhcp.report = -1;
	p->pause = FIRST_PAUSE_MS;
	net.ports[net.port_count++] = p;
	/* An address that is there at the start is from a kernel with CONFIG_IP_PNP, or from a program that ran before. */
	if (now_ms() - net.begun < LOOK_MS)
		p->has.address = netdev_address(name);
	if (netdev_up(name) < 0)
		warn("%s", netdev_error());
	if (p->has.address)
		net.ready(net.owner, &(struct ipconfig){.how = IP_STATIC, .address = p->has.address});
}

static void
remove_port(size_t at)
{
	struct port *p = net.ports[at];

	if (p->has.address)
		warn("%s is gone", p->name);
	dhcp_stop(&p->dhcp);
	free(p);
	net.ports[at] = net.ports[--net.port_count];
}

static void
make_vlans(void)
{
	char name[MAX_DEVICE + 1], device[MAX_DEVICE + 1];
	unsigned id;
	size_t i;

	for (i = 0; i < net.vlans.count; i++) {
		if (vlan_parse(net.vlans.at[i], name, device, &id) < 0 || netdev_exists(name) || !netdev_exists(device))
			continue;
		if (netdev_vlan(name, device, id) < 0 && !net.vlans_told) {
			warn("%s", netdev_error());
			net.vlans_told = true;
		}
	}
}

static void
see_ports(void)
{
	struct strings names = {0};
	size_t i;

	make_vlans();
	netdev_names(&names);
	for (i = net.port_count; i-- > 0;)
		if (!strings_has(&names, net.ports[i]->name))
			remove_port(i);
	for (i = 0; i < names.count; i++)
		if (!port_named(names.at[i]))
			add_port(names.at[i]);
	for (i = 0; i < net.port_count; i++) {
		struct port *p = net.ports[i];

		if (netdev_has_carrier(p->name))
			p->lost = 0;
		else if (!p->lost)
			p->lost = now_ms();
	}
	strings_free(&names);
}

/* A device or an address that is named and does not come: any other will do then. */
static void
see_missing(void)
{
	char *there = names_text();
	bool has_mac = false;
	size_t i;

	for (i = 0; i < net.port_count && net.has_mac; i++)
		has_mac = has_mac || netdev_has_mac(net.ports[i]->name, net.mac);
	if (net.has_mac && !has_mac && !net.any_mac) {
		warn("no interface has the address that BOOTIF= names (there are: %s): any will do", *there ? there : "none");
		net.any_mac = true;
	}
	for (i = 0; i < net.wanted_count; i++) {
		struct ipconfig instead = net.wanted[i];

		if (!*net.wanted[i].device || port_named(net.wanted[i].device) || net.missing_told[i])
			continue;
		net.missing_told[i] = true;
		warn("ip=: there is no interface %s (there are: %s)%s", instead.device, *there ? there : "none",
			wanted_of_any() ? "" : ": any will do");
		instead.device[0] = '\0';
		if (!wanted_of_any())
			(void)want(&instead);
	}
	free(there);
}

static void
serve(struct port *p, const struct ipconfig *wanted)
{
	if (wanted->how == IP_DHCP)
		start_client(p, wanted);
	else if (wanted->how == IP_STATIC && !p->has.address)
		give(p, wanted);
}

static void
serve_pool(const struct ipconfig *wanted)
{
	size_t i;

	if (wanted->how == IP_STATIC)
		find_static(wanted);
	for (i = 0; wanted->how == IP_DHCP && i < net.port_count; i++)
		if (is_in_pool(net.ports[i]) && (has_way(net.ports[i]) || net.ports[i]->has.address))
			start_client(net.ports[i], wanted);
}

static void
see_ipv6(void)
{
	size_t i;

	for (i = 0; i < net.port_count && !net.has_ipv6; i++) {
		const struct ipconfig *wanted = wanted_for(net.ports[i]);

		wanted = wanted ? wanted : wanted_of_any();
		if (!wanted || wanted->how != IP_AUTO6 || !netdev_has_ipv6(net.ports[i]->name))
			continue;
		net.has_ipv6 = true;
		warn("%s has an IPv6 address", net.ports[i]->name);
		net.ready(net.owner, &(struct ipconfig){.how = IP_AUTO6});
	}
}

/* A static address whose interface was a guess: a host may answer by now, on another one. */
static void
seek_answer(const struct ipconfig *wanted)
{
	struct port *guess = NULL, *p;
	bool answered;
	size_t i;

	for (i = 0; i < net.port_count && !guess; i++)
		guess = net.ports[i]->unanswered && net.ports[i]->has.address ? net.ports[i] : NULL;
	if (!guess || wanted->how != IP_STATIC || net.answer_tries++ >= ANSWER_TRIES)
		return;
	p = best_port(wanted, &answered);
	if (!p || !answered)
		return;
	guess->unanswered = false;
	if (p != guess)
		give(p, wanted);
}

static bool
has_guess(void)
{
	size_t i;

	for (i = 0; i < net.port_count; i++)
		if (net.ports[i]->unanswered && net.answer_tries < ANSWER_TRIES)
			return true;
	return false;
}

/* When to look again without being told: soon while something is missing, else when a cable has been out for long enough. */
static uint64_t
next_look(bool complete)
{
	uint64_t now = now_ms(), next = 0;
	size_t i;

	if (!complete || net.events < 0)
		return now + LOOK_MS;
	if (has_guess())
		return now + LOST_MS;
	for (i = 0; i < net.port_count; i++)
		if (net.ports[i]->has.address && net.ports[i]->lost && now - net.ports[i]->lost < LOST_MS)
			next = net.ports[i]->lost + LOST_MS;
	return next;
}

static void
look(void)
{
	struct ipconfig *any;
	bool complete = true;
	size_t i;

	see_ports();
	if (now_ms() - net.begun >= MISSING_MS)
		see_missing();
	for (i = 0; i < net.port_count; i++) {
		struct ipconfig *wanted = wanted_for(net.ports[i]);

		if (!wanted)
			continue;
		serve(net.ports[i], wanted);
		complete = complete && (net.ports[i]->has.address || net.has_ipv6);
	}
	for (i = 0; i < net.wanted_count; i++)
		complete = complete && (!*net.wanted[i].device || port_named(net.wanted[i].device));
	any = wanted_of_any();
	if (any && !pool_is_served())
		serve_pool(any);
	else if (any)
		seek_answer(any);
	see_ipv6();
	net.look_at = next_look(complete && (!any || pool_is_served()));
}

/* ---- the face ---- */

/* eth0.5 names its own VLAN, where no vlan= does. */
static void
note_vlan(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (dot && dot != name)
		strings_take(&net.vlans, xasprintf("%s:%.*s", name, (int)(dot - name), name));
}

static void
read_ip(const char *value)
{
	struct strings dropped = {0};
	struct ipconfig config;

	if (ipconfig_parse(value, &config, &dropped) < 0) {
		warn("ip=: %s; asking for an address by DHCP instead", ipconfig_error());
		config = (struct ipconfig){.how = IP_DHCP};
	}
	warn_dropped("ip=", &dropped);
	if (config.how == IP_OFF)
		return;
	if (!want(&config))
		warn("ip=: more than %d interfaces are named; %s is left out", MAX_WANTED, config.device);
	note_vlan(config.device);
}

static void
read_words(const struct strings *words)
{
	const char *value = cmdline_value(words, "BOOTIF"), *parent = cmdline_value(words, "gproc.myParent");
	size_t i;

	for (i = 0; i < words->count; i++) {
		char name[MAX_DEVICE + 1], device[MAX_DEVICE + 1];
		unsigned id;

		if (has_prefix(words->at[i], "ip="))
			read_ip(words->at[i] + 3);
		else if (has_prefix(words->at[i], "vlan=") && vlan_parse(words->at[i] + 5, name, device, &id) == 0)
			strings_add(&net.vlans, words->at[i] + 5);
		else if (has_prefix(words->at[i], "vlan="))
			warn("\"%s\" is none: vlan=eth0.5:eth0", words->at[i]);
	}
	net.has_mac = value && bootif_parse(value, net.mac) == 0;
	if (value && *value && !net.has_mac)
		warn("BOOTIF=%s is no Ethernet address: any interface will do", value);
	if (parent)
		(void)parse_ipv4(parent, &net.master);
}

void
network_begin(const struct strings *words, void (*ready)(void *owner, const struct ipconfig *), void *owner)
{
	net.ready = ready;
	net.owner = owner;
	net.begun = now_ms();
	net.events = -1;
	read_words(words);
	if (net.wanted_count == 0) {
		ready(owner, &(struct ipconfig){0});
		return;
	}
	net.events = netdev_events();
	net.look_at = now_ms();
}

const char *
network_hostname(void)
{
	size_t i;

	for (i = 0; i < net.wanted_count; i++)
		if (*net.wanted[i].hostname)
			return net.wanted[i].hostname;
	return "";
}

size_t
network_fds(struct pollfd out[MAX_NETWORK_FDS])
{
	size_t i;

	out[0] = (struct pollfd){.fd = net.events, .events = POLLIN};
	for (i = 0; i < net.port_count; i++)
		out[i + 1] = (struct pollfd){.fd = net.ports[i]->dhcp.report, .events = POLLIN};
	return net.port_count + 1;
}

uint64_t
network_next(void)
{
	uint64_t next = net.look_at;
	size_t i;

	for (i = 0; i < net.port_count; i++)
		if (net.ports[i]->dhcp_at && (!next || net.ports[i]->dhcp_at < next))
			next = net.ports[i]->dhcp_at;
	return next;
}

void
network_turn(void)
{
	struct pollfd now[MAX_NETWORK_FDS];
	size_t count = network_fds(now), i;
	uint64_t next = network_next();

	if (poll(now, count, 0) > 0) {
		for (i = 1; i < count; i++)
			if (now[i].revents)
				take_leases(net.ports[i - 1]);
		if (now[0].revents) {
			netdev_drain(net.events);
			net.look_at = now_ms();
		}
	}
	if ((next && next <= now_ms()) || (net.look_at && net.look_at <= now_ms()))
		look();
}
