/* Postfix words made into one string.
 * Must never know what the answer is for, or ask the machine for anything: the host name is passed in. */
#include "stackvm.h"

#include "base/util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CELLS 256	   /* far more than any formula needs; one that only pushes ends there */
#define MAX_CELL_LEN 4096u /* no name is longer; without a limit "dup strcat" would double for ever */
#define MAX_TAKEN 3	   /* as many cells as one word takes */
#define BLANKS " \t\r\n\f\v"
#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

struct machine {
	char *cell[MAX_CELLS]; /* owned; the last is tos[0] */
	size_t count;
	const char *hostname;
};

/* One word of the language. It takes cells off the stack, tos[0] first, and works by one of two functions. */
struct word {
	const char *name;
	size_t takes;
	/* Pushes its result; -1 with the error set. */
	int (*run)(struct machine *, const struct word *, char *const *tos);
	/* Or, for two numbers: NULL and *out, or why there is no result. */
	const char *(*compute)(int64_t left, int64_t right, int64_t *out);
};

static const char too_large[] = "the result does not fit into 64 bits";
static char error_text[512];

const char *
stackvm_error(void)
{
	return error_text;
}

/* "5 0 /: why": the values and the word as the user would write them. */
static int
fail(const struct word *word, char *const *tos, const char *why)
{
	char values[MAX_TAKEN * 82] = "";
	size_t at = 0, i;

	for (i = word->takes; i-- > 0;) {
		at += (size_t)snprintf(values + at, sizeof(values) - at, "%.80s ", *tos[i] ? tos[i] : "\"\"");
	}
	set_error(error_text, sizeof(error_text), "%s%s: %s", values, word->name, why);
	return -1;
}

static int
push(struct machine *m, const char *text, size_t len)
{
	if (len > MAX_CELL_LEN || m->count == MAX_CELLS) {
		set_error(error_text, sizeof(error_text), "%.*s...: %s", (int)(len < 40 ? len : 40), text,
			len > MAX_CELL_LEN ? "this value is longer than 4096 bytes" : "more than 256 values on the stack");
		return -1;
	}
	m->cell[m->count++] = xstrndup(text, len);
	return 0;
}

/* A decimal integer, with or without a minus sign: 0; -1 when text is something else, -2 when 64 bits do not hold it. */
static int
parse_i64(const char *text, int64_t *out)
{
	bool negative = *text == '-';
	const char *digits = text + negative;
	uint64_t value;

	if (!*digits || digits[strspn(digits, DIGITS)])
		return -1;
	if (parse_u64(digits, (uint64_t)INT64_MAX + negative, &value))
		return -2;
	*out = (int64_t)(negative ? 0 - value : value);
	return 0;
}

static int
number_of(const struct word *word, char *const *tos, size_t which, int64_t *out)
{
	int bad = parse_i64(tos[which], out);
	char why[160];

	if (bad == 0)
		return 0;
	(void)snprintf(why, sizeof(why), bad == -1 ? "\"%.80s\" is not a number" : "\"%.80s\" does not fit into 64 bits", tos[which]);
	return fail(word, tos, why);
}

static const char *
multiply(int64_t left, int64_t right, int64_t *out)
{
	return __builtin_mul_overflow(left, right, out) ? too_large : NULL;
}

static const char *
add(int64_t left, int64_t right, int64_t *out)
{
	return __builtin_add_overflow(left, right, out) ? too_large : NULL;
}

static const char *
subtract(int64_t left, int64_t right, int64_t *out)
{
	return __builtin_sub_overflow(left, right, out) ? too_large : NULL;
}

static const char *
divide(int64_t left, int64_t right, int64_t *out)
{
	if (right == 0)
		return "division by zero";
	if (right == -1)
		return subtract(0, left, out);
	*out = left / right;
	return NULL;
}

static const char *
remainder_of(int64_t left, int64_t right, int64_t *out)
{
	if (right == 0)
		return "division by zero";
	*out = right == -1 ? 0 : left % right; /* INT64_MIN % -1 traps on x86 */
	return NULL;
}

/* The least multiple of right that is not less than left. */
static const char *
round_up(int64_t left, int64_t right, int64_t *out)
{
	int64_t over;

	if (right == 0)
		return "nothing can be rounded up to a multiple of 0";
	(void)remainder_of(left, right, &over);
	if (over <= 0)
		return subtract(left, over, out);
	return right < 0 ? subtract(left - over, right, out) : add(left - over, right, out);
}

static int
strcat_run(struct machine *m, const struct word *word, char *const *tos)
{
	char *joined = xasprintf("%s%s", tos[1], tos[0]);
	int bad = push(m, joined, strlen(joined));

	(void)word;
	free(joined);
	return bad;
}

static int
ifelse_run(struct machine *m, const struct word *word, char *const *tos)
{
	const char *chosen;
	int64_t test = 0;

	if (number_of(word, tos, 0, &test))
		return -1;
	chosen = test == 0 ? tos[1] : tos[2];
	return push(m, chosen, strlen(chosen));
}

static int
hostname_run(struct machine *m, const struct word *word, char *const *tos)
{
	(void)word;
	(void)tos;
	return push(m, m->hostname, strlen(m->hostname));
}

static int
hostbase_run(struct machine *m, const struct word *word, char *const *tos)
{
	const char *digits = tos[0] + strspn(tos[0], LETTERS ".-");
	size_t len = strspn(digits, DIGITS);
	const char *domain = digits + len;

	if (len == 0)
		return fail(word, tos, *digits ? "only letters, dots and dashes may stand before the number" : "there is no number in it");
	/* A domain holds a letter: without that rule the address 10.0.0.5 would make every node number 10. */
	if (*domain && (*domain != '.' || domain[strspn(domain, LETTERS DIGITS ".-")] || !domain[strcspn(domain, LETTERS)]))
		return fail(word, tos, "only a .domain may stand behind the number");
	return push(m, digits, len);
}

static int
dup_run(struct machine *m, const struct word *word, char *const *tos)
{
	size_t len = strlen(tos[0]);

	(void)word;
	return push(m, tos[0], len) ? -1 : push(m, tos[0], len);
}

static int
swap_run(struct machine *m, const struct word *word, char *const *tos)
{
	(void)word;
	return push(m, tos[0], strlen(tos[0])) ? -1 : push(m, tos[1], strlen(tos[1]));
}

static const struct word words[] = {
	{"*", 2, NULL, multiply},
	{"+", 2, NULL, add},
	{"-", 2, NULL, subtract},
	{"/", 2, NULL, divide},
	{"%", 2, NULL, remainder_of},
	{"roundup", 2, NULL, round_up},
	{"strcat", 2, strcat_run, NULL},
	{"ifelse", 3, ifelse_run, NULL},
	{"hostname", 0, hostname_run, NULL},
	{"hostbase", 1, hostbase_run, NULL},
	{"dup", 1, dup_run, NULL},
	{"swap", 2, swap_run, NULL},
};

static int
compute(struct machine *m, const struct word *word, char *const *tos)
{
	int64_t left, right, result;
	const char *why;
	char text[24];

	if (number_of(word, tos, 1, &left) || number_of(word, tos, 0, &right))
		return -1;
	why = word->compute(left, right, &result);
	if (why)
		return fail(word, tos, why);
	return push(m, text, (size_t)snprintf(text, sizeof(text), "%lld", (long long)result));
}

/* "swap: needs 2 values, the stack holds only "5"". */
static int
fail_too_few(const struct machine *m, const struct word *word)
{
	static const char *const needs[] = {"no value", "1 value", "2 values", "3 values"};
	char holds[2 * 84] = "the stack is empty";
	size_t at = 0, i;

	for (i = 0; i < m->count; i++) {
		at += (size_t)snprintf(holds + at, sizeof(holds) - at, at ? " and \"%.60s\"" : "there is only \"%.60s\"", m->cell[i]);
	}
	set_error(error_text, sizeof(error_text), "%s: needs %s, %s", word->name, needs[word->takes], holds);
	return -1;
}

static int
run_word(struct machine *m, const struct word *word)
{
	char *tos[MAX_TAKEN];
	size_t i;
	int bad;

	if (m->count < word->takes)
		return fail_too_few(m, word);
	for (i = 0; i < word->takes; i++)
		tos[i] = m->cell[--m->count];
	bad = word->run ? word->run(m, word, tos) : compute(m, word, tos);
	for (i = 0; i < word->takes; i++)
		free(tos[i]);
	return bad;
}

static int
run_token(struct machine *m, const char *token, size_t len)
{
	size_t i;

	for (i = 0; i < COUNT(words); i++)
		if (strlen(words[i].name) == len && memcmp(words[i].name, token, len) == 0)
			return run_word(m, &words[i]);
	return push(m, token, len);
}

static int
run_all(struct machine *m, const char *text)
{
	const char *at = text + strspn(text, BLANKS);

	while (*at) {
		size_t len = strcspn(at, BLANKS);

		if (run_token(m, at, len))
			return -1;
		at += len;
		at += strspn(at, BLANKS);
	}
	if (m->count == 1)
		return 0;
	if (m->count == 0)
		set_error(error_text, sizeof(error_text), "there are no words to evaluate");
	else
		set_error(error_text, sizeof(error_text), "%zu values are left, \"%.80s\" and \"%.80s\" on top; one is the answer",
			m->count, m->cell[m->count - 2], m->cell[m->count - 1]);
	return -1;
}

char *
stackvm_eval(const char *text, const char *hostname)
{
	struct machine m = {.hostname = hostname};
	char *answer = NULL;

	if (run_all(&m, text) == 0)
		answer = m.cell[--m.count];
	while (m.count > 0)
		free(m.cell[--m.count]);
	return answer;
}

int
stackvm_id(const char *text, uint32_t *out)
{
	uint64_t id;

	if (!*text || text[strspn(text, DIGITS)]) {
		set_error(error_text, sizeof(error_text), "\"%.80s\" is not a node id: an id has digits only", text);
		return -1;
	}
	if (parse_u64(text, UINT32_MAX, &id)) {
		set_error(error_text, sizeof(error_text), "\"%.80s\" is not a node id: the largest is 4294967295", text);
		return -1;
	}
	*out = (uint32_t)id;
	return 0;
}
