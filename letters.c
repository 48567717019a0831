/* The % letters, by which -o, get's TO and -subst name what differs from node to node.
 * Must never know what the names are for. */
#include "letters.h"

#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

const char *
letters_unknown(const char *pattern, const char *known)
{
	for (; (pattern = strchr(pattern, '%')); pattern += 2)
		if (pattern[1] != '%' && (!pattern[1] || !strchr(known, pattern[1])))
			return pattern + 1;
	return NULL;
}

const char *
letters_help(bool stream)
{
	return stream ? "%n path, %i id, %h host, %r rank, %m machine, %j job, %s out, err or rc, %% a %"
		      : "%n path, %i id, %h host, %r rank, %m machine, %j job, %% a %";
}

bool
letters_have(const char *pattern, const char *any)
{
	for (; (pattern = strchr(pattern, '%')) && pattern[1]; pattern += 2)
		if (strchr(any, pattern[1]))
			return true;
	return false;
}

/* Caller frees; NULL when it is not known. */
static char *
value_of(char letter, const struct letters *l)
{
	const struct path *p = l->node;
	char path[PATH_TEXT];
	const char *text = letter == 'h' ? l->host : letter == 'm' ? l->machine : letter == 'j' ? l->job : letter == 's' ? l->stream : NULL;

	switch (letter) {
	case '%':
		return xstrdup("%");
	case 'n':
		return xstrdup(path_text(p, path));
	case 'i':
		return xasprintf("%u", p->depth ? p->id[p->depth - 1] : 0u);
	case 'r':
		return xasprintf("%zu", l->rank);
	default:
		return text ? xstrdup(text) : NULL;
	}
}

/* As a part of a path, or of its name: it leads nowhere else. */
static void
put_part(struct buf *out, const char *value)
{
	bool dots = strcmp(value, ".") == 0 || strcmp(value, "..") == 0;

	for (; *value; value++)
		put_u8(out, *value == '/' || dots ? '_' : (unsigned char)*value);
}

char *
letters_fill(const char *pattern, const struct letters *l)
{
	struct buf out = {0};
	char *value;

	for (; *pattern; pattern++) {
		if (*pattern != '%') {
			put_u8(&out, (unsigned char)*pattern);
			continue;
		}
		value = value_of(*++pattern, l);
		if (!value) {
			buf_free(&out);
			return NULL;
		}
		put_part(&out, value);
		free(value);
	}
	put_u8(&out, '\0');
	return (char *)out.data;
}
