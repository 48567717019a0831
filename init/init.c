/* PID 1 in a ramdisk: brings the machine up, keeps one slave running, reaps, and ends the machine when asked.
 * Must never know the protocol, or what a switch of the slave means. */
#include "init/init.h"

#include "base/often.h"
#include "init/boot.h"
#include "init/button.h"
#include "init/cmdline.h"
#include "init/netdev.h"
#include "init/network.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define MODULE_LIST "/etc/gproc/modules"
#define MAX_CMDLINE (64 << 10) /* the longest of any architecture's COMMAND_LINE_SIZE, with room */
#define MAX_FILES (1 << 20)    /* descriptors; the kernel's own bound, fs.nr_open, where it is as it was at first */
#define MAX_PAUSE 30000	       /* milliseconds between tries */
#define QUIET_PAUSE 1000       /* an interface takes that long to find its carrier: no reason to say so yet */
#define STEADY_MS 60000	       /* a slave that ran so long has not failed to start */
#define SLAVE_END_MS 10000     /* milliseconds in which the slave can end its jobs and tell its children */
#define KILLED_END_MS 3000
#define FROM_INIT "GPROC_INIT"	 /* in the slave's environment: PID 1 is this program */
#define TIME_SERVERS "GPROC_NTP" /* likewise: addresses of time servers, parted by blanks */

/* Something that is tried again: when next (0: not planned), and the pause after that; milliseconds. */
struct retry {
	uint64_t at, pause;
};

struct init {
	int (*run_slave)(int argc, char **argv);
	struct strings words, slave_argv; /* of the kernel command line */
	bool named;
	struct retry slave;
	pid_t slave_pid; /* 0: not running */
	uint64_t slave_since;
	int signals; /* descriptor */
};

static const struct {
	int signal, command;
	const char *act;
} powers[] = {
	[POWER_HALT] = {SIGUSR1, RB_HALT_SYSTEM, "halt"},
	[POWER_OFF] = {SIGUSR2, RB_POWER_OFF, "power off"},
	[POWER_REBOOT] = {SIGTERM, RB_AUTOBOOT, "reboot"},
};

bool
init_is_parent(void)
{
	return getppid() == 1 && getenv(FROM_INIT);
}

int
init_request(enum power power)
{
	if (!init_is_parent()) {
		errno = ENOTSUP;
		return -1;
	}
	return kill(1, powers[power].signal);
}

int
init_by_name(const char *name)
{
	static const char *const names[] = {[POWER_HALT] = "halt", [POWER_OFF] = "poweroff", [POWER_REBOOT] = "reboot"};
	struct stat own, first;
	size_t i;

	for (i = 0; i < COUNT(names) && strcmp(name, names[i]) != 0; i++)
		;
	if (i == COUNT(names))
		return -1;
	if (stat("/proc/self/exe", &own) < 0 || stat("/proc/1/exe", &first) < 0 || own.st_dev != first.st_dev ||
		own.st_ino != first.st_ino) {
		warn("%s: PID 1 is not this gproc, or only root may see it", name);
		return 1;
	}
	if (kill(1, powers[i].signal) == 0)
		return 0;
	warn("can't %s this machine: %s", name, strerror(errno));
	return 1;
}

static void
plan_again(struct retry *retry)
{
	retry->at = now_ms() + retry->pause;
	retry->pause = retry->pause * 2 > MAX_PAUSE ? MAX_PAUSE : retry->pause * 2;
}

static bool
is_due(const struct retry *retry)
{
	return retry->at && retry->at <= now_ms();
}

/* ---- children ---- */

/* As fork(2), with the signals in the child as a program expects them. */
static pid_t
start_child(void)
{
	pid_t pid = fork();
	sigset_t none;

	if (pid < 0)
		warn("can't start a process: %s", strerror(errno));
	if (pid != 0)
		return pid;
	(void)setsid();
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	return 0;
}

static void __attribute__((noreturn)) be_slave(struct init *init)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null >= 0)
		(void)dup2(null, STDIN_FILENO);
	close(init->signals);
	set_message_prefix("gproc");
	if (access(INIT_NEWER, X_OK) == 0) {
		(void)execv(INIT_NEWER, init->slave_argv.at);
		warn("can't run %s: %s", INIT_NEWER, strerror(errno));
	}
	exit(init->run_slave((int)init->slave_argv.count, init->slave_argv.at));
}

static void
start_slave(struct init *init)
{
	pid_t pid = start_child();

	if (pid == 0)
		be_slave(init);
	init->slave.at = 0;
	init->slave_since = now_ms();
	if (pid > 0)
		init->slave_pid = pid;
	else
		plan_again(&init->slave);
}

static void
slave_ended(struct init *init, int status)
{
	uint64_t pause;

	init->slave_pid = 0;
	if (now_ms() - init->slave_since > STEADY_MS)
		init->slave.pause = QUIET_PAUSE;
	pause = init->slave.pause / 1000;
	plan_again(&init->slave);
	if (WIFSIGNALED(status))
		warn_often(1, "the slave was killed by signal %d (%s); starting it again in %u s", WTERMSIG(status),
			strsignal(WTERMSIG(status)), (unsigned)pause);
	else
		warn_often(1, "the slave ended with status %d; starting it again in %u s", WEXITSTATUS(status), (unsigned)pause);
}

/* ---- network ---- */

/* A host name on the command line comes before the lease's, and that before the image's files. */
static void
take_hostname(struct init *init, const char *leased, uint32_t address)
{
	const char *first = cmdline_value(&init->words, "gproc.hostname"), *second = cmdline_value(&init->words, "hostname");
	const char *given = first ? first : second ? second : network_hostname();
	char found[MAX_HOSTNAME + 1];

	if (init->named)
		return;
	if (*given && (strlen(given) > MAX_HOSTNAME || !is_hostname(given)))
		warn("\"%s\" can't be a host name", given);
	else if (*given)
		boot_hostname(given);
	else if (*leased)
		boot_hostname(leased);
	else if (boot_name_from_files(address, found))
		boot_hostname(found);
	init->named = true;
}

/* Time servers are for jobs to use: the slave hands the variable on. */
static void
set_time_servers(const struct ipconfig *config)
{
	char text[MAX_NTP * IPV4_TEXT] = "", address[IPV4_TEXT];
	size_t i;

	for (i = 0; i < MAX_NTP && config->ntp[i]; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "", ipv4_text(config->ntp[i], address));
	if (*text)
		(void)setenv(TIME_SERVERS, text, 1);
}

/* There is an address: whatever depends on it and on the name can start. */
static void
network_is_ready(void *owner, const struct ipconfig *config)
{
	struct init *init = owner;

	boot_resolver(config);
	take_hostname(init, config->hostname, config->address);
	set_time_servers(config);
	if (!init->slave_pid && !init->slave.at)
		init->slave.at = now_ms();
}

/* ---- the end of the machine ---- */

static void
reap(struct init *init)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == init->slave_pid)
			slave_ended(init, status);
		else
			network_child_ended(pid);
	}
}

/* Waits until that child (-1: every child) has ended, at most ms milliseconds; signals other than SIGCHLD are ignored from now on. */
static bool
wait_gone(const struct init *init, pid_t child, uint64_t ms)
{
	struct pollfd wait = {.fd = init->signals, .events = POLLIN};
	uint64_t end = now_ms() + ms;

	for (;;) {
		struct signalfd_siginfo info;
		uint64_t now = now_ms();
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid == child || (pid < 0 && errno == ECHILD))
			return true;
		if (pid > 0)
			continue;
		if (now >= end)
			return false;
		if (poll(&wait, 1, (int)(end - now)) > 0)
			(void)read_full(init->signals, &info, sizeof(info));
	}
}

/* Returns only when the kernel refuses; the machine then goes on with a new slave. */
static void
end_machine(struct init *init, enum power power)
{
	boot_hush();
	warn("%s: ending the slave", powers[power].act);
	if (init->slave_pid) {
		(void)kill(init->slave_pid, SIGTERM);
		if (!wait_gone(init, init->slave_pid, SLAVE_END_MS))
			warn("the slave does not end; killing it");
	}
	(void)kill(-1, SIGKILL);
	if (!wait_gone(init, -1, KILLED_END_MS))
		warn("some processes do not end");
	sync();
	warn("%s", powers[power].act);
	if (reboot(powers[power].command) < 0)
		warn("can't %s: %s", powers[power].act, strerror(errno));
	network_forget_clients();
	init->slave_pid = 0;
	init->slave.at = now_ms();
}

static void
take_signals(struct init *init)
{
	struct signalfd_siginfo info;
	size_t i;

	if (read(init->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	if (info.ssi_signo == SIGCHLD)
		reap(init);
	if (info.ssi_signo == SIGINT)
		end_machine(init, POWER_REBOOT);
	for (i = 0; i < COUNT(powers); i++)
		if (info.ssi_signo == (uint32_t)powers[i].signal)
			end_machine(init, (enum power)i);
}

/* ---- the one loop ---- */

/* Milliseconds to what is planned next, -1 when nothing is. */
static int
until_next(const struct init *init)
{
	uint64_t a = network_next(), b = init->slave.at, now = now_ms();
	uint64_t next = !a ? b : !b ? a : a < b ? a : b;

	if (!next)
		return -1;
	return next <= now ? 0 : (int)(next - now);
}

static void __attribute__((noreturn)) supervise(struct init *init)
{
	for (;;) {
		struct pollfd wait[1 + MAX_BUTTONS + MAX_NETWORK_FDS] = {{.fd = init->signals, .events = POLLIN}};
		size_t count;

		network_turn();
		if (is_due(&init->slave))
			start_slave(init);
		count = 1 + button_fds(wait + 1);
		count += network_fds(wait + count);
		if (poll(wait, count, until_next(init)) > 0 && wait[0].revents)
			take_signals(init);
		if (button_was_pressed())
			end_machine(init, POWER_OFF);
	}
}

static int
open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* The kernel puts unknown words of its command line into PID 1's environment: none of them is meant for a slave. */
static void
clean_environment(void)
{
	(void)clearenv();
	(void)setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	(void)setenv("HOME", "/", 1);
	(void)setenv("TERM", "linux", 1);
	(void)setenv(FROM_INIT, "1", 1);
}

static void
read_command_line(struct init *init)
{
	struct strings refused = {0};
	size_t len, i;
	char *text = read_file("/proc/cmdline", MAX_CMDLINE, &len);

	if (!text)
		warn("can't read /proc/cmdline: %s", strerror(errno));
	cmdline_words(text ? text : "", &init->words);
	free(text);
	strings_add(&init->slave_argv, "gproc");
	cmdline_switches(&init->words, &init->slave_argv, &refused);
	strings_add(&init->slave_argv, "s");
	for (i = 0; i < refused.count; i++)
		warn("%s", refused.at[i]);
	strings_free(&refused);
}

/* The kernel gives PID 1 a hard limit of 4,096 descriptors, under which no launch could have what a login on an ordinary machine has. The
 * other one stays as programs expect it. In a namespace only what its owner allows is had. */
static void
raise_limits(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_max >= MAX_FILES)
		return;
	files.rlim_max = MAX_FILES;
	(void)setrlimit(RLIMIT_NOFILE, &files);
}

static void
begin(struct init *init)
{
	struct utsname system;

	set_message_prefix("gproc init");
	boot_mounts();
	boot_console();
	raise_limits();
	clean_environment();
	if (uname(&system) == 0)
		warn("Linux %s on %s", system.release, system.machine);
	/* EINVAL in a pid namespace, whose PID 1 gets no Ctrl-Alt-Del; and the machine's settings are not its own. */
	if (reboot(RB_DISABLE_CAD) == 0)
		boot_protect();
	read_command_line(init);
	boot_modules(MODULE_LIST);
	button_open();
	if (netdev_up("lo") < 0)
		warn("%s", netdev_error());
}

int
init_main(int (*run_slave)(int argc, char **argv))
{
	struct init init = {.run_slave = run_slave, .slave.pause = QUIET_PAUSE};

	if (getpid() != 1) {
		warn("init is for PID 1 only: the kernel's, or that of a namespace (unshare -pfm gproc init)");
		return 2;
	}
	init.signals = open_signals();
	begin(&init);
	network_begin(&init.words, network_is_ready, &init);
	supervise(&init);
}
