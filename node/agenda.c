/* What clients ask of the master: each request in steps, users in turn, and each user's clients in turn.
 * Must never know what is asked. */
#include "node/agenda.h"

#include <stdlib.h>

enum { ENOUGH = 128 * 1024 }; /* bytes that wait for a client: it is sent no more of an answer until it has taken them */

/* The errands of one user that are not asleep. */
struct diary {
	uint32_t uid;
	struct errand *first, **last;
	struct diary *next;
};
static struct diary *diaries, **last_diary = &diaries; /* in turn */
static struct timer again;

static void go_on(struct timer *);

static struct diary *
diary_of(uint32_t uid)
{
	struct diary *d;

	for (d = diaries; d && d->uid != uid; d = d->next)
		;
	if (d)
		return d;
	d = xcalloc(1, sizeof(*d));
	d->uid = uid;
	d->last = &d->first;
	*last_diary = d;
	last_diary = &d->next;
	return d;
}

static void
enter(struct errand *e)
{
	struct diary *d = diary_of(e->client->who.uid);

	e->next = NULL;
	*d->last = e;
	d->last = &e->next;
	if (!again.set)
		loop_timer(&again, 0, go_on, NULL);
}

static void
take_out(struct errand *e)
{
	struct diary *d;
	struct errand **at;

	if (e->asleep)
		return;
	d = diary_of(e->client->who.uid);
	for (at = &d->first; *at != e; at = &(*at)->next)
		;
	*at = e->next;
	if (!e->next)
		d->last = at;
}

static void
errand_free(struct errand *e)
{
	if (e->drop)
		e->drop(e->work);
	e->client->errand = NULL;
	free(e);
}

/* The first user's first errand, which comes last in turn then, as does its user. */
static void
do_step(void)
{
	struct diary *d = diaries;
	struct errand *e = d->first;

	diaries = d->next;
	if (!diaries)
		last_diary = &diaries;
	if (e) {
		d->first = e->next;
		if (!d->first)
			d->last = &d->first;
	}
	if (!d->first) {
		free(d);
	} else {
		d->next = NULL;
		*last_diary = d;
		last_diary = &d->next;
	}
	if (!e)
		return;
	neighbour_touch(e->client);
	if (e->step(e))
		errand_free(e);
	else if (!e->asleep)
		enter(e);
}

static void
go_on(struct timer *t)
{
	bool late = false;

	for (; diaries && !late; late = loop_late())
		do_step();
	if (diaries)
		loop_timer(t, 0, go_on, NULL);
}

void
agenda_add(struct neighbour *client, const struct frame *frame, bool (*step)(struct errand *))
{
	struct errand *e = xcalloc(1, sizeof(*e));

	e->client = client;
	e->frame = *frame;
	e->step = step;
	client->errand = e;
	enter(e);
}

void
agenda_sleep(struct errand *e)
{
	e->asleep = true;
}

void
agenda_wake(struct errand *e)
{
	if (!e->asleep)
		return;
	e->asleep = e->full = false;
	enter(e);
}

static bool
is_full(const struct neighbour *client)
{
	return link_queued(client->link, PRIO_OUTPUT) > ENOUGH;
}

bool
agenda_waits_for_client(struct errand *e)
{
	e->asleep = e->full = is_full(e->client);
	return e->full;
}

void
agenda_client_flushed(struct neighbour *client)
{
	if (client->errand && client->errand->asleep && client->errand->full && !is_full(client))
		agenda_wake(client->errand);
}

void
agenda_client_gone(struct neighbour *client)
{
	if (!client->errand)
		return;
	take_out(client->errand);
	errand_free(client->errand);
}
