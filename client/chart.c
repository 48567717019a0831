/* The tree of nodes, drawn for a person: a row for each, with what it is and how it is.
 * Must never know how an answer is come by. */
#include "client/exec.h"
#include "client/absent.h"
#include "client/session.h"
#include "client/survey.h"
#include "client/table.h"
#include "nodespec.h"
#include "pathset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The users and groups that the rules give a node to, beside root and the master's own user: "for alice,@staff", or "". Caller frees. */
static char *
allowed_text(const struct survey *a, const struct path *p)
{
	struct strings names = {0};
	char *list, *text;
	size_t i;

	for (i = 0; i < a->rules.count; i++) {
		const char *rule = a->rules.at[i], *blank = strchr(rule, ' ');
		char *nodes = xstrndup(rule, blank ? (size_t)(blank - rule) : 0);
		struct nodespec *spec = nodespec_parse(nodes);

		if (spec && nodespec_matches(spec, p))
			strings_take(&names, printable(blank ? blank + 1 : ""));
		nodespec_free(spec);
		free(nodes);
	}
	list = strings_join(&names, ",");
	text = a->rules.count ? xasprintf("for %s", names.count ? list : "root") : xstrdup("");
	strings_free(&names);
	free(list);
	return text;
}

static void
add_down(struct table *t, const struct msg_shown *m, const char *allowed)
{
	char *age = age_text(m->since);

	table_rest(t, xasprintf("%s since %s%s%s%s%s", m->state == NODE_LOST ? "down" : "orphaned", age, *m->why ? ": " : "",
			      m->why, *allowed ? "  " : "", allowed));
	free(age);
}

static char *
free_text(const struct msg_shown *m)
{
	char *some = bytes_text(m->stat.memory_free), *all = bytes_text(m->info.memory);
	char *text = xasprintf("%s of %s free", some, all);

	free(some);
	free(all);
	return text;
}

/* What it lacks, and that it is not where it belongs. */
static char *
notes_text(const struct msg_shown *m, const char *allowed)
{
	struct strings notes = {0};
	char *text;

	if (m->adopted)
		strings_add(&notes, "adopted");
	if (*m->info.limits)
		strings_add(&notes, m->info.limits);
	if (*allowed)
		strings_add(&notes, allowed);
	text = strings_join(&notes, "  ");
	strings_free(&notes);
	return text;
}

enum { COLUMNS = 10 };

static void
add_facts(struct table *t, const struct msg_shown *m, const char *allowed)
{
	if (m->state != NODE_UP) {
		add_down(t, m, allowed);
		return;
	}
	table_add(t, xstrdup(*m->info.address ? m->info.address : "leaf"));
	table_add(t, xstrdup(m->info.hostname));
	table_add(t, xstrdup(m->info.machine));
	table_add(t, xstrdup(m->info.version));
	table_add(t, xasprintf("%u CPU%s", m->info.cpus, m->info.cpus == 1 ? "" : "s"));
	table_add(t, free_text(m));
	table_add(t, xasprintf("load %u.%02u", m->stat.load / 100, m->stat.load % 100));
	table_add(t, xasprintf("%u job%s", m->stat.jobs, m->stat.jobs == 1 ? "" : "s"));
	table_rest(t, notes_text(m, allowed));
}

/* Whether another node at that level follows, below the same parent. */
static bool
has_sibling(const struct survey *a, size_t at, uint32_t level)
{
	struct path above = a->at[at].m.path;
	size_t i;

	above.depth = level;
	for (i = at + 1; i < a->count && path_under(&a->at[i].m.path, &above); i++)
		if (a->at[i].m.path.depth > level && a->at[i].m.path.id[level] != a->at[at].m.path.id[level])
			return true;
	return false;
}

/* The number of a node, or of one above it, behind the lines that lead there. Caller frees. */
static char *
branch_text(const struct survey *a, size_t at, uint32_t depth)
{
	struct path p = a->at[at].m.path;
	struct buf text = {0};
	char name[PATH_TEXT];
	uint32_t level;

	p.depth = depth;
	for (level = 0; level + 1 < depth; level++)
		put_bytes(&text, has_sibling(a, at, level) ? "|  " : "   ", 3);
	put_bytes(&text, has_sibling(a, at, depth - 1) ? "|- " : "`- ", 3);
	(void)path_text(&p, name);
	put_bytes(&text, name, strlen(name) + 1);
	return (char *)text.data;
}

static uint32_t
levels_in_common(const struct path *p, const struct path *q)
{
	uint32_t level = 0;

	while (level < p->depth && level < q->depth && p->id[level] == q->id[level])
		level++;
	return level;
}

/* A node that is not in the answer is drawn all the same when others stand below it. */
static void
print_tree(const struct survey *a)
{
	struct table t = {.columns = COLUMNS};
	uint32_t level;
	size_t i;

	for (i = 0; i < a->count; i++) {
		const struct path *p = &a->at[i].m.path;
		char *allowed = allowed_text(a, p);

		for (level = i ? levels_in_common(&a->at[i - 1].m.path, p) + 1 : 1; level < p->depth; level++) {
			table_add(&t, branch_text(a, i, level));
			table_rest(&t, xstrdup(""));
		}
		table_add(&t, branch_text(a, i, p->depth));
		add_facts(&t, &a->at[i].m, allowed);
		free(allowed);
	}
	table_print(&t);
	table_free(&t);
}

static void
print_objects(const struct survey *a)
{
	struct naming *naming = survey_naming(a, false);
	struct buf objects = {0};
	size_t i;

	for (i = 0; i < a->count; i++) {
		survey_json(&objects, &a->at[i], naming, i == 0);
		(void)fwrite(objects.data, 1, objects.len, stdout);
		objects.len = 0;
	}
	buf_free(&objects);
	naming_free(naming);
}

/* Of those that were asked for. The caller frees. */
static char *
down_nodes(const struct survey *a)
{
	struct path *paths = xcalloc(a->count, sizeof(*paths));
	size_t i, count = 0;
	char *text;

	for (i = 0; i < a->count; i++)
		if (a->at[i].m.state != NODE_UP)
			paths[count++] = a->at[i].m.path;
	text = pathset_fold(paths, count);
	free(paths);
	return text;
}

/* That a node is down the tree itself says. */
static int
warn_absent(struct survey *a, const struct options *o, const char *spec)
{
	struct left_out l = a->left;

	l.down = l.open_down = l.refused = "";
	absent_warn(&l, NULL, false);
	if (a->count || (!*o->exclude && !*o->only))
		return absent_any_named(&l) ? 255 : 0;
	warn("\"%s\" selects no node that -%s", spec, *o->only ? "only keeps" : "x does not leave out");
	return 255;
}

int
client_info(const struct options *o, const char *spec)
{
	struct survey a = {0};
	char *down;
	int status;

	if (spec)
		survey_check(spec);
	survey_ask(o, spec ? spec : "", &a);
	down = down_nodes(&a);
	if (!o->json)
		printf("%u up, %u down%s%s\n", a.up, a.down, *down ? ": " : "", down);
	free(down);
	if (o->json)
		print_objects(&a);
	else
		print_tree(&a);
	status = warn_absent(&a, o, spec ? spec : "...");
	if (o->wait && a.up < o->wait) {
		warn("%u of %llu nodes are up", a.up, (unsigned long long)o->wait);
		status = 255;
	}
	survey_free(&a);
	return flush_stdout(status);
}
