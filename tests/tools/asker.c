/* A client of the user's own making, who asks for as much as can be asked for. Usage: asker SOCKET WHAT...; prints what came of it:
 *   launch SPEC KIB VARIANTS   a launch with so many KiB of environment, of which nothing is read after it was accepted; then "accepted",
 * or "error TEXT"; then until standard input ends idle N                     N connections that have asked one question each, then "in
 * COUNT TEXT": how many were let in, and what the first that was not was told; then until standard input ends pour KIB the beginning of a
 * frame of so many KiB, and all of it but its last byte, then as idle */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "link/net.h"
#include "tools/frames.h"

static const char *socket_path;

static struct link *
connected(void)
{
	int fd = net_dial_local(socket_path);

	if (fd < 0)
		die(1, "%s", net_error());
	return link_new(fd, NULL, true);
}

static void
say(const char *what, const char *text)
{
	printf("%s%s%s\n", what, *text ? " " : "", text);
	(void)fflush(stdout);
}

static const char *
answer_of(struct link *l, struct frame *f)
{
	static char text[600];
	struct msg_error error;

	if (!next_frame(l, f))
		return "closed";
	if (f->type != MSG_ERROR)
		return "";
	if (take_error(f->body, f->len, &error) == 0)
		(void)snprintf(text, sizeof(text), "%s", error.text);
	return text;
}

static void
until_end(void)
{
	char byte;

	while (read(0, &byte, 1) > 0)
		;
}

static void
launch(const char *spec, size_t kib, unsigned variants)
{
	struct msg_launch m = {
		.generation = PROTO_GENERATION, .spec = spec, .exclude = "", .only = "", .window = UINT32_MAX, .around = {.cwd = "/", .binroot = ""}};
	struct link *l = connected();
	struct buf body = {0};
	struct frame f;
	char *kibibyte = xcalloc(1, 1020), names[MAX_VARIANTS][16]; /* 1,024 bytes on the wire */
	const char *text;

	memset(kibibyte, 'x', 1019);
	for (m.variants = 0; m.variants < variants; m.variants++) {
		(void)snprintf(names[m.variants], sizeof(names[0]), "m%u", m.variants);
		m.variant[m.variants] = (struct variant){.machine = names[m.variants], .made_for = ""};
	}
	strings_add(&m.around.argv, "/bin/true");
	while (kib-- > 0)
		strings_add(&m.around.env, kibibyte);
	put_launch(&body, &m);
	launch_free(&m);
	free(kibibyte);
	link_send(l, PRIO_CONTROL, MSG_LAUNCH, 0, body.data, body.len);
	buf_free(&body);
	text = answer_of(l, &f);
	say(*text ? "error" : "accepted", text);
	until_end();
}

static void
ask_jobs(struct link *l)
{
	struct msg_ps_ask ask = {0};
	struct buf body = {0};

	put_ps_ask(&body, &ask);
	send_frame(l, MSG_PS, 0, &body);
	buf_free(&body);
}

static void
idle(unsigned count)
{
	const char *refused = "";
	unsigned i, in = 0;
	char text[32];

	for (i = 0; i < count; i++) {
		struct link *l = connected();
		struct frame f;
		const char *said;

		ask_jobs(l);
		said = answer_of(l, &f);
		in += !*said;
		if (*said && !*refused)
			refused = xstrdup(said);
	}
	(void)snprintf(text, sizeof(text), "in %u", in);
	say(text, refused);
	until_end();
}

/* Parts that overlap, each with another way on; numbers that are not there; all nodes, less most of them; names, there or not, each with a
 * way on; patterns that nearly fit all names; brackets. */
enum { LONG_SPECS = 7 };
static char *
long_spec(unsigned kind)
{
	struct buf out = {0};
	char part[32];
	unsigned i;

	for (i = 0; out.len < 65000; i++) {
		const char *comma = i ? "," : "";

		if (kind == 0)
			(void)snprintf(part, sizeof(part), "%s%u-%u:%u", comma, i % 7, 5000 - i % 3000, 1 + i);
		else if (kind == 1)
			(void)snprintf(part, sizeof(part), "%s1:1-%u", comma, 5000 - i % 4000);
		else if (kind == 2)
			(void)snprintf(part, sizeof(part), "%s%u", comma, (i * 7919) % 100000);
		else if (kind == 3)
			(void)snprintf(part, sizeof(part), "%s1:%u", comma, 2 * i);
		else if (kind == 4)
			(void)snprintf(part, sizeof(part), "%sn%u/.:%u", comma, i * 7919 % 10000, i);
		else if (kind == 5)
			(void)snprintf(part, sizeof(part), "%sn*%u?:.", comma, i % 7000);
		else
			(void)snprintf(part, sizeof(part), "%sn[%u-%u]", comma, i, i + 9);
		put_bytes(&out, part, strlen(part));
	}
	put_u8(&out, 0);
	return (char *)out.data;
}

static void
await_answer(struct link *l)
{
	struct frame f;

	do
		if (!next_frame(l, &f))
			return;
	while (f.type == MSG_NODES || f.type == MSG_PS);
}

static void
ask(unsigned count)
{
	enum { WITHOUT = LONG_SPECS, JOBS, KINDS };
	char *specs[LONG_SPECS];
	unsigned kind, i;

	for (kind = 0; kind < LONG_SPECS; kind++)
		specs[kind] = long_spec(kind);
	for (i = 0; i < count; i++)
		for (kind = 0; kind < KINDS; kind++) {
			struct link *l = connected();
			struct msg_query q = {.generation = PROTO_GENERATION,
				.spec = kind < LONG_SPECS ? specs[kind] : "...",
				.exclude = kind == WITHOUT ? specs[3] : "",
				.only = ""};
			struct buf body = {0};

			put_query(&body, &q);
			if (kind < JOBS)
				send_frame(l, MSG_QUERY, 0, &body);
			else
				ask_jobs(l);
			await_answer(l);
			link_free(l);
			buf_free(&body);
		}
	for (kind = 0; kind < LONG_SPECS; kind++)
		free(specs[kind]);
	say("asked", "");
}

static void
pour(size_t kib)
{
	struct link *l = connected();
	struct buf all = {0};
	size_t mark = frame_begin(&all, MSG_LAUNCH, 0), sent = 0;
	struct frame f;

	memset(buf_grow(&all, kib * 1024), 'x', kib * 1024);
	all.len += kib * 1024;
	frame_end(&all, mark);
	while (sent < all.len - 1) {
		struct pollfd wait = {.fd = link_fd(l), .events = POLLOUT | POLLIN};
		ssize_t n;

		(void)poll(&wait, 1, -1);
		if (wait.revents & ~POLLOUT) {
			const char *text = answer_of(l, &f);

			say("error", text);
			until_end();
			return;
		}
		n = write(link_fd(l), all.data + sent, all.len - 1 - sent);
		if (n < 0 && errno != EAGAIN)
			die(1, "write: %s", strerror(errno));
		sent += n > 0 ? (size_t)n : 0;
	}
	say("poured", "");
	until_end();
}

int
main(int argc, char **argv)
{
	struct rlimit files;

	if (argc < 4)
		die(2, "usage: asker SOCKET WHAT...");
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	socket_path = argv[1];
	if (strcmp(argv[2], "launch") == 0 && argc == 6)
		launch(argv[3], strtoul(argv[4], NULL, 10), (unsigned)strtoul(argv[5], NULL, 10));
	else if (strcmp(argv[2], "idle") == 0)
		idle((unsigned)strtoul(argv[3], NULL, 10));
	else if (strcmp(argv[2], "ask") == 0)
		ask((unsigned)strtoul(argv[3], NULL, 10));
	else if (strcmp(argv[2], "pour") == 0)
		pour(strtoul(argv[3], NULL, 10));
	else
		die(2, "asker: what is %s?", argv[2]);
	(void)fflush(stdout);
	_exit(0); /* not exit: what is still held is no leak */
}
