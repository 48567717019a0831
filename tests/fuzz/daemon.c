/* A whole node, master or slave, fed with a history: neighbours that come, say anything at any time, and go; processes that start and
 * end; time that passes. It must not crash, and when everybody is gone, nothing may be left: no job, no launch, no process, no pin.
 * Real are node, tree, upstream, map, relay, job, own, head, answer, store and the links; made up are processes, the clock and what is
 * dialled. */
#include <assert.h>
#include <poll.h>
#include "node/access.h"
#include "node/allow.h"
#include "node/answer.h"
#include "node/choose.h"
#include "node/head.h"
#include "init/init.h"
#include "node/part.h"
#include "run/contents.h"
#include "stackvm.h"
#include "node/stranger.h"
#include "node/tree.h"
#include "node/upstream.h"
#include "node/node.c"
#include "unit/messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- what the daemon thinks is the world ---- */

enum { LINKS = 12, PROCS = 8, WATCHES = 64, OBJECTS = 4, GRAVES = 4096 };

static uint64_t clock_now = 1000000;
static struct timer *timers[2]; /* of a slave, of a master */
static struct {
	void *what;
	void (*release)(void *);
} graves[GRAVES];
static size_t grave_count;
static struct watch *watches[WATCHES];
static int far_ends[LINKS];
static uint64_t accepted;

uint64_t __wrap_now_ms(void);
void __wrap_loop_bury(void *, void (*)(void *));
void __wrap_loop_timer(struct timer *, uint64_t, void (*)(struct timer *), void *);
void __wrap_loop_cancel(struct timer *);
void __wrap_loop_watch(struct watch *, int, unsigned, void (*)(struct watch *, unsigned), void *);
void __wrap_loop_want(struct watch *, unsigned);
void __wrap_loop_unwatch(struct watch *);
void __wrap_loop_each_turn(void (*)(void));
void __wrap_loop_end(void);
void __wrap_warn(const char *, ...);
void __wrap_inform(const char *, ...);
int __wrap_init_request(int);
int __wrap_net_dial(const struct address *);
int __wrap_net_listen(const struct address *, unsigned);
int __wrap_net_resolve(const char *, unsigned);
int __wrap_trial_start(struct attempt *, int, char *const *);
char *__wrap_attempt_end(struct attempt *);
int __wrap_placing_start(struct attempt *, int, const char *);
ssize_t __wrap_getrandom(void *, size_t, unsigned);
void __real_link_send(struct link *, enum priority, unsigned, uint64_t, const void *, size_t);
void __wrap_link_send(struct link *, enum priority, unsigned, uint64_t, const void *, size_t);

uint64_t
__wrap_now_ms(void)
{
	return clock_now;
}

void
__wrap_loop_bury(void *what, void (*release)(void *))
{
	assert(grave_count < GRAVES);
	graves[grave_count].what = what;
	graves[grave_count++].release = release;
}

void
__wrap_loop_cancel(struct timer *t)
{
	struct timer **at;
	int i;

	for (i = 0; t->set && i < 2; i++)
		for (at = &timers[i]; *at; at = &(*at)->next)
			if (*at == t) {
				*at = t->next;
				t->set = false;
				break;
			}
}

void
__wrap_loop_timer(struct timer *t, uint64_t delay, void (*due)(struct timer *), void *owner)
{
	__wrap_loop_cancel(t);
	*t = (struct timer){.at = clock_now + delay, .set = true, .due = due, .owner = owner, .next = timers[self.is_master]};
	timers[self.is_master] = t;
}

void
__wrap_loop_watch(struct watch *w, int fd, unsigned want, void (*ready)(struct watch *, unsigned), void *owner)
{
	size_t i;

	*w = (struct watch){.fd = fd, .want = want, .ready = ready, .owner = owner};
	for (i = 0; i < WATCHES && watches[i]; i++)
		;
	assert(i < WATCHES);
	watches[i] = w;
}

void
__wrap_loop_want(struct watch *w, unsigned want)
{
	w->want = want;
}

void
__wrap_loop_unwatch(struct watch *w)
{
	size_t i;

	for (i = 0; i < WATCHES; i++)
		if (watches[i] == w)
			watches[i] = NULL;
	w->ready = NULL;
}

void
__wrap_loop_each_turn(void (*flush)(void))
{
	(void)flush;
}

void
__wrap_loop_end(void)
{
}

void
__wrap_warn(const char *fmt, ...)
{
	(void)fmt;
}

void
__wrap_inform(const char *fmt, ...)
{
	(void)fmt;
}

int
__wrap_init_request(int what)
{
	(void)what;
	errno = ENOTSUP;
	return -1;
}

int
__wrap_net_listen(const struct address *a, unsigned port)
{
	(void)a;
	(void)port;
	errno = EADDRINUSE;
	return -1;
}

int
__wrap_net_resolve(const char *host, unsigned port)
{
	(void)host;
	(void)port;
	return -1;
}

ssize_t
__wrap_getrandom(void *out, size_t len, unsigned flags)
{
	(void)flags;
	memset(out, 0x55, len);
	return (ssize_t)len;
}

void
__wrap_link_send(struct link *l, enum priority priority, unsigned type, uint64_t job, const void *body, size_t len)
{
	if (type == MSG_ACCEPTED)
		accepted = job;
	__real_link_send(l, priority, type, job, body, len);
}

/* One end for the daemon; what it writes to the other is thrown away. -1 when there are enough. */
static int
new_pair(void)
{
	int ends[2];
	size_t i;

	for (i = 0; i < LINKS && far_ends[i] > 0; i++)
		;
	if (i == LINKS || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
		return -1;
	far_ends[i] = ends[1];
	return ends[0];
}

int
__wrap_net_dial(const struct address *a)
{
	static const uint8_t grant[] = {'g', 'p', 'r', 'c', 1, 2, 0, 0, 0, 0};
	int fd = new_pair();
	size_t i;

	(void)a;
	for (i = 0; i < LINKS; i++)
		if (fd >= 0 && far_ends[i] > 0)
			(void)send(far_ends[i], grant, sizeof(grant), MSG_NOSIGNAL); /* to those that want none it is noise */
	return fd;
}

/* ---- processes ---- */

struct fake {
	bool used, told, ended, gone;
	int pipe[2][2];
	int input; /* the program's end; -1: none */
	struct proc_report next[4];
	size_t first, count;
};
static struct fake fakes[PROCS];

struct proc *__wrap_worker_start(struct worker *, const struct task *);
const char *__wrap_worker_error(void);
uint64_t __wrap_worker_needs(const struct worker *, const struct manifest *, bool);
void __wrap_worker_tidy(struct worker *);
int __wrap_proc_output(const struct proc *, int);
void __wrap_proc_close_output(struct proc *, int);
int __wrap_proc_take_input(struct proc *);
int __wrap_worker_reader(const struct worker *, int);
int __wrap_proc_control(const struct proc *);
struct proc_report __wrap_proc_next(struct proc *);
int __wrap_proc_signal(struct proc *, int);
void __wrap_proc_kill(struct proc *);
void __wrap_proc_press(struct proc *);
void __wrap_proc_free(struct worker *, struct proc *);

struct proc *
__wrap_worker_start(struct worker *w, const struct task *task)
{
	size_t i;

	(void)w;
	assert(task->argv[0] && task->env);
	for (i = 0; i < PROCS && fakes[i].used; i++)
		;
	if (i == PROCS || pipe2(fakes[i].pipe[0], O_NONBLOCK) != 0)
		return NULL;
	if (pipe2(fakes[i].pipe[1], O_NONBLOCK) != 0)
		abort();
	fakes[i].used = true;
	fakes[i].input = -1;
	return (struct proc *)&fakes[i];
}

void
__wrap_worker_tidy(struct worker *w)
{
	(void)w;
	store_tidy(self.store);
}

uint64_t
__wrap_worker_needs(const struct worker *w, const struct manifest *m, bool give)
{
	(void)w;
	(void)give;
	return store_footprint(m->count);
}

const char *
__wrap_worker_error(void)
{
	return "there are no more processes";
}

int
__wrap_proc_output(const struct proc *p, int stream)
{
	return ((const struct fake *)p)->pipe[stream - 1][0];
}

void
__wrap_proc_close_output(struct proc *p, int stream)
{
	int *end = &((struct fake *)p)->pipe[stream - 1][0];

	close(*end);
	*end = -1;
}

int
__wrap_proc_take_input(struct proc *p)
{
	int ends[2];

	if (pipe2(ends, O_NONBLOCK) != 0)
		abort();
	((struct fake *)p)->input = ends[0];
	return ends[1];
}

int
__wrap_worker_reader(const struct worker *w, int fd)
{
	(void)w;
	return dup(fd);
}

int
__wrap_proc_control(const struct proc *p)
{
	(void)p;
	return -1;
}

struct proc_report
__wrap_proc_next(struct proc *p)
{
	struct fake *f = (struct fake *)p;
	struct proc_report none = {.event = PROC_NOTHING};

	if (f->count == 0)
		return none;
	f->count--;
	return f->next[f->first++];
}

static void
report(struct fake *f, enum proc_event event, int status)
{
	if (f->count == 0)
		f->first = 0;
	assert(f->first + f->count < COUNT(f->next));
	f->next[f->first + f->count++] = (struct proc_report){.event = event, .status = status, .text = "it is made up"};
}

int
__wrap_proc_signal(struct proc *p, int sig)
{
	assert(((struct fake *)p)->used);
	(void)sig;
	return 0;
}

void
__wrap_proc_kill(struct proc *p)
{
	struct fake *f = (struct fake *)p;

	assert(f->used);
	if (f->gone)
		return;
	if (!f->ended)
		report(f, f->told ? PROC_EXITED : PROC_FAILED, 9);
	f->told = f->ended = f->gone = true;
	report(f, PROC_GONE, 0);
}

void
__wrap_proc_press(struct proc *p)
{
	assert(((struct fake *)p)->used);
}

void
__wrap_proc_free(struct worker *w, struct proc *p)
{
	struct fake *f = (struct fake *)p;

	(void)w;
	assert(f->used && f->pipe[0][0] < 0 && f->pipe[1][0] < 0);
	close(f->pipe[0][1]);
	close(f->pipe[1][1]);
	close_fd(&f->input);
	*f = (struct fake){0};
}

static void
hear_processes(void)
{
	size_t i;

	for (i = 0; i < WATCHES; i++)
		if (watches[i] && watches[i]->fd < 0)
			watches[i]->ready(watches[i], WATCH_READ);
	for (i = 0; i < WATCHES; i++)
		if (watches[i] && watches[i]->want & WATCH_READ) {
			struct pollfd fd = {.fd = watches[i]->fd, .events = POLLIN};

			if (poll(&fd, 1, 0) > 0)
				watches[i]->ready(watches[i], WATCH_READ);
		} else if (watches[i]) { /* a program's input */
			struct pollfd fd = {.fd = watches[i]->fd, .events = watches[i]->want & WATCH_WRITE ? POLLOUT : 0};

			if (poll(&fd, 1, 0) > 0)
				watches[i]->ready(watches[i], fd.revents & POLLERR ? WATCH_READ : WATCH_WRITE);
		}
}

/* A newer gproc is tried, and its trial ends at some time; into its place it never comes. */
enum { TRIED = 77777 };

int
__wrap_trial_start(struct attempt *t, int file, char *const *words)
{
	(void)words;
	assert(file >= 0);
	t->pid = TRIED;
	return 0;
}

char *
__wrap_attempt_end(struct attempt *t)
{
	t->pid = 0;
	return xstrdup("gproc 7");
}

int
__wrap_placing_start(struct attempt *t, int file, const char *path)
{
	(void)t;
	(void)path;
	assert(file >= 0);
	errno = EROFS;
	return -1;
}

/* What a program does next, as the contract of worker.h has it. */
static void
process_does(struct fake *f, unsigned what)
{
	static const char text[3000];
	static char taken[65536];

	if (!f->used || f->gone || f->count > 1)
		return;
	if (what % 4 == 0 && !f->told) {
		f->told = true;
		report(f, what & 64 ? PROC_FAILED : PROC_STARTED, 126);
		f->ended = what & 64;
	} else if (what % 4 == 0 && what & 128) {
		close_fd(&f->input);
	} else if (what % 4 == 0 && f->input >= 0) {
		(void)!read(f->input, taken, what & 64 ? sizeof(taken) : 100);
	} else if (what % 4 == 1 && f->told && !f->ended) {
		f->ended = true;
		report(f, PROC_EXITED, (int)(what >> 4) << 8);
	} else if (what % 4 == 2 && f->ended) {
		f->gone = true;
		report(f, PROC_GONE, 0);
	} else if (what % 4 == 3) {
		(void)!write(f->pipe[what >> 7][1], text, (what & 0x7c) * 24 % sizeof(text));
	}
}

/* ---- things that are shipped: two files, a manifest of them, and a manifest that lies about one ---- */

static struct object {
	struct blob_id id;
	struct buf bytes;
} objects[OBJECTS];

static void
make_object(struct object *o, const void *data, size_t len)
{
	blob_of_bytes(data, len, &o->id);
	if (len)
		put_bytes(&o->bytes, o->id.list, list_length(len));
	put_bytes(&o->bytes, data, len);
}

static void
make_manifest(struct object *o, uint64_t lie)
{
	struct manifest m = {.program = (char *)"/bin/a", .machine = (char *)"", .interpreter = (char *)"", .library_path = (char *)""};
	struct buf bytes = {0};
	struct entry *e;

	(void)manifest_add(&m, "bin", ENTRY_DIR);
	e = manifest_add(&m, "bin/a", ENTRY_FILE);
	e->size = objects[0].id.size;
	e->digest = objects[0].id.digest;
	e = manifest_add(&m, "bin/b", ENTRY_FILE);
	e->size = objects[1].id.size + lie;
	e->digest = objects[1].id.digest;
	e->digest.byte[0] ^= (uint8_t)lie;
	e->flags = ENTRY_OWN;
	manifest_encode(&m, &bytes);
	make_object(o, bytes.data, bytes.len);
	buf_free(&bytes);
	m.program = m.machine = m.interpreter = m.library_path = NULL;
	manifest_free(&m);
}

/* ---- the history ---- */

static unsigned
number(struct reader *r)
{
	return reader_left(r) ? take_u8(r) : 0;
}

static struct neighbour *
pick(struct reader *r)
{
	unsigned at = number(r) % LINKS;
	struct neighbour *n;

	for (n = self.neighbours; n && n->next && at-- > 0; n = n->next)
		;
	return n;
}

static struct path
some_path(struct reader *r)
{
	static const struct path paths[] = {
		{1, {1}}, {1, {2}}, {2, {1, 1}}, {2, {1, 2}}, {2, {2, 1}}, {3, {1, 1, 1}}, {0, {0}}, {3, {1, 2, 7}}};

	return paths[number(r) % COUNT(paths)];
}

static uint64_t
some_job(struct reader *r)
{
	unsigned which = number(r);

	return which & 1 && accepted ? accepted : 1 + which / 2 % 3;
}

static struct node_info
some_info(struct reader *r)
{
	return (struct node_info){
		.boot = 1 + number(r) % 4, .hostname = "h", .address = ":6666", .machine = "m", .version = "v", .limits = ""};
}

static void
put_some_run(struct buf *b, struct reader *r)
{
	unsigned how = number(r);
	struct run_common common = {.flags = (how & 15u) | (how & 64 ? RUN_WATCH : 0u) | (how & 128 ? RUN_FIGURES : 0u) | (how & 16 ? RUN_HEALTH : 0u),
		.keep = how & 32 ? 100 : 0,
		.of = how & 7,
		.tail = how & 8 ? 1 : UINT64_MAX,
		.size = 2,
		.uid = 1,
		.job_text = "1.0",
		.start_limit = number(r) % 4 * 500,
		.around = {.cwd = "/", .binroot = "", .input = how >> 4 & 1}};
	unsigned object = number(r);
	struct run_entry entries[8];
	struct msg_run m = {.has_manifest = object < 128, .manifest = objects[object % OBJECTS].id.digest, .entries = entries};
	struct buf block = {0};

	strings_add(&common.around.argv, "a");
	put_run_common(&block, &common);
	m.window = number(r) * 64u;
	m.block = block.data;
	m.block_len = block.len;
	do
		entries[m.count++] = (struct run_entry){.rank = number(r), .path = some_path(r), .before = ""};
	while (number(r) % 3 && m.count < COUNT(entries));
	put_run(b, &m);
	strings_free(&common.around.argv);
	buf_free(&block);
}

static uint32_t
some_scope(struct reader *r)
{
	return number(r) & 1 ? SCOPE_PUBLIC : 1;
}

static void
put_some_data(struct buf *b, struct reader *r)
{
	const struct object *o = &objects[number(r) % OBJECTS];
	struct msg_data m = {.name = {o->id.digest, some_scope(r)}, .size = o->id.size};
	struct blob *blob = store_find(self.store, &m.name);
	unsigned how = number(r);
	static uint8_t piece[PIECE_SIZE];
	size_t left;

	m.offset = how & 1 || !blob ? how * 37u : blob_next(blob);
	if (m.offset > o->bytes.len)
		m.offset = o->bytes.len;
	left = o->bytes.len - m.offset;
	m.len = left < PIECE_SIZE ? left : PIECE_SIZE;
	if (how & 2)
		m.len = m.len * (how >> 2) / 64;
	m.raw_len = (uint32_t)m.len;
	memcpy(piece, o->bytes.data + m.offset, m.len);
	if (how % 16 == 12 && m.len)
		piece[m.len / 2] ^= 1;
	if (how % 32 == 20)
		m.size += how;
	m.data = piece;
	put_data(b, &m);
}

static void
put_some_launch(struct buf *b, struct reader *r)
{
	static const char *const specs[] = {".", "...", "1", "1/.", "2-9", "1:1,2", "x"};
	unsigned how = number(r);
	struct msg_launch m = {.generation = PROTO_GENERATION,
		.spec = specs[how % COUNT(specs)],
		.exclude = "", .only = "",
		.around = {.cwd = "/", .binroot = "", .input = how / 7 & 1},
		.variants = 1,
		.flags = number(r) & 31u,
		.window = number(r) * 100u,
		.timeout = number(r) % 3 * 1000};

	m.variant[0] = (struct variant){.machine = "", .made_for = "", .has_manifest = true, .manifest = objects[2 + number(r) % 2].id.digest};
	strings_add(&m.around.argv, "a");
	put_launch(b, &m);
	launch_free(&m);
}

static void
put_some_input(struct buf *b, struct reader *r)
{
	static const uint8_t text[255];
	struct msg_input m = {.offset = number(r), .data = text};
	unsigned how = number(r);

	m.end = how % 8 == 0;
	m.len = how & 1 ? how : 255;
	put_input(b, &m);
}

static void
put_some_event(struct buf *b, struct reader *r)
{
	static const uint8_t text[200];
	struct msg_event m = {.path = some_path(r),
		.sequence = number(r) % 8,
		.kind = (enum event_kind)(1 + number(r) % 13),
		.data = text,
		.len = sizeof(text),
		.status = number(r),
		.flags = number(r) & 7,
		.text = "why"};

	m.have = m.status;
	m.taken = m.have - m.have % 3 * m.have / 4;
	m.over = m.flags & 1;
	put_events(b, &m);
}

/* Two files: one in one piece, one in two. */
static uint8_t newer[100000];

static struct digest
some_newer(struct reader *r, uint32_t *size)
{
	*size = number(r) & 1 ? sizeof(newer) : 300;
	return chunk_digest(newer, *size);
}

static void
put_some_renewal(struct buf *b, struct reader *r, unsigned kind)
{
	uint32_t size, offset;
	struct digest digest = some_newer(r, &size);
	struct path paths[2] = {some_path(r)};
	unsigned how = number(r);

	offset = how & 1 ? 65536 : 0;
	if (kind == MSG_RENEW) {
		paths[1] = some_path(r);
		put_renew(b, &(struct msg_renew){digest, size, how & 3, how, how & 4 ? 0 : 7, paths, 1 + (how >> 7)});
	} else if (kind == MSG_RENEW_WANT) {
		put_renew_want(b, &(struct msg_renew_want){digest, size, offset});
	} else if (kind == MSG_RENEW_DATA) {
		put_renew_data(b,
			&(struct msg_renew_data){digest, offset, newer, offset ? sizeof(newer) - offset : size < 65536 ? size : 65536});
	} else {
		put_renewed(b, &(struct msg_renewed){paths[0], digest, (enum renewed)(1 + how % 4), "why"});
	}
}

/* A message that is well formed, of values few enough to meet each other again. */
static unsigned
put_some(struct buf *b, struct reader *r, unsigned kind, uint32_t between)
{
	struct node_info info = some_info(r);
	struct msg_join join = {.generation = 1 + number(r) % 3, .info = info};
	struct msg_welcome welcome = {.heartbeat = 1000, .grace = 3000, .generation = 1 + number(r) % 3};
	struct msg_node node = {.generation = 1 + number(r) % 3, .info = info, .runs = number(r) % 2 ? "x86_64 i686" : ""};
	struct msg_down down = {.boot = info.boot, .why = "gone"};
	struct msg_ack ack;
	struct msg_want want;
	struct msg_lack lack;
	struct msg_query query = {.generation = PROTO_GENERATION, .spec = "...", .exclude = "", .only = ""};
	struct msg_kill kill = {.only = "", .job = "1", .signal = 9};
	struct path path = some_path(r);
	struct msg_stat stat = {.path = path};
	struct msg_power power = {.path = path};
	uint64_t job;
	unsigned how;

	switch (kind) {
	case MSG_JOIN:
		join.path = path;
		join.has_path = path.depth > 0;
		put_join(b, &join);
		break;
	case MSG_WELCOME:
		welcome.path = path;
		welcome.master = info.boot;
		if (number(r) & 1)
			strings_add(&welcome.ancestors, "127.0.0.9:7");
		put_welcome(b, &welcome);
		strings_free(&welcome.ancestors);
		break;
	case MSG_UP:
		node.path = path;
		put_node(b, &node, between);
		break;
	case MSG_DOWN:
		down.path = path;
		put_down(b, &down);
		break;
	case MSG_STAT:
		put_stat(b, &stat);
		break;
	case MSG_RENEW:
	case MSG_RENEW_WANT:
	case MSG_RENEW_DATA:
	case MSG_RENEWED:
		put_some_renewal(b, r, kind);
		break;
	case MSG_POWER:
		put_power(b, &power);
		break;
	case MSG_STRIKE:
		put_strike(b, &(struct msg_strike){path});
		break;
	case MSG_FORGET:
		job = some_job(r);
		put_forget(b, &(struct msg_forget){path, &job, 1});
		break;
	case MSG_RUN:
		put_some_run(b, r);
		break;
	case MSG_EVENTS:
		do
			put_some_event(b, r);
		while (number(r) % 3 == 1); /* an input that is over yields 0 */
		break;
	case MSG_ACK:
		ack = (struct msg_ack){.path = path, .sequence = number(r) % 8};
		put_ack(b, &ack);
		ack.path = some_path(r);
		put_ack(b, &ack);
		break;
	case MSG_CREDIT:
		put_credit(b, &(struct msg_credit){number(r) * 16u});
		break;
	case MSG_INPUT:
		put_some_input(b, r);
		break;
	case MSG_SLOW:
		put_slow(b, &(struct msg_slow){path});
		break;
	case MSG_BEFORE:
		put_before(b, &(struct msg_before){path, number(r) & 1 ? "" : "127.0.0.9:7"});
		break;
	case MSG_SIGNAL:
		put_signal(b, &(struct msg_signal){1 + number(r) % 64, number(r) & 1});
		break;
	case MSG_WANT:
	case MSG_UNWANT:
		want = (struct msg_want){.name = {objects[number(r) % OBJECTS].id.digest, some_scope(r)}};
		how = number(r);
		want.offset = how % 3 * 40;
		want.end = how & 64 ? want.offset + (how & 63) * 8192 : UINT64_MAX;
		put_want(b, &want);
		break;
	case MSG_DATA:
		put_some_data(b, r);
		break;
	case MSG_LACK:
		lack = (struct msg_lack){.name = {objects[number(r) % OBJECTS].id.digest, some_scope(r)}, .why = "no"};
		put_lack(b, &lack);
		break;
	case MSG_LAUNCH:
		put_some_launch(b, r);
		break;
	case MSG_QUERY:
		query.at_least = number(r) % 4;
		query.patience = number(r) % 2 * 1000;
		put_query(b, &query);
		break;
	case MSG_KILL:
		how = number(r);
		kill.only = how & 1 ? "1" : "";
		put_kill(b, &kill);
		break;
	case MSG_PS:
		put_ps_ask(b, &(struct msg_ps_ask){.all = number(r) & 1});
		break;
	case MSG_ATTACH:
		how = number(r);
		put_attach(b, &(struct msg_attach){.generation = PROTO_GENERATION, .job = how & 1 ? "1" : "name", .figures = how & 2, .keys = how & 4, .tail = how, .window = how * 64u});
		break;
	case MSG_SIGNAL_ONE:
		put_signal_one(b, &(struct msg_signal_one){path, 1 + number(r) % 64});
		break;
	default:
		break;
	}
	return kind;
}

/* Frames of requests under way, whose bytes a link would keep: until the end. */
static struct {
	struct buf *at;
	size_t count, room;
} kept;

static void
say_something(struct reader *r, bool well_formed)
{
	struct neighbour *n = pick(r);
	unsigned which = number(r), type = handlers[which % COUNT(handlers)].type;
	uint64_t job = some_job(r);
	struct buf body = {0};
	struct frame f;

	if (!n || link_dead(n->link) || n->errand) /* nothing is read from it while it waits for an answer */
		return;
	if (well_formed) {
		type = put_some(&body, r, type, n->between);
	} else {
		size_t len = number(r);
		const uint8_t *bytes;

		if (len > reader_left(r))
			len = reader_left(r);
		bytes = take_bytes(r, len);
		put_bytes(&body, bytes, len);
	}
	f = (struct frame){.type = type, .job = job, .body = body.data, .len = body.len};
	dispatch(n, &f);
	if (!n->errand) {
		buf_free(&body);
		return;
	}
	kept.at = grow(kept.at, kept.count, &kept.room, sizeof(kept.at[0]));
	kept.at[kept.count++] = body;
}

static void
pass_time(uint64_t ms)
{
	struct timer *t;
	unsigned turns = 0;

	clock_now += ms;
	do {
		for (t = timers[self.is_master]; t && t->at > clock_now; t = t->next)
			;
		if (t) {
			__wrap_loop_cancel(t);
			t->due(t);
		}
	} while (t && ++turns < 100);
}

static void
end_turn(void)
{
	static uint8_t trash[65536];
	struct neighbour *n;
	size_t i;

	for (n = self.neighbours; n; n = n->next)
		if (n->kind == NB_PARENT && !link_ready(n->link))
			neighbour_hear(n);
	neighbours_flush();
	for (i = 0; i < grave_count; i++)
		graves[i].release(graves[i].what);
	grave_count = 0;
	for (i = 0; i < LINKS; i++) {
		ssize_t got = 0;

		while (far_ends[i] > 0 && (got = recv(far_ends[i], trash, sizeof(trash), MSG_DONTWAIT)) > 0)
			;
		if (far_ends[i] > 0 && got == 0) {
			close(far_ends[i]);
			far_ends[i] = 0;
		}
	}
	for (n = self.neighbours; n; n = n->next)
		neighbour_touch(n);
}

static void
somebody_comes(struct reader *r)
{
	unsigned what = number(r);
	int fd = new_pair();
	struct neighbour *n;

	if (fd < 0)
		return;
	n = neighbour_new(link_new(fd, NULL, false), self.is_master && what % 3 == 0 ? NB_CLIENT : NB_NEW);
	n->who.uid = what / 3 % 3 * 1000;
	if (n->kind == NB_NEW)
		stranger_came();
}

static void
step(struct reader *r)
{
	unsigned op = number(r);
	struct neighbour *n;

	switch (op % 8) {
	case 0:
		somebody_comes(r);
		break;
	case 1:
		say_something(r, false);
		break;
	case 2:
		n = pick(r);
		if (n)
			neighbour_kill(n, "made up");
		break;
	case 3:
		pass_time(op / 8 * 50u);
		break;
	case 4:
		process_does(&fakes[op / 8 % PROCS], number(r));
		renew_reaped(TRIED, op & 8 ? 0 : 9);
		hear_processes();
		break;
	default:
		say_something(r, true);
	}
	if (op & 128 || op % 8 == 2)
		end_turn();
}

/* ---- the beginning and the end ---- */

static char store_place[] = "/dev/shm/gproc-fuzz.XXXXXX";

static void
close_store(void)
{
	keep_close(self.keep);
	store_close(self.store);
	(void)rmdir(store_place);
}

static void
begin(void)
{
	static char none[1];
	static const struct options options = {.binroot = "/tmp/xproc",
		.cmdport = 6666,
		.users = "1000",
		.allow = "",
		.my_address = "",
		.my_id = "",
		.key = "none",
		.uds = "/tmp/g"};
	static uint8_t large[100000];
	size_t i;

	for (i = 0; i < sizeof(large); i++)
		large[i] = (uint8_t)(i * i >> 8);
	make_object(&objects[0], "#!/bin/sh\n", 10);
	make_object(&objects[1], large, sizeof(large));
	make_manifest(&objects[2], 0);
	make_manifest(&objects[3], 1);
	set_hooks();
	self.options = &options;
	self.boot = 0x1111111122222222;
	self.heartbeat = 1000;
	self.grace = 3000;
	self.runs = none;
	self.info = (struct node_info){.boot = self.boot, .hostname = "self", .address = "", .machine = "m", .version = "0", .limits = ""};
	self.keys.plain = true;
	self.has_keys = true;
	access_open(&options);
	if (!mkdtemp(store_place) || !(self.store = store_open_dir(1 << 20, store_place)))
		abort();
	self.keep = keep_open(self.store);
	(void)atexit(close_store);
	upstream_start("127.0.0.1", NULL);
}

static void
end(void)
{
	struct neighbour *n;
	unsigned turns;
	size_t i;

	renew_reaped(TRIED, 9);
	for (turns = 0; turns < 10; turns++) {
		for (n = self.neighbours; n; n = n->next)
			neighbour_kill(n, "over");
		end_turn();
		for (i = 0; i < PROCS; i++)
			if (fakes[i].used)
				__wrap_proc_kill((struct proc *)&fakes[i]);
		hear_processes();
		if (!self.is_master)
			job_end_all();
		clock_now += self.grace + 1;
		tree_give_orphans_up();
	}
	for (i = 0; i < PROCS; i++)
		assert(!fakes[i].used);
	assert(self.neighbours == NULL && self.jobs == 0 && job_count() == 0 && self.map.up == 0);
	assert(!accepted || !head_knows(accepted));
	assert(store_reserve(self.store, 0, store_budget(self.store) / 2) == 0 && store_free(self.store) >= store_budget(self.store) / 2);
	store_release(self.store, 0, store_budget(self.store) / 2);
	while (kept.count > 0)
		buf_free(&kept.at[--kept.count]);
	while (self.map.count > 0)
		map_remove(&self.map, self.map.at[0]);
	free(self.map.at);
	self.map = (struct map){0};
	strings_free(&self.ancestors);
	accepted = 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool begun;
	struct reader r = reader_over(data, size);
	unsigned steps = 0;

	if (!begun) {
		begin();
		end(); /* a master has no parent: what was dialled goes */
	}
	begun = true;
	self.is_master = number(&r) & 1;
	set_hooks();
	self.has_path = self.is_master;
	self.path = (struct path){0};
	self.master = self.is_master ? self.boot : 0;
	self.ending = false;
	__wrap_loop_timer(&tick, self.heartbeat / 5, tick_is_due, NULL);
	if (!self.is_master)
		pass_time(60000);
	end_turn();
	while (reader_left(&r) && steps++ < 400)
		step(&r);
	end();
	return 0;
}
