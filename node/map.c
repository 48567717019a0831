/* The nodes that are known below this one.
 * Must never know links or jobs. */
#include "node/map.h"

#include <stdlib.h>
#include <string.h>

/* Index of the first member that does not come before the path. */
static size_t
lower_bound(const struct map *m, const struct path *p)
{
	size_t low = 0, high = m->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (path_compare(&m->at[mid]->path, p) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct member *
map_find(const struct map *m, const struct path *p)
{
	size_t at = lower_bound(m, p);

	return at < m->count && path_equal(&m->at[at]->path, p) ? m->at[at] : NULL;
}

static void
replace(const char **field, const char *text)
{
	char *copy = xstrdup(text);

	free((char *)(uintptr_t)*field);
	*field = copy;
}

static void
set_info(struct node_info *to, const struct node_info *from)
{
	replace(&to->hostname, from->hostname);
	replace(&to->address, from->address);
	replace(&to->machine, from->machine);
	replace(&to->version, from->version);
	replace(&to->limits, from->limits);
	to->boot = from->boot;
	to->cpus = from->cpus;
	to->memory = from->memory;
	to->has_power = from->has_power;
}

static struct member *
insert(struct map *m, const struct path *p)
{
	size_t at = lower_bound(m, p);
	struct member *new;

	if (at < m->count && path_equal(&m->at[at]->path, p))
		return m->at[at];
	m->at = grow(m->at, m->count, &m->room, sizeof(struct member *));
	memmove(m->at + at + 1, m->at + at, (m->count - at) * sizeof(struct member *));
	m->at[at] = new = xcalloc(1, sizeof(*new));
	m->count++;
	new->path = *p;
	new->state = NODE_LOST;
	return new;
}

struct member *
map_put(struct map *m, const struct msg_node *node, struct neighbour *via)
{
	struct member *member = insert(m, &node->path);

	set_info(&member->info, &node->info);
	member->generation = node->generation;
	member->stat = node->stat;
	free(member->runs);
	member->runs = xstrdup(node->runs);
	member->told = true;
	map_set_state(m, member, NODE_UP, "");
	member->via = via;
	return member;
}

void
map_set_state(struct map *m, struct member *member, enum node_state state, const char *why)
{
	if (member->state != state)
		member->since = now_ms();
	m->up -= member->state == NODE_UP;
	m->up += state == NODE_UP;
	member->state = state;
	free(member->why);
	member->why = *why ? xstrdup(why) : NULL;
	if (state != NODE_UP)
		member->via = NULL;
}

static void
member_free(struct member *member)
{
	const char *fields[] = {
		member->info.hostname, member->info.address, member->info.machine, member->info.version, member->info.limits};
	size_t i;

	for (i = 0; i < COUNT(fields); i++)
		free((char *)(uintptr_t)fields[i]);
	free(member->forget);
	free(member->why);
	free(member->runs);
	free(member);
}

void
map_remove(struct map *m, struct member *member)
{
	size_t at = lower_bound(m, &member->path);

	m->up -= member->state == NODE_UP;
	memmove(m->at + at, m->at + at + 1, (m->count - at - 1) * sizeof(struct member *));
	m->count--;
	member_free(member);
}

size_t
map_under(const struct map *m, const struct path *p, size_t *count)
{
	size_t first = lower_bound(m, p), end = first;

	while (end < m->count && path_under(&m->at[end]->path, p))
		end++;
	*count = end - first;
	return first;
}

uint32_t
map_free_id(const struct map *m, const struct path *p)
{
	uint32_t id = 1;
	size_t i, count, first = map_under(m, p, &count);

	for (i = first; i < first + count; i++) {
		const struct path *at = &m->at[i]->path;

		if (m->at[i]->state != NODE_LOST && at->depth == p->depth + 1 && at->id[p->depth] == id)
			id++;
	}
	return id;
}

void
member_must_forget(struct member *member, uint64_t job)
{
	member->forget = xrealloc(member->forget, member->forget_count + 1, sizeof(job));
	member->forget[member->forget_count++] = job;
}
