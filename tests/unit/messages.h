/* For tests: messages made at one go that the product makes in parts. */
#ifndef MESSAGES_H
#define MESSAGES_H

#include "proto.h"

static void
put_run(struct buf *b, const struct msg_run *m)
{
	put_run_head(b, m);
	put_bytes(b, m->block, m->block_len);
	put_run_entries(b, m);
}
#endif
