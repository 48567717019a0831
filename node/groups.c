/* The groups of nodes that a site has named: lines of "name: spec".
 * Must never know which nodes there are. */
#include "node/groups.h"
#include "nodespec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_FILE (1u << 20) /* bytes: twenty thousand lines, and looking a name up takes less than a millisecond */
#define BLANKS " \t\r"

static struct {
	char *text; /* lines as they are; NULL: nothing was read */
	struct stat st;
} file;
static char error_text[512];
#define fail(line, ...) latch_line_error(error_text, sizeof(error_text), GROUPS_FILE, line, __VA_ARGS__)

const char *
groups_error(void)
{
	return error_text;
}

/* A line of the file, cut up where it lies: its name, its spec, and where the next one begins. */
struct line {
	const char *name, *spec, *next;
	size_t name_len, spec_len;
};

static struct line
line_at(const char *at)
{
	size_t len = strcspn(at, "\n"), used;
	struct line l = {.next = at[len] ? at + len + 1 : at + len};
	const char *end = at + strcspn(at, "#\n");

	at += strspn(at, BLANKS);
	used = strcspn(at, ":#\n");
	if (at[used] == ':') {
		l.spec = at + used + 1;
		l.spec_len = (size_t)(end - l.spec);
	}
	while (used > 0 && strchr(BLANKS, at[used - 1]))
		used--;
	l.name = at;
	l.name_len = used;
	return l;
}

static int
check_line(const struct line *l, size_t number)
{
	char *name;
	int bad = 0;

	if (!l->spec && l->name_len == 0)
		return 0;
	name = xstrndup(l->name, l->name_len);
	if (!l->spec || l->name_len == 0 || nodespec_group_word(name) != l->name_len)
		bad = fail(number, "\"%.64s\" is not \"name: nodes\", a name having letters, digits, \"-\", \"_\" and \".\"", name);
	else if (nodespec_is_built_in(name))
		bad = fail(number, "@%s has a meaning of its own: give the group another name", name);
	free(name);
	return bad;
}

/* Takes the text over. */
static int
take(char *text, const struct stat *st)
{
	struct line l;
	const char *at;
	size_t number = 1;

	for (at = text; *at; at = l.next, number++) {
		l = line_at(at);
		if (check_line(&l, number)) {
			free(text);
			return -1;
		}
	}
	free(file.text);
	file.text = text;
	file.st = *st;
	return 0;
}

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size && a->st_mode == b->st_mode &&
	       a->st_uid == b->st_uid && memcmp(&a->st_mtim, &b->st_mtim, sizeof(a->st_mtim)) == 0 &&
	       memcmp(&a->st_ctim, &b->st_ctim, sizeof(a->st_ctim)) == 0;
}

static int
refresh(void)
{
	char *text, *why;
	struct stat st;
	size_t len;

	if (stat(GROUPS_FILE, &st) != 0 && errno == ENOENT)
		return fail(0, "there is no such file on the master, so there are no groups");
	if (file.text && same_file(&st, &file.st))
		return 0;
	text = read_guarded(GROUPS_FILE, MAX_FILE, &len, &why);
	if (!text) {
		(void)fail(0, "%s", why);
		free(why);
		return -1;
	}
	return take(text, &st);
}

/* Blanks between parts become commas; a comma is there once. */
static void
add_spec(struct buf *out, const char *at, size_t len)
{
	const char *end = at + len;
	bool between = out->len > 0;

	for (; at < end; at++)
		if (*at == ',' || strchr(BLANKS, *at)) {
			between = out->len > 0;
		} else {
			if (between)
				put_bytes(out, ",", 1);
			put_bytes(out, at, 1);
			between = false;
		}
}

char *
groups_find(const char *name)
{
	size_t len = strlen(name);
	struct buf spec = {0};
	bool there = false;
	struct line l;
	const char *at;

	if (refresh())
		return NULL;
	for (at = file.text; *at; at = l.next) {
		l = line_at(at);
		if (!l.spec || l.name_len != len || memcmp(l.name, name, len) != 0)
			continue;
		there = true;
		add_spec(&spec, l.spec, l.spec_len);
	}
	put_u8(&spec, 0);
	if (there)
		return (char *)spec.data;
	buf_free(&spec);
	(void)fail(0, "there is no group @%.100s", name);
	return NULL;
}
