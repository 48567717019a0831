/* The user's signals at the client. */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <stdbool.h>

/* From now on INT, TERM, QUIT, HUP, USR1, USR2, TSTP, CONT and WINCH come by the descriptor that this returns; but those that were ignored
 * stay ignored, as nohup and a shell's background jobs have it. Dies when the kernel gives none. */
int signals_catch(void);
int signals_next(int fd);	 /* the next that has come; 0: none */
bool signals_background(int fd); /* it is a terminal, and others are in its foreground */
/* Stops this process, or all of its process group, as Ctrl-Z would; returns when it goes on. */
void signals_stop(bool group);
#endif
