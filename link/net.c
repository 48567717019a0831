/* Sockets, and links on them with bounded, prioritised queues.
 * Must never know what the types of messages mean. */
#include "link/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	WIRE_FILL = 64 * 1024,	/* sealed at one go: what a heartbeat may have to wait behind */
	READ_ROOM = 128 * 1024, /* taken from a socket at one go, so that one busy link does not keep the others waiting */
	BULK_TURNS = 32,	/* pieces of contents given to a socket at one go, for the same reason: a quick peer takes them all */
	KEEP_ROOM = 4 * 1024,	/* a buffer that an idle link may keep */
	RESOLVE_ROOM = MAX_ADDRESS + 260,
};

struct queue {
	struct buf bytes;
	size_t head;
};

struct link {
	int fd;
	bool local, plain, initiator, dead, full, connecting, loopback, has_bulk;
	struct seal *seal;
	struct queue queue[PRIO_QUEUES];
	void (*bulk)(void *, struct buf *);
	void *bulk_owner;
	unsigned bulk_turns; /* left in this flush */
	struct queue wire;   /* bytes as they go out */
	struct queue in;     /* plain bytes that have come */
	uint64_t heard, told, origin;
	unsigned patience; /* ms; 0: none set */
	char *why, *peer;
};

static char error_text[512];

const char *
net_error(void)
{
	return error_text;
}

#define FAIL(...) set_error(error_text, sizeof(error_text), __VA_ARGS__)

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
	if (keep > 0 && spares < COUNT(spare)) {
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

	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	l->fd = fd;
	l->local = !keys;
	l->plain = !keys || keys->plain;
	l->initiator = initiator;
	l->connecting = initiator && keys;
	l->heard = l->told = now_ms();
	l->peer = peer_text(fd, &l->loopback, &l->origin);
	if (keys)
		l->seal = seal_new(keys, initiator, &l->wire.bytes);
	return l;
}

void
link_free(struct link *l)
{
	size_t i;

	if (!l)
		return;
	for (i = 0; i < PRIO_QUEUES; i++)
		buf_free(&l->queue[i].bytes);
	buf_free(&l->wire.bytes);
	buf_free(&l->in.bytes);
	seal_free(l->seal);
	if (l->fd >= 0)
		close(l->fd);
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

/* A peer whose kernel answers nothing is as silent as one that says nothing; which of the two is seen first is chance. */
static void
link_broke(struct link *l, int error)
{
	char why[64];

	(void)snprintf(why, sizeof(why), "silent for %u s", l->patience / 1000);
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
	if (l->local || link_ready(l))
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
	if (!l->dead)
		frame_put(&l->queue[priority].bytes, type, job, body, len);
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

uint64_t
link_told(const struct link *l)
{
	return l->told;
}

bool
link_is_full(const struct link *l)
{
	return l->full;
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

/* Whole frames from the front of a queue, about WIRE_FILL bytes of them. */
static size_t
frames_len(const struct queue *q)
{
	const uint8_t *at = q->bytes.data + q->head;
	size_t left = queue_len(q), len = 0;

	while (len < left && len < WIRE_FILL) {
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

/* One frame of contents: straight onto the wire where nothing is sealed. */
static void
fill_bulk(struct link *l)
{
	static struct queue plain;
	size_t before;

	if (!l->bulk || !l->has_bulk || l->bulk_turns == 0)
		return;
	l->bulk_turns--;
	take_spare(&l->wire);
	before = l->wire.bytes.len;
	if (l->plain) {
		l->bulk(l->bulk_owner, &l->wire.bytes);
		l->has_bulk = l->wire.bytes.len > before;
		return;
	}
	take_spare(&plain);
	l->bulk(l->bulk_owner, &plain.bytes);
	l->has_bulk = plain.bytes.len > 0;
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

		if (queue_len(q)) {
			size_t len = frames_len(q);

			to_wire(l, q->bytes.data + q->head, len);
			queue_drop(q, len);
			queue_trim(q, WIRE_FILL);
		}
		if (queue_len(&l->wire) >= WIRE_FILL)
			return true;
	}
	if (queue_len(&l->wire) == 0)
		fill_bulk(l);
	return queue_len(&l->wire) > 0;
}

static uint8_t scratch[READ_ROOM]; /* sealed bytes as they come */

void
net_idle(void)
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

void
link_flush(struct link *l)
{
	l->full = false;
	l->bulk_turns = BULK_TURNS;
	if (l->connecting)
		finish_connect(l);
	if (l->dead || l->connecting)
		return;
	while (queue_len(&l->wire) || fill_wire(l)) {
		ssize_t n = send(l->fd, l->wire.bytes.data + l->wire.head, queue_len(&l->wire), MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			l->full = true;
			break;
		}
		if (n < 0) {
			link_broke(l, errno);
			break;
		}
		l->told = now_ms();
		queue_drop(&l->wire, (size_t)n);
	}
	queue_trim(&l->wire, KEEP_ROOM);
}

/* Bytes of a plain link go straight where frames are cut from; others through the seal. */
static ssize_t
read_some(struct link *l)
{
	size_t want = READ_ROOM;
	ssize_t n;

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
		/* What the handshake answers must go out even when the link has just gone bad: it tells the peer why. */
		if (l->dead && queue_len(&l->wire))
			(void)send(l->fd, l->wire.bytes.data + l->wire.head, queue_len(&l->wire), MSG_NOSIGNAL);
		if (l->dead)
			(void)shutdown(l->fd, SHUT_WR);
		return;
	}
	if (n == 0)
		link_kill(l, "the connection was closed");
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

/* ---- who is there ---- */

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

/* The kernel says how much room it wants when there is too little: a user may have 65,536 groups. */
int
net_peer(int fd, struct peer *out)
{
	struct ucred cred;
	socklen_t len = sizeof(cred), size = 64 * sizeof(uint32_t);
	uint32_t *groups = xmalloc(size);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
		goto bad;
	while (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) != 0) {
		if (errno != ERANGE)
			goto bad;
		groups = xrealloc(groups, size, 1);
	}
	out->uid = cred.uid;
	out->gid = cred.gid;
	out->pid = (uint32_t)cred.pid;
	out->group_count = size / sizeof(groups[0]);
	out->groups = groups;
	return 0;
bad:
	free(groups);
	return -1;
}

/* ---- addresses ---- */

int
net_split(const char *text, unsigned default_port, char **host, unsigned *port)
{
	const char *colon = *text == '[' ? strchr(text, ']') : strrchr(text, ':');
	size_t host_len = colon ? (size_t)(colon - text) : strlen(text), skip = *text == '[';
	uint64_t value = default_port;

	if (*text == '[' && colon)
		colon = colon[1] ? colon + 1 : NULL;
	else if (colon && strchr(text, ':') != colon) {
		colon = NULL; /* an IPv6 address without brackets */
		host_len = strlen(text);
	}
	if (host_len <= skip || (*text == '[' && text[host_len] != ']') || (colon && *colon != ':')) {
		FAIL("\"%s\" is no host or host:port", text);
		return -1;
	}
	if (colon && (parse_u64(colon + 1, 65535, &value) || value == 0)) {
		FAIL("\"%s\": the port must be a number from 1 to 65535", text);
		return -1;
	}
	*host = xstrndup(text + skip, host_len - skip);
	*port = (unsigned)value;
	return 0;
}

static void
fill_address(struct address *out, const struct sockaddr *from, size_t len)
{
	memcpy(out->raw, from, len);
	out->len = (uint32_t)len;
}

int
net_numeric(const char *host, unsigned port, struct address *out)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};

	if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
		fill_address(out, (struct sockaddr *)&v4, sizeof(v4));
		return 0;
	}
	if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1) {
		fill_address(out, (struct sockaddr *)&v6, sizeof(v6));
		return 0;
	}
	return -1;
}

bool
net_is_loopback(const struct address *a)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (a->len == sizeof(v4)) {
		memcpy(&v4, a->raw, sizeof(v4));
		return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
	}
	memcpy(&v6, a->raw, sizeof(v6));
	return a->len == sizeof(v6) && IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}

char *
net_text(const struct address *a)
{
	char host[INET6_ADDRSTRLEN] = "?";
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (a->len == sizeof(v4)) {
		memcpy(&v4, a->raw, sizeof(v4));
		(void)inet_ntop(AF_INET, &v4.sin_addr, host, sizeof(host));
		return xasprintf("%s:%u", host, ntohs(v4.sin_port));
	}
	if (a->len != sizeof(v6))
		return xstrdup("?");
	memcpy(&v6, a->raw, sizeof(v6));
	(void)inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof(host));
	return xasprintf("[%s]:%u", host, ntohs(v6.sin6_port));
}

/* In the child: looks the name up and writes an address, or a text, as one message. */
static void
resolve_here(const char *host, unsigned port, int out)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC}, *found = NULL;
	struct buf answer = {0};
	char service[8];
	int failed;

	(void)snprintf(service, sizeof(service), "%u", port);
	failed = getaddrinfo(host, service, &hints, &found);
	if (failed || found->ai_addrlen > MAX_ADDRESS) {
		put_u8(&answer, 0);
		put_str(&answer, gai_strerror(failed));
	} else {
		put_u8(&answer, 1);
		put_block(&answer, found->ai_addr, found->ai_addrlen);
	}
	(void)write_full(out, answer.data, answer.len);
	_exit(0);
}

int
net_resolve(const char *host, unsigned port)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0) {
		FAIL("can't look up %s: %s", host, strerror(errno));
		return -1;
	}
	pid = fork();
	if (pid == 0)
		resolve_here(host, port, ends[1]);
	close(ends[1]);
	if (pid < 0) {
		FAIL("can't look up %s: %s", host, strerror(errno));
		close(ends[0]);
		return -1;
	}
	return ends[0];
}

int
net_resolved(int fd, struct address *out)
{
	uint8_t answer[RESOLVE_ROOM];
	ssize_t len = read_full(fd, answer, sizeof(answer));
	struct reader r = reader_over(answer, len < 0 ? 0 : (size_t)len), raw;

	close(fd);
	if (take_u8(&r) == 0) {
		const char *text = take_str(&r);

		FAIL("%s", r.bad ? "the look-up was cut short" : text);
		return -1;
	}
	raw = take_block(&r);
	if (!reader_done(&r) || reader_left(&raw) > MAX_ADDRESS) {
		FAIL("the look-up was cut short");
		return -1;
	}
	out->len = (uint32_t)reader_left(&raw);
	memcpy(out->raw, raw.at, out->len);
	return 0;
}

/* ---- sockets ---- */

static void
tune(int fd)
{
	static const int on = 1, low_water = 128 * 1024;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &low_water, sizeof(low_water));
}

static int
family_of(const struct address *a)
{
	return a->len == sizeof(struct sockaddr_in6) ? AF_INET6 : AF_INET;
}

int
net_dial(const struct address *a)
{
	struct sockaddr_storage to = {0};
	int fd = socket(family_of(a), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0) {
		FAIL("no socket: %s", strerror(errno));
		return -1;
	}
	tune(fd);
	memcpy(&to, a->raw, a->len);
	if (connect(fd, (struct sockaddr *)&to, a->len) != 0 && errno != EINPROGRESS) {
		FAIL("%s", strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

/* The address to bind for NULL: every one, IPv6 with IPv4 where the kernel has IPv6, else IPv4 alone. */
static int
any_socket(struct sockaddr_storage *at, socklen_t *len, unsigned port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), off = 0;

	if (fd >= 0 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) == 0) {
		memcpy(at, &v6, sizeof(v6));
		*len = sizeof(v6);
		return fd;
	}
	if (fd >= 0)
		close(fd);
	memcpy(at, &v4, sizeof(v4));
	*len = sizeof(v4);
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

int
net_listen(const struct address *address, unsigned port)
{
	static const int on = 1;
	struct sockaddr_storage at = {0};
	socklen_t len = 0;
	int fd, saved;

	if (address) {
		memcpy(&at, address->raw, address->len);
		len = address->len;
		fd = socket(family_of(address), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	} else {
		fd = any_socket(&at, &len, port);
	}
	if (fd >= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) != 0 || listen(fd, 4096) != 0) {
		saved = errno;
		FAIL("%s", strerror(errno));
		if (fd >= 0)
			close(fd);
		errno = saved;
		return -1;
	}
	tune(fd); /* inherited by what it accepts */
	return fd;
}

static int
local_address(const char *path, struct sockaddr_un *out)
{
	*out = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(out->sun_path)) {
		FAIL("the socket's path %s is longer than %zu bytes", path, sizeof(out->sun_path) - 1);
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(out->sun_path, path, strlen(path) + 1);
	return 0;
}

int
net_dial_local(const char *path)
{
	struct sockaddr_un at;
	int fd, saved;

	if (local_address(path, &at))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0) {
		saved = errno;
		FAIL("%s", strerror(errno));
		if (fd >= 0)
			close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

/* What lies at path, where a socket was to be made: 0 when it is one that nobody listens at; else -1 with net_error(). */
static int
check_stale(const char *path)
{
	struct peer master;
	struct stat st;
	int fd;

	if (lstat(path, &st) != 0) {
		FAIL("%s", strerror(errno));
		return -1;
	}
	if (!S_ISSOCK(st.st_mode)) {
		FAIL("something is there already that is no socket, and belongs to user %u", (unsigned)st.st_uid);
		return -1;
	}
	fd = net_dial_local(path);
	if (fd < 0)
		return errno == ECONNREFUSED ? 0 : -1;
	if (net_peer(fd, &master) == 0) {
		FAIL("a process %u of user %u listens there already", master.pid, master.uid);
		free(master.groups);
	} else {
		FAIL("somebody listens there already");
	}
	close(fd);
	return -1;
}

/* Everybody may connect, and the mode is there from the beginning: no other file could be meant by changing it later. */
static int
bind_open(int fd, const struct sockaddr_un *at)
{
	mode_t before = umask(0111);
	int bad = bind(fd, (const struct sockaddr *)at, sizeof(*at)), saved = errno;

	(void)umask(before);
	errno = saved;
	return bad;
}

int
net_listen_local(const char *path)
{
	struct sockaddr_un at;
	int fd, bad;

	if (local_address(path, &at))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bad = fd < 0 || bind_open(fd, &at) != 0;
	if (bad && fd >= 0 && errno == EADDRINUSE) {
		if (check_stale(path) != 0) {
			close(fd);
			return -1;
		}
		/* Of a name in /tmp only its owner's and root's unlink succeeds, and no link is followed. */
		bad = unlink(path) != 0 || bind_open(fd, &at) != 0;
	}
	if (bad || listen(fd, 1024) != 0) {
		FAIL("%s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

int
net_accept(int listener)
{
	return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}
