/* Warnings that may come again and again: told, and then counted.
 * Must never know what they are about. */
#include "base/often.h"

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
} counted[MAX_COUNTED];

static void
warn_count(struct counted *c)
{
	if (c->count)
		warn("%s (%u time%s more)", c->text, c->count, c->count == 1 ? "" : "s");
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
	warn_count(c);
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
		warn_count(oldest);
	free(oldest->text);
	*oldest = (struct counted){.text = text, .until = now + FIRST_MS, .period = FIRST_MS};
	return oldest;
}

void
warn_often(unsigned burst, const char *fmt, ...)
{
	struct counted *c;
	va_list args;

	often_due();
	va_start(args, fmt);
	c = place_for(xvasprintf(fmt, args), now_ms());
	va_end(args);
	if (c->told < burst) {
		c->told++;
		warn("%s", c->text);
	} else {
		c->count++;
	}
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
			warn_count(c);
}
