/* Reaching a peer by its name: resolved where it is one, then a connection under way.
 * Must never know what the peer is to us. */
#include "link/dial.h"
#include "link/net.h"

#include <stdlib.h>
#include <unistd.h>

static void
connect_to(struct dial *d, const struct address *address)
{
	int fd = net_dial(address);

	d->done(d, fd, fd < 0 ? net_error() : NULL);
}

static void
resolved(struct watch *w, unsigned events)
{
	struct dial *d = w->owner;
	struct address address;
	int fd = w->fd;

	(void)events;
	loop_unwatch(w);
	if (net_resolved(fd, &address) != 0)
		d->done(d, -1, net_error());
	else
		connect_to(d, &address);
}

void
dial_start(struct dial *d, const char *text, unsigned default_port, void (*done)(struct dial *, int fd, const char *why), void *owner)
{
	struct address address;
	unsigned port;
	char *host;
	int fd;

	d->done = done;
	d->owner = owner;
	if (net_split(text, default_port, &host, &port) != 0) {
		done(d, -1, net_error());
		return;
	}
	if (net_numeric(host, port, &address) == 0)
		connect_to(d, &address);
	else if ((fd = net_resolve(host, port)) < 0)
		done(d, -1, net_error());
	else
		loop_watch(&d->resolving, fd, WATCH_READ, resolved, d);
	free(host);
}

bool
dial_is_resolving(const struct dial *d)
{
	return d->resolving.ready != NULL;
}

void
dial_drop(struct dial *d)
{
	int fd = d->resolving.fd;

	if (!dial_is_resolving(d))
		return;
	loop_unwatch(&d->resolving);
	close(fd);
}
