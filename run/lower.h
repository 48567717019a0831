/* Files of the store shown as a job's own: the lower layer of an overlay, whose upper layer is the job's. Nothing is copied before it is
 * written. */
#ifndef LOWER_H
#define LOWER_H

#include "base/util.h"

/* What an overlay can do on this node. */
enum lower_kind {
	LOWER_NONE,  /* nothing: own files are copies */
	LOWER_GIVEN, /* a file's owner, mode and times are set in the upper layer alone (metacopy; as root of the whole machine) */
	LOWER_KEPT,  /* to set them copies the file, so it must have them below already (userxattr; in a user namespace) */
};
/* Tried out in a store, which a descriptor of its top directory names; nothing of it is left there. None where it is not on a tmpfs. */
enum lower_kind lower_probe(int store, bool is_root);
/* A detached mount of such an overlay; the paths are relative to the working directory, work is an empty directory beside upper. -1 with
 * errno. The caller closes. */
int lower_mount(enum lower_kind, const char *lower, const char *upper, const char *work);
#endif
