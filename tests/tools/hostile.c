/* What may come to a node's port without the key. Usage: hostile PORT-ADDRESS WHAT [NUMBER]; each line it prints is a fact.
 *   idle N      N connections that say nothing; "open", then until standard input ends
 *   drip N      N connections that say a correct beginning, one byte a second; "ended MS" when the first is closed by the node
 *   garbage N   N connections with each kind of nonsense; "ended" when all were closed or refused
 *   flood N     N connections, one after another, each dropped only when the node drops it; "open" at the first hundred
 *   replay      a recorded first message once more, then records of its own making; "ended" when the node has closed it
 *   plain       asks for a link without a key, and goes on as if it had one; "ended" */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include "link/link.h"
#include "link/net.h"
#include "proto.h"

static struct address node;

static int
connected(void)
{
	struct sockaddr_storage to = {0};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(&to, node.raw, node.len);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, node.len) != 0)
		die(1, "connect: %s", strerror(errno));
	return fd;
}

static void
say(const char *text)
{
	puts(text);
	(void)fflush(stdout);
}

/* Until the other end has closed it. */
static void
await_end(int fd)
{
	char bytes[4096];

	while (recv(fd, bytes, sizeof(bytes), 0) > 0)
		;
	close(fd);
}

static bool
is_closed(int fd)
{
	char bytes[64];
	ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno != EAGAIN);
}

static void
idle(unsigned count)
{
	char byte;

	while (count-- > 0)
		(void)connected();
	say("open");
	while (read(0, &byte, 1) > 0)
		;
}

static void
drip(unsigned count)
{
	static const uint8_t header[] = {'g', 'p', 'r', 'c', 1, 1, 0, 0, 0, 0};
	int *fds = xcalloc(count, sizeof(*fds));
	uint64_t begun;
	unsigned i, at;

	for (i = 0; i < count; i++)
		fds[i] = connected();
	begun = now_ms();
	for (at = 0;; at++) {
		struct pollfd wait = {.fd = fds[0], .events = POLLIN};

		for (i = 0; i < count; i++)
			(void)send(fds[i], &header[at < 6 ? at : 6], 1, MSG_NOSIGNAL);
		(void)poll(&wait, 1, 1000);
		if (is_closed(fds[0]))
			break;
	}
	printf("ended %llu\n", (unsigned long long)(now_ms() - begun));
}

static void
garbage(unsigned count)
{
	static const char texts[][80] = {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "SSH-2.0-OpenSSH_9.6\r\n", "gprc\1\7AAAAAAAAAAAAA",
		"gprc\377\1AAAA", "gprc\1\1AAAABBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB", "gprc\1\3AAAA",
		"\0\0\0\0\0\0\0\0\0\0\0\0"};
	static uint8_t noise[65536];
	uint32_t seed = 1;
	size_t k;
	unsigned i;

	for (i = 0; i < count; i++) {
		int fd = connected();

		if (i % (COUNT(texts) + 1) < COUNT(texts)) {
			(void)send(fd, texts[i % (COUNT(texts) + 1)], sizeof(texts[0]), MSG_NOSIGNAL);
		} else {
			for (k = 0; k < sizeof(noise); k++)
				noise[k] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
			(void)send(fd, noise, sizeof(noise), MSG_NOSIGNAL);
		}
		(void)shutdown(fd, SHUT_WR);
		await_end(fd);
	}
	say("ended");
}

static void
flood(unsigned count)
{
	enum { OPEN = 2000 };
	int fds[OPEN];
	unsigned i;

	for (i = 0; i < OPEN; i++)
		fds[i] = -1;
	for (i = 0; i < count; i++) {
		if (fds[i % OPEN] >= 0)
			close(fds[i % OPEN]);
		fds[i % OPEN] = connected();
		if (i == 100)
			say("open");
	}
	say("ended");
}

static void
replay(const char *key)
{
	struct keyring ring;
	struct buf first = {0};
	struct seal *s;
	uint8_t answer[58], records[400];
	int fd, again;

	if (key_load(key, &ring) != 0)
		die(1, "%s", key_error());
	s = seal_new(&ring, true, &first);
	fd = connected();
	if (write_full(fd, first.data, first.len) != 0 || read_full(fd, answer, sizeof(answer)) != sizeof(answer) || answer[5] != 3)
		die(1, "the first time it was not taken");
	seal_free(s);
	close(fd);
	again = connected();
	memset(records, 0, sizeof(records));
	records[1] = 16;
	if (write_full(again, first.data, first.len) != 0 || read_full(again, answer, sizeof(answer)) != sizeof(answer))
		die(1, "no answer to the second");
	(void)send(again, records, sizeof(records), MSG_NOSIGNAL);
	await_end(again);
	say("ended");
}

static void
plain(void)
{
	static const uint8_t header[] = {'g', 'p', 'r', 'c', 1, 0, 0, 0, 0, 0};
	struct msg_join m = {.generation = PROTO_GENERATION, .info = {1, "evil", ":1", "x86_64", "0", "", 1, 1}};
	struct buf all = {0}, body = {0};
	uint8_t answer[11];
	int fd = connected();

	put_bytes(&all, header, sizeof(header));
	put_join(&body, &m);
	frame_put(&all, MSG_JOIN, 0, body.data, body.len);
	(void)send(fd, all.data, all.len, MSG_NOSIGNAL);
	(void)shutdown(fd, SHUT_WR);
	if (read_full(fd, answer, sizeof(answer)) == 10 && answer[5] == 5)
		say("refused");
	close(fd);
	say("ended");
}

int
main(int argc, char **argv)
{
	struct rlimit files;
	unsigned count = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 1, port;
	char *host;

	if (argc < 3 || net_split(argv[1], 6666, &host, &port) != 0 || net_numeric(host, port, &node) != 0)
		die(2, "usage: hostile ADDRESS:PORT WHAT [NUMBER]");
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	if (strcmp(argv[2], "idle") == 0)
		idle(count);
	else if (strcmp(argv[2], "drip") == 0)
		drip(count);
	else if (strcmp(argv[2], "garbage") == 0)
		garbage(count);
	else if (strcmp(argv[2], "flood") == 0)
		flood(count);
	else if (strcmp(argv[2], "replay") == 0)
		replay(argv[3]);
	else if (strcmp(argv[2], "plain") == 0)
		plain();
	else
		die(2, "hostile: what is %s?", argv[2]);
	(void)fflush(stdout);
	_exit(0); /* not exit: what is still held is no leak */
}
