/* Keys at a terminal: which are the job's, and which are gproc's. */
#include "client/terminal.h"

#include <stdio.h>
#include <string.h>

#include "unit/tap.h"

static const struct {
	int escape;
	const char *keys, *job;
	enum terminal_wish wish;
} cases[] = {
	{'~', "ls\r", "ls\r", WISH_NONE},
	{'~', "~.", "", WISH_END},
	{'~', "~d", "", WISH_DETACH},
	{'~', "~\032", "", WISH_SUSPEND},
	{'~', "~?", "", WISH_HELP},
	{'~', "~~", "~", WISH_NONE},
	{'~', "~~.", "~.", WISH_NONE},
	{'~', "~x", "~x", WISH_NONE},
	{'~', "~x~.", "~x~.", WISH_NONE},
	{'~', "~\r~.", "~\r", WISH_END},
	{'~', "a~.", "a~.", WISH_NONE},
	{'~', "a\r~.", "a\r", WISH_END},
	{'~', "a\n~.", "a\n", WISH_END},
	{'~', "a\r\r~d", "a\r\r", WISH_DETACH},
	{'~', "\003~.", "\003~.", WISH_NONE},
	{'~', "a\r~~~.", "a\r~~.", WISH_NONE},
	{'%', "%.", "", WISH_END},
	{'%', "~.", "~.", WISH_NONE},
	{'%', "%%", "%", WISH_NONE},
	{29, "\035.", "", WISH_END},
	{'.', "..", "", WISH_END},
	{-1, "~.\r~.", "~.\r~.", WISH_NONE},
};

/* In pieces of so many bytes, as a terminal may give them. */
static void
type(size_t at, size_t piece)
{
	struct terminal t = {.escape = cases[at].escape, .fresh = true};
	size_t len = strlen(cases[at].keys), done = 0, used = 0;
	enum terminal_wish wish = WISH_NONE;
	struct buf out = {0};

	while (done < len && wish == WISH_NONE) {
		size_t some = len - done < piece ? len - done : piece;

		wish = terminal_keys(&t, (const uint8_t *)cases[at].keys + done, some, &used, &out);
		done += used;
	}
	ok(wish == cases[at].wish && done == len && out.len == strlen(cases[at].job) &&
			(out.len == 0 || memcmp(out.data, cases[at].job, out.len) == 0),
		"case %zu in pieces of %zu", at, piece);
	buf_free(&out);
}

/* What stands behind a wish is not looked at yet. */
static void
test_rest(void)
{
	struct terminal t = {.escape = '~', .fresh = true};
	struct buf out = {0};
	size_t used = 0;

	ok(terminal_keys(&t, (const uint8_t *)"~?~.", 4, &used, &out) == WISH_HELP && used == 2, "a wish ends what is taken");
	ok(terminal_keys(&t, (const uint8_t *)"~.", 2, &used, &out) == WISH_END && out.len == 0, "and a line begins behind it");
	buf_free(&out);
}

int
main(void)
{
	size_t i, piece;

	for (i = 0; i < COUNT(cases); i++)
		for (piece = 1; piece <= 3; piece++)
			type(i, piece);
	test_rest();
	return done();
}
