/* The power button, as the kernel's input devices tell of it. */
#ifndef BUTTON_H
#define BUTTON_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#define MAX_BUTTONS 4 /* input devices that have a power key: a board's, a chassis's, a service processor's */

void button_open(void);				   /* those that are there now; their drivers must have been loaded */
size_t button_fds(struct pollfd out[MAX_BUTTONS]); /* descriptors to wait for; how many */
bool button_was_pressed(void);			   /* since it was last asked */
#endif
