/* The power button, as the kernel's input devices tell of it (Documentation/input/input.rst).
 * Must never know what pressing it does. */
#include "init/button.h"
#include "base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/input.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int devices[MAX_BUTTONS];
static size_t count;

static bool
has_power_key(int fd)
{
	unsigned char keys[KEY_MAX / 8 + 1] = {0};

	return ioctl(fd, (int)EVIOCGBIT(EV_KEY, sizeof(keys)), keys) >= 0 && keys[KEY_POWER / 8] >> KEY_POWER % 8 & 1;
}

void
button_open(void)
{
	glob_t found;
	size_t i;

	if (glob("/dev/input/event*", 0, NULL, &found) != 0)
		return;
	for (i = 0; i < found.gl_pathc && count < MAX_BUTTONS; i++) {
		int fd = open(found.gl_pathv[i], O_RDONLY | O_CLOEXEC | O_NONBLOCK);

		if (fd >= 0 && has_power_key(fd))
			devices[count++] = fd;
		else
			close_fd(&fd);
	}
	globfree(&found);
}

size_t
button_fds(struct pollfd out[MAX_BUTTONS])
{
	size_t i;

	for (i = 0; i < count; i++)
		out[i] = (struct pollfd){.fd = devices[i], .events = POLLIN};
	return count;
}

bool
button_was_pressed(void)
{
	struct input_event event;
	bool pressed = false;
	size_t i;

	for (i = 0; i < count; i++) {
		ssize_t n;

		while ((n = read(devices[i], &event, sizeof(event))) == (ssize_t)sizeof(event))
			pressed = pressed || (event.type == EV_KEY && event.code == KEY_POWER && event.value == 1);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) { /* it was unplugged: poll would return for ever */
			close_fd(&devices[i]);
			devices[i--] = devices[--count];
		}
	}
	return pressed;
}
