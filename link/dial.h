/* Reaching a peer by its name: resolved where it is one, then a connection under way. */
#ifndef DIAL_H
#define DIAL_H

#include "base/loop.h"

/* One try, owned by the caller, zeroed before the first; it lives until done is called or the try is dropped. */
struct dial {
	struct watch resolving;
	/* Called once, perhaps before dial_start returns: with a socket that is connecting and is the owner's now, or -1 and the reason. */
	void (*done)(struct dial *, int fd, const char *why);
	void *owner;
};
/* text: "host", "host:port", "[v6]:port". */
void dial_start(struct dial *, const char *text, unsigned default_port, void (*done)(struct dial *, int fd, const char *why), void *owner);
bool dial_is_resolving(const struct dial *); /* its name is being looked up: nothing is connecting yet */
void dial_drop(struct dial *); /* done will not be called */
#endif
