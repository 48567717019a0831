/* hosts: which names a word with patterns and brackets is for, which it stands for, and that folded names stand for the same again. */
#include "unit/golden.h"
#include "unit/pick.h"
#include "hostlist.h"
#include "hosts.h"

#include <stdlib.h>
#include <string.h>

/* The names that words parted by commas stand for, parted by blanks. */
static struct strings
expanded(const char *words)
{
	char name[HOST_ROOM], *all = xstrdup(words), *rest = all, *word;
	struct strings out = {0};
	struct host_names n;

	while (*rest && host_word(rest, true)) {
		size_t len = host_word(rest, true);

		word = xstrndup(rest, len);
		host_names_begin(&n, word);
		while (out.count < 100000 && host_names_next(&n, name))
			strings_add(&out, name);
		free(word);
		rest += len + (rest[len] == ',');
	}
	free(all);
	return out;
}

static char *
fold(char *names)
{
	struct strings list = {0};
	char *word, *text;

	while ((word = strsep(&names, " ")))
		if (*word)
			strings_add(&list, word);
	text = hostlist_fold((const char **)list.at, list.count);
	strings_free(&list);
	return text;
}

/* "WORD ~ HOST", "WORD stands", "NAMES fold", "HOST name" */
static char *
answer(const char *input)
{
	char *line = xstrdup(input), *verb = strrchr(line, ' '), *out;
	struct strings names;
	uint64_t steps = 0;
	char *tilde = strstr(line, " ~ ");

	if (tilde) {
		*tilde = '\0';
		out = xstrdup(host_matches(line, tilde + 3, &steps) ? "yes" : "no");
	} else if (strcmp(verb, " stands") == 0) {
		*verb = '\0';
		names = expanded(line);
		out = strings_join(&names, " ");
		strings_free(&names);
	} else if (strcmp(verb, " fold") == 0) {
		*verb = '\0';
		out = fold(line);
	} else {
		*verb = '\0';
		out = xstrdup(hostlist_is_name(line) ? "yes" : "no");
	}
	free(line);
	return out;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
sort(struct strings *s)
{
	size_t i, kept = 0;

	if (s->count > 1)
		qsort(s->at, s->count, sizeof(s->at[0]), compare);
	for (i = 0; i < s->count; i++)
		if (kept && strcmp(s->at[kept - 1], s->at[i]) == 0)
			free(s->at[i]);
		else
			s->at[kept++] = s->at[i];
	s->count = kept;
}

static void
fold_and_back(void)
{
	static const char *const before[] = {"n", "n1-", "login", "n0"}, *const behind[] = {"", "-ib", ".dom.org", "x7"};
	unsigned round, wrong = 0;

	for (round = 0; round < 1000; round++) {
		struct strings names = {0}, back;
		unsigned count = 1 + pick(30);
		char *folded;

		while (count-- > 0)
			strings_take(&names,
				xasprintf("%s%0*u%s", before[pick(4)], (int)pick(4), pick(2) ? pick(15) : 95 + pick(10), behind[pick(4)]));
		folded = hostlist_fold((const char **)names.at, names.count);
		back = expanded(folded);
		sort(&names);
		sort(&back);
		count = names.count == back.count;
		for (size_t i = 0; count && i < names.count; i++)
			count = strcmp(names.at[i], back.at[i]) == 0;
		if (!count)
			printf("# %s\n", folded);
		wrong += !count;
		free(folded);
		strings_free(&names);
		strings_free(&back);
	}
	ok(wrong == 0, "1,000 random sets of names, folded and read again, are themselves");
}

static void
bounds(void)
{
	char word[4096], name[HOST_ROOM];
	struct host_names n;
	uint64_t steps = 0;
	char *host = xcalloc(1, 100000);

	memset(word, 'n', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	ok(host_word(word, false) == 0 && strstr(hosts_error(), "no host name is as long"), "a word that is longer than any name is none");
	word[HOST_MAX] = '\0';
	ok(host_word(word, false) == HOST_MAX, "one as long as a name is");
	ok(host_word("n[1][2][3][4][5][6][7][8][9]", false) == 0, "nine brackets are too many");
	(void)snprintf(word + HOST_MAX, 200, "%s",
		"[4294967295][4294967295][4294967295][4294967295][4294967295][4294967295][4294967295][4294967295]");
	ok(host_word(word, false) == strlen(word), "eight brackets and as many letters as a name has are taken");
	host_names_begin(&n, word);
	ok(host_names_next(&n, name) && strlen(name) == HOST_ROOM - 1 && !host_names_next(&n, name), "and stand for the longest name");
	memset(host, 'n', 99999);
	ok(!host_matches("n*", host, &steps) && steps < 1000, "a host name that is longer than any is never matched");
	host[HOST_MAX] = '\0';
	ok(!host_matches("n*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*x", host, &steps) && steps < 20000,
		"patterns that would stall a careless matcher do not");
	free(host);
}

int
main(void)
{
	golden("tests/golden/hosts", answer);
	fold_and_back();
	bounds();
	return done();
}
