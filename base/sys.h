/* Kernel calls that libc has no name for. -1 with errno as usual; every descriptor made here is close-on-exec. */
#ifndef SYS_H
#define SYS_H

#include "base/util.h"

/* Mount attributes (linux/mount.h, MOUNT_ATTR_). */
#define ATTR_RDONLY 1u
#define ATTR_NOSUID 2u
#define ATTR_NODEV 4u

/* A detached clone of the mount at a path ("": of dir itself), with what is mounted below it when recursive; a directory or a file.
 * Linux 5.2. */
int mount_clone(int dir, const char *path, bool recursive);
/* The mount itself that a path leads to, for mount_attach to move. */
int mount_open(int dir, const char *path);
int mount_attach(int mount, int dir, const char *path); /* a detached mount; an attached one is moved. "": over dir itself */
int mount_set(int mount, uint64_t set, uint64_t clear); /* attributes of this one mount. Linux 5.12 */
int mount_set_all(const char *path, uint64_t set);	/* of the mount at a path and of all below it */
int mount_new(const char *type, unsigned attributes);	/* a detached mount of a new file system without options */
bool has_file_system(const char *type);
/* Below dir, where no link is followed, no mount crossed and no ".." leaves: openat2, Linux 5.6. */
int open_below(int dir, const char *path, int flags, mode_t mode);
int open_unled(int dir, const char *path, int flags); /* as above, but mounts are crossed */
void close_from(unsigned first);		      /* every descriptor from this one on. At once since Linux 5.9 */
int pidfd_of(pid_t);
pid_t fork_with(unsigned long namespaces); /* fork into new namespaces (CLONE_NEW...) */
const char *namespace_error(void);	   /* errno's text, after a call that was to make one */
/* Process ids of this process's children, through a proc file system; how many, or -1 with errno. Caller frees *out. */
ssize_t list_children(int proc, pid_t **out);
/* A signal's usual disposition, also of those two or three that libc keeps for itself and does not let be set: a parent with
 * another libc may have left them ignored. */
int signal_usual(int sig);
bool signal_is_ignored(int sig);
/* The RLIMIT_ of this machine that asm-generic/resource.h gives that number; -1: none. */
int limit_resource(unsigned number);
/* Credentials of this task alone: libc's own calls would act on every thread, and on whom we share memory with. */
/* An id of -1, which those calls take for "as it is", is EINVAL. */
int become_user(uid_t, gid_t, const uint32_t *groups, size_t count, bool set_groups);
/* From now on files are looked up with this user's rights, and of all capabilities only that to mount counts, until act_as_self. */
int act_as(uid_t, gid_t, const uint32_t *groups, size_t count);
int act_as_self(void); /* but for the groups, which stay */
#endif
