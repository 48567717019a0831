/* Tables before a person: columns aligned, no line wider than the terminal.
 * Must never know what they are of. */
#include "client/table.h"

#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Columns of the terminal; SIZE_MAX: standard output is none. */
static size_t
width(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return isatty(STDOUT_FILENO) ? 80 : SIZE_MAX;
}

/* Characters: in UTF-8 all bytes but those that go on with one. */
static size_t
length(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

enum { REST = 1 }; /* the first byte of a cell whose text goes on over those that follow */

void
table_add(struct table *t, char *cell)
{
	strings_take(&t->cells, cell);
}

void
table_rest(struct table *t, char *text)
{
	strings_take(&t->cells, xasprintf("%c%s", REST, text));
	free(text);
	while (t->cells.count % t->columns)
		strings_add(&t->cells, "");
}

static void
measure(const struct table *t, size_t wide[TABLE_COLUMNS])
{
	size_t i;

	for (i = 0; i < t->columns; i++)
		wide[i] = 0;
	for (i = 0; i < t->cells.count; i++) {
		const char *cell = t->cells.at[i];

		if (*cell != REST && length(cell) > wide[i % t->columns])
			wide[i % t->columns] = length(cell);
	}
}

/* Cuts a text that has more characters than there is room for; "~" stands for the rest. */
static void
cut(char *text, size_t room)
{
	size_t n = 0;
	char *at;

	if (length(text) <= room)
		return;
	for (at = text; *at && !((*at & 0xc0) != 0x80 && n++ + 1 == room); at++)
		;
	if (*at) {
		at[0] = '~';
		at[1] = '\0';
	}
}

static void
put_blanks(struct buf *line, size_t n)
{
	while (n-- > 0)
		put_u8(line, ' ');
}

/* Appends a row, without blanks at its end. */
static void
put_row(struct buf *line, const struct table *t, char *const *cells, const size_t *wide)
{
	size_t i, blanks = 0;

	for (i = 0; i < t->columns && *cells[i] != REST; i++) {
		size_t pad = wide[i] - length(cells[i]);
		bool right = t->right >> i & 1;

		if (wide[i] == 0)
			continue;
		if (*cells[i]) {
			put_blanks(line, blanks + (right ? pad : 0));
			put_bytes(line, cells[i], strlen(cells[i]));
			blanks = 0;
		}
		blanks += (*cells[i] && right ? 0 : pad) + 2;
	}
	if (i < t->columns) {
		put_blanks(line, blanks);
		put_bytes(line, cells[i] + 1, strlen(cells[i] + 1));
	}
	while (line->len > 0 && line->data[line->len - 1] == ' ')
		line->len--;
	put_u8(line, 0);
}

void
table_print(const struct table *t)
{
	size_t wide[TABLE_COLUMNS], room = width(), i;
	struct buf line = {0};

	measure(t, wide);
	for (i = 0; i < t->cells.count; i += t->columns) {
		line.len = 0;
		put_row(&line, t, &t->cells.at[i], wide);
		cut((char *)line.data, room);
		puts((char *)line.data);
	}
	buf_free(&line);
}

void
table_free(struct table *t)
{
	strings_free(&t->cells);
}

char *
age_text(uint64_t ms)
{
	unsigned long long s = ms / 1000;

	if (s < 120)
		return xasprintf("%llu s", s);
	if (s < 7200)
		return xasprintf("%llu min", s / 60);
	return s < 172800 ? xasprintf("%llu h", s / 3600) : xasprintf("%llu d", s / 86400);
}

char *
bytes_text(uint64_t bytes)
{
	static const char units[] = "KMGTP";
	double value = (double)bytes / 1024;
	size_t unit = 0;

	while (value >= 1000 && unit + 2 < sizeof(units)) {
		value /= 1024;
		unit++;
	}
	return xasprintf(value < 10 ? "%.1f%c" : "%.0f%c", value, units[unit]);
}
