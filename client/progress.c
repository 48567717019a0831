/* The live line on a terminal: how far a launch is, in bytes and nodes, and which of them are slow.
 * Must never know links, or how any of it is done. */
#include "client/progress.h"
#include "client/signals.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	DELAY_MS = 500, /* what is over by then needs no line */
	PERIOD_MS = 200,
	ASK_MS = 1000,
	WIDTH = 80, /* columns at most; a line that wraps could not be taken away */
};

static bool shown;

void
progress_hide(void)
{
	static const char clear[] = "\r\033[K";

	if (shown)
		(void)write_full(STDERR_FILENO, clear, sizeof(clear) - 1);
	shown = false;
}

bool
progress_possible(const struct options *o)
{
	const char *term = getenv("TERM");

	return !o->quiet && !o->terminal && isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

void
progress_begin(struct progress *p, const struct verdicts *v, const struct output *out, struct reading *r, bool ships, bool aside)
{
	uint64_t now = now_ms();

	*p = (struct progress){.verdicts = v,
		.output = out,
		.reading = r,
		.ships = ships,
		.aside = aside,
		.begun = now,
		.next = now + DELAY_MS,
		.live = true};
	before_terminal = progress_hide;
	(void)atexit(progress_hide);
}

/* ---- what there is to say ---- */

static bool
is_sending(const struct progress *p, const struct tally *t)
{
	return (p->ships && t->waiting) || reading_flows(p->reading);
}

/* Bytes in a second since the oldest sample, of which now makes one more. */
static uint64_t
rate(struct progress *p, uint64_t now, uint64_t bytes)
{
	size_t at = p->samples % PROGRESS_SAMPLES, oldest = p->samples < PROGRESS_SAMPLES ? 0 : at;
	uint64_t since = p->samples ? p->sample[oldest].at : p->begun, had = p->samples ? p->sample[oldest].bytes : 0;

	p->sample[at].at = now;
	p->sample[at].bytes = bytes;
	p->samples++;
	return now > since ? (bytes - had) * 1000 / (now - since) : 0;
}

/* "; sent 12.3 MB, 4.5 MB/s", or got; "" when there is nothing yet. The caller frees. */
static char *
moved_text(struct progress *p, bool sends, uint64_t now)
{
	uint64_t bytes = sends ? p->sent + p->reading->sent : p->got, tenths = (bytes + 50000) / 100000, speed;

	if (sends != p->sends)
		p->samples = 0;
	p->sends = sends;
	if (bytes == 0)
		return xstrdup("");
	speed = (rate(p, now, bytes) + 50000) / 100000;
	return xasprintf("; %s %" PRIu64 ".%u MB, %" PRIu64 ".%u MB/s", sends ? "sent" : "got", tenths / 10, (unsigned)(tenths % 10),
		speed / 10, (unsigned)(speed % 10));
}

/* The nodes that hold up the input, or those that most of the others are ahead of. NULL: none. The caller frees. */
static char *
slow_nodes(struct progress *p, const struct tally *t, uint64_t now)
{
	if (!reading_is_full(p->reading))
		return verdicts_slow(p->verdicts, t);
	if (now - p->asked >= ASK_MS) {
		reading_ask(p->reading);
		p->asked = now;
	}
	return p->reading->slow ? naming_list(p->verdicts->naming, p->reading->slow) : NULL;
}

/* Cuts to what the terminal's line holds, one column less, for the cursor; what could move it is made harmless. */
static void
fit(char *line)
{
	struct winsize size = {0};
	size_t width = WIDTH, i;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_col < WIDTH)
		width = size.ws_col;
	for (i = 0; line[i]; i++)
		if (line[i] < ' ' || line[i] > '~')
			line[i] = '?';
	if (i < width)
		return;
	line[width - 1] = '\0';
	for (i = width - 1; i > 0 && width - i <= 3; i--)
		line[i - 1] = '.';
}

static void
show(struct progress *p, const struct tally *t, bool sends)
{
	uint64_t now = now_ms();
	char *moved = moved_text(p, sends, now), *slow = slow_nodes(p, t, now);
	char *line = xasprintf("started %zu, running %zu, ended %zu of %zu%s%s%s", t->started, t->running, t->ended, p->verdicts->count,
		moved, slow ? "; slow: " : "", slow ? slow : "");

	fit(line);
	progress_hide();
	shown = write_full(STDERR_FILENO, line, strlen(line)) == 0;
	free(line);
	free(slow);
	free(moved);
}

/* ---- when ---- */

void
progress_wait(const struct progress *p, int *wait)
{
	uint64_t now = now_ms();
	int left = p->next > now ? (int)(p->next - now) : 0;

	if (p->live && (*wait < 0 || *wait > left))
		*wait = left;
}

void
progress_go(struct progress *p)
{
	struct tally t;
	bool sends;

	if (!p->verdicts || now_ms() < p->next)
		return;
	p->next = now_ms() + PERIOD_MS;
	t = verdicts_tally(p->verdicts);
	sends = is_sending(p, &t);
	p->live = sends || p->aside;
	if (signals_background(STDERR_FILENO))
		shown = false;
	else if (p->live && !output_in_line(p->output))
		show(p, &t, sends);
	else
		progress_hide();
}
