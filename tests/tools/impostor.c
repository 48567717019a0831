/* What passes for a newer gproc when it is tried, and never comes back as a node. Usage: impostor trial ...; else it waits to be ended. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "trial") == 0) {
		puts("gproc 0.1.9");
		return 0;
	}
	for (;;)
		(void)pause();
}
