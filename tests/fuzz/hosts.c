/* Fuzzes hosts: a word, and names behind it, parted by NULs. A word stands for what it matches; folded names stand for themselves. */
#include "hostlist.h"
#include "hosts.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_NAMES = 64, MAX_STANDS = 200 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool fact)
{
	if (!fact)
		abort();
}

static void
check_word(const char *word)
{
	char name[HOST_ROOM];
	struct host_names n;
	uint64_t steps = 0;
	size_t i;

	host_names_begin(&n, word);
	for (i = 0; i < MAX_STANDS && host_names_next(&n, name); i++)
		check(strlen(name) > HOST_MAX || host_matches_text(word, name, strlen(name), &steps));
	check(i > 0);
}

/* Whether one of the words, parted by commas, matches. */
static bool
any_matches(const char *words, const char *name)
{
	uint64_t steps = 0;
	bool any = false;

	while (*words && !any) {
		size_t len = host_word(words, true);
		char *word = xstrndup(words, len);

		check(len > 0 && !host_is_pattern(word));
		any = host_matches_text(word, name, strlen(name), &steps);
		free(word);
		words += len + (words[len] == ',');
	}
	return any;
}

static uint64_t
count_all(const char *words)
{
	uint64_t count = 0;

	while (*words) {
		size_t len = host_word(words, true);

		count += host_count(words, len);
		words += len + (words[len] == ',');
	}
	return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xcalloc(1, size + 1), *folded;
	const char *names[MAX_NAMES];
	size_t count = 0, at = 0, i, k, different = 0;
	uint64_t steps = 0;

	memcpy(text, data, size);
	if (host_word(text, true) == strlen(text) && *text && !host_is_pattern(text))
		check_word(text);
	for (at = strlen(text) + 1; at < size && count < MAX_NAMES; at += strlen(text + at) + 1) {
		if (host_word(text, true) == strlen(text) && *text)
			(void)host_matches(text, text + at, &steps);
		if (hostlist_is_name(text + at))
			names[count++] = text + at;
	}
	folded = hostlist_fold(names, count);
	for (i = 0; i < count; i++) {
		check(any_matches(folded, names[i]));
		for (k = 0; k < i && strcmp(names[k], names[i]) != 0; k++)
			;
		different += k == i;
	}
	check(count_all(folded) == different);
	free(folded);
	free(text);
	return 0;
}
