/* A launch as JSON objects.
 * Must never know links, or where the objects go. */
#include "client/report.h"

#include "client/json.h"
#include "client/lastword.h"
#include "pathset.h"

#include <stdlib.h>

static void
report_absent(struct buf *b, const char *nodes, const char *state)
{
	if (!*nodes)
		return;
	json_begin(b, "absent");
	json_text(b, "nodes", nodes);
	json_text(b, "state", state);
	json_end(b);
}

void
report_start(struct buf *b, const struct verdicts *v, const struct about *about)
{
	char *nodes = pathset_fold(v->paths, v->count);
	size_t words = 0;

	while (about->command[words])
		words++;
	json_begin(b, "start");
	json_number(b, "gproc", JSON_FORMAT);
	json_text(b, "job", about->job);
	if (*about->name)
		json_text(b, "name", about->name);
	json_number(b, "uid", about->uid);
	json_seconds(b, "time", about->time);
	json_text(b, "nodes", nodes);
	json_number(b, "count", v->count);
	json_words(b, "command", (const char *const *)about->command, words);
	json_end(b);
	free(nodes);
	report_absent(b, v->left.missing, "missing");
	report_absent(b, v->left.open_missing, "missing");
	report_absent(b, v->left.down, "down");
	report_absent(b, v->left.open_down, "down");
	report_absent(b, v->left.refused, "refused");
}

static void
report_exit(struct buf *b, const struct verdict *v)
{
	json_number(b, v->fate == FATE_SIGNALLED ? "signal" : "code", v->status);
	json_seconds(b, "time", json_now());
	json_seconds(b, "ran", v->ran);
}

static void
report_failure(struct buf *b, const struct verdict *v)
{
	char *why = v->why ? xasprintf("%s%s", v->fate == FATE_HELD ? "not started: " : "", v->why)
			   : xstrdup("a signal ended it before it could start");

	json_number(b, "code", verdict_status(v));
	json_text(b, "reason", why);
	free(why);
}

void
report_verdict(struct buf *b, const struct verdicts *all, size_t node)
{
	const struct verdict *v = &all->at[node];
	bool failed = v->fate == FATE_FAILED || v->fate == FATE_HELD || v->flags & EXITED_UNSTARTED;

	json_node(b, failed ? "failed" : v->fate == FATE_LOST ? "lost" : "exit", all->naming, &all->paths[node]);
	if (failed)
		report_failure(b, v);
	else if (v->fate == FATE_LOST)
		json_text(b, "reason", v->why);
	else
		report_exit(b, v);
	json_end(b);
}

void
report_skipped(struct buf *b, const struct verdicts *v, size_t at, uint64_t bytes)
{
	json_node(b, "skipped", v->naming, &v->paths[at]);
	json_number(b, "bytes", bytes);
	json_end(b);
}

void
report_end(struct buf *b, const struct verdicts *v, const char *job, int status, bool left)
{
	struct lastword *words = verdicts_words(v, left);
	size_t i, ok = 0;

	for (i = 0; i < v->count; i++)
		ok += verdict_status(&v->at[i]) == 0 && !v->at[i].overdue;
	json_begin(b, "end");
	json_text(b, "job", job);
	json_number(b, "status", (uint64_t)status);
	json_number(b, "count", v->count);
	json_number(b, "ok", ok);
	lastword_json(words, b);
	json_end(b);
	lastword_free(words);
}
