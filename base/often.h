/* Warnings that may come again and again: told, and then counted. */
#ifndef OFTEN_H
#define OFTEN_H

#include "base/util.h"

/* As warn, for what may happen several times a second for days: the same text is told `burst` times (1 or more), then counted for 10 s, and
 * while it goes on coming for twice as long as before, up to 10 minutes. What was counted is told behind the text: "(3 times more)". */
enum { TOLD_EACH = 5 }; /* the burst for what really changes, such as a node that comes and goes */
void warn_often(unsigned burst, const char *fmt, ...) PRINTF(2, 3); /* as printf has it; the text is what is counted */
void refuse_often(const char *fmt, ...) PRINTF(1, 2); /* the same for a peer that was refused: told once, and listed */
void inform_often(unsigned burst, const char *fmt, ...) PRINTF(2, 3); /* the same for what is no trouble */
char *often_refused(void); /* whom refuse_often was called for of late: a line each. The caller frees */
void often_due(void);	/* tells what has been counted for long enough: to be called every few seconds */
void often_flush(void); /* tells all that has been counted: before the process ends */
#endif
