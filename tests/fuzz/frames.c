/* Any bytes to a link, in any pieces: frames come out that are all there, or the link ends; both without a key and as a stranger. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "link/link.h"
#include "link/net.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint8_t seen;

/* Looks at every byte that a frame promises. */
static void
take(struct link *l, bool may)
{
	struct frame f;
	size_t i;

	while (link_next(l, &f)) {
		assert(may && f.len <= MAX_FRAME && f.type <= 255);
		for (i = 0; i < f.len; i++)
			seen = f.body[i];
	}
}

static void
feed(const uint8_t *data, size_t size, const struct keyring *keys)
{
	struct link *l;
	uint8_t answer[4096];
	int ends[2];
	size_t step;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		abort();
	l = link_new(ends[0], keys, false);
	while (size > 0 && !link_dead(l)) {
		step = 1 + *data % 67u * (*data % 67u);
		if (step > size)
			step = size;
		if (send(ends[1], data, step, MSG_NOSIGNAL) != (ssize_t)step)
			break;
		link_read(l);
		take(l, !keys || keys->plain);
		assert(!link_ready(l) || !keys || keys->plain);
		link_flush(l);
		while (recv(ends[1], answer, sizeof(answer), MSG_DONTWAIT) > 0)
			;
		data += step;
		size -= step;
	}
	(void)link_why(l);
	link_free(l);
	close(ends[1]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct keyring key = {.count = 1, .key = {{1, 2, 3}}}, plain = {.plain = true};

	if (size == 0)
		return 0;
	feed(data + 1, size - 1, data[0] % 3 == 0 ? NULL : data[0] % 3 == 1 ? &key : &plain);
	return 0;
}
