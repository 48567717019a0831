/* Who may use which nodes: lines of node specs with the users and groups they are for.
 * Must never know sockets, or which nodes there are. */
#include "node/allow.h"
#include "nodespec.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_ALLOW_FILE (1u << 20) /* twenty thousand lines: more is no list that a person keeps */
#define BLANKS " \t\r"

struct grant {
	bool all, is_group;
	uint32_t id;
};

struct rule {
	struct nodespec *nodes;
	char *text; /* as allow_lines shows it */
	struct grant *grants;
	size_t count;
};

struct allow {
	struct rule *rules;
	size_t count, room;
};

static char error_text[512];
#define fail(name, line, ...) latch_line_error(error_text, sizeof(error_text), name, line, __VA_ARGS__)

const char *
allow_error(void)
{
	return error_text;
}

int
allow_look_up_here(const char *name, bool is_group, uint32_t *id)
{
	const struct passwd *user = is_group ? NULL : getpwnam(name);
	const struct group *group = is_group ? getgrnam(name) : NULL;

	if (!user && !group)
		return -1;
	*id = user ? user->pw_uid : group->gr_gid;
	return 0;
}

/* One of "alice", "1000", "@staff", "@50", "*". */
static int
take_grant(struct rule *r, const char *word, allow_look_up *look_up, const char *name, size_t line)
{
	struct grant g = {.all = strcmp(word, "*") == 0, .is_group = *word == '@'};
	const char *who = word + g.is_group;
	uint64_t number = 0;

	if (!*who)
		return fail(name, line, "behind @ stands a group");
	if (!g.all && parse_u64(who, UINT32_MAX - 1, &number) == 0)
		g.id = (uint32_t)number;
	else if (!g.all && look_up(who, g.is_group, &g.id) != 0)
		return fail(name, line, "this machine has no %s \"%s\"", g.is_group ? "group" : "user", who);
	r->grants = xrealloc(r->grants, r->count + 1, sizeof(g));
	r->grants[r->count++] = g;
	return 0;
}

static void
rule_free(struct rule *r)
{
	nodespec_free(r->nodes);
	free(r->text);
	free(r->grants);
}

/* The next word of a line, or NULL. The line is cut up. */
static char *
next_word(char **rest, const char *between)
{
	char *word = *rest + strspn(*rest, between);

	if (!*word)
		return NULL;
	*rest = word + strcspn(word, between);
	if (**rest)
		*(*rest)++ = '\0';
	return word;
}

static int
take_rule(struct rule *r, char *nodes, char *rest, allow_look_up *look_up, const char *name, size_t line)
{
	struct strings words = {0};
	char *word, *who;
	int bad = 0;

	r->nodes = nodespec_parse_numbers(nodes);
	if (!r->nodes)
		return fail(name, line, "%s", nodespec_error());
	while (!bad && (word = next_word(&rest, "," BLANKS))) {
		bad = take_grant(r, word, look_up, name, line);
		strings_add(&words, word);
	}
	if (!bad && r->count == 0)
		bad = fail(name, line, "behind the nodes stand the users and @groups that they are for, or *");
	who = strings_join(&words, ",");
	r->text = xasprintf("%s %s", nodes, who);
	free(who);
	strings_free(&words);
	return bad;
}

/* A line of its own copy: blank, a comment, or a rule. */
static int
take_line(struct allow *a, char *text, allow_look_up *look_up, const char *name, size_t line)
{
	char *rest = text, *nodes;

	text[strcspn(text, "#")] = '\0';
	nodes = next_word(&rest, BLANKS);
	if (!nodes)
		return 0;
	a->rules = grow(a->rules, a->count, &a->room, sizeof(a->rules[0]));
	a->rules[a->count] = (struct rule){0};
	return take_rule(&a->rules[a->count++], nodes, rest, look_up, name, line);
}

struct allow *
allow_parse(const char *name, const char *text, size_t len, allow_look_up *look_up)
{
	struct allow *a = xcalloc(1, sizeof(*a));
	const char *end = text + len;
	size_t line;
	int bad = 0;

	if (memchr(text, '\0', len))
		bad = fail(name, 0, "is no text");
	for (line = 1; text < end && !bad; line++) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		char *copy = xstrndup(text, (size_t)((newline ? newline : end) - text));

		bad = take_line(a, copy, look_up, name, line);
		free(copy);
		text = newline ? newline + 1 : end;
	}
	if (!bad)
		return a;
	allow_free(a);
	return NULL;
}

struct allow *
allow_load(const char *path)
{
	size_t len = 0;
	struct allow *a;
	char *why, *text = read_guarded(path, MAX_ALLOW_FILE, &len, &why);

	if (!text) {
		(void)fail(path, 0, "%s", why);
		free(why);
		return NULL;
	}
	a = allow_parse(path, text, len, allow_look_up_here);
	free(text);
	return a;
}

void
allow_free(struct allow *a)
{
	size_t i;

	for (i = 0; a && i < a->count; i++)
		rule_free(&a->rules[i]);
	if (a)
		free(a->rules);
	free(a);
}

static bool
is_in(const struct allow_who *who, uint32_t group)
{
	size_t i;

	if (who->gid == group)
		return true;
	for (i = 0; i < who->group_count; i++)
		if (who->groups[i] == group)
			return true;
	return false;
}

static bool
rule_names(const struct rule *r, const struct allow_who *who)
{
	size_t i;

	for (i = 0; i < r->count; i++) {
		const struct grant *g = &r->grants[i];

		if (g->all || (g->is_group ? is_in(who, g->id) : g->id == who->uid))
			return true;
	}
	return false;
}

size_t
allow_specs(const struct allow *a, const struct allow_who *who, const struct nodespec ***out)
{
	size_t i, count = 0;

	*out = xcalloc(a->count, sizeof(**out));
	for (i = 0; i < a->count; i++)
		if (rule_names(&a->rules[i], who))
			(*out)[count++] = a->rules[i].nodes;
	return count;
}

bool
allow_names(const struct allow *a, const struct allow_who *who)
{
	size_t i;

	for (i = 0; i < a->count; i++)
		if (rule_names(&a->rules[i], who))
			return true;
	return false;
}

void
allow_lines(const struct allow *a, struct strings *out)
{
	size_t i;

	for (i = 0; i < a->count; i++)
		strings_add(out, a->rules[i].text);
}
