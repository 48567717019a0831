/* The daemon's side of jobs: what the node can do, the keepers, their reports, and the orphans of dead ones.
 * Must never know of links or of other nodes; and never wait. */
#include "run/worker.h"
#include "run/contents.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/hunt.h"
#include "run/pty.h"
#include "run/unpack.h"
#include "run/quota.h"
#include "base/sys.h"
#include "run/vault.h"

struct proc {
	struct worker *worker;
	struct proc *next;
	char name[48];
	pid_t keeper;  /* 0 once it is reaped */
	pid_t janitor; /* removes what a dead keeper left; 0: none */
	int control;   /* the daemon's end */
	int peer;      /* the keeper's: so that its death is told when it is reaped, not before */
	int in, out, err;
	int held[2]; /* the program's ends of out and err: until it has ended that it closes them wakes nobody */
	bool dirty;  /* the keeper died before its work was done */
	bool gone;   /* nothing of the job is left, and GONE is still to be handed out */
	bool over;   /* FAILED or EXITED was handed out */
	bool killed; /* by proc_kill */
	bool holds_tree, in_room;
	bool tells_placed; /* the keeper reports PROC_PLACED */
	uint32_t uid;
	uint64_t coming; /* bytes that the keeper has yet to write to the user's room */
	uint64_t below;	 /* bytes of the store that names of what is shown from below take */
	bool old;	 /* it began before the last worker_tidy */
	void (*tell_gone)(void *owner);
	void *owner;
	struct object_name manifest;
	struct strings given; /* contents handed over: names in the store, gone once the keeper has taken them */
};

#define QUOTA_SLACK 16u	 /* inodes: directories on the way, what a view makes for itself */
#define TREE_INODE 1024u /* bytes of kernel memory, as tmpfs counts them */

struct worker {
	struct node_facts facts;
	struct store *store;
	struct proc *procs;
	uint64_t serial; /* of jobs started here; begins anywhere, for other daemons may place files in the same binRoot */
};

static char error_text[512];
#define fail(...) latch_error(error_text, sizeof(error_text), __VA_ARGS__)

const char *
worker_error(void)
{
	return error_text;
}

const char *
worker_limits(const struct worker *w)
{
	return w->facts.limits.len > 0 ? (const char *)w->facts.limits.data : "";
}

struct store *
worker_store(struct worker *w)
{
	return w->store;
}

/* ---- opening and closing ---- */

static int
open_store(struct worker *w, uint64_t budget)
{
	const char *temporary = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	const char *fallback = w->facts.real_binroot >= 0 ? w->facts.binroot : temporary;

	w->store = w->facts.namespaces ? store_open(budget, fallback) : store_open_dir(budget, fallback);
	if (!w->store)
		return fail("%s", store_error());
	if (!store_is_tmpfs(w->store))
		facts_limit(&w->facts, "the store is a directory, not a tmpfs of its own, and nothing bounds what jobs write");
	return 0;
}

struct worker *
worker_open(const struct node_setup *setup)
{
	struct worker *w = xcalloc(1, sizeof(*w));
	uint32_t begin = (uint32_t)getpid();

	(void)getrandom(&begin, sizeof(begin), GRND_NONBLOCK);
	w->serial = begin;
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (facts_begin(&w->facts, setup) < 0) {
		(void)fail("%s", facts_error());
	} else if (open_store(w, setup->budget) == 0) {
		facts_finish(&w->facts, setup, store_dir(w->store));
		return w;
	}
	worker_close(w);
	return NULL;
}

void
worker_close(struct worker *w)
{
	store_close(w->store);
	facts_close(&w->facts);
	free(w);
}

/* ---- starting ---- */

/* Our end does not block. -1 with errno. */
static int
open_pipe(int *ours, int *theirs, bool is_input)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	*ours = ends[is_input];
	*theirs = ends[!is_input];
	return fcntl(*ours, F_SETFL, O_NONBLOCK);
}

static int
open_pipes(struct proc *p, struct setup *k)
{
	if (open_pipe(&p->out, &k->out, false) < 0 || open_pipe(&p->err, &k->err, false) < 0)
		return -1;
	if (!k->task->input)
		return 0;
	if (open_pipe(&p->in, &k->in, true) < 0)
		return -1;
	/* So that the user may open /dev/stdin. */
	if (k->facts->is_root)
		(void)!fchown(k->in, k->task->uid, k->task->gid);
	return 0;
}

static int
open_terminal(struct proc *p, struct setup *k)
{
	struct pty pty;

	if (pty_open(&pty, k->facts->is_root ? k->task->uid : (uid_t)-1, k->task->terminal) < 0)
		return -1;
	p->out = pty.master;
	p->in = fcntl(pty.master, F_DUPFD_CLOEXEC, 0);
	k->in = pty.slave;
	k->out = fcntl(pty.slave, F_DUPFD_CLOEXEC, 0);
	k->err = fcntl(pty.slave, F_DUPFD_CLOEXEC, 0);
	k->devices = pty.devices;
	return p->in < 0 || k->out < 0 || k->err < 0 ? -1 : 0;
}

/* What is open when that fails, both close. */
static int
open_channels(struct proc *p, struct setup *k)
{
	int control[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) < 0)
		return fail("can't start a job: %s", strerror(errno));
	p->control = control[0];
	p->peer = k->control = control[1];
	if (k->task->terminal)
		return open_terminal(p, k) < 0 ? fail("no terminal can be had there: /dev/ptmx: %s", strerror(errno)) : 0;
	return open_pipes(p, k) < 0 ? fail("can't start a job: %s", strerror(errno)) : 0;
}

static void
close_given(struct setup *k)
{
	close_fd(&k->in);
	close_fd(&k->out);
	close_fd(&k->err);
	close_fd(&k->devices);
}

static void
let_outputs_end(struct proc *p)
{
	close_fd(&p->held[0]);
	close_fd(&p->held[1]);
}

static void
close_channels(struct proc *p)
{
	let_outputs_end(p);
	close_fd(&p->control);
	close_fd(&p->peer);
	close_fd(&p->in);
	close_fd(&p->out);
	close_fd(&p->err);
}

static bool
is_mine(const struct worker *w)
{
	return w->facts.namespaces && w->facts.private;
}

static int
content_order(const void *a, const void *b)
{
	const struct entry *x = *(const struct entry *const *)a, *y = *(const struct entry *const *)b;
	int order = memcmp(&x->digest, &y->digest, DIGEST_LEN);

	return order ? order : (x->scope > y->scope) - (x->scope < y->scope);
}

/* The files whose contents are wanted at one place alone; *count of them. Caller frees. */
static const struct entry **
find_single(const struct manifest *m, size_t *count)
{
	const struct entry **files = xcalloc(m->count, sizeof(*files));
	size_t i, next, all = 0;

	*count = 0;
	for (i = 0; i < m->count; i++)
		if (m->at[i].kind == ENTRY_FILE)
			files[all++] = &m->at[i];
	if (all > 0)
		qsort(files, all, sizeof(*files), content_order);
	for (i = 0; i < all; i = next) {
		for (next = i + 1; next < all && content_order(&files[i], &files[next]) == 0; next++)
			;
		if (next == i + 1)
			files[(*count)++] = files[i];
	}
	return files;
}

static struct blob *
contents_of(const struct worker *w, const struct entry *e)
{
	struct object_name object = entry_object(e);

	return e->kind == ENTRY_FILE ? store_find(w->store, &object) : NULL;
}

/* Whether the store's own file has the mode and time of the entry, or can have them: it is the first that asks. Contents that are not here yet
 * will. */
static bool
keeps_face(const struct worker *w, const struct entry *e)
{
	struct blob *blob = contents_of(w, e);

	return !blob || blob_claim(blob, e->mode & 0777u, e->mtime);
}

/* Those that are shown with the store's own mode and time: not those that would be one file there and are several. */
static void
find_kept(const struct worker *w, const struct manifest *m, bool *lower)
{
	size_t count, i;
	const struct entry **single = find_single(m, &count);

	for (i = 0; i < count; i++)
		lower[single[i] - m->at] = unpack_may_lower(single[i]) && keeps_face(w, single[i]);
	free(single);
}

/* By entry: those that are shown from below, not copied. NULL: there are none. Caller frees. */
static bool *
find_lower(const struct worker *w, const struct manifest *m)
{
	size_t count = m && is_mine(w) && w->facts.lower != LOWER_NONE ? m->count : 0, i;
	bool *lower = xcalloc(count, sizeof(*lower));

	if (w->facts.lower == LOWER_KEPT && count > 0)
		find_kept(w, m, lower);
	for (i = 0; w->facts.lower == LOWER_GIVEN && i < count; i++)
		lower[i] = unpack_may_lower(&m->at[i]);
	if (count > 0 && memchr(lower, true, count))
		return lower;
	free(lower);
	return NULL;
}

/* Whether this entry's contents could be handed over to the job rather than copied. */
static bool
gives(const struct entry *e)
{
	return e->kind == ENTRY_FILE && e->flags & ENTRY_OWN && e->size >= UNPACK_GIVE_MIN;
}

/* The entries whose contents can be handed over, if no other job has them pinned; *count of them. Caller frees. */
static const struct entry **
find_given(const struct worker *w, const struct manifest *m, const bool *lower, size_t *count)
{
	const struct entry **files = find_single(m, count);
	size_t all = is_mine(w) ? *count : 0, i;

	*count = 0;
	for (i = 0; i < all; i++)
		if (gives(files[i]) && !(lower && lower[files[i] - m->at]))
			files[(*count)++] = files[i];
	return files;
}

static uint64_t
given_bytes(const struct worker *w, const struct manifest *m, const bool *lower)
{
	size_t i, count;
	const struct entry **given = find_given(w, m, lower, &count);
	uint64_t total = 0;

	for (i = 0; i < count; i++)
		total += store_footprint(given[i]->size - given[i]->holes);
	free(given);
	return total;
}

/* What the keeper will write to the user's room: the job's own copies, and a few directories; *below: to the store itself. */
static uint64_t
coming_bytes(const struct worker *w, const struct manifest *m, const bool *lower, uint64_t *below, bool *copies)
{
	struct unpacked_size size = {0};

	if (m && is_mine(w))
		size = unpack_own_size(m, lower);
	*copies = size.bytes > 0 || size.below > 0;
	size.inodes += QUOTA_SLACK;
	*below = size.below * TREE_INODE;
	return size.bytes > size.inodes * QUOTA_INODE ? size.bytes : size.inodes * QUOTA_INODE;
}

uint64_t
worker_needs(const struct worker *w, const struct manifest *m, bool give)
{
	bool *lower = find_lower(w, m), copies;
	uint64_t below, all = coming_bytes(w, m, lower, &below, &copies), given = give && m ? given_bytes(w, m, lower) : 0;

	free(lower);
	return below + all - (given < all ? given : all);
}

static int
copy_order(const void *a, const void *b)
{
	const struct entry *x = *(const struct entry *const *)a, *y = *(const struct entry *const *)b;
	int order = content_order(a, b);
	unsigned mode_x = unpack_shared_mode(x), mode_y = unpack_shared_mode(y);

	if (order)
		return order;
	if (x->mtime != y->mtime)
		return x->mtime < y->mtime ? -1 : 1;
	return (mode_x > mode_y) - (mode_x < mode_y);
}

/* Each once. */
static uint64_t
copies_bytes(const struct entry **copies, size_t count)
{
	uint64_t total = 0;
	size_t i;

	qsort(copies, count, sizeof(*copies), copy_order);
	for (i = 0; i < count; i++)
		if (i == 0 || copy_order(&copies[i - 1], &copies[i]) != 0)
			total += TREE_INODE + store_footprint(copies[i]->size - copies[i]->holes);
	return total;
}

/* What a prepared tree takes beside the contents: its directories and links, and copies of files whose mode or time is not the one
 * that the store's own file has. */
static uint64_t
tree_bytes(const struct worker *w, const struct manifest *m)
{
	const struct entry **copies = xcalloc(m->count, sizeof(*copies));
	uint64_t total = 0;
	size_t i, count = 0;

	for (i = 0; i < m->count; i++) {
		const struct entry *e = &m->at[i];
		struct blob *blob = contents_of(w, e);

		if (e->kind != ENTRY_FILE)
			total += TREE_INODE;
		else if (!unpack_is_own(e) && !(blob && blob_claim(blob, unpack_shared_mode(e), e->mtime)))
			copies[count++] = e;
	}
	total += copies_bytes(copies, count);
	free(copies);
	return total;
}

/* Where memory is short, large files of the job's own are handed over rather than copied, if no other job needs them. */
static void
hand_over(struct worker *w, const struct task *task, const struct setup *k, struct strings *given)
{
	size_t i, count;
	const struct entry **all = find_given(w, task->manifest, k->lower, &count);

	for (i = 0; i < count; i++) {
		struct object_name object = entry_object(all[i]);
		struct blob *blob = store_find(w->store, &object);
		char text[OBJECT_TEXT], name[UNPACK_GIVEN];

		if (!blob)
			continue;
		object_text(&object, text);
		(void)snprintf(name, sizeof(name), "%s%s", k->given, text);
		if (blob_give(blob, name) == 0)
			strings_add(given, name);
	}
	free(all);
}

static void
drop_given(const struct worker *w, struct proc *p)
{
	size_t i;

	for (i = 0; i < p->given.count; i++)
		(void)unlinkat(store_dir(w->store), p->given.at[i], 0);
	strings_free(&p->given);
}

/* The user's share has the prepared tree, and room for what the keeper will write. -1 with worker_error(). */
static int
take_share(struct worker *w, struct proc *p, struct setup *k)
{
	const struct task *task = k->task;
	uint64_t below;

	p->uid = task->uid;
	if (task->manifest && task->kind == TASK_RUN) {
		if (store_hold_tree(w->store, task->manifest_name, p->uid, tree_bytes(w, task->manifest)) < 0)
			return fail("%s", store_error());
		p->manifest = *task->manifest_name;
		p->holds_tree = true;
	}
	if (task->give)
		hand_over(w, task, k, &p->given); /* before it is asked for room: what is in the room then is not the store's */
	p->coming = coming_bytes(w, task->kind == TASK_RUN ? task->manifest : NULL, k->lower, &below, &p->tells_placed);
	k->tell_placed = p->tells_placed;
	if (store_reserve(w->store, p->uid, below) < 0)
		return fail("%s", store_error());
	p->below = below;
	p->in_room = store_enter(w->store, p->uid, p->coming) == 0;
	return p->in_room ? 0 : fail("%s", store_error());
}

static void
written(struct proc *p)
{
	if (p->coming)
		store_written(p->worker->store, p->uid, p->coming);
	p->coming = 0;
}

/* A keeper that places directories alone doesn't say when it has. */
void
worker_tidy(struct worker *w)
{
	struct proc *p;

	for (p = w->procs; p; p = p->next) {
		if (p->old && !p->tells_placed)
			written(p);
		p->old = true;
	}
	store_tidy(w->store);
}

static void
leave_share(struct worker *w, struct proc *p)
{
	if (p->holds_tree)
		store_drop_tree(w->store, &p->manifest, p->uid);
	written(p);
	store_release(w->store, p->uid, p->below);
	if (p->in_room)
		store_leave(w->store, p->uid);
}

static int
start_keeper(struct worker *w, struct proc *p, struct setup *k)
{
	if (open_channels(p, k) < 0) {
		close_given(k);
		return -1;
	}
	facts_refresh(&w->facts);
	p->keeper = fork_with(w->facts.pid_namespaces ? CLONE_NEWPID : 0);
	if (p->keeper == 0)
		keeper_run(k);
	if (!k->task->terminal && p->keeper > 0) {
		p->held[0] = k->out;
		p->held[1] = k->err;
		k->out = k->err = -1;
	}
	close_given(k);
	return p->keeper < 0 ? fail("can't start a job: %s", namespace_error()) : 0;
}

struct proc *
worker_start(struct worker *w, const struct task *task)
{
	struct setup k = {.facts = &w->facts, .task = task, .in = -1, .out = -1, .err = -1, .devices = -1};
	struct proc *p = xcalloc(1, sizeof(*p));
	bool *lower = task->kind == TASK_RUN ? find_lower(w, task->manifest) : NULL;
	int bad;

	k.lower = lower;
	p->worker = w;
	p->tell_gone = task->gone;
	p->owner = task->owner;
	p->control = p->peer = p->in = p->out = p->err = p->held[0] = p->held[1] = -1;
	(void)snprintf(p->name, sizeof(p->name), "%llx.%llu", (unsigned long long)task->job, (unsigned long long)w->serial++);
	memcpy(k.name, p->name, sizeof(k.name));
	(void)snprintf(k.given, sizeof(k.given), "inode/.given-%s.", p->name);
	bad = take_share(w, p, &k) < 0 || start_keeper(w, p, &k) < 0;
	free(lower);
	if (bad) {
		leave_share(w, p);
		drop_given(w, p);
		close_channels(p);
		free(p);
		return NULL;
	}
	p->next = w->procs;
	w->procs = p;
	return p;
}

int
proc_output(const struct proc *p, int stream)
{
	return stream == 1 ? p->out : p->err;
}

void
proc_close_output(struct proc *p, int stream)
{
	close_fd(stream == 1 ? &p->out : &p->err);
}

int
proc_take_input(struct proc *p)
{
	int fd = p->in;

	p->in = -1;
	return fd;
}

/* No reader is kept from the beginning: while there is one it isn't told that the program reads no more. */
int
worker_reader(const struct worker *w, int fd)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "self/fd/%d", fd);
	return openat(w->facts.proc, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

int
proc_control(const struct proc *p)
{
	return p->control;
}

/* ---- reports ---- */

static void
is_gone(struct proc *p)
{
	p->gone = true;
	if (p->tell_gone)
		p->tell_gone(p->owner);
}

static struct proc_report
read_report(const uint8_t *data, size_t len)
{
	struct reader r = reader_over(data, len);
	struct proc_report report = {.event = (enum proc_event)take_u8(&r)};

	report.status = (int)take_u32(&r);
	report.lingers = take_bool(&r);
	report.ran = take_u64(&r);
	(void)snprintf(report.text, sizeof(report.text), "%s", take_str(&r));
	if (!reader_done(&r))
		report.event = PROC_NOTHING;
	return report;
}

struct proc_report
proc_next(struct proc *p)
{
	struct proc_report report = {.event = PROC_NOTHING};
	uint8_t data[1024];
	ssize_t n = p->gone && p->over ? 0 : recv(p->control, data, sizeof(data), MSG_DONTWAIT);

	if (n <= 0 && !p->gone)
		return report;
	report = n > 0 ? read_report(data, (size_t)n) : (struct proc_report){.event = PROC_GONE};
	if (report.event == PROC_PLACED) {
		written(p);
		return proc_next(p);
	}
	if (report.event == PROC_GONE && !p->over) {
		report = p->killed ? (struct proc_report){.event = PROC_EXITED, .status = SIGKILL}
				   : (struct proc_report){.event = PROC_FAILED, .status = 0, .text = "its keeper was killed"};
	}
	if (report.event == PROC_GONE)
		p->gone = false;
	if (report.event == PROC_FAILED || report.event == PROC_EXITED) {
		p->over = true;
		let_outputs_end(p);
		written(p);
	}
	return report;
}

static int
command(const struct proc *p, int what)
{
	uint8_t byte = (uint8_t)what;

	return send(p->control, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 ? 0 : -1;
}

int
proc_signal(struct proc *p, int sig)
{
	if (sig <= 0 || sig >= KEEPER_KILL || p->keeper == 0) {
		errno = p->keeper ? EINVAL : ESRCH;
		return -1;
	}
	if (p->killed)
		return 0;
	return command(p, sig);
}

void
proc_usage(const struct proc *p, struct usage *u)
{
	*u = (struct usage){0};
	if (p->keeper > 0 && p->worker->facts.proc >= 0)
		usage_below(p->worker->facts.proc, p->keeper, u);
}

/* ---- orphans: what a keeper that was killed leaves becomes the daemon's children ---- */

static bool
is_ours(const struct worker *w, pid_t pid)
{
	const struct proc *p;
	struct stat its, home;
	char path[64];

	for (p = w->procs; p; p = p->next)
		if (pid == p->keeper || pid == p->janitor)
			return true;
	/* The daemon's other children are in its own session, which no job can enter, or at least in its mount namespace. */
	if (getsid(pid) == getsid(0) || !w->facts.namespaces || w->facts.home < 0)
		return getsid(pid) == getsid(0);
	(void)snprintf(path, sizeof(path), "%ld/ns/mnt", (long)pid);
	return fstat(w->facts.home, &home) == 0 && fstatat(w->facts.proc, path, &its, 0) == 0 && its.st_ino == home.st_ino;
}

/* Kills what is there; true when nothing was. */
static bool
kill_orphans(const struct worker *w)
{
	bool none = true;
	ssize_t count, i;
	pid_t *pids;

	count = list_children(w->facts.proc, &pids);
	for (i = 0; i < count; i++)
		if (!is_ours(w, pids[i])) {
			(void)kill(pids[i], SIGKILL);
			none = false;
		}
	free(pids);
	return none;
}

static void
hunt_orphans(const struct worker *w)
{
	ssize_t count, i;
	pid_t *pids;

	count = list_children(w->facts.proc, &pids);
	for (i = 0; i < count; i++)
		if (!is_ours(w, pids[i]))
			hunt_below(w->facts.proc, pids[i]);
	free(pids);
}

/* All that a keeper may have been making. */
static void
sweep(int store, const struct proc *p)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "room/%u/%s", p->uid, p->name);
	(void)remove_tree(store, path);
	(void)snprintf(path, sizeof(path), "tree/.new-%s", p->name);
	(void)remove_tree(store, path);
	(void)snprintf(path, sizeof(path), "lower/%s", p->name);
	(void)remove_tree(store, path);
	(void)snprintf(path, sizeof(path), "inode/.new-%s", p->name);
	(void)unlinkat(store, path, 0);
}

/* What a job has left may be deep and large, so the daemon does not remove it itself. */
static void
start_janitor(struct worker *w, struct proc *p)
{
	p->janitor = fork();
	if (p->janitor == 0) {
		(void)dup3(w->facts.store, STDIN_FILENO, O_CLOEXEC);
		close_from(STDIN_FILENO + 1);
		sweep(STDIN_FILENO, p);
		_exit(0);
	}
	if (p->janitor < 0) {
		p->janitor = 0;
		sweep(w->facts.store, p);
		p->dirty = false;
		is_gone(p);
	}
}

static void
clean_up(struct worker *w)
{
	struct proc *p, *next;
	bool any = false;

	for (p = w->procs; p; p = p->next)
		any |= p->dirty && !p->janitor;
	if (!any || !kill_orphans(w))
		return;
	for (p = w->procs; p; p = next) {
		next = p->next;
		if (p->dirty && !p->janitor)
			start_janitor(w, p);
	}
}

void
worker_reaped(struct worker *w, pid_t pid, int status)
{
	struct proc *p;

	for (p = w->procs; p; p = p->next) {
		if (pid == p->keeper) {
			p->keeper = 0;
			p->dirty = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
			if (!p->dirty)
				is_gone(p);
			break;
		}
		if (pid == p->janitor) {
			p->janitor = 0;
			p->dirty = false;
			is_gone(p);
			break;
		}
	}
	clean_up(w);
}

/* ---- ending ---- */

void
proc_kill(struct proc *p)
{
	bool again = p->killed;

	p->killed = true;
	if (p->keeper == 0)
		return;
	/* A keeper that can't take any more is killed itself; what it leaves is then ours to kill. One that was stopped goes on. It is told
	 * once: while it kills it reads nothing, and would seem not to have heard. */
	if (!again && command(p, KEEPER_KILL) < 0)
		(void)kill(p->keeper, SIGKILL);
	(void)kill(p->keeper, SIGCONT);
}

/* Whether the keeper has read all that it was told: the kernel counts what it hasn't. */
static bool
has_heard(const struct proc *p)
{
	int unread = 0;

	return ioctl(p->control, TIOCOUTQ, &unread) < 0 || unread == 0;
}

void
proc_press(struct proc *p)
{
	if (p->keeper && !has_heard(p))
		(void)kill(p->keeper, SIGKILL);
	if (!p->keeper && p->dirty && !p->janitor)
		hunt_orphans(p->worker);
}

void
proc_free(struct worker *w, struct proc *p)
{
	struct proc **at = &w->procs;

	while (*at && *at != p)
		at = &(*at)->next;
	if (*at)
		*at = p->next;
	leave_share(w, p);
	drop_given(w, p);
	close_channels(p);
	free(p);
}

static bool
any_left(const struct worker *w)
{
	const struct proc *p;

	for (p = w->procs; p; p = p->next)
		if (p->keeper || p->dirty)
			return true;
	return false;
}

/* Until a child has ended, or the time is over. */
static void
wait_for_child(const struct worker *w, int timeout)
{
	struct pollfd fds[64];
	const struct proc *p;
	nfds_t count = 0;

	for (p = w->procs; p && count < COUNT(fds); p = p->next) {
		pid_t pid = p->keeper ? p->keeper : p->janitor;
		int fd = pid ? pidfd_of(pid) : -1;

		if (fd >= 0)
			fds[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
	}
	/* Only orphans are left: they are dying, and no descriptor tells when. */
	(void)poll(fds, count, count > 0 ? timeout : 1);
	while (count > 0)
		close(fds[--count].fd);
}

void
worker_end(struct worker *w, unsigned wait_ms)
{
	uint64_t end = now_ms() + wait_ms, now;
	struct proc *p;
	int status;
	pid_t pid;

	for (p = w->procs; p; p = p->next) {
		p->tell_gone = NULL;
		proc_kill(p);
	}
	while (any_left(w) && (now = now_ms()) < end) {
		pid = waitpid(-1, &status, WNOHANG);
		if (pid > 0) {
			worker_reaped(w, pid, status);
			continue;
		}
		wait_for_child(w, (int)(end - now < PROC_PRESS_MS ? end - now : PROC_PRESS_MS));
		for (p = w->procs; p && now_ms() - now >= PROC_PRESS_MS; p = p->next)
			proc_press(p);
	}
}
