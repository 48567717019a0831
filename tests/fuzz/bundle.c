/* Manifests and pieces from a link. The first byte says which of them follows. */
#include "bundle.h"

#include <stdlib.h>
#include <string.h>

static void
manifest(const uint8_t *data, size_t len)
{
	struct manifest m;
	struct buf again = {0};
	size_t i;

	if (manifest_decode(data, len, 1001, &m) < 0)
		return;
	for (i = 0; i < m.count; i++)
		if (!path_inside(m.at[i].path) || manifest_find(&m, m.at[i].path) != &m.at[i])
			abort();
	/* There is one encoding only, so what was taken is what is given. */
	manifest_encode(&m, &again);
	if (again.len != len || memcmp(again.data, data, len) != 0)
		abort();
	buf_free(&again);
	manifest_free(&m);
}

static void
piece_in(const uint8_t *data, size_t len)
{
	size_t raw = len >= 2 ? (size_t)(data[0] << 8 | data[1]) : 0;
	uint8_t *out = malloc(raw ? raw : 1);

	if (len >= 2)
		(void)piece_inflate(data + 2, len - 2, out, raw);
	free(out);
}

static void
piece_out(const uint8_t *data, size_t len)
{
	uint8_t *small = malloc(len + 1), *back = malloc(len + 1);
	size_t packed = piece_deflate(data, len, small);

	if (packed >= len && packed > 0)
		abort();
	if (packed && (piece_inflate(small, packed, back, len) < 0 || memcmp(back, data, len) != 0))
		abort();
	free(small);
	free(back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static void (*const parts[])(const uint8_t *, size_t) = {manifest, piece_in, piece_out};

	if (len > 0)
		parts[data[0] % COUNT(parts)](data + 1, len - 1);
	return 0;
}
