/* Any key file: keys or a reason why not, and nothing of a file that is refused stays behind. */
#include <assert.h>
#include <string.h>
#include "link/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct keyring nothing;
	struct keyring ring;

	if (key_parse("key", (const char *)data, size, &ring) == 0)
		assert(ring.count > 0 && ring.count <= MAX_KEYS && !ring.plain);
	else
		assert(memcmp(&ring, &nothing, sizeof(ring)) == 0 && *key_error());
	keyring_wipe(&ring);
	return 0;
}
