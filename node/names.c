/* What host names and groups in a spec stand for: names from the map, groups from a file, found out a step at a time.
 * Must never know what they are chosen for, or what is done with the nodes. */
#include "node/names.h"
#include "node/groups.h"
#include "hosts.h"

#include <stdlib.h>
#include <string.h>

enum {
	STEPS = 30000,	    /* of a search, or names looked at, at a time */
	MAX_NAMES = 100000, /* that the brackets of a request stand for */
	MAX_ABSENT = 5000,  /* names that are said not to be there: more is read by no person */
	MAX_LISTED = 20,    /* nodes that are told when they have one name */
};
#define MAX_WORK 20000000u	    /* steps of comparing patterns with names: a fifth of a second or two, in turns with others */
#define MAX_GROUP_MEMORY (4u << 20) /* bytes for what a request's groups stand for */

/* A spec under way, or, when it is done, a group's that others of the request name too. */
struct frame {
	char *group;	       /* NULL: the request's own spec */
	struct nodespec *spec; /* NULL: of a group without nodes */
	struct nodespec_search *search;
	size_t head;   /* the next one to be told */
	size_t member; /* of a pattern: the next node to be compared */
	bool counting; /* names are being taken from a word */
	struct host_names names;
	struct strings absent, absent_ways;
	struct frame *next; /* the one that named it; the next of those that are done */
};

struct lookup {
	struct member *const *members;
	const struct path *const *paths;
	size_t count;
	struct frame *now, *done;
	/* Nodes by host name: first[hash] and next[] are places among the nodes, + 1. Both names of a node are in it, whole and short. */
	uint32_t *first, *next, buckets;
	uint8_t *seen;	 /* the node is in the list already */
	uint32_t *found; /* the nodes for which a head stands, so far */
	size_t found_count, names, groups;
	uint64_t work;
};

static char error_text[1024];

const char *
names_error(void)
{
	return error_text;
}

void
found_free(struct found *f)
{
	nodespec_free(f->spec);
	nodespec_search_free(f->search);
	strings_free(&f->absent);
	strings_free(&f->absent_ways);
	*f = (struct found){0};
}

static void
frame_free(struct frame *f)
{
	free(f->group);
	found_free(&(struct found){f->spec, f->search, f->absent, f->absent_ways});
	free(f);
}

struct lookup *
lookup_new(struct member *const *members, const struct path *const *paths, size_t count)
{
	struct lookup *n = xcalloc(1, sizeof(*n));

	n->members = members;
	n->paths = paths;
	n->count = count;
	return n;
}

static void
free_frames(struct frame *f)
{
	while (f) {
		struct frame *next = f->next;

		frame_free(f);
		f = next;
	}
}

void
lookup_free(struct lookup *n)
{
	if (!n)
		return;
	free_frames(n->now);
	free_frames(n->done);
	free(n->first);
	free(n->next);
	free(n->seen);
	free(n->found);
	free(n);
}

/* ---- nodes by name ---- */

static uint32_t
bucket_of(const struct lookup *n, const char *name, size_t len)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	while (len-- > 0)
		hash = (hash ^ (uint8_t)*name++) * 16777619u;
	return hash % n->buckets;
}

static void
index_hosts(struct lookup *n)
{
	size_t i;

	n->buckets = (uint32_t)(2 * n->count + 1);
	n->first = xcalloc(n->buckets, sizeof(n->first[0]));
	n->next = xcalloc(n->count, sizeof(n->next[0]));
	for (i = n->count; i-- > 0;) {
		const char *host = n->members[i]->info.hostname;
		uint32_t bucket = bucket_of(n, host, strcspn(host, "."));

		n->next[i] = n->first[bucket];
		n->first[bucket] = (uint32_t)i + 1;
	}
}

/* The next node of that name behind `after`, a place + 1 or 0; 0 when there is none. */
static uint32_t
next_called(const struct lookup *n, const char *name, uint32_t after)
{
	size_t len = strcspn(name, ".");
	uint32_t at = after ? n->next[after - 1] : n->first[bucket_of(n, name, len)];

	for (; at; at = n->next[at - 1]) {
		const char *host = n->members[at - 1]->info.hostname;

		if (strncmp(host, name, len) == 0 && (name[len] ? strcmp(host + len, name + len) == 0 : !host[len] || host[len] == '.'))
			return at;
	}
	return 0;
}

static int
fail_several(const struct lookup *n, const char *name)
{
	char text[PATH_TEXT];
	struct strings list = {0};
	size_t count = 0;
	bool down = false;
	uint32_t at;
	char *joined;

	for (at = next_called(n, name, 0); at; at = next_called(n, name, at)) {
		const struct member *m = n->members[at - 1];
		char *host = printable(m->info.hostname);

		if (count++ < MAX_LISTED)
			strings_take(&list, xasprintf("%s (%s%s)", path_text(&m->path, text), host, m->state == NODE_UP ? "" : ", down"));
		down |= m->state != NODE_UP;
		free(host);
	}
	joined = strings_join(&list, ", ");
	set_error(error_text, sizeof(error_text), "%zu nodes are called %s: %s%s; give the node's path%s%s", count, name, joined,
		count > MAX_LISTED ? ", ..." : "", strchr(name, '.') ? "" : ", or its whole name where they differ",
		down ? "; gproc forget drops one that is down" : "");
	free(joined);
	strings_free(&list);
	return -1;
}

/* ---- the nodes for which a head stands, gathered and told to the search ---- */

static void
add_found(struct lookup *n, size_t at)
{
	if (!n->found) {
		n->found = xcalloc(n->count, sizeof(n->found[0]));
		n->seen = xcalloc(n->count, 1);
	}
	if (!n->seen[at])
		n->found[n->found_count++] = (uint32_t)at;
	n->seen[at] = true;
}

static void
tell_search(struct lookup *n, struct frame *f, bool named)
{
	size_t i;

	nodespec_search_head(f->search, f->head, n->found, n->found_count, named);
	for (i = 0; i < n->found_count; i++)
		n->seen[n->found[i]] = false;
	n->found_count = 0;
}

static void
next_head(struct frame *f)
{
	f->head++;
	f->member = 0;
	f->counting = false;
}

static void
add_absent(struct frame *f, const char *name)
{
	struct strings *list = nodespec_head(f->spec, f->head)->named ? &f->absent : &f->absent_ways;

	if (list->count < MAX_ABSENT)
		strings_add(list, name);
}

static int
take_names(struct lookup *n, struct frame *f, const struct nodespec_head *h)
{
	char name[HOST_ROOM];
	unsigned i;

	if (!n->first) {
		index_hosts(n);
		return 0;
	}
	if (!f->counting)
		host_names_begin(&f->names, h->value);
	f->counting = true;
	for (i = 0; i < STEPS / 10 && host_names_next(&f->names, name); i++) {
		uint32_t at = next_called(n, name, 0);

		if (++n->names > MAX_NAMES)
			return latch_error(
				error_text, sizeof(error_text), "more than %d names are asked for, as by %.100s", MAX_NAMES, h->text);
		if (at && next_called(n, name, at))
			return fail_several(n, name);
		if (at)
			add_found(n, at - 1);
		else
			add_absent(f, name);
	}
	if (!f->names.over)
		return 0;
	tell_search(n, f, true);
	next_head(f);
	return 0;
}

static bool
is_meant(const struct member *m, const struct nodespec_head *h, uint64_t *steps)
{
	*steps += 8;
	switch (h->kind) {
	case HEAD_DOWN:
		return m->state != NODE_UP;
	case HEAD_ARCH:
		return host_matches_text(h->value, m->info.machine, strlen(m->info.machine), steps);
	case HEAD_VERSION:
		return host_matches_text(h->value, m->info.version, strlen(m->info.version), steps);
	case HEAD_NAME:
	case HEAD_GROUP:
		break; /* they are told otherwise */
	case HEAD_HOST:
	case HEAD_PATTERN:
		return host_matches(h->value, m->info.hostname, steps);
	}
	return false;
}

static int
take_matching(struct lookup *n, struct frame *f, const struct nodespec_head *h)
{
	uint64_t steps = 0;

	for (; f->member < n->count && steps < STEPS; f->member++)
		if (is_meant(n->members[f->member], h, &steps))
			add_found(n, f->member);
	n->work += steps;
	if (n->work > MAX_WORK)
		return latch_error(error_text, sizeof(error_text), "these are too many patterns for so many hosts: use fewer");
	if (f->member < n->count)
		return 0;
	tell_search(n, f, h->kind == HEAD_DOWN);
	next_head(f);
	return 0;
}

/* ---- groups ---- */

static int
push(struct lookup *n, const char *text, const char *group)
{
	struct frame *f = xcalloc(1, sizeof(*f));
	const struct nodespec *spec;

	f->group = group ? xstrdup(group) : NULL;
	f->next = n->now;
	n->now = f;
	if (!*text && group)
		return 0;
	spec = f->spec = nodespec_parse(text);
	if (!spec)
		return latch_error(error_text, sizeof(error_text), "%s", nodespec_error());
	f->search = nodespec_search_new(&spec, 1, n->paths, n->count, true);
	return 0;
}

/* "a > b > a" */
static int
fail_cycle(const struct lookup *n, const char *group)
{
	struct strings way = {0}, turned = {0};
	const struct frame *f;
	char *text;
	size_t i;

	for (f = n->now; f->group && strcmp(f->group, group) != 0; f = f->next)
		strings_add(&way, f->group);
	strings_add(&turned, group);
	for (i = way.count; i-- > 0;)
		strings_add(&turned, way.at[i]);
	strings_add(&turned, group);
	text = strings_join(&turned, " > @");
	strings_free(&way);
	strings_free(&turned);
	(void)latch_error(error_text, sizeof(error_text), "the group names itself: @%s", text);
	free(text);
	return -1;
}

static int
begin_group(struct lookup *n, const char *group)
{
	const struct frame *f;
	char *text;
	int bad;

	for (f = n->now; f; f = f->next)
		if (f->group && strcmp(f->group, group) == 0)
			return fail_cycle(n, group);
	if (++n->groups * (n->count + sizeof(*f)) > MAX_GROUP_MEMORY)
		return latch_error(error_text, sizeof(error_text), "these are too many groups at once");
	text = groups_find(group);
	if (!text)
		return latch_error(error_text, sizeof(error_text), "%s", groups_error());
	bad = push(n, text, group);
	free(text);
	return bad;
}

static void
add_all(struct strings *to, const struct strings *from)
{
	size_t i;

	for (i = 0; i < from->count && to->count < MAX_ABSENT; i++)
		strings_add(to, from->at[i]);
}

/* What a group that is done stands for is told to the search of what names it. */
static void
take_group(struct lookup *n, struct frame *f, const struct frame *group)
{
	size_t i, named;

	for (named = 0; named <= 1 && group->search; named++) {
		for (i = 0; i < n->count; i++)
			if (nodespec_selected(group->search, i) && nodespec_named(group->search, i) == (named == 1))
				add_found(n, i);
		tell_search(n, f, named == 1);
	}
	if (group->search) {
		nodespec_search_miss(f->search, f->head, group->search);
		add_all(nodespec_head(f->spec, f->head)->named ? &f->absent : &f->absent_ways, &group->absent);
		add_all(&f->absent_ways, &group->absent_ways);
	}
	next_head(f);
}

static int
take_head(struct lookup *n, struct frame *f)
{
	const struct nodespec_head *h = nodespec_head(f->spec, f->head);
	const struct frame *group;

	if (h->kind == HEAD_NAME)
		return take_names(n, f, h);
	if (h->kind != HEAD_GROUP)
		return take_matching(n, f, h);
	for (group = n->done; group; group = group->next)
		if (strcmp(group->group, h->value) == 0) {
			take_group(n, f, group);
			return 0;
		}
	return begin_group(n, h->value);
}

/* Says which groups' lines led to the spec that is wrong. */
static void
blame_groups(const struct lookup *n)
{
	const struct frame *f = n->now;

	if (f && f->group)
		(void)latch_error(error_text, sizeof(error_text), "group @%s of " GROUPS_FILE ": %s", f->group, error_text);
}

int
lookup_begin(struct lookup *n, const char *text)
{
	return push(n, text, NULL);
}

enum lookup_state
lookup_go(struct lookup *n, struct found *out)
{
	struct frame *f = n->now;

	if (f->spec && f->head < nodespec_heads(f->spec)) {
		if (take_head(n, f) == 0)
			return LOOKING_UP;
		blame_groups(n);
		return LOOKED_UP_BADLY;
	}
	if (f->search && !nodespec_search_go(f->search, STEPS))
		return LOOKING_UP;
	n->now = f->next;
	if (f->group) {
		f->next = n->done;
		n->done = f;
		return LOOKING_UP;
	}
	*out = (struct found){f->spec, f->search, f->absent, f->absent_ways};
	free(f);
	return LOOKED_UP;
}
