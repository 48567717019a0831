/* What a client asks the master about its nodes, and its orders to halt or reboot them.
 * Must never know launches. */
#include "node/answer.h"
#include "node/access.h"
#include "node/agenda.h"
#include "node/choose.h"
#include "node/health.h"
#include "node/renew.h"
#include "node/self.h"
#include "pathset.h"
#include "proto.h"

#include <stdlib.h>

enum { BATCH_ROOM = 64 * 1024 }; /* bytes of an answer about many nodes in one frame */

/* ---- questions ---- */

static void
put_shown_member(struct buf *body, const struct member *m)
{
	struct path above = path_parent(&m->path);
	struct neighbour *via = m->via;
	struct msg_shown shown = {
		.path = m->path,
		.state = m->state,
		.since = now_ms() - m->since,
		.adopted = via && via->path.depth > self.path.depth + 1 && path_under(&above, &self.path),
		.why = m->why ? m->why : "",
		.info = m->info,
		.stat = m->stat,
	};

	put_shown(body, &shown);
}

/* One that is being answered; its texts are the frame's. */
struct question {
	struct msg_query q;
	struct errand *errand;
	struct timer patience; /* until so many nodes are up as it wants */
	bool may_begin;
	struct choosing *choosing; /* NULL: chosen */
	struct choice choice;
	size_t sent; /* of the choice's shown nodes */
	struct question *next;
};
static struct question *questions;

static void
question_free(void *what)
{
	struct question *q = what, **at;

	for (at = &questions; *at != q; at = &(*at)->next)
		;
	*at = q->next;
	loop_cancel(&q->patience);
	choosing_free(q->choosing);
	choice_free(&q->choice);
	free(q);
}

static void
begin(struct question *q)
{
	q->may_begin = true;
	loop_cancel(&q->patience);
	agenda_wake(q->errand);
}

static void
patience_is_over(struct timer *t)
{
	begin(t->owner);
}

void
answer_map_changed(void)
{
	struct question *q;

	for (q = questions; q; q = q->next)
		if (!q->may_begin && self.map.up >= q->q.at_least)
			begin(q);
}

static bool
question_new(struct errand *e)
{
	struct question *q;
	struct msg_query m;

	if (take_query(e->frame.body, e->frame.len, &m) != 0) {
		neighbour_send_error(e->client, 255, "the master can't read this question");
		return false;
	}
	q = xcalloc(1, sizeof(*q));
	q->q = m;
	q->errand = e;
	q->next = questions;
	questions = q;
	q->choosing = choosing_new(&e->client->who, *m.spec ? m.spec : "...", m.exclude, m.only);
	e->work = q;
	e->drop = question_free;
	if (self.map.up >= m.at_least) {
		q->may_begin = true;
		return true;
	}
	agenda_sleep(e);
	if (m.patience)
		loop_timer(&q->patience, m.patience, patience_is_over, q);
	return true;
}

/* Returns whether the choice has been made, or can't be. */
static bool
go_on_choosing(struct question *q)
{
	enum choosing_state state = choosing_go(q->choosing, &q->choice);

	if (state == CHOOSING)
		return false;
	if (state == CHOSEN_BADLY)
		neighbour_send_error(q->errand->client, 2, "%s", choosing_error());
	choosing_free(q->choosing);
	q->choosing = NULL;
	return state == CHOSEN_BADLY;
}

static void
send_batch(struct question *q)
{
	struct buf body = {0};

	while (q->sent < q->choice.shown_count && body.len < BATCH_ROOM)
		put_shown_member(&body, q->choice.shown[q->sent++]);
	if (body.len)
		neighbour_post(q->errand->client, PRIO_OUTPUT, MSG_NODES, 0, &body);
}

static void
send_end(struct question *q)
{
	const struct choice *c = &q->choice;
	struct msg_query_end end = {
		.up = (uint32_t)self.map.up, .down = (uint32_t)(self.map.count - self.map.up), .left = c->left, .refused = c->refused};
	struct buf body = {0};

	access_rules(&end.rules);
	put_query_end(&body, &end);
	strings_free(&end.rules);
	neighbour_post(q->errand->client, PRIO_OUTPUT, MSG_QUERY_END, 0, &body);
}

static bool
answer_step(struct errand *e)
{
	struct question *q = e->work;

	if (!q)
		return !question_new(e);
	if (q->choosing)
		return go_on_choosing(q);
	if (agenda_waits_for_client(e))
		return false;
	send_batch(q);
	if (q->sent < q->choice.shown_count)
		return false;
	send_end(q);
	return true;
}

void
answer_on_query(struct neighbour *client, const struct frame *frame)
{
	agenda_add(client, frame, answer_step);
}

void
answer_on_health(struct neighbour *client, const struct frame *frame)
{
	struct buf body = {0};

	(void)frame;
	health_put(&body);
	neighbour_post(client, PRIO_OUTPUT, MSG_HEALTH, 0, &body);
}

/* ---- orders ---- */

/* About one node, from those who may do everything. give carries it out: NULL, or why not, which is freed here. */
static bool
order_step(struct errand *e, bool readable, const struct path *path,
	char *(*give)(const struct errand *, const struct path *, const char *name))
{
	struct neighbour *client = e->client;
	char name[PATH_TEXT], *why;

	if (!readable)
		why = xstrdup("the master can't read this request");
	else if (!access_is_chief(client->who.uid))
		why = xstrdup("only root and the user who runs the master may halt, reboot or forget nodes");
	else
		why = give(e, path, path_text(path, name));
	if (why)
		neighbour_send_error(client, 255, "%s", why);
	else
		neighbour_send(client, PRIO_OUTPUT, MSG_OK, 0, NULL);
	free(why);
	return true;
}

static char *
give_power(const struct errand *e, const struct path *path, const char *name)
{
	const struct member *member = map_find(&self.map, path);

	if (!member || !member->via)
		return xasprintf("node %s is not there", name);
	if (!member->info.has_power)
		return xasprintf("node %s can't be halted or rebooted from here: its PID 1 is not gproc", name);
	neighbour_send_bytes(member->via, PRIO_CONTROL, MSG_POWER, 0, e->frame.body, e->frame.len);
	return NULL;
}

static bool
power_step(struct errand *e)
{
	struct msg_power m;

	return order_step(e, take_power(e->frame.body, e->frame.len, &m) == 0, &m.path, give_power);
}

/* Leaves first: a node goes only when all that is to go below it has been told. */
void
answer_on_power(struct neighbour *client, const struct frame *frame)
{
	agenda_add(client, frame, power_step);
}

/* ---- a newer gproc ---- */

void
answer_on_renew(struct neighbour *client, const struct frame *frame)
{
	struct msg_renew m;
	char *nodes;

	if (take_renew(frame->body, frame->len, &m) != 0) {
		neighbour_send_error(client, 255, "the master can't read this request");
		return;
	}
	if (access_is_chief(client->who.uid)) {
		nodes = pathset_fold(m.paths, m.count);
		if (m.flags & RENEW_GO)
			inform("user %u renews %s", (unsigned)client->who.uid, nodes);
		free(nodes);
		m.uid = client->who.uid;
		renew_order(client, &m);
	} else {
		neighbour_send_error(client, 255, "only root and the user who runs the master may renew nodes");
	}
	free(m.paths);
}

/* What was below it and has no other way is as gone. */
static void
strike(const struct path *path)
{
	size_t count, i = map_under(&self.map, path, &count);

	while (count-- > 0) {
		struct member *m = self.map.at[i];

		if (m->state == NODE_LOST)
			map_remove(&self.map, m);
		else
			i++;
	}
}

static char *
give_strike(const struct errand *e, const struct path *path, const char *name)
{
	const struct member *member = map_find(&self.map, path);

	if (!member)
		return NULL; /* it went with the one above it */
	if (member->state != NODE_LOST)
		return xasprintf("node %s is %s: only those that are down can be forgotten", name,
			member->state == NODE_UP ? "up" : "looking for another way here");
	inform("node %s is forgotten, as user %u asks", name, (unsigned)e->client->who.uid);
	strike(path);
	return NULL;
}

static bool
strike_step(struct errand *e)
{
	struct msg_strike m;

	return order_step(e, take_strike(e->frame.body, e->frame.len, &m) == 0, &m.path, give_strike);
}

void
answer_on_strike(struct neighbour *client, const struct frame *frame)
{
	agenda_add(client, frame, strike_step);
}
