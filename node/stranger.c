/* Connections whose peer has not yet said who it is: bounded in number and time, fair to each address, told of once.
 * Must never know what they will turn out to be. */
#include "node/stranger.h"
#include "base/often.h"
#include "node/self.h"

#include <stdlib.h>
#include <string.h>

enum {
	MAX_STRANGERS = 256, /* a thousand nodes that come at once get in by turns; each stranger costs about two KiB */
	STRANGER_MS = 10000, /* what each may take */
	LOOK_MS = 1000,	     /* between looks for those that have taken longer */
	BUCKETS = 1024,	     /* of addresses; two in one only share their fate */
	MAX_TOLD = 16,	     /* different reasons told a minute, so that strangers can't fill the log */
	TOLD_PACE_MS = 60000,
};

static struct timer look;

/* A reason that was told, with the host it was told of. */
static struct told {
	char *text;
	uint64_t first, last;
} told[MAX_TOLD];

static size_t
bucket_of(const struct neighbour *n)
{
	return (size_t)((link_origin(n->link) * 0x9e3779b97f4a7c15u ^ self.boot) * 0xbf58476d1ce4e5b9u >> 54) % BUCKETS;
}

/* The one to go: NULL when there is none. */
static struct neighbour *
least_welcome(size_t *count)
{
	uint16_t with[BUCKETS] = {0};
	struct neighbour *n, *worst = NULL;
	enum link_proof least = LINK_PROVED;

	*count = 0;
	for (n = self.neighbours; n; n = n->next)
		if (n->kind == NB_NEW && !link_dead(n->link)) {
			++*count;
			if (link_proof(n->link) < least)
				least = link_proof(n->link);
		}
	for (n = self.neighbours; n; n = n->next)
		if (n->kind == NB_NEW && !link_dead(n->link) && link_proof(n->link) == least)
			with[bucket_of(n)]++;
	/* The list is newest first. */
	for (n = self.neighbours; n; n = n->next)
		if (n->kind == NB_NEW && !link_dead(n->link) && link_proof(n->link) == least &&
			(!worst || with[bucket_of(n)] >= with[bucket_of(worst)]))
			worst = n;
	return worst;
}

static void
look_is_due(struct timer *t)
{
	struct neighbour *n;
	uint64_t now = now_ms();
	bool more = false;

	for (n = self.neighbours; n; n = n->next) {
		if (n->kind != NB_NEW || link_dead(n->link))
			continue;
		if (now - n->born >= STRANGER_MS)
			neighbour_kill(n, "it did not say who it is");
		else
			more = true;
	}
	if (more)
		loop_timer(t, LOOK_MS, look_is_due, NULL);
}

bool
stranger_give_way(void)
{
	size_t count;
	struct neighbour *n = least_welcome(&count);

	if (n)
		neighbour_kill(n, "others came before it said who it is");
	return n != NULL;
}

void
stranger_came(void)
{
	size_t count;
	struct neighbour *n = least_welcome(&count);

	if (count > MAX_STRANGERS)
		neighbour_kill(n, "others came before it said who it is");
	if (!look.set)
		loop_timer(&look, LOOK_MS, look_is_due, NULL);
}

/* Where that text is kept, or where it may be: NULL when too much was told in the last minute. */
static struct told *
place_for(const char *text, uint64_t now)
{
	struct told *oldest = &told[0], *t;

	for (t = told; t < told + MAX_TOLD; t++) {
		if (t->text && strcmp(t->text, text) == 0)
			return t;
		if (!t->text || (oldest->text && t->last < oldest->last))
			oldest = t;
	}
	return oldest->text && now - oldest->first < TOLD_PACE_MS ? NULL : oldest;
}

void
stranger_gone(const struct neighbour *n, const char *why)
{
	char *host = neighbour_host(n), *text = xasprintf("%s: %s", host, why);
	uint64_t now = now_ms();
	struct told *t = link_proof(n->link) == LINK_REFUSED ? place_for(text, now) : NULL;

	free(host);
	if (!t) {
		note(1, "%s", text);
		free(text);
		return;
	}
	refuse_often("no link from %s", text);
	if (!t->text || strcmp(t->text, text) != 0) {
		free(t->text);
		*t = (struct told){.text = xstrdup(text), .first = now};
	}
	t->last = now;
	free(text);
}
