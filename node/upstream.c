/* A slave's way up: dialling, joining, and finding another way when the parent is gone.
 * Must never know what a job is, but that it must be told when its master is gone for good. */
#include "node/upstream.h"
#include "base/often.h"
#include "link/dial.h"
#include "node/door.h"
#include "node/job.h"
#include "node/relay.h"
#include "node/self.h"
#include "run/successor.h"
#include "stackvm.h"
#include "node/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum {
	ATTEMPT_MS = 10000, /* for the whole way from a name to a welcome */
	ATTEMPT_MIN_MS = 1000,
	SLOW_MS = 1000,	       /* in which names are usually found */
	PAUSE_MIN_MS = 100,    /* between rounds of attempts; grows by half each time */
	PAUSE_MAX_MS = 4000,   /* so that a restarted master has its tree again within seconds */
	KEY_MS = 10000,	       /* between looks for a key file; */
	KEY_SOON_MS = 1000,    /* in the beginning so long: the master that makes it may have been started at the same moment */
	KEY_SOON = 10,	       /* times */
	HOME_MS = 2000,	       /* between looks whether the own parent is back */
	MAX_TOLD_REASONS = 16, /* then all of them are told anew */
};

static struct {
	char *parent; /* as -myParent yields it */
	bool has_id;
	uint32_t id;
	size_t next;		   /* candidate: 0 the parent, then ancestors */
	struct neighbour *attempt; /* a link under way; NULL: none */
	bool asked;		   /* JOIN was sent on it */
	size_t candidate;	   /* which it is; */
	char *tried;		   /* and its text, for ancestors may change meanwhile */
	bool adopted;		   /* self.parent is not the own parent */
	bool keyless;		   /* at the start there was no key */
	unsigned looks;		   /* for one, since then */
	struct dial dial;
	uint64_t pause;
	struct timer retry, limit, slow, grace, home;
	struct strings told; /* why it could not join, since it last had a parent */
} up;

static void try_next(void);

static int
make_key(const char *path)
{
	char id[KEY_ID_TEXT];

	if (key_make(path, &self.keys) != 0)
		return -1;
	key_id(self.keys.key[0], id);
	warn("made the cluster's key, %s, in %s. Each node needs a copy of that file, with mode 600: scp -p %s NODE:%s", id, path, path,
		path);
	return 0;
}

bool
upstream_load_keys(bool is_master)
{
	char *path = opts_key_path(self.options->key);
	int bad, saved;

	if (!path)
		die(2, "there is no HOME to look for a key in: say -key=FILE, or -key=none for links without a key");
	self.keys.plain = strcmp(path, "none") == 0;
	bad = self.keys.plain ? 0 : key_load(path, &self.keys);
	if (bad && is_master && errno == ENOENT && !*self.options->key)
		bad = make_key(path);
	/* One that is being copied, or has the wrong mode yet, may be right at the next look. */
	if (bad && (is_master || (errno != ENOENT && !up.keyless)))
		die(255, "%s", key_error());
	saved = errno;
	free(path);
	errno = saved;
	self.has_keys = !bad;
	return !bad;
}

/* A little more or less than ms, so that a thousand nodes do not come at once. */
static uint64_t
jittered(uint64_t ms)
{
	uint8_t noise = 128;

	(void)getrandom(&noise, sizeof(noise), GRND_NONBLOCK);
	return ms * (192 + (uint64_t)noise / 2) / 256;
}

static void
retry_is_due(struct timer *t)
{
	(void)t;
	try_next();
}

static size_t
candidates(void)
{
	return 1 + (self.has_path ? self.ancestors.count : 0);
}

static const char *
candidate_text(size_t i)
{
	return i == 0 ? up.parent : self.ancestors.at[i - 1];
}

/* Takes a reason over. True the first time since there was a parent: several ancestors are tried in turn, each with a reason of its own. */
static bool
is_news(char *why)
{
	if (strings_has(&up.told, why)) {
		free(why);
		return false;
	}
	if (up.told.count >= MAX_TOLD_REASONS)
		strings_free(&up.told);
	strings_take(&up.told, why);
	return true;
}

/* Says each new reason once; the same again only when asked for. */
static void
warn_failure(const char *whom, const char *why)
{
	if (is_news(xasprintf("can't join %s: %s", whom, why)))
		warn("can't join %s: %s; trying again", whom, why);
	else
		note(2, "can't join %s: %s; trying again", whom, why);
}

static void
attempt_failed(const char *why)
{
	if (self.ending)
		return;
	loop_cancel(&up.limit);
	warn_failure(up.tried, why);
	if (self.parent) /* it was only a look whether the own parent is back */
		return;
	if (++up.next < candidates()) {
		loop_timer(&up.retry, 0, retry_is_due, NULL);
		return;
	}
	up.next = 0;
	up.pause = up.pause * 3 / 2 < PAUSE_MIN_MS ? PAUSE_MIN_MS : up.pause * 3 / 2;
	if (up.pause > PAUSE_MAX_MS)
		up.pause = PAUSE_MAX_MS;
	loop_timer(&up.retry, jittered(up.pause), retry_is_due, NULL);
}

static void
limit_is_due(struct timer *t)
{
	(void)t;
	if (up.attempt) {
		neighbour_kill(up.attempt, "no answer");
		return;
	}
	if (dial_is_resolving(&up.dial)) {
		dial_drop(&up.dial);
		attempt_failed("its name did not resolve in time");
	}
}

/* A resolver may need many seconds to find that no server answers it. */
static void
name_is_slow(struct timer *t)
{
	(void)t;
	if (dial_is_resolving(&up.dial))
		warn_failure(up.tried, "no name server has said yet where that is");
}

static void
dialled(struct dial *d, int fd, const char *why)
{
	(void)d;
	loop_cancel(&up.slow);
	if (fd < 0) {
		attempt_failed(why);
		return;
	}
	up.asked = false;
	up.attempt = neighbour_new(link_new(fd, &self.keys, true), NB_PARENT);
}

/* An orphan's time is short: a parent that was stopped takes connections, and answers none. */
static uint64_t
attempt_limit(void)
{
	uint64_t ms = self.has_path && self.heartbeat < ATTEMPT_MS ? self.heartbeat : ATTEMPT_MS;

	return ms < ATTEMPT_MIN_MS ? ATTEMPT_MIN_MS : ms;
}

static void
try_candidate(size_t i)
{
	up.candidate = i;
	free(up.tried);
	up.tried = xstrdup(candidate_text(i));
	loop_timer(&up.limit, attempt_limit(), limit_is_due, NULL);
	loop_timer(&up.slow, SLOW_MS, name_is_slow, NULL);
	dial_start(&up.dial, up.tried, (unsigned)self.options->cmdport, dialled, NULL);
}

/* No parent is dialled without a key: what is at the other end could not be told from what poses as it. */
static void
wait_for_key(bool absent)
{
	char *path = opts_key_path(self.options->key), *host = NULL, *why;
	unsigned port;

	(void)net_split(up.parent, 1, &host, &port);
	if (absent)
		why = xasprintf("there is no key at %s: copy the file that the master has, as with \"mkdir -p %.*s; scp -p %s:%s %s\"",
			path, (int)(strrchr(path, '/') ? strrchr(path, '/') - path : 1), strrchr(path, '/') ? path : ".", host, path, path);
	else
		why = xstrdup(key_error());
	if (is_news(xstrdup(why)))
		warn("%s; looking again every %d s", why, KEY_MS / 1000);
	free(why);
	up.keyless = true;
	loop_timer(&up.retry, up.looks++ < KEY_SOON ? KEY_SOON_MS : KEY_MS, retry_is_due, NULL);
	free(path);
	free(host);
}

static void
try_next(void)
{
	if (self.ending || self.parent || up.attempt || dial_is_resolving(&up.dial))
		return;
	if (up.next >= candidates())
		up.next = 0;
	if (self.has_keys || upstream_load_keys(false))
		try_candidate(up.next);
	else
		wait_for_key(errno == ENOENT);
}

void
upstream_progress(struct neighbour *n)
{
	struct msg_join m = {.generation = PROTO_GENERATION,
		.has_path = self.has_path,
		.has_id = up.has_id,
		.path = self.path,
		.id = up.id,
		.master = self.master,
		.info = self.info};
	struct buf body = {0};

	if (n != up.attempt || up.asked || !link_ready(n->link))
		return;
	up.asked = true;
	put_join(&body, &m);
	neighbour_post(n, PRIO_CONTROL, MSG_JOIN, 0, &body);
}

void
upstream_on_refuse(struct neighbour *n, const struct frame *frame)
{
	struct msg_refuse m;

	if (take_refuse(frame->body, frame->len, &m) == 0)
		neighbour_kill(n, m.why);
	else
		neighbour_malformed(n, frame);
}

static void
home_is_due(struct timer *t)
{
	if (!up.adopted || !self.parent)
		return;
	if (job_count() == 0 && !up.attempt && !dial_is_resolving(&up.dial))
		try_candidate(0);
	loop_timer(t, HOME_MS, home_is_due, NULL);
}

static void
grace_is_over(struct timer *t)
{
	(void)t;
	if (job_count())
		warn("without the master for %u s: ending the jobs here", self.grace / 1000);
	job_master_lost();
}

static void
master_is(uint64_t master)
{
	if (self.master && self.master != master)
		job_end_all();
	self.master = master;
}

void
upstream_on_resend(struct neighbour *n, const struct frame *frame)
{
	struct msg_resend m;

	if (take_resend(frame->body, frame->len, &m) != 0) {
		neighbour_malformed(n, frame);
		return;
	}
	if (n != self.parent)
		return;
	if (m.master == 0) {
		job_master_lost();
		return;
	}
	master_is(m.master);
	job_resend();
}

/* The children's paths begin with this node's: with another one they must join anew. */
static void
set_path(const struct path *path)
{
	struct neighbour *n;

	if (self.has_path && !path_equal(path, &self.path)) {
		job_end_all(); /* they are the old path's, which is another's now */
		for (n = self.neighbours; n; n = n->next)
			if (n->kind == NB_CHILD)
				neighbour_kill(n, "this node has another path now");
	}
	self.path = *path;
}

/* A parent of another generation can be told of this node and those below, but no job's messages. */
static void
speak_with(const struct neighbour *parent)
{
	if (parent->between == PROTO_GENERATION)
		return;
	warn_often(TOLD_EACH,
		"the parent's gproc speaks another generation of the protocol: this node, and those below it, can be seen, halted and "
		"rebooted, but run no jobs until they have the same version");
	job_end_all();
}

void
upstream_on_welcome(struct neighbour *n, const struct frame *frame)
{
	struct msg_welcome m;
	char name[PATH_TEXT];
	bool again = self.has_path;

	if (n != up.attempt) {
		neighbour_kill(n, "it sent a WELCOME that is not due");
		return;
	}
	if (take_welcome(frame->body, frame->len, &m) != 0) {
		neighbour_malformed(n, frame);
		return;
	}
	loop_cancel(&up.limit);
	loop_cancel(&up.grace);
	up.attempt = NULL;
	up.next = 0;
	up.pause = 0;
	n->dialled = xstrdup(link_peer(n->link));
	n->between = m.generation == PROTO_GENERATION ? PROTO_GENERATION : PROTO_FIRST;
	n->renews = m.generation >= RENEWS_FROM;
	self.parent = n; /* an adopter that was the parent until now closes its link when it hears of this one */
	set_path(&m.path);
	self.has_path = true;
	master_is(m.master);
	if (m.heartbeat >= 100)
		self.heartbeat = m.heartbeat;
	link_set_patience(n->link, self.heartbeat);
	self.grace = m.grace;
	up.adopted = up.candidate > 0;
	if (!up.adopted) { /* an adopter's ancestors are fewer: the own parent's list is kept */
		strings_free(&self.ancestors);
		self.ancestors = m.ancestors;
		free(self.home);
		self.home = xstrdup(n->dialled);
	} else {
		strings_free(&m.ancestors);
		loop_timer(&up.home, HOME_MS, home_is_due, NULL);
	}
	inform_often(TOLD_EACH, "joined %s as node %s", n->dialled, path_text(&self.path, name));
	strings_free(&up.told);
	speak_with(n);
	door_listen(link_is_loopback(n->link));
	tree_send_subtree();
	if (again)
		job_resend();
	relay_parent_is_back();
}

void
upstream_gone(struct neighbour *n, const char *why)
{
	if (n == up.attempt) {
		up.attempt = NULL;
		attempt_failed(why);
		return;
	}
	if (n != self.parent)
		return;
	self.parent = NULL;
	if (self.ending)
		return;
	warn_often(TOLD_EACH, "lost the parent %s: %s", n->dialled, why);
	loop_timer(&up.grace, self.grace, grace_is_over, NULL);
	loop_timer(&up.retry, 0, retry_is_due, NULL);
}

char *
upstream_place(void)
{
	char name[PATH_TEXT], *rest = strings_join(&self.ancestors, " "), *place = xasprintf("%s %s", path_text(&self.path, name), rest);

	free(rest);
	return place;
}

/* This process runs in the place of one that was in the tree: it comes back under its path. */
static void
take_place(char *text)
{
	char *names = strsep(&text, " "), *id;
	struct path path = {0};
	uint64_t number;

	while ((id = strsep(&names, ":")))
		if (parse_u64(id, UINT32_MAX, &number) || path_push(&path, (uint32_t)number))
			return;
	self.path = path;
	self.has_path = true;
	while ((id = strsep(&text, " ")))
		if (*id)
			strings_add(&self.ancestors, id);
}

void
upstream_start(const char *parent, const char *id)
{
	char *host;
	unsigned port;

	if (net_split(parent, (unsigned)self.options->cmdport, &host, &port) != 0)
		die(2, "-myParent: %s", net_error());
	free(host);
	up.parent = xstrdup(parent);
	if (id) {
		if (stackvm_id(id, &up.id) != 0)
			die(2, "-myId: %s", stackvm_error());
		up.has_id = true;
	}
	if (getenv(SUCCESSOR_PLACE))
		take_place(xstrdup(getenv(SUCCESSOR_PLACE)));
	try_next();
}
