/* A slave with a large subtree that is only told of: what a master's map holds without as many daemons. It joins without a key and answers
 * heartbeats, and nothing else: launches for its nodes stay without verdicts. Usage: swarm ADDRESS:PORT ID NODES [MACHINES]
 * It is node ID, and has ID:1 to ID:NODES below it, of so many machines "m0", "m1"... Prints "up" when it has told of all; then until
 * standard input ends. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "link/link.h"
#include "link/net.h"
#include "proto.h"

static const struct keyring plain = {.plain = true};
static struct link *master;
static unsigned nodes, machines;
static struct path own;

static void
send_body(unsigned type, struct buf *body)
{
	link_send(master, PRIO_CONTROL, type, 0, body->data, body->len);
	buf_free(body);
}

static void
join(uint32_t id)
{
	struct msg_join m = {
		.generation = PROTO_GENERATION, .has_id = true, .id = id, .info = {id + 1, "swarm", ":1", "m0", GPROC_VERSION, "", 1, 1}};
	struct buf body = {0};

	put_join(&body, &m);
	send_body(MSG_JOIN, &body);
}

/* Itself and all below, in frames as a slave makes them. */
static void
report_all(void)
{
	struct msg_node m = {
		.path = own, .generation = PROTO_GENERATION, .info = {own.id[0] + 1, "swarm", ":1", "m0", GPROC_VERSION, "", 1, 1}, .runs = ""};
	struct buf body = {0};
	char machine[16], host[16];
	unsigned i;

	put_node(&body, &m, PROTO_GENERATION);
	(void)path_push(&m.path, 0);
	for (i = 1; i <= nodes; i++) {
		(void)snprintf(machine, sizeof(machine), "m%u", i % machines);
		m.path.id[1] = i;
		m.info.boot = (uint64_t)own.id[0] << 32 | i;
		m.info.machine = machine;
		(void)snprintf(host, sizeof(host), "n%u", i);
		m.info.hostname = host;
		put_node(&body, &m, PROTO_GENERATION);
		if (body.len > 30000)
			send_body(MSG_UP, &body);
	}
	send_body(MSG_UP, &body);
}

static void
on_frame(const struct frame *f)
{
	struct msg_stat m = {.path = own};
	struct msg_welcome w;
	struct buf body = {0};

	if (f->type == MSG_WELCOME && take_welcome(f->body, f->len, &w) == 0) {
		own = w.path;
		strings_free(&w.ancestors);
		report_all();
		puts("up");
		(void)fflush(stdout);
	} else if (f->type == MSG_PING) {
		put_stat(&body, &m);
		send_body(MSG_STAT, &body);
	}
}

int
main(int argc, char **argv)
{
	struct address to;
	unsigned port;
	char *host;

	if (argc < 4 || net_split(argv[1], 6666, &host, &port) != 0 || net_numeric(host, port, &to) != 0)
		die(2, "usage: swarm ADDRESS:PORT ID NODES [MACHINES]");
	free(host);
	nodes = (unsigned)strtoul(argv[3], NULL, 10);
	machines = argc > 4 ? (unsigned)strtoul(argv[4], NULL, 10) : 1;
	master = link_new(net_dial(&to), &plain, true);
	join((uint32_t)strtoul(argv[2], NULL, 10));
	for (;;) {
		struct pollfd wait[] = {{.fd = link_fd(master), .events = POLLIN}, {.fd = 0, .events = POLLIN}};
		struct frame f;

		link_flush(master);
		if (link_wants_write(master))
			wait[0].events |= POLLOUT;
		(void)poll(wait, 2, -1);
		if (wait[1].revents)
			break;
		link_read(master);
		while (link_next(master, &f))
			on_frame(&f);
		if (link_dead(master))
			die(1, "swarm: %s", link_why(master));
	}
	link_free(master);
	return 0;
}
