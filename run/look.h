/* What a program's start needs, looked at with the rights that the caller has just then. What is there may be any user's: nothing but a
 * regular file is read, and no fifo or device is waited for. */
#ifndef LOOK_H
#define LOOK_H

#include "base/buf.h"

#define SHEBANG_SIZE 256 /* as much as the kernel reads of a first line: BINPRM_BUF_SIZE */

/* The first line of a script: its interpreter, and the one argument it may have ("" for none), both within line. False: no script. */
bool look_shebang(const char *path, char line[SHEBANG_SIZE], char **interpreter, char **argument);
bool look_holds(const char *path, const char *word); /* among the first 16 MiB */
bool look_is_program(const char *path);		     /* a regular file that anybody may execute */
bool look_gives_rights(const char *path);	     /* it has set-id bits or file capabilities */

/* Whether nobody but root and the caller can lead the path elsewhere: not by a name on the way, nor by the file itself. */
bool look_is_sure(const char *path);
/* Whether somebody else has, or could make, a name on the way in a directory that everybody writes to. passed: directories on the way of
 * paths that were looked at before, with the same rights, which aren't looked at again; more are added. */
bool look_is_open(const char *path, struct strings *passed);

/* The first file that stands in the way of a program's start: itself, its interpreter, or that one's interpreter. */
struct trouble {
	char *file, *needed_by; /* needed_by is NULL for the program itself; owned */
	int error;
	bool noexec; /* its file system is mounted so */
};
bool look_trouble(const char *program, struct trouble *); /* false: none is seen, and nothing to free */
#endif
