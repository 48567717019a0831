/* The file that is to run in this process's place: tried, put in the place of the old one, run. */
#ifndef SUCCESSOR_H
#define SUCCESSOR_H

#include "base/util.h"

/* Names of what is told to it in its environment: the file in whose place it should be, where it is not; where it was in the tree. */
#define SUCCESSOR_FILE "GPROC_FILE"
#define SUCCESSOR_PLACE "GPROC_PLACE"

/* A child that does one thing and is not waited for: what it says lies in a pipe when it has ended. Who started it may kill it. */
struct attempt {
	pid_t pid; /* 0: none */
	int said;  /* descriptor; -1: none */
};
/* Runs the file as "gproc trial WORDS...", that ends with 0 when it could be what this process is, and says
 * its version, else why not. words: this process's own, argv[0] too. 0, or -1 with errno. */
int trial_start(struct attempt *, int file, char *const *words);
/* Puts the file in the place of this process's own, with that one's mode but for others' right to write, as this process's user's, or where
 * `path` is not NULL there. It ends with 0 when it is there, and else says why not; then nothing has changed. 0, or -1 with errno. */
int placing_start(struct attempt *, int file, const char *path);
char *attempt_end(struct attempt *); /* after it was reaped: what it has said, its last line. The caller frees */
/* Of this process's own file, or of the one in whose place it should be; "": not known. Later the mounts by which it was found may be gone.
 */
const char *successor_path(void);
void successor_begin(void); /* finds that out: at the start, in the mount namespace in which this process was started */
/* Runs it with this process's words and what the environment holds by then: from its place, where it is there (path not NULL) and nobody
 * has put another there, or from memory; where neither can be, this process's own file once more. Returns only where that fails, too. */
void successor_run(int file, const char *path, char *const *words);
#endif
