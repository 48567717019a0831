/* The user's side of doctor: what is wrong with the cluster, each thing once, with its nodes folded and what to do.
 * Must never know how the master comes to know it. */
#include "client/doctor.h"
#include "client/naming.h"
#include "client/session.h"
#include "client/survey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LITTLE_MEMORY = 20 }; /* less than one part in so many is free */

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
	return minutes < 48 * 60 ? xasprintf("%llu h", (unsigned long long)minutes / 60) : xasprintf("%llu days", (unsigned long long)minutes / 1440);
}

static void
look_at_down(struct report *r, const struct msg_shown *m)
{
	char *time = since(m->since);

	if (m->state == NODE_ORPHANED)
		add(r, xasprintf("looks for another way here, for %s", time), "its parent is gone; it is lost when it finds none", &m->path);
	else
		add(r, xasprintf("down for %s: %s", time, m->why),
			"start gproc there again, or \"gproc forget\" what is gone for good", &m->path);
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
		add(r, xasprintf("version %s, where this gproc is %s", m->info.version, GPROC_VERSION), "give all nodes the same", &m->path);
	if (*m->info.limits)
		add(r, xasprintf("makes do: %s", m->info.limits), "another kernel, or what the container allows, would change that", &m->path);
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
			add(r, xasprintf("all called %s", a->info.hostname), "a name that two have is no node's: give each its own", &b->path);
			break;
		}
}

static void
look_at_key(struct report *r, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && (st.st_mode & 077))
		(void)find(r, xasprintf("%s can be read by others (mode %04o)", path, (unsigned)st.st_mode & 07777), "chmod 600, and then a new key");
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

	look_at_key(&r, "/etc/gproc/key");
	if (l) {
		link_free(l);
		survey_ask(o, "", &all);
		for (i = 0; i < all.count; i++)
			look_at_node(&r, &all.at[i].m);
		look_at_hosts(&r, &all);
		if (all.count == 0)
			(void)find(&r, xstrdup("no node has joined"), "start gproc on the nodes, with this machine as their -myParent and a copy of the key");
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
