/* The kernel command line as words, and the gproc switches among them. Pure: text in, text out. */
#ifndef CMDLINE_H
#define CMDLINE_H

#include "base/util.h"

/* The words of text, quotes taken off as the kernel takes them (lib/cmdline.c, next_arg): name="a b" becomes "name=a
 * b". Adds to the list. */
void cmdline_words(const char *text, struct strings *words);
/* The value of the last word called name, "" when that has no '='; NULL when there is none. Borrowed from the list. */
const char *cmdline_value(const struct strings *words, const char *name);
/* Adds "-switch=value" for each gproc.switch=value, in order, to argv ("-switch=true" where there is no value). What is
 * not taken is told in refused, one message each; a message never repeats what may be a key. gproc.hostname is PID 1's
 * own and no switch. */
void cmdline_switches(const struct strings *words, struct strings *argv, struct strings *refused);
#endif
