/* The postfix words of -myParent, -myId and -myAddress, made into one string. */
#ifndef STACKVM_H
#define STACKVM_H

#include <stdint.h>

/* The one value that the words, parted by blanks, leave on the stack. The word "hostname" pushes hostname. The caller frees. NULL:
 * stackvm_error() names the word that failed and its values. */
char *stackvm_eval(const char *words, const char *hostname);

/* The node id that a text is: decimal digits, leading zeros dropped ("007" is 7), at most 4294967295.
 * 0, or -1 with stackvm_error() and *out untouched. */
int stackvm_id(const char *text, uint32_t *out);
const char *stackvm_error(void); /* why the last call failed; borrowed until the next */
#endif
