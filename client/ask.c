/* The user's questions and orders: which nodes are there, which jobs run, what would be sent, halt and reboot.
 * Must never know how the master finds an answer. */
#include "client/exec.h"
#include "client/absent.h"
#include "client/parcel.h"
#include "ship/deps.h"
#include "nodespec.h"
#include "client/session.h"
#include "client/survey.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* ---- nodes ---- */

/* "512M", "3.4G": three figures are enough. */
static void
put_bytes_text(uint64_t bytes, char *out, size_t size)
{
	static const char units[] = "KMGTP";
	double value = (double)bytes / 1024;
	size_t unit = 0;

	while (value >= 1000 && unit + 2 < sizeof(units)) {
		value /= 1024;
		unit++;
	}
	(void)snprintf(out, size, value < 10 ? "%.1f%c" : "%.0f%c", value, units[unit]);
}

static void
put_age(uint64_t ms, char *out, size_t size)
{
	uint64_t s = ms / 1000;

	if (s < 120)
		(void)snprintf(out, size, "%llu s", (unsigned long long)s);
	else if (s < 7200)
		(void)snprintf(out, size, "%llu min", (unsigned long long)s / 60);
	else
		(void)snprintf(out, size, "%llu h", (unsigned long long)s / 3600);
}

/* The users and groups that the rules give a node to, beside root and the master's own user. */
static void
print_allowed(const struct survey *a, const struct path *p)
{
	const char *between = "  for ";
	size_t i;

	for (i = 0; i < a->rules.count; i++) {
		const char *rule = a->rules.at[i], *blank = strchr(rule, ' ');
		char *nodes = xstrndup(rule, blank ? (size_t)(blank - rule) : 0), *who = printable(blank ? blank + 1 : "");
		struct nodespec *spec = nodespec_parse(nodes);

		if (spec && nodespec_matches(spec, p)) {
			printf("%s%s", between, who);
			between = ",";
		}
		nodespec_free(spec);
		free(nodes);
		free(who);
	}
	if (a->rules.count && *between != ',')
		printf("  for root");
	printf("\n");
}

static void
print_facts(const struct msg_shown *m)
{
	char age[32], free_text[32], all_text[32];

	put_age(m->since, age, sizeof(age));
	if (m->state != NODE_UP) {
		printf("%s since %s%s%s", m->state == NODE_LOST ? "down" : "orphaned", age, *m->why ? ": " : "", m->why);
		return;
	}
	put_bytes_text(m->stat.memory_free, free_text, sizeof(free_text));
	put_bytes_text(m->info.memory, all_text, sizeof(all_text));
	printf("%s  %s  %s  %u CPUs  %s of %s free  load %u.%02u  %u job%s%s%s%s", *m->info.address ? m->info.address : "leaf",
		m->info.hostname, m->info.machine, m->info.cpus, free_text, all_text, m->stat.load / 100, m->stat.load % 100, m->stat.jobs,
		m->stat.jobs == 1 ? "" : "s", m->adopted ? "  adopted" : "", *m->info.limits ? "  " : "", m->info.limits);
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

/* Prints the number of a node, or of one above it, behind the lines that lead there. */
static void
print_branch(const struct survey *a, size_t at, uint32_t depth)
{
	struct path p = a->at[at].m.path;
	char name[PATH_TEXT];
	uint32_t level;

	p.depth = depth;
	for (level = 0; level + 1 < depth; level++)
		printf("%s", has_sibling(a, at, level) ? "|  " : "   ");
	printf("%s %s", has_sibling(a, at, depth - 1) ? "|-" : "`-", path_text(&p, name));
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
	uint32_t level;
	size_t i;

	for (i = 0; i < a->count; i++) {
		const struct path *p = &a->at[i].m.path;

		for (level = i ? levels_in_common(&a->at[i - 1].m.path, p) + 1 : 1; level < p->depth; level++) {
			print_branch(a, i, level);
			printf("\n");
		}
		print_branch(a, i, p->depth);
		printf("  ");
		print_facts(&a->at[i].m);
		print_allowed(a, p);
	}
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

	survey_check(spec ? spec : "");
	survey_ask(o, spec ? spec : "", &a);
	down = down_nodes(&a);
	printf("%u up, %u down%s%s\n", a.up, a.down, *down ? ": " : "", down);
	free(down);
	print_tree(&a);
	status = warn_absent(&a, o, spec ? spec : "...");
	if (o->wait && a.up < o->wait) {
		warn("%u of %llu nodes are up", a.up, (unsigned long long)o->wait);
		status = 255;
	}
	survey_free(&a);
	return flush_stdout(status);
}

/* ---- halt and reboot ---- */

/* Whether the master takes the order; else it has said why not, and the link is another. Frees the body. */
static bool
order(const struct options *o, struct link **l, unsigned type, struct buf *body)
{
	struct msg_error refusal;
	struct frame f;

	session_send(*l, type, body);
	buf_free(body);
	session_take(*l, &f);
	if (f.type == MSG_OK && !f.len)
		return true;
	if (f.type != MSG_ERROR || take_error(f.body, f.len, &refusal) != 0)
		session_bad(&f);
	warn("%s", refusal.text);
	link_free(*l); /* a refusal is the last that a master says */
	*l = session_open(o->uds);
	return false;
}

static bool
order_power(const struct options *o, struct link **l, const struct path *node, bool reboot)
{
	struct msg_power m = {.path = *node, .reboot = reboot};
	struct buf body = {0};

	put_power(&body, &m);
	return order(o, l, MSG_POWER, &body);
}

/* Leaves first, so that no order is sent through a node that is already going. Returns how many have been refused; *done: how many not. */
static size_t
order_all(const struct options *o, const struct survey *a, bool reboot, size_t *done)
{
	struct path *unable = xcalloc(a->count, sizeof(*unable));
	const char *what = reboot ? "reboot" : "halt";
	struct link *l = session_open(o->uds);
	size_t i, refused = 0, count = a->count;
	char name[PATH_TEXT];

	for (i = a->count; i-- > 0;) {
		const struct msg_shown *m = &a->at[i].m;

		if (m->state != NODE_UP)
			continue;
		if (!m->info.has_power) {
			unable[--count] = m->path;
		} else if (order_power(o, &l, &m->path, reboot)) {
			printf("%s %s\n", what, path_text(&m->path, name));
			++*done;
		} else {
			refused++;
		}
	}
	link_free(l);
	if (count < a->count) {
		char *nodes = pathset_fold(unable + count, a->count - count);

		warn("node%s %s can't be halted or rebooted from here: PID 1 there is not gproc", a->count - count > 1 ? "s" : "", nodes);
		free(nodes);
	}
	free(unable);
	return refused + a->count - count;
}

/* More than one machine is not to go by a slip: a person is asked once. */
static void
confirm(const struct options *o, const struct survey *a, const char *what)
{
	struct path *up = xcalloc(a->count, sizeof(*up));
	size_t i, count = 0;
	char *nodes, answer[8] = "";

	for (i = 0; i < a->count; i++)
		if (a->at[i].m.state == NODE_UP && a->at[i].m.info.has_power)
			up[count++] = a->at[i].m.path;
	nodes = pathset_fold(up, count);
	if (count > 1 && !o->yes && isatty(STDIN_FILENO) && isatty(STDERR_FILENO)) {
		(void)fprintf(stderr, "%s %zu nodes, %s? [y/N] ", what, count, nodes);
		if (!fgets(answer, sizeof(answer), stdin) || (answer[0] != 'y' && answer[0] != 'Y'))
			die(255, "no node was told to %s", what);
	}
	free(nodes);
	free(up);
}

/* Here "/" selects as ":" does: a node that only lies on the way stays up. */
int
client_power(const struct options *o, const char *spec, bool reboot)
{
	struct survey a = {0};
	char *below = xstrdup(spec), *slash;
	size_t done = 0, refused;
	bool named;

	survey_check(spec);
	while ((slash = strchr(below, '/')))
		*slash = ':';
	survey_ask(o, below, &a);
	free(below);
	absent_warn(&a.left, NULL, false);
	named = absent_any_named(&a.left);
	if (o->strict && (named || *a.left.open_down || *a.left.open_missing))
		die(255, "-strict: not all of \"%s\" are up, no node was told to %s", spec, reboot ? "reboot" : "halt");
	confirm(o, &a, reboot ? "reboot" : "halt");
	refused = order_all(o, &a, reboot, &done);
	if (done + refused == 0)
		warn("\"%s\" selects no node that is up%s", spec, *o->exclude ? " and not left out by -x" : *o->only ? " and kept by -only" : "");
	survey_free(&a);
	return flush_stdout(named || !done ? 255 : refused > 0);
}

/* ---- what would be sent ---- */

/* Prints one entry that was packed, and which program or library needs it; not directories that only lie on the way. */
static void
print_entry(const struct pack *p, const struct entry *e, const char *cwd)
{
	char *path = xasprintf("/%s", e->path);
	const struct dep *n = p->deps ? deps_at(p->deps, path) : NULL;

	if (e->kind == ENTRY_DIR && !(e->flags & ENTRY_OWN)) {
		free(path);
		return;
	}
	printf("%s%s%s%s  ", path, e->kind == ENTRY_DIR ? "/" : "", e->target ? " -> " : "", e->target ? e->target : "");
	if (n && n->kind != DEP_DIR)
		printf("(for %s)\n", n->by);
	else
		printf("(%s)\n", strcmp(path, cwd) == 0 ? "the working directory" : "-f");
	free(path);
}

static int
ldd_one(const struct options *o, const char *machine, const char *program, const char *cwd)
{
	struct pack p;
	int status = 0;
	size_t i;

	if (parcel_make(o, machine, program, cwd, &p, &status) != 0)
		warn("%s", pack_error());
	for (i = 0; status == 0 && i < p.manifest.count; i++)
		print_entry(&p, &p.manifest.at[i], cwd);
	pack_free(&p);
	return status;
}

/* With %m in -r: for each machine that has a root. */
static int
ldd_machines(const struct options *o, const char *program, const char *cwd)
{
	struct strings machines = {0};
	int worst = 0;
	size_t i;

	parcel_machines(o, &machines);
	if (machines.count == 0)
		die(127, "there is no directory %s for any machine", o->root);
	for (i = 0; i < machines.count; i++) {
		int status;

		printf("%s:\n", machines.at[i]);
		(void)fflush(stdout); /* so that warnings come after it */
		status = ldd_one(o, machines.at[i], program, cwd);
		if (status > worst)
			worst = status;
	}
	strings_free(&machines);
	return worst;
}

int
client_ldd(const struct options *o, char **programs)
{
	char *cwd = parcel_cwd();
	int worst = 0;

	for (; *programs; programs++) {
		int status = strstr(o->root, "%m") ? ldd_machines(o, *programs, cwd) : ldd_one(o, "", *programs, cwd);

		if (status > worst)
			worst = status;
	}
	free(cwd);
	return flush_stdout(worst);
}

int
client_forget(const struct options *o, const char *spec)
{
	struct survey a = {0};
	struct path *up;
	struct link *l;
	size_t i, done = 0, refused = 0, count = 0;
	bool missing;
	char name[PATH_TEXT], *nodes;

	survey_check(spec);
	survey_ask(o, spec, &a);
	missing = *a.left.missing || *a.left.refused;
	if (missing)
		absent_warn(&a.left, NULL, false);
	up = xcalloc(a.count, sizeof(*up));
	l = session_open(o->uds);
	for (i = 0; i < a.count; i++) {
		struct msg_strike m = {.path = a.at[i].m.path};
		struct buf body = {0};

		if (a.at[i].m.state == NODE_UP) {
			up[count++] = m.path;
			continue;
		}
		put_strike(&body, &m);
		if (order(o, &l, MSG_STRIKE, &body)) {
			printf("forgot %s\n", path_text(&m.path, name));
			done++;
		} else {
			refused++;
		}
	}
	link_free(l);
	nodes = pathset_fold(up, count);
	if (count)
		warn("up, and not forgotten: %s", nodes);
	free(nodes);
	free(up);
	refused += count;
	if (done + refused == 0)
		warn("\"%s\" selects no node", spec);
	survey_free(&a);
	return flush_stdout(missing || done + refused == 0 ? 255 : refused > 0);
}
