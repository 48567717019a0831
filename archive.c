/* Files of a node on their way to the head, as bytes.
 * Must never know files, or where the bytes come from. */
#include "archive.h"
#include "bundle.h"

#include <string.h>

enum { HEAD = 5, BODY_MAX = 3 * 4096 + 64 }; /* kind and length; of a record that is no data: two names, a reason */

void
archive_put(struct buf *out, const struct archive_item *item)
{
	size_t at = out->len;

	put_u8(out, item->kind);
	put_u32(out, 0);
	switch (item->kind) {
	case ARCHIVE_FILE:
	case ARCHIVE_DIR:
		put_str(out, item->path);
		put_u32(out, item->mode);
		put_u64(out, item->mtime);
		put_u32(out, item->mtime_ns);
		put_u64(out, item->size);
		break;
	case ARCHIVE_LINK:
	case ARCHIVE_HARD_LINK:
		put_str(out, item->path);
		put_str(out, item->target);
		put_u64(out, item->mtime);
		put_u32(out, item->mtime_ns);
		break;
	case ARCHIVE_FAILED:
	case ARCHIVE_NOTE:
		put_str(out, item->path);
		put_str(out, item->why);
		break;
	case ARCHIVE_FILE_END:
		put_str(out, item->why);
		break;
	case ARCHIVE_HOLE:
		put_u64(out, item->size);
		break;
	case ARCHIVE_DATA:
		put_bytes(out, item->data, item->len);
		break;
	case ARCHIVE_END:
		break;
	}
	set_u32(out, at + 1, (uint32_t)(out->len - at - HEAD));
}

/* ---- reading ---- */

static bool
is_ordered(const struct archive *a, enum archive_kind kind)
{
	bool of_file = kind == ARCHIVE_DATA || kind == ARCHIVE_HOLE || kind == ARCHIVE_FILE_END;

	return !a->ended && of_file == a->in_file;
}

static void
take_time(struct reader *r, struct archive_item *out)
{
	out->mtime = take_u64(r);
	out->mtime_ns = take_u32(r);
	r->bad |= out->mtime_ns > 999999999 || out->mtime > INT64_MAX;
}

static void
take_item(struct reader *r, struct archive_item *out)
{
	switch (out->kind) {
	case ARCHIVE_FILE:
	case ARCHIVE_DIR:
		out->path = take_str(r);
		out->mode = take_u32(r);
		take_time(r, out);
		out->size = take_u64(r);
		r->bad |= !path_inside(out->path) || out->mode > 01777;
		break;
	case ARCHIVE_LINK:
	case ARCHIVE_HARD_LINK:
		out->path = take_str(r);
		out->target = take_str(r);
		take_time(r, out);
		r->bad |= !path_inside(out->path) || !*out->target ||
			  (out->kind == ARCHIVE_HARD_LINK && !path_inside(out->target));
		break;
	case ARCHIVE_FAILED:
	case ARCHIVE_NOTE:
		out->path = take_str(r);
		out->why = take_str(r);
		r->bad |= !*out->why;
		break;
	case ARCHIVE_FILE_END:
		out->why = take_str(r);
		break;
	case ARCHIVE_HOLE:
		out->size = take_u64(r);
		r->bad |= out->size > INT64_MAX;
		break;
	case ARCHIVE_END:
		break;
	default:
		r->bad = true;
	}
}

/* Takes as many bytes as the record still lacks to have so many. Whether it has them. */
static bool
hold(struct archive *a, struct reader *at, size_t wanted)
{
	size_t lacks = wanted - a->held.len, there = reader_left(at), len = there < lacks ? there : lacks;

	put_bytes(&a->held, take_bytes(at, len), len);
	return a->held.len == wanted;
}

/* As much of a data record as is there: it is not held, for there may be thousands of streams. */
static enum archive_state
next_data(struct archive *a, struct reader *at, struct archive_item *out)
{
	size_t there = reader_left(at);

	*out = (struct archive_item){.kind = ARCHIVE_DATA, .path = "", .target = "", .why = ""};
	out->len = there < a->data_left ? there : a->data_left;
	out->data = take_bytes(at, out->len);
	a->data_left -= out->len;
	return out->len ? ARCHIVE_ITEM : ARCHIVE_MORE;
}

enum archive_state
archive_next(struct archive *a, struct reader *at, struct archive_item *out)
{
	struct reader r;
	size_t len;

	if (a->data_left)
		return next_data(a, at, out);
	if (a->held.len < HEAD && !hold(a, at, HEAD))
		return ARCHIVE_MORE;
	r = reader_over(a->held.data, a->held.len);
	*out = (struct archive_item){.kind = (enum archive_kind)take_u8(&r), .path = "", .target = "", .why = ""};
	len = take_u32(&r);
	if (!is_ordered(a, out->kind) || len > (out->kind == ARCHIVE_DATA ? ARCHIVE_DATA_MAX : BODY_MAX))
		return ARCHIVE_BAD;
	if (out->kind == ARCHIVE_DATA) {
		a->held.len = 0;
		a->data_left = len;
		return len ? next_data(a, at, out) : ARCHIVE_BAD;
	}
	if (!hold(a, at, HEAD + len))
		return ARCHIVE_MORE;
	r = reader_over(a->held.data + HEAD, len);
	take_item(&r, out);
	if (!reader_done(&r))
		return ARCHIVE_BAD;
	if (out->kind == ARCHIVE_FILE || out->kind == ARCHIVE_FILE_END)
		a->in_file = out->kind == ARCHIVE_FILE;
	a->ended = out->kind == ARCHIVE_END;
	a->held.len = 0;
	return ARCHIVE_ITEM;
}

void
archive_free(struct archive *a)
{
	buf_free(&a->held);
}
