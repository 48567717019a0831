/* Sockets, and links on them: frames in and out, sealed, queued by priority, never blocking. */
#ifndef NET_H
#define NET_H

#include "link/seal.h"

/* A frame is u32 length of what follows, u8 type, u64 job, body. */
#define FRAME_HEAD 13
#define MAX_FRAME (4u << 20) /* a launch with the largest arguments and environment that Linux takes is half of this */

struct frame {
	unsigned type;
	uint64_t job;
	const uint8_t *body; /* borrowed until the next call on this link */
	size_t len;
};

/* Control (and signals, heartbeats) goes before output, output before contents. */
enum priority { PRIO_CONTROL, PRIO_OUTPUT, PRIO_QUEUES };

struct link;
/* Takes over the descriptor (made non-blocking and close-on-exec here). keys NULL: a local socket, never sealed. The keyring is
 * borrowed. For an initiator the connection may still be under way. */
struct link *link_new(int fd, const struct keyring *keys, bool initiator);
void link_free(struct link *);
int link_fd(const struct link *);
bool link_ready(const struct link *); /* connected, and the key proved on both sides */
bool link_dead(const struct link *);
const char *link_why(const struct link *);	    /* why it died */
void link_kill(struct link *, const char *why);	    /* marks it dead; the owner frees it in its own time */
void link_set_patience(struct link *, unsigned ms); /* how long what is sent may wait for the peer's kernel to have it */
const char *link_peer(const struct link *);	    /* "10.0.0.1:6666", or "a local client" */
bool link_is_loopback(const struct link *);
/* How far the peer has come in proving the key: refused (link_why has it), nothing yet, a first message that may be a replayed one, all. */
enum link_proof { LINK_REFUSED, LINK_UNPROVED, LINK_SHOWN, LINK_PROVED };
enum link_proof link_proof(const struct link *);
/* One number for an IPv4 address, or for the network of 64 bits that an IPv6 address is in; 0 for a local socket. */
uint64_t link_origin(const struct link *);

/* Queues a frame; goes out by link_flush. Dead links take and forget. */
void link_send(struct link *, enum priority, unsigned type, uint64_t job, const void *body, size_t len);
size_t link_queued(const struct link *, enum priority); /* bytes waiting */
/* Contents: when nothing else waits, the link asks for one frame at a time: write it with frame_put; nothing written: none for now. */
void link_set_bulk(struct link *, void (*bulk)(void *owner, struct buf *out), void *owner);
void link_wake_bulk(struct link *); /* there is something now */
void frame_put(struct buf *out, unsigned type, uint64_t job, const void *body, size_t len);
size_t frame_begin(struct buf *out, unsigned type, uint64_t job); /* body follows by put_...; returns a mark for frame_end */
void frame_end(struct buf *out, size_t mark);

void link_flush(struct link *); /* writes what the socket takes, of contents a bounded amount */
bool link_wants_write(const struct link *);
bool link_is_full(const struct link *); /* the last flush ended because the socket took no more */
void link_read(struct link *);		/* reads what is there (a bounded amount); then link_next until false */
bool link_next(struct link *, struct frame *);
uint64_t link_silence(const struct link *); /* milliseconds since bytes last came, as of this very moment */
uint64_t link_told(const struct link *);    /* now_ms() when bytes last went */
bool link_waits(const struct link *);	    /* bytes have come, or its end has, that link_read has not taken yet */
void link_forgive(struct link *);	    /* counts as heard of now: it was we who were not listening */
void link_trim(struct link *);		    /* gives back the buffers of an idle link */
void net_idle(void);			    /* gives back those that links share */

/* Who is at the other end of a local socket. groups: malloc'ed, the caller frees. 0 or -1 with errno. */
struct peer {
	uint32_t uid, gid, pid;
	uint32_t *groups;
	size_t group_count;
};
int net_peer(int fd, struct peer *out);

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
int net_resolved(int fd, struct address *out);
bool net_is_loopback(const struct address *);
char *net_text(const struct address *); /* "10.0.0.1:6666"; caller frees */

int net_dial(const struct address *); /* non-blocking; descriptor or -1 with net_error() */
/* Listens; address NULL: all. Descriptor, or -1 with net_error() and errno (EADDRINUSE...). */
int net_listen(const struct address *, unsigned port);
/* A local socket at path that everybody may connect to (who may do what is decided by net_peer). A stale file is
 * replaced; a live master is an error. */
int net_listen_local(const char *path);
int net_dial_local(const char *path); /* blocking connect; -1 with net_error() and errno */
/* -1 with errno when none waits. */
int net_accept(int listener);
const char *net_error(void);
#endif
