/* What the master knows of each launch, and keeps of those that have ended.
 * Must never know links, or how a verdict is come by. */
#include "node/record.h"
#include "node/access.h"
#include "node/share.h"
#include "pathset.h"

#include <stdlib.h>
#include <string.h>

enum {
	COMMAND_BYTES = 1024, /* of a command's words that are kept */
	REASONS = 8,	      /* that are looked at for the same one: nodes that fail alike do so together */
	RECORD_COST = 2048 + COMMAND_BYTES,
	PATH_COST = 16, /* of a packed one; those of three levels have 13 bytes */
};

static struct record *records; /* the newest first */
static char error_text[512];

const char *
record_error(void)
{
	return error_text;
}

/* ---- one of them ---- */

size_t
record_cost(size_t nodes, const char *name)
{
	return RECORD_COST + strlen(name) + nodes * (sizeof(struct outcome) + PATH_COST);
}

struct record *
record_new(uint64_t id, const char *text, const char *name, uint32_t uid, const char *verb, const struct surroundings *around,
	const struct path *paths, size_t count, size_t counted)
{
	struct record *r = xcalloc(1, sizeof(*r));
	size_t i;

	r->id = id;
	r->text = xstrdup(text);
	r->name = xstrdup(name);
	r->uid = uid;
	r->born = now_ms();
	r->counted = counted;
	if (*verb)
		strings_add(&r->command, verb);
	surroundings_command(around, COMMAND_BYTES, &r->command);
	for (i = 0; i < count; i++)
		put_path(&r->packed, &paths[i]);
	r->count = count;
	r->outcomes = xcalloc(count, sizeof(r->outcomes[0]));
	r->holders = 2;
	r->serial = records ? records->serial + 1 : 1;
	r->next = records;
	records = r;
	return r;
}

struct record *
record_hold(struct record *r)
{
	r->holders++;
	return r;
}

void
record_drop(struct record *r)
{
	if (!r || --r->holders > 0)
		return;
	share_give(r->uid, r->counted);
	strings_free(&r->command);
	strings_free(&r->reasons);
	buf_free(&r->packed);
	free(r->outcomes);
	free(r->text);
	free(r->name);
	free(r);
}

struct path *
record_paths(const struct record *r)
{
	struct reader packed = reader_over(r->packed.data, r->packed.len);
	struct path *paths = xcalloc(r->count, sizeof(*paths));
	size_t i;

	for (i = 0; i < r->count; i++)
		paths[i] = take_path(&packed);
	return paths;
}

/* ---- how it ended ---- */

static const char *
reason(struct record *r, const char *why)
{
	size_t i, n = r->reasons.count;

	if (!*why)
		return "";
	for (i = n > REASONS ? n - REASONS : 0; i < n; i++)
		if (strcmp(r->reasons.at[i], why) == 0)
			return r->reasons.at[i];
	strings_add(&r->reasons, why);
	return r->reasons.at[n];
}

void
record_outcome(struct record *r, size_t at, const struct msg_event *e, bool overdue)
{
	r->outcomes[at] = (struct outcome){.kind = (uint8_t)e->kind,
		.flags = (uint8_t)(e->flags | (overdue && e->kind == EVENT_EXITED && !(e->flags & EXITED_LATE) ? EXITED_OVERDUE : 0)),
		.status = e->status,
		.ran = e->ran,
		.why = reason(r, e->text)};
}

void
record_event(const struct record *r, size_t at, struct msg_event *e)
{
	const struct outcome *o = &r->outcomes[at];

	*e = (struct msg_event){.kind = o->kind, .flags = o->flags, .status = o->status, .ran = o->ran, .text = o->why};
}

void
record_forget(struct record *r)
{
	struct record **at;

	for (at = &records; *at != r; at = &(*at)->next)
		;
	*at = r->next;
	record_drop(r);
}

bool
record_evict(uint32_t uid)
{
	struct record *r, *oldest = NULL;

	for (r = records; r; r = r->next)
		if (r->ended && r->uid == uid)
			oldest = r;
	if (oldest)
		record_forget(oldest);
	return oldest != NULL;
}

void
record_end(struct record *ended)
{
	struct record *r;
	unsigned count = 0;

	ended->ended = now_ms();
	for (r = records; r; r = r->next)
		count += r->ended && r->uid == ended->uid;
	if (count > RECORDS)
		(void)record_evict(ended->uid);
}

/* ---- looking one up ---- */

bool
record_has(uint64_t id)
{
	const struct record *r;

	for (r = records; r && r->id != id; r = r->next)
		;
	return r != NULL;
}

struct record *
record_before(uint64_t serial)
{
	struct record *r;

	for (r = records; r && r->serial >= serial; r = r->next)
		;
	return r;
}

const struct record *
record_running(const char *name, uint32_t uid)
{
	const struct record *r;

	for (r = records; r; r = r->next)
		if (!r->ended && r->uid == uid && strcmp(r->name, name) == 0)
			return r;
	return NULL;
}

/* "10.4c57a071 and 12.4c57a071": those of a name, running or ended. */
static void
refuse_ambiguous(const char *name, uint32_t uid, bool running)
{
	const struct record *r;
	struct strings ids = {0};
	char *list;

	for (r = records; r; r = r->next)
		if (strcmp(r->name, name) == 0 && (r->uid == uid || access_is_chief(uid)) && (!running || !r->ended))
			strings_add(&ids, r->text);
	list = strings_join(&ids, ", ");
	set_error(error_text, sizeof(error_text), "there are %zu jobs %s: say which by its id, %s", ids.count, name, list);
	strings_free(&ids);
	free(list);
}

/* One that runs is meant rather than those that have ended. */
static struct record *
find_named(const char *name, uint32_t uid)
{
	struct record *r, *found[2] = {NULL, NULL};
	unsigned count[2] = {0, 0};

	for (r = records; r; r = r->next)
		if (strcmp(r->name, name) == 0 && (r->uid == uid || access_is_chief(uid))) {
			found[r->ended != 0] = r;
			count[r->ended != 0]++;
		}
	if (count[0] == 1 || (count[0] == 0 && count[1] == 1))
		return found[count[0] == 0];
	if (count[0] || count[1])
		refuse_ambiguous(name, uid, count[0] > 0);
	else
		set_error(error_text, sizeof(error_text), "there is no job %s", name);
	return NULL;
}

struct record *
record_find(const char *job, uint32_t uid)
{
	struct record *r;
	uint64_t number = 0;

	if (*job < '0' || *job > '9')
		return find_named(job, uid);
	(void)parse_u64(job, UINT32_MAX, &number);
	for (r = records; r; r = r->next)
		if (strcmp(r->text, job) == 0 || (number && (uint32_t)r->id == number))
			return r;
	set_error(error_text, sizeof(error_text), "there is no job %s", job);
	return NULL;
}

/* ---- ps ---- */

static bool
same_outcome(const struct outcome *a, const struct outcome *b)
{
	return a->kind == b->kind && a->status == b->status && (a->flags & EXITED_OVERDUE) == (b->flags & EXITED_OVERDUE) &&
	       (a->why == b->why || strcmp(a->why, b->why) == 0);
}

static char *
outcome_text(const struct outcome *o)
{
	if (o->kind == EVENT_FAILED || o->kind == EVENT_UNFIT)
		return xasprintf("could not start: %s", o->why);
	if (o->kind == EVENT_LOST)
		return xasprintf("lost: %s", o->why);
	if (o->kind == EVENT_HELD)
		return xasprintf("not started: %s", o->why);
	return exited_text(o->status, o->flags);
}

/* The nodes from the first on that ended as it did; they are marked. The caller frees. */
static char *
fold_alike(const struct record *r, const struct path *paths, struct path *some, bool *seen, size_t first)
{
	size_t i, n = 0;

	for (i = first; i < r->count; i++)
		if (!seen[i] && same_outcome(&r->outcomes[i], &r->outcomes[first])) {
			seen[i] = true;
			some[n++] = paths[i];
		}
	return pathset_fold(some, n);
}

enum { MOST_GROUPS = 32 }; /* outcomes that are told apart; what is beyond them is "others" */

static void
fold_outcomes(const struct record *r, const struct path *paths, struct path *some, struct msg_ps *m)
{
	bool *seen = xcalloc(r->count, sizeof(*seen));
	size_t i, n = 0;

	for (i = 0; i < r->count; i++) {
		if (seen[i] || r->outcomes[i].kind == 0)
			continue;
		if (m->groups.count == 2 * MOST_GROUPS) {
			some[n++] = paths[i];
			continue;
		}
		strings_take(&m->groups, outcome_text(&r->outcomes[i]));
		strings_take(&m->groups, fold_alike(r, paths, some, seen, i));
	}
	if (n > 0) {
		strings_add(&m->groups, "others");
		strings_take(&m->groups, pathset_fold(some, n));
	}
	free(seen);
}

void
record_ps(const struct record *r, struct msg_ps *m)
{
	struct path *paths = record_paths(r), *some = xcalloc(r->count, sizeof(*some));
	uint64_t now = now_ms();
	size_t i, n = 0;

	*m = (struct msg_ps){.job = r->text,
		.name = r->name,
		.command = r->command,
		.nodes = pathset_fold(paths, r->count),
		.uid = r->uid,
		.age = now - r->born,
		.lasted = r->ended ? r->ended - r->born : UINT64_MAX,
		.timeout = r->timeout};
	fold_outcomes(r, paths, some, m);
	for (i = 0; i < r->count; i++)
		if (r->outcomes[i].kind == 0)
			some[n++] = paths[i];
	m->running = pathset_fold(some, n);
	free(some);
	free(paths);
}

void
record_ps_free(struct msg_ps *m)
{
	strings_free(&m->groups);
	free((char *)m->nodes);
	free((char *)m->running);
}
