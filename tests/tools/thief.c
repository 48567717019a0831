/* A client after other users' files, or their room. Usage: thief SOCKET NODES WHAT SCOPE TEXT [COUNT [FIRST]]; SCOPE is what is claimed of
 * the file that holds TEXT: "private" or "public". WHAT is own: launches a manifest with that file, as an honest owner, and serves all of
 * it; the program prints the file; manifest: launches that very manifest, and serves nothing; take: launches another one with that file,
 * and serves all but the file; guess: the same with COUNT files of TEXT and a number, and tells which of them nobody asks for; large: says
 * that each of them has 1 MiB, and is the job's own; bulk: COUNT files of 1 MiB each, numbered from FIRST on, all of which it serves;
 * holes: the same but for the last file, and says that they are holes; silent: says that the file has 1 GiB, and serves its list of chunks
 * alone; book: serves a manifest of COUNT MiB that is none. Prints a line each: "asked THING SCOPE" (a uid, or "public"), "unasked NUMBER",
 * "all asked", "out TEXT", "failed TEXT", "exited STATUS", "error TEXT". */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bundle.h"
#include "link/net.h"
#include "tools/frames.h"

struct object {
	struct blob_id id;
	struct buf bytes; /* the list, then the contents */
	size_t number;	  /* of a guess */
	bool is_asked;
};

enum { LARGE = 1 << 20, SILENT = 1 << 30 };
static const char *what;
static struct object manifest, program, loot;
static struct object *guesses; /* in order */
static size_t count, first;
static struct digest last; /* sorts behind all others: when it is asked for, so have been all that will be */
static struct link *master;

static int
object_order(const void *a, const void *b)
{
	return memcmp(((const struct object *)a)->id.digest.byte, ((const struct object *)b)->id.digest.byte, DIGEST_LEN);
}

static struct object
object_of(const void *data, size_t len)
{
	struct object o = {0};

	blob_of_bytes(data, len, &o.id);
	put_bytes(&o.bytes, o.id.list, list_length(len));
	put_bytes(&o.bytes, data, len);
	return o;
}

static bool
is(const char *name)
{
	return strcmp(what, name) == 0;
}

static bool
is_large(void)
{
	return is("bulk") || is("holes");
}

static void
add_file(struct manifest *m, const char *path, const struct digest *digest, uint64_t size, unsigned flags)
{
	struct entry *e = manifest_add(m, path, ENTRY_FILE);

	e->mode = 0755;
	e->flags = flags;
	e->size = size;
	e->digest = *digest;
}

static void
make_manifest(unsigned flags)
{
	/* Whose manifest it is must not be told by its name. */
	const char *text = is("own") || is("manifest") ? "#!/bin/sh\ncat \"$GPROC_ROOT/loot\"\n" : "#!/bin/sh\n cat \"$GPROC_ROOT/loot\"\n";
	struct manifest m = {
		.program = xstrdup("/bin/run"), .interpreter = xstrdup(""), .machine = xstrdup(""), .library_path = xstrdup("")};
	struct buf bytes = {0};
	char path[32];
	size_t i;

	program = object_of(text, strlen(text));
	manifest_add(&m, "bin", ENTRY_DIR)->mode = 0755;
	add_file(&m, "bin/run", &program.id.digest, program.id.size, ENTRY_PROGRAM);
	for (i = 0; i < count && !is("book"); i++) {
		(void)snprintf(path, sizeof(path), "guess%06zu", i);
		add_file(&m, path, &guesses[i].id.digest, is("large") ? LARGE : guesses[i].id.size, flags);
		m.at[m.count - 1].holes = is("holes") ? guesses[i].id.size : 0;
	}
	if (is("silent")) {
		loot = (struct object){.id.size = SILENT};
		memset(buf_grow(&loot.bytes, list_length(SILENT)), 0, list_length(SILENT));
		loot.bytes.len = list_length(SILENT);
		loot.id.digest = blob_digest(SILENT, loot.bytes.data);
	}
	add_file(&m, "loot", count > 0 && !is("bulk") ? &last : &loot.id.digest, loot.id.size, flags);
	if (is("book")) {
		memset(buf_grow(&bytes, count << 20), 'x', count << 20);
		bytes.len = count << 20;
	} else {
		manifest_encode(&m, &bytes);
	}
	manifest = object_of(bytes.data, bytes.len);
}

static void
launch(const char *spec)
{
	struct msg_launch m = {.generation = PROTO_GENERATION,
		.spec = spec,
		.exclude = "", .only = "",
		.window = 1 << 20,
		.variants = 1,
		.around = {.cwd = "/", .binroot = ""}};
	struct buf body = {0};

	m.variant[0] = (struct variant){.machine = "", .made_for = "", .has_manifest = true, .manifest = manifest.id.digest};
	strings_add(&m.around.argv, "/bin/run");
	strings_add(&m.around.env, "PATH=/usr/bin:/bin");
	put_launch(&body, &m);
	send_frame(master, MSG_LAUNCH, 0, &body);
	buf_free(&body);
}

static void
serve(uint64_t job, const struct msg_want *want, const struct object *o)
{
	struct msg_data m = {.name = want->name, .size = o->id.size, .offset = want->offset, .have = o->bytes.len};
	struct buf body = {0};

	while (m.offset < o->bytes.len) {
		m.len = piece_length(m.size, o->id.list, m.offset, want->end);
		m.raw_len = (uint32_t)m.len;
		m.data = o->bytes.data + m.offset;
		body.len = 0;
		put_data(&body, &m);
		send_frame(master, MSG_DATA, job, &body);
		m.offset += m.len;
	}
	buf_free(&body);
}

static void
refuse(uint64_t job, const struct object_name *name)
{
	struct msg_lack m = {.name = *name, .why = "a thief has nothing"};
	struct buf body = {0};

	put_lack(&body, &m);
	send_frame(master, MSG_LACK, job, &body);
	buf_free(&body);
}

static void
report_guesses(void)
{
	size_t i, missing = 0;

	for (i = 0; i < count; i++)
		if (!guesses[i].is_asked) {
			printf("unasked %zu\n", guesses[i].number);
			missing++;
		}
	if (missing == 0)
		puts("all asked");
}

static void
on_want(const struct frame *f)
{
	struct msg_want want;
	const struct object *o = NULL;
	struct object key, *guess;
	const char *name = "loot";
	char scope[16];

	if (take_want(f->body, f->len, &want) != 0)
		die(1, "a WANT that can't be read");
	if (digest_equal(&want.name.digest, &manifest.id.digest))
		name = "manifest", o = &manifest;
	else if (digest_equal(&want.name.digest, &program.id.digest))
		name = "program", o = &program;
	else if (is("own"))
		o = &loot;
	(void)snprintf(scope, sizeof(scope), "%u", want.name.scope);
	key.id.digest = want.name.digest;
	guess = count > 0 && !is("book") ? bsearch(&key, guesses, count, sizeof(*guesses), object_order) : NULL;
	if (guess)
		guess->is_asked = true;
	if (guess && is_large())
		o = guess;
	if ((is("bulk") || is("silent")) && digest_equal(&want.name.digest, &loot.id.digest))
		o = &loot;
	if (count == 0 || (o && o != guess))
		printf("asked %s %s\n", name, want.name.scope == SCOPE_PUBLIC ? "public" : scope);
	if (o && !is("manifest")) {
		serve(f->job, &want, o);
	} else if (count == 0 || digest_equal(&want.name.digest, &last)) {
		if (count > 0)
			report_guesses();
		if (!is_large())
			refuse(f->job, &want.name);
	}
}

static void
on_event(const struct frame *f)
{
	struct msg_event e;

	take_and_print(f, &e);
	if (e.kind == EVENT_FAILED || e.kind == EVENT_LOST)
		printf("failed %s\n", e.text);
}

/* False when it is over. */
static bool
on_frame(const struct frame *f)
{
	struct msg_error error;

	if (f->type == MSG_WANT)
		on_want(f);
	else if (f->type == MSG_EVENT)
		on_event(f);
	else if (f->type == MSG_ERROR && take_error(f->body, f->len, &error) == 0)
		printf("error %s\n", error.text);
	(void)fflush(stdout);
	return f->type != MSG_ERROR && f->type != MSG_JOB_END;
}

int
main(int argc, char **argv)
{
	size_t i;
	int fd;

	if (argc < 6 || (fd = net_dial_local(argv[1])) < 0)
		die(2, "usage: thief SOCKET NODES own|manifest|take|guess|large|bulk|holes|silent|book private|public TEXT [COUNT "
		       "[FIRST]]");
	what = argv[3];
	master = link_new(fd, NULL, true);
	loot = object_of(argv[5], strlen(argv[5]));
	memset(&last, 0xff, sizeof(last));
	count = argc > 6 ? strtoul(argv[6], NULL, 10) : 0;
	first = argc > 7 ? strtoul(argv[7], NULL, 10) : 0;
	guesses = xcalloc(count, sizeof(*guesses));
	for (i = 0; i < count && !is("book"); i++) {
		char *text = xasprintf("%s%0*zu\n", argv[5], is_large() ? LARGE - 16 : 1, first + i);

		guesses[i] = object_of(text, strlen(text));
		guesses[i].number = i;
		free(text);
	}
	if (is("book"))
		free(guesses), guesses = NULL;
	else if (count > 0)
		qsort(guesses, count, sizeof(*guesses), object_order);
	make_manifest((strcmp(argv[4], "public") == 0 ? ENTRY_PUBLIC : 0) | (is("large") ? ENTRY_OWN : 0));
	launch(argv[2]);
	converse(master, on_frame);
	(void)fflush(stdout);
	_exit(0);
}
