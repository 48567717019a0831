/* The user's side of cp and get: which file goes where. Each returns the exit status, or ends the process with it. */
#ifndef FILES_H
#define FILES_H

#include "opts.h"

int client_cp(const struct options *, const char *spec, char **operands);  /* from..., to; NULL-ended, two at least */
int client_get(const struct options *, const char *spec, char **operands); /* likewise */
#endif
