/* Keeps functions out of the static binary that are never called or not missed: sodium_init chooses implementations for password
 * hashing, salsa20 and X25519 too, which would link all three; BLAKE2b comes in four; zlib can make and read gzip, whose checksum
 * brings tables of 9 KiB; musl's fnmatch knows the letters of all alphabets, 11 KiB, which without setlocale are never asked for;
 * its calls for all threads bring locks, 3 KiB.
 * Those of libsodium are internal names of its release 1.0; where an archive has others, this is of no use and does no harm. Must
 * never know what is linked instead. */

#include <ctype.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

int _crypto_pwhash_argon2_pick_best_implementation(void);
int _crypto_scalarmult_curve25519_pick_best_implementation(void);
int _crypto_stream_salsa20_pick_best_implementation(void);

int
_crypto_pwhash_argon2_pick_best_implementation(void)
{
	return 0;
}

int
_crypto_scalarmult_curve25519_pick_best_implementation(void)
{
	return 0;
}

int
_crypto_stream_salsa20_pick_best_implementation(void)
{
	return 0;
}

/* zlib's crc32, for gzip streams only, which gproc neither makes nor reads: right, but slow (RFC 1952, 8). */
unsigned long crc32(unsigned long crc, const unsigned char *data, unsigned len);

unsigned long
crc32(unsigned long crc, const unsigned char *data, unsigned len)
{
	int bit;

	if (!data)
		return 0;
	crc = ~crc & 0xffffffff;
	while (len-- > 0) {
		crc ^= *data++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc & 0xffffffff;
}

/* BLAKE2b for processors of before AVX2: the plain one is as good. */
struct blake2b_state;
int blake2b_compress_ref(struct blake2b_state *, const uint8_t *block);
int blake2b_compress_ssse3(struct blake2b_state *, const uint8_t *block);
int blake2b_compress_sse41(struct blake2b_state *, const uint8_t *block);

int
blake2b_compress_ssse3(struct blake2b_state *state, const uint8_t *block)
{
	return blake2b_compress_ref(state, block);
}

int
blake2b_compress_sse41(struct blake2b_state *state, const uint8_t *block)
{
	return blake2b_compress_ref(state, block);
}

/* BearSSL's archive is made for glibc, which checks the length of what its compiler knows the room of. */
void *__memcpy_chk(void *to, const void *from, size_t len, size_t room);

void *
__memcpy_chk(void *to, const void *from, size_t len, size_t room)
{
	if (len > room)
		abort();
	return memcpy(to, from, len);
}

/* The classes of characters and the cases of letters of POSIX's own locale, which fnmatch asks for by their wide names. */
wctype_t
wctype(const char *name)
{
	static const char names[] = "alnum\0alpha\0blank\0cntrl\0digit\0graph\0lower\0print\0punct\0space\0upper\0xdigit\0";
	const char *p;
	wctype_t i = 1;

	for (p = names; *p; p += strlen(p) + 1, i++)
		if (strcmp(p, name) == 0)
			return i;
	return 0;
}

int
iswctype(wint_t c, wctype_t type)
{
	static int (*const is[])(int) = {isalnum, isalpha, isblank, iscntrl, isdigit, isgraph, islower, isprint, ispunct, isspace, isupper, isxdigit};

	return type && c < 128 && is[type - 1]((int)c);
}

wint_t
towupper(wint_t c)
{
	return c < 128 ? (wint_t)toupper((int)c) : c;
}

wint_t
towlower(wint_t c)
{
	return c < 128 ? (wint_t)tolower((int)c) : c;
}

/* musl makes setrlimit and setgroups act on all threads, and libsodium locks its start against others: gproc has one. */
#ifndef __GLIBC__
void __synccall(void (*call)(void *), void *context);

void
__synccall(void (*call)(void *), void *context)
{
	call(context);
}

int
pthread_mutex_lock(pthread_mutex_t *mutex)
{
	(void)mutex;
	return 0;
}

int
pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	(void)mutex;
	return 0;
}
#endif
