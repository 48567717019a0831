/* Addresses, names and sockets. */
#ifndef NET_H
#define NET_H

#include "base/buf.h"

/* Who is at the other end of a local socket. groups: malloc'ed, the caller frees. 0 or -1 with errno. */
struct peer {
	uint32_t uid, gid, pid;
	uint32_t *groups;
	size_t group_count;
};
int net_peer(int fd, struct peer *out); /* of a connected socket */

/* "host", "host:port", "[v6]:port". 0, or -1 with net_error(). host: caller frees. */
int net_split(const char *text, unsigned default_port, char **host, unsigned *port);
#define MAX_ADDRESS 128 /* bytes of a socket address of any family we use */
struct address {
	uint8_t raw[MAX_ADDRESS];
	uint32_t len;
};
/* A numeric host only: 0, or -1 when it is a name. */
int net_numeric(const char *host, unsigned port, struct address *out);
/* A name, in a child process (getaddrinfo blocks): returns a descriptor that becomes readable, -1 with net_error(). Then
 * net_resolved reads it: 0 with an address, -1 with net_error(). It closes the descriptor. */
int net_resolve(const char *host, unsigned port);
int net_resolved(int fd, struct address *out); /* the answer that net_resolve's descriptor has */
bool net_is_loopback(const struct address *); /* of 127.0.0.0/8 or ::1 */
bool net_is_here(const struct address *);     /* false: an address that this machine does not have now */
char *net_text(const struct address *);	      /* "10.0.0.1:6666"; caller frees */

int net_dial(const struct address *); /* non-blocking; descriptor or -1 with net_error() */
/* Listens; address NULL: all. Descriptor, or -1 with net_error() and errno (EADDRINUSE...). */
int net_listen(const struct address *, unsigned port);
/* A local socket at path that everybody may connect to (who may do what is decided by net_peer). A stale file is
 * replaced; a live master is an error. */
int net_listen_local(const char *path);
int net_dial_local(const char *path); /* blocking connect; -1 with net_error() and errno */
/* -1 with errno when none waits. */
int net_accept(int listener);
const char *net_error(void); /* why the last call failed; borrowed until the next */
#endif
