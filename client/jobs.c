/* The user's questions about jobs: which there are, how one is doing on its nodes; and signals for them.
 * Must never know how a job runs. */
#include "client/exec.h"
#include "client/session.h"
#include "client/table.h"
#include "client/json.h"
#include "client/survey.h"

#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>

/* ---- the list ---- */

static char *
user_text(uint32_t uid)
{
	const struct passwd *user = getpwuid(uid);

	return user ? xstrdup(user->pw_name) : xasprintf("%u", uid);
}

/* The nodes by state: "3,9", or where some have ended "running: 3,9; exit 0: 1-2". */
static char *
nodes_text(const struct msg_ps *m, const struct naming *naming)
{
	struct strings parts = {0};
	char *text, *nodes = naming_list(naming, m->running);
	size_t i;

	if (m->groups.count == 0)
		return nodes;
	if (*nodes)
		strings_take(&parts, xasprintf("running: %s", nodes));
	free(nodes);
	for (i = 0; i < m->groups.count; i += 2) {
		char *what = printable(m->groups.at[i]);

		nodes = naming_list(naming, m->groups.at[i + 1]);
		strings_take(&parts, xasprintf("%s: %s", what, nodes));
		free(nodes);
		free(what);
	}
	text = strings_join(&parts, "; ");
	strings_free(&parts);
	return text;
}

static void
add_row(struct table *t, const struct msg_ps *m, const struct naming *naming)
{
	char *words = strings_join(&m->command, " ");

	table_add(t, xstrdup(m->job));
	table_add(t, printable(m->name));
	table_add(t, user_text(m->uid));
	table_add(t, age_text(m->age));
	table_add(t, xstrdup(m->state));
	table_add(t, nodes_text(m, naming));
	table_add(t, printable(words));
	free(words);
}

/* cli.md's object of a job; "ends" is how it has ended, and where. */
static void
put_job(struct buf *b, const struct msg_ps *m, bool first)
{
	uint64_t since = json_now() - m->age;
	size_t i;

	json_begin(b, "job");
	if (first)
		json_number(b, "gproc", JSON_FORMAT);
	json_text(b, "job", m->job);
	if (*m->name)
		json_text(b, "name", m->name);
	json_number(b, "uid", m->uid);
	json_seconds(b, "since", since);
	json_text(b, "state", m->state);
	json_text(b, "nodes", m->nodes);
	json_text(b, "running", m->running);
	json_words(b, "command", (const char *const *)m->command.at, m->command.count);
	if (m->lasted != UINT64_MAX)
		json_seconds(b, "ended", since + m->lasted);
	json_open(b, "ends");
	for (i = 0; i < m->groups.count; i += 2) {
		json_item(b, "what", m->groups.at[i]);
		json_text(b, "nodes", m->groups.at[i + 1]);
		json_close(b);
	}
	json_shut(b);
	json_end(b);
}

static void
print_object(struct buf *object)
{
	(void)fwrite(object->data, 1, object->len, stdout);
	buf_free(object);
}

/* With -names what the hosts of all nodes are called; else NULL. The caller frees. */
static struct naming *
ask_names(const struct options *o)
{
	struct survey nodes = {0};
	struct naming *naming;

	if (!o->names)
		return NULL;
	survey_ask(o, "", &nodes);
	naming = survey_naming(&nodes, true);
	survey_free(&nodes);
	return naming;
}

static int
list(const struct options *o)
{
	static const char *const heads[] = {"JOB", "NAME", "USER", "AGE", "STATE", "NODES", "COMMAND"};
	struct table t = {.columns = COUNT(heads), .right = 1u << 3};
	struct msg_ps_ask ask = {.all = o->all};
	struct naming *naming = ask_names(o);
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
		if (o->json) {
			put_job(&body, &m, t.cells.count == COUNT(heads));
			print_object(&body);
		}
		add_row(&t, &m, naming);
		ps_free(&m);
	}
	if (f.type != MSG_OK)
		session_bad(&f);
	link_free(l);
	if (!o->json)
		table_print(&t);
	table_free(&t);
	naming_free(naming);
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
	if (p->verdict.kind == EVENT_HELD)
		return xstrdup("not started");
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
fold_rows(const struct look *look, const struct naming *naming, const struct table *cells, struct table *t)
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
		table_add(t, naming_counted(naming, some, n));
		for (k = 0; k < PROCESS_CELLS; k++)
			table_add(t, xstrdup(cells->cells.at[i * PROCESS_CELLS + k]));
	}
	free(some);
	free(seen);
}

static void
put_process(struct buf *b, const struct look *look, const struct naming *naming, size_t at)
{
	const struct process *p = &look->at[at];
	char *state = state_text(p);
	bool exited = p->verdict.kind == EVENT_EXITED, lives = p->known && !p->verdict.kind;

	json_begin(b, "process");
	if (at == 0)
		json_number(b, "gproc", JSON_FORMAT);
	json_text(b, "job", look->about.job);
	json_about(b, naming, &look->accepted.paths[at]);
	if (lives && p->figures.pid)
		json_number(b, "pid", p->figures.pid);
	json_text(b, "state", exited ? "ended" : state);
	free(state);
	if (exited && WIFSIGNALED(p->verdict.status))
		json_number(b, "signal", (uint64_t)WTERMSIG(p->verdict.status));
	else if (exited)
		json_number(b, "code", (uint64_t)WEXITSTATUS(p->verdict.status));
	if (p->note)
		json_text(b, "reason", p->note);
	if (lives)
		json_seconds(b, "cpu", p->figures.cpu);
	if (lives)
		json_number(b, "memory", p->figures.memory);
	json_end(b);
}

static int
show_job(const struct options *o, const char *job)
{
	static const char *const heads[] = {"NODES", "PID", "STATE", "CPU", "MEMORY", ""};
	struct table t = {.columns = COUNT(heads), .right = 1u << 1 | 1u << 3 | 1u << 4}, cells = {.columns = PROCESS_CELLS};
	struct look look = {.options = o};
	struct naming *naming = ask_names(o);
	struct buf object = {0};
	size_t i;

	ask(&look, job);
	for (i = 0; o->json && i < look.accepted.count; i++) {
		put_process(&object, &look, naming, i);
		print_object(&object);
	}
	if (o->json)
		return flush_stdout(0);
	for (i = 0; i < COUNT(heads); i++)
		table_add(&t, xstrdup(heads[i]));
	for (i = 0; i < look.accepted.count; i++)
		add_cells(&cells, &look.at[i]);
	fold_rows(&look, naming, &cells, &t);
	table_print(&t);
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
