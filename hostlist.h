/* Host names as a short text: "n[1-5,08-12],login-2". */
#ifndef HOSTLIST_H
#define HOSTLIST_H

#include "base/util.h"

#define HOST_MAX 255 /* bytes of a host name: as many as the domain system allows */

bool hostlist_is_name(const char *text);	  /* it can stand in a spec as a host: a letter, then letters, digits, "-", "_" and "." */
int hostlist_compare(const char *, const char *); /* the order in which they are folded: n9 is before n10 */
/* Names folded over the last number before their first dot, leading zeros kept; a name given twice stands there once. The array is put in
 * order. The caller frees. */
char *hostlist_fold(const char **names, size_t count) NEVER_NULL;
#endif
