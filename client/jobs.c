/* The user's questions about jobs: which there are, how one is doing on its nodes; and signals for them.
 * Must never know how a job runs. */
#include "client/exec.h"
#include "client/session.h"
#include "client/table.h"
#include "client/naming.h"

#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- the list ---- */

static char *
user_text(uint32_t uid)
{
	const struct passwd *user = getpwuid(uid);

	return user ? xstrdup(user->pw_name) : xasprintf("%u", uid);
}

/* The nodes by state: "3,9", or where some have ended "running 3,9; exit 0 1-2". */
static char *
nodes_text(const struct msg_ps *m)
{
	struct strings parts = {0};
	char *text;
	size_t i;

	if (m->groups.count == 0)
		return xstrdup(m->running);
	if (*m->running)
		strings_take(&parts, xasprintf("running %s", m->running));
	for (i = 0; i < m->groups.count; i += 2) {
		char *what = printable(m->groups.at[i]);

		strings_take(&parts, xasprintf("%s: %s", what, m->groups.at[i + 1]));
		free(what);
	}
	text = strings_join(&parts, "; ");
	strings_free(&parts);
	return text;
}

static void
add_row(struct table *t, const struct msg_ps *m)
{
	char *words = strings_join(&m->command, " ");

	table_add(t, xstrdup(m->job));
	table_add(t, printable(m->name));
	table_add(t, user_text(m->uid));
	table_add(t, age_text(m->age));
	table_add(t, xstrdup(m->state));
	table_add(t, nodes_text(m));
	table_add(t, printable(words));
	free(words);
}

static int
list(const struct options *o)
{
	static const char *const heads[] = {"JOB", "NAME", "USER", "AGE", "STATE", "NODES", "COMMAND"};
	struct table t = {.columns = COUNT(heads), .right = 1u << 3};
	struct msg_ps_ask ask = {.all = o->all};
	struct link *l = session_open(o->uds);
	struct buf body = {0};
	struct msg_ps m;
	struct frame f;
	size_t i;

	put_ps_ask(&body, &ask);
	session_send(l, MSG_PS, &body);
	buf_free(&body);
	for (i = 0; i < COUNT(heads); i++)
		table_add(&t, xstrdup(heads[i]));
	for (session_next(l, &f); f.type == MSG_PS; session_next(l, &f)) {
		if (take_ps(f.body, f.len, &m) != 0)
			session_bad(&f);
		add_row(&t, &m);
		ps_free(&m);
	}
	if (f.type != MSG_OK)
		session_bad(&f);
	link_free(l);
	table_print(&t, 0);
	table_free(&t);
	return flush_stdout(0);
}

/* ---- one job ---- */

static const char *const states[FIGURES_STATES] = {"starting", "running", "stopped", "blocked", "lingering", "ended"};

/* What is known of one node, as a row shows it. */
struct process {
	struct path path;
	bool known; /* it has told */
	struct msg_event figures;
	struct msg_event verdict; /* kind 0: none */
	char *note;		  /* or NULL; owned */
};

struct look {
	const struct options *options;
	struct link *link;
	struct msg_ps about;
	struct msg_accepted accepted;
	struct process *at; /* as many as accepted.count */
};

static void
take_one(struct look *look, const struct frame *f)
{
	struct msg_event e;
	size_t i;

	if (take_event(f->body, f->len, &e) != 0)
		session_bad(f);
	i = paths_find(look->accepted.paths, look->accepted.count, &e.path);
	if (i == look->accepted.count)
		session_bad(f);
	if (e.kind == EVENT_FIGURES) {
		look->at[i].figures = e;
		look->at[i].known = true;
	} else if (e.kind != EVENT_EXITED) {
		free(look->at[i].note);
		look->at[i].note = printable(e.text);
	}
	if (e.kind != EVENT_FIGURES && e.kind != EVENT_NOTE)
		look->at[i].verdict = e;
}

static void
ask(struct look *look, const char *job)
{
	struct msg_attach m = {.generation = PROTO_GENERATION, .job = job, .figures = true, .window = 65536};
	struct buf body = {0};
	struct frame f;

	look->link = session_open(look->options->uds);
	put_attach(&body, &m);
	session_send(look->link, MSG_ATTACH, &body);
	buf_free(&body);
	session_next(look->link, &f);
	if (f.type != MSG_PS || take_ps(f.body, f.len, &look->about) != 0)
		session_bad(&f);
	look->about.job = xstrdup(look->about.job);
	session_next(look->link, &f);
	if (f.type != MSG_ACCEPTED || take_accepted(f.body, f.len, &look->accepted) != 0)
		session_bad(&f);
	look->at = xcalloc(look->accepted.count, sizeof(look->at[0]));
	for (session_next(look->link, &f); f.type == MSG_EVENT; session_next(look->link, &f))
		take_one(look, &f);
	if (f.type != MSG_JOB_END)
		session_bad(&f);
	link_free(look->link);
}

static char *
state_text(const struct process *p)
{
	if (p->verdict.kind == EVENT_LOST)
		return xstrdup("lost");
	if (p->verdict.kind == EVENT_FAILED || p->verdict.kind == EVENT_UNFIT)
		return xstrdup("failed");
	if (p->verdict.kind == EVENT_EXITED)
		return exited_text(p->verdict.status, p->verdict.flags);
	return xstrdup(p->known ? states[p->figures.state] : "unknown");
}

/* Seconds, with a hundredth's digits below ten. */
static char *
cpu_text(uint64_t ms)
{
	return ms < 10000 ? xasprintf("%llu.%02llu s", (unsigned long long)ms / 1000, (unsigned long long)ms % 1000 / 10) : age_text(ms);
}

enum { PROCESS_CELLS = 5 }; /* beside the nodes */

static void
add_cells(struct table *t, const struct process *p)
{
	bool lives = p->known && !p->verdict.kind;

	table_add(t, lives && p->figures.pid ? xasprintf("%u", p->figures.pid) : xstrdup("-"));
	table_add(t, state_text(p));
	table_add(t, lives ? cpu_text(p->figures.cpu) : xstrdup("-"));
	table_add(t, lives ? bytes_text(p->figures.memory) : xstrdup("-"));
	table_add(t, xstrdup(p->note ? p->note : ""));
}

/* Rows that are alike but for their nodes become one. */
static void
fold_rows(const struct look *look, const struct table *cells, struct table *t)
{
	size_t count = look->accepted.count, i, j, k, n;
	bool *seen = xcalloc(count, sizeof(*seen));
	struct path *some = xcalloc(count, sizeof(*some));

	for (i = 0; i < count; i++) {
		if (seen[i])
			continue;
		for (n = 0, j = i; j < count; j++) {
			for (k = 0; k < PROCESS_CELLS; k++)
				if (strcmp(cells->cells.at[i * PROCESS_CELLS + k], cells->cells.at[j * PROCESS_CELLS + k]) != 0)
					break;
			if (seen[j] || k < PROCESS_CELLS)
				continue;
			seen[j] = true;
			some[n++] = look->accepted.paths[j];
		}
		table_add(t, naming_counted(NULL, some, n));
		for (k = 0; k < PROCESS_CELLS; k++)
			table_add(t, xstrdup(cells->cells.at[i * PROCESS_CELLS + k]));
	}
	free(some);
	free(seen);
}

static int
show_job(const struct options *o, const char *job)
{
	static const char *const heads[] = {"NODES", "PID", "STATE", "CPU", "MEMORY", ""};
	struct table t = {.columns = COUNT(heads), .right = 1u << 1 | 1u << 3 | 1u << 4}, cells = {.columns = PROCESS_CELLS};
	struct look look = {.options = o};
	size_t i;

	ask(&look, job);
	for (i = 0; i < COUNT(heads); i++)
		table_add(&t, xstrdup(heads[i]));
	for (i = 0; i < look.accepted.count; i++)
		add_cells(&cells, &look.at[i]);
	fold_rows(&look, &cells, &t);
	table_print(&t, 0);
	table_free(&cells);
	table_free(&t);
	return flush_stdout(0);
}

int
client_ps(const struct options *o, const char *job)
{
	(void)signal(SIGPIPE, SIG_IGN);
	return job ? show_job(o, job) : list(o);
}

/* ---- signals ---- */

static const struct {
	const char *name;
	int number;
} signals[] = {
	{"HUP", SIGHUP},
	{"INT", SIGINT},
	{"QUIT", SIGQUIT},
	{"ABRT", SIGABRT},
	{"KILL", SIGKILL},
	{"USR1", SIGUSR1},
	{"USR2", SIGUSR2},
	{"ALRM", SIGALRM},
	{"TERM", SIGTERM},
	{"CONT", SIGCONT},
	{"STOP", SIGSTOP},
	{"TSTP", SIGTSTP},
	{"TTIN", SIGTTIN},
	{"TTOU", SIGTTOU},
	{"WINCH", SIGWINCH},
};

static uint32_t
signal_number(const char *text)
{
	const char *name = text;
	uint64_t number;
	size_t i;

	if (parse_u64(text, 64, &number) == 0 && number > 0)
		return (uint32_t)number;
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	for (i = 0; i < COUNT(signals); i++)
		if (strcasecmp(signals[i].name, name) == 0)
			return (uint32_t)signals[i].number;
	die(2, "unknown signal \"%s\": give a number, or a name such as TERM", text);
}

static void
expect_ok(struct link *l)
{
	struct frame f;

	session_next(l, &f);
	if (f.type != MSG_OK || f.len)
		session_bad(&f);
}

int
client_kill(const struct options *o, const char *job, const char *signal)
{
	struct msg_kill m = {.job = job, .only = o->only, .signal = signal ? signal_number(signal) : SIGTERM};
	struct link *l = session_open(o->uds);
	struct buf body = {0};

	put_kill(&body, &m);
	session_send(l, MSG_KILL, &body);
	buf_free(&body);
	expect_ok(l);
	link_free(l);
	return 0;
}
