/* The daemon: what neighbours send goes to the part that it is for; heartbeats, the start and the end.
 * Must never know what a launch, an object or a member of the tree means. */
#include "node/node.h"
#include "base/often.h"
#include "init/init.h"
#include "link/seal.h"
#include "node/access.h"
#include "node/agenda.h"
#include "node/answer.h"
#include "node/asker.h"
#include "node/door.h"
#include "node/fetch.h"
#include "node/head.h"
#include "node/job.h"
#include "node/packed.h"
#include "node/power.h"
#include "node/relay.h"
#include "node/renew.h"
#include "node/roll.h"
#include "node/self.h"
#include "node/share.h"
#include "node/sibling.h"
#include "node/stranger.h"
#include "node/tree.h"
#include "node/upstream.h"
#include "run/foreign.h"
#include "run/keep.h"
#include "run/successor.h"
#include "run/worker.h"
#include "stackvm.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	FAREWELL_MS = 5000, /* what the end may take until links are simply closed */
	END_MS = 5000,	    /* what the processes of jobs may take to be killed */
};

static struct timer tick, farewell;

static void node_end(bool whole_tree);

/* ---- what comes in ---- */

static void
on_ping(struct neighbour *n, const struct frame *f)
{
	(void)n;
	(void)f;
}

static void
on_shutdown(struct neighbour *n, const struct frame *f)
{
	(void)n;
	(void)f;
	inform("the master has ended the tree");
	node_end(true);
}

static void
on_welcome(struct neighbour *n, const struct frame *f)
{
	upstream_on_welcome(n, f);
	renew_parent_is_back();
	loop_timer(&tick, self.heartbeat / 5, tick.due, NULL); /* the master's heartbeat may be shorter than the one it began with */
}

static const char *const kind_names[NB_KINDS] = {"stranger", "child", "parent", "client", "source", "node beside the tree"};

#define FROM(kind) (1u << (kind))
#define BARE FROM(NB_KINDS) /* it has no body */
/* What each kind of neighbour may send, and which part of the daemon takes it. */
static const struct {
	enum message type;
	unsigned from;
	void (*handle)(struct neighbour *, const struct frame *);
} handlers[] = {
	{MSG_JOIN, FROM(NB_NEW), tree_on_join},
	{MSG_WELCOME, FROM(NB_PARENT), on_welcome},
	{MSG_REFUSE, FROM(NB_PARENT), upstream_on_refuse},
	{MSG_UP, FROM(NB_CHILD), tree_on_up},
	{MSG_DOWN, FROM(NB_CHILD), tree_on_down},
	{MSG_STAT, FROM(NB_CHILD), tree_on_stat},
	{MSG_PING, FROM(NB_PARENT) | FROM(NB_CHILD) | BARE, on_ping},
	{MSG_FORGET, FROM(NB_PARENT), job_on_forget},
	{MSG_SHUTDOWN, FROM(NB_PARENT) | BARE, on_shutdown},
	{MSG_POWER, FROM(NB_PARENT), power_on_power},
	{MSG_POWER, FROM(NB_CLIENT), answer_on_power},
	{MSG_STRIKE, FROM(NB_CLIENT), answer_on_strike},
	{MSG_HEALTH, FROM(NB_CLIENT) | BARE, answer_on_health},
	{MSG_RUN, FROM(NB_PARENT), job_on_run},
	{MSG_EVENTS, FROM(NB_CHILD), job_on_events},
	{MSG_ACK, FROM(NB_PARENT), job_on_ack},
	{MSG_CREDIT, FROM(NB_PARENT), job_on_credit},
	{MSG_CREDIT, FROM(NB_CLIENT), head_on_credit},
	{MSG_SIGNAL, FROM(NB_PARENT), job_on_signal},
	{MSG_SIGNAL, FROM(NB_CLIENT), head_on_signal},
	{MSG_DONE, FROM(NB_PARENT) | BARE, job_on_done},
	{MSG_WANT, FROM(NB_CHILD), relay_on_want},
	{MSG_WANT, FROM(NB_NEW) | FROM(NB_ASKER), asker_on_want},
	{MSG_UNWANT, FROM(NB_CHILD), relay_on_unwant},
	{MSG_UNWANT, FROM(NB_ASKER), asker_on_unwant},
	{MSG_DATA, FROM(NB_PARENT) | FROM(NB_CLIENT) | FROM(NB_SOURCE), relay_on_data},
	{MSG_LACK, FROM(NB_PARENT) | FROM(NB_CLIENT) | FROM(NB_SOURCE), relay_on_lack},
	{MSG_RESEND, FROM(NB_PARENT), upstream_on_resend},
	{MSG_LAUNCH, FROM(NB_CLIENT), head_on_launch},
	{MSG_QUERY, FROM(NB_CLIENT), answer_on_query},
	{MSG_PS, FROM(NB_CLIENT), roll_on_ps},
	{MSG_KILL, FROM(NB_CLIENT), roll_on_kill},
	{MSG_ATTACH, FROM(NB_CLIENT), roll_on_attach},
	{MSG_INPUT, FROM(NB_PARENT), job_on_input},
	{MSG_INPUT, FROM(NB_CLIENT), head_on_input},
	{MSG_RESIZE, FROM(NB_PARENT), job_on_resize},
	{MSG_SIGNAL_ONE, FROM(NB_PARENT), job_on_signal_one},
	{MSG_RESIZE, FROM(NB_CLIENT), head_on_resize},
	{MSG_DETACH, FROM(NB_CLIENT), head_on_detach},
	{MSG_SLOW, FROM(NB_CHILD), job_on_slow},
	{MSG_BEFORE, FROM(NB_PARENT), job_on_before},
	{MSG_RENEW, FROM(NB_PARENT), renew_on_renew},
	{MSG_RENEW, FROM(NB_CLIENT), answer_on_renew},
	{MSG_RENEW_WANT, FROM(NB_CHILD), renew_on_want},
	{MSG_RENEW_DATA, FROM(NB_PARENT) | FROM(NB_CLIENT), renew_on_data},
	{MSG_RENEWED, FROM(NB_CHILD), renew_on_renewed},
};

static void
dispatch(struct neighbour *n, const struct frame *f)
{
	bool foreign = n->between != PROTO_GENERATION && f->type > MSG_RUN;
	char *why;
	size_t i;

	neighbour_note("from", n, f->type, f->len);
	for (i = 0; i < COUNT(handlers) && !(handlers[i].type == f->type && handlers[i].from & FROM(n->kind)); i++)
		;
	if (foreign) /* jobs don't reach beyond nodes of another generation */
		return;
	if (i < COUNT(handlers) && handlers[i].from & BARE && f->len) {
		neighbour_malformed(n, f);
		return;
	}
	if (i < COUNT(handlers)) {
		handlers[i].handle(n, f);
		return;
	}
	why = xasprintf("protocol error: a %s may not send %s", kind_names[n->kind], message_name(f->type));
	neighbour_kill(n, why);
	free(why);
}

/* ---- links that end ---- */

static void
client_gone(struct neighbour *n)
{
	agenda_client_gone(n);
	head_client_gone(n);
	share_give(n->who.uid, n->counted);
}

static void
on_gone(struct neighbour *n, const char *why)
{
	if (n->kind == NB_CHILD)
		tree_child_down(n, why);
	else if (n->kind == NB_CLIENT)
		client_gone(n);
	else if (n->kind == NB_NEW && *why)
		stranger_gone(n, why);
	job_neighbour_gone(n);
	renew_neighbour_gone(n);
	if (n->kind == NB_PARENT)
		upstream_gone(n, why);
	else if (n->kind == NB_SOURCE)
		sibling_gone(n, why);
	asker_neighbour_gone(n);
	relay_neighbour_gone(n);
}

static void
on_flushed(struct neighbour *n)
{
	if (n->kind == NB_PARENT)
		upstream_progress(n);
	else if (n->kind == NB_CLIENT)
		agenda_client_flushed(n);
}

static struct neighbour *
source_is_parent(uint64_t job, uint32_t scope)
{
	(void)job;
	(void)scope;
	return self.parent && self.parent->between == PROTO_GENERATION ? self.parent : NULL;
}

static void
leave_for_newer(void)
{
	node_end(false);
}

/* All that the parts of the daemon call upwards is named here. */
static void
set_hooks(void)
{
	static const struct neighbour_hooks all = {
		.frame = dispatch, .large = head_large_frame, .bulk = relay_bulk, .flushed = on_flushed, .gone = on_gone};
	static const struct fetch_hooks of_parent = {.source = source_is_parent,
		.waits = true,
		.before = job_before,
		.may_ask = job_may_ask,
		.slow = job_is_slow,
		.back = job_back,
		.refuses = job_refuses,
		.has = job_has,
		.lacks = job_lacks};
	static const struct fetch_hooks of_client = {.source = head_source,
		.waits = false,
		.before = job_before,
		.may_ask = job_may_ask,
		.slow = job_is_slow,
		.back = job_back,
		.refuses = job_refuses,
		.has = job_has,
		.lacks = job_lacks};
	static const struct job_hooks to_head = {.event = head_event, .slow = head_slow, .knows = head_knows};

	neighbour_set_hooks(&all);
	fetch_set_hooks(self.is_master ? &of_client : &of_parent);
	job_set_hooks(self.is_master ? &to_head : NULL);
	renew_set_leave(leave_for_newer);
}

/* ---- heartbeats ---- */

/* Returns the milliseconds that are left until it would be silent for too long. */
static uint64_t
check_link(struct neighbour *n)
{
	uint64_t silent = link_silence(n->link);
	char *why;

	if (n->kind != NB_CHILD && !n->dialled) /* a slave that dials has a limit of its own until it is welcome */
		return self.heartbeat;
	/* A turn that was long, or takes other links first, has not heard what lies in the socket. */
	if (silent >= self.heartbeat && link_waits(n->link)) {
		link_forgive(n->link);
		silent = 0;
	}
	if (silent >= self.heartbeat) {
		why = xasprintf("silent for %llu s", (unsigned long long)silent / 1000);
		neighbour_kill(n, why);
		free(why);
	} else if (n->kind == NB_CHILD) {
		neighbour_send(n, PRIO_CONTROL, MSG_PING, 0, NULL);
	}
	if (link_queued(n->link, PRIO_CONTROL) == 0)
		link_trim(n->link);
	return silent < self.heartbeat ? self.heartbeat - silent : self.heartbeat;
}

/* After a time in which this process was not running no neighbour can be called silent: all may have spoken. */
static void
forgive_silence(void)
{
	struct neighbour *n;

	if (loop_pause() < self.heartbeat / 4)
		return;
	for (n = self.neighbours; n; n = n->next)
		link_forgive(n->link);
}

/* What this node's kernel runs: asked at the start, and when an emulator has come or gone. */
static void
know_machines(void)
{
	free(self.runs);
	self.runs = foreign_names();
}

static void
tick_is_due(struct timer *t)
{
	struct neighbour *n;
	uint64_t soonest = self.heartbeat / 5;

	forgive_silence();
	for (n = self.neighbours; n; n = n->next) {
		uint64_t left = check_link(n);

		if (left < soonest)
			soonest = left;
	}
	relay_tick();
	asker_tick();
	sibling_tick();
	if (self.parent && foreign_changed()) {
		know_machines();
		tree_send_self();
	}
	if (self.parent)
		tree_send_figures();
	if (self.is_master)
		tree_give_orphans_up();
	worker_tidy(self.worker);
	if (job_count() == 0) {
		bundle_idle();
		packed_idle();
		link_idle();
	}
	often_due();
	loop_timer(t, soonest + 1, tick_is_due, NULL);
}

/* ---- the end ---- */

static void
leave(void)
{
	loop_end();
}

static void
farewell_is_over(struct timer *t)
{
	(void)t;
	leave();
}

static bool
has_children(void)
{
	const struct neighbour *n;

	for (n = self.neighbours; n; n = n->next)
		if (n->kind == NB_CHILD)
			return true;
	return false;
}

/* Each turn while ending: when the last child has closed its link, or needs nothing more, it is over. */
static void
leave_when_alone(void)
{
	neighbours_flush();
	if (self.ending && !has_children())
		leave();
}

static void
node_end(bool whole_tree)
{
	struct neighbour *n;

	if (self.ending)
		return;
	self.ending = true;
	for (n = self.neighbours; n; n = n->next)
		if (n->kind == NB_CHILD && whole_tree)
			neighbour_send(n, PRIO_CONTROL, MSG_SHUTDOWN, 0, NULL);
	if (self.parent)
		tree_send_down(&self.path, self.boot, true, renew_is_due() ? "a newer gproc takes over" : "it was told to end");
	if (!whole_tree) {
		neighbours_flush();
		leave();
		return;
	}
	loop_timer(&farewell, FAREWELL_MS, farewell_is_over, NULL);
	loop_each_turn(leave_when_alone);
}

static void
on_child_process(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		worker_reaped(self.worker, pid, status);
		renew_reaped(pid, status);
	}
}

static void
on_process_signal(int signal)
{
	if (signal == SIGCHLD)
		on_child_process();
	else if (signal == SIGINT)
		node_end(self.is_master);
	else if (signal == SIGTERM)
		node_end(false);
}

/* ---- the start ---- */

static char *
evaluate(const char *name, const char *words)
{
	char *value = stackvm_eval(words, self.info.hostname);

	if (!value)
		die(2, "-%s=\"%s\": %s", name, words, stackvm_error());
	return value;
}

static void
know_thyself(void)
{
	static struct utsname names;
	struct sysinfo info;
	char *hostname = xcalloc(1, 256);

	(void)uname(&names);
	(void)gethostname(hostname, 255);
	if (sysinfo(&info) == 0)
		self.info.memory = (uint64_t)info.totalram * info.mem_unit;
	self.info.hostname = hostname;
	self.info.machine = names.machine;
	(void)foreign_changed();
	know_machines();
	self.info.version = GPROC_VERSION;
	self.info.address = "";
	self.info.cpus = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
	while (self.boot >> 32 == 0 || (uint32_t)self.boot == 0)
		if (getrandom(&self.boot, sizeof(self.boot), 0) != (ssize_t)sizeof(self.boot))
			die(255, "the kernel gives no random numbers: %s", strerror(errno));
	self.info.boot = self.boot;
	self.info.has_power = init_is_parent();
}

static void
prepare_process(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	(void)prctl(PR_SET_DUMPABLE, 0); /* no core with the key in it */
	(void)signal(SIGXFSZ, SIG_IGN);	 /* a limit on files is one job's trouble, where they are too large for it */
	if (geteuid() == 0) {
		int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

		if (fd >= 0) {
			(void)write_full(fd, "-1000", 5);
			close(fd);
		}
	}
}

static void
open_worker(void)
{
	struct node_setup setup = {.binroot = self.options->binroot,
		.budget = self.options->store,
		.private = self.options->private,
		.runs_jobs = !self.is_master};

	self.worker = worker_open(&setup);
	if (!self.worker)
		die(255, "%s", worker_error());
	self.store = worker_store(self.worker);
	self.keep = keep_open(self.store);
	self.info.limits = xstrdup(worker_limits(self.worker));
	if (*self.info.limits)
		warn("this node makes do: %s", self.info.limits);
}

static void
start_master(void)
{
	self.has_path = true;
	self.master = self.boot;
	self.grace = (uint32_t)self.options->grace;
	access_open(self.options);
	upstream_load_keys(true);
	open_worker();
	door_listen(false);
	door_open_local();
}

/* As far as that can be tried without a tree: the key can be read and proved. */
static void __attribute__((noreturn)) be_tried(void)
{
	if (!upstream_load_keys(false))
		die(255, "%s", key_error());
	if (!seal_trial(&self.keys))
		die(255, "it can't prove the key to itself");
	printf("gproc %s\n", GPROC_VERSION);
	exit(fflush(stdout) ? 255 : 0);
}

static void
start_slave(void)
{
	char *parent = evaluate("myParent", self.options->my_parent);
	char *id = *self.options->my_id ? evaluate("myId", self.options->my_id) : NULL;

	if (self.options->trial)
		be_tried();
	open_worker();
	upstream_start(parent, id);
	free(id);
	free(parent);
}

static int
run_newer(void)
{
	char *place = upstream_place();

	(void)setenv(SUCCESSOR_PLACE, place, 1);
	renew_run();
	return 255;
}

int
node_run(const struct options *options, bool is_master)
{
	char *address;

	if (!options->trial)
		begin_log();
	self.options = options;
	self.is_master = is_master;
	self.heartbeat = (uint32_t)options->heartbeat;
	self.grace = (uint32_t)options->grace;
	know_thyself();
	successor_begin();
	if (getenv(SUCCESSOR_FILE))
		(void)prctl(PR_SET_NAME, "gproc"); /* a file in memory has no name that would show */
	if (*options->my_address) {
		address = evaluate("myAddress", options->my_address);
		door_set_address(address);
		free(address);
	}
	prepare_process();
	set_hooks();
	loop_open(on_process_signal);
	loop_each_turn(neighbours_flush);
	loop_timer(&tick, self.heartbeat / 5, tick_is_due, NULL);
	if (is_master)
		start_master();
	else
		start_slave();
	on_child_process(); /* those that ended before SIGCHLD was awaited: the look-up of -myAddress, children of the one that became gproc
			     */
	loop_run();
	often_flush();
	door_close();
	worker_end(self.worker, END_MS);
	keep_close(self.keep);
	worker_close(self.worker);
	return renew_is_due() ? run_newer() : 0;
}
