/* Deflated pieces of objects, as they came or were made here: the last ones, within a bound, for neighbours that want the same soon after.
 * Must never know which neighbours want them. */
#include "node/packed.h"
#include "base/util.h"

#include <stdlib.h>
#include <string.h>

enum {
	KEPT = 256,	      /* pieces: 16 of each of 16 objects that are on their way together */
	KEPT_BYTES = 2 << 20, /* doc/architecture.md has the sum */
};

static struct piece {
	struct object_name name;
	uint64_t offset;
	size_t raw_len, len;
	uint8_t *data;
} ring[KEPT];
static size_t newest, oldest, held; /* places in the ring, counted on and on; bytes */

static void
drop_oldest(void)
{
	struct piece *p = &ring[oldest++ % KEPT];

	held -= p->len;
	free(p->data);
	*p = (struct piece){.len = 0};
}

static struct piece *
find(const struct object_name *name, uint64_t offset, size_t raw_len)
{
	size_t i;

	for (i = newest; i-- > oldest;) {
		struct piece *p = &ring[i % KEPT];

		if (p->offset == offset && p->raw_len == raw_len && object_equal(&p->name, name))
			return p;
	}
	return NULL;
}

bool
packed_find(const struct object_name *name, uint64_t offset, size_t raw_len, const uint8_t **data, size_t *len)
{
	const struct piece *p = find(name, offset, raw_len);

	if (!p)
		return false;
	*data = p->data;
	*len = p->len;
	return true;
}

void
packed_keep(const struct object_name *name, uint64_t offset, size_t raw_len, const uint8_t *data, size_t len)
{
	struct piece *p;

	if (find(name, offset, raw_len))
		return;
	while (newest - oldest == KEPT || (newest > oldest && held + len > KEPT_BYTES))
		drop_oldest();
	p = &ring[newest++ % KEPT];
	*p = (struct piece){.name = *name, .offset = offset, .raw_len = raw_len, .len = len};
	if (len > 0) {
		p->data = xmalloc(len);
		memcpy(p->data, data, len);
	}
	held += len;
}

void
packed_idle(void)
{
	while (newest > oldest)
		drop_oldest();
}
