/* Who ran what: a line of the master's log for each launch, and one for its end. */
#ifndef JOURNAL_H
#define JOURNAL_H

#include "node/record.h"

void journal_start(const struct record *); /* a launch has begun */
void journal_end(const struct record *); /* once all its outcomes have come */
#endif
