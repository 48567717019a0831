/* Where others come in: the listeners, accepting, and how many may stand in the door.
 * Must never know what they will say. */
#include "node/door.h"
#include "base/often.h"
#include "node/access.h"
#include "node/self.h"
#include "node/share.h"
#include "node/stranger.h"
#include "node/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	ACCEPT_PAUSE_MS = 100, /* when there are no descriptors left, until the next look */
	RELISTEN_MS = 5000,    /* between tries to have a port that is taken */
	CLIENTS_EACH = 16,     /* at once, of a user who may only look */
};

static struct watch listener, local;
static struct timer relisten;
static int listen_fd = -1, local_fd = -1;
static struct address my_address;
static bool has_address;

/* NULL: it may come in, and is counted. Else the reason why not; caller frees. */
static char *
refusal(struct neighbour *client)
{
	uint32_t uid = client->who.uid;
	const struct neighbour *n;
	size_t count = 0;

	if (access_may_launch(&client->who)) {
		if (!share_take(uid, SHARE_CLIENT))
			return share_refusal(uid, SHARE_CLIENT);
		client->counted = SHARE_CLIENT;
		return NULL;
	}
	for (n = self.neighbours; n; n = n->next)
		count += n->kind == NB_CLIENT && n->who.uid == uid;
	return count <= CLIENTS_EACH ? NULL
				     : xasprintf("user %u has %d clients here already: wait until some have ended", uid, CLIENTS_EACH);
}

static void
accept_client(int fd)
{
	struct peer who;
	struct neighbour *n;
	char *why;

	if (net_peer(fd, &who) != 0) {
		close(fd);
		return;
	}
	if (who.uid == SCOPE_PUBLIC) { /* no user has that id: its contents would be public */
		free(who.groups);
		close(fd);
		return;
	}
	n = neighbour_new(link_new(fd, NULL, false), NB_CLIENT);
	n->who = who;
	why = refusal(n);
	if (!why)
		return;
	warn_often(1, "a client is refused: %s", why);
	neighbour_send_error(n, 255, "%s", why);
	link_flush(n->link);
	neighbour_kill(n, why);
	free(why);
}

static void
accept_stranger(int fd)
{
	struct neighbour *n = neighbour_new(link_new(fd, &self.keys, false), NB_NEW);

	neighbour_hear(n); /* links that have something to read come before new ones */
	stranger_came();
}

static void
accept_again(struct timer *t)
{
	loop_want(t->owner, WATCH_READ);
}

static void
accept_all(struct watch *w, unsigned events)
{
	static struct timer pause[2];
	int fd, turns;

	(void)events;
	for (turns = 0; turns < 64 && (fd = net_accept(w->fd)) >= 0; turns++) {
		if (w == &local)
			accept_client(fd);
		else
			accept_stranger(fd);
	}
	/* Without descriptors a connection that waits would wake the loop for ever. */
	if (turns < 64 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) && !stranger_give_way()) {
		loop_want(w, 0);
		loop_timer(&pause[w == &local], ACCEPT_PAUSE_MS, accept_again, w);
	}
}

void
door_set_address(const char *text)
{
	unsigned port;
	char *host;

	if (net_split(text, (unsigned)self.options->cmdport, &host, &port) != 0)
		die(2, "-myAddress: %s", net_error());
	if (net_numeric(host, port, &my_address) != 0) {
		int fd = net_resolve(host, port);

		if (fd < 0 || net_resolved(fd, &my_address) != 0)
			die(255, "-myAddress: the host name %s does not resolve: %s", host, net_error());
	}
	free(host);
	has_address = true;
}

static void
relisten_is_due(struct timer *t)
{
	(void)t;
	door_listen(false);
	if (listen_fd >= 0)
		tree_send_subtree();
}

/* The address of -myAddress may be a file's that knows nothing of the lease, or one that a later lease took away. */
static void
forget_lost_address(void)
{
	char *text;

	if (self.is_master || !has_address || net_is_here(&my_address))
		return;
	text = net_text(&my_address);
	warn("this machine has no address %s now: listening on all that it has", text);
	free(text);
	has_address = false;
	if (listen_fd >= 0)
		loop_unwatch(&listener);
	close_fd(&listen_fd);
}

/* Where children are awaited. A taken port: because the parent is on this machine (then this node is a leaf), or by a stranger. */
void
door_listen(bool parent_is_here)
{
	char *text;

	forget_lost_address();
	if (listen_fd >= 0)
		return;
	text = has_address ? net_text(&my_address) : xasprintf(":%llu", (unsigned long long)self.options->cmdport);
	listen_fd = net_listen(has_address ? &my_address : NULL, (unsigned)self.options->cmdport);
	if (listen_fd >= 0) {
		self.info.address = text;
		loop_watch(&listener, listen_fd, WATCH_READ, accept_all, NULL);
		return;
	}
	if (self.is_master)
		die(255, "can't listen at %s: %s%s", text, net_error(),
			errno == EADDRINUSE ? "; another -cmdport or -myAddress may be free" : "");
	if (errno == EADDRINUSE && parent_is_here) {
		warn("%s is taken and the parent is on this machine: this node is a leaf", text);
	} else {
		if (!relisten.set)
			warn("can't listen at %s: %s; trying again", text, net_error());
		loop_timer(&relisten, RELISTEN_MS, relisten_is_due, NULL);
	}
	free(text);
}

void
door_open_local(void)
{
	local_fd = net_listen_local(self.options->uds);
	if (local_fd < 0)
		die(255, "can't listen at %s: %s (-defaultMasterUDS names another place)", self.options->uds, net_error());
	loop_watch(&local, local_fd, WATCH_READ, accept_all, NULL);
}

void
door_close(void)
{
	if (local_fd >= 0)
		(void)unlink(self.options->uds);
}
