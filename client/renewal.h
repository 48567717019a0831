/* The user's side of renew: nodes are to run this gproc, or the one of their machine. Returns the exit status, or ends the process with it.
 */
#ifndef RENEWAL_H
#define RENEWAL_H

#include "opts.h"

int client_renew(const struct options *, const char *spec);
#endif
