/* The kernel command line as words, and the gproc switches among them. Pure: text in, text out. */
#ifndef CMDLINE_H
#define CMDLINE_H

#include "base/util.h"

/* Adds the words of text to the list, without the quotes that the kernel takes off (lib/cmdline.c, next_arg): name="a b" becomes "name=a
 * b". */
void cmdline_words(const char *text, struct strings *words);
/* The value of the last word called name, "" when it has no '='; NULL when no word is called so. Borrowed from the list. */
const char *cmdline_value(const struct strings *words, const char *name);
/* Adds "-switch=value" to argv for each gproc.switch=value, in order ("-switch=true" where there is no value), and to refused a message for
 * each that can't be taken; no message repeats what may be a key. gproc.hostname is for PID 1 and no switch. */
void cmdline_switches(const struct strings *words, struct strings *argv, struct strings *refused);
#endif
