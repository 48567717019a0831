/* Golden files: lines "input => output" or "input => error: text"; "#" begins a comment. Run from the top of the tree.
 */
#ifndef GOLDEN_H
#define GOLDEN_H

#include "unit/tap.h"

/* Calls answer() for every line; what it returns (malloc'ed) is held against what stands behind the arrow. */
static void
golden(const char *file, char *(*answer)(const char *input))
{
	FILE *f = fopen(file, "r");
	char line[8192];
	size_t cases = 0;

	while (f && fgets(line, sizeof(line), f)) {
		char *want, *got;

		line[strcspn(line, "\n")] = '\0';
		if (!*line || *line == '#')
			continue;
		want = strncmp(line, "=> ", 3) == 0 ? line : strstr(line, " => ");
		if (!want) {
			ok(0, "no arrow in \"%s\"", line);
			continue;
		}
		want += 3 + (want != line);
		want[want - line > 3 ? -4 : -3] = '\0';
		got = answer(line);
		is(got, want, line);
		free(got);
		cases++;
	}
	ok(cases > 0, "%s holds cases", file);
	if (f)
		fclose(f);
}
#endif
