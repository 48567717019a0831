/* Host names as people write them: words with patterns and brackets, matched, and counted through.
 * Must never know which nodes there are. */
#include "hosts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NUMBER 4294967295u
enum { MAX_DIGITS = 10 }; /* of it, with leading zeros */

static const char *error_text = "";
static size_t error_at;

const char *
hosts_error(void)
{
	return error_text;
}

size_t
hosts_error_at(void)
{
	return error_at;
}

static bool
is_name_char(char c)
{
	return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
}

/* ---- reading words ---- */

static size_t
no_word(const char *text, const char *at, const char *why)
{
	error_at = (size_t)(at - text);
	error_text = why;
	return 0;
}

/* The digits at `at`, as a number; NULL when there are none, or too large a number. */
static const char *
take_number(const char *at, uint32_t *out)
{
	uint64_t number = 0;

	const char *end = at + strspn(at, "0123456789");

	if (end == at || end - at > MAX_DIGITS)
		return NULL;
	for (; at < end; at++) {
		number = number * 10 + (uint64_t)(*at - '0');
		if (number > MAX_NUMBER)
			return NULL;
	}
	*out = (uint32_t)number;
	return at;
}

/* Behind the span, or NULL and *why. */
static const char *
take_span(const char *at, struct host_span *out, const char **why)
{
	const char *end = take_number(at, &out->lo), *high;

	*why = "in brackets stand numbers up to 4294967295: n[1-5,8]";
	if (!end)
		return NULL;
	out->hi = out->lo;
	out->digits = *at == '0' ? (unsigned)(end - at) : 1;
	if (*end != '-')
		return end;
	high = end + 1;
	end = take_number(high, &out->hi);
	if (!end)
		return NULL;
	*why = "the range ends before it begins";
	if (out->hi < out->lo)
		return NULL;
	*why = "a range whose end has leading zeros has as many digits at its beginning";
	return *high == '0' && end - high > 1 && (unsigned)(end - high) != out->digits ? NULL : end;
}

/* Behind the bracket that is at `at`, or NULL and *why. */
static const char *
skip_bracket(const char *at, const char **why)
{
	struct host_span unused;

	do
		at = take_span(at + 1, &unused, why);
	while (at && *at == ',');
	if (at && *at != ']') {
		*why = "the bracket holds more than numbers, \"-\" and \",\", or is not closed";
		return NULL;
	}
	return at ? at + 1 : NULL;
}

size_t
host_word(const char *text, bool as_value)
{
	const char *at = text, *why, *next;
	size_t plain = 0, brackets = 0;

	if (!as_value && !is_letter(*at))
		return no_word(text, at, "a host name begins with a letter");
	while (is_name_char(*at) || (*at && strchr("*?[", *at))) {
		next = *at == '[' ? skip_bracket(at, &why) : at + 1;
		if (!next)
			return no_word(text, at, why);
		if (*at == '[' ? ++brackets > HOST_BRACKETS : ++plain > HOST_MAX)
			return no_word(text, at, "no host name is as long as this");
		at = next;
	}
	return at > text ? (size_t)(at - text) : no_word(text, at, "a value belongs here, of the characters of a host name");
}

bool
host_is_pattern(const char *word)
{
	return strpbrk(word, "*?") != NULL;
}

/* ---- matching: the places in a host's name that the word so far may have led to ---- */

struct places {
	const char *host;
	size_t len;
	bool now[HOST_MAX + 1], next[HOST_MAX + 1];
};

static unsigned
digits_of(uint64_t number)
{
	unsigned digits = 1;

	while (number /= 10)
		digits++;
	return digits;
}

/* The digits are among the bracket's numbers, with no zeros but those that pad. */
static bool
is_within(const char *bracket, const char *digits, size_t len)
{
	uint64_t number = 0;
	struct host_span span;
	const char *why;
	size_t i;

	for (i = 0; i < len; i++)
		number = number * 10 + (uint64_t)(digits[i] - '0');
	do {
		bracket = take_span(bracket + 1, &span, &why);
		if (bracket && number >= span.lo && number <= span.hi &&
			len == (span.digits > digits_of(number) ? span.digits : digits_of(number)))
			return true;
	} while (bracket && *bracket == ',');
	return false;
}

/* From each place to those behind a number of the bracket. */
static void
follow_bracket(struct places *p, const char *bracket, uint64_t *steps)
{
	size_t at, len;

	for (at = 0; at < p->len; at++)
		for (len = 1; p->now[at] && len <= MAX_DIGITS && at + len <= p->len && is_digit(p->host[at + len - 1]); len++) {
			p->next[at + len] |= is_within(bracket, p->host + at, len);
			*steps += strcspn(bracket, "]");
		}
}

static void
follow_char(struct places *p, char c)
{
	bool before = false;
	size_t at;

	for (at = 0; at <= p->len; at++) {
		before |= p->now[at];
		if (c == '*')
			p->next[at] = before;
		else if (at < p->len)
			p->next[at + 1] = p->now[at] && (c == '?' || c == p->host[at]);
	}
}

bool
host_matches_text(const char *word, const char *text, size_t len, uint64_t *steps)
{
	struct places p;

	*steps += 1;
	while (*word && !strchr("*?[", *word) && len > 0 && *text == *word) { /* most names differ early */
		word++;
		text++;
		len--;
		*steps += 1;
	}
	if ((*word && !strchr("*?[", *word)) || len > HOST_MAX)
		return false;
	p = (struct places){.host = text, .len = len, .now = {true}};
	for (; *word && memchr(p.now, 1, p.len + 1); word += *word == '[' ? strcspn(word, "]") + 1 : 1) {
		memset(p.next, 0, p.len + 1);
		if (*word == '[')
			follow_bracket(&p, word, steps);
		else
			follow_char(&p, *word);
		memcpy(p.now, p.next, p.len + 1);
		*steps += p.len + 8;
	}
	return !*word && p.now[p.len];
}

bool
host_matches(const char *word, const char *host, uint64_t *steps)
{
	return host_matches_text(word, host, strchr(word, '.') ? strlen(host) : strcspn(host, "."), steps);
}

/* ---- the names that a word stands for, counted through like an odometer ---- */

void
host_names_begin(struct host_names *n, const char *word)
{
	const char *why, *at;

	*n = (struct host_names){.word = word};
	for (at = strchr(word, '['); at && n->brackets < HOST_BRACKETS; at = strchr(at + 1, '[')) {
		struct host_bracket *b = &n->bracket[n->brackets++];

		b->from = at;
		b->behind = take_span(at + 1, &b->span, &why);
		b->number = b->span.lo;
	}
}

static void
write_name(const struct host_names *n, char *out)
{
	const char *at = n->word;
	size_t i, len = 0;

	for (i = 0; i < n->brackets; i++) {
		const struct host_bracket *b = &n->bracket[i];

		len += (size_t)sprintf(out + len, "%.*s%0*lu", (int)(b->from - at), at, (int)b->span.digits, (unsigned long)b->number);
		at = strchr(b->from, ']') + 1;
	}
	(void)sprintf(out + len, "%s", at);
}

/* To the bracket's next number; false where it is at its first one again. */
static bool
turn(struct host_bracket *b)
{
	bool more = *b->behind == ',';
	const char *why;

	if (b->number < b->span.hi) {
		b->number++;
		return true;
	}
	b->behind = take_span(more ? b->behind + 1 : b->from + 1, &b->span, &why);
	b->number = b->span.lo;
	return more;
}

bool
host_names_next(struct host_names *n, char out[HOST_ROOM])
{
	size_t i = n->brackets;

	if (n->over)
		return false;
	write_name(n, out);
	while (i > 0 && !turn(&n->bracket[i - 1]))
		i--;
	n->over = i == 0;
	return true;
}

uint64_t
host_count(const char *words, size_t len)
{
	char *word = xstrndup(words, len), name[HOST_ROOM];
	struct host_names n;
	uint64_t count = 0;

	for (host_names_begin(&n, word); host_names_next(&n, name);)
		count++;
	free(word);
	return count;
}
