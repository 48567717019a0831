/* Standard output or standard error, as a place to write to.
 * Must never know what is written. */
#include "client/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define FLUSH_AT (64u * 1024) /* what a pipe takes in one write */

/* Closed by the caller: it is not wanted. */
static bool
is_closed(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 || (flags & O_PATH); /* what main() puts into its place */
}

void
sink_open(struct sink *s, int fd)
{
	*s = (struct sink){.fd = fd, .terminal = isatty(fd), .closed = is_closed(fd)};
}

static int
wait_writable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	return poll(&p, 1, -1) < 0 && errno != EINTR ? -1 : 0;
}

/* As write_full, to a descriptor that may be non-blocking. */
static int
write_patiently(int fd, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n >= 0) {
			data += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			if (wait_writable(fd))
				return -1;
		} else if (errno != EINTR) {
			return -1;
		}
	}
	return 0;
}

void
sink_flush(struct sink *s)
{
	if (s->out.len == 0)
		return;
	if (s->terminal && before_terminal)
		before_terminal();
	s->in_line = s->out.data[s->out.len - 1] != '\n';
	if (!s->closed && !s->error && write_patiently(s->fd, s->out.data, s->out.len))
		s->error = errno;
	s->out.len = 0;
}

int
sink_result(const struct sink *s)
{
	if (!s->error)
		return 0;
	errno = s->error;
	return -1;
}

void
sink_put(struct sink *s, const void *data, size_t len)
{
	put_bytes(&s->out, data, len);
	if (s->out.len >= FLUSH_AT)
		sink_flush(s);
}

/* How many bytes at data a terminal may get unchanged; 0 when the first is to be shown as a number. */
static size_t
shown_length(const uint8_t *data, size_t len)
{
	unsigned char text[5] = {0};

	if (*data == '\t' || *data == '\n' || (*data >= 0x20 && *data < 0x7f))
		return 1;
	if (*data == '\r')
		return len > 1 && data[1] == '\n';
	if (*data < 0x80)
		return 0;
	memcpy(text, data, len < 4 ? len : 4);
	return utf8_length(text);
}

void
sink_put_shown(struct sink *s, const uint8_t *data, size_t len)
{
	static const char hex[] = "0123456789abcdef";

	if (!s->terminal) {
		sink_put(s, data, len);
		return;
	}
	while (len > 0) {
		size_t n = shown_length(data, len);

		if (n == 0) {
			char text[4] = {'\\', 'x', hex[*data >> 4], hex[*data & 15]};

			sink_put(s, text, sizeof(text));
			n = 1;
		} else {
			sink_put(s, data, n);
		}
		data += n;
		len -= n;
	}
}

bool
sink_in_line(const struct sink *s)
{
	return s->terminal && s->in_line;
}

void
sink_free(struct sink *s)
{
	buf_free(&s->out);
}
