/* How this daemon is: what nobody needs to know until a doctor asks.
 * Must never know who asks, or what is wrong. */
#include "node/health.h"
#include "base/often.h"
#include "node/self.h"
#include "proto.h"
#include "run/store.h"

#include <stdlib.h>
#include <time.h>

void
health_put(struct buf *b)
{
	char key[KEY_ID_TEXT] = "", *refused = often_refused();
	struct timespec now = {0};
	struct msg_health m = {.store = store_budget(self.store),
		.store_held = store_held(self.store),
		.version = GPROC_VERSION,
		.key = key,
		.binroot = self.options->binroot,
		.refused = refused};

	if (!self.keys.plain && self.keys.count)
		key_id(self.keys.key[0], key);
	(void)clock_gettime(CLOCK_REALTIME, &now);
	m.time = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	put_health(b, &m);
	free(refused);
}
