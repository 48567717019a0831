/* Links between nodes that feed each other large contents, beside the tree's: dialled when needed, remembered where that fails.
 * Must never know what is asked for over them. */
#include "node/sibling.h"
#include "link/net.h"
#include "node/self.h"

#include <stdlib.h>
#include <string.h>

enum {
	REACH_MS = 1000,  /* until the key is proved: a node that is there and not busy takes a hundredth of that */
	AVOID_MS = 60000, /* behind a NAT it will not be reached then either; a node that was started anew will */
	MAX_AVOIDED = 16, /* a node mostly has one before it */
};

static struct avoided {
	char *address;
	uint64_t until;
} avoided[MAX_AVOIDED];
static size_t next_avoided;
static struct timer reach;

static bool
is_avoided(const char *address)
{
	const struct avoided *a;

	for (a = avoided; a < avoided + MAX_AVOIDED; a++)
		if (a->address && loop_now() < a->until && strcmp(a->address, address) == 0)
			return true;
	return false;
}

void
sibling_avoid(const struct neighbour *n)
{
	struct avoided *a = &avoided[next_avoided++ % MAX_AVOIDED];

	if (is_avoided(n->dialled))
		return;
	free(a->address);
	*a = (struct avoided){xstrdup(n->dialled), loop_now() + AVOID_MS};
}

void
sibling_gone(const struct neighbour *n, const char *why)
{
	note(1, "no more contents from %s: %s", n->dialled, why);
	if (link_proof(n->link) != LINK_PROVED)
		sibling_avoid(n);
}

static void
reach_is_due(struct timer *t)
{
	struct neighbour *n;
	bool more = false;

	for (n = self.neighbours; n; n = n->next) {
		if (n->kind != NB_SOURCE || link_dead(n->link) || link_ready(n->link))
			continue;
		if (now_ms() - n->born >= REACH_MS && !link_waits(n->link)) /* what it said may not have been read yet */
			neighbour_kill(n, "no answer");
		else
			more = true;
	}
	if (more)
		loop_timer(t, REACH_MS / 4, reach_is_due, NULL);
}

/* Nothing is gained on one machine, whose links are all one memory. */
static bool
is_far(const char *text, struct address *out)
{
	unsigned port;
	char *host;
	bool far;

	if (!self.parent || link_is_loopback(self.parent->link) || net_split(text, 1, &host, &port) != 0)
		return false;
	far = net_numeric(host, port, out) == 0 && !net_is_loopback(out) && !net_is_here(out);
	free(host);
	return far;
}

static struct neighbour *
dial(const char *text)
{
	struct address address;
	struct neighbour *n;
	int fd;

	if (!is_far(text, &address) || (fd = net_dial(&address)) < 0)
		return NULL;
	n = neighbour_new(link_new(fd, &self.keys, true), NB_SOURCE);
	n->dialled = xstrdup(text);
	link_set_patience(n->link, self.heartbeat);
	if (!reach.set)
		loop_timer(&reach, REACH_MS / 4, reach_is_due, NULL);
	return n;
}

struct neighbour *
sibling_at(const char *address)
{
	struct neighbour *n;

	if (!*address || self.ending || is_avoided(address))
		return NULL;
	for (n = self.neighbours; n; n = n->next)
		if (n->kind == NB_SOURCE && !link_dead(n->link) && strcmp(n->dialled, address) == 0)
			return n;
	return dial(address);
}

void
sibling_came(struct neighbour *n)
{
	n->kind = NB_ASKER;
	link_set_patience(n->link, self.heartbeat);
}

/* The one that asks ends an idle link after a heartbeat; it may be gone without a word. */
void
sibling_tick(void)
{
	struct neighbour *n;

	for (n = self.neighbours; n; n = n->next)
		if (n->kind == NB_ASKER && !n->streams.first && !n->parked.first && link_silence(n->link) >= 2 * (uint64_t)self.heartbeat)
			neighbour_kill(n, "it asks for nothing");
}
