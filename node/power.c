/* Halting and rebooting: the order on its way to a node, and given to that node's PID 1.
 * Must never know who may ask for it. */
#include "node/power.h"
#include "init/init.h"
#include "node/neighbour.h"
#include "node/self.h"

#include <errno.h>
#include <string.h>

static void
power_route(const struct msg_power *m)
{
	struct buf body = {0};

	if (path_equal(&m->path, &self.path)) {
		if (init_request(m->reboot ? POWER_REBOOT : POWER_OFF) != 0)
			warn("can't %s this machine: %s", m->reboot ? "reboot" : "halt",
				errno == ENOTSUP ? "its PID 1 is not gproc" : strerror(errno));
		return;
	}
	put_power(&body, m);
	neighbour_post(neighbour_towards(&m->path), PRIO_CONTROL, MSG_POWER, 0, &body);
}

void
power_on_power(struct neighbour *parent, const struct frame *frame)
{
	struct msg_power m;

	if (take_power(frame->body, frame->len, &m) == 0)
		power_route(&m);
	else
		neighbour_malformed(parent, frame);
}
