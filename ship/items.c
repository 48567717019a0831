/* The paths that are to be sent, before they are a manifest: collected with their reasons, moved behind links, each once in the end.
 * Must never know why a file is needed, or what it holds. */
#include "ship/items.h"
#include "base/walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static char error_text[2048];
#define fail(...) latch_error(error_text, sizeof(error_text), __VA_ARGS__)

const char *
items_error(void)
{
	return error_text;
}

struct item *
item_add(struct items *list, char *path, enum rank rank, enum entry_kind kind)
{
	struct item *it;

	list->at = grow(list->at, list->count, &list->room, sizeof(list->at[0]));
	it = &list->at[list->count++];
	*it = (struct item){.rank = rank, .kind = kind, .mode = kind == ENTRY_LINK ? 0777 : 0755};
	it->path = path;
	return it;
}

static void
item_clear(struct item *it)
{
	free(it->path);
	free(it->source);
	free(it->target);
}

void
items_free(struct items *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		item_clear(&list->at[i]);
	free(list->at);
	*list = (struct items){0};
}

void
item_stat(struct item *it, const struct stat *st)
{
	it->mode = (uint32_t)st->st_mode & (S_ISDIR(st->st_mode) ? 03777 : 0777);
	it->mtime = st->st_mtime > 0 ? (uint64_t)st->st_mtime : 0;
	it->dev = (uint64_t)st->st_dev;
	it->ino = (uint64_t)st->st_ino;
}

/* ---- links on the way ---- */

static int
item_order(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = path_order(x->path, y->path);

	return order ? order : (int)x->rank - (int)y->rank;
}

static int
path_against_link(const void *path, const void *link)
{
	return path_order(path, (*(struct item *const *)link)->path);
}

static int
link_order(const void *a, const void *b)
{
	return path_order((*(struct item *const *)a)->path, (*(struct item *const *)b)->path);
}

struct sent_links {
	struct item **at;
	size_t count;
};

static struct sent_links
links_of(struct items *items)
{
	struct sent_links links = {xmalloc(items->count * sizeof(struct item *)), 0};
	size_t i;

	for (i = 0; i < items->count; i++)
		if (items->at[i].kind == ENTRY_LINK)
			links.at[links.count++] = &items->at[i];
	if (links.count)
		qsort(links.at, links.count, sizeof(links.at[0]), link_order);
	return links;
}

static const char *
target_at(const struct sent_links *links, const char *path)
{
	struct item **found = links->count ? bsearch(path, links->at, links->count, sizeof(links->at[0]), path_against_link) : NULL;

	return found ? (*found)->target : NULL;
}

/* Where a path lies when the links that are sent are followed; of the last part only when `last_too`. NULL when they go in circles. */
static char *
through_links(const struct sent_links *links, const char *path, bool last_too)
{
	struct walk w = walk_from("", path);
	enum walk_step step;
	char *out = NULL;
	int bad = 0;

	while (!bad && (step = walk_step(&w)) != WALK_END) {
		const char *target = step == WALK_DOWN && (last_too || walk_goes_on(&w)) ? target_at(links, walk_inside(&w) + 1) : NULL;

		bad = target ? walk_follow(&w, target) : 0;
	}
	if (!bad)
		out = xstrdup(*walk_inside(&w) ? walk_inside(&w) + 1 : "");
	walk_end(&w);
	return out;
}

/* A link's own path moves only by what lies before it, and not while others are looked up by it. */
int
items_follow_links(struct items *items)
{
	struct sent_links links = links_of(items);
	char **moved = xcalloc(items->count, sizeof(char *));
	size_t i;
	int bad = 0;

	for (i = 0; i < items->count && links.count > 0 && !bad; i++) {
		struct item *it = &items->at[i];

		if (it->rank == RANK_NEED)
			continue;
		moved[i] = through_links(&links, it->path, it->kind == ENTRY_DIR);
		if (!moved[i])
			bad = fail("/%s: %s", it->path, strerror(errno));
	}
	for (i = 0; i < items->count; i++)
		if (moved[i]) {
			free(items->at[i].path);
			items->at[i].path = moved[i];
		}
	free(moved);
	free(links.at);
	return bad;
}

/* ---- one entry for each path ---- */

void
items_add_parents(struct items *items)
{
	size_t count = items->count, i;
	const char *last = "";

	for (i = 0; i < count; i++) {
		char *path = items->at[i].path, *slash;

		for (slash = cut_next(path, NULL); slash; slash = cut_next(path, slash))
			if (!lies_below(last, path)) /* neighbours lie in the same directories */
				(void)item_add(items, xstrdup(path), RANK_IMPLIED, ENTRY_DIR);
		last = path;
	}
}

/* The same thing twice, or two for one path? */
static int
merge(struct item *kept, const struct item *it)
{
	bool same = kept->kind == it->kind;

	if (same && kept->kind == ENTRY_FILE)
		same = kept->dev == it->dev && kept->ino == it->ino;
	if (same && kept->kind == ENTRY_LINK)
		same = strcmp(kept->target, it->target) == 0;
	if (!same)
		return fail("two sources for one path: /%s is to be both %s and %s", kept->path,
			kept->source		  ? kept->source
			: kept->kind == ENTRY_DIR ? "a directory"
						  : "a link",
			it->source		? it->source
			: it->kind == ENTRY_DIR ? "a directory"
						: "a link");
	if (kept->kind == ENTRY_DIR)
		kept->flags |= it->flags;
	return 0;
}

int
items_fold(struct items *items)
{
	size_t i, kept = 0;
	int bad = 0;

	qsort(items->at, items->count, sizeof(items->at[0]), item_order);
	for (i = 0; i < items->count; i++) {
		struct item *it = &items->at[i];

		if (!it->path[0]) {
			item_clear(it); /* the root itself, by way of a link */
		} else if (kept > 0 && strcmp(items->at[kept - 1].path, it->path) == 0) {
			bad |= bad ? 0 : merge(&items->at[kept - 1], it);
			item_clear(it);
		} else {
			items->at[kept++] = *it;
		}
	}
	items->count = kept;
	for (i = 0; i < kept && !bad; i++)
		if (!path_inside(items->at[i].path))
			bad = fail("/%s: the path is too long or too deep to be sent", items->at[i].path);
	if (!bad && kept > MAX_ENTRIES)
		bad = fail("%zu files are more than the %u that can be sent", kept, MAX_ENTRIES);
	return bad;
}
