/* The user's terminal: raw and back whatever happens, its size, the keys that are for gproc, and what is shown on it.
 * Must never know jobs or links. */
#include "client/terminal.h"
#include "client/signals.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum {
	PIECE = 4096, /* bytes that a pipe takes without blocking once it can be written to: PIPE_BUF */
	LOOKS = 50, /* at the terminal of a killed client, LOOK_MS apart, for a shell that sets it itself */
	LOOK_MS = 20,
	CTRL_Z = 26,
};

static struct termios cooked, raw;
static bool is_raw;

/* ---- raw mode, and the way back ---- */

static void
restore(void)
{
	if (is_raw)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &cooked);
	is_raw = false;
}

static bool
is_as_we_left_it(void)
{
	struct termios now;

	return tcgetattr(STDIN_FILENO, &now) == 0 && now.c_iflag == raw.c_iflag && now.c_oflag == raw.c_oflag && now.c_lflag == raw.c_lflag;
}

/* A shell with job control sets the terminal for its prompt as soon as its job has ended. What is set a moment later would undo that, and no
 * call looks and sets at once: so the shell has a second for it. */
static void
leave_to_shell(void)
{
	int i;

	for (i = 0; i < LOOKS && is_as_we_left_it(); i++)
		(void)poll(NULL, 0, LOOK_MS);
}

/* A killed process puts nothing back, so another one waits for its end. It has a session of its own: signals of the terminal are not for
 * it, and it may set what is no longer in the foreground. */
static void
guard(void)
{
	bool job = getpgrp() == getpid(); /* of a shell with job control; what a script starts is in the script's group */
	sigset_t all;
	uint8_t byte;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	if (fork() != 0) {
		close(ends[0]); /* the other stays open until we end */
		return;
	}
	(void)setsid();
	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	(void)dup2(ends[0], STDOUT_FILENO);
	close_from(STDERR_FILENO);
	while (read(STDOUT_FILENO, &byte, 1) < 0 && errno == EINTR)
		;
	if (job)
		leave_to_shell();
	if (is_as_we_left_it())
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &cooked);
	_exit(0);
}

/* In the background the kernel stops us here, until we are in the foreground. */
static void
make_raw(void)
{
	is_raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

static void
begin_raw(struct terminal *t)
{
	if (tcgetattr(STDIN_FILENO, &cooked) < 0)
		return;
	raw = cooked;
	cfmakeraw(&raw);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	make_raw();
	t->raw = is_raw;
	if (!is_raw)
		return;
	(void)atexit(restore);
	guard();
}

/* An open file of our own, so that not blocking is nothing to others that write there. */
static int
open_screen(void)
{
	int fd = isatty(STDOUT_FILENO) ? open("/proc/self/fd/1", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC) : -1;

	return fd < 0 ? STDOUT_FILENO : fd;
}

void
terminal_begin(struct terminal *t, bool keys, int escape)
{
	*t = (struct terminal){.escape = -1, .fresh = true, .screen = open_screen()};
	if (keys)
		begin_raw(t);
	if (t->raw)
		t->escape = escape;
}

void
terminal_end(struct terminal *t)
{
	(void)t;
	restore();
}

struct msg_resize
terminal_size(void)
{
	struct winsize size = {0};

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) < 0)
		(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	return (struct msg_resize){.rows = size.ws_row, .columns = size.ws_col, .width = size.ws_xpixel, .height = size.ws_ypixel};
}

void
terminal_suspend(struct terminal *t)
{
	restore();
	signals_stop(true);
	terminal_resume(t);
}

void
terminal_resume(struct terminal *t)
{
	if (t->raw)
		make_raw();
}

/* ---- keys ---- */

static enum terminal_wish
wish_of(uint8_t key)
{
	switch (key) {
	case '.':
		return WISH_END;
	case 'd':
		return WISH_DETACH;
	case CTRL_Z:
		return WISH_SUSPEND;
	case '?':
		return WISH_HELP;
	}
	return WISH_NONE;
}

/* The key behind the escape character: a wish, or both are the job's; the escape character itself once. */
static enum terminal_wish
behind_escape(struct terminal *t, uint8_t key, struct buf *out)
{
	enum terminal_wish wish = wish_of(key);

	t->held = false;
	if (wish != WISH_NONE)
		return wish;
	put_u8(out, (uint8_t)t->escape);
	if (key != t->escape)
		put_u8(out, key);
	t->fresh = key == '\r' || key == '\n';
	return WISH_NONE;
}

enum terminal_wish
terminal_keys(struct terminal *t, const uint8_t *keys, size_t len, size_t *used, struct buf *out)
{
	enum terminal_wish wish = WISH_NONE;
	size_t i;

	for (i = 0; i < len && wish == WISH_NONE; i++) {
		if (t->held) {
			wish = behind_escape(t, keys[i], out);
		} else if (t->fresh && keys[i] == t->escape) {
			t->held = true;
		} else {
			t->fresh = keys[i] == '\r' || keys[i] == '\n';
			put_u8(out, keys[i]);
		}
	}
	*used = i;
	return wish;
}

void
terminal_help(struct terminal *t)
{
	char name[] = {(char)t->escape, '\0'}, *text, *escape = printable(name);

	text = xasprintf("\r\nAt the beginning of a line:\r\n"
			 " %s.  ends the job, as a line that drops\r\n"
			 " %sd  leaves the job running, for gproc attach to come back to\r\n"
			 " %s^Z stops gproc, until fg\r\n"
			 " %s%s  is %s itself\r\n"
			 " %s?  shows this\r\n",
		escape, escape, escape, escape, escape, escape, escape);
	terminal_show(t, (const uint8_t *)text, strlen(text));
	free(escape);
	free(text);
}

/* ---- the screen ---- */

void
terminal_show(struct terminal *t, const uint8_t *data, size_t len)
{
	put_bytes(&t->shown, data, len);
}

size_t
terminal_waits(const struct terminal *t)
{
	return t->shown.len - t->head;
}

/* One write, of no more than can't block. -1 with errno, EAGAIN among them. */
static int
show_piece(struct terminal *t)
{
	size_t len = terminal_waits(t) < PIECE ? terminal_waits(t) : PIECE;
	ssize_t n = write(t->screen, t->shown.data + t->head, len);

	if (n < 0)
		return -1;
	t->head += (size_t)n;
	if (terminal_waits(t) == 0) {
		buf_free(&t->shown);
		t->head = 0;
	}
	return 0;
}

int
terminal_flush(struct terminal *t, bool all)
{
	struct pollfd fd = {.fd = t->screen, .events = POLLOUT};

	while (terminal_waits(t)) {
		if (poll(&fd, 1, all ? -1 : 0) == 0)
			return 0;
		if (show_piece(t) < 0 && errno != EAGAIN && errno != EINTR)
			return -1;
	}
	return 0;
}
