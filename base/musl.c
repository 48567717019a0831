/* Names that Debian's glibc-built archives want and musl does not have.
 * Must never know what calls them. */
#include <string.h>

/* The fortified form of explicit_bzero: the caller's object has `room` bytes. */
void __explicit_bzero_chk(void *data, size_t len, size_t room);

#ifndef __GLIBC__
void
__explicit_bzero_chk(void *data, size_t len, size_t room)
{
	if (len > room)
		__builtin_trap();
	explicit_bzero(data, len);
}
#endif
