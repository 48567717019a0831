/* A node's place in the tree, as a value.
 * Must never know which nodes there are. */
#include "base/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
path_compare(const struct path *a, const struct path *b)
{
	uint32_t i;

	for (i = 0; i < a->depth && i < b->depth; i++)
		if (a->id[i] != b->id[i])
			return a->id[i] < b->id[i] ? -1 : 1;
	return (a->depth > b->depth) - (a->depth < b->depth);
}

bool
path_equal(const struct path *a, const struct path *b)
{
	return path_compare(a, b) == 0;
}

bool
path_under(const struct path *below, const struct path *above)
{
	return above->depth <= below->depth && memcmp(below->id, above->id, above->depth * sizeof(above->id[0])) == 0;
}

int
path_push(struct path *p, uint32_t id)
{
	if (p->depth == MAX_DEPTH)
		return -1;
	p->id[p->depth++] = id;
	return 0;
}

struct path
path_parent(const struct path *p)
{
	struct path up = *p;

	up.id[--up.depth] = 0;
	return up;
}

char *
path_text(const struct path *p, char out[PATH_TEXT])
{
	size_t at = 0;
	uint32_t i;

	if (p->depth == 0)
		return strcpy(out, "master");
	for (i = 0; i < p->depth; i++)
		at += (size_t)snprintf(out + at, PATH_TEXT - at, i ? ":%u" : "%u", p->id[i]);
	return out;
}

void
put_path(struct buf *b, const struct path *p)
{
	uint32_t i;

	put_u8(b, p->depth);
	for (i = 0; i < p->depth; i++)
		put_u32(b, p->id[i]);
}

struct path
take_path(struct reader *r)
{
	struct path p = {.depth = take_u8(r)};
	uint32_t i;

	if (p.depth > MAX_DEPTH) {
		r->bad = true;
		p.depth = 0;
	}
	for (i = 0; i < p.depth; i++)
		p.id[i] = take_u32(r);
	return p;
}

size_t
paths_find(const struct path *paths, size_t count, const struct path *p)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (path_compare(&paths[mid], p) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < count && path_equal(&paths[low], p) ? low : count;
}
