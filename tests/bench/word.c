/* The least program that says something: static, one line, its end. What a launch of it takes is gproc's own. */
#include <unistd.h>

int
main(void)
{
	return write(STDOUT_FILENO, "word\n", 5) != 5;
}
