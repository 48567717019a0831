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

/* Messages: one line on stderr, "gproc: ...", in one write; control characters are shown as "\xHH". Where stderr does not block and
 * has no room, lines are lost, and counted. */
extern int debug_level;								   /* 0 to 10, from -debug */
extern void (*before_terminal)(void); /* called before each message, and by whatever else writes to a terminal; NULL: nothing is to be done */
void warn(const char *fmt, ...) PRINTF(1, 2);					   /* always printed */
void inform(const char *fmt, ...) PRINTF(1, 2);					   /* likewise; it tells of no trouble */
void note_always(const char *fmt, ...) PRINTF(1, 2);				   /* what note says, whatever debug_level is */
/* Printed when debug_level >= level; else nothing of it is evaluated. */
#define note(level, ...) ((level) <= debug_level ? note_always(__VA_ARGS__) : (void)0)
void die(int status, const char *fmt, ...) PRINTF(2, 3) __attribute__((noreturn)); /* printed; then exit(status) */
/* From now on they are a daemon's log: each has the time (of UTC), or where systemd's journal takes standard error its weight, as "<4>". */
void begin_log(void);
void end_log(void); /* messages are no log from here on: in a child whose words its parent takes */
void set_message_prefix(const char *prefix);					   /* instead of "gproc"; borrowed for ever */
void set_message_log(int fd); /* a second place, each line with the kernel's mark for debugging: /dev/kmsg. Kept open */

/* Memory. The caller frees. Out of memory ends the process with a message. */
void *xmalloc(size_t size) NEVER_NULL;				 /* bytes; not cleared */
void *xaligned(size_t alignment, size_t size) NEVER_NULL;	 /* alignment: a power of two of which size is a multiple */
void *xcalloc(size_t count, size_t size) NEVER_NULL;		 /* cleared */
void *xrealloc(void *old, size_t count, size_t size) NEVER_NULL; /* room for count things of size bytes; overflow is out of memory */
/* Room for one thing more in an array that holds count things of size bytes: the array itself, or one of twice the room. *room says for how
 * many things there is room; an array begins as NULL, with room 0. */
void *grow(void *array, size_t count, size_t *room, size_t size) NEVER_NULL;
char *xstrdup(const char *) NEVER_NULL;			       /* a copy */
char *xstrndup(const char *, size_t) NEVER_NULL;	       /* a copy of at most that many bytes, and a NUL */
void *xmemdup(const void *, size_t) NEVER_NULL;		       /* a copy */
char *xasprintf(const char *fmt, ...) PRINTF(1, 2) NEVER_NULL; /* printf into a text */
char *xvasprintf(const char *fmt, va_list) NEVER_NULL;	       /* vprintf into a text */

/* Milliseconds of a clock that only goes forward, also while the machine sleeps (CLOCK_BOOTTIME). */
uint64_t now_ms(void);

/* A number in decimal digits, the whole text, at most max. 0, or -1 and *out untouched. */
int parse_u64(const char *text, uint64_t max, uint64_t *out);
#define SIZE_TEXT 24
const char *size_text(uint64_t bytes, char out[SIZE_TEXT]); /* "12.5 MiB", rounded down; returns out */
/* Bytes: as parse_u64, with an optional k, m or g behind (powers of 1024). */
int parse_size(const char *text, uint64_t *out);
/* Milliseconds from seconds, or with s, m, h or ms behind; "1.5" is allowed. 0, or -1 and *out untouched. */
int parse_duration(const char *text, uint64_t *out);

/* A text fit for a terminal: control characters, DEL and bytes that are not UTF-8 become "\xHH". Caller frees. */
char *printable(const char *text) NEVER_NULL;
/* Bytes of the UTF-8 sequence of two to four bytes at text, which a NUL ends; 0 when there is none, or it is a C1 control character. */
size_t utf8_length(const unsigned char *text);

bool has_prefix(const char *text, const char *prefix); /* text begins with it */
bool is_digit(char);				       /* of ASCII, whatever the locale */
bool is_letter(char);				       /* of ASCII, whatever the locale */

/* The text of a file's last error, which its x_error() returns: printf into `into`, of size bytes; what is longer is cut. errno stays as it
 * was. */
void set_error(char *into, size_t size, const char *fmt, ...) PRINTF(3, 4);  /* into must not be among the arguments */
int latch_error(char *into, size_t size, const char *fmt, ...) PRINTF(3, 4); /* into may be among them. Returns -1 */
/* The same of a file: "FILE:LINE: ...", or with line 0 "FILE: ...". */
int latch_line_error(char *into, size_t size, const char *file, size_t line, const char *fmt, ...) PRINTF(5, 6);

/* Whole reads and writes on blocking descriptors; EINTR is retried. -1 with errno. */
int write_full(int fd, const void *data, size_t len);		     /* 0 when all is written */
ssize_t read_full(int fd, void *data, size_t len);		     /* bytes read, fewer than len only at the end */
ssize_t pread_full(int fd, void *data, size_t len, uint64_t offset); /* likewise, from an offset; the descriptor's own stays */
void close_fd(int *fd); /* unless it is negative; *fd is -1 afterwards, errno stays as it was */
/* Each directory above a path in turn, the topmost first: path ends there, at the slash that is returned and taken by the next call, NULL
 * by the first. NULL when path is whole again. The slash of the root directory is none of them. */
char *cut_next(char *path, char *slash);
/* Makes the missing directories above a path; those that exist keep their mode. 0, or -1 with errno. */
int make_parents(const char *path, mode_t mode);
/* A whole file of at most max bytes, and a NUL that *len does not count. NULL with errno, EFBIG when it is larger. The caller frees. */
char *read_file(const char *path, size_t max, size_t *len);

/* The same of a file by which others are ruled: root's, or this process's user's, and changed by nobody else. *why: what is wrong; it is
 * NULL with a text, and the caller frees both. */
char *read_guarded(const char *path, size_t max, size_t *len, char **why);

/* A growing list of strings that it owns; {0} is empty. The caller frees by strings_free. */
struct strings {
	char **at; /* at[count] is NULL, unless at is */
	size_t count, room;
};
void strings_add(struct strings *, const char *);		 /* a copy */
void strings_take(struct strings *, char *);			 /* the string itself, which the list frees */
bool strings_has(const struct strings *, const char *);		 /* one that is equal */
char *strings_join(const struct strings *, const char *between); /* the caller frees */
void strings_free(struct strings *);				 /* empty afterwards, and can be used again */
#endif
