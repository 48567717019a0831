/* A walk along a file's path: "." and empty parts, "..", and the targets of links.
 * Must never know what is there, or open it. */
#include "base/way.h"

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
terminate(struct way *w)
{
	*buf_grow(&w->place, 1) = '\0';
}

static void
step_up(struct way *w)
{
	while (w->place.len > w->begin && w->place.data[--w->place.len] != '/')
		;
	terminate(w);
}

struct way
way_from(const char *begin, const char *path)
{
	struct way w = {.begin = strlen(begin), .rest = xstrdup(path)};

	put_bytes(&w.place, begin, w.begin);
	terminate(&w);
	w.at = w.rest;
	return w;
}

enum way_step
way_step(struct way *w)
{
	size_t len;
	const char *part = next_part(&w->at, &len);

	if (!part)
		return WAY_END;
	if (part_is_up(part, len)) {
		step_up(w);
		return WAY_UP;
	}
	put_bytes(&w->place, "/", 1);
	put_bytes(&w->place, part, len);
	terminate(w);
	return WAY_DOWN;
}

bool
way_goes_on(const struct way *w)
{
	return *w->at != '\0';
}

const char *
way_whole(const struct way *w)
{
	return (const char *)w->place.data;
}

const char *
way_inside(const struct way *w)
{
	return way_whole(w) + w->begin;
}

int
way_follow(struct way *w, const char *target)
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
way_end(struct way *w)
{
	int saved = errno;

	buf_free(&w->place);
	free(w->rest);
	*w = (struct way){0};
	errno = saved;
}
