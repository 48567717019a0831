/* For tests: paths as they are printed. */
#ifndef PATHS_H
#define PATHS_H

#include "unit/tap.h"
#include "base/path.h"

/* "1:5:3", or "master". A text that is no path ends the test. */
static struct path
path_of(const char *text)
{
	struct path p = {0};
	char *end = (char *)(uintptr_t)text;

	if (strcmp(text, "master") == 0)
		return p;
	do {
		text = *end == ':' ? end + 1 : end;
		if (path_push(&p, (uint32_t)strtoul(text, &end, 10)) || end == text)
			abort();
	} while (*end == ':');
	if (*end)
		abort();
	return p;
}
#endif
