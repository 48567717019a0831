/* A file that appears in its place whole or not at all: until then it has no name, or where the file system can't do that another one. */
#ifndef FRESH_H
#define FRESH_H

#include <stdbool.h>
#include <sys/stat.h>

struct fresh {
	int fd;	       /* to write to; owned */
	int dir;       /* where it is made; borrowed until the end */
	char name[32]; /* the name that it has meanwhile; "": none */
};
/* Begins a file in a directory. 0, or -1 with errno and nothing made. */
int fresh_begin(struct fresh *, int dir, mode_t mode);
/* Puts it in the place of what has that name there: a file, a link, nothing. A link is replaced, not followed. Closes it. 0, or -1 with errno
 * and nothing changed. */
int fresh_end(struct fresh *, const char *name);
void fresh_drop(struct fresh *); /* as if it had never been begun */
/* The directory below root that a path's last part lies in, no link on the way followed, and in *name that part. The caller closes it. -1 with
 * errno. */
int fresh_parent(int root, const char *path, const char **name);
/* A directory, made or there already: open to its owner until fresh_dress, when all is in it. 0, or -1 with errno: ENOTDIR where something
 * else stands. */
int fresh_dir(int dir, const char *name);
int fresh_dress(int fd, mode_t mode, struct timespec mtime); /* its mode and time: the last of what is done to it. 0, or -1 with errno */
/* As fresh_begin and fresh_end for a link, with its time, and for another name of a file. */
int fresh_link(int dir, const char *target, struct timespec mtime, const char *name);
int fresh_hard_link(int from, const char *old, int dir, const char *name); /* old is below the directory from */
#endif
