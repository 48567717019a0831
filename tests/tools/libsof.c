/* Prints what libs.c finds: for each program a line "name NAME", then lines of KIND, path, source, target and by, parted by tabs.
 * libsof [-r ROOT] [-L DIRS] [-f] PROGRAM...   (-f: as files sent along; "-" as a program: names from stdin) */
#include "ship/libs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int failed;

static void
show_warning(const char *text)
{
	printf("warning\t%s\n", text);
}

static void
show(const struct deps *list)
{
	static const char *const kinds[] = {"file", "link", "dir"}, *const roles[] = {"program", "library", "loader"};
	size_t i;

	for (i = 0; i < list->count; i++) {
		const struct dep *n = &list->at[i];

		printf("%s\t%s\t%s\t%s\t%s\n", n->kind == DEP_FILE ? roles[n->role] : kinds[n->kind], n->path, n->source ? n->source : "",
			n->target ? n->target : "", n->by);
	}
	for (i = 0; i < list->untold_dirs.count; i++)
		printf("untold\t%s\n", list->untold_dirs.at[i]);
}

static void
one(const struct libs_query *q, const char *name, bool as_file)
{
	struct deps list = {0};
	int status = 0;

	printf("name\t%s\n", name);
	if (as_file)
		libs_of_file(q, name, name, &list);
	else if (libs_of_program(q, name, &list, &status)) {
		printf("error\t%d\t%s\n", status, libs_error());
		failed = 1;
	}
	show(&list);
	if (list.machine)
		printf("machine\t%s\n", list.machine);
	if (list.interpreter)
		printf("interpreter\t%s\n", list.interpreter);
	deps_free(&list);
}

int
main(int argc, char **argv)
{
	struct libs_query q = {.root = "/",
		.search = getenv("PATH"),
		.ld_library_path = getenv("LD_LIBRARY_PATH"),
		.ld_preload = getenv("WITH_LD_PRELOAD"),
		.ld_audit = getenv("WITH_LD_AUDIT"),
		.warn = show_warning};
	bool as_file = false;
	char line[8192];
	int c;

	while ((c = getopt(argc, argv, "r:L:f")) != -1) {
		if (c == 'r')
			q.root = optarg;
		else if (c == 'L')
			q.extra_dirs = optarg;
		else if (c == 'f')
			as_file = true;
		else
			return 2;
	}
	for (; optind < argc; optind++) {
		if (strcmp(argv[optind], "-") != 0) {
			one(&q, argv[optind], as_file);
			continue;
		}
		while (fgets(line, sizeof(line), stdin)) {
			line[strcspn(line, "\n")] = '\0';
			one(&q, line, as_file);
		}
	}
	return failed;
}
