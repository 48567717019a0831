/* JSON as gproc writes it.
 * Must never know what the objects are about. */
#include "client/json.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static void
put(struct buf *b, const char *text)
{
	put_bytes(b, text, strlen(text));
}

/* Bytes of the UTF-8 character at text, of which there are len; 0: there is none. */
static size_t
character(const uint8_t *text, size_t len)
{
	unsigned char four[5] = {0};

	if (*text < 0x80)
		return 1;
	memcpy(four, text, len < 4 ? len : 4);
	if (four[0] == 0xc2 && four[1] >= 0x80 && four[1] < 0xa0)
		return 2; /* a control character all the same; utf8_length is for terminals */
	return utf8_length(four);
}

static void
put_character(struct buf *b, const uint8_t *text, size_t len)
{
	static const char plain[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
	const char *at = *text ? strchr(plain, *text) : NULL;
	char code[8];

	if (len == 0) {
		put(b, "\xef\xbf\xbd");
	} else if (at) {
		put_u8(b, '\\');
		put_u8(b, (unsigned char)names[at - plain]);
	} else if (*text < 0x20 || *text == 0x7f) {
		(void)snprintf(code, sizeof(code), "\\u%04x", *text);
		put(b, code);
	} else {
		put_bytes(b, text, len);
	}
}

static void
put_string(struct buf *b, const uint8_t *text, size_t len)
{
	size_t at, n;

	put_u8(b, '"');
	for (at = 0; at < len; at += n ? n : 1) {
		n = character(text + at, len - at);
		put_character(b, text + at, n);
	}
	put_u8(b, '"');
}

static void
put_key(struct buf *b, const char *before, const char *key)
{
	put(b, before);
	put(b, key);
	put(b, "\":");
}

void
json_item(struct buf *b, const char *key, const char *text)
{
	put_key(b, b->len && b->data[b->len - 1] == '}' ? ",{\"" : "{\"", key);
	put_string(b, (const uint8_t *)text, strlen(text));
}

void
json_begin(struct buf *b, const char *type)
{
	put_key(b, "{\"", "type");
	put_string(b, (const uint8_t *)type, strlen(type));
}

void
json_text(struct buf *b, const char *key, const char *text)
{
	put_key(b, ",\"", key);
	put_string(b, (const uint8_t *)text, strlen(text));
}

void
json_about(struct buf *b, const struct naming *naming, const struct path *p)
{
	char text[PATH_TEXT];

	json_text(b, "node", path_text(p, text));
	if (*naming_host(naming, p))
		json_text(b, "host", naming_host(naming, p));
}

void
json_node(struct buf *b, const char *type, const struct naming *naming, const struct path *p)
{
	json_begin(b, type);
	json_about(b, naming, p);
}

static void
put_number(struct buf *b, const char *format, uint64_t whole, unsigned rest)
{
	char text[32];

	(void)snprintf(text, sizeof(text), format, (unsigned long long)whole, rest);
	put(b, text);
}

void
json_number(struct buf *b, const char *key, uint64_t n)
{
	put_key(b, ",\"", key);
	put_number(b, "%llu", n, 0);
}

void
json_seconds(struct buf *b, const char *key, uint64_t ms)
{
	put_key(b, ",\"", key);
	put_number(b, "%llu.%03u", ms / 1000, (unsigned)(ms % 1000));
}

void
json_words(struct buf *b, const char *key, const char *const *word, size_t count)
{
	size_t i;

	put_key(b, ",\"", key);
	for (i = 0; i < count; i++) {
		put_u8(b, i ? ',' : '[');
		put_string(b, (const uint8_t *)word[i], strlen(word[i]));
	}
	put(b, count ? "]" : "[]");
}

static void
put_base64(struct buf *b, const uint8_t *data, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t i, k;

	for (i = 0; i < len; i += 3) {
		uint32_t three = 0;

		for (k = 0; k < 3; k++)
			three = three << 8 | (i + k < len ? data[i + k] : 0);
		for (k = 0; k < 4; k++)
			put_u8(b, i + k > len ? '=' : (unsigned char)digits[three >> (18 - 6 * k) & 63]);
	}
}

void
json_bytes(struct buf *b, const uint8_t *data, size_t len)
{
	size_t at = 0, n = 1;

	while (at < len && (n = character(data + at, len - at)) > 0)
		at += n;
	if (n > 0) {
		put_key(b, ",\"", "text");
		put_string(b, data, len);
		return;
	}
	put_key(b, ",\"", "base64");
	put_u8(b, '"');
	put_base64(b, data, len);
	put_u8(b, '"');
}

void
json_end(struct buf *b)
{
	put(b, "}\n");
}

void
json_open(struct buf *b, const char *key)
{
	put_key(b, ",\"", key);
	put_u8(b, '[');
}

void
json_close(struct buf *b)
{
	put_u8(b, '}');
}

void
json_shut(struct buf *b)
{
	put_u8(b, ']');
}

uint64_t
json_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

size_t
json_unfinished(const uint8_t *data, size_t len)
{
	size_t back;

	for (back = 1; back <= 3 && back <= len; back++) {
		uint8_t c = data[len - back];

		if (c >= 0xc2 && c <= 0xf4)
			return back < (c >= 0xf0 ? 4u : c >= 0xe0 ? 3u : 2u) ? back : 0;
		if ((c & 0xc0) != 0x80)
			return 0;
	}
	return 0;
}
