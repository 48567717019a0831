/* The user's side of renew: which file goes to which node, which node goes when, what became of each.
 * Must never know how a node does it. */
#include "client/renewal.h"
#include "bundle.h"
#include "client/absent.h"
#include "client/parcel.h"
#include "client/session.h"
#include "client/survey.h"
#include "elf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

enum {
	PIECE = 64 * 1024,    /* bytes of a file in one message */
	PATIENCE_MS = 2000,   /* a node that is told to go waits so long for its jobs, and is then asked again */
	AGAIN_MS = 15 * 1000, /* it may have been another's order that it had last */
	TICK_MS = 1000,
	SILENT_MS = 120 * 1000, /* a node of which nothing is heard for so long is given up, unless -timeout says how long */
};
#define OWN_FILE "/proc/self/exe"

/* A gproc that is sent, for the nodes of one machine. */
struct file {
	char *machine;
	char *why; /* there is none; NULL: there is */
	uint8_t *bytes;
	uint32_t size;
	struct digest digest;
	bool proved;	  /* a node has come back with it */
	size_t under_way; /* nodes that were told to go and have not come back */
	struct file *next;
};

enum stage { ASKED, READY, TOLD, GONE, OVER };
struct target {
	struct path path;
	struct file *file;
	enum stage stage;
	struct target *above; /* the nearest of them on the way to it */
	size_t below;	      /* those of which this is that, and that are not over */
	bool busy;	      /* it had jobs when it was told to go */
	uint64_t told;	      /* now_ms() when it was told to go */
	uint64_t since;	      /* now_ms() of the last that was heard of it */
	char *version;	      /* of the file, as it says itself */
	char *lost;	      /* why it was, before it was told to go; it may come back */
};

static struct {
	const struct options *o;
	struct link *link;
	struct file *files;
	struct target *at; /* sorted by path */
	size_t count, left, failed;
	uint64_t end; /* of -timeout; UINT64_MAX: none */
	uint64_t heard;
	struct lastword *word;
} r;

/* ---- files ---- */

/* -r is a file, or a root in which gproc is sought. The caller frees; NULL: there is none. */
static uint8_t *
bytes_of(const char *root, uint32_t *size)
{
	static const char *const places[] = {"", "/bin/gproc", "/usr/bin/gproc", "/usr/local/bin/gproc", "/sbin/gproc"};
	char *bytes = NULL;
	size_t i, len = 0;

	for (i = 0; i < COUNT(places) && !bytes; i++) {
		char *path = xasprintf("%s%s", root, places[i]);

		bytes = read_file(path, MAX_RENEWAL, &len);
		free(path);
	}
	*size = (uint32_t)len;
	return (uint8_t *)bytes;
}

/* What is wrong with it for such nodes, or NULL. The caller frees. */
static char *
unfit(const struct file *f, bool own)
{
	struct utsname here;
	struct elf elf;
	char *why = NULL;
	bool fits = own && uname(&here) == 0 && strcmp(here.machine, f->machine) == 0;

	if (elf_parse(f->bytes, f->size, &elf) != 0)
		return xasprintf("the file for it is no program: it %s", elf_error());
	if (!fits && strcmp(elf_machine_name(&elf), f->machine) != 0)
		why = xasprintf("it is %s, the gproc for %s%s", f->machine, elf_machine_name(&elf),
			strstr(r.o->root, "%m") ? "" : ": -r=ROOT/%m takes each its own");
	elf_free(&elf);
	return why;
}

static struct file *
file_for(const char *machine)
{
	bool own = strcmp(r.o->root, "/") == 0;
	struct file *f;
	char *root;

	for (f = r.files; f && strcmp(f->machine, machine) != 0; f = f->next)
		;
	if (f)
		return f;
	root = own ? xstrdup(OWN_FILE) : parcel_root(r.o, machine);
	f = xcalloc(1, sizeof(*f));
	f->machine = xstrdup(machine);
	f->next = r.files;
	r.files = f;
	f->bytes = bytes_of(root, &f->size);
	f->why = f->bytes ? unfit(f, own) : xasprintf("there is no gproc under %s", root);
	if (!f->why)
		f->digest = chunk_digest(f->bytes, f->size);
	free(root);
	return f;
}

static void
send_piece(const struct frame *frame)
{
	struct msg_renew_want want;
	struct msg_renew_data m = {.len = 0};
	struct buf body = {0};
	const struct file *f;

	if (take_renew_want(frame->body, frame->len, &want) != 0)
		session_bad(frame);
	for (f = r.files; f && (f->why || !digest_equal(&f->digest, &want.digest)); f = f->next)
		;
	m.digest = want.digest;
	m.offset = want.offset;
	if (f && want.offset < f->size) {
		m.data = f->bytes + want.offset;
		m.len = f->size - want.offset < PIECE ? f->size - want.offset : PIECE;
	}
	put_renew_data(&body, &m);
	session_send(r.link, MSG_RENEW_DATA, &body);
	buf_free(&body);
}

/* ---- one node ---- */

static void
over(struct target *t, enum word word, const char *why)
{
	if (t->stage == OVER)
		return;
	if (t->stage == TOLD || t->stage == GONE)
		t->file->under_way--;
	t->stage = OVER;
	r.left--;
	if (t->above)
		t->above->below--;
	if (word == WORD_RENEWED)
		return;
	r.failed++;
	lastword_add(&r.word, word, 0, why, &t->path);
}

/* The first node of its file that has gone is not well: no other one follows it. */
static void
spoilt(const struct target *first)
{
	char name[PATH_TEXT], *why;
	size_t i;

	if (first->file->proved)
		return;
	why = xasprintf("left alone, for %s is not well with it", path_text(&first->path, name));
	for (i = 0; i < r.count; i++)
		if (r.at[i].file == first->file && r.at[i].stage < TOLD)
			over(&r.at[i], WORD_NOT_RENEWED, why);
	free(why);
}

static void
not_back(struct target *t)
{
	spoilt(t);
	over(t, WORD_NOT_BACK, NULL);
}

static void
send_order(const struct file *f, struct path *paths, size_t count, unsigned flags)
{
	uint64_t now = now_ms(), left = r.end > now ? r.end - now : 0;
	struct msg_renew m = {.digest = f->digest,
		.size = f->size,
		.flags = flags | (r.o->now ? RENEW_NOW : 0),
		.patience = left < PATIENCE_MS ? (uint32_t)left : PATIENCE_MS,
		.paths = paths,
		.count = count};
	struct buf body = {0};

	put_renew(&body, &m);
	session_send(r.link, MSG_RENEW, &body);
	buf_free(&body);
}

static void
tell_to_go(struct target *t)
{
	t->told = now_ms();
	if (t->stage != TOLD) {
		t->file->under_way++;
		t->since = t->told;
	}
	t->stage = TOLD;
	send_order(t->file, &t->path, 1, RENEW_GO);
}

static void
is_back(struct target *t, const char *version)
{
	char name[PATH_TEXT], *why;

	if (t->stage < TOLD) { /* it was started anew, and knows nothing of this */
		t->stage = ASKED;
		send_order(t->file, &t->path, 1, 0);
	} else if (strcmp(version, t->version) == 0) {
		t->file->proved = true;
		printf("renewed %s: %s\n", path_text(&t->path, name), version);
		(void)fflush(stdout);
		over(t, WORD_RENEWED, NULL);
	} else {
		why = xasprintf("it came back with gproc %s; its log says why", version);
		spoilt(t);
		over(t, WORD_NOT_RENEWED, why);
		free(why);
	}
}

static void
heard_of(struct target *t, enum renewed state, const char *text)
{
	t->since = now_ms();
	if (state == RENEWED_BACK) {
		is_back(t, text);
	} else if ((state == RENEWED_READY && t->stage <= TOLD) || (state == RENEWED_BUSY && t->stage == TOLD)) {
		t->file->under_way -= t->stage == TOLD; /* READY then, too: another's order has taken ours back */
		t->stage = READY;
		if (state == RENEWED_BUSY) {
			t->busy = true;
			return;
		}
		free(t->version);
		t->version = xstrdup(text);
	} else if (t->stage == TOLD && (state == RENEWED_GOING || state == RENEWED_LOST)) {
		t->stage = GONE;
		if (state == RENEWED_GOING && *text)
			lastword_add(&r.word, WORD_RENEWED, 0, text, &t->path);
	} else if (t->stage < TOLD && state == RENEWED_LOST) {
		t->stage = ASKED;
		free(t->lost);
		t->lost = xstrdup(text);
	} else if (t->stage < GONE && state == RENEWED_REFUSED) {
		over(t, WORD_NOT_RENEWED, text);
	}
}

static void
take_renewed_frame(const struct frame *frame)
{
	struct msg_renewed m;
	char *text;
	size_t lo = 0, hi = r.count;

	if (take_renewed(frame->body, frame->len, &m) != 0)
		session_bad(frame);
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (path_compare(&r.at[mid].path, &m.path) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == r.count || !path_equal(&r.at[lo].path, &m.path) || r.at[lo].stage == OVER)
		return;
	/* Another client may be renewing with another file. */
	if (m.state < RENEWED_BACK && !digest_equal(&m.digest, &r.at[lo].file->digest))
		return;
	text = printable(m.text);
	heard_of(&r.at[lo], m.state, text);
	free(text);
}

/* ---- all of them ---- */

/* A node goes when those below it are over, and of a file that nobody has come back with yet one at a time: rather one without jobs. */
static void
let_go(void)
{
	int busy;
	size_t i;

	for (busy = 0; busy < 2; busy++)
		for (i = 0; i < r.count; i++) {
			struct target *t = &r.at[i];

			if ((t->stage == READY && t->busy == busy && t->below == 0 && (t->file->proved || t->file->under_way == 0)) ||
				(t->stage == TOLD && now_ms() - t->told >= AGAIN_MS))
				tell_to_go(t);
		}
}

static void
not_gone(struct target *t)
{
	if (t->stage == TOLD)
		send_order(t->file, &t->path, 1, 0); /* which takes the order to go back */
	over(t, WORD_NOT_RENEWED, t->busy || t->stage == TOLD ? "jobs run there" : t->lost ? t->lost : "no answer in time");
}

/* Those that are not back first: they are why others were left alone. */
static void
give_up(void)
{
	uint64_t now = now_ms();
	bool ended = now >= r.end;
	size_t i;

	for (i = 0; i < 2 * r.count; i++) {
		struct target *t = &r.at[i % r.count];
		uint64_t silent = now - (t->stage == ASKED && r.heard > t->since ? r.heard : t->since);

		if (t->stage == OVER || (i < r.count && t->stage != GONE) ||
			(!ended && (t->stage == READY || r.o->timeout || silent < SILENT_MS)))
			continue;
		if (t->stage == GONE || (t->stage == TOLD && !ended))
			not_back(t);
		else
			not_gone(t);
	}
}

static void
run(void)
{
	struct frame f;

	while (r.left > 0) {
		uint64_t now = now_ms();

		if (session_until(r.link, &f, r.end < now + TICK_MS ? r.end : now + TICK_MS)) {
			r.heard = now_ms();
			if (f.type == MSG_RENEW_WANT)
				send_piece(&f);
			else if (f.type == MSG_RENEWED)
				take_renewed_frame(&f);
			else if (f.type == MSG_ERROR)
				session_error(&f);
			else
				session_bad(&f);
		}
		give_up();
		let_go();
	}
}

/* The nearest of the targets above it: the one before it, or one above that. */
static struct target *
above(size_t i)
{
	struct target *t = i ? &r.at[i - 1] : NULL;

	while (t && !path_under(&r.at[i].path, &t->path))
		t = t->above;
	return t;
}

static void
choose(const struct survey *a)
{
	size_t i;

	r.at = xcalloc(a->count, sizeof(*r.at));
	for (i = 0; i < a->count; i++)
		if (a->at[i].m.state == NODE_UP)
			r.at[r.count++] =
				(struct target){.path = a->at[i].m.path, .file = file_for(a->at[i].m.info.machine), .since = now_ms()};
	r.left = r.count;
	for (i = 0; i < r.count; i++)
		if ((r.at[i].above = above(i)))
			r.at[i].above->below++;
	for (i = 0; i < r.count; i++)
		if (r.at[i].file->why)
			over(&r.at[i], WORD_NOT_RENEWED, r.at[i].file->why);
}

static void
ask_all(void)
{
	struct path *paths = xcalloc(MAX_RENEWED, sizeof(*paths));
	const struct file *f;
	size_t i, count;

	for (f = r.files; f; f = f->next) {
		for (i = count = 0; i < r.count; i++) {
			if (r.at[i].file == f && r.at[i].stage == ASKED)
				paths[count++] = r.at[i].path;
			if (count == MAX_RENEWED) {
				send_order(f, paths, count, 0);
				count = 0;
			}
		}
		if (count)
			send_order(f, paths, count, 0);
	}
	free(paths);
}

int
client_renew(const struct options *o, const char *spec)
{
	struct survey a = {0};
	bool named;

	r.o = o;
	survey_check(spec);
	survey_ask(o, spec, &a);
	absent_warn(&a.left, NULL, false);
	named = absent_any_named(&a.left);
	r.end = o->timeout ? now_ms() + o->timeout : UINT64_MAX;
	r.heard = now_ms();
	choose(&a);
	if (r.count == 0)
		die(255, "\"%s\" selects no node that is up", spec);
	r.link = session_open(o->uds);
	ask_all();
	run();
	link_flush(r.link);
	link_free(r.link);
	lastword_print(r.word, NULL, false);
	return flush_stdout(named ? 255 : r.failed > 0);
}
