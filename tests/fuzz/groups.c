/* Any file of groups, asked for any name: its first line is the name. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/util.h"
#include "node/groups.h"
#include "nodespec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_stat(const char *path, struct stat *st);
int __real_stat(const char *path, struct stat *st);
char *__wrap_read_guarded(const char *path, size_t max, size_t *len, char **why);

static char *text;
static ino_t inode;

int
__wrap_stat(const char *path, struct stat *st)
{
	if (strcmp(path, GROUPS_FILE) != 0) /* the fuzzer's own */
		return __real_stat(path, st);
	*st = (struct stat){.st_ino = ++inode};
	return 0;
}

char *
__wrap_read_guarded(const char *path, size_t max, size_t *len, char **why)
{
	(void)path;
	*len = strlen(text);
	*why = NULL;
	if (*len <= max)
		return xstrdup(text);
	*why = xstrdup("too large");
	return NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *input = xstrndup((const char *)data, size), *spec;
	size_t name = strcspn(input, "\n");
	struct nodespec *parsed;

	text = input + name + (input[name] != '\0');
	input[name] = '\0';
	spec = groups_find(input);
	if (!spec) {
		assert(*groups_error());
		free(input);
		return 0;
	}
	assert(strpbrk(spec, " \t\r\n#") == NULL && strstr(spec, ",,") == NULL);
	assert(*spec != ',' && (!*spec || spec[strlen(spec) - 1] != ','));
	parsed = nodespec_parse(spec);
	assert(parsed || *nodespec_error());
	nodespec_free(parsed);
	free(spec);
	free(input);
	return 0;
}
