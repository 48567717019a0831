/* JSON objects, one a line: each is begun with its type, given its keys in order, and ended. */
#ifndef JSON_H
#define JSON_H

#include "client/naming.h"

enum { JSON_FORMAT = 1 }; /* its number, which the first object of a command tells */

void json_begin(struct buf *, const char *type); /* {"type":"exit" */
void json_about(struct buf *, const struct naming *, const struct path *); /* ,"node":"1:5", and where it is known ,"host":"slave5" */
/* The same of what is about one node: its path, and with -names its host: {"type":"exit","node":"1:5" */
void json_node(struct buf *, const char *type, const struct naming *, const struct path *);
void json_text(struct buf *, const char *key, const char *text); /* ,"key":"text"; what is not UTF-8 of it is replaced by U+FFFD */
void json_number(struct buf *, const char *key, uint64_t);	 /* ,"key":7 */
void json_seconds(struct buf *, const char *key, uint64_t ms);	 /* ,"key":1.234: seconds of so many milliseconds */
void json_words(struct buf *, const char *key, const char *const *, size_t); /* ,"key":["a","b"] */
void json_bytes(struct buf *, const uint8_t *, size_t);			     /* ,"text":"..." where they are UTF-8, else ,"base64":"..." */
void json_end(struct buf *);						     /* }, and the newline */
/* An array of objects within one: json_open, and for each json_item, its keys, json_close; then json_shut. */
void json_open(struct buf *, const char *key);			 /* ,"key":[ */
void json_item(struct buf *, const char *key, const char *text); /* {"key":"text" */
void json_close(struct buf *);					 /* } */
void json_shut(struct buf *);					 /* ] */
uint64_t json_now(void);					 /* milliseconds since 1970 */
/* How many bytes at the end may be the beginning of a character that goes on in what comes next: 0 to 3. */
size_t json_unfinished(const uint8_t *, size_t);
#endif
