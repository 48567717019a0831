/* Ends what a plain kill does not: a process that waits, dead or dying, for another one of its own job.
 * Must never kill by a number alone: between reading it and using it, it may have become another's. */
#include "run/hunt.h"

#include <signal.h>
#include <unistd.h>

#include "base/sys.h"
#include "run/below.h"

static void
kill_process(void *proc, int process)
{
	(void)proc;
	(void)process_signal(process, SIGKILL);
}

static void
kill_tracer(void *proc, int traced)
{
	long uid = status_number(traced, "\nUid:"), pid = status_number(traced, "\nTracerPid:");
	int tracer = uid > 0 && pid > 0 ? open_process(*(int *)proc, (pid_t)pid) : -1;

	if (tracer < 0)
		return;
	if (status_number(tracer, "\nUid:") == uid && status_number(traced, "\nTracerPid:") == pid)
		(void)process_signal(tracer, SIGKILL);
	close(tracer);
}

void
hunt_below(int proc, pid_t child)
{
	below_visit(proc, child, getpid(), &(struct visitor){.process = kill_process, .thread = kill_tracer, .owner = &proc});
}
