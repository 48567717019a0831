/* What the machine that a test runs on can do, and how long it takes. */
#ifndef MACHINE_H
#define MACHINE_H

#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* So many seconds in milliseconds, on a slow machine more (tests/lib.sh says by how much): a wait that only a fault makes longer. */
__attribute__((unused)) static uint64_t
limit_ms(unsigned seconds)
{
	const char *unit = getenv("UNIT");

	return seconds * 1000ull * (unit ? strtoull(unit, NULL, 10) : 1);
}

/* Whether a user without rights can make a user namespace: not in a chroot, for example. */
__attribute__((unused)) static int
has_user_namespaces(void)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit((geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0)) || unshare(CLONE_NEWUSER) < 0);
	(void)waitpid(pid, &status, 0);
	return status == 0;
}
#define NO_USER_NAMESPACES "no user namespace can be made here, as in a chroot"
#endif
