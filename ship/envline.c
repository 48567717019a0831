/* What env(1) runs from a script's first line: its options, its assignments, and the words that -S makes of one.
 * Must never know where programs lie. Held against coreutils' env by tests/t/311. */
#include "ship/envline.h"

#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\n\v\f\r"
#define MAX_SPLITS 16 /* -S within -S; a line has 255 bytes */

static char error_text[512];
#define fail(...) latch_error(error_text, sizeof(error_text), __VA_ARGS__)

const char *
envline_error(void)
{
	return error_text;
}

/* ---- one text into words ---- */

struct splitter {
	const char *at;
	char quote; /* ' or " within quotes, else NUL */
	bool has_word;
	struct buf word;
	struct strings *words;
};

static void
put_char(struct splitter *s, char c)
{
	s->has_word = true;
	put_bytes(&s->word, &c, 1);
}

static void
end_word(struct splitter *s)
{
	if (s->has_word)
		strings_take(s->words, xstrndup(s->word.len ? (const char *)s->word.data : "", s->word.len));
	s->has_word = false;
	s->word.len = 0;
}

/* ${NAME}: letters, digits and underlines, no digit first. Its value is never split. */
static int
split_variable(struct splitter *s)
{
	const char *name = s->at + 1, *value;
	size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
	char *copy;

	if (s->at[0] != '{' || len == 0 || strchr("0123456789", name[0]) || name[len] != '}')
		return fail("of variables only ${NAME} is replaced, not $%s", s->at);
	copy = xstrndup(name, len);
	value = getenv(copy);
	if (value) {
		s->has_word = true;
		put_bytes(&s->word, value, strlen(value));
	}
	free(copy);
	s->at = name + len + 1;
	return 0;
}

/* What stands behind a backslash. 1: the text ends here. */
static int
split_escape(struct splitter *s)
{
	static const char from[] = "\"#$'\\fnrtv", to[] = "\"#$'\\\f\n\r\t\v";
	char c = *s->at;
	const char *known = c ? strchr(from, c) : NULL;

	if (!c)
		return fail("its text ends in a backslash");
	s->at++;
	if (known)
		put_char(s, to[known - from]);
	else if (c == '_' && s->quote)
		put_char(s, ' ');
	else if (c == '_')
		end_word(s);
	else if (c != 'c')
		return fail("\\%c means nothing to it", c);
	else
		return s->quote ? fail("\\c can't stand within double quotes") : 1;
	return 0;
}

/* The next byte of the text. 1: it ends here, in a comment. */
static int
split_byte(struct splitter *s)
{
	char c = *s->at++;

	if ((c == '\'' || c == '"') && (!s->quote || s->quote == c)) {
		s->quote = s->quote ? '\0' : c;
		s->has_word = true;
	} else if (!s->quote && strchr(BLANKS, c)) {
		end_word(s);
	} else if (!s->quote && c == '#' && !s->has_word) {
		return 1;
	} else if (c == '\\' && (s->quote != '\'' || *s->at == '\\' || *s->at == '\'')) {
		return split_escape(s);
	} else if (c == '$' && s->quote != '\'') {
		return split_variable(s);
	} else {
		put_char(s, c);
	}
	return 0;
}

static int
split(const char *text, struct strings *words)
{
	struct splitter s = {.at = text, .words = words};
	int ended = 0;

	while (*s.at && !ended)
		ended = split_byte(&s);
	if (ended == 0 && s.quote)
		ended = fail("a quote is not closed");
	if (ended >= 0)
		end_word(&s);
	buf_free(&s.word);
	return ended < 0 ? -1 : 0;
}

/* ---- the words: options, assignments, the program ---- */

struct reading {
	struct strings words;
	size_t at;
	unsigned splits;
	char *dir; /* -C */
	struct envline *out;
};

enum option { OPTION_NONE, OPTION_CLEAR, OPTION_UNSET, OPTION_CHDIR, OPTION_SPLIT, OPTION_VALUE };

static const struct {
	const char *name;
	enum option option;
	bool has_value;
} long_options[] = {
	{"ignore-environment", OPTION_CLEAR, false},
	{"unset", OPTION_UNSET, true},
	{"chdir", OPTION_CHDIR, true},
	{"split-string", OPTION_SPLIT, true},
	{"argv0", OPTION_VALUE, true},
	{"null", OPTION_NONE, false},
	{"debug", OPTION_NONE, false},
	{"default-signal", OPTION_NONE, false}, /* a value only behind "=" */
	{"ignore-signal", OPTION_NONE, false},
	{"block-signal", OPTION_NONE, false},
	{"list-signal-handling", OPTION_NONE, false},
};

/* The words of a text take the place of what was read so far. */
static int
splice(struct reading *r, const char *text)
{
	struct strings words = {0};
	size_t i;

	if (++r->splits > MAX_SPLITS)
		return fail("-S within -S, more than %d deep", MAX_SPLITS);
	if (split(text, &words) < 0) {
		strings_free(&words);
		return -1;
	}
	for (i = r->at; i < r->words.count; i++)
		strings_add(&words, r->words.at[i]);
	strings_free(&r->words);
	r->words = words;
	r->at = 0;
	r->out->is_split = true;
	return 0;
}

static int
apply(struct reading *r, enum option option, const char *value)
{
	char *text;
	int bad = 0;

	switch (option) {
	case OPTION_CLEAR:
		r->out->clears = true;
		break;
	case OPTION_UNSET:
		strings_add(&r->out->changes, value);
		break;
	case OPTION_CHDIR:
		free(r->dir);
		r->dir = xstrdup(value);
		break;
	case OPTION_SPLIT:
		text = xstrdup(value); /* which lies in the words that go */
		bad = splice(r, text);
		free(text);
		break;
	case OPTION_VALUE:
	case OPTION_NONE:
		break;
	}
	return bad;
}

/* A value that did not stand in the option's own word: the next one. */
static const char *
next_value(struct reading *r)
{
	return r->at < r->words.count ? r->words.at[r->at++] : NULL;
}

/* Long names may be cut short, as for getopt_long(3). */
static int
take_long(struct reading *r, const char *word)
{
	size_t len = strcspn(word, "="), i;

	for (i = 0; i < COUNT(long_options); i++) {
		const char *value = word[len] ? word + len + 1 : NULL;

		if (strncmp(long_options[i].name, word, len) != 0)
			continue;
		if (long_options[i].has_value && !value && !(value = next_value(r)))
			return 0; /* the script's own path would be it */
		return apply(r, long_options[i].option, value);
	}
	return fail("--%s is no option of its", word);
}

static int
take_letters(struct reading *r, const char *letters)
{
	static const char with_value[] = "uCSa";
	static const enum option options[] = {OPTION_UNSET, OPTION_CHDIR, OPTION_SPLIT, OPTION_VALUE};

	for (; *letters; letters++) {
		const char *found = strchr(with_value, *letters), *value;

		if (found) {
			value = letters[1] ? letters + 1 : next_value(r);
			return value ? apply(r, options[found - with_value], value) : 0;
		}
		if (!strchr("iv0", *letters))
			return fail("-%c is no option of its", *letters);
		(void)apply(r, *letters == 'i' ? OPTION_CLEAR : OPTION_NONE, NULL);
	}
	return 0;
}

static int
take_options(struct reading *r)
{
	int bad = 0;

	while (!bad && r->at < r->words.count && r->words.at[r->at][0] == '-') {
		const char *word = r->words.at[r->at++];

		if (strcmp(word, "--") == 0)
			break;
		if (word[1] == '-')
			bad = take_long(r, word + 2);
		else
			bad = word[1] ? take_letters(r, word + 1) : apply(r, OPTION_CLEAR, NULL);
	}
	return bad;
}

static void
take_program(struct reading *r)
{
	const char *word;

	while (r->at < r->words.count && strchr(r->words.at[r->at], '='))
		strings_add(&r->out->changes, r->words.at[r->at++]);
	word = next_value(r);
	if (word && *word)
		r->out->program = r->dir && *word != '/' && strchr(word, '/') ? xasprintf("%s/%s", r->dir, word) : xstrdup(word);
}

int
envline_parse(const char *argument, struct envline *out)
{
	struct reading r = {.out = out};
	int bad;

	*out = (struct envline){0};
	if (*argument)
		strings_add(&r.words, argument);
	bad = take_options(&r);
	if (!bad)
		take_program(&r);
	strings_free(&r.words);
	free(r.dir);
	return bad;
}

const char *
envline_variable(const struct envline *e, const char *name, const char *callers)
{
	size_t len = strlen(name), i;

	for (i = e->changes.count; i-- > 0;)
		if (strncmp(e->changes.at[i], name, len) == 0 && strchr("=", e->changes.at[i][len]))
			return e->changes.at[i][len] ? e->changes.at[i] + len + 1 : NULL;
	return e->clears ? NULL : callers;
}

void
envline_free(struct envline *e)
{
	free(e->program);
	strings_free(&e->changes);
	*e = (struct envline){0};
}
