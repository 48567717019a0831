/* What the master knows of nodes: asked, kept, and told as JSON.
 * Must never know how the master finds an answer, or what is asked for. */
#include "client/survey.h"
#include "client/absent.h"
#include "client/json.h"
#include "client/session.h"
#include "nodespec.h"

#include <stdlib.h>

/* Nodes send these texts: only printable characters of them may reach the terminal. */
static const char *
copy_printable(struct surveyed *s, const char *text)
{
	strings_take(&s->texts, printable(text));
	return s->texts.at[s->texts.count - 1];
}

static void
add_shown(struct survey *a, const struct msg_shown *m)
{
	struct surveyed *s;

	a->at = grow(a->at, a->count, &a->room, sizeof(a->at[0]));
	s = &a->at[a->count++];
	*s = (struct surveyed){.m = *m};
	s->m.why = copy_printable(s, m->why);
	s->m.info.hostname = copy_printable(s, m->info.hostname);
	s->m.info.address = copy_printable(s, m->info.address);
	s->m.info.machine = copy_printable(s, m->info.machine);
	s->m.info.limits = copy_printable(s, m->info.limits);
	s->m.info.version = copy_printable(s, m->info.version);
}

void
survey_ask(const struct options *o, const char *spec, struct survey *a)
{
	struct msg_query q = {.generation = PROTO_GENERATION,
		.spec = spec,
		.exclude = o->exclude,
		.only = o->only,
		.at_least = (uint32_t)o->wait,
		.patience = o->timeout};
	struct link *l = session_open(o->uds);
	struct msg_query_end end;
	struct buf body = {0};
	struct frame f;

	put_query(&body, &q);
	session_send(l, MSG_QUERY, &body);
	buf_free(&body);
	for (session_next(l, &f); f.type == MSG_NODES; session_next(l, &f)) {
		struct reader r = reader_over(f.body, f.len);
		struct msg_shown m;

		while (next_shown(&r, &m))
			add_shown(a, &m);
		if (r.bad)
			session_bad(&f);
	}
	if (f.type != MSG_QUERY_END || take_query_end(f.body, f.len, &end) != 0)
		session_bad(&f);
	a->up = end.up;
	a->down = end.down;
	a->left = absent_copy(&end.left);
	a->refused = xstrdup(end.refused);
	a->rules = end.rules;
	link_free(l);
}

void
survey_free(struct survey *a)
{
	size_t i;

	for (i = 0; i < a->count; i++)
		strings_free(&a->at[i].texts);
	free(a->at);
	left_out_free(&a->left);
	free(a->refused);
	strings_free(&a->rules);
}

void
survey_check(const char *spec)
{
	struct nodespec *parsed = nodespec_parse(spec);

	if (!parsed)
		die(2, "%s", nodespec_error());
	nodespec_free(parsed);
}

struct naming *
survey_naming(const struct survey *a, bool by_host)
{
	struct naming *n = naming_new(by_host);
	struct buf body = {0};
	size_t i;

	for (i = 0; i < a->count; i++) {
		const struct msg_shown *m = &a->at[i].m;

		put_named(&body, &(struct msg_named){.path = m->path, .host = m->info.hostname, .machine = m->info.machine});
	}
	(void)naming_take(n, body.data, body.len);
	buf_free(&body);
	return n;
}

static void
put_up(struct buf *b, const struct msg_shown *m)
{
	if (*m->info.address)
		json_text(b, "address", m->info.address);
	json_text(b, "machine", m->info.machine);
	json_number(b, "cpus", m->info.cpus);
	json_number(b, "memory", m->info.memory);
	json_number(b, "free", m->stat.memory_free);
	json_seconds(b, "load", (uint64_t)m->stat.load * 10);
	json_number(b, "jobs", m->stat.jobs);
	json_text(b, "version", m->info.version);
	if (*m->info.limits)
		json_text(b, "lacks", m->info.limits);
}

void
survey_json(struct buf *b, const struct surveyed *s, const struct naming *naming, bool first)
{
	static const char *const states[] = {[NODE_UP] = "up", [NODE_ORPHANED] = "orphaned", [NODE_LOST] = "down"};
	const struct msg_shown *m = &s->m;

	json_begin(b, "node");
	if (first)
		json_number(b, "gproc", JSON_FORMAT);
	json_about(b, naming, &m->path);
	json_text(b, "state", states[m->state]);
	json_seconds(b, "since", json_now() - m->since);
	if (m->state == NODE_UP)
		put_up(b, m);
	else if (*m->why)
		json_text(b, "reason", m->why);
	json_end(b);
}
