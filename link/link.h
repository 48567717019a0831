/* A link on a socket: frames in and out, sealed, queued by priority, never blocking. */
#ifndef LINK_H
#define LINK_H

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
void link_free(struct link *);			    /* closes the socket; NULL is allowed */
int link_fd(const struct link *);		    /* the socket; stays its own */
bool link_ready(const struct link *);		    /* connected, and the key proved on both sides */
bool link_dead(const struct link *);		    /* it takes and brings nothing more; link_why says why */
const char *link_why(const struct link *);	    /* why it died */
void link_kill(struct link *, const char *why);	    /* marks it dead; the owner frees it in its own time */
void link_set_patience(struct link *, unsigned ms); /* how long what is sent may wait for the peer's kernel to have it */
const char *link_peer(const struct link *);	    /* "10.0.0.1:6666", or "a local client" */
bool link_is_loopback(const struct link *);	    /* its peer is on this machine */
/* How far the peer has come, or had when the link died, in proving the key: refused (link_why has it), nothing yet, a first message that
 * may be a replayed one, all. */
enum link_proof { LINK_REFUSED, LINK_UNPROVED, LINK_SHOWN, LINK_PROVED };
enum link_proof link_proof(const struct link *);
/* One number for an IPv4 address, or for the network of 64 bits that an IPv6 address is in; 0 for a local socket. */
uint64_t link_origin(const struct link *);

/* Queues a frame; goes out by link_flush. Dead links take and forget. */
void link_send(struct link *, enum priority, unsigned type, uint64_t job, const void *body, size_t len);
/* For bodies that are lists: this one lengthens the frame that was queued last, where that has not gone out yet, is of the same type and
 * job, and stays in SHARED_FRAME bytes; else it is a frame of its own. */
void link_share(struct link *, enum priority, unsigned type, uint64_t job, const void *body, size_t len);
#define SHARED_FRAME (64u << 10)
/* A frame whose body is before, the shared bytes, after: these are held, not copied, until they have gone out. Those of PRIO_OUTPUT go at
 * one go, whole, so they should be short. */
void link_send_shared(
	struct link *, enum priority, unsigned type, uint64_t job, const struct buf *before, struct shared *, const struct buf *after);
size_t link_holds(const struct link *, enum priority);	/* shared bytes that have not gone out */
size_t link_queued(const struct link *, enum priority); /* bytes waiting */
/* Contents: when nothing else waits, the link asks for one frame after another: write it with frame_put; nothing written: none for now. */
void link_set_bulk(struct link *, void (*bulk)(void *owner, struct buf *out), void *owner);
void link_wake_bulk(struct link *);							    /* there is something now */
void frame_put(struct buf *out, unsigned type, uint64_t job, const void *body, size_t len); /* appends a whole frame */
size_t frame_begin(struct buf *out, unsigned type, uint64_t job); /* body follows by put_...; returns a mark for frame_end */
void frame_end(struct buf *out, size_t mark);			  /* sets the length: all since frame_begin is the body */

void link_flush(struct link *);		       /* writes what the socket takes, of contents a bounded amount */
bool link_wants_write(const struct link *);    /* something waits to go out: watch for POLLOUT */
bool link_is_quick(const struct link *);       /* it was seen to bring more than some 60 MB/s, which is what deflate takes in */
void link_read(struct link *);		       /* reads what is there (a bounded amount); then link_next until false */
bool link_next(struct link *, struct frame *); /* the next whole frame that was read; false: none yet */
size_t link_coming(const struct link *);    /* bytes of the frame that has begun to come and is not all here; 0: none, or not known yet */
void link_deafen(struct link *);	    /* what comes from now on is thrown away: the peer is only waited for until it goes */
uint64_t link_silence(const struct link *); /* milliseconds since bytes last came, as of this very moment */
bool link_waits(const struct link *);	    /* bytes have come, or its end has, that link_read has not taken yet */
void link_forgive(struct link *);	    /* counts as heard of now: it was we who were not listening */
void link_trim(struct link *);		    /* gives back the buffers of an idle link */
void link_idle(void);			    /* gives back the buffers that links share */
#endif
