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

void
table_add(struct table *t, char *cell)
{
	strings_take(&t->cells, cell);
}

static size_t
column_width(const struct table *t, size_t column)
{
	size_t widest = 0, i;

	for (i = column; i < t->cells.count; i += t->columns)
		if (length(t->cells.at[i]) > widest)
			widest = length(t->cells.at[i]);
	return widest;
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

char *
table_row(const struct table *t, size_t row, size_t indent)
{
	struct buf line = {0};
	size_t i, blanks = 0, room = width();

	for (i = 0; i < t->columns; i++) {
		const char *cell = t->cells.at[row * t->columns + i];
		size_t wide = column_width(t, i), pad = wide - length(cell);

		if (wide == 0)
			continue;
		put_blanks(&line, blanks + (t->right >> i & 1 ? pad : 0));
		put_bytes(&line, cell, strlen(cell));
		blanks = (t->right >> i & 1 ? 0 : pad) + 2;
	}
	put_u8(&line, 0);
	if (room != SIZE_MAX)
		cut((char *)line.data, room > indent ? room - indent : 1);
	return (char *)line.data;
}

void
table_print(const struct table *t, size_t indent)
{
	size_t i;

	for (i = 0; i < t->cells.count / t->columns; i++) {
		char *row = table_row(t, i, indent);

		puts(row);
		free(row);
	}
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
