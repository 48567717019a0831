/* What clients ask the master about jobs: which there are, a signal for one, its output.
 * Must never know how a job runs. */
#include "node/roll.h"
#include "node/access.h"
#include "node/agenda.h"
#include "node/choose.h"
#include "node/head.h"
#include "node/record.h"
#include "nodespec.h"
#include "proto.h"

#include <stdlib.h>

/* ---- ps ---- */

static void
show(struct neighbour *client, const struct record *r, const char *state)
{
	struct buf body = {0};
	struct msg_ps m;

	record_ps(r, &m);
	m.state = state ? state : "ended";
	put_ps(&body, &m);
	record_ps_free(&m);
	neighbour_post(client, PRIO_OUTPUT, MSG_PS, r->id, &body);
}

struct listing {
	bool all;
	uint64_t last; /* serial number of the job that was looked at last */
};

static struct listing *
listing_new(struct errand *e)
{
	struct listing *listing;
	struct msg_ps_ask m;

	if (take_ps_ask(e->frame.body, e->frame.len, &m) != 0) {
		neighbour_send_error(e->client, 255, "the master can't read this request");
		return NULL;
	}
	e->work = listing = xmalloc(sizeof(*listing));
	e->drop = free;
	*listing = (struct listing){.all = m.all, .last = UINT64_MAX};
	return listing;
}

/* One job a step, the newest first. */
static bool
ps_step(struct errand *e)
{
	struct listing *listing = e->work;
	const struct record *r;
	const char *state;

	if (!listing && !(listing = listing_new(e)))
		return true;
	if (agenda_waits_for_client(e))
		return false;
	r = record_before(listing->last);
	if (!r) {
		neighbour_send(e->client, PRIO_OUTPUT, MSG_OK, 0, NULL);
		return true;
	}
	listing->last = r->serial;
	state = head_state(r->id);
	if (state || listing->all)
		show(e->client, r, state);
	return false;
}

void
roll_on_ps(struct neighbour *client, const struct frame *frame)
{
	agenda_add(client, frame, ps_step);
}

/* ---- one job ---- */

/* The job that is meant, which must be the asker's to deal with; else NULL, and the client has been told why. */
static struct record *
find(struct neighbour *client, const char *job, const char *act)
{
	struct record *r = record_find(job, client->who.uid);

	if (!r) {
		neighbour_send_error(client, 255, "%s", record_error());
		return NULL;
	}
	if (r->uid == client->who.uid || access_is_chief(client->who.uid))
		return r;
	neighbour_send_error(client, 255, "job %s is user %u's: only they and root may %s it", job, r->uid, act);
	return NULL;
}

/* A kill for some nodes, which are being chosen; its texts are the frame's. */
struct killing {
	struct msg_kill m;
	struct choosing *choosing;
};

static void
killing_free(void *what)
{
	struct killing *k = what;

	choosing_free(k->choosing);
	free(k);
}

static struct record *
find_running(struct neighbour *client, const char *job)
{
	struct record *r = find(client, job, "signal");

	if (!r || head_state(r->id))
		return r;
	neighbour_send_error(client, 255, "job %s has ended", r->text);
	return NULL;
}

/* Those of the choice that have a part in the job. */
static void
kill_chosen(struct neighbour *client, const struct msg_kill *m, const struct choice *c)
{
	struct record *r = find_running(client, m->job);
	size_t i, reached = 0;

	if (!r)
		return;
	for (i = 0; i < c->count; i++)
		reached += head_kill_one(r->id, &c->paths[i], m->signal);
	if (reached == 0)
		neighbour_send_error(client, 255, "-only=%s selects no node of job %s that is up", m->only, r->text);
	else if (*c->left.missing || *c->left.down || *c->left.refused)
		neighbour_send_error(client, 255, "job %s was signalled, but not on %s%s%s%s%s, which %s not up", r->text, c->left.missing,
			*c->left.missing && *c->left.down ? "," : "", c->left.down,
			*c->left.refused && (*c->left.missing || *c->left.down) ? "," : "", c->left.refused, "are");
	else
		neighbour_send(client, PRIO_OUTPUT, MSG_OK, 0, NULL);
}

static void
kill_all(struct neighbour *client, const struct msg_kill *m)
{
	struct record *r = find_running(client, m->job);

	if (!r)
		return;
	head_kill(r->id, m->signal);
	neighbour_send(client, PRIO_OUTPUT, MSG_OK, 0, NULL);
}

static bool
choose_step(struct errand *e)
{
	struct killing *k = e->work;
	enum choosing_state state;
	struct choice c;

	state = choosing_go(k->choosing, &c);
	if (state == CHOOSING)
		return false;
	if (state == CHOSEN_BADLY) {
		neighbour_send_error(e->client, 2, "%s", nodespec_error());
		return true;
	}
	kill_chosen(e->client, &k->m, &c);
	choice_free(&c);
	return true;
}

static bool
kill_step(struct errand *e)
{
	struct killing *k;
	struct msg_kill m;

	if (e->work)
		return choose_step(e);
	if (take_kill(e->frame.body, e->frame.len, &m) != 0 || m.signal == 0 || m.signal > 64) {
		neighbour_send_error(e->client, 255, "the master can't read this request");
		return true;
	}
	if (!*m.only) {
		kill_all(e->client, &m);
		return true;
	}
	k = xcalloc(1, sizeof(*k));
	k->m = m;
	k->choosing = choosing_new(&e->client->who, m.only, "", "");
	e->work = k;
	e->drop = killing_free;
	return false;
}

void
roll_on_kill(struct neighbour *client, const struct frame *frame)
{
	agenda_add(client, frame, kill_step);
}

/* ---- attach ---- */

static bool
attach_step(struct errand *e)
{
	struct neighbour *client = e->client;
	struct msg_attach m;
	struct record *r;

	if (take_attach(e->frame.body, e->frame.len, &m) != 0 || m.generation != PROTO_GENERATION) {
		neighbour_send_error(client, 255, "the master can't read this request: is gproc of the same version on both sides?");
		return true;
	}
	r = find(client, m.job, m.figures ? "look at" : "attach to");
	if (!r)
		return true;
	show(client, r, head_state(r->id));
	head_read(client, r, &m);
	return true;
}

void
roll_on_attach(struct neighbour *client, const struct frame *frame)
{
	agenda_add(client, frame, attach_step);
}
