/* Any kernel command line: no crash, and never a key among the switches. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "init/cmdline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size);
	struct strings words = {0}, argv = {0}, refused = {0};
	size_t i;

	cmdline_words(text, &words);
	(void)cmdline_value(&words, "ip");
	cmdline_switches(&words, &argv, &refused);
	for (i = 0; i < argv.count; i++) {
		assert(argv.at[i][0] == '-' && argv.at[i][1] != '-' && strchr(argv.at[i], '='));
		assert(!has_prefix(argv.at[i], "-key=") || argv.at[i][5] == '/' || strcmp(argv.at[i], "-key=none") == 0);
	}
	strings_free(&words);
	strings_free(&argv);
	strings_free(&refused);
	free(text);
	return 0;
}
