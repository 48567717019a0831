/* How this daemon is: what nobody needs to know until a doctor asks. */
#ifndef HEALTH_H
#define HEALTH_H

#include "base/buf.h"

void health_put(struct buf *); /* adds it, as put_health has it */
#endif
