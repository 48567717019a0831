/* A node that is none. Usage: sham node MASTER ID LIE: joins there, on port 6667 of all addresses, takes part in every launch and runs
 * nothing, and lies to the nodes that ask it for contents: "silent": never answers; "alive": says that it is there, and nothing else; "bytes":
 * sends what it was sent itself, but for a bit here and there; "huffman": no lie, but deflated as no node deflates it, to far more bytes. sham ask NODE JOB FILE SCOPE: asks a node for the contents of a file, beside
 * the tree; prints "data" or "lack". All without a key. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include "bundle.h"
#include "link/key.h"
#include "link/net.h"
#include "tools/frames.h"

enum { ASKERS = 16, PORT = 6667, OBJECT = 32 << 20 };

static struct keyring plain = {.plain = true};
static struct link *master, *askers[ASKERS];
static const char *lie;
static struct path self;
static struct msg_want wanted; /* by the last who asked */
static struct link *who;
static uint64_t job, size;
static uint8_t *object;
static uint64_t have;

static struct link *
reach(const char *text)
{
	struct address address;
	unsigned port;
	char *host;

	if (net_split(text, 6666, &host, &port) != 0 || net_numeric(host, port, &address) != 0)
		die(2, "%s: %s", text, net_error());
	free(host);
	return link_new(net_dial(&address), &plain, true);
}

static void
send_want(struct link *to, uint64_t id, const struct msg_want *want)
{
	struct buf body = {0};

	put_want(&body, want);
	send_frame(to, MSG_WANT, id, &body);
	buf_free(&body);
}

/* No string is looked for in it. 0: it does not fit. */
static size_t
pack(const uint8_t *data, size_t len, uint8_t *out, size_t room)
{
	z_stream z = {.next_in = (Bytef *)data, .avail_in = (uInt)len, .next_out = out, .avail_out = (uInt)room};

	if (deflateInit2(&z, 1, Z_DEFLATED, -MAX_WBITS, 8, Z_HUFFMAN_ONLY) != Z_OK)
		die(2, "no memory");
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		z.total_out = 0;
	deflateEnd(&z);
	return z.total_out;
}

static void
send_data(const uint8_t *data, size_t len, uint64_t offset)
{
	static uint8_t packed[PIECE_SIZE];
	struct msg_data m = {
		.name = wanted.name, .size = size, .offset = offset, .have = offset + len, .raw_len = (uint32_t)len, .data = data, .len = len};
	size_t small = strcmp(lie, "huffman") == 0 && offset >= list_length(size) ? pack(data, len, packed, sizeof(packed)) : 0;
	struct buf body = {0};

	if (small > 0) {
		m.deflated = true;
		m.data = packed;
		m.len = small;
	}

	put_data(&body, &m);
	send_frame(who, MSG_DATA, job, &body);
	buf_free(&body);
}

/* ---- a node ---- */

static void
on_ask(struct link *from, const struct frame *f)
{
	if (f->type != MSG_WANT || take_want(f->body, f->len, &wanted) != 0)
		return;
	puts("asked");
	who = from;
	job = f->job;
	if (strcmp(lie, "bytes") == 0 || strcmp(lie, "huffman") == 0)
		send_want(master, job, &(struct msg_want){.name = wanted.name, .end = UINT64_MAX});
}

/* What the master sends is sent on; from 1 MiB on with a wrong bit in each piece. */
static void
on_data(const struct frame *f)
{
	struct msg_data m;

	if (take_data(f->body, f->len, &m) != 0 || m.offset != have || have + m.len > OBJECT || m.deflated || !who)
		return;
	size = m.size;
	memcpy(object + have, m.data, m.len);
	have += m.len;
	if (m.offset > 1 << 20 && strcmp(lie, "bytes") == 0)
		object[m.offset] ^= 1;
	send_data(object + m.offset, m.len, m.offset);
}

static void
on_run(const struct frame *f)
{
	struct msg_event e = {.path = self, .sequence = 1, .kind = EVENT_EXITED};
	struct buf body = {0};

	put_events(&body, &e);
	send_frame(master, MSG_EVENTS, f->job, &body);
	buf_free(&body);
}

static void
join(uint32_t id)
{
	struct msg_join m = {.generation = PROTO_GENERATION,
		.has_id = true,
		.id = id,
		.info = {.boot = 0x1234567812345678, .hostname = "sham", .address = "", .machine = "x86_64", .version = "0", .limits = "",
			.cpus = 1}};
	struct buf body = {0};

	put_join(&body, &m);
	send_frame(master, MSG_JOIN, 0, &body);
	buf_free(&body);
}

static void
on_welcome(const struct frame *f)
{
	struct msg_welcome w;
	struct msg_node m = {.generation = PROTO_GENERATION,
		.runs = "",
		.info = {.boot = 0x1234567812345678, .hostname = "sham", .address = ":6667", .machine = "x86_64", .version = "0", .limits = "",
			.cpus = 1}};
	struct buf body = {0};

	if (take_welcome(f->body, f->len, &w) != 0)
		die(1, "a WELCOME that can't be read");
	self = m.path = w.path;
	put_node(&body, &m, PROTO_GENERATION);
	send_frame(master, MSG_UP, 0, &body);
	buf_free(&body);
}

static void
serve(struct link *l)
{
	struct frame f;

	link_read(l);
	while (link_next(l, &f)) {
		if (l != master)
			on_ask(l, &f);
		else if (f.type == MSG_WELCOME)
			on_welcome(&f);
		else if (f.type == MSG_RUN)
			on_run(&f);
		else if (f.type == MSG_DATA)
			on_data(&f);
		else if (f.type == MSG_PING)
			send_frame(master, MSG_PING, 0, NULL);
	}
	link_flush(l);
}

static void
be_node(const char *at, uint32_t id)
{
	int listener = net_listen(NULL, PORT);
	size_t count = 0, i;

	object = xmalloc(OBJECT);
	master = reach(at);
	join(id);
	while (!link_dead(master)) {
		struct pollfd set[2 + ASKERS] = {{.fd = listener, .events = POLLIN}, {.fd = link_fd(master), .events = POLLIN}};

		for (i = 0; i < count; i++)
			set[2 + i] = (struct pollfd){.fd = link_dead(askers[i]) ? -1 : link_fd(askers[i]), .events = POLLIN};
		link_flush(master);
		(void)poll(set, 2 + count, 100);
		if (set[0].revents && count < ASKERS)
			askers[count++] = link_new(net_accept(listener), &plain, false);
		serve(master);
		for (i = 0; i < count; i++)
			if (!link_dead(askers[i]))
				serve(askers[i]);
		if (who && strcmp(lie, "alive") == 0)
			send_data((const uint8_t *)"", 0, wanted.offset);
		(void)fflush(stdout);
	}
}

/* ---- one that asks ---- */

static void
ask(const char *at, uint64_t id, const char *path, uint32_t scope)
{
	struct link *l = reach(at);
	struct blob_id blob;
	struct frame f;

	if (blob_of_file(open(path, O_RDONLY), UINT64_MAX, &blob) != 0)
		die(2, "%s can't be read", path);
	send_want(l, id, &(struct msg_want){.name = {blob.digest, scope}, .end = UINT64_MAX});
	if (!next_frame(l, &f))
		puts("closed");
	else
		puts(f.type == MSG_DATA ? "data" : f.type == MSG_LACK ? "lack" : "something else");
	blob_id_free(&blob);
	link_free(l);
}

int
main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "node") == 0) {
		lie = argv[4];
		be_node(argv[2], (uint32_t)strtoul(argv[3], NULL, 10));
	} else if (argc == 6 && strcmp(argv[1], "ask") == 0) {
		ask(argv[2], strtoull(argv[3], NULL, 16), argv[4], (uint32_t)strtoul(argv[5], NULL, 10));
	} else {
		die(2, "usage: sham node MASTER ID LIE | sham ask NODE JOB FILE SCOPE");
	}
	return 0;
}
