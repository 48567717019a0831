/* The postfix words of -myParent, -myId and -myAddress, made into one string. */
#ifndef STACKVM_H
#define STACKVM_H

#include <stdint.h>

/* What is left on the stack when all words are done; words are parted by blanks. hostname is what the word "hostname"
 * pushes. The caller frees. NULL: stackvm_error() names the word and the values it met. */
char *stackvm_eval(const char *words, const char *hostname);

/* A node id from such a string: decimal digits, leading zeros dropped ("007" is 7), at most 4294967295.
 * 0, or -1 with stackvm_error() and *out untouched. */
int stackvm_id(const char *text, uint32_t *out);
const char *stackvm_error(void);
#endif
