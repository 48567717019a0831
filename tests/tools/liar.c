/* A client that speaks the protocol and lies. Usage: liar SOCKET LIE [NUMBER, or what is shared]; prints what came of it, a line each:
 * "error TEXT", "failed STATUS TEXT", "exited STATUS", "lost TEXT", "closed"; output as "out TEXT". */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bundle.h"
#include "link/net.h"
#include "tools/frames.h"

enum { FILES = 3 };
#define BOMB (1u << 20)

/* A file: what the manifest says of it, and its true contents. */
static struct {
	struct blob_id id;
	struct buf object;
} files[FILES];
static struct buf manifest_object;
static struct blob_id manifest;
static const char *lie, *cwd = "/";
static struct link *master;
static unsigned asked;

static bool
lies(const char *name)
{
	return strcmp(lie, name) == 0;
}

static void
make_file(size_t at, const void *data, size_t len)
{
	blob_of_bytes(data, len, &files[at].id);
	if (len)
		put_bytes(&files[at].object, files[at].id.list, list_length(len));
	put_bytes(&files[at].object, data, len);
}

static bool
is_silent(void)
{
	return lies("silent") || lies("shared-silent");
}

/* ---- a manifest's entries, as they stand on the wire: nothing is checked ---- */

static void
put_entry(struct buf *b, const char *path, unsigned kind, unsigned mode)
{
	put_str(b, path);
	put_u8(b, kind);
	put_u8(b, 0);
	put_u16(b, mode);
	put_u64(b, 1000000000);
}

static void
put_file(struct buf *b, const char *path, unsigned mode, uint64_t size, size_t file)
{
	put_entry(b, path, ENTRY_FILE, mode);
	put_u64(b, size);
	put_u64(b, 0);
	put_u32(b, 0);
	put_digest(b, &files[file].id.digest);
}

static void
put_link(struct buf *b, const char *path, const char *target)
{
	put_entry(b, path, ENTRY_LINK, 0777);
	put_str(b, target);
}

/* The lie's own entries, which stand behind bin/liar. Returns how many. */
static uint32_t
put_lies(struct buf *b)
{
	char deep[600] = "d";
	unsigned i;

	if (lies("dots"))
		return put_file(b, "../../etc/evil", 0644, files[1].id.size, 1), 1;
	if (lies("absolute"))
		return put_file(b, "/etc/evil", 0644, files[1].id.size, 1), 1;
	if (lies("through-link")) {
		put_link(b, "x", "/etc");
		return put_file(b, "x/evil", 0644, files[1].id.size, 1), 2;
	}
	if (lies("link-out") || lies("cwd-link"))
		return put_link(b, "x", "../../../../../../etc"), 1;
	if (lies("device"))
		return put_entry(b, "x", 3, 0666), 1;
	if (lies("setuid"))
		return put_file(b, "x", 04755, files[1].id.size, 1), 1;
	if (lies("newline"))
		return put_file(b, "x\n1: forged\033[2J", 0644, files[1].id.size, 1), 1;
	if (lies("overflow")) {
		put_file(b, "x", 0644, INT64_MAX - 5, 1);
		return put_file(b, "y", 0644, INT64_MAX - 5, 1), 2;
	}
	if (lies("huge"))
		return put_file(b, "x", 0644, 1ull << 50, 1), 1;
	if (lies("short-size") || lies("no-size"))
		return put_file(b, "x", 0644, lies("no-size") ? 0 : 3, 1), 1;
	if (lies("twice")) {
		put_file(b, "x", 0644, files[1].id.size, 1);
		return put_file(b, "x", 0644, files[1].id.size, 1), 2;
	}
	if (lies("deep")) {
		for (i = 1; i < 200; i++) {
			put_entry(b, deep, ENTRY_DIR, 0755);
			strcat(deep, "/d");
		}
		return 199;
	}
	if (lies("million")) {
		for (i = 0; i < 999998; i++) {
			(void)snprintf(deep, sizeof(deep), "x%07u", i);
			put_link(b, deep, "y");
		}
		return 999998;
	}
	return put_file(b, "x", 0644, files[1].id.size, 1), 1;
}

static void
make_manifest(void)
{
	struct buf b = {0};
	size_t count;
	uint32_t n;

	put_u32(&b, 0x47504d02);
	put_str(&b, lies("program") ? "/../../../../bin/sh" : "/bin/liar");
	put_str(&b, "");
	put_str(&b, "");
	put_str(&b, "");
	count = b.len;
	put_u32(&b, 0);
	put_entry(&b, "bin", ENTRY_DIR, 0755);
	if (lies("program-link"))
		put_link(&b, "bin/liar", "../../../../../../etc/passwd");
	else
		put_file(&b, "bin/liar", 0755, files[0].id.size, 0);
	n = 2 + put_lies(&b);
	set_u32(&b, count, lies("count") ? UINT32_MAX : lies("more") ? n + 1 : n);
	blob_of_bytes(b.data, b.len, &manifest);
	put_bytes(&manifest_object, manifest.list, list_length(b.len));
	put_bytes(&manifest_object, b.data, b.len);
	buf_free(&b);
}

/* ---- the conversation ---- */

static void
launch(const char *spec)
{
	struct msg_launch m = {.generation = PROTO_GENERATION,
		.spec = spec,
		.exclude = "", .only = "",
		.window = 1 << 20,
		.variants = 1,
		.around = {.cwd = cwd, .binroot = ""}};
	struct buf body = {0};

	m.variant[0] = (struct variant){.machine = "", .made_for = "", .has_manifest = true, .manifest = manifest.digest};
	strings_add(&m.around.argv, "/bin/liar");
	put_launch(&body, &m);
	send_frame(master, MSG_LAUNCH, 0, &body);
	buf_free(&body);
}

/* A megabyte of zeros, deflated, told to be a piece. */
static size_t
bomb(uint8_t *out)
{
	uint8_t *zeros = xcalloc(1, BOMB), *packed = xmalloc(BOMB);
	size_t len = piece_deflate(zeros, BOMB, packed);

	memcpy(out, packed, len);
	free(zeros);
	free(packed);
	return len;
}

static void
send_pieces(uint64_t job, const struct object_name *name, const struct buf *object, uint64_t size, uint64_t offset)
{
	static uint8_t piece[PIECE_SIZE];
	struct msg_data m = {.name = *name, .size = size, .data = piece};
	struct buf body = {0};

	do {
		m.offset = offset;
		m.len = object->len - offset < PIECE_SIZE ? object->len - offset : PIECE_SIZE;
		memcpy(piece, object->data + offset, m.len);
		offset += m.len;
		m.raw_len = (uint32_t)m.len;
		if (object != &manifest_object && (lies("other-bytes") || lies("shared-other-bytes")) && m.len)
			piece[m.len - 1] ^= 1;
		if (object != &manifest_object && lies("other-size"))
			m.size += 100;
		if (object != &manifest_object && lies("impossible-size"))
			m.size = UINT64_MAX;
		if (object != &manifest_object && lies("bomb")) {
			m.deflated = true;
			m.len = bomb(piece);
		}
		if (object != &manifest_object && lies("large-piece"))
			m.raw_len = 1u << 31;
		body.len = 0;
		put_data(&body, &m);
		send_frame(master, MSG_DATA, job, &body);
	} while (offset < object->len);
	buf_free(&body);
}

static void
on_want(const struct frame *f)
{
	struct msg_want want;
	size_t i;

	if (take_want(f->body, f->len, &want) || is_silent())
		return;
	if (++asked > 100)
		die(1, "asked without end");
	if (digest_equal(&want.name.digest, &manifest.digest)) {
		send_pieces(f->job, &want.name, &manifest_object, manifest.size, want.offset);
		return;
	}
	for (i = 0; i < FILES; i++)
		if (digest_equal(&want.name.digest, &files[i].id.digest))
			send_pieces(f->job, &want.name, lies("other-file") ? &files[FILES - 1].object : &files[i].object,
				lies("other-file") ? files[FILES - 1].id.size : files[i].id.size, want.offset);
}

static void
on_event(const struct frame *f)
{
	struct msg_event e;

	take_and_print(f, &e);
	if (e.kind == EVENT_FAILED)
		printf("failed %u %s\n", e.status, e.text);
	if (e.kind == EVENT_LOST)
		printf("lost %s\n", e.text);
}

/* False when it is over. */
static bool
on_frame(const struct frame *f)
{
	struct msg_error error;

	if (f->type == MSG_WANT)
		on_want(f);
	else if (f->type == MSG_EVENT)
		on_event(f);
	else if (f->type == MSG_ERROR && take_error(f->body, f->len, &error) == 0)
		printf("error %s\n", error.text);
	else if (f->type == MSG_ACCEPTED && is_silent())
		puts("accepted");
	(void)fflush(stdout);
	return f->type != MSG_ERROR && f->type != MSG_JOB_END;
}

/* What only a node may say, or a job's owner. */
static void
say_out_of_turn(unsigned type, uint64_t job)
{
	struct buf body = {0};

	put_u8(&body, 9);
	send_frame(master, type, job, &body);
	buf_free(&body);
}

/* Questions whose answers nobody reads; "closed" when the master has had enough, or when it holds back: "held" */
static void
deaf(unsigned count)
{
	struct msg_query q = {.generation = PROTO_GENERATION, .spec = "", .exclude = "", .only = ""};
	struct buf body = {0};
	unsigned i;

	put_query(&body, &q);
	for (i = 0; i < count; i++) {
		struct pollfd wait = {.fd = link_fd(master), .events = POLLOUT};

		send_frame(master, MSG_QUERY, 0, &body);
		link_flush(master);
		if (link_wants_write(master) && poll(&wait, 1, 2000) == 0) {
			puts("held");
			return;
		}
	}
	puts("taken");
}

int
main(int argc, char **argv)
{
	static const char script[] = "#!/bin/sh\necho ran\n";
	static uint8_t large[300000];
	struct peer peer;
	int fd;

	if (argc < 3 || (fd = net_dial_local(argv[1])) < 0 || net_peer(fd, &peer) != 0)
		die(2, "usage: liar SOCKET LIE [NUMBER]; %s", strerror(errno));
	lie = argv[2];
	master = link_new(fd, NULL, true);
	memset(large, 'x', sizeof(large));
	(void)snprintf((char *)large, sizeof(large), "%s %d", lie, (int)getpid());
	make_file(0, script, sizeof(script) - 1);
	if (lies("fixed") || lies("short-size") || lies("no-size"))
		make_file(1, script, 12);
	else if (has_prefix(lie, "shared"))
		make_file(1, argc > 3 ? argv[3] : "shared", argc > 3 ? strlen(argv[3]) : 6);
	else
		make_file(1, large, sizeof(large));
	make_file(2, "evil", 4);
	if (lies("cwd-dots"))
		cwd = "/../../../../etc/evil";
	if (lies("cwd-link"))
		cwd = "/x/evil";
	make_manifest();
	if (lies("event"))
		say_out_of_turn(MSG_EVENT, 0);
	else if (lies("ps-body"))
		say_out_of_turn(MSG_PS, 0);
	else if (lies("join"))
		say_out_of_turn(MSG_JOIN, 0);
	else if (lies("nonsense"))
		link_send(master, PRIO_CONTROL, 200, 0, large, sizeof(large));
	else if (lies("signal"))
		say_out_of_turn(MSG_SIGNAL, strtoull(argv[3], NULL, 16));
	if (lies("deaf"))
		deaf((unsigned)strtoul(argv[3], NULL, 10));
	else if (lies("long-frame"))
		puts(write_full(fd, "\xff\xff\xff\xff", 4) ? "?" : "sent"), converse(master, on_frame);
	else {
		launch(".");
		converse(master, on_frame);
	}
	(void)fflush(stdout);
	_exit(0);
}
