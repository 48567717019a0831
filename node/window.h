/* Objects for which there is no room here: they pass through a window in memory, so that nodes below need not know. */
#ifndef WINDOW_H
#define WINDOW_H

#include "node/fetch.h"

void window_begin(struct fetch *); /* nothing of it is kept any more */
/* A fetch begins, of a blob that may be thin; one ends, or is kept from now on. Nothing where it isn't a thin one. */
void window_comes(const struct fetch *);
void window_goes(const struct fetch *); /* the second of these */
void window_moved(struct fetch *); /* a thin one has changed: its streams, what they have taken, its source, what is here */
void window_turns(void);	   /* windows may be free, or others wanted */
void window_tick(void); /* five times a heartbeat: a stream that stands still is left behind, an object that does gives up its turn */
#endif
