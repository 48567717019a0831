/* Any command line, its words parted by NULs, as a user types it or a kernel command line yields it: no crash; what is taken can be
 * shown, and what is refused says why. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "opts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strings argv = {0};
	struct command_line line = {.mode = MODE_NONE};
	size_t at = 0;
	char **words;

	strings_add(&argv, "gproc");
	while (at < size) {
		size_t len = strnlen((const char *)data + at, size - at);

		strings_take(&argv, xstrndup((const char *)data + at, len));
		at += len + 1;
	}
	words = xmemdup(argv.at, (argv.count + 1) * sizeof(*words)); /* opts_parse moves the words it keeps to the front */
	if (opts_parse((int)argv.count, words, &line) == 0) {
		char *usage = opts_usage(line.mode);

		assert(line.mode != MODE_NONE && line.mode < MODE_COUNT && line.argc >= 0 && !line.argv[line.argc]);
		free(usage);
	} else {
		assert(*opts_error());
	}
	free(words);
	strings_free(&argv);
	return 0;
}
