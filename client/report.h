/* A launch as JSON objects (-json): what comes between its first and its last, beside the output. */
#ifndef REPORT_H
#define REPORT_H

#include "client/verdicts.h"

void report_start(struct buf *, const struct verdicts *, const char *job,
	char *const *command); /* which ends in NULL; and the nodes that do not take part */
void report_verdict(struct buf *, const struct verdicts *, size_t node);	       /* how that node has ended */
void report_end(struct buf *, const struct verdicts *, const char *job, int status, bool left); /* left: gproc has, some run still */
#endif
