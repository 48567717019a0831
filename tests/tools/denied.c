/* Usage: denied NAME[,NAME...] ERRNO COMMAND...: runs a command to which the kernel refuses these calls with that error, as a container's
 * rules or an older kernel would. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *name;
	unsigned number;
} calls[] = {{"unshare", SYS_unshare}, {"setns", SYS_setns}, {"mount", SYS_mount}, {"open_tree", SYS_open_tree},
	{"move_mount", SYS_move_mount}, {"mount_setattr", SYS_mount_setattr}, {"fsopen", SYS_fsopen}, {"pidfd_open", SYS_pidfd_open},
	{"close_range", SYS_close_range}, {"signalfd4", SYS_signalfd4}, {"prctl", SYS_prctl}, {"memfd_create", SYS_memfd_create}};

static int
deny(const char *name, size_t len, unsigned error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {.len = 4, .filter = code};
	size_t i;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strlen(calls[i].name) == len && memcmp(calls[i].name, name, len) == 0) {
			code[1].k = calls[i].number;
			return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
		}
	errno = EINVAL;
	return -1;
}

int
main(int argc, char **argv)
{
	const char *at = argc > 3 ? argv[1] : "";

	if (!*at || (geteuid() != 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0))
		return 2;
	while (*at) {
		size_t len = strcspn(at, ",");

		if (deny(at, len, (unsigned)atoi(argv[2])) < 0) {
			perror(at);
			return 2;
		}
		at += len + (at[len] == ',');
	}
	execvp(argv[3], argv + 3);
	perror(argv[3]);
	return 127;
}
