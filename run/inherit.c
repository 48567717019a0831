/* What a process passes on to those that it starts and a job must not have from the daemon.
 * Must never know what the job is. What only restrains a job stays: it is the node's owner who wanted it. */
#include "run/inherit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/prctl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int prctl(int, ...); /* sys/prctl.h of some libcs doesn't go with linux/prctl.h */

/* From linux/keyctl.h, linux/ioprio.h and newer linux/prctl.h, which not every libc's compiler sees. */
enum {
	JOIN_SESSION_KEYRING = 1,
	SET_REQUEST_KEYRING = 14,
	IO_WHO_PROCESS = 1,
	IO_CLASS_SHIFT = 13,
	IO_CLASS_REALTIME = 1,
	SET_IO_FLUSHER = 57,
	SET_MEMORY_MERGE = 67,
};
#define USUAL_SLACK 50000ul /* nanoseconds by which timers may be late (prctl(2)) */

static void
write_number(int proc, const char *file, unsigned long number)
{
	int fd = openat(proc, file, O_WRONLY | O_CLOEXEC);
	char text[24];
	int len = snprintf(text, sizeof(text), "%lu", number);

	if (fd < 0)
		return;
	(void)!write(fd, text, (size_t)len);
	close(fd);
}

/* The audit's, of whoever started the daemon; UINT32_MAX: none. */
static uint32_t
read_login(int proc)
{
	int fd = openat(proc, "self/loginuid", O_RDONLY | O_CLOEXEC);
	char text[24] = "4294967295";

	if (fd < 0)
		return UINT32_MAX;
	(void)!read(fd, text, sizeof(text) - 1);
	close(fd);
	return (uint32_t)strtoul(text, NULL, 10);
}

/* A key that the daemon's session holds could be read by any job. A kernel without keys, or that forbids their use, has none to read. */
static int
shed_keys(void)
{
#ifdef SYS_keyctl
	if (syscall(SYS_keyctl, JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS && errno != EPERM && errno != EACCES)
		return geteuid() == 0 ? -1 : 0;
#endif
	return 0;
}

/* sched_getattr(2). The kernel gives the nice value of processes of the usual policies alone. */
struct sched_attributes {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

/* Whether neither policy nor nice value is better than usual: in one call. */
static bool
is_usually_scheduled(void)
{
	struct sched_attributes now = {.size = sizeof(now)};

	return syscall(SYS_sched_getattr, 0, &now, sizeof(now), 0) == 0 && now.nice >= 0 &&
	       (now.policy == SCHED_OTHER || now.policy == SCHED_BATCH || now.policy == SCHED_IDLE);
}

static void
schedule_usually(void)
{
	struct sched_param none = {0};
	long policy = syscall(SYS_sched_getscheduler, 0);

	if (policy != SCHED_OTHER && policy != SCHED_BATCH && policy != SCHED_IDLE)
		(void)syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &none);
	errno = 0;
	if (getpriority(PRIO_PROCESS, 0) < 0 && errno == 0)
		(void)setpriority(PRIO_PROCESS, 0, 0);
	(void)prctl(PR_SET_TIMERSLACK, USUAL_SLACK, 0ul, 0ul, 0ul); /* which the kernel takes from real-time processes */
}

/* Better than usual becomes usual; worse stays. The daemon's may be set by others at any time. */
static void
shed_priorities(void)
{
	long io = syscall(SYS_ioprio_get, IO_WHO_PROCESS, 0);

	if (!is_usually_scheduled())
		schedule_usually();
	if (io > 0 && io >> IO_CLASS_SHIFT == IO_CLASS_REALTIME)
		(void)syscall(SYS_ioprio_set, IO_WHO_PROCESS, 0, 0);
}

static void
shed_settings(void)
{
	static const struct {
		int what;
		unsigned long usual;
	} settings[] = {
		{PR_SET_TIMERSLACK, USUAL_SLACK},
		{PR_SET_THP_DISABLE, 0},
		{PR_MCE_KILL, PR_MCE_KILL_CLEAR},
		{PR_SET_TSC, PR_TSC_ENABLE},
		{PR_SET_SECUREBITS, 0}, /* refused where they are locked; then inherit_renounce does it all the same */
		{SET_IO_FLUSHER, 0},
		{SET_MEMORY_MERGE, 0},
	};
	int domain = personality(0xffffffff);
	size_t i;

	for (i = 0; i < COUNT(settings); i++)
		(void)prctl(settings[i].what, settings[i].usual, 0ul, 0ul, 0ul);
	(void)prctl(PR_CAP_AMBIENT, (unsigned long)PR_CAP_AMBIENT_CLEAR_ALL, 0ul, 0ul, 0ul);
	if (domain > 0 && domain & ~PER_MASK)
		(void)personality((unsigned long)(domain & PER_MASK));
}

/* Keeps of this task's capabilities those that mask leaves; none is inheritable. */
static int
limit_capabilities(uint32_t mask)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	size_t i;

	if (syscall(SYS_capget, &head, data) < 0)
		return -1;
	for (i = 0; i < COUNT(data); i++) {
		data[i].effective &= mask;
		data[i].permitted &= mask;
		data[i].inheritable = 0;
	}
	return (int)syscall(SYS_capset, &head, data);
}

uint32_t
inherit_settle(int proc)
{
	shed_settings();
	(void)limit_capabilities(~0u);
#ifdef SYS_keyctl
	(void)syscall(SYS_keyctl, SET_REQUEST_KEYRING, 0);
#endif
	return read_login(proc);
}

/* Somebody who started the daemon by hand would stand in the audit's records of everybody's jobs. */
int
inherit_shed(int proc, uint32_t login, uid_t user)
{
	write_number(proc, "self/oom_score_adj", 0);
	if (login != UINT32_MAX && login != user)
		write_number(proc, "self/loginuid", user);
	shed_priorities();
	return shed_keys();
}

int
inherit_renounce(void)
{
	return limit_capabilities(0);
}
