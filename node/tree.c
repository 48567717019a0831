/* The tree as this node knows it: nodes that join, nodes that are lost, and what is said of both upwards.
 * Must never know jobs' insides, sockets, or how links are made. */
#include "base/often.h"
#include "node/head.h"
#include "node/tree.h"
#include "node/job.h"
#include "node/relay.h"
#include "node/renew.h"
#include "node/self.h"
#include "pathset.h"

#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>

enum { UP_BATCH = 32 * 1024 }; /* bytes of nodes in one UP: some hundred, a millisecond for those above */

/* ---- the map, and telling it upwards ---- */

void
tree_send_down(const struct path *path, uint64_t boot, bool left, const char *why)
{
	struct msg_down m = {.path = *path, .boot = boot, .left = left, .why = why};
	struct buf body = {0};

	put_down(&body, &m);
	neighbour_post(self.parent, PRIO_CONTROL, MSG_DOWN, 0, &body);
}

static struct node_stat
node_figures(void)
{
	struct sysinfo info;
	struct node_stat stat = {.jobs = self.jobs};

	if (sysinfo(&info) == 0) {
		stat.memory_free = ((uint64_t)info.freeram + info.bufferram) * info.mem_unit;
		stat.load = (uint32_t)(info.loads[0] * 100 >> SI_LOAD_SHIFT);
	}
	return stat;
}

/* This node's figures, and those that have come from below since the last time. */
void
tree_send_figures(void)
{
	struct buf body = {0};
	struct msg_stat m = {.path = self.path, .stat = node_figures()};
	size_t i;

	put_stat(&body, &m);
	for (i = 0; i < self.map.count; i++) {
		struct member *at = self.map.at[i];

		if (at->told)
			continue;
		at->told = true;
		m = (struct msg_stat){.path = at->path, .stat = at->stat};
		put_stat(&body, &m);
	}
	neighbour_post(self.parent, PRIO_CONTROL, MSG_STAT, 0, &body);
}

/* On the master: it stays in the map, with its state; elsewhere the master's map is enough. */
static void
member_down(struct member *m, enum node_state state, const char *why)
{
	if (!self.is_master) {
		map_remove(&self.map, m);
		return;
	}
	map_set_state(&self.map, m, state, why);
	if (state == NODE_LOST) {
		renew_member(&m->path, RENEWED_LOST, why);
		head_member_lost(m);
	}
}

/* The master's log has each loss, at whatever depth. */
static void
log_loss(const struct member *m, bool left, const char *why)
{
	char name[PATH_TEXT];

	if (self.is_master && !self.ending)
		(left ? inform_often : warn_often)(
			TOLD_EACH, "node %s (%s) %s: %s", path_text(&m->path, name), m->info.hostname, left ? "has left" : "is lost", why);
}

/* Nodes that went together are one line. */
static void
log_orphans(const struct path *orphans, size_t count, const char *parent)
{
	char *nodes;

	if (!self.is_master || self.ending || count == 0)
		return;
	nodes = pathset_fold(orphans, count);
	warn_often(TOLD_EACH, "%.400s (%zu) look for another way: their parent %s is gone", nodes, count, parent);
	free(nodes);
}

/* A child is gone, and with it the way to all below it: those become orphans, which may find another way. */
static void
subtree_down(const struct path *path, struct neighbour *via, bool left, const char *why)
{
	size_t count, first = map_under(&self.map, path, &count), i = first, orphan_count = 0;
	struct path *orphans = xcalloc(count, sizeof(*orphans));
	char name[PATH_TEXT], *orphaned = xasprintf("its parent %s was lost", path_text(path, name));

	while (count-- > 0) {
		struct member *m = self.map.at[i];
		size_t before = self.map.count;

		if (m->via == via && path_equal(&m->path, path)) {
			log_loss(m, left, why);
			member_down(m, NODE_LOST, why);
		} else if (m->via == via) {
			orphans[orphan_count++] = m->path;
			member_down(m, NODE_ORPHANED, orphaned);
		}
		i += self.map.count == before;
	}
	log_orphans(orphans, orphan_count, name);
	free(orphans);
	free(orphaned);
}

/* What this node and its parent speak. */
static uint32_t
between(void)
{
	return self.parent ? self.parent->between : PROTO_GENERATION;
}

/* Adds a member to an UP that is being filled, and sends that before it outgrows a frame. */
static void
add_up(struct buf *body, const struct member *at)
{
	struct msg_node m = {.path = at->path, .generation = at->generation, .info = at->info, .stat = at->stat, .runs = at->runs};

	put_node(body, &m, between());
	if (body->len >= UP_BATCH)
		neighbour_post(self.parent, PRIO_CONTROL, MSG_UP, 0, body);
}

static void
send_up(const struct path *path)
{
	struct buf body = {0};
	size_t count, i = map_under(&self.map, path, &count);

	for (; count > 0; count--, i++)
		add_up(&body, self.map.at[i]);
	if (body.len)
		neighbour_post(self.parent, PRIO_CONTROL, MSG_UP, 0, &body);
}

/* The child itself came by another link before this one ended, without those that it has lost meanwhile. */
static void
forget_left_behind(struct neighbour *n)
{
	size_t i = 0;

	while (i < self.map.count) {
		struct member *m = self.map.at[i];
		size_t before = self.map.count;

		if (m->via == n) {
			tree_send_down(&m->path, m->info.boot, false, "its parent has no link to it any more");
			member_down(m, NODE_ORPHANED, "its parent has no link to it any more");
		}
		i += self.map.count == before;
	}
}

/* Everything that was reached through this child, wherever it stands (it may have been adopted). Above, nodes that have found another way
 * to here already are taken for lost with it: they are reported anew. */
void
tree_child_down(struct neighbour *n, const char *why)
{
	struct member *m = map_find(&self.map, &n->path);

	if (n->left)
		why = n->farewell;
	if (m && m->via == n) {
		tree_send_down(&n->path, n->boot, n->left, why);
		subtree_down(&n->path, n, n->left, why);
		if (!self.is_master)
			send_up(&n->path);
	}
	forget_left_behind(n);
}

/* Orphans that found no other way within the grace are lost. */
void
tree_give_orphans_up(void)
{
	uint64_t now = now_ms();
	size_t i;

	for (i = 0; i < self.map.count; i++) {
		struct member *m = self.map.at[i];

		if (m->state == NODE_ORPHANED && now - m->since >= self.grace) {
			char *why = xasprintf("%s, and it found no other way", m->why);

			log_loss(m, false, why);
			member_down(m, NODE_LOST, why);
			free(why);
		}
	}
}

static void
put_self(struct buf *body)
{
	struct msg_node m = {
		.path = self.path, .generation = PROTO_GENERATION, .info = self.info, .stat = node_figures(), .runs = self.runs};

	put_node(body, &m, between());
}

void
tree_send_self(void)
{
	struct buf body = {0};

	put_self(&body);
	neighbour_post(self.parent, PRIO_CONTROL, MSG_UP, 0, &body);
}

void
tree_send_subtree(void)
{
	struct buf body = {0};
	size_t i;

	put_self(&body);
	for (i = 0; i < self.map.count; i++)
		add_up(&body, self.map.at[i]);
	if (body.len)
		neighbour_post(self.parent, PRIO_CONTROL, MSG_UP, 0, &body);
}

/* was: what the master knew of it before; NODE_LOST too where that was nothing. */
static void
log_arrival(const struct member *m, bool same, enum node_state was)
{
	char name[PATH_TEXT], by[PATH_TEXT];

	(void)path_text(&m->path, name);
	if (!same)
		inform_often(TOLD_EACH, "node %s (%s) has joined: gproc %s at %s", name, m->info.hostname, m->info.version,
			*m->info.address ? m->info.address : "no address of its own");
	else if (was != NODE_UP)
		inform_often(TOLD_EACH, "node %s (%s) is back, by way of %s", name, m->info.hostname, path_text(&m->via->path, by));
	else
		note(1, "node %s comes by way of %s now", name, path_text(&m->via->path, by));
}

static void
member_up(struct neighbour *via, const struct msg_node *m)
{
	const struct member *old = map_find(&self.map, &m->path);
	bool same = old && old->info.boot == m->info.boot, moved = !old || old->via != via || !same;
	enum node_state was = old ? old->state : NODE_LOST;
	struct neighbour *leaving = NULL;
	struct member *member;

	if (path_equal(&m->path, &self.path))
		return;
	/* An adopted child has gone home, or a node comes by another link: the old way to it ends here. */
	if (old && old->via && old->via != via && path_equal(&old->via->path, &m->path))
		leaving = old->via;
	member = map_put(&self.map, m, via);
	if (leaving)
		neighbour_kill(leaving, "it comes by another way now");
	if (!self.is_master || !moved)
		return;
	log_arrival(member, same, was);
	head_member_up(member, same);
	if (!same)
		renew_member(&member->path, RENEWED_BACK, member->info.version);
}

/* An address that stands for "all of mine" is told as the one we see it by. Caller frees. */
static char *
address_seen(const struct neighbour *n, const char *address)
{
	char *host, *seen;

	if (*address != ':')
		return xstrdup(address);
	host = neighbour_host(n);
	seen = xasprintf("%s%s", host, address);
	free(host);
	return seen;
}

void
tree_on_up(struct neighbour *n, const struct frame *frame)
{
	struct reader r = reader_over(frame->body, frame->len);
	struct buf onward = {0};
	struct msg_node m;

	while (next_node(&r, &m, n->between)) {
		char *address;

		if (!path_under(&m.path, &n->path))
			continue;
		address = path_equal(&m.path, &n->path) ? address_seen(n, m.info.address) : xstrdup(m.info.address);
		m.info.address = address;
		member_up(n, &m);
		put_node(&onward, &m, between());
		free(address);
	}
	if (r.bad)
		neighbour_malformed(n, frame);
	else if (self.is_master)
		head_map_changed();
	else
		neighbour_post(self.parent, PRIO_CONTROL, MSG_UP, 0, &onward);
	buf_free(&onward);
}

void
tree_on_down(struct neighbour *n, const struct frame *frame)
{
	struct msg_down m;
	struct member *member;

	if (take_down(frame->body, frame->len, &m)) {
		neighbour_malformed(n, frame);
		return;
	}
	if (path_equal(&m.path, &n->path)) {
		n->left = m.left;
		free(n->farewell);
		n->farewell = xstrdup(m.why);
		return;
	}
	member = map_find(&self.map, &m.path);
	if (!member || member->via != n || member->info.boot != m.boot)
		return; /* it has come up elsewhere since */
	if (self.parent)
		neighbour_send_bytes(self.parent, PRIO_CONTROL, MSG_DOWN, 0, frame->body, frame->len);
	subtree_down(&m.path, n, m.left, m.why);
}

void
tree_on_stat(struct neighbour *n, const struct frame *frame)
{
	struct reader r = reader_over(frame->body, frame->len);
	struct msg_stat m;

	while (next_stat(&r, &m)) {
		struct member *member = map_find(&self.map, &m.path);

		if (member && member->via == n) {
			member->stat = m.stat;
			member->told = false;
		}
	}
	if (r.bad)
		neighbour_malformed(n, frame);
}

/* ---- joining ---- */

static void refuse(struct neighbour *n, const char *fmt, ...) PRINTF(2, 3);
static void
refuse(struct neighbour *n, const char *fmt, ...)
{
	struct msg_refuse m;
	struct buf body = {0};
	va_list args;
	char *why, *host = neighbour_host(n);

	va_start(args, fmt);
	why = xvasprintf(fmt, args);
	va_end(args);
	refuse_often("%s may not join: %s", host, why); /* it tries again, from another port each time */
	free(host);
	m.why = why;
	put_refuse(&body, &m);
	neighbour_post(n, PRIO_CONTROL, MSG_REFUSE, 0, &body);
	link_flush(n->link);
	neighbour_kill(n, why);
	free(why);
}

/* Another process that has this path, or is about to: NULL when there is none. */
static const struct neighbour *
rival(const struct neighbour *n, const struct path *path, uint64_t boot)
{
	const struct neighbour *o;

	for (o = self.neighbours; o; o = o->next)
		if (o != n && o->kind == NB_CHILD && o->boot != boot && path_equal(&o->path, path))
			return o;
	return NULL;
}

static bool
is_taken(const struct neighbour *n, const struct path *path, uint64_t boot)
{
	const struct member *old = map_find(&self.map, path);

	return (old && old->state == NODE_UP && old->info.boot != boot) || rival(n, path, boot);
}

/* The lowest id that is free; ids given a moment ago to children that have not sent an UP yet are not. */
static int
free_path(const struct neighbour *n, struct path *out)
{
	uint32_t id = map_free_id(&self.map, &self.path);
	const struct member *old;

	if (path_push(out, id) != 0)
		return -1;
	while (rival(n, out, 0) || ((old = map_find(&self.map, out)) && old->state != NODE_LOST))
		out->id[self.path.depth] = ++id;
	return 0;
}

/* The path it gets: its old one when it belongs below this node, else the id it asks for, else the lowest that is free. A node that never
 * asked for an id has no claim to its old one when another has it by now. */
static int
path_for(const struct neighbour *n, const struct msg_join *m, struct path *out)
{
	*out = self.path;
	if (m->has_path && m->path.depth > self.path.depth && path_under(&m->path, &self.path) &&
		(m->path.depth > self.path.depth + 1 ||
			(m->has_id ? m->path.id[self.path.depth] == m->id : !is_taken(n, &m->path, m->info.boot)))) {
		*out = m->path;
		return 0;
	}
	return m->has_id ? path_push(out, m->id) : free_path(n, out);
}

static void
welcome(struct neighbour *n)
{
	struct msg_welcome m = {
		.path = n->path, .heartbeat = self.heartbeat, .grace = self.grace, .master = self.master, .generation = PROTO_GENERATION};
	struct buf body = {0};
	size_t i;

	if (self.home)
		strings_add(&m.ancestors, self.home);
	for (i = 0; i < self.ancestors.count; i++)
		strings_add(&m.ancestors, self.ancestors.at[i]);
	put_welcome(&body, &m);
	neighbour_post(n, PRIO_CONTROL, MSG_WELCOME, 0, &body);
	strings_free(&m.ancestors);
}

/* The child is in the map when it has told of itself, with the address where it listens and all that is below it. */
void
tree_on_join(struct neighbour *n, const struct frame *frame)
{
	struct msg_join m;
	const struct member *old;
	const struct neighbour *other;
	char name[PATH_TEXT];

	if (take_join(frame->body, frame->len, &m) != 0) {
		neighbour_malformed(n, frame);
		return;
	}
	if (path_for(n, &m, &n->path) != 0) {
		refuse(n, "the tree is as deep as it can be, %u levels", MAX_DEPTH);
		return;
	}
	old = map_find(&self.map, &n->path);
	other = rival(n, &n->path, m.info.boot);
	if (is_taken(n, &n->path, m.info.boot)) {
		refuse(n, "there is a node %s already: %s", path_text(&n->path, name), old ? old->info.hostname : link_peer(other->link));
		if (old && old->via)
			neighbour_send(old->via, PRIO_CONTROL, MSG_PING, 0, NULL); /* if it is gone, we hear of it now */
		return;
	}
	n->kind = NB_CHILD;
	n->boot = m.info.boot;
	n->between = m.generation == PROTO_GENERATION ? PROTO_GENERATION : PROTO_FIRST;
	n->renews = m.generation >= RENEWS_FROM;
	link_set_patience(n->link, self.heartbeat);
	welcome(n);
	note(1, "node %s, %s, is welcome", path_text(&n->path, name), m.info.hostname);
	if (n->between != PROTO_GENERATION)
		warn_often(TOLD_EACH,
			"node %s, %s, has gproc %s, which speaks another generation of the protocol: it can be seen, halted and rebooted, "
			"but runs no jobs until it has the same",
			name, m.info.hostname, m.info.version);
}
