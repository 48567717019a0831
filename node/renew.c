/* A newer gproc for nodes: its file on its way, tried on this node, and run in the place of this process.
 * Must never know who may ask for it, or in which order nodes go. */
#include "node/renew.h"
#include "bundle.h"
#include "init/init.h"
#include "base/sys.h"
#include "node/job.h"
#include "node/self.h"
#include "run/successor.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	MAX_FILES = 4,	       /* of them a node holds at a time: one for each kind of machine below it, mostly */
	PIECE = 64 * 1024,     /* bytes of a file in one message */
	LAPSE_MS = 600 * 1000, /* a file of which nothing was heard for so long goes */
	TRIAL_MS = 60 * 1000,  /* what a child may take, on a disk that is slow and a machine that is busy */
	LOOK_MS = 100,	       /* between looks whether jobs have ended */
};

/* A file on its way through here. */
struct image {
	struct digest digest;
	uint32_t size;
	struct buf bytes;	  /* what has come, from its beginning */
	struct neighbour *client; /* on the master: who has it */
	bool asked;		  /* the next piece is on its way */
	struct timer lapse;
	struct image *next;
};
static struct image *images;

/* Children that wait for a piece. */
struct claim {
	struct neighbour *by;
	struct image *image;
	uint32_t offset;
	struct claim *next;
};
static struct claim *claims;

/* What this node itself is to run. */
static struct {
	struct image *image; /* NULL: nothing */
	unsigned flags;
	uint64_t until; /* it waits for jobs */
	int file;	/* once it is in memory to be run */
	char *version;	/* once it was tried */
	struct attempt child;
	bool placing;	  /* that is what the child does */
	bool dropped;	  /* what the child does is not wanted any more: it is being ended */
	bool placed;	  /* that was done, */
	const char *path; /* and it is there; NULL: it can't be */
	struct timer look;
	bool leaving;
} own = {.child.said = -1, .file = -1};

static size_t watchers; /* clients that are told of nodes */
static void (*leave)(void);

static void go_on(void);
static void pull(struct image *);

void
renew_set_leave(void (*how)(void))
{
	leave = how;
}

/* ---- what is told upwards ---- */

static void
tell(const void *body, size_t len)
{
	struct neighbour *n;

	if (!self.is_master && self.parent && self.parent->renews)
		neighbour_send_bytes(self.parent, PRIO_CONTROL, MSG_RENEWED, 0, body, len);
	if (self.is_master && watchers)
		for (n = self.neighbours; n; n = n->next)
			if (n->kind == NB_CLIENT && n->renews)
				neighbour_send_bytes(n, PRIO_CONTROL, MSG_RENEWED, 0, body, len);
}

static void
say(const struct path *path, const struct digest *digest, enum renewed state, const char *text)
{
	struct msg_renewed m = {.path = *path, .digest = *digest, .state = state, .text = text};
	struct buf body = {0};

	put_renewed(&body, &m);
	tell(body.data, body.len);
	buf_free(&body);
}

void
renew_on_renewed(struct neighbour *child, const struct frame *f)
{
	struct msg_renewed m;

	if (take_renewed(f->body, f->len, &m) != 0)
		neighbour_malformed(child, f);
	else
		tell(f->body, f->len);
}

void
renew_member(const struct path *path, enum renewed state, const char *text)
{
	static const struct digest none;

	if (watchers)
		say(path, &none, state, text);
}

/* ---- files on their way ---- */

static bool
is_wanted(const struct image *i)
{
	const struct claim *a;

	for (a = claims; a && a->image != i; a = a->next)
		;
	return a || own.image == i;
}

static void
image_free(struct image *i)
{
	struct image **at;

	for (at = &images; *at != i; at = &(*at)->next)
		;
	*at = i->next;
	loop_cancel(&i->lapse);
	buf_free(&i->bytes);
	free(i);
}

static void
own_drop(void)
{
	loop_cancel(&own.look);
	if (own.child.pid) {
		(void)kill(own.child.pid, SIGKILL);
		own.dropped = true;
	}
	close_fd(&own.file);
	free(own.version);
	own.version = NULL;
	own.path = NULL;
	own.placed = false;
	own.image = NULL;
}

/* Nothing has changed here. */
static void refuse(const char *fmt, ...) PRINTF(1, 2);
static void
refuse(const char *fmt, ...)
{
	va_list args;
	char *why;

	va_start(args, fmt);
	why = xvasprintf(fmt, args);
	va_end(args);
	warn("this gproc stays: %s", why);
	say(&self.path, &own.image->digest, RENEWED_REFUSED, why);
	free(why);
	own_drop();
}

static void
send_piece(struct neighbour *n, const struct image *i, uint32_t offset)
{
	struct msg_renew_data m = {.digest = i->digest, .offset = offset};
	struct buf body = {0};

	if (offset < i->bytes.len) {
		m.data = i->bytes.data + offset;
		m.len = i->bytes.len - offset < PIECE ? i->bytes.len - offset : PIECE;
	}
	put_renew_data(&body, &m);
	neighbour_post(n, PRIO_OUTPUT, MSG_RENEW_DATA, 0, &body);
}

/* Those who wait for a piece that is there are sent it; all: the others too, that there is none. */
static void
serve(const struct image *i, bool all)
{
	struct claim **at = &claims, *a;

	while ((a = *at)) {
		if (a->image != i || (!all && a->offset >= i->bytes.len)) {
			at = &a->next;
			continue;
		}
		send_piece(a->by, i, a->offset);
		*at = a->next;
		free(a);
	}
}

static void
image_lost(struct image *i, const char *why)
{
	buf_free(&i->bytes);
	serve(i, true);
	if (own.image == i)
		refuse("%s", why);
	image_free(i);
}

static void
image_lapses(struct timer *t)
{
	struct image *i = t->owner;

	if (own.image == i && (own.child.pid || own.leaving)) {
		loop_timer(t, LAPSE_MS, image_lapses, i);
		return;
	}
	if (own.image == i)
		own_drop();
	serve(i, true);
	image_free(i);
}

/* The file; where it was not heard of, it is from now on. NULL: there are as many others as may be. */
static struct image *
image_of(const struct digest *digest, uint32_t size)
{
	struct image *i, *idle = NULL;
	size_t count = 0;

	for (i = images; i && !(digest_equal(&i->digest, digest) && i->size == size); i = i->next) {
		count++;
		if (!is_wanted(i))
			idle = i;
	}
	if (!i && count >= MAX_FILES && !idle)
		return NULL;
	if (!i) {
		if (count >= MAX_FILES)
			image_free(idle);
		i = xcalloc(1, sizeof(*i));
		i->digest = *digest;
		i->size = size;
		i->next = images;
		images = i;
	}
	loop_timer(&i->lapse, LAPSE_MS, image_lapses, i);
	return i;
}

/* Asks for the next piece. Without a parent for now, that is done when there is one. */
static void
pull(struct image *i)
{
	struct msg_renew_want m = {.digest = i->digest, .size = i->size, .offset = (uint32_t)i->bytes.len};
	struct neighbour *source = self.is_master ? i->client : self.parent;
	struct buf body = {0};

	if (i->asked || i->bytes.len >= i->size || (!source && !self.is_master))
		return;
	if (!source || !(source->renews)) {
		image_lost(i, "the newer file can't be had any more");
		return;
	}
	i->asked = true;
	put_renew_want(&body, &m);
	neighbour_post(source, PRIO_CONTROL, MSG_RENEW_WANT, 0, &body);
}

void
renew_on_want(struct neighbour *child, const struct frame *f)
{
	struct msg_renew_want m;
	struct image *i;
	struct claim *a;

	if (take_renew_want(f->body, f->len, &m) != 0) {
		neighbour_malformed(child, f);
		return;
	}
	i = image_of(&m.digest, m.size);
	if (!i || m.offset < i->bytes.len) {
		struct image none = {.digest = m.digest};

		send_piece(child, i ? i : &none, m.offset);
		return;
	}
	a = xcalloc(1, sizeof(*a));
	*a = (struct claim){.by = child, .image = i, .offset = m.offset, .next = claims};
	claims = a;
	pull(i);
}

void
renew_on_data(struct neighbour *from, const struct frame *f)
{
	struct msg_renew_data m;
	struct digest whole;
	struct image *i;

	if (take_renew_data(f->body, f->len, &m) != 0) {
		neighbour_malformed(from, f);
		return;
	}
	for (i = images; i && !digest_equal(&i->digest, &m.digest); i = i->next)
		;
	if (!i || !i->asked || from != (self.is_master ? i->client : self.parent) || m.offset != i->bytes.len)
		return;
	i->asked = false;
	if (m.len == 0 || m.len > i->size - i->bytes.len) {
		image_lost(i, "the newer file can't be had any more");
		return;
	}
	put_bytes(&i->bytes, m.data, m.len);
	whole = i->bytes.len == i->size ? chunk_digest(i->bytes.data, i->size) : i->digest;
	if (!digest_equal(&whole, &i->digest)) {
		image_lost(i, "the newer file did not come as it was announced");
		return;
	}
	serve(i, false);
	if (i->bytes.len < i->size)
		pull(i);
	else if (own.image == i)
		go_on();
}

void
renew_parent_is_back(void)
{
	struct image *i, *next;

	for (i = images; i; i = next) {
		next = i->next;
		i->asked = false;
		if (is_wanted(i))
			pull(i);
	}
}

static void
client_gone(struct neighbour *n)
{
	struct image *i, *next;

	watchers--;
	for (i = images; i; i = next) {
		next = i->next;
		if (i->client != n)
			continue;
		i->client = NULL;
		i->asked = false;
		if (i->bytes.len < i->size)
			image_lost(i, "the newer file can't be had any more");
	}
}

void
renew_neighbour_gone(struct neighbour *n)
{
	struct claim **at = &claims, *a;

	while ((a = *at)) {
		if (a->by != n) {
			at = &a->next;
			continue;
		}
		*at = a->next;
		free(a);
	}
	if (n->kind == NB_CLIENT && n->renews)
		client_gone(n);
}

/* ---- this very node ---- */

static void
look_is_due(struct timer *t)
{
	(void)t;
	if (own.child.pid)
		(void)kill(own.child.pid, SIGKILL);
	else
		go_on();
}

/* A child tries it, or puts it in place. */
static void
start_child(bool placing)
{
	int bad;

	if (!placing)
		own.file = memory_file(own.image->bytes.data, own.image->size);
	own.placing = placing;
	loop_timer(&own.look, TRIAL_MS, look_is_due, NULL);
	bad = own.file < 0 ? -1
	      : placing	   ? placing_start(&own.child, own.file, init_is_parent() ? INIT_NEWER : NULL)
			   : trial_start(&own.child, own.file, self.options->words);
	if (bad)
		refuse("the newer one can't be tried: %s", strerror(errno));
}

/* The next step of what this node is told. */
static void
go_on(void)
{
	if (!own.image || own.child.pid || own.leaving || self.ending)
		return;
	if (own.image->bytes.len < own.image->size) {
		pull(own.image);
	} else if (!own.version && own.file < 0) {
		start_child(false);
	} else if (!(own.flags & RENEW_GO)) {
		say(&self.path, &own.image->digest, RENEWED_READY, own.version);
	} else if (!(own.flags & RENEW_NOW) && job_runs_here()) {
		if (now_ms() < own.until) {
			loop_timer(&own.look, LOOK_MS, look_is_due, NULL);
			return;
		}
		own.flags = 0;
		say(&self.path, &own.image->digest, RENEWED_BUSY, "");
	} else if (!own.placed) {
		start_child(true);
	} else {
		own.leaving = true;
		leave();
	}
}

static void
tried(int status, const char *said)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && has_prefix(said, "gproc ")) {
		own.version = xstrdup(said + strlen("gproc "));
		go_on();
	} else if (WIFSIGNALED(status)) {
		refuse("the newer one does not work here: signal %d ended its trial", WTERMSIG(status));
	} else {
		refuse("the newer one does not work here: %s", *said ? said : "its trial said nothing");
	}
}

static void
placed(int status, const char *why)
{
	char *remark = xstrdup("");

	own.placed = true;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		own.path = init_is_parent() ? INIT_NEWER : successor_path();
	} else {
		free(remark);
		remark = xasprintf("it runs from memory until it is started anew, for it can't be put in place: %s",
			*why ? why : "that took too long");
	}
	say(&self.path, &own.image->digest, RENEWED_GOING, remark);
	warn("gproc %s takes over%s%s", own.version, *remark ? ": " : "", remark);
	free(remark);
	go_on();
}

void
renew_reaped(pid_t pid, int status)
{
	char *said;

	if (!own.child.pid || pid != own.child.pid)
		return;
	loop_cancel(&own.look);
	said = attempt_end(&own.child);
	if (own.dropped) {
		own.dropped = false;
		go_on();
	} else if (own.placing) {
		placed(status, said);
	} else {
		tried(status, said);
	}
	free(said);
}

static void
take_order(const struct msg_renew *m)
{
	if (own.image && !(digest_equal(&own.image->digest, &m->digest) && own.image->size == m->size)) {
		if (own.child.pid || own.leaving) {
			say(&self.path, &m->digest, RENEWED_REFUSED, "others are under way there");
			return;
		}
		own_drop();
	}
	own.image = image_of(&m->digest, m->size);
	if (!own.image) {
		say(&self.path, &m->digest, RENEWED_REFUSED, "others are under way there");
		return;
	}
	own.flags = m->flags;
	own.until = now_ms() + m->patience;
	if (m->uid != 0 && m->uid != geteuid()) /* what is to be run would have this process's rights */
		refuse("it runs as user %u, and the order is user %u's", (unsigned)geteuid(), (unsigned)m->uid);
	else if (m->flags & ~(unsigned)(RENEW_GO | RENEW_NOW))
		refuse("it does not know what is asked of it");
	else
		go_on();
}

bool
renew_is_due(void)
{
	return own.leaving;
}

void
renew_run(void)
{
	successor_run(own.file, own.path, self.options->words);
}

/* ---- orders ---- */

/* Some that lie in one direction. */
static void
pass_on(const struct msg_renew *m, struct neighbour *via)
{
	struct buf body = {0};
	size_t i;

	if (via && via->renews) {
		put_renew(&body, m);
		neighbour_post(via, PRIO_CONTROL, MSG_RENEW, 0, &body);
		return;
	}
	for (i = 0; i < m->count; i++)
		say(&m->paths[i], &m->digest, via ? RENEWED_REFUSED : RENEWED_LOST,
			via ? "its gproc, or one on the way, is too old for that" : "there is no way to it");
}

static void
route(const struct msg_renew *m)
{
	struct msg_renew some = *m;
	struct neighbour *via;
	size_t i, end;

	for (i = 0; i < m->count; i = end) {
		end = i + 1;
		if (!self.is_master && path_equal(&m->paths[i], &self.path)) {
			take_order(m);
			continue;
		}
		via = neighbour_towards(&m->paths[i]);
		while (end < m->count && !path_equal(&m->paths[end], &self.path) && neighbour_towards(&m->paths[end]) == via)
			end++;
		some.paths = m->paths + i;
		some.count = end - i;
		pass_on(&some, via);
	}
}

void
renew_on_renew(struct neighbour *parent, const struct frame *f)
{
	struct msg_renew m;

	if (take_renew(f->body, f->len, &m) != 0) {
		neighbour_malformed(parent, f);
		return;
	}
	route(&m);
	free(m.paths);
}

void
renew_order(struct neighbour *client, const struct msg_renew *m)
{
	struct image *i = image_of(&m->digest, m->size);

	watchers += !client->renews;
	client->renews = true;
	if (i && i->client != client) {
		i->client = client;
		i->asked = false;
	}
	route(m);
}
