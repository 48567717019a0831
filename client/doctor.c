/* The user's side of doctor: what is wrong with the cluster, each thing once, with its nodes folded and what to do.
 * Must never know how the master comes to know it. */
#include "client/doctor.h"
#include "client/exec.h"
#include "client/naming.h"
#include "client/session.h"
#include "client/survey.h"
#include "link/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	LITTLE_MEMORY = 20, /* less than one part in so many is free */
	CLOCKS_DIFFER_MS = 2000,
};

/* One thing that is wrong, and the nodes that have it. */
struct finding {
	char *what;
	const char *cure;
	struct path *nodes;
	size_t count, room;
};

struct report {
	struct finding *at;
	size_t count, room;
};

/* Takes over what. */
static struct finding *
find(struct report *r, char *what, const char *cure)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		if (strcmp(r->at[i].what, what) == 0) {
			free(what);
			return &r->at[i];
		}
	r->at = grow(r->at, r->count, &r->room, sizeof(r->at[0]));
	r->at[r->count] = (struct finding){.what = what, .cure = cure};
	return &r->at[r->count++];
}

static void
add(struct report *r, char *what, const char *cure, const struct path *node)
{
	struct finding *f = find(r, what, cure);

	f->nodes = grow(f->nodes, f->count, &f->room, sizeof(f->nodes[0]));
	f->nodes[f->count++] = *node;
}

/* So that nodes that went together are one finding: minutes, hours or days. */
static char *
since(uint64_t ms)
{
	uint64_t minutes = ms / 60000;

	if (minutes < 1)
		return xstrdup("less than a minute");
	if (minutes < 120)
		return xasprintf("%llu min", (unsigned long long)minutes);
	return minutes < 48 * 60 ? xasprintf("%llu h", (unsigned long long)minutes / 60)
				 : xasprintf("%llu days", (unsigned long long)minutes / 1440);
}

static void
look_at_down(struct report *r, const struct msg_shown *m)
{
	char *time = since(m->since);

	if (m->state == NODE_ORPHANED)
		add(r, xasprintf("looks for another way here, for %s", time), "its parent is gone; it is lost when it finds none",
			&m->path);
	else
		add(r, xasprintf("down for %s: %s", time, m->why), "start gproc there again, or \"gproc forget\" what is gone for good",
			&m->path);
	free(time);
}

static void
look_at_node(struct report *r, const struct msg_shown *m)
{
	if (m->state != NODE_UP) {
		look_at_down(r, m);
		return;
	}
	if (strcmp(m->info.version, GPROC_VERSION) != 0)
		add(r, xasprintf("version %s, where this gproc is %s", m->info.version, GPROC_VERSION), "give all nodes the same",
			&m->path);
	if (*m->info.limits)
		add(r, xasprintf("makes do: %s", m->info.limits), "another kernel, or what the container allows, would change that",
			&m->path);
	if (m->stat.memory_free < m->info.memory / LITTLE_MEMORY)
		add(r, xstrdup("less than a twentieth of the memory is free"), "end jobs there, or give its gproc less: -store", &m->path);
}

/* What is asked for by one host's name can then mean neither. */
static void
look_at_hosts(struct report *r, const struct survey *all)
{
	size_t i, k;

	for (i = 0; i < all->count; i++)
		for (k = i + 1; k < all->count; k++) {
			const struct msg_shown *a = &all->at[i].m, *b = &all->at[k].m;

			if (a->state != NODE_UP || b->state != NODE_UP || strcmp(a->info.hostname, b->info.hostname) != 0)
				continue;
			add(r, xasprintf("all called %s", a->info.hostname), "a name that two have is no node's: give each its own",
				&b->path);
			break;
		}
}

/* ---- what daemons say of themselves ---- */

/* What has come from each node, and when. */
struct checkup {
	struct path *paths;
	struct buf *said;
	uint64_t asked, *told; /* milliseconds since 1970 */
	size_t count;
};

static uint64_t
clock_ms(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void
checkup_begin(void *owner, const struct msg_accepted *m, const struct naming *naming)
{
	struct checkup *c = owner;

	(void)naming;
	c->count = m->count;
	c->paths = xmemdup(m->paths, m->count * sizeof(c->paths[0]));
	c->said = xcalloc(m->count, sizeof(c->said[0]));
	c->told = xcalloc(m->count, sizeof(c->told[0]));
}

static int
checkup_take(void *owner, size_t node, const uint8_t *data, size_t len)
{
	struct checkup *c = owner;

	put_bytes(&c->said[node], data, len);
	c->told[node] = clock_ms();
	return 0;
}

static void
checkup_free(struct checkup *c)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		buf_free(&c->said[i]);
	free(c->said);
	free(c->told);
	free(c->paths);
}

/* What most nodes have, if more than half of them have the same. The caller frees. */
static char *
usual_binroot(const struct checkup *c)
{
	char *usual = xstrdup("");
	size_t i, votes = 0;
	struct msg_health m;

	for (i = 0; i < c->count; i++) {
		if (take_health(c->said[i].data, c->said[i].len, &m) != 0)
			continue;
		if (votes == 0) {
			free(usual);
			usual = xstrdup(m.binroot);
		}
		votes = strcmp(m.binroot, usual) == 0 ? votes + 1 : votes - 1;
	}
	return usual;
}

/* It was read between the question and the answer: what is beyond these is no delay of the way. */
static void
look_at_clock(struct report *r, uint64_t time, uint64_t asked, uint64_t told, const struct path *node)
{
	bool ahead = time > told;
	uint64_t off = ahead ? time - told : time < asked ? asked - time : 0;
	char *text;

	if (off <= CLOCKS_DIFFER_MS)
		return;
	text = since(off);
	add(r, xasprintf("its clock is %s %s", text, ahead ? "ahead" : "behind"), "set it, as by NTP: times of files there are wrong",
		node);
	free(text);
}

/* node NULL: the master. */
static void
look_at_refused(struct report *r, const char *lines, const struct path *node)
{
	static const char cure[] = "if that is yours, give it the key, the id or the right that it lacks";
	size_t len;

	for (; *lines; lines += len + (lines[len] != '\0')) {
		char *line, *what;

		len = strcspn(lines, "\n");
		line = xstrndup(lines, len);
		what = printable(line);
		if (node)
			add(r, what, cure, node);
		else
			(void)find(r, xasprintf("the master: %s", what), cure);
		if (!node)
			free(what);
		free(line);
	}
}

static void
look_at_health(struct report *r, const struct checkup *c, size_t i, const struct msg_health *master, const char *binroot)
{
	const struct path *node = &c->paths[i];
	struct msg_health m;

	if (take_health(c->said[i].data, c->said[i].len, &m) != 0) {
		add(r, xstrdup("did not say how it is"), "look at its log", node);
		return;
	}
	look_at_clock(r, m.time, c->asked, c->told[i], node);
	if (m.store_held / 3 > m.store / 5) /* no user gets more than half, and the next a third of the rest */
		add(r, xstrdup("jobs have more than three fifths of its store"), "end jobs there, or give its gproc more: -store", node);
	if (strcmp(m.binroot, binroot) != 0)
		add(r, printable(m.binroot), "is its binRoot, unlike that of others: give all nodes the same -binRoot", node);
	if (strcmp(m.key, master->key) != 0)
		add(r, xasprintf("offers the key %.8s, the master's is %s", m.key, master->key),
			"copy the master's key file there, before its old key ends", node);
	look_at_refused(r, m.refused, node);
}

static void
ask_nodes(struct report *r, const struct options *o, const struct msg_health *master, size_t up)
{
	struct checkup c = {.asked = clock_ms()};
	struct carriage question = {.flags = LAUNCH_HEALTH, .silent = true, .owner = &c, .begin = checkup_begin, .take = checkup_take};
	char *binroot;
	size_t i;

	strings_add(&question.words, "doctor");
	(void)exec_carry(o, "...", &question);
	strings_free(&question.words);
	if (c.count < up)
		warn("%zu nodes could not be asked how they are: you may not use them", up - c.count);
	binroot = usual_binroot(&c);
	for (i = 0; i < c.count; i++)
		look_at_health(r, &c, i, master, binroot);
	free(binroot);
	checkup_free(&c);
}

/* ---- the master, and this machine ---- */

static void
look_at_mode(struct report *r, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && (st.st_mode & 077))
		(void)find(r, xasprintf("%s can be read by others (mode %04o)", path, (unsigned)st.st_mode & 07777),
			"chmod 600, and then a new key");
}

/* A key file here that is not the master's would be copied to nodes in vain. */
static void
look_at_key(struct report *r, const struct msg_health *master)
{
	char *path = opts_key_path(""), id[KEY_ID_TEXT];
	struct keyring keys = {0};
	size_t i;

	if (path && *master->key && key_load(path, &keys) == 0) {
		for (i = 0; i < keys.count; i++) {
			key_id(keys.key[i], id);
			if (strcmp(id, master->key) == 0)
				break;
		}
		if (i == keys.count)
			(void)find(r, xasprintf("the key in %s is %s, the master's %s", path, id, master->key),
				"copies of this file let no node in: put the master's in its place");
	}
	keyring_wipe(&keys);
	free(path);
}

static void
look_at_master(struct report *r, const struct options *o, struct link *l, size_t up)
{
	struct msg_health m;
	struct frame f;

	session_send(l, MSG_HEALTH, NULL);
	session_next(l, &f);
	if (f.type != MSG_HEALTH || take_health(f.body, f.len, &m) != 0)
		session_bad(&f);
	look_at_key(r, &m);
	if (strcmp(m.version, GPROC_VERSION) != 0)
		(void)find(r, xasprintf("the master has version %s, this gproc is %s", m.version, GPROC_VERSION), "use the same");
	look_at_refused(r, m.refused, NULL);
	if (up)
		ask_nodes(r, o, &m, up);
}

static void
print_report(struct report *r)
{
	size_t i;

	for (i = 0; i < r->count; i++) {
		struct finding *f = &r->at[i];
		char *nodes = naming_counted(NULL, f->nodes, f->count);

		printf("%s%s%s: %s\n", nodes, f->count ? ": " : "", f->what, f->cure);
		free(nodes);
		free(f->nodes);
		free(f->what);
	}
	free(r->at);
}

int
client_doctor(const struct options *o)
{
	struct report r = {0};
	struct survey all = {0};
	struct link *l = session_try(o->uds);
	int wrong;
	size_t i;

	look_at_mode(&r, "/etc/gproc/key");
	if (l) {
		survey_ask(o, "", &all);
		for (i = 0; i < all.count; i++)
			look_at_node(&r, &all.at[i].m);
		look_at_hosts(&r, &all);
		if (all.count == 0)
			(void)find(&r, xstrdup("no node has joined"),
				"start gproc on the nodes, with this machine as their -myParent and a copy of the key");
		look_at_master(&r, o, l, all.up);
		link_free(l);
	} else {
		(void)find(&r, xstrdup(session_why()), "start the master, or say where its socket is");
	}
	wrong = r.count > 0;
	print_report(&r);
	if (!wrong)
		printf("%u up, nothing wrong\n", all.up);
	survey_free(&all);
	return fflush(stdout) == 0 ? wrong : 255;
}
