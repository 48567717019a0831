/* The description of the user's terminal, which a program on a node needs to draw on it. */
#ifndef TERMINFO_H
#define TERMINFO_H

/* The terminfo entry of $TERM, where ncurses looks for it: a file's path, and in *dir the directory that $TERMINFO would name for it. The
 * caller frees both. NULL: there is none, or no $TERM. */
char *terminfo_find(char **dir);
#endif
