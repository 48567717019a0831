/* What a client asks the master about its nodes, and its orders to halt or reboot them.
 * Must never know launches. */
#include "node/answer.h"
#include "node/access.h"
#include "node/choose.h"
#include "node/self.h"
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

static void
answer(struct neighbour *client, const struct msg_query *q)
{
	struct choice c = {0};
	struct nodespec *spec = *q->spec ? nodespec_parse(q->spec) : NULL, *not = *q->exclude ? nodespec_parse(q->exclude) : NULL;
	struct msg_query_end end = {.up = (uint32_t)self.map.up, .down = (uint32_t)(self.map.count - self.map.up)};
	struct buf body = {0};
	size_t i;

	if ((*q->spec && !spec) || (*q->exclude && !not )) {
		tell_error(client, 2, "%s", nodespec_error());
		goto out;
	}
	for (i = 0; i < self.map.count; i++) {
		const struct member *m = self.map.at[i];

		if ((spec && !nodespec_matches(spec, &m->path)) || (not &&nodespec_matches(not, &m->path)))
			continue;
		put_shown_member(&body, m);
		if (body.len >= BATCH_ROOM) {
			neighbour_send(client, PRIO_OUTPUT, MSG_NODES, 0, &body);
			body.len = 0;
		}
	}
	if (body.len)
		neighbour_send(client, PRIO_OUTPUT, MSG_NODES, 0, &body);
	if (!spec)
		spec = nodespec_parse("...");
	choice_make(&client->who, spec, not, &c);
	end.down_list = c.down;
	end.missing = c.missing;
	end.hint = c.hint ? c.hint : "";
	end.refused = c.refused;
	access_rules(&end.rules);
	body.len = 0;
	put_query_end(&body, &end);
	strings_free(&end.rules);
	neighbour_send(client, PRIO_OUTPUT, MSG_QUERY_END, 0, &body);
	choice_free(&c);
out:
	buf_free(&body);
	nodespec_free(spec);
	nodespec_free(not );
}

static void
answer_waiting(struct neighbour *client)
{
	struct msg_query q;

	loop_cancel(&client->patience);
	if (take_query(client->query.data, client->query.len, &q) == 0)
		answer(client, &q);
	buf_free(&client->query);
}

static void
patience_is_over(struct timer *t)
{
	answer_waiting(t->owner);
}

void
answer_map_changed(void)
{
	struct neighbour *n;

	for (n = self.neighbours; n; n = n->next)
		if (n->query.len && self.map.up >= n->at_least)
			answer_waiting(n);
}

void
answer_on_query(struct neighbour *client, const struct frame *frame)
{
	struct msg_query q;

	if (take_query(frame->body, frame->len, &q) != 0) {
		tell_error(client, 255, "the master can't read this question");
		return;
	}
	if (self.map.up >= q.at_least || client->query.len) {
		answer(client, &q);
		return;
	}
	put_bytes(&client->query, frame->body, frame->len);
	client->at_least = q.at_least;
	if (q.patience)
		loop_timer(&client->patience, q.patience, patience_is_over, client);
}

/* ---- power ---- */

/* Leaves first: a node goes only when all that is to go below it has been told. */
void
answer_on_power(struct neighbour *client, const struct frame *frame)
{
	struct msg_power m;
	struct member *member;
	char name[PATH_TEXT];
	struct neighbour *next;

	if (take_power(frame->body, frame->len, &m) != 0) {
		tell_error(client, 255, "the master can't read this request");
		return;
	}
	member = map_find(&self.map, &m.path);
	next = member ? member->via : NULL;
	if (!access_is_chief(client->who.uid))
		tell_error(client, 255, "only root and the user who runs the master may halt or reboot nodes");
	else if (!next)
		tell_error(client, 255, "node %s is not there", path_text(&m.path, name));
	else if (!member->info.has_power)
		tell_error(client, 255, "node %s can't be halted or rebooted from here: its PID 1 is not gproc", path_text(&m.path, name));
	else {
		neighbour_send_bytes(next, PRIO_CONTROL, MSG_POWER, 0, frame->body, frame->len);
		neighbour_send(client, PRIO_OUTPUT, MSG_OK, 0, NULL);
	}
}
