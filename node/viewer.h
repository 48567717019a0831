/* One who reads what a job has printed on this node, and prints from now on; or its figures, once. */
#ifndef VIEWER_H
#define VIEWER_H

#include "node/outbox.h"

struct viewer;
/* job: the reader's own number; run: whom it reads, from which line on. Its last event is EXITED. Never NULL. */
struct viewer *viewer_start(uint64_t job, const struct run_common *run, const struct part_share *);
struct viewer *viewer_figures(uint64_t job, struct msg_event *figures, const struct part_share *); /* that event, and EXITED */
struct outbox *viewer_out(struct viewer *);	     /* its events */
void viewer_resend(struct viewer *);		     /* the way up is a new one: everything unacknowledged goes again */
void viewer_ack(struct viewer *, uint64_t sequence); /* the head has everything up to here */
void viewer_done(struct viewer *);		     /* it reads no more: freed, and over() called */
#endif
