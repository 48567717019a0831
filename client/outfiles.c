/* Output of each node to files of its own.
 * Must never know how it came. */
#include "client/outfiles.h"

#include "letters.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct outfiles {
	char *pattern, *job;
	const struct path *nodes;
	size_t count;
	const struct naming *naming;
};

static char error[512];

const char *
outfiles_error(void)
{
	return error;
}

/* stream: 1, 2, or 3 for the status. The caller frees. */
static char *
file_name(const struct outfiles *f, size_t node, int stream)
{
	static const char *const names[] = {"out", "err", "rc"};
	const struct letters l = {.node = &f->nodes[node],
		.host = naming_host(f->naming, &f->nodes[node]),
		.machine = naming_machine(f->naming, &f->nodes[node]),
		.job = f->job,
		.rank = node,
		.stream = names[stream - 1]};
	char *name = letters_fill(f->pattern, &l), *both;

	if (stream != 2 || letters_have(f->pattern, "s"))
		return name;
	both = xasprintf("%s.err", name);
	free(name);
	return both;
}

/* A file is opened for each write: 10,000 nodes would need more descriptors than a process may have. */
static int
write_file(const struct outfiles *f, size_t node, int stream, int flags, const void *data, size_t len)
{
	char *name = file_name(f, node, stream);
	int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666), failed = 0;

	if (fd < 0 && errno == ENOENT && make_parents(name, 0777) == 0)
		fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666);
	if (fd < 0 || write_full(fd, data, len))
		failed = errno;
	if (fd >= 0 && close(fd) && !failed)
		failed = errno;
	if (failed)
		set_error(error, sizeof(error), "can't write %s: %s", name, strerror(failed));
	free(name);
	errno = failed;
	return failed ? -1 : 0;
}

/* An rc of an earlier launch would tell of an end that has not come. */
static void
forget_status(const struct outfiles *f, size_t node)
{
	char *name = file_name(f, node, 3);

	(void)unlink(name);
	free(name);
}

static int
make_files(const struct outfiles *f)
{
	size_t i;

	for (i = 0; i < f->count; i++) {
		if (write_file(f, i, 1, O_TRUNC, NULL, 0) || write_file(f, i, 2, O_TRUNC, NULL, 0))
			return -1;
		if (letters_have(f->pattern, "s"))
			forget_status(f, i);
	}
	return 0;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Whether each node's files are its own. */
static int
check_names(const struct outfiles *f)
{
	struct strings names = {0};
	const char *twice = NULL;
	size_t i;

	for (i = 0; i < 2 * f->count; i++)
		strings_take(&names, file_name(f, i / 2, 1 + (int)(i % 2)));
	if (names.count)
		qsort(names.at, names.count, sizeof(names.at[0]), compare_names);
	for (i = 1; i < names.count && !twice; i++)
		if (strcmp(names.at[i - 1], names.at[i]) == 0)
			twice = names.at[i];
	if (twice)
		set_error(error, sizeof(error), "-o=%s: several nodes would write to %s; put %%n (path) or %%r (rank) into the name",
			f->pattern, twice);
	strings_free(&names);
	return twice ? -1 : 0;
}

int
outfiles_check(const char *pattern)
{
	char *dir = xstrndup(pattern, strcspn(pattern, "%")), *slash = strrchr(dir, '/');
	bool bad;

	if (slash)
		slash[1] = '\0'; /* what stands behind it is a part of names */
	bad = slash && access(dir, F_OK) < 0 && make_parents(dir, 0777) < 0;
	bad = bad || access(slash ? dir : ".", W_OK | X_OK) < 0;
	if (bad)
		set_error(error, sizeof(error), "can't write to %s: %s", slash ? dir : "the directory here", strerror(errno));
	free(dir);
	return bad ? -1 : 0;
}

struct outfiles *
outfiles_new(const char *pattern, const struct path *nodes, size_t count, const struct naming *naming, const char *job)
{
	struct outfiles *f = xcalloc(1, sizeof(*f));
	size_t len = strlen(pattern);

	*f = (struct outfiles){.pattern = xasprintf("%s%s", pattern, len && pattern[len - 1] == '/' ? "%n.%s" : ""),
		.job = xstrdup(job),
		.nodes = nodes,
		.count = count,
		.naming = naming};
	if (check_names(f) == 0 && make_files(f) == 0)
		return f;
	outfiles_free(f);
	return NULL;
}

int
outfiles_add(const struct outfiles *f, size_t node, int stream, const uint8_t *data, size_t len)
{
	return write_file(f, node, stream, O_APPEND, data, len);
}

int
outfiles_end(const struct outfiles *f, size_t node, unsigned status)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u\n", status);

	return letters_have(f->pattern, "s") ? write_file(f, node, 3, O_TRUNC, text, (size_t)len) : 0;
}

void
outfiles_free(struct outfiles *f)
{
	if (!f)
		return;
	free(f->pattern);
	free(f->job);
	free(f);
}
