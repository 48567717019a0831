/* What neighbours want of the objects here: pieces of each in turn, as the link takes them.
 * Must never know where they come from. */
#include "node/stream.h"
#include "node/packed.h"
#include "node/self.h"

/* All streams by neighbour and blob: there may be very many of either. */
static struct stream *bucket[16384];

static struct stream **
bucket_of(const struct neighbour *n, const struct blob *blob)
{
	uint64_t hash = ((uint64_t)(uintptr_t)n ^ (uint64_t)(uintptr_t)blob * 31) * 0x9e3779b97f4a7c15u;

	return &bucket[hash >> 50];
}

struct stream *
stream_of(const struct neighbour *n, const struct blob *blob)
{
	struct stream *s;

	for (s = *bucket_of(n, blob); s && !(s->to == n && s->blob == blob); s = s->next_in_bucket)
		;
	return s;
}

static void
enter_queue(struct stream_queue *q, struct stream *s)
{
	if (!q->first)
		q->last = &q->first;
	s->next = NULL;
	s->at = q->last;
	*q->last = s;
	q->last = &s->next;
}

static void
leave_queue(struct neighbour *n, struct stream *s)
{
	struct stream_queue *q = s->parked ? &n->parked : &n->streams;

	*s->at = s->next;
	if (s->next)
		s->next->at = s->at;
	else
		q->last = s->at;
}

struct stream *
stream_take(struct neighbour *n, const struct blob *blob)
{
	struct stream **at, *s;

	for (at = bucket_of(n, blob); (s = *at) && !(s->to == n && s->blob == blob); at = &s->next_in_bucket)
		;
	if (!s)
		return NULL;
	*at = s->next_in_bucket;
	leave_queue(n, s);
	return s;
}

static void
enter(struct neighbour *n, struct stream *s, bool parked)
{
	struct stream **in = bucket_of(n, s->blob);

	s->to = n;
	s->next_in_bucket = *in;
	*in = s;
	s->parked = parked;
	enter_queue(parked ? &n->parked : &n->streams, s);
}

void
stream_append(struct neighbour *n, struct stream *s)
{
	enter(n, s, false);
}

void
stream_park(struct neighbour *n, struct stream *s)
{
	enter(n, s, true);
}

struct stream *
stream_first(const struct neighbour *n)
{
	return n->streams.first ? n->streams.first : n->parked.first;
}

static void
rouse(struct neighbour *n, struct stream *s)
{
	leave_queue(n, s);
	s->parked = false;
	enter_queue(&n->streams, s);
}

void
streams_rouse(struct neighbour *n)
{
	while (n->parked.first)
		rouse(n, n->parked.first);
}

void
stream_skip(struct stream *s)
{
	s->offset = blob_skip(s->blob, s->offset);
}

bool
stream_can_go(const struct stream *s)
{
	/* Nothing is sent too: of what is empty. */
	return (s->offset < s->end && blob_ready(s->blob, s->offset)) || (blob_complete(s->blob) && s->offset == blob_have(s->blob));
}

bool
stream_over(const struct stream *s)
{
	return blob_complete(s->blob) && s->offset >= blob_total(s->blob);
}

/* The piece as it is sent: raw (false), or deflated as it came, as it was for another neighbour, or anew. Borrowed until the next call. */
static bool
pack_piece(const struct neighbour *n, struct stream *s, struct msg_data *m)
{
	static uint8_t packed[PIECE_SIZE];
	const uint8_t *small = packed;
	size_t len;

	if (!s->packed || m->raw_len == 0 || s->offset < list_length(m->size))
		return false;
	if (!packed_find(&m->name, m->offset, m->raw_len, &small, &len)) {
		if (link_is_loopback(n->link) || link_is_quick(n->link))
			return false;
		len = deflating_piece(&s->deflating, m->data, m->raw_len, packed);
		packed_keep(&m->name, m->offset, m->raw_len, packed, len);
	}
	if (len == 0)
		return false;
	m->deflated = true;
	m->data = small;
	m->len = len;
	return true;
}

int
stream_put(struct neighbour *n, struct stream *s, struct buf *out)
{
	struct msg_data m = {.name = *blob_name(s->blob), .size = blob_size(s->blob), .offset = s->offset, .have = blob_have(s->blob)};
	size_t room = piece_length(m.size, blob_list(s->blob), s->offset, s->end), mark = frame_begin(out, MSG_DATA, s->job), body = out->len;
	ssize_t len;

	/* Raw bytes are read to where they are sent from, behind a head that is written once more when it is known how many they are. */
	put_data(out, &m);
	len = blob_read(s->blob, s->offset, buf_grow(out, room), room);
	if (len < 0) {
		out->len = mark;
		return -1;
	}
	m.raw_len = (uint32_t)len;
	m.data = out->data + out->len;
	m.len = (size_t)len;
	out->len = body;
	if (pack_piece(n, s, &m)) {
		put_data(out, &m);
	} else {
		m.len = 0;
		put_data(out, &m);
		out->len += (size_t)len;
	}
	frame_end(out, mark);
	s->offset += (uint64_t)len;
	stream_skip(s);
	return 0;
}

bool
streams_packed(const struct blob *blob)
{
	const struct neighbour *n;
	const struct stream *s;

	for (n = self.neighbours; n; n = n->next)
		if ((s = stream_of(n, blob)) && s->packed)
			return true;
	return false;
}

void
streams_wake(const struct blob *blob)
{
	struct neighbour *n;
	struct stream *s;

	for (n = self.neighbours; n; n = n->next)
		if ((s = stream_of(n, blob))) {
			if (s->parked)
				rouse(n, s);
			link_wake_bulk(n->link);
			neighbour_touch(n);
		}
}
