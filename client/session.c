/* A client's conversation with its master.
 * Must never know what the messages say. */
#include "client/session.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char error_text[512];

const char *
session_why(void)
{
	return error_text;
}

struct link *
session_try(const char *socket_path)
{
	int fd = net_dial_local(socket_path);
	struct peer master;
	bool trusted;

	if (fd < 0) {
		set_error(error_text, sizeof(error_text), "no master at %s: %s; is \"gproc m\" running here, with the same -defaultMasterUDS?",
			socket_path, net_error());
		return NULL;
	}
	if (net_peer(fd, &master) != 0) {
		set_error(error_text, sizeof(error_text), "can't tell who runs the master at %s: %s", socket_path, strerror(errno));
		close(fd);
		return NULL;
	}
	free(master.groups);
	trusted = master.uid == 0 || master.uid == geteuid();
	if (trusted)
		return link_new(fd, NULL, true);
	set_error(error_text, sizeof(error_text), "the master at %s is run by user %u, who is neither root nor you: not talking to it", socket_path,
		master.uid);
	close(fd);
	return NULL;
}

struct link *
session_open(const char *socket_path)
{
	struct link *l = session_try(socket_path);

	if (!l)
		die(255, "%s", error_text);
	return l;
}

void
session_send(struct link *l, unsigned type, const struct buf *body)
{
	link_send(l, PRIO_CONTROL, type, 0, body ? body->data : NULL, body ? body->len : 0);
}

void
session_bad(const struct frame *f)
{
	die(255, "protocol error: the master sent %s, which is malformed or out of turn", message_name(f->type));
}

void
session_error(const struct frame *f)
{
	struct msg_error m;

	if (take_error(f->body, f->len, &m) != 0)
		session_bad(f);
	die((int)(m.status & 255), "%s", m.text);
}

bool
session_until(struct link *l, struct frame *f, uint64_t end)
{
	while (!link_next(l, f)) {
		struct pollfd wait = {.fd = link_fd(l), .events = POLLIN};
		uint64_t now = now_ms();

		link_flush(l);
		if (link_wants_write(l))
			wait.events |= POLLOUT;
		if (link_dead(l) && link_next(l, f)) /* a last frame may have come before the end */
			break;
		if (link_dead(l))
			die(255, "the master is gone: %s", link_why(l));
		if (now >= end)
			return false;
		(void)poll(&wait, 1, end == UINT64_MAX ? -1 : end - now < INT_MAX ? (int)(end - now) : INT_MAX);
		if (wait.revents & ~POLLOUT)
			link_read(l);
	}
	return true;
}

void
session_take(struct link *l, struct frame *f)
{
	(void)session_until(l, f, UINT64_MAX);
}

void
session_next(struct link *l, struct frame *f)
{
	session_take(l, f);
	if (f->type == MSG_ERROR)
		session_error(f);
}

int
flush_stdout(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (errno == EPIPE)
		exit(141);
	die(255, "standard output: %s", strerror(errno));
}
