/* The user's side of cp and get: which file goes where.
 * Must never know how files travel. */
#include "client/files.h"
#include "base/walk.h"
#include "client/exec.h"
#include "client/survey.h"
#include "letters.h"
#include "pathset.h"
#include "client/receive.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* The last operand, where all goes; *count: of those before it. */
static const char *
last_operand(char **operands, size_t *count)
{
	for (*count = 0; operands[*count + 1]; (*count)++)
		;
	return operands[*count];
}

static bool
ends_in_slash(const char *path)
{
	return *path && path[strlen(path) - 1] == '/';
}

/* "dir/", "." and "dir/." stand for what is in a directory. */
static bool
means_contents(const char *path)
{
	const char *name = last_part(path);

	return !*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Without the slashes at its end. The caller frees. */
static char *
trimmed(const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	return xstrndup(path, len);
}

/* The directory that a path without slashes at its end lies in. The caller frees. */
static char *
above(const char *path)
{
	size_t len = (size_t)(last_part(path) - path);
	char *dir = xstrndup(path, len), *out = len ? trimmed(dir) : xstrdup(".");

	free(dir);
	return out;
}

/* ---- cp ---- */

/* Two sources of one name would be in each other's way. */
static void
check_names(const struct copy *copies, size_t count)
{
	size_t i, k;

	for (i = 0; i < count; i++)
		for (k = 0; k < i && *copies[i].to; k++)
			if (strcmp(copies[i].to, copies[k].to) == 0)
				die(2, "%s and %s would both become %s there", copies[k].from, copies[i].from, copies[i].to);
}

static void
warn_text(const char *text)
{
	warn("%s", text);
}

static void
pack(const struct copy *copies, size_t count, struct pack *out)
{
	struct pack_query q = {.root = "/", .search = "", .copies = copies, .copy_count = count, .warn = warn_text};
	int status;

	if (pack_make(&q, out, &status) != 0)
		die(255, "%s", pack_error());
}

/* ---- what is there already ---- */

enum { WORTH_ASKING = 1 << 20 }; /* bytes: less is sent in the time of a question */

/* What nodes have in place of a manifest's entries, '1' for each: */
struct comparing {
	size_t entries, count;
	char *all, *any; /* all of them; one at least */
	struct path *paths;
	size_t *at, *have; /* of each node: how many words it has said; how many entries it has */
	uint64_t said;	   /* of all nodes */
};

static void
compare_begin(void *owner, const struct msg_accepted *m, const struct naming *naming)
{
	struct comparing *c = owner;

	(void)naming;
	c->count = m->count;
	c->paths = xmemdup(m->paths, m->count * sizeof(*c->paths));
	c->at = xcalloc(m->count, sizeof(*c->at));
	c->have = xcalloc(m->count, sizeof(*c->have));
}

static int
compare_take(void *owner, size_t node, const uint8_t *data, size_t len)
{
	struct comparing *c = owner;

	for (; len-- > 0 && c->at[node] < c->entries; data++, c->at[node]++, c->said++)
		if (*data == '1') {
			c->any[c->at[node]] = '1';
			c->have[node]++;
		} else {
			c->all[c->at[node]] = '0';
		}
	return 0;
}

/* Each node compares with the rights of the user there. The status of the question; 0 where it isn't worth one, too. */
static int
compare(const struct options *o, const char *spec, const char *base, const struct pack *sent, struct comparing *c)
{
	struct carriage question = {
		.flags = LAUNCH_COMPARE, .silent = true, .pack = sent, .owner = c, .begin = compare_begin, .take = compare_take};
	uint64_t bytes = 0;
	int status;
	size_t i;

	c->entries = sent->manifest.count;
	c->all = xcalloc(c->entries + 1, 1);
	c->any = xcalloc(c->entries + 1, 1);
	memset(c->all, '1', c->entries);
	memset(c->any, '0', c->entries);
	for (i = 0; i < c->entries; i++)
		bytes += sent->manifest.at[i].size;
	strings_add(&question.words, base);
	status = bytes >= WORTH_ASKING ? exec_carry(o, spec, &question) : 0;
	strings_free(&question.words);
	return status;
}

static void
comparing_free(struct comparing *c)
{
	free(c->paths);
	free(c->at);
	free(c->have);
	free(c->all);
	free(c->any);
}

/* The nodes that lack something which another one has, folded; "": none. The caller frees. */
static char *
lacking(const struct comparing *c)
{
	struct path *paths = xcalloc(c->count + 1, sizeof(*paths));
	size_t i, most = 0, count = 0;
	char *text;

	for (i = 0; i < c->entries; i++)
		most += c->any[i] == '1';
	for (i = 0; i < c->count; i++)
		if (c->have[i] < most)
			paths[count++] = c->paths[i];
	text = count < c->count ? pathset_fold(paths, count) : xstrdup("");
	free(paths);
	return text;
}

/* What all nodes have already is not sent; and what some have not, to these alone: the others have a launch of their own before. */
static int
send_lacking(const struct options *o, const char *spec, const char *base, struct carriage *carriage, struct pack *sent)
{
	struct comparing c = {0};
	struct options those = *o;
	int status = compare(o, spec, base, sent, &c);
	bool interrupted = status == 128 + SIGINT, answered = c.count && c.said == (uint64_t)c.entries * c.count;
	char *few = answered && !interrupted ? lacking(&c) : xstrdup("");

	status = interrupted ? status : 0;

	if (*few) {
		those.exclude = xasprintf("%s%s%s", o->exclude, *o->exclude ? "," : "", few);
		pack_leave_out(sent, c.any);
		status = exec_carry(&those, spec, carriage);
		interrupted = status == 128 + SIGINT;
		those.exclude = those.only = "";
		spec = few;
	}
	if (answered)
		pack_leave_out(sent, c.all);
	if (!interrupted) {
		int other = exec_carry(&those, spec, carriage);

		status = other > status ? other : status;
	}
	free(few);
	comparing_free(&c);
	return status;
}

/* What is to be copied, with what is allocated for it. */
struct plan {
	struct copy *copies;
	size_t count, room;
	struct strings texts;
};

static void
plan_add(struct plan *p, const char *from, char *to)
{
	p->copies = grow(p->copies, p->count, &p->room, sizeof(p->copies[0]));
	strings_take(&p->texts, to);
	p->copies[p->count++] = (struct copy){from, to};
}

static void
plan_free(struct plan *p)
{
	free(p->copies);
	strings_free(&p->texts);
}

/* With -subst each node has files of its own, below a directory in the manifest that is called as the node is. */
static void
plan_node(struct plan *p, const struct letters *l, char **from, size_t count, const char *name)
{
	char node[PATH_TEXT], *filled;
	size_t i;

	for (i = 0; i < count; i++) {
		filled = letters_fill(from[i], l);
		if (!filled)
			die(255, "%s: not known of node %s", from[i], path_text(l->node, node));
		strings_take(&p->texts, filled);
		if (!name && means_contents(filled))
			plan_add(p, filled, xstrdup(path_text(l->node, node)));
		else
			plan_add(p, filled, xasprintf("%s/%s", path_text(l->node, node), name ? name : last_part(filled)));
	}
}

static void
plan_nodes(struct plan *p, const struct options *o, const char *spec, char **from, size_t count, const char *name)
{
	struct survey nodes = {0};
	size_t i, rank = 0;

	for (i = 0; i < count; i++)
		if (letters_unknown(from[i], LETTERS_OF_NODE "m"))
			die(2, "%s: -subst knows no such letter; there are %s", from[i], letters_help(false));
	survey_ask(o, spec, &nodes);
	for (i = 0; i < nodes.count; i++) {
		const struct msg_shown *m = &nodes.at[i].m;
		const struct letters l = {.node = &m->path, .rank = rank, .host = m->info.hostname, .machine = m->info.machine};

		if (m->state == NODE_UP) {
			plan_node(p, &l, from, count, name);
			rank++;
		}
	}
	survey_free(&nodes);
}

/* What cp is told decides alone: a directory for what is named, or the name itself. */
static int
copy_to(const struct options *o, const char *spec, char **from, size_t count, const char *to)
{
	bool into = count > 1 || ends_in_slash(to);
	struct carriage carriage = {.flags = LAUNCH_PUT};
	char *whole = trimmed(to), *base = into ? xstrdup(whole) : above(whole);
	const char *name = into ? NULL : last_part(whole);
	struct plan plan = {0};
	struct pack sent;
	size_t i;
	int status;

	if (o->subst)
		plan_nodes(&plan, o, spec, from, count, name);
	for (i = 0; i < count && !o->subst; i++)
		plan_add(&plan, from[i], xstrdup(name ? name : means_contents(from[i]) ? "" : last_part(from[i])));
	check_names(plan.copies, plan.count);
	pack(plan.copies, plan.count, &sent);
	strings_take(&carriage.words, xasprintf("%s%s", base, into && !ends_in_slash(base) ? "/" : ""));
	carriage.pack = &sent;
	status = o->subst ? exec_carry(o, spec, &carriage) : send_lacking(o, spec, base, &carriage, &sent);
	strings_free(&carriage.words);
	plan_free(&plan);
	free(base);
	free(whole);
	return status;
}

int
client_cp(const struct options *o, const char *spec, char **operands)
{
	size_t count, i;
	const char *to = last_operand(operands, &count);

	if (*to != '/')
		die(2, "%s: where files go on the nodes must be an absolute path: cp NODES FROM... TO", to);
	if (!ends_in_slash(to) && count == 1 && means_contents(to))
		die(2, "%s: say the name that it gets there, or a directory with a slash behind", to);
	for (i = 0; i < count; i++)
		if (!*operands[i])
			die(2, "an empty name can't be copied");
	return copy_to(o, spec, operands, count, to);
}

/* ---- get ---- */

struct getting {
	const char *to; /* a pattern */
	bool is_name;	/* of the one thing that is fetched; else a directory */
	struct receipt **at;
	size_t count;
	uint64_t left_out;
};

static void
begin(void *owner, const struct msg_accepted *m, const struct naming *naming)
{
	struct getting *g = owner;
	size_t i;

	if (m->count > 1 && !letters_have(g->to, LETTERS_OF_NODE))
		die(2, "%s: %u nodes' files would be one; put %%n (the node) into it", g->to, m->count);
	g->count = m->count;
	g->at = xcalloc(m->count, sizeof(*g->at));
	for (i = 0; i < m->count; i++) {
		const struct letters l = {.node = &m->paths[i],
			.rank = i,
			.job = m->job,
			.host = naming_host(naming, &m->paths[i]),
			.machine = naming_machine(naming, &m->paths[i])};
		char *filled = letters_fill(g->to, &l), *whole = trimmed(filled), *name = xstrdup(last_part(whole));
		char *dir = g->is_name ? above(whole) : xstrdup(whole);

		g->at[i] = receive_new(dir, g->is_name ? name : NULL);
		free(dir);
		free(name);
		free(whole);
		free(filled);
	}
}

static int
take(void *owner, size_t node, const uint8_t *data, size_t len)
{
	struct getting *g = owner;

	return receive_add(g->at[node], data, len);
}

static const char *
end(void *owner, size_t node)
{
	struct getting *g = owner;
	const char *why = receive_end(g->at[node]);

	g->left_out += receive_left_out(g->at[node]);
	return why;
}

/* A directory and a file for each node. */
static void
want_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* Without a letter TO is the directory in which each node has one of its own. The caller frees. */
static char *
pattern_of(const char *to)
{
	return strchr(to, '%') ? xstrdup(to) : xasprintf("%s%s%%n/", to, ends_in_slash(to) ? "" : "/");
}

/* Whether an operand of get goes by its own last part. */
static bool
goes_by_name(const struct options *o, const char *from)
{
	return !means_contents(from) && !(o->glob && strpbrk(from, "*?["));
}

/* What has patterns in it is only known on the nodes. */
static void
check_fetched_names(const struct options *o, char *const *from, size_t count)
{
	size_t i, k;

	for (i = 0; i < count; i++)
		for (k = 0; k < i; k++)
			if (goes_by_name(o, from[i]) && goes_by_name(o, from[k]) && strcmp(strrchr(from[i], '/'), strrchr(from[k], '/')) == 0)
				die(2, "%s and %s would both become %s here", from[k], from[i], strrchr(from[i], '/') + 1);
}

int
client_get(const struct options *o, const char *spec, char **operands)
{
	struct carriage carriage = {.flags = LAUNCH_GET, .begin = begin, .take = take, .end = end};
	struct getting g = {0};
	size_t count, i;
	const char *to = last_operand(operands, &count), *unknown;
	char *pattern = pattern_of(to);
	int status;

	if (!*to)
		die(2, "where the files go has no name: get NODES FROM... TO");
	unknown = letters_unknown(pattern, LETTERS_ALL);
	if (unknown)
		die(2, "%s: %%%.1s is none of %s", to, unknown, letters_help(false));
	for (i = 0; i < count; i++) {
		if (operands[i][0] != '/')
			die(2, "%s: files of nodes are named by absolute paths: get NODES FROM... TO", operands[i]);
		strings_add(&carriage.words, operands[i]);
	}
	check_fetched_names(o, operands, count);
	g.to = pattern;
	g.is_name = count == 1 && !ends_in_slash(pattern) && goes_by_name(o, operands[0]);
	carriage.owner = &g;
	carriage.hosts = letters_have(pattern, "hm");
	want_descriptors();
	status = exec_carry(o, spec, &carriage);
	if (g.left_out)
		warn("%llu devices, sockets or fifos were left out", (unsigned long long)g.left_out);
	for (i = 0; i < g.count; i++)
		receive_free(g.at[i]);
	free(g.at);
	free(pattern);
	strings_free(&carriage.words);
	return status;
}
