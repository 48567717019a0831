/* Keeps functions out of the static binary that are never called: sodium_init chooses implementations for password hashing and for
 * salsa20 too, which would link both; zlib can make and read gzip, whose checksum brings tables of 9 KiB. The former
 * are internal names of libsodium 1.0; where an archive has others, this is of no use and does no harm. Must never know
 * what is linked instead. */

int _crypto_pwhash_argon2_pick_best_implementation(void);
int _crypto_stream_salsa20_pick_best_implementation(void);

int
_crypto_pwhash_argon2_pick_best_implementation(void)
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
