/* What every file needs: messages, memory, the clock, numbers. Knows nothing of networks. */
#ifndef UTIL_H
#define UTIL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PRINTF(a, b) __attribute__((format(printf, a, b)))
#define NEVER_NULL __attribute__((returns_nonnull))
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Messages go to stderr as one line, "gproc: ...", in one write; control characters are shown as "\xHH". */
extern int debug_level; /* 0 to 10, from -debug */
void warn(const char *fmt, ...) PRINTF(1, 2);
void note(int level, const char *fmt, ...) PRINTF(2, 3);			   /* only when debug_level >= level */
void die(int status, const char *fmt, ...) PRINTF(2, 3) __attribute__((noreturn)); /* warn, then exit(status) */
void set_message_prefix(const char *prefix);					   /* instead of "gproc"; the string is kept, not copied */

/* Memory: these never return NULL; out of memory ends the process with a message. The caller frees. */
void *xmalloc(size_t size) NEVER_NULL;
void *xaligned(size_t alignment, size_t size) NEVER_NULL; /* a power of two that size is a multiple of */
void *xcalloc(size_t count, size_t size) NEVER_NULL;
void *xrealloc(void *old, size_t count, size_t size) NEVER_NULL; /* checks count * size for overflow */
/* A list that is about to take one more: the array as it is, or one of twice the room, with *room set; *room and array begin as 0 and NULL.
 */
void *grow(void *array, size_t count, size_t *room, size_t size) NEVER_NULL;
char *xstrdup(const char *) NEVER_NULL;
char *xstrndup(const char *, size_t) NEVER_NULL;
void *xmemdup(const void *, size_t) NEVER_NULL;
char *xasprintf(const char *fmt, ...) PRINTF(1, 2) NEVER_NULL;
char *xvasprintf(const char *fmt, va_list) NEVER_NULL;

/* Milliseconds of a clock that only goes forward, and stands still for nobody (CLOCK_BOOTTIME). */
uint64_t now_ms(void);

/* Decimal digits only, the whole string, at most max. 0, or -1 and *out untouched. */
int parse_u64(const char *text, uint64_t max, uint64_t *out);
/* As above, with an optional k, m or g behind (powers of 1024). */
int parse_size(const char *text, uint64_t *out);
/* Seconds with an optional s, m, h or ms behind, "1.5" allowed; milliseconds in *out. */
int parse_duration(const char *text, uint64_t *out);

/* A text fit for a terminal: control characters, DEL and bytes that are not UTF-8 become "\xHH". Caller frees. */
char *printable(const char *text) NEVER_NULL;
/* Length of the UTF-8 sequence of two to four bytes at text, which a NUL ends; 0 when it is none, or a C1 control character. */
size_t utf8_length(const unsigned char *text);

bool has_prefix(const char *text, const char *prefix);

/* A latched text of a pure file's last error, as x_error() hands it out: printf into a buffer of the given size. */
int latch_error(char *into, size_t size, const char *fmt, ...) PRINTF(3, 4); /* the same, returning -1; into may be among the arguments */
void set_error(char *into, size_t size, const char *fmt, ...) PRINTF(3, 4);

/* All of it, or -1 with errno (for blocking descriptors; EINTR is retried). read_full and pread_full: bytes read, short only at the end. */
int write_full(int fd, const void *data, size_t len);
ssize_t read_full(int fd, void *data, size_t len);
ssize_t pread_full(int fd, void *data, size_t len, uint64_t offset);
void close_fd(int *fd); /* closes it unless it is negative, and sets it to -1; errno stays as it was */
/* Makes the directories above a path that are not there; those that are stay as they are. 0, or -1 with errno. */
int make_parents(const char *path, mode_t mode);
/* The whole of a file of at most max bytes, with a NUL behind that *len does not count. NULL with errno (EFBIG). Caller frees. */
char *read_file(const char *path, size_t max, size_t *len);

/* A growing list of strings, each owned by the list. */
struct strings {
	char **at; /* at[count] is NULL when count > 0 */
	size_t count, room;
};
void strings_add(struct strings *, const char *); /* copies */
void strings_take(struct strings *, char *);	  /* takes ownership */
bool strings_has(const struct strings *, const char *);
char *strings_join(const struct strings *, const char *between); /* caller frees */
void strings_free(struct strings *);
#endif
