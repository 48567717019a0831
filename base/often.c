/* Warnings that may come again and again: told, and then counted.
 * Must never know what they are about. */
#include "base/often.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_COUNTED = 16, /* texts; of more the oldest is forgotten, its count told before */
	FIRST_MS = 10000,
	LAST_MS = 10 * 60000,
};

static struct counted {
	char *text; /* NULL: free */
	uint64_t until;
	unsigned period, told, count;
	bool news;    /* it tells of no trouble */
	bool refusal; /* somebody was refused */
} counted[MAX_COUNTED];

static void
say(const struct counted *c, const char *behind)
{
	(c->news ? inform : warn)("%s%s", c->text, behind);
}

static void
say_count(struct counted *c)
{
	char behind[40];

	(void)snprintf(behind, sizeof(behind), " (%u time%s more)", c->count, c->count == 1 ? "" : "s");
	if (c->count)
		say(c, behind);
	c->count = 0;
}

/* Its time is over: what came again in it is counted for longer now; what did not is forgotten. */
static void
turn_over(struct counted *c, uint64_t now)
{
	if (!c->count) {
		free(c->text);
		*c = (struct counted){0};
		return;
	}
	say_count(c);
	c->period = c->period * 2 < LAST_MS ? c->period * 2 : LAST_MS;
	c->until = now + c->period;
}

/* The place of that text, which it takes over; a new one's where it was not counted. */
static struct counted *
place_for(char *text, uint64_t now)
{
	struct counted *oldest = counted, *c;

	for (c = counted; c < counted + MAX_COUNTED; c++) {
		if (c->text && strcmp(c->text, text) == 0) {
			free(text);
			return c;
		}
		if (!c->text || (oldest->text && c->until < oldest->until))
			oldest = c;
	}
	if (oldest->text)
		say_count(oldest);
	free(oldest->text);
	*oldest = (struct counted){.text = text, .until = now + FIRST_MS, .period = FIRST_MS};
	return oldest;
}

static struct counted *
tell(bool news, unsigned burst, char *text)
{
	struct counted *c;

	often_due();
	c = place_for(text, now_ms());
	c->news = news;
	if (c->told < burst) {
		c->told++;
		say(c, "");
	} else {
		c->count++;
	}
	return c;
}

void
warn_often(unsigned burst, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)tell(false, burst, xvasprintf(fmt, args));
	va_end(args);
}

void
refuse_often(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tell(false, 1, xvasprintf(fmt, args))->refusal = true;
	va_end(args);
}

char *
often_refused(void)
{
	struct strings lines = {0};
	const struct counted *c;
	char *text;

	often_due();
	for (c = counted; c < counted + MAX_COUNTED; c++)
		if (c->text && c->refusal)
			strings_add(&lines, c->text);
	text = strings_join(&lines, "\n");
	strings_free(&lines);
	return text;
}

void
inform_often(unsigned burst, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)tell(true, burst, xvasprintf(fmt, args));
	va_end(args);
}

void
often_due(void)
{
	uint64_t now = now_ms();
	struct counted *c;

	for (c = counted; c < counted + MAX_COUNTED; c++)
		if (c->text && now >= c->until)
			turn_over(c, now);
}

void
often_flush(void)
{
	struct counted *c;

	for (c = counted; c < counted + MAX_COUNTED; c++)
		if (c->text)
			say_count(c);
}
