/* Host names as people write them: words with patterns and brackets, what they match and stand for. */
#ifndef HOSTS_H
#define HOSTS_H

#include "hostlist.h"

/* Bytes of the word that text begins with: a name in which "*" and "?" stand for any characters and "[1-5,8]" for numbers; leading zeros
 * pad: "n[01-12]". as_value: it may begin with any of a name's characters, as behind "@host=". 0: hosts_error() says what is wrong, at
 * hosts_error_at() bytes behind text. */
size_t host_word(const char *text, bool as_value);
const char *hosts_error(void); /* of the last call that failed; static */
size_t hosts_error_at(void);   /* in bytes, of the last call that failed */

/* Words here are right ones. */
bool host_is_pattern(const char *word); /* it holds "*" or "?": a set whose size is not known */
/* The host has that name. Without a dot in the word only what stands before the host's first dot counts. *steps grows by what it cost, a
 * few nanoseconds each. */
bool host_matches(const char *word, const char *host, uint64_t *steps);
bool host_matches_text(const char *word, const char *text, size_t len, uint64_t *steps); /* the text, of len bytes, as a whole */

/* The names that a word without patterns stands for, one by one: of "n[1-5,8]" n1 to n5 and n8, of one without brackets itself. */
enum { HOST_BRACKETS = 8 };			      /* of a word: no cluster counts in more dimensions */
#define HOST_ROOM (HOST_MAX + 10 * HOST_BRACKETS + 1) /* bytes of a name that a word stands for, its NUL among them */
struct host_span {
	uint32_t lo, hi;
	unsigned digits; /* with leading zeros at least so many */
};
struct host_bracket {
	const char *from, *behind; /* the bracket; behind the span that is being counted */
	struct host_span span;
	uint32_t number;
};
struct host_names {
	const char *word; /* borrowed */
	struct host_bracket bracket[HOST_BRACKETS];
	size_t brackets;
	bool over;
};
void host_names_begin(struct host_names *, const char *word);	/* the word must outlive it and have passed host_word */
bool host_names_next(struct host_names *, char out[HOST_ROOM]); /* false: there are no more */
uint64_t host_count(const char *words, size_t len);		/* how many, of the word of len bytes at the text's beginning */
#endif
