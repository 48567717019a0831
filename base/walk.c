/* A walk along a file's path: "." and empty parts, "..", and the targets of links.
 * Must never know what is there, or open it. */
#include "base/walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINKS 40
#define MAX_REST (1 << 16) /* each link may add PATH_MAX */

const char *
next_part(const char **at, size_t *len)
{
	const char *part;

	do {
		part = *at + strspn(*at, "/");
		*len = strcspn(part, "/");
		*at = part + *len + strspn(part + *len, "/");
	} while (*len == 1 && *part == '.');
	return *len ? part : NULL;
}

bool
part_is_up(const char *part, size_t len)
{
	return len == 2 && part[0] == '.' && part[1] == '.';
}

bool
lies_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return len == 0 ? *path != '\0' : strncmp(path, dir, len) == 0 && path[len] == '/';
}

const char *
last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void
terminate(struct walk *w)
{
	*buf_grow(&w->place, 1) = '\0';
}

static void
step_up(struct walk *w)
{
	while (w->place.len > w->begin && w->place.data[--w->place.len] != '/')
		;
	terminate(w);
}

struct walk
walk_from(const char *begin, const char *path)
{
	struct walk w = {.begin = strlen(begin), .rest = xstrdup(path)};

	put_bytes(&w.place, begin, w.begin);
	terminate(&w);
	w.at = w.rest;
	return w;
}

enum walk_step
walk_step(struct walk *w)
{
	size_t len;
	const char *part = next_part(&w->at, &len);

	if (!part)
		return WALK_END;
	if (part_is_up(part, len)) {
		step_up(w);
		return WALK_UP;
	}
	put_bytes(&w->place, "/", 1);
	put_bytes(&w->place, part, len);
	terminate(w);
	return WALK_DOWN;
}

bool
walk_goes_on(const struct walk *w)
{
	return *w->at != '\0';
}

const char *
walk_whole(const struct walk *w)
{
	return (const char *)w->place.data;
}

const char *
walk_inside(const struct walk *w)
{
	return walk_whole(w) + w->begin;
}

int
walk_follow(struct walk *w, const char *target)
{
	char *rest;

	if (w->links++ == MAX_LINKS) {
		errno = ELOOP;
		return -1;
	}
	if (strlen(target) + strlen(w->at) > MAX_REST) {
		errno = ENAMETOOLONG;
		return -1;
	}
	rest = xasprintf("%s/%s", target, w->at);
	free(w->rest);
	w->at = w->rest = rest;
	step_up(w);
	if (*target == '/') {
		w->place.len = w->begin;
		terminate(w);
	}
	return 0;
}

void
walk_end(struct walk *w)
{
	int saved = errno;

	buf_free(&w->place);
	free(w->rest);
	*w = (struct walk){0};
	errno = saved;
}
