/* The list of files that a program needs, sorted by path, each once.
 * Must never know how they were found. */
#include "ship/deps.h"

#include <stdlib.h>
#include <string.h>

/* Where path stands, or would, in the sorted list. */
static size_t
deps_find(const struct deps *list, const char *path, bool *found)
{
	size_t low = 0, high = list->count;

	*found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(path, list->at[middle].path);

		if (order == 0) {
			*found = true;
			return middle;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

void
deps_add(
	struct deps *list, enum dep_kind kind, enum dep_role role, const char *path, const char *by, const char *source, const char *target)
{
	bool found;
	size_t at = deps_find(list, path, &found);

	if (found)
		return;
	list->at = grow(list->at, list->count, &list->room, sizeof(list->at[0]));
	memmove(list->at + at + 1, list->at + at, (list->count - at) * sizeof(list->at[0]));
	list->count++;
	list->at[at] = (struct dep){.kind = kind,
		.role = role,
		.path = xstrdup(path),
		.source = source ? xstrdup(source) : NULL,
		.target = target ? xstrdup(target) : NULL,
		.by = xstrdup(by)};
}

void
deps_add_symlinks(struct deps *list, const struct symlinks *links, enum dep_role role, const char *by)
{
	size_t i;

	for (i = 0; i < links->count; i++)
		deps_add(list, DEP_LINK, role, links->at[i].path, by, NULL, links->at[i].target);
}

const struct dep *
deps_at(const struct deps *list, const char *path)
{
	bool found;
	size_t at = deps_find(list, path, &found);

	return found ? &list->at[at] : NULL;
}

bool
deps_have_name(const struct deps *list, const char *name)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		const char *slash = strrchr(list->at[i].path, '/');

		if (slash && strcmp(slash + 1, name) == 0)
			return true;
	}
	return false;
}

void
deps_free(struct deps *list)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		free(list->at[i].path);
		free(list->at[i].source);
		free(list->at[i].target);
		free(list->at[i].by);
	}
	free(list->at);
	free(list->program);
	free(list->machine);
	free(list->interpreter);
	strings_free(&list->library_dirs);
	strings_free(&list->untold_dirs);
	*list = (struct deps){0};
}
