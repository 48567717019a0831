/* Keeps out of the static binary what nobody calls: sodium_init chooses implementations for password hashing and for
 * salsa20 too, which would link both. Theirs are internal names of libsodium 1.0; where an archive has others, this is of no use
 * and does no harm. Must never know what is linked instead. */

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
