/* The user's questions and orders: what would be sent, halt and reboot, and what leaves the map.
 * Must never know how the master finds an answer. */
#include "client/exec.h"
#include "client/absent.h"
#include "client/parcel.h"
#include "ship/deps.h"
#include "pathset.h"
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
