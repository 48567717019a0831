/* What one node sends of its files, written below a directory of the caller's: whole or not at all, each file. */
#ifndef RECEIVE_H
#define RECEIVE_H

#include "base/util.h"

struct receipt;
/* dir: where it goes, made when the first file comes; as: the name that the one thing asked for gets there, or NULL for its own. Both are
 * copied. The caller frees by receive_free. */
struct receipt *receive_new(const char *dir, const char *as);
/* The next bytes of the node's archive. -1: nothing more of it is of use, for there is no archive, or no room here. */
int receive_add(struct receipt *, const uint8_t *data, size_t len);
/* Nothing more comes. NULL: all of it is whole. Else what is wrong, with the file's name, borrowed until receive_free: that of the first
 * file, and how many others. */
const char *receive_end(struct receipt *);
uint64_t receive_left_out(const struct receipt *); /* devices, sockets and fifos within directories */
void receive_free(struct receipt *);		   /* NULL is allowed; what was not whole is gone */
#endif
