/* What every file needs: messages, memory, the clock, numbers.
 * Must never know that a network exists. */
#include "base/util.h"

#include <errno.h>
#include <inttypes.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int debug_level;
static const char *message_prefix = "gproc";
static int message_log = -1;
static unsigned lost_lines; /* that a terminal which is not read did not take */
static enum { LOG_OF_NOBODY, LOG_OF_TIMES, LOG_OF_JOURNAL } log_kind;

/* As syslog has them. */
enum weight { WEIGHT_ERROR = 3, WEIGHT_WARNING = 4, WEIGHT_NEWS = 6, WEIGHT_DEBUG = 7 };

void
set_message_prefix(const char *prefix)
{
	message_prefix = prefix;
}

void
set_message_log(int fd)
{
	message_log = fd;
}

/* As RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
size_t
utf8_length(const unsigned char *text)
{
	size_t len = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;
	size_t i;

	if (text[0] < 0xc2 || text[0] > 0xf4)
		return 0;
	for (i = 1; i < len; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f))
		return 0;
	if ((text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
		return 0;
	return text[0] == 0xc2 && text[1] < 0xa0 ? 0 : len;
}

char *
printable(const char *text)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *from = (const unsigned char *)text;
	char *out = xmalloc(strlen(text) * 4 + 1), *to = out;

	while (*from) {
		size_t len = *from >= 0x20 && *from < 0x7f ? 1 : *from >= 0x80 ? utf8_length(from) : 0;

		if (len == 0) {
			*to++ = '\\';
			*to++ = 'x';
			*to++ = hex[*from >> 4];
			*to++ = hex[*from++ & 15];
		}
		while (len-- > 0)
			*to++ = (char)*from++;
	}
	*to = '\0';
	return out;
}

/* A descriptor that does not block takes what it has room for: the rest is counted, and told when there is room again. */
static void
report_lost_lines(void)
{
	char text[80];

	if (!lost_lines)
		return;
	(void)snprintf(text, sizeof(text), "%s: %u lines were lost: the terminal or pipe was not read\n", message_prefix, lost_lines);
	if (write_full(STDERR_FILENO, text, strlen(text)) == 0)
		lost_lines = 0;
}

void (*before_terminal)(void);

/* systemd says which file its journal reads; another may have taken its place since. */
static bool
goes_to_journal(void)
{
	const char *name = getenv("JOURNAL_STREAM");
	char is[48];
	struct stat st;

	if (!name || fstat(STDERR_FILENO, &st) < 0)
		return false;
	(void)snprintf(is, sizeof(is), "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	return strcmp(name, is) == 0;
}

void
begin_log(void)
{
	log_kind = goes_to_journal() ? LOG_OF_JOURNAL : LOG_OF_TIMES;
}

void
end_log(void)
{
	log_kind = LOG_OF_NOBODY;
}

/* What stands before a line and behind the prefix: nothing, but in a log its weight or the time. */
static void
marks_of(enum weight weight, char mark[8], char when[40])
{
	time_t now = time(NULL);
	struct tm t;

	*mark = *when = '\0';
	if (log_kind == LOG_OF_JOURNAL)
		(void)snprintf(mark, 8, "<%d>", (int)weight);
	else if (log_kind == LOG_OF_TIMES && gmtime_r(&now, &t))
		(void)snprintf(when, 40, "%04d-%02d-%02dT%02d:%02d:%02dZ ", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min,
			t.tm_sec);
}

static void
message(enum weight weight, const char *fmt, va_list args)
{
	char mark[8], when[40], *raw = xvasprintf(fmt, args), *clean = printable(raw), *line;

	marks_of(weight, mark, when);
	line = xasprintf("%s%s: %s%s\n", mark, message_prefix, when, clean);
	if (before_terminal)
		before_terminal();
	report_lost_lines();
	/* One write, so that lines of several processes do not mix; there is nowhere to report that it failed. */
	if (write_full(STDERR_FILENO, line, strlen(line)) < 0 && errno == EAGAIN)
		lost_lines++;
	if (message_log >= 0)
		(void)dprintf(message_log, "<7>%s", line);
	free(line);
	free(clean);
	free(raw);
}

void
warn(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	message(WEIGHT_WARNING, fmt, args);
	va_end(args);
}

void
inform(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	message(WEIGHT_NEWS, fmt, args);
	va_end(args);
}

void
note_always(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	message(WEIGHT_DEBUG, fmt, args);
	va_end(args);
}

void
die(int status, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	message(WEIGHT_ERROR, fmt, args);
	va_end(args);
	exit(status);
}

static void *
must(void *memory)
{
	if (!memory) {
		static const char text[] = "gproc: out of memory\n";

		(void)write_full(STDERR_FILENO, text, sizeof(text) - 1);
		_exit(255);
	}
	return memory;
}

void *
xmalloc(size_t size)
{
	return must(malloc(size ? size : 1));
}

void *
xaligned(size_t alignment, size_t size)
{
	return must(aligned_alloc(alignment, size));
}

void *
xcalloc(size_t count, size_t size)
{
	return must(calloc(count ? count : 1, size ? size : 1));
}

void *
xrealloc(void *old, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		return must(NULL);
	return must(realloc(old, total ? total : 1));
}

void *
grow(void *array, size_t count, size_t *room, size_t size)
{
	if (array && count < *room)
		return array;
	*room = *room ? *room * 2 : 8;
	return xrealloc(array, *room, size);
}

char *
xstrdup(const char *text)
{
	return must(strdup(text));
}

char *
xstrndup(const char *text, size_t len)
{
	return must(strndup(text, len));
}

void *
xmemdup(const void *data, size_t len)
{
	void *copy = xmalloc(len);

	if (len)
		memcpy(copy, data, len);
	return copy;
}

char *
xvasprintf(const char *fmt, va_list args)
{
	va_list again;
	char *text;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (len < 0)
		return must(NULL);
	text = xmalloc((size_t)len + 1);
	(void)vsnprintf(text, (size_t)len + 1, fmt, args);
	return text;
}

char *
xasprintf(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	return text;
}

uint64_t
now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int
parse_u64(const char *text, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (!*text)
		return -1;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		if (__builtin_mul_overflow(value, (uint64_t)10, &value) || __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
			return -1;
	}
	if (value > max)
		return -1;
	*out = value;
	return 0;
}

int
parse_size(const char *text, uint64_t *out)
{
	static const char units[] = "kmg";
	size_t len = strlen(text);
	const char *unit = len ? memchr(units, text[len - 1] | 0x20, sizeof(units) - 1) : NULL;
	unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
	char *digits = xstrndup(text, unit ? len - 1 : len);
	uint64_t value = 0;
	int bad = parse_u64(digits, UINT64_MAX >> shift, &value);

	free(digits);
	if (bad)
		return -1;
	*out = value << shift;
	return 0;
}

const char *
size_text(uint64_t bytes, char out[SIZE_TEXT])
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
	size_t unit = 0;
	uint64_t tenths = 0;

	while (bytes >= 1024 && unit + 1 < COUNT(units)) {
		tenths = bytes % 1024 * 10 / 1024;
		bytes /= 1024;
		unit++;
	}
	if (unit == 0)
		(void)snprintf(out, SIZE_TEXT, "%" PRIu64 " bytes", bytes);
	else
		(void)snprintf(out, SIZE_TEXT, "%" PRIu64 ".%" PRIu64 " %s", bytes, tenths, units[unit]);
	return out;
}

int
parse_duration(const char *text, uint64_t *out)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"", 1000}};
	size_t whole = strspn(text, "0123456789");
	size_t part = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;
	const char *unit = text + whole + (text[whole] == '.' ? part + 1 : 0);
	uint64_t value = 0, scale;
	char *digits;
	size_t i;
	int bad;

	if (whole == 0 || (text[whole] == '.' && part == 0))
		return -1;
	digits = xstrndup(text, whole);
	bad = parse_u64(digits, UINT64_MAX / 3600000 / 2, &value);
	free(digits);
	for (i = 0; i < COUNT(units) && strcmp(unit, units[i].name) != 0; i++)
		;
	if (bad || i == COUNT(units))
		return -1;
	value *= units[i].ms;
	scale = units[i].ms;
	for (text += whole + 1; part-- > 0; text++) {
		scale /= 10;
		value += scale * (uint64_t)(*text - '0');
	}
	*out = value;
	return 0;
}

bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool
has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

void
set_error(char *into, size_t size, const char *fmt, ...)
{
	int saved = errno;
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(into, size, fmt, args);
	va_end(args);
	errno = saved;
}

int
latch_error(char *into, size_t size, const char *fmt, ...)
{
	int saved = errno;
	va_list args;
	char *text;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	(void)snprintf(into, size, "%s", text);
	free(text);
	errno = saved;
	return -1;
}

int
latch_line_error(char *into, size_t size, const char *file, size_t line, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	(void)(line ? latch_error(into, size, "%s:%zu: %s", file, line, text) : latch_error(into, size, "%s: %s", file, text));
	free(text);
	return -1;
}

int
write_full(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

/* From the descriptor's own offset, or from another. */
static ssize_t
read_from(int fd, void *data, size_t len, const uint64_t *offset)
{
	size_t done = 0;

	while (done < len) {
		char *at = (char *)data + done;
		ssize_t n = offset ? pread(fd, at, len - done, (off_t)(*offset + done)) : read(fd, at, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

ssize_t
read_full(int fd, void *data, size_t len)
{
	return read_from(fd, data, len, NULL);
}

ssize_t
pread_full(int fd, void *data, size_t len, uint64_t offset)
{
	return read_from(fd, data, len, &offset);
}

void
close_fd(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

char *
cut_next(char *path, char *slash)
{
	if (slash)
		*slash = '/';
	else if (!*path)
		return NULL;
	slash = strchr((slash ? slash : path) + 1, '/');
	if (slash)
		*slash = '\0';
	return slash;
}

int
make_parents(const char *path, mode_t mode)
{
	char *dir = xstrdup(path), *slash;
	int bad = 0, saved;

	for (slash = cut_next(dir, NULL); slash && !bad; slash = cut_next(dir, slash))
		bad = mkdir(dir, mode) < 0 && errno != EEXIST ? -1 : 0;
	saved = errno;
	free(dir);
	errno = saved;
	return bad;
}

/* Reads to the end of fd: the size that a file claims says nothing (files of /proc claim 0). */
static char *
read_rest(int fd, size_t max, size_t *len)
{
	size_t room = 4096, done = 0;
	char *data = xmalloc(room + 1);

	for (;;) {
		ssize_t n = read_full(fd, data + done, room - done);

		if (n < 0)
			break;
		done += (size_t)n;
		if (done < room) {
			data[done] = '\0';
			*len = done;
			return data;
		}
		if (room > max) {
			errno = EFBIG;
			break;
		}
		room *= 2;
		data = xrealloc(data, room + 1, 1);
	}
	free(data);
	return NULL;
}

char *
read_file(const char *path, size_t max, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *data;

	if (fd < 0)
		return NULL;
	data = read_rest(fd, max, len);
	close_fd(&fd);
	if (data && *len > max) {
		free(data);
		data = NULL;
		errno = EFBIG;
	}
	return data;
}

char *
read_guarded(const char *path, size_t max, size_t *len, char **why)
{
	struct stat st;
	char *text = NULL;

	*why = NULL;
	if (stat(path, &st) != 0)
		*why = xstrdup(strerror(errno));
	else if (!S_ISREG(st.st_mode))
		*why = xstrdup("is not a regular file");
	else if (st.st_uid != 0 && st.st_uid != geteuid())
		*why = xasprintf("belongs to user %u, by whom nobody else should be ruled", (unsigned)st.st_uid);
	else if (st.st_mode & 022)
		*why = xasprintf("others than its owner can change it: chmod go-w %s", path);
	else if (!(text = read_file(path, max, len)))
		*why = xstrdup(strerror(errno));
	return text;
}

void
strings_take(struct strings *list, char *text)
{
	list->at = grow(list->at, list->count + 1, &list->room, sizeof(list->at[0]));
	list->at[list->count++] = text;
	list->at[list->count] = NULL;
}

void
strings_add(struct strings *list, const char *text)
{
	strings_take(list, xstrdup(text));
}

bool
strings_has(const struct strings *list, const char *text)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (strcmp(list->at[i], text) == 0)
			return true;
	return false;
}

char *
strings_join(const struct strings *list, const char *between)
{
	char *out = xstrdup(""), *longer;
	size_t i;

	for (i = 0; i < list->count; i++) {
		longer = xasprintf("%s%s%s", out, i ? between : "", list->at[i]);
		free(out);
		out = longer;
	}
	return out;
}

void
strings_free(struct strings *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		free(list->at[i]);
	free(list->at);
	*list = (struct strings){0};
}
