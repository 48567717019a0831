/* A link on a socket: frames in and out, sealed, in bounded queues by priority.
 * Must never know what the types of messages mean. */
#include "link/link.h"
#include "base/loop.h"
#include "link/net.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	WIRE_FILL = 64 * 1024,	 /* sealed at one go: what a heartbeat may have to wait behind */
	READ_ROOM = 128 * 1024,	 /* taken from a socket at one go, so that one busy link does not keep the others waiting */
	BULK_FILL = 32 * 1024,	 /* bytes of small frames of contents that go out together */
	BULK_TURNS = 32,	 /* pieces of contents given to a socket at one go, for the same reason: a quick peer takes them all */
	SPARE_ROOM = 256 * 1024, /* the largest buffer that is kept for other links */
	KEEP_ROOM = 4 * 1024,	 /* a buffer that an idle link may keep */
	QUICK_MS = 256,		 /* a link that brings QUICK_BYTES within these is quick: */
	QUICK_BYTES = 16 << 20,	 /* far more than can have waited in a socket */
};

/* A frame with shared bytes in it. Its turn comes when its mark, an empty frame of type PARCEL, is the first in its queue. */
struct parcel {
	struct buf own; /* all of the frame but what is shared */
	struct shared *shared;
	size_t split, sent; /* where in own the shared bytes belong; bytes of the whole frame that are on the wire */
	struct parcel *next;
};
enum { PARCEL = 0 }; /* no message has this type */

struct queue {
	struct buf bytes;
	size_t head, last; /* last: bytes of the frame at the end */
	struct parcel *parcels, **last_parcel; /* only in those by priority: */
	size_t held;			       /* their shared bytes */
};

struct link {
	int fd;
	bool local, plain, initiator, dead, deaf, quick, connecting, loopback, has_bulk;
	struct seal *seal;
	struct queue queue[PRIO_QUEUES];
	void (*bulk)(void *, struct buf *);
	void *bulk_owner;
	unsigned bulk_turns; /* left in this flush */
	struct queue wire;   /* bytes as they go out */
	struct queue in;     /* plain bytes that have come */
	uint64_t heard, origin;
	uint64_t measured; /* when the measure of what it brings began; */
	size_t brought;	   /* bytes since then */
	unsigned patience; /* ms; 0: none set */
	char *why, *peer;
};

/* ---- queues ---- */

static size_t
queue_len(const struct queue *q)
{
	return q->bytes.len - q->head;
}

static void
queue_drop(struct queue *q, size_t len)
{
	q->head += len;
	if (q->head == q->bytes.len) {
		q->head = q->bytes.len = 0;
	} else if (q->head > q->bytes.len / 2 && q->head > WIRE_FILL) {
		memmove(q->bytes.data, q->bytes.data + q->head, q->bytes.len - q->head);
		q->bytes.len -= q->head;
		q->head = 0;
	}
}

/* Large buffers that no link holds just now. Giving them from link to link keeps their pages: memory fresh from the kernel
 * costs more than what is copied into it. */
static struct buf spare[4];
static size_t spares;

static void
take_spare(struct queue *q)
{
	if (q->bytes.room == 0 && spares > 0)
		q->bytes = spare[--spares];
}

static void
queue_trim(struct queue *q, size_t keep)
{
	if (queue_len(q) > 0 || q->bytes.room <= keep)
		return;
	q->head = q->bytes.len = 0;
	if (keep > 0 && spares < COUNT(spare) && q->bytes.room <= SPARE_ROOM) {
		spare[spares++] = q->bytes;
		q->bytes = (struct buf){0};
	} else {
		buf_free(&q->bytes);
	}
}

/* ---- frames ---- */

size_t
frame_begin(struct buf *out, unsigned type, uint64_t job)
{
	size_t mark = out->len;

	put_u32(out, 0);
	put_u8(out, type);
	put_u64(out, job);
	return mark;
}

void
frame_end(struct buf *out, size_t mark)
{
	set_u32(out, mark, (uint32_t)(out->len - mark - 4));
}

void
frame_put(struct buf *out, unsigned type, uint64_t job, const void *body, size_t len)
{
	size_t mark = frame_begin(out, type, job);

	put_bytes(out, body, len);
	frame_end(out, mark);
}

/* ---- links ---- */

/* An IPv4 address as a socket for both kinds shows it becomes what it is. */
static void
unmap(struct sockaddr_storage *at, socklen_t *len)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6;

	if (*len != sizeof(v6))
		return;
	memcpy(&v6, at, sizeof(v6));
	if (!IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr))
		return;
	v4.sin_port = v6.sin6_port;
	memcpy(&v4.sin_addr, v6.sin6_addr.s6_addr + 12, sizeof(v4.sin_addr));
	memset(at, 0, sizeof(*at));
	memcpy(at, &v4, sizeof(v4));
	*len = sizeof(v4);
}

/* Both ends have one address: the peer is on this machine. */
static bool
is_own_address(int fd, const struct sockaddr_storage *peer)
{
	struct sockaddr_storage own = {0};
	socklen_t len = sizeof(own);
	const struct sockaddr_in *a = (const void *)&own, *b = (const void *)peer;
	const struct sockaddr_in6 *c = (const void *)&own, *d = (const void *)peer;

	if (getsockname(fd, (struct sockaddr *)&own, &len) != 0)
		return false;
	unmap(&own, &len);
	if (own.ss_family != peer->ss_family)
		return false;
	if (own.ss_family == AF_INET)
		return a->sin_addr.s_addr == b->sin_addr.s_addr;
	return own.ss_family == AF_INET6 && memcmp(&c->sin6_addr, &d->sin6_addr, sizeof(c->sin6_addr)) == 0;
}

static uint64_t
origin_of(const struct address *a)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	uint64_t network;

	if (a->len == sizeof(v4)) {
		memcpy(&v4, a->raw, sizeof(v4));
		return v4.sin_addr.s_addr;
	}
	if (a->len != sizeof(v6))
		return 0;
	memcpy(&v6, a->raw, sizeof(v6));
	memcpy(&network, v6.sin6_addr.s6_addr, sizeof(network));
	return network;
}

static char *
peer_text(int fd, bool *loopback, uint64_t *origin)
{
	struct sockaddr_storage raw = {0};
	socklen_t len = sizeof(raw);
	struct address address = {.len = 0};

	*loopback = true;
	if (getpeername(fd, (struct sockaddr *)&raw, &len) != 0 || raw.ss_family == AF_UNIX || len > MAX_ADDRESS)
		return xstrdup("a local client");
	unmap(&raw, &len);
	memcpy(address.raw, &raw, len);
	address.len = len;
	*origin = origin_of(&address);
	*loopback = net_is_loopback(&address) || is_own_address(fd, &raw);
	return net_text(&address);
}

struct link *
link_new(int fd, const struct keyring *keys, bool initiator)
{
	struct link *l = xcalloc(1, sizeof(*l));
	size_t i;

	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	l->fd = fd;
	for (i = 0; i < PRIO_QUEUES; i++)
		l->queue[i].last_parcel = &l->queue[i].parcels;
	l->local = !keys;
	l->plain = !keys || keys->plain;
	l->initiator = initiator;
	l->connecting = initiator && keys;
	l->heard = now_ms();
	l->peer = peer_text(fd, &l->loopback, &l->origin);
	if (keys)
		l->seal = seal_new(keys, initiator, &l->wire.bytes);
	return l;
}

/* The first one is done with. */
static void
drop_parcel(struct queue *q)
{
	struct parcel *p = q->parcels;

	q->parcels = p->next;
	if (!q->parcels)
		q->last_parcel = &q->parcels;
	q->held -= p->shared->len;
	shared_drop(p->shared);
	buf_free(&p->own);
	free(p);
}

void
link_free(struct link *l)
{
	size_t i;

	if (!l)
		return;
	for (i = 0; i < PRIO_QUEUES; i++) {
		while (l->queue[i].parcels)
			drop_parcel(&l->queue[i]);
		buf_free(&l->queue[i].bytes);
	}
	buf_free(&l->wire.bytes);
	buf_free(&l->in.bytes);
	seal_free(l->seal);
	close_fd(&l->fd);
	free(l->why);
	free(l->peer);
	free(l);
}

int
link_fd(const struct link *l)
{
	return l->fd;
}

bool
link_ready(const struct link *l)
{
	return !l->dead && (l->local || (!l->connecting && seal_state(l->seal) == SEAL_READY));
}

bool
link_dead(const struct link *l)
{
	return l->dead;
}

const char *
link_why(const struct link *l)
{
	return l->why ? l->why : "";
}

void
link_kill(struct link *l, const char *why)
{
	if (l->dead)
		return;
	l->dead = true;
	l->why = xstrdup(why);
}

/* The heartbeat tells of a peer that says nothing; this of one that no longer takes anything, even while our queues are full. */
void
link_set_patience(struct link *l, unsigned ms)
{
	(void)setsockopt(l->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
	l->patience = ms;
}

static const char closed[] = "the connection was closed";

/* A peer whose kernel answers nothing is as silent as one that says nothing, and one to which nothing can be written has closed as one from
 * which nothing more comes; which of the two is seen first is chance. So it is whether what a process had not read when it ended resets the connection. */
static void
link_broke(struct link *l, int error)
{
	char why[64];

	(void)snprintf(why, sizeof(why), "silent for %u s", l->patience / 1000);
	if (error == EPIPE || error == ECONNRESET)
		link_kill(l, closed);
	else
		link_kill(l, error == ETIMEDOUT && l->patience ? why : strerror(error));
}

const char *
link_peer(const struct link *l)
{
	return l->peer;
}

bool
link_is_loopback(const struct link *l)
{
	return l->loopback;
}

enum link_proof
link_proof(const struct link *l)
{
	if (l->local || (!l->connecting && seal_state(l->seal) == SEAL_READY))
		return LINK_PROVED;
	if (seal_state(l->seal) == SEAL_BAD)
		return LINK_REFUSED;
	return seal_answered(l->seal) ? LINK_SHOWN : LINK_UNPROVED;
}

uint64_t
link_origin(const struct link *l)
{
	return l->origin;
}

void
link_send(struct link *l, enum priority priority, unsigned type, uint64_t job, const void *body, size_t len)
{
	struct queue *q = &l->queue[priority];

	if (l->dead)
		return;
	frame_put(&q->bytes, type, job, body, len);
	q->last = FRAME_HEAD + len;
}

/* Whether the frame at the end is such a one. */
static bool
ends_with(const struct queue *q, unsigned type, uint64_t job)
{
	struct reader r = reader_over(q->bytes.data + (q->bytes.len - q->last) + 4, FRAME_HEAD - 4);

	return take_u8(&r) == type && take_u64(&r) == job;
}

void
link_share(struct link *l, enum priority priority, unsigned type, uint64_t job, const void *body, size_t len)
{
	struct queue *q = &l->queue[priority];

	if (queue_len(q) == 0 || q->last + len > SHARED_FRAME || !ends_with(q, type, job)) {
		link_send(l, priority, type, job, body, len);
		return;
	}
	put_bytes(&q->bytes, body, len);
	q->last += len;
	set_u32(&q->bytes, q->bytes.len - q->last, (uint32_t)(q->last - 4));
}

void
link_send_shared(struct link *l, enum priority priority, unsigned type, uint64_t job, const struct buf *before, struct shared *shared,
	const struct buf *after)
{
	struct queue *q = &l->queue[priority];
	struct parcel *p;

	if (l->dead)
		return;
	p = xcalloc(1, sizeof(*p));
	(void)frame_begin(&p->own, type, job);
	put_bytes(&p->own, before->data, before->len);
	p->split = p->own.len;
	put_bytes(&p->own, after->data, after->len);
	set_u32(&p->own, 0, (uint32_t)(p->own.len + shared->len - 4));
	p->shared = shared_hold(shared);
	*q->last_parcel = p;
	q->last_parcel = &p->next;
	q->held += shared->len;
	frame_put(&q->bytes, PARCEL, 0, NULL, 0);
	q->last = FRAME_HEAD;
}

size_t
link_holds(const struct link *l, enum priority priority)
{
	return l->queue[priority].held;
}

size_t
link_queued(const struct link *l, enum priority priority)
{
	return queue_len(&l->queue[priority]);
}

void
link_set_bulk(struct link *l, void (*bulk)(void *owner, struct buf *out), void *owner)
{
	l->bulk = bulk;
	l->bulk_owner = owner;
}

void
link_wake_bulk(struct link *l)
{
	l->has_bulk = true;
}

uint64_t
link_silence(const struct link *l)
{
	return now_ms() - l->heard;
}

bool
link_is_quick(const struct link *l)
{
	return l->quick;
}

bool
link_wants_write(const struct link *l)
{
	size_t i;

	if (l->dead)
		return false;
	if (l->connecting || queue_len(&l->wire))
		return true;
	for (i = 0; link_ready(l) && i < PRIO_QUEUES; i++)
		if (queue_len(&l->queue[i]))
			return true;
	return link_ready(l) && l->has_bulk;
}

static bool
is_parcel(const uint8_t *frame)
{
	return frame[4] == PARCEL;
}

/* Whole frames from the front of a queue, about WIRE_FILL bytes of them, up to a parcel. */
static size_t
frames_len(const struct queue *q)
{
	const uint8_t *at = q->bytes.data + q->head;
	size_t left = queue_len(q), len = 0;

	while (len < left && len < WIRE_FILL && !is_parcel(at + len)) {
		struct reader r = reader_over(at + len, 4);

		len += 4 + take_u32(&r);
	}
	return len;
}

static void
to_wire(struct link *l, const uint8_t *data, size_t len)
{
	if (l->seal)
		seal_output(l->seal, data, len, &l->wire.bytes);
	else
		put_bytes(&l->wire.bytes, data, len);
}

/* About WIRE_FILL bytes of the parcel whose turn it is. False when more of it must follow before anything else may: nothing is before the
 * control queue, where that can be so. */
static bool
fill_parcel(struct link *l, struct queue *q)
{
	struct parcel *p = q->parcels;
	bool whole = q != &l->queue[PRIO_CONTROL];
	size_t shared_end = p->split + p->shared->len, end = p->own.len + p->shared->len;

	while (p->sent < end && (whole || queue_len(&l->wire) < WIRE_FILL)) {
		bool is_shared = p->sent >= p->split && p->sent < shared_end;
		size_t own_at = p->sent < p->split ? p->sent : p->sent - p->shared->len;
		size_t left = (is_shared ? shared_end : p->sent < p->split ? p->split : end) - p->sent;
		const uint8_t *from = is_shared ? p->shared->data + (p->sent - p->split) : p->own.data + own_at;

		if (left > WIRE_FILL)
			left = WIRE_FILL;
		to_wire(l, from, left);
		p->sent += left;
	}
	if (p->sent < end)
		return false;
	drop_parcel(q);
	queue_drop(q, FRAME_HEAD);
	return true;
}

/* One frame of contents; of small ones, as many as are worth a call of the kernel's and a record. False: there is none now. */
static bool
put_bulk(struct link *l, struct buf *out)
{
	size_t begin = out->len, before;

	do {
		before = out->len;
		l->bulk(l->bulk_owner, out);
	} while (out->len > before && out->len - begin < BULK_FILL && !loop_late());
	return out->len > before;
}

/* Contents go straight onto the wire where nothing is sealed. */
static void
fill_bulk(struct link *l)
{
	static struct queue plain;

	if (!l->bulk || !l->has_bulk || l->bulk_turns == 0 || (l->bulk_turns < BULK_TURNS && loop_late()))
		return;
	l->bulk_turns--;
	take_spare(&l->wire);
	if (l->plain) {
		l->has_bulk = put_bulk(l, &l->wire.bytes);
		return;
	}
	take_spare(&plain);
	l->has_bulk = put_bulk(l, &plain.bytes);
	to_wire(l, plain.bytes.data, plain.bytes.len);
	plain.bytes.len = 0;
	queue_trim(&plain, KEEP_ROOM);
}

/* The next bytes to go out, when the last are gone. False when there is nothing. */
static bool
fill_wire(struct link *l)
{
	size_t i;

	if (!link_ready(l))
		return false;
	for (i = 0; i < PRIO_QUEUES; i++) {
		struct queue *q = &l->queue[i];

		while (queue_len(q) && queue_len(&l->wire) < WIRE_FILL) {
			size_t len = frames_len(q);

			if (len > 0) {
				to_wire(l, q->bytes.data + q->head, len);
				queue_drop(q, len);
			} else if (!fill_parcel(l, q)) {
				return true;
			}
		}
		queue_trim(q, WIRE_FILL);
		if (queue_len(&l->wire) >= WIRE_FILL)
			return true;
	}
	if (queue_len(&l->wire) == 0)
		fill_bulk(l);
	return queue_len(&l->wire) > 0;
}

static uint8_t scratch[READ_ROOM]; /* sealed bytes as they come */

void
link_idle(void)
{
	while (spares > 0)
		buf_free(&spare[--spares]);
	/* Whole pages of it go back to the kernel; what they held is of no more use. */
	(void)madvise((void *)(((uintptr_t)scratch + 4095) & ~(uintptr_t)4095), sizeof(scratch) - 4096, MADV_DONTNEED);
}

static void
finish_connect(struct link *l)
{
	int error = 0;
	socklen_t len = sizeof(error);
	struct sockaddr_storage peer;
	socklen_t peer_len = sizeof(peer);

	if (getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error) {
		link_kill(l, strerror(error));
		return;
	}
	if (getpeername(l->fd, (struct sockaddr *)&peer, &peer_len) != 0)
		return; /* still under way */
	l->connecting = false;
	free(l->peer);
	l->peer = peer_text(l->fd, &l->loopback, &l->origin);
}

/* Bytes of a plain link go straight where frames are cut from; others through the seal. */
static ssize_t
read_some(struct link *l)
{
	size_t want = READ_ROOM;
	ssize_t n;

	if (l->deaf)
		return recv(l->fd, scratch, want, 0);
	take_spare(&l->in);
	if (l->plain && link_ready(l)) {
		n = recv(l->fd, buf_grow(&l->in.bytes, want), want, 0);
		if (n > 0)
			l->in.bytes.len += (size_t)n;
		return n;
	}
	n = recv(l->fd, scratch, want, 0);
	if (n > 0 && seal_input(l->seal, scratch, (size_t)n, &l->in.bytes, &l->wire.bytes) != (size_t)n)
		link_kill(l, seal_why(l->seal));
	if (n > 0 && seal_state(l->seal) == SEAL_BAD)
		link_kill(l, seal_why(l->seal));
	return n;
}

/* A local peer that has closed may have said why: that is taken first. */
static void
read_last_words(struct link *l)
{
	while (!l->dead && read_some(l) > 0)
		;
}

void
link_flush(struct link *l)
{
	l->bulk_turns = BULK_TURNS;
	if (l->connecting)
		finish_connect(l);
	if (l->dead || l->connecting)
		return;
	while (queue_len(&l->wire) || fill_wire(l)) {
		ssize_t n = send(l->fd, l->wire.bytes.data + l->wire.head, queue_len(&l->wire), MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (n < 0) {
			int error = errno;

			if (error == EPIPE && l->local)
				read_last_words(l);
			link_broke(l, error);
			break;
		}
		queue_drop(&l->wire, (size_t)n);
	}
	queue_trim(&l->wire, KEEP_ROOM);
}

static void
measure(struct link *l, size_t bytes)
{
	if (l->heard - l->measured > QUICK_MS) {
		l->measured = l->heard;
		l->brought = 0;
	}
	l->brought += bytes;
	l->quick = l->quick || l->brought >= QUICK_BYTES;
}

void
link_read(struct link *l)
{
	ssize_t n;

	if (l->connecting)
		finish_connect(l);
	if (l->dead || l->connecting)
		return;
	do
		n = read_some(l);
	while (n < 0 && errno == EINTR);
	if (n > 0) {
		l->heard = now_ms();
		measure(l, (size_t)n);
		/* What the handshake answers must go out even when the link has just gone bad: it tells the peer why. */
		if (l->dead && queue_len(&l->wire))
			(void)send(l->fd, l->wire.bytes.data + l->wire.head, queue_len(&l->wire), MSG_NOSIGNAL);
		if (l->dead)
			(void)shutdown(l->fd, SHUT_WR);
		return;
	}
	if (n == 0)
		link_kill(l, closed);
	else if (errno != EAGAIN && errno != EWOULDBLOCK)
		link_broke(l, errno);
}

bool
link_next(struct link *l, struct frame *out)
{
	struct reader r = reader_over(l->in.head ? l->in.bytes.data + l->in.head : l->in.bytes.data, queue_len(&l->in));
	uint32_t len = take_u32(&r);

	if (r.bad) {
		queue_trim(&l->in, KEEP_ROOM);
		return false;
	}
	if (len < FRAME_HEAD - 4 || len > MAX_FRAME) {
		link_kill(l, "it sent a frame of an impossible length");
		return false;
	}
	if (reader_left(&r) < len) {
		if (l->in.head) {
			memmove(l->in.bytes.data, l->in.bytes.data + l->in.head, queue_len(&l->in));
			l->in.bytes.len -= l->in.head;
			l->in.head = 0;
		}
		return false;
	}
	out->type = take_u8(&r);
	out->job = take_u64(&r);
	out->body = r.at;
	out->len = len - (FRAME_HEAD - 4);
	/* Not queue_drop: the body must stay where it is until the next call. */
	l->in.head += 4 + (size_t)len;
	if (l->in.head == l->in.bytes.len)
		l->in.head = l->in.bytes.len = 0;
	return true;
}

size_t
link_coming(const struct link *l)
{
	struct reader r = reader_over(l->in.head ? l->in.bytes.data + l->in.head : l->in.bytes.data, queue_len(&l->in));
	uint32_t len = take_u32(&r);

	return r.bad || reader_left(&r) >= len ? 0 : 4 + (size_t)len;
}

void
link_deafen(struct link *l)
{
	l->deaf = true;
	l->in.head = l->in.bytes.len = 0;
	queue_trim(&l->in, 0);
}

bool
link_waits(const struct link *l)
{
	struct pollfd at = {.fd = l->fd, .events = POLLIN};

	return poll(&at, 1, 0) > 0;
}

void
link_forgive(struct link *l)
{
	l->heard = now_ms();
}

void
link_trim(struct link *l)
{
	size_t i;

	for (i = 0; i < PRIO_QUEUES; i++)
		queue_trim(&l->queue[i], 0);
	queue_trim(&l->wire, 0);
	queue_trim(&l->in, 0);
}
