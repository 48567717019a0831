/* link: frames through a socket, plain and sealed, in any pieces; control before output before contents; impossible lengths; dead links. */
#include "unit/tap.h"
#include "link/link.h"
#include "link/net.h"

#include <poll.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

static struct keyring key = {.count = 1, .key = {{1, 2, 3}}}, other = {.count = 1, .key = {{4, 5, 6}}}, plain = {.plain = true};

/* Two links on one connection. */
struct pair {
	struct link *a, *b;
};

static void
connect_ends(int ends[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		exit(1);
}

static struct pair
linked(const struct keyring *ours, const struct keyring *theirs)
{
	int ends[2];

	connect_ends(ends);
	return (struct pair){link_new(ends[0], ours, true), link_new(ends[1], theirs, false)};
}

static void
unlink_pair(struct pair *p)
{
	link_free(p->a);
	link_free(p->b);
}

/* Moves bytes both ways until the handshake is over, one way or the other. */
static void
greet(const struct pair *p)
{
	int turns;

	for (turns = 0; turns < 10; turns++) {
		link_flush(p->a);
		link_read(p->b);
		link_flush(p->b);
		link_read(p->a);
	}
}

/* Moves all that a has to b, frame by frame; returns how many came, their types in order. */
static size_t
carry(const struct pair *p, uint8_t *types, size_t room)
{
	struct frame f;
	size_t n = 0;
	bool came = true;

	while ((came || link_wants_write(p->a)) && !link_dead(p->b)) {
		came = false;
		link_flush(p->a);
		link_read(p->b);
		while (link_next(p->b, &f)) {
			came = true;
			if (n < room)
				types[n++] = (uint8_t)f.type;
		}
	}
	return n;
}

/* ---- frames ---- */

static void
frames(const struct keyring *keys, const char *name)
{
	static uint8_t huge[MAX_FRAME - FRAME_HEAD + 4];
	struct pair p = linked(keys, keys);
	struct frame f = {0};
	size_t i, bad = 0;
	bool whole = false;

	greet(&p);
	ok(link_ready(p.a) && link_ready(p.b) && link_proof(p.b) == LINK_PROVED, "%s: both ends are ready", name);
	ok(!link_next(p.b, &f) && !link_wants_write(p.a), "%s: nothing waits", name);
	link_send(p.a, PRIO_CONTROL, 7, 0x123456789abcdef0, "body", 4);
	link_send(p.a, PRIO_CONTROL, 255, 0, NULL, 0);
	ok(link_queued(p.a, PRIO_CONTROL) == 2 * FRAME_HEAD + 4, "%s: what waits is counted", name);
	link_flush(p.a);
	ok(link_queued(p.a, PRIO_CONTROL) == 0, "%s: what went does not", name);
	link_read(p.b);
	ok(link_next(p.b, &f) && f.type == 7 && f.job == 0x123456789abcdef0 && f.len == 4 && memcmp(f.body, "body", 4) == 0,
		"%s: a frame comes as it went", name);
	ok(link_next(p.b, &f) && f.type == 255 && f.len == 0, "%s: so does an empty one", name);
	ok(!link_next(p.b, &f), "%s: and no other", name);
	for (i = 0; i < sizeof(huge); i++)
		huge[i] = (uint8_t)(i * 31 >> 8);
	link_send(p.a, PRIO_OUTPUT, 9, 1, huge, sizeof(huge));
	while (!whole && !link_dead(p.b)) {
		link_flush(p.a);
		link_read(p.b);
		whole = link_next(p.b, &f);
	}
	ok(whole && f.len == sizeof(huge) && memcmp(f.body, huge, sizeof(huge)) == 0, "%s: the largest frame comes whole", name);
	for (i = 0; i < 3000; i++)
		link_send(p.b, PRIO_OUTPUT, 1, i, huge, i % 700);
	for (i = 0; i < 3000 && !link_dead(p.a);) {
		link_flush(p.b);
		link_read(p.a);
		while (link_next(p.a, &f)) {
			bad += f.job != i || f.len != i % 700 || memcmp(f.body, huge, f.len) != 0;
			i++;
		}
	}
	ok(i == 3000 && bad == 0, "%s: many come in order the other way", name);
	link_trim(p.a);
	link_trim(p.b);
	link_idle();
	unlink_pair(&p);
}

/* ---- frames with shared bytes ---- */

static unsigned given_back;

static void
count_freed(const struct shared *s)
{
	(void)s;
	given_back++;
}

/* Frame i of a row: every third has shared bytes, some of them none around these. */
static void
send_nth(struct link *l, size_t i, struct shared *large)
{
	struct buf before = {0}, after = {0};

	if (i % 3 != 1) {
		link_send(l, i % 2 ? PRIO_CONTROL : PRIO_OUTPUT, 1, i, "plain", 5);
		return;
	}
	if (i % 2)
		put_bytes(&before, "before", 6);
	if (i % 5)
		put_bytes(&after, "after", 5);
	link_send_shared(l, i % 2 ? PRIO_CONTROL : PRIO_OUTPUT, 2, i, &before, large, &after);
	buf_free(&before);
	buf_free(&after);
}

static bool
is_nth(const struct frame *f, const struct shared *large)
{
	size_t before = f->job % 2 ? 6 : 0, after = f->job % 5 ? 5 : 0;

	if (f->type == 1)
		return f->job % 3 != 1 && f->len == 5;
	return f->job % 3 == 1 && f->len == before + large->len + after && memcmp(f->body, "before", before) == 0 &&
	       memcmp(f->body + before, large->data, large->len) == 0 && memcmp(f->body + before + large->len, "after", after) == 0;
}

static void
shared_frames(const struct keyring *keys, const char *name)
{
	struct pair p = linked(keys, keys);
	struct shared *large = shared_new(1000000);
	struct frame f = {0};
	size_t i, came = 0, bad = 0, last[2] = {0};

	for (i = 0; i < large->len; i++)
		large->data[i] = (uint8_t)(i * 31 >> 8);
	large->freed = count_freed;
	given_back = 0;
	greet(&p);
	for (i = 0; i < 30; i++)
		send_nth(p.a, i, large);
	ok(large->holders == 11, "%s: the bytes are held, not copied", name);
	while (came < 30 && !link_dead(p.b)) {
		link_flush(p.a);
		link_read(p.b);
		while (link_next(p.b, &f)) {
			bad += !is_nth(&f, large);
			bad += f.job < last[f.job % 2]; /* of control, of output */
			last[f.job % 2] = f.job;
			came++;
		}
	}
	ok(came == 30 && bad == 0 && large->holders == 1, "%s: frames with shared bytes come whole, in order, and are let go", name);
	link_send_shared(p.a, PRIO_CONTROL, 2, 1, &(struct buf){0}, large, &(struct buf){0});
	shared_drop(large);
	ok(given_back == 0, "%s: they live as long as a link holds them", name);
	unlink_pair(&p);
	ok(given_back == 1, "%s: and go with it", name);
}

/* ---- bytes by hand ---- */

/* A local link, and the other end of its socket. */
static struct link *
local_link(int *peer)
{
	int ends[2];

	connect_ends(ends);
	*peer = ends[1];
	return link_new(ends[0], NULL, false);
}

static void
partial_frames(void)
{
	struct buf bytes = {0};
	struct frame f;
	int peer;
	struct link *l = local_link(&peer);
	size_t i, early = 0;

	frame_put(&bytes, 3, 77, "abc", 3);
	for (i = 0; i < bytes.len; i++) {
		early += link_next(l, &f);
		(void)write_full(peer, bytes.data + i, 1);
		link_read(l);
	}
	ok(early == 0 && link_next(l, &f) && f.type == 3 && f.job == 77 && f.len == 3, "byte by byte a frame comes with its last one");
	frame_put(&bytes, 4, 78, "", 0);
	(void)write_full(peer, bytes.data, bytes.len - 5);
	link_read(l);
	ok(link_next(l, &f) && f.type == 3 && !link_next(l, &f), "of one and a half the one comes");
	(void)write_full(peer, bytes.data + bytes.len - 5, 5);
	link_read(l);
	ok(link_next(l, &f) && f.type == 4 && f.job == 78 && f.len == 0 && !link_next(l, &f), "and then the other");
	link_read(l);
	ok(!link_dead(l), "a look when there is nothing harms nothing");
	close(peer);
	link_free(l);
	buf_free(&bytes);
}

static bool
ends_it(uint32_t length)
{
	struct buf bytes = {0};
	struct frame f;
	int peer;
	struct link *l = local_link(&peer);
	bool dead;

	put_u32(&bytes, length);
	put_u8(&bytes, 1);
	(void)write_full(peer, bytes.data, bytes.len);
	link_read(l);
	(void)link_next(l, &f);
	dead = link_dead(l) && strstr(link_why(l), "impossible length");
	close(peer);
	link_free(l);
	buf_free(&bytes);
	return dead;
}

static void
lengths(void)
{
	ok(ends_it(0) && ends_it(FRAME_HEAD - 5), "a frame that can't hold its head ends the link");
	ok(!ends_it(FRAME_HEAD - 4) && !ends_it(MAX_FRAME), "the least and the largest are awaited");
	ok(ends_it(MAX_FRAME + 1) && ends_it(0x80000000) && ends_it(0xffffffff), "a larger one ends it, before any room is made");
}

/* ---- priorities ---- */

struct contents {
	size_t left;
};

static void
put_contents(void *owner, struct buf *out)
{
	static const uint8_t piece[60000];
	struct contents *c = owner;

	if (c->left == 0)
		return;
	c->left--;
	frame_put(out, 'B', 0, piece, sizeof(piece));
}

static void
priorities(const struct keyring *keys, const char *name)
{
	struct contents c = {.left = 3};
	struct pair p = linked(keys, keys);
	uint8_t types[16] = {0};

	greet(&p);
	link_set_bulk(p.a, put_contents, &c);
	link_wake_bulk(p.a);
	link_send(p.a, PRIO_OUTPUT, 'o', 0, NULL, 0);
	link_send(p.a, PRIO_CONTROL, 'c', 0, NULL, 0);
	link_send(p.a, PRIO_OUTPUT, 'o', 0, NULL, 0);
	link_send(p.a, PRIO_CONTROL, 'c', 0, NULL, 0);
	(void)carry(&p, types, sizeof(types) - 1);
	is((const char *)types, "ccooBBB", name);
	ok(!link_wants_write(p.a), "%s: contents are asked for until there are none", name);
	c.left = 1;
	ok(!link_wants_write(p.a), "%s: and no more", name);
	link_wake_bulk(p.a);
	ok(link_wants_write(p.a) && carry(&p, types, sizeof(types)) == 1 && types[0] == 'B', "%s: until there are some again", name);
	unlink_pair(&p);
}

/* With a socket that takes no more: what comes later and matters more goes first. */
static void
overtaking(const struct keyring *keys, const char *name)
{
	static uint8_t output[50000], types[400];
	struct contents c = {.left = 40};
	struct pair p = linked(keys, keys);
	size_t i, n, control = 0, last_output = 0, first_bulk;
	char *at;

	greet(&p);
	for (i = 0; i < 100; i++)
		link_send(p.a, PRIO_OUTPUT, 'o', i, output, sizeof(output));
	link_flush(p.a);
	ok(link_wants_write(p.a) && link_queued(p.a, PRIO_OUTPUT) > 0, "%s: the socket takes no more", name);
	link_set_bulk(p.a, put_contents, &c);
	link_wake_bulk(p.a);
	link_send(p.a, PRIO_CONTROL, 'c', 0, NULL, 0);
	n = carry(&p, types, sizeof(types));
	at = memchr(types, 'c', n);
	control = at ? (size_t)(at - (char *)types) : n;
	at = memchr(types, 'B', n);
	first_bulk = at ? (size_t)(at - (char *)types) : n;
	for (i = 0; i < n; i++)
		if (types[i] == 'o')
			last_output = i;
	ok(n == 141, "%s: all frames come, %zu", name, n);
	ok(control < last_output, "%s: control overtakes output", name);
	ok(last_output < first_bulk, "%s: contents wait for output", name);
	unlink_pair(&p);
}

/* ---- ends ---- */

static void
dead_links(void)
{
	struct frame f;
	struct buf bytes = {0};
	int peer;
	struct link *l = local_link(&peer);

	frame_put(&bytes, 5, 0, "last", 4);
	(void)write_full(peer, bytes.data, bytes.len);
	close(peer);
	link_read(l);
	link_read(l);
	ok(link_dead(l) && !link_ready(l) && !link_wants_write(l), "a closed connection is a dead link");
	is(link_why(l), "the connection was closed", "that says why");
	ok(link_next(l, &f) && f.type == 5 && !link_next(l, &f), "what came before its end can be taken");
	link_send(l, PRIO_CONTROL, 1, 0, "x", 1);
	ok(link_queued(l, PRIO_CONTROL) == 0, "it takes and forgets");
	link_kill(l, "for another reason");
	is(link_why(l), "the connection was closed", "the first reason stays");
	link_flush(l);
	link_read(l);
	link_free(l);
	link_free(NULL);
	l = local_link(&peer);
	is(link_why(l), "", "one that lives has no reason");
	close(peer);
	link_send(l, PRIO_CONTROL, 1, 0, "x", 1);
	link_flush(l);
	ok(link_dead(l), "to write to nobody ends it, without a signal");
	is(link_why(l), "the connection was closed", "for the same reason as what is read to its end");
	link_free(l);
	buf_free(&bytes);
}

static void
keys_that_differ(void)
{
	struct pair p = linked(&key, &other);

	greet(&p);
	ok(link_dead(p.a) && link_dead(p.b) && link_proof(p.b) == LINK_REFUSED, "with two keys there is no link");
	ok(strstr(link_why(p.a), "ours") && strstr(link_why(p.b), "ours"), "both ends say that they differ");
	unlink_pair(&p);
	p = linked(&plain, &key);
	greet(&p);
	ok(link_dead(p.a) && link_dead(p.b), "nor with a key at one end alone");
	unlink_pair(&p);
	p = linked(&key, &plain);
	greet(&p);
	ok(link_dead(p.a) && link_dead(p.b), "whichever end it is");
	unlink_pair(&p);
}

/* Sealed bytes, one of them changed on the way. */
static void
altered(void)
{
	int from[2], to[2];
	uint8_t bytes[4096];
	struct frame f;
	struct pair p;
	ssize_t n;
	int turns;

	connect_ends(from);
	connect_ends(to);
	p = (struct pair){link_new(from[0], &key, true), link_new(to[0], &key, false)};
	(void)fcntl(from[1], F_SETFL, O_NONBLOCK);
	(void)fcntl(to[1], F_SETFL, O_NONBLOCK);
	for (turns = 0; turns < 10; turns++) {
		link_flush(p.a);
		if ((n = read(from[1], bytes, sizeof(bytes))) > 0)
			(void)write_full(to[1], bytes, (size_t)n);
		link_read(p.b);
		link_flush(p.b);
		if ((n = read(to[1], bytes, sizeof(bytes))) > 0)
			(void)write_full(from[1], bytes, (size_t)n);
		link_read(p.a);
	}
	ok(link_ready(p.a) && link_ready(p.b), "through somebody in between the handshake succeeds");
	link_send(p.a, PRIO_CONTROL, 7, 0, "secret", 6);
	link_flush(p.a);
	n = read(from[1], bytes, sizeof(bytes));
	ok(n > 6 && !memmem(bytes, (size_t)n, "secret", 6), "who sees nothing");
	bytes[n - 1] ^= 1;
	(void)write_full(to[1], bytes, (size_t)n);
	link_read(p.b);
	ok(!link_next(p.b, &f) && link_dead(p.b), "and alters nothing: the link ends, and no frame comes");
	unlink_pair(&p);
	close(from[1]);
	close(to[1]);
}

/* ---- host:port ---- */

/* A clock read before the link was heard of made a silence of half a thousand million years, and the link was given up. */
static void
silence(void)
{
	int ends[2];
	struct link *l;
	int i;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		abort();
	l = link_new(ends[0], NULL, true);
	for (i = 0; i < 1000 && link_silence(l) < 60000; i++)
		link_forgive(l);
	ok(i == 1000, "who was just heard is not silent");
	link_free(l);
	close(ends[1]);
}

/* What lies in the socket is to be seen without reading it: who sent it is not silent, however long this process did not look. */
static void
waiting(void)
{
	struct pair p = linked(NULL, NULL);
	struct frame f;

	ok(!link_waits(p.b), "nothing has come: nothing waits");
	link_send(p.a, PRIO_CONTROL, 7, 0, NULL, 0);
	link_flush(p.a);
	ok(link_waits(p.b) && link_waits(p.b), "what has come waits");
	link_read(p.b);
	ok(link_next(p.b, &f) && !link_waits(p.b), "until it is read");
	link_free(p.a);
	ok(link_waits(p.b), "so does the end of a link");
	link_free(p.b);
}

static size_t pieces;

/* Contents without end, to a peer that takes them while they are written: its socket is never full. */
static void
quick_peer(void *owner, struct buf *out)
{
	static uint8_t piece[32 * 1024];
	struct pair *p = owner;
	struct frame f;

	do
		link_read(p->b);
	while (link_next(p->b, &f));
	if (++pieces < 10000)
		frame_put(out, 1, 0, piece, sizeof(piece));
}

static void
endless_contents(void)
{
	struct pair p = linked(NULL, NULL);

	link_set_bulk(p.a, quick_peer, &p);
	link_wake_bulk(p.a);
	link_flush(p.a);
	ok(pieces < 1000, "a link that takes all of a large file still leaves the others their turn");
	ok(link_wants_write(p.a) && poll(&(struct pollfd){link_fd(p.a), POLLOUT, 0}, 1, 0) == 1, "and has its own again");
	unlink_pair(&p);
}

int
main(void)
{
	silence();
	waiting();
	endless_contents();
	frames(NULL, "local");
	frames(&key, "sealed");
	frames(&plain, "plain");
	shared_frames(NULL, "local");
	shared_frames(&key, "sealed");
	partial_frames();
	lengths();
	priorities(NULL, "local: control, output, contents");
	priorities(&key, "sealed: control, output, contents");
	overtaking(NULL, "local");
	overtaking(&key, "sealed");
	dead_links();
	keys_that_differ();
	altered();
	keyring_wipe(&key);
	return done();
}
