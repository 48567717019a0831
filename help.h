/* What help says that no table of switches or modes holds. */
#ifndef HELP_H
#define HELP_H

/* Short names of modes, parted by blanks, that have a line together in the overview; or of switches below one title. The last has none. */
struct help_row {
	const char *names, *text;
};
extern const struct help_row help_overview[];
extern const struct help_row help_purposes[];
extern const char help_examples[]; /* with the overview 24 lines of 80 columns */
extern const char help_grammar[];  /* of node specs */
#endif
