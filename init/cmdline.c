/* The kernel command line as words, and the gproc switches among them.
 * Must never know what a switch means, or read a file. */
#include "init/cmdline.h"

#include <stdlib.h>
#include <string.h>

#define SWITCH_PREFIX "gproc."
/* A key is 64 hex digits; half a key is already too much to show to every user of the node. */
#define MAX_HEX_RUN 31

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Length of the word at text: blanks within quotes belong to it. */
static size_t
word_length(const char *text)
{
	bool quoted = false;
	size_t len;

	for (len = 0; text[len] && (quoted || !is_blank(text[len])); len++)
		if (text[len] == '"')
			quoted = !quoted;
	return len;
}

/* The word without the quotes around all of it or around its value; others stay, as the kernel leaves them. */
static char *
unquote(const char *text, size_t len)
{
	bool whole = text[0] == '"';
	char *word = xstrndup(text + whole, len - whole);
	size_t left = strlen(word);
	char *value = strchr(word, '=');
	bool opened = value && value > word && value[1] == '"';

	if ((whole || opened) && left > 0 && word[left - 1] == '"' && (!opened || value + 1 < word + left - 1))
		word[left - 1] = '\0';
	if (opened)
		memmove(value + 1, value + 2, strlen(value + 2) + 1);
	return word;
}

void
cmdline_words(const char *text, struct strings *words)
{
	for (;;) {
		size_t len;

		while (is_blank(*text))
			text++;
		len = word_length(text);
		if (len == 0)
			return;
		strings_take(words, unquote(text, len));
		text += len;
	}
}

const char *
cmdline_value(const struct strings *words, const char *name)
{
	size_t len = strlen(name), i;

	for (i = words->count; i-- > 0;) {
		const char *word = words->at[i];

		if (strncmp(word, name, len) == 0 && (word[len] == '\0' || word[len] == '='))
			return word[len] ? word + len + 1 : "";
	}
	return NULL;
}

static bool
has_hex_run(const char *text)
{
	size_t run = 0;

	for (; *text && run <= MAX_HEX_RUN; text++)
		run = strchr("0123456789abcdefABCDEF", *text) ? run + 1 : 0;
	return run > MAX_HEX_RUN;
}

static bool
is_switch_name(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-", name[i]))
			return false;
	return len > 0 && name[0] != '-';
}

/* Why the switch can't be taken, NULL when it can. The caller frees. */
static char *
why_refused(const char *name, size_t len, const char *value)
{
	bool is_key = len == 3 && strncmp(name, "key", 3) == 0;

	if (!is_switch_name(name, len))
		return xasprintf("%s%.*s: not the name of a switch", SWITCH_PREFIX, (int)len, name);
	if (has_hex_run(value) || (is_key && value[0] != '/' && strcmp(value, "none") != 0))
		return xasprintf("%s%.*s on the kernel command line is refused: everyone on the node can read a key there; "
				 "put it into /etc/gproc/key, as a second initrd made by \"gproc keygen -cpio\"",
			SWITCH_PREFIX, (int)len, name);
	return NULL;
}

void
cmdline_switches(const struct strings *words, struct strings *argv, struct strings *refused)
{
	size_t i;

	for (i = 0; i < words->count; i++) {
		const char *name = words->at[i] + strlen(SWITCH_PREFIX);
		size_t len;
		char *why;

		if (!has_prefix(words->at[i], SWITCH_PREFIX))
			continue;
		len = strcspn(name, "=");
		if (len == 8 && strncmp(name, "hostname", len) == 0)
			continue;
		why = why_refused(name, len, name[len] ? name + len + 1 : "");
		if (why)
			strings_take(refused, why);
		else
			strings_take(argv, xasprintf("-%s%s", name, name[len] ? "" : "=true"));
	}
}
