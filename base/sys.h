/* Kernel calls that libc has no name for. They return -1 with errno where nothing else is said. A descriptor that is returned is
 * close-on-exec and the caller's to close. */
#ifndef SYS_H
#define SYS_H

#include <dirent.h>

#include "base/util.h"

/* Mount attributes (linux/mount.h, MOUNT_ATTR_). */
#define ATTR_RDONLY 1u
#define ATTR_NOSUID 2u
#define ATTR_NODEV 4u

/* A detached clone of the mount at a path ("": of dir itself), with what is mounted below it when recursive; a directory or a file.
 * Linux 5.2. */
int mount_clone(int dir, const char *path, bool recursive);
/* The mount that a path leads to, itself and not a clone of it, for mount_attach to move. */
int mount_open(int dir, const char *path);
int mount_attach(int mount, int dir, const char *path); /* puts it there ("": over dir itself); one that is attached elsewhere is moved */
int mount_set(int mount, uint64_t set, uint64_t clear); /* ATTR_ bits of this one mount. Linux 5.12 */
int mount_set_all(const char *path, uint64_t set);	/* ATTR_ bits of the mount at a path and of all below it */
int mount_new(const char *type, unsigned attributes);	/* a detached mount of a new file system without options; ATTR_ bits */
/* The same with options: names and values in turn, ended by NULL; "" is the value of a name that stands alone. */
int mount_with(const char *type, unsigned attributes, const char *const *options);
bool has_file_system(const char *type);			/* whether the kernel lets us make one of that type */
/* A detached mount of a new tmpfs, whose top has mode 0700 and is the caller's; size in bytes. */
int mount_tmpfs(uint64_t size, uint64_t inodes, unsigned attributes);
/* Changes the limits of a tmpfs, named by a descriptor of its top directory. EINVAL: it uses more. */
int resize_tmpfs(int mount, uint64_t size, uint64_t inodes);
/* Detaches the `count` topmost mounts at the place of the mount that the descriptor is of; no path need lead there. */
int unmount(int mount, unsigned count);
/* As openat(2), but no link is followed, no mount crossed, and no ".." leads out of dir. Linux 5.6. */
int open_below(int dir, const char *path, int flags, mode_t mode);
int open_unled(int dir, const char *path, int flags); /* as above, but mounts are crossed */
DIR *list_dir(int dir, const char *name); /* for readdir; a link is not followed. NULL with errno; the caller closes it by closedir */
uint64_t mount_number(int fd); /* of the mount that the file was opened through: no other of this boot has it. 0 before Linux 6.8 */
int rename_new(int dir, const char *from, const char *to); /* within dir; EEXIST when there is one by the new name already */
void close_from(unsigned first);			   /* closes every descriptor from this number on. At once since Linux 5.9 */
void close_range_of(unsigned first, unsigned last);	   /* the same up to another number */
int pidfd_of(pid_t);					   /* a descriptor that stands for the process. Linux 5.3 */
int exec_file(int fd, char *const *words, char *const *environment); /* as execve(2) of the open file */
int memory_file(const void *bytes, size_t len); /* a file in memory that holds them, and can be run */
int exec_open(int fd); /* as execve(2) of the open file, with its path as the only word. Linux 3.19, before that by /proc */
/* As fork(2), the child in new namespaces (CLONE_NEW bits) or with 0 in the same; but without what libc does around it, which only
 * processes with threads need: six calls for signals that nobody handles. The child must not use threads. */
pid_t fork_with(unsigned long namespaces);
const char *namespace_error(void);			   /* errno in words, after a call that was to make a namespace; borrowed */
/* The process ids of this process's children, read through a descriptor of a proc file system. How many; the caller frees *out. */
ssize_t list_children(int proc, pid_t **out);
ssize_t children_of(int task, pid_t **out); /* the same of the thread whose directory of a proc file system this is */
/* To a process by its descriptor, or by that of its directory in a proc file system: never to another of the same number. Linux 5.1 */
int process_signal(int process, int sig);
/* Gives a signal its default disposition, also the two or three signals that libc keeps for itself and refuses to set: a parent with
 * another libc may have left them ignored. */
int signal_usual(int sig);
bool signal_is_ignored(int sig); /* those signals too */
/* The RLIMIT_ of this machine that asm-generic/resource.h gives that number; -1: none. */
int limit_resource(unsigned number);
/* Sets groups (where with_groups), gid and uid of this task alone: libc's own calls act on all threads, and we may share our parent's
 * memory. EINVAL for an id of -1, which the kernel would take for "leave it". */
int become_user(uid_t, gid_t, const uint32_t *groups, size_t count, bool with_groups);
/* Remembers this process's ids and capabilities for act_as, which asks for them itself where it was never called: a process that changes
 * them, or is a child of one that has, calls it anew. */
int know_self(void);
bool self_is_root(void); /* as know_self found it, if it was called */
/* From now on files are looked up with this user's rights, and of all capabilities only that to mount counts, until act_as_self. The
 * groups are those of this task, which set_groups changes for good. */
int act_as(uid_t, gid_t);
int act_as_self(void);				      /* ends act_as */
int set_groups(const uint32_t *groups, size_t count); /* this task's supplementary groups */
#endif
