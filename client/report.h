/* A launch as JSON objects (-json): what comes between its first and its last, beside the output. */
#ifndef REPORT_H
#define REPORT_H

#include "client/verdicts.h"

struct about {
	const char *job, *name; /* name "": none */
	uint32_t uid;
	uint64_t time;	      /* milliseconds since 1970, when it began */
	char *const *command; /* ends in NULL */
};
void report_start(struct buf *, const struct verdicts *, const struct about *); /* and the nodes that do not take part */
void report_verdict(struct buf *, const struct verdicts *, size_t node);	       /* how that node has ended */
void report_skipped(struct buf *, const struct verdicts *, size_t node, uint64_t bytes); /* output of it that was not to be had */
void report_end(struct buf *, const struct verdicts *, const char *job, int status, bool left); /* left: gproc has, some run still */
#endif
