/* Deflated pieces of objects, as they came or were made here: what several neighbours want soon after one another is deflated once. */
#ifndef PACKED_H
#define PACKED_H

#include "bundle.h"

/* The piece of that object that begins at offset and has raw_len bytes. False: it isn't kept. Else its deflated bytes, borrowed until the
 * next call; none (*len 0): it is not worth deflating. */
bool packed_find(const struct object_name *, uint64_t offset, size_t raw_len, const uint8_t **data, size_t *len);
void packed_keep(const struct object_name *, uint64_t offset, size_t raw_len, const uint8_t *data, size_t len); /* copies it */
void packed_idle(void);												/* gives all of it back */
#endif
