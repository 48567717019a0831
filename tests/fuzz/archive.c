/* Any bytes as an archive, in one part and in parts: the same records, in order, and below the place asked for. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "archive.h"
#include "bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Writes the records again, data records joined. */
static enum archive_state
copy(const uint8_t *data, size_t size, size_t step, struct buf *out)
{
	struct archive a = {0};
	struct archive_item item;
	enum archive_state state = ARCHIVE_MORE;
	size_t at;
	bool in_file = false;

	for (at = 0; at < size && state != ARCHIVE_BAD; at += step) {
		struct reader r = reader_over(data + at, size - at < step ? size - at : step);

		while ((state = archive_next(&a, &r, &item)) == ARCHIVE_ITEM) {
			if (item.kind == ARCHIVE_DATA) {
				assert(in_file && item.len > 0);
				put_bytes(out, item.data, item.len);
				continue;
			}
			assert(item.kind > ARCHIVE_LINK || path_inside(item.path));
			in_file = item.kind == ARCHIVE_FILE || item.kind == ARCHIVE_HOLE;
			archive_put(out, &item);
		}
		assert(state == ARCHIVE_BAD || reader_left(&r) == 0);
	}
	archive_free(&a);
	return state;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = {0}, parts = {0};
	enum archive_state state = copy(data, size, size + 1, &whole);

	assert(copy(data, size, 1 + size % 7, &parts) == state);
	assert(whole.len == parts.len && (!whole.len || memcmp(whole.data, parts.data, whole.len) == 0));
	buf_free(&whole);
	buf_free(&parts);
	return 0;
}
