/* How each chosen node's part in a job has ended, what is said of it, and the status of the whole.
 * Must never know links, or what the programs wrote. */
#include "client/verdicts.h"

#include "client/absent.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum {
	MAX_NOTES = 16,	 /* of a node */
	TIMED_OUT = 124, /* as of timeout(1) */
	SPOILT = 1,	 /* of cp and get: a file failed */
};

/* What a node has to say beside its verdict. */
struct note {
	size_t node;
	bool if_bad; /* only where the command fails there */
	char *text;
};

void
verdicts_begin(struct verdicts *v, const struct options *o, const struct naming *naming, const struct msg_accepted *m, bool silent)
{
	*v = (struct verdicts){.options = o, .silent = silent, .naming = naming, .paths = m->paths, .count = m->count, .running = m->count};
	v->culprit = v->count;
	v->unfit = v->all_unfit = m->unfit;
	v->at = xcalloc(v->count, sizeof(v->at[0]));
	v->left = absent_copy(&m->left);
	if (!o->detach && !silent) /* else the last word comes at once */
		absent_warn(&v->left, naming, o->quiet);
}

size_t
verdicts_find(const struct verdicts *v, const struct path *p)
{
	return paths_find(v->paths, v->count, p);
}

/* ---- what comes ---- */

static bool
runs(const struct verdicts *v, size_t at)
{
	return v->at[at].fate == FATE_RUNNING || (v->at[at].fate == FATE_STARTED && !v->options->detach);
}

unsigned
verdict_status(const struct verdict *v)
{
	switch (v->fate) {
	case FATE_RUNNING:
	case FATE_LOST:
		return 255;
	case FATE_STARTED:
		return 0;
	case FATE_SIGNALLED:
		return 128 + v->status;
	case FATE_EXITED:
	case FATE_FAILED:
	case FATE_HELD:
		return v->status;
	}
	return 255;
}

static bool
record_fate(struct verdicts *v, size_t at, enum fate fate, unsigned status, const char *why)
{
	struct verdict *one = &v->at[at];

	v->running -= runs(v, at);
	free(one->why);
	*one = (struct verdict){.fate = fate, .status = status, .why = why ? xstrdup(why) : NULL, .overdue = one->overdue};
	if (v->options->kill_on_bad && v->culprit == v->count && verdict_status(one) != 0 && !one->overdue)
		v->culprit = at;
	return fate != FATE_STARTED;
}

static bool
take_exit(struct verdicts *v, size_t at, const struct msg_event *e)
{
	bool by_signal = WIFSIGNALED(e->status);

	if (v->options->detach && !(e->flags & EXITED_UNSTARTED)) /* its end is not asked for: it has started */
		return record_fate(v, at, FATE_STARTED, 0, NULL);
	(void)record_fate(v, at, by_signal ? FATE_SIGNALLED : FATE_EXITED,
		(unsigned)(by_signal ? WTERMSIG(e->status) : WEXITSTATUS(e->status)), NULL);
	v->at[at].flags = e->flags;
	v->at[at].ran = e->ran;
	if (e->flags & EXITED_OVERDUE)
		v->at[at].overdue = true;
	if (e->flags & EXITED_LATE)
		v->at[at].overdue = false;
	return true;
}

static void
add_note(struct verdicts *v, size_t node, const struct msg_event *e)
{
	if (v->note_count > MAX_NOTES * v->count)
		return; /* no honest node has so many */
	v->notes = grow(v->notes, v->note_count, &v->note_room, sizeof(v->notes[0]));
	v->notes[v->note_count++] = (struct note){node, e->flags & NOTE_IF_BAD, xstrdup(e->text)};
}

void
verdicts_spoil(struct verdicts *v, size_t at, const char *why)
{
	struct verdict *one = &v->at[at];

	if (one->fate == FATE_LOST || one->fate == FATE_FAILED || one->overdue)
		return;
	free(one->why);
	*one = (struct verdict){.fate = FATE_FAILED, .status = SPOILT, .why = xstrdup(why)};
}

static bool
is_new(const struct verdict *one, const struct verdict *like)
{
	return one->unfit && !one->told && strcmp(one->why, like->why) == 0;
}

/* Nodes of other machines, those of each kind together. */
static void
warn_unfit(struct verdicts *v)
{
	struct path *paths = xcalloc(v->count, sizeof(*paths));
	size_t first, i, n;

	for (first = 0; first < v->count; first++) {
		struct verdict *like = &v->at[first];
		char *nodes;

		for (i = first, n = 0; i < v->count && is_new(like, like); i++)
			if (is_new(&v->at[i], like))
				paths[n++] = v->paths[i];
		if (n == 0)
			continue;
		nodes = naming_fold(v->naming, paths, n);
		warn("node%s %s %s %s", n > 1 ? "s" : "", nodes, n > 1 ? "are" : "is", like->why);
		free(nodes);
		for (i = v->count; i-- > first;)
			v->at[i].told |= is_new(&v->at[i], like);
	}
	free(paths);
}

/* Nothing was sent there: told at once, when all such nodes are known. */
static bool
take_unfit(struct verdicts *v, size_t at, const char *text)
{
	char *why = xasprintf("%s%s", text, strstr(v->options->root, "%m") ? "" : ": -r=ROOT/%m takes each its own");

	(void)record_fate(v, at, FATE_FAILED, 126, why);
	free(why);
	v->at[at].unfit = true;
	if (v->unfit > 0 && --v->unfit == 0 && !v->options->quiet)
		warn_unfit(v);
	return true;
}

/* At attach: the first that comes of a node says what had gone before. */
static void
note_skipped(struct verdicts *v, size_t at)
{
	struct msg_event e = {.text = v->at[at].seen ? "some of its output went by unread: it printed faster than this was read"
						     : "its first output is kept no more (-keep)"};

	add_note(v, at, &e);
}

bool
verdicts_take(struct verdicts *v, size_t at, const struct msg_event *e)
{
	switch (e->kind) {
	case EVENT_STARTED:
		if (v->options->detach)
			(void)record_fate(v, at, FATE_STARTED, 0, NULL);
		else
			v->at[at].fate = FATE_STARTED;
		return false;
	case EVENT_FAILED:
		return record_fate(v, at, e->status ? FATE_FAILED : FATE_LOST, e->status, e->text);
	case EVENT_HELD:
		return record_fate(v, at, FATE_HELD, e->status, e->text);
	case EVENT_EXITED:
		return take_exit(v, at, e);
	case EVENT_LOST:
		if (v->options->detach && v->at[at].fate == FATE_STARTED)
			return false;
		return record_fate(v, at, FATE_LOST, 255, e->text);
	case EVENT_UNFIT:
		return take_unfit(v, at, e->text);
	case EVENT_NOTE:
		add_note(v, at, e);
		return false;
	case EVENT_SKIPPED:
		note_skipped(v, at);
		v->at[at].seen = true;
		return false;
	case EVENT_STDOUT:
	case EVENT_STDERR:
		v->at[at].seen = true;
		if (e->len)
			v->at[at].broken[e->kind - EVENT_STDOUT] = e->data[e->len - 1] != '\n';
		return false;
	case EVENT_GONE:
	case EVENT_FIGURES:
	case EVENT_TAKEN:
		break;
	}
	return false;
}

void
verdicts_overdue_one(struct verdicts *v, size_t at)
{
	v->at[at].overdue = runs(v, at);
}

void
verdicts_overdue(struct verdicts *v)
{
	size_t i;

	for (i = 0; i < v->count; i++)
		v->at[i].overdue = runs(v, i);
}

void
verdicts_lose(struct verdicts *v, const char *why)
{
	size_t i;

	for (i = 0; i < v->count; i++)
		if (runs(v, i))
			(void)record_fate(v, i, FATE_LOST, 255, why);
}

/* ---- what is said ---- */

/* Those whose fate is one of two. The caller frees. */
static char *
list_of(const struct verdicts *v, enum fate one, enum fate other)
{
	struct path *paths = xcalloc(v->count, sizeof(*paths));
	size_t i, n = 0;
	char *text;

	for (i = 0; i < v->count; i++)
		if (v->at[i].fate == one || v->at[i].fate == other)
			paths[n++] = v->paths[i];
	text = naming_counted(v->naming, paths, n);
	free(paths);
	return text;
}

char *
verdicts_running(const struct verdicts *v)
{
	return list_of(v, FATE_RUNNING, v->options->detach ? FATE_RUNNING : FATE_STARTED);
}

struct tally
verdicts_tally(const struct verdicts *v)
{
	struct tally t = {0};
	size_t i;

	for (i = 0; i < v->count; i++) {
		enum fate fate = v->at[i].fate;

		t.waiting += fate == FATE_RUNNING;
		t.running += fate == FATE_STARTED;
		t.ended += fate > FATE_STARTED;
		t.started += fate == FATE_STARTED || ((fate == FATE_EXITED || fate == FATE_SIGNALLED) && !(v->at[i].flags & EXITED_UNSTARTED));
	}
	return t;
}

char *
verdicts_slow(const struct verdicts *v, const struct tally *t)
{
	if (t->waiting && t->waiting <= v->count / 2)
		return list_of(v, FATE_RUNNING, FATE_RUNNING);
	if (t->running && t->running <= v->count / 2)
		return list_of(v, FATE_STARTED, FATE_STARTED);
	return NULL;
}

static int
note_order(const void *a, const void *b)
{
	const struct note *x = a, *y = b;
	int order = strcmp(x->text, y->text);

	return order ? order : (x->node > y->node) - (x->node < y->node);
}

/* Whether it is to be told, and was not for the same node. */
static bool
note_counts(const struct verdicts *v, size_t at)
{
	const struct note *n = &v->notes[at];

	return (!n->if_bad || verdict_status(&v->at[n->node]) != 0) && (at == 0 || note_order(n - 1, n) != 0);
}

/* What nodes had to say, once for all that say the same. */
static void
print_notes(const struct verdicts *v)
{
	struct path *paths = xcalloc(v->count, sizeof(*paths));
	size_t i, count = 0;
	char *nodes;

	if (v->note_count)
		qsort(v->notes, v->note_count, sizeof(v->notes[0]), note_order);
	for (i = 0; i < v->note_count; i++) {
		if (note_counts(v, i))
			paths[count++] = v->paths[v->notes[i].node];
		if (!count || (i + 1 < v->note_count && strcmp(v->notes[i].text, v->notes[i + 1].text) == 0))
			continue;
		nodes = naming_fold(v->naming, paths, count);
		if (v->notes[i].if_bad)
			warn("%s on node%s %s", v->notes[i].text, count > 1 ? "s" : "", nodes);
		else
			warn("node%s %s: %s", count > 1 ? "s" : "", nodes, v->notes[i].text);
		free(nodes);
		count = 0;
	}
	free(paths);
}

/* With -kill-on-bad those that were killed need no verdict of their own. */
static bool
ended_with_culprit(const struct verdicts *v, size_t at)
{
	return v->culprit < v->count && at != v->culprit && v->at[at].fate == FATE_SIGNALLED && v->at[at].status == SIGKILL;
}

static void
add_overdue(const struct verdicts *v, size_t at, struct lastword **w)
{
	lastword_add(w, WORD_TIMED_OUT, (unsigned)v->options->timeout,
		v->at[at].flags & EXITED_UNSTARTED ? "it had not started by then" : NULL, &v->paths[at]);
}

static void
add_word(const struct verdicts *v, size_t at, bool left, struct lastword **w)
{
	const struct verdict *one = &v->at[at];
	const struct path *p = &v->paths[at];

	if (one->flags & EXITED_HOLDS)
		lastword_add(w, WORD_LINGERING, 0, "children of the program hold its output; what they write from now on is dropped", p);
	if (runs(v, at) && left)
		lastword_add(w, WORD_RUNNING, 0, NULL, p);
	else if (runs(v, at))
		return;
	else if (ended_with_culprit(v, at))
		lastword_add(w, WORD_ENDED, SIGKILL, NULL, p);
	else if (one->overdue && one->fate != FATE_LOST && one->fate != FATE_FAILED)
		add_overdue(v, at, w);
	else if (one->flags & EXITED_UNSTARTED)
		lastword_add(w, WORD_SIGNAL, one->status, "before it could start", p);
	else if (one->fate == FATE_SIGNALLED)
		lastword_add(w, WORD_SIGNAL, one->status, NULL, p);
	else if (one->fate == FATE_EXITED && one->status && !v->options->terminal) /* whose user has seen it */
		lastword_add(w, WORD_EXIT, one->status, NULL, p);
	else if (one->fate == FATE_FAILED && one->status == SPOILT)
		lastword_add(w, WORD_SPOILT, 0, one->why, p);
	else if (one->fate == FATE_FAILED && !(one->told && v->all_unfit == v->count)) /* then that alone was said just now */
		lastword_add(w, WORD_FAILED, one->status, one->why, p);
	else if (one->fate == FATE_HELD)
		lastword_add(w, WORD_HELD, one->status, one->why, p);
	else if (one->fate == FATE_LOST)
		lastword_add(w, WORD_LOST, 0, one->why, p);
}

struct lastword *
verdicts_words(const struct verdicts *v, bool left)
{
	struct lastword *w = NULL;
	size_t i;

	for (i = 0; i < v->count; i++)
		add_word(v, i, left, &w);
	absent_add(&w, &v->left);
	return w;
}

void
verdicts_print(struct verdicts *v, bool left)
{
	struct lastword *w;

	if (v->silent)
		return;
	w = verdicts_words(v, left);
	if (!v->options->quiet)
		print_notes(v);
	lastword_print(w, v->naming, v->options->quiet);
	lastword_free(w);
}

int
verdicts_status(const struct verdicts *v)
{
	bool failed = absent_any_named(&v->left), overdue = false;
	unsigned worst = 0;
	size_t i;

	for (i = 0; i < v->count; i++) {
		unsigned status = verdict_status(&v->at[i]);

		failed |= status == 255 && v->at[i].fate != FATE_EXITED;
		overdue |= v->at[i].overdue;
		worst = status > worst ? status : worst;
	}
	if (failed || overdue)
		return failed ? 255 : TIMED_OUT;
	return (int)(v->culprit < v->count ? verdict_status(&v->at[v->culprit]) : worst);
}
