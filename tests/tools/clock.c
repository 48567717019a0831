/* Usage: clock SECONDS COMMAND...: runs a command whose clock of the day is so much ahead. Its own process alone: children have the
 * machine's. It has no vDSO, and its calls are looked at as a debugger does. */

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <linux/auxvec.h>
#include <linux/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void
fail(const char *what)
{
	perror(what);
	exit(1);
}

static long
peek(pid_t pid, uintptr_t at)
{
	long word;

	errno = 0;
	word = ptrace(PTRACE_PEEKDATA, pid, (void *)at, NULL);
	if (errno)
		fail("peek");
	return word;
}

static void
poke(pid_t pid, uintptr_t at, long word)
{
	if (ptrace(PTRACE_POKEDATA, pid, (void *)at, (void *)word) < 0)
		fail("poke");
}

/* Without it each look at the clock is a call. */
static void
hide_vdso(pid_t pid, uintptr_t stack)
{
	uintptr_t at = stack + sizeof(long) * ((uintptr_t)peek(pid, stack) + 2); /* argc, argv, NULL */

	while (peek(pid, at))
		at += sizeof(long);
	for (at += sizeof(long); peek(pid, at) != AT_NULL; at += 2 * sizeof(long))
		if (peek(pid, at) == AT_SYSINFO_EHDR)
			poke(pid, at, AT_IGNORE);
}

static void
shift(pid_t pid, const struct ptrace_syscall_info *call, long seconds)
{
	static uintptr_t at;

	if (call->op == PTRACE_SYSCALL_INFO_ENTRY)
		at = call->entry.nr == SYS_clock_gettime && call->entry.args[0] == CLOCK_REALTIME ? call->entry.args[1] : 0;
	else if (call->op == PTRACE_SYSCALL_INFO_EXIT && at)
		poke(pid, at, peek(pid, at) + seconds);
}

int
main(int argc, char **argv)
{
	struct ptrace_syscall_info call;
	bool begun = false;
	int status, signal;
	pid_t pid;

	if (argc < 3)
		return 2;
	pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		signal = WSTOPSIG(status);
		if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(call), &call) < 0)
			fail("PTRACE_GET_SYSCALL_INFO");
		if (!begun) {
			hide_vdso(pid, call.stack_pointer);
			ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL));
			begun = true;
			signal = 0;
		} else if (signal == (SIGTRAP | 0x80)) {
			shift(pid, &call, atol(argv[1]));
			signal = 0;
		}
		if (ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)signal) < 0)
			fail("PTRACE_SYSCALL");
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
