/* The postfix words of -myParent, -myId and -myAddress, made into one string. */
#ifndef STACKVM_H
#define STACKVM_H

/* What is left on the stack when all words are done; words are parted by blanks. hostname is what the word "hostname"
 * pushes. The caller frees. NULL: stackvm_error() names the word and the values it met. */
char *stackvm_eval(const char *words, const char *hostname);
const char *stackvm_error(void);
#endif
