/* A tmpfs that no path leads to, and trees removed without following links. */
#include "run/vault.h"
#include "machine.h"
#include "tap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void
touch(int dir, const char *name)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
}

static bool
there(int dir, const char *name)
{
	return faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void
removing(int dir)
{
	int at, deeper, i;

	mkdirat(dir, "kept", 0700);
	touch(dir, "kept/file");
	mkdirat(dir, "t", 0700);
	mkdirat(dir, "t/.gone-0", 0700);
	touch(dir, "t/.gone-0/file");
	touch(dir, "t/.gone-1");
	mkdirat(dir, "t/a", 0700);
	mkdirat(dir, "t/a/b", 0700);
	mkdirat(dir, "t/a/b/c", 0500);
	touch(dir, "t/a/b/file");
	ok(symlinkat("../../kept", dir, "t/a/link") == 0 && symlinkat("kept", dir, "link") == 0, "links are made");
	ok(remove_tree(dir, "t") == 0 && !there(dir, "t"), "a tree is removed");
	ok(remove_tree(dir, "link") == 0 && !there(dir, "link"), "so is a link");
	ok(there(dir, "kept/file"), "what links point to is not");
	ok(remove_tree(dir, "nothing") == 0, "what is not there is removed already");
	at = dup(dir);
	for (i = 0; i < 5000 && at >= 0; i++) {
		(void)mkdirat(at, "d", 0700);
		deeper = openat(at, "d", O_PATH | O_CLOEXEC);
		close(at);
		at = deeper;
	}
	close(at);
	ok(i == 5000 && there(dir, "d") && remove_tree(dir, "d") == 0 && !there(dir, "d"), "a tree of 5000 levels");
	ok(remove_tree(dir, "kept") == 0, "the rest");
}

static bool
can_clone(const struct vault *v)
{
	int fd = (int)syscall(SYS_open_tree, v->dir, "sub", 1 | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool
write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool fine = fd >= 0 && write_full(fd, text, strlen(text)) == 0;

	if (fd >= 0)
		close(fd);
	return fine;
}

/* Maps this process's user to itself, as a daemon without root does. */
static bool
map_user(unsigned uid, unsigned gid)
{
	char uids[64], gids[64];

	(void)snprintf(uids, sizeof(uids), "%u %u 1", uid, uid);
	(void)snprintf(gids, sizeof(gids), "%u %u 1", gid, gid);
	return write_text("/proc/self/setgroups", "deny") && write_text("/proc/self/uid_map", uids) &&
	       write_text("/proc/self/gid_map", gids);
}

static bool
own_namespace(int flags)
{
	unsigned uid, gid;

	if ((flags & CLONE_NEWUSER) && geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
		return false;
	if (flags && prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0) /* or uid_map is not ours to write */
		return false;
	uid = geteuid();
	gid = getegid();
	return unshare(CLONE_NEWNS | flags) == 0 && (!(flags & CLONE_NEWUSER) || map_user(uid, gid)) &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

/* In a namespace of its own, made with the flags; false where the kernel does not allow that. */
static bool
in_namespace(int flags, const char *without)
{
	struct vault v, second;
	bool proc, users = has_user_namespaces();

	if (!own_namespace(flags))
		return false;
	for (; *without; without += strlen(without) + 1)
		(void)umount2(without, MNT_DETACH);
	proc = access("/proc/self/status", R_OK) == 0;
	if (!ok(chdir("/etc") == 0 && vault_mount(&v, 1u << 20, 20000) == 0, "a vault is mounted"))
		printf("# %s\n", vault_error());
	printf("# over %s\n", v.over);
	mkdirat(v.dir, "sub", 0700);
	ok(access("../etc/passwd", R_OK) == 0 && access("/etc/../etc/passwd", R_OK) == 0, "paths mean what they meant");
	ok(access("../sub", F_OK) < 0 && access("/sub", F_OK) < 0 && access("/proc/../sub", F_OK) < 0 &&
			access("/proc/self/../sub", F_OK) < 0 && access("/proc/sub", F_OK) < 0,
		"no path leads to the vault");
	ok(can_clone(&v), "its directories can be cloned");
	ok(vault_mount(&second, 1u << 20, 20000) == 0 && mkdirat(second.dir, "sub", 0700) == 0 && can_clone(&second) && can_clone(&v),
		"a second one can be mounted");
	if (users)
		ok(has_user_namespaces(), "a user can still make a user namespace");
	else
		skip("a user can still make a user namespace", NO_USER_NAMESPACES);
	removing(v.dir);
	vault_close(&second);
	vault_close(&v);
	ok(access("../etc/passwd", R_OK) == 0 && (access("/proc/self/status", R_OK) == 0) == proc, "paths still do when it is closed");
	return true;
}

/* Facts of a child count here too: their number comes as its exit status. */
static void
child(int flags, const char *without, const char *what)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		bool ran = in_namespace(flags, without);

		fflush(stdout);
		_exit(!ran ? 200 : tap_failed ? 201 : tap_count);
	}
	(void)waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) < 200)
		tap_count = WEXITSTATUS(status);
	else if (WIFEXITED(status) && WEXITSTATUS(status) == 200)
		skip(what, "not allowed here");
	else
		ok(0, "%s", what);
}

static void
in_directory(void)
{
	char parent[] = "/tmp/vault.XXXXXX";
	struct vault v;

	ok(mkdtemp(parent) != NULL && vault_make(&v, parent) == 0, "a vault is made in a directory");
	ok(strstr(v.path, "/.store-") != NULL && there(v.dir, "."), "it is an own directory");
	removing(v.dir);
	touch(v.dir, "left over");
	vault_close(&v);
	ok(rmdir(parent) == 0, "nothing is left of it");
	ok(vault_make(&v, "/no such directory") == -1 && strstr(vault_error(), "No such file"), "no directory, an error");
}

/* How many vaults there are in it. */
static int
vaults(const char *parent)
{
	DIR *d = opendir(parent);
	struct dirent *entry;
	int count = 0;

	while ((entry = readdir(d)))
		count += strncmp(entry->d_name, ".store-", 7) == 0;
	closedir(d);
	return count;
}

/* Pids may be the same in several namespaces, and a killed process removes nothing itself. */
static void
of_the_living_and_the_dead(void)
{
	char parent[] = "/tmp/vault.XXXXXX", *foreign;
	struct vault first, second;
	pid_t pid;

	ok(mkdtemp(parent) != NULL && vault_make(&first, parent) == 0 && vault_make(&second, parent) == 0 && vaults(parent) == 2,
		"two with the same pid have one each");
	foreign = xasprintf("%s/.store-1.0", parent);
	ok(mkdir(foreign, 0700) == 0 && (geteuid() != 0 || chown(foreign, 1234, 1234) == 0), "another user's is there too");
	vault_close(&second);
	ok(vaults(parent) == 2, "the one that is closed is gone");
	pid = fork();
	if (pid == 0) {
		close(first.dir); /* the lock is its parent's too */
		bool made = vault_make(&second, parent) == 0;

		mkdirat(second.dir, "dir", 0700);
		touch(second.dir, "dir/file");
		_exit(!made);
	}
	(void)waitpid(pid, NULL, 0);
	ok(vaults(parent) == 3, "one that is killed leaves its own");
	ok(vault_make(&second, parent) == 0 && vaults(parent) == (geteuid() ? 2 : 3) && there(first.dir, ".") &&
			access(first.path, F_OK) == 0,
		"which the next one removes, but nothing of the living, or of another user");
	vault_close(&second);
	vault_close(&first);
	(void)rmdir(foreign);
	ok(rmdir(parent) == 0, "nothing is left of them");
	free(foreign);
}

int
main(void)
{
	in_directory();
	of_the_living_and_the_dead();
	child(0, "", "a mount namespace");
	child(0, "/proc\0/sys\0/run\0/dev\0", "a mount namespace without the usual file systems");
	child(CLONE_NEWUSER, "", "a user namespace");
	return done();
}
