/* Host names folded into a short text that selects them.
 * Must never know which hosts there are. */
#include "hostlist.h"

#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A name taken apart: rack1-n | 07 | .dom. */
struct host {
	const char *name;
	size_t number, digits; /* where its number begins, and how long it is; 0: it has none that is folded */
	uint64_t value;
	size_t width; /* digits that it is padded to; 0: it is not */
};

bool
hostlist_is_name(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

	return *text && strlen(text) <= HOST_MAX && strspn(text, letters) == strlen(text) && !strchr("0123456789-_.", *text);
}

static struct host
host_of(const char *name)
{
	struct host h = {.name = name};
	size_t end = strcspn(name, "."), i;

	while (end > 0 && !is_digit(name[end - 1]))
		end--;
	for (h.number = end; h.number > 0 && is_digit(name[h.number - 1]); h.number--)
		;
	h.digits = end - h.number;
	if (h.digits > 9) /* a spec's brackets hold numbers of 32 bits */
		h.digits = 0;
	for (i = 0; i < h.digits; i++)
		h.value = h.value * 10 + (uint64_t)(name[h.number + i] - '0');
	if (h.digits > 1 && name[h.number] == '0')
		h.width = h.digits;
	return h;
}

/* By what stands around their numbers. */
static int
compare_around(const struct host *a, const struct host *b)
{
	int order;

	if (!a->digits || !b->digits)
		return a->digits || b->digits ? (a->digits ? -1 : 1) : strcmp(a->name, b->name);
	order = strncmp(a->name, b->name, a->number < b->number ? a->number : b->number);
	if (order || a->number != b->number)
		return order ? order : a->number < b->number ? -1 : 1;
	return strcmp(a->name + a->number + a->digits, b->name + b->number + b->digits);
}

static int
compare(const void *a, const void *b)
{
	const struct host *x = a, *y = b;
	int order = compare_around(x, y);

	if (order == 0 && x->width != y->width)
		order = x->width < y->width ? -1 : 1;
	if (order == 0 && x->value != y->value)
		order = x->value < y->value ? -1 : 1;
	return order;
}

int
hostlist_compare(const char *a, const char *b)
{
	const struct host x = host_of(a), y = host_of(b);

	return compare(&x, &y);
}

static bool
same_group(const struct host *a, const struct host *b)
{
	return a->digits && b->digits && compare_around(a, b) == 0;
}

/* "10" belongs to 08 and 09, where there are such. */
static void
widen(struct host *h, size_t count)
{
	uint32_t widths = 0; /* a bit for each */
	size_t i;

	for (i = 0; i < count; i++)
		widths |= 1u << h[i].width;
	for (i = 0; i < count; i++)
		if (!h[i].width && widths >> h[i].digits & 1)
			h[i].width = h[i].digits;
}

static void
put_text(struct buf *out, const char *text, size_t len)
{
	put_bytes(out, text, len);
}

static void
put_number(struct buf *out, const char *before, const struct host *h)
{
	put_text(out, before, strlen(before));
	put_text(out, h->name + h->number, h->digits);
}

/* Spans of one group, "1-5,8"; equal ones once. */
static bool
put_spans(struct buf *out, const struct host *h, size_t count)
{
	size_t from, to;
	bool several = false;

	for (from = 0; from < count; from = to) {
		for (to = from + 1; to < count && h[to].width == h[from].width && h[to].value - h[to - 1].value <= 1; to++)
			;
		put_number(out, from ? "," : "", &h[from]);
		several |= from > 0 || h[to - 1].value != h[from].value;
		if (h[to - 1].value != h[from].value)
			put_number(out, "-", &h[to - 1]);
	}
	return several;
}

static void
put_group(struct buf *out, struct host *h, size_t count)
{
	struct buf spans = {0};
	bool several;

	if (!h->digits) {
		put_text(out, h->name, strlen(h->name));
		return;
	}
	widen(h, count);
	qsort(h, count, sizeof(*h), compare);
	several = put_spans(&spans, h, count);
	put_text(out, h->name, h->number);
	put_bytes(out, "[", several);
	put_bytes(out, spans.data, spans.len);
	put_bytes(out, "]", several);
	put_text(out, h->name + h->number + h->digits, strlen(h->name + h->number + h->digits));
	buf_free(&spans);
}

char *
hostlist_fold(const char **names, size_t count)
{
	struct host *h = xcalloc(count ? count : 1, sizeof(*h));
	struct buf out = {0};
	size_t i, from, to;

	for (i = 0; i < count; i++)
		h[i] = host_of(names[i]);
	qsort(h, count, sizeof(*h), compare);
	for (from = 0; from < count; from = to) {
		for (to = from + 1; to < count && same_group(&h[from], &h[to]); to++)
			;
		if (from && !h[from].digits && strcmp(h[from].name, h[from - 1].name) == 0)
			continue;
		put_bytes(&out, ",", from > 0);
		put_group(&out, &h[from], to - from);
	}
	put_u8(&out, 0);
	free(h);
	return (char *)out.data;
}
