/* Usage: tracer PID: keeps a process from ever being reaped, killed or not, until stdin ends: it is traced, and nobody waits for it
 * here. Prints "holds" when that is so. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	char byte;

	if (argc != 2 || ptrace(PTRACE_SEIZE, (pid_t)atol(argv[1]), NULL, NULL) < 0) {
		perror("tracer");
		return 1;
	}
	puts("holds");
	(void)fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}
