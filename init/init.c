/* PID 1 in a ramdisk: brings the machine up, keeps one slave running, reaps, and ends the machine when asked.
 * Must never know the protocol, or what a switch of the slave means. */
#include "init/init.h"

#include "init/boot.h"
#include "init/cmdline.h"
#include "init/netdev.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define MODULE_LIST "/etc/gproc/modules"
#define LEASE_SCRIPT "/etc/gproc/lease" /* not in /run: initramfs-tools mounts that noexec */
#define LEASE_FD 9			/* in the script; udhcpc takes 3 and 4 for itself, and the shell knows one digit only */
#define MAX_CMDLINE (64 << 10)		/* the longest of any architecture's COMMAND_LINE_SIZE, with room */
#define MAX_LEASE 4096			/* PIPE_BUF: what the script writes comes in one piece */
#define MAX_PAUSE 30000			/* milliseconds between tries */
#define QUIET_PAUSE 1000		/* an interface takes that long to find its carrier: no reason to say so yet */
#define STEADY_MS 60000			/* a slave that ran so long has not failed to start */
#define CARRIER_TRIES 8			/* after that an interface without a carrier is taken: some never show one */
#define SLAVE_END_MS 10000		/* milliseconds in which the slave can end its jobs and tell its children */
#define KILLED_END_MS 3000
#define FROM_INIT "GPROC_INIT" /* in the slave's environment: PID 1 is this program */

/* Something that is tried again: when next (0: not planned), and the pause after that; milliseconds. */
struct retry {
	uint64_t at, pause;
};

struct init {
	int (*run_slave)(int argc, char **argv);
	struct strings words, slave_argv; /* of the kernel command line */
	struct ipconfig wanted;		  /* ip= */
	uint8_t mac[6];			  /* BOOTIF= */
	bool has_mac, named, dhcp_begun;
	struct retry network, slave;
	unsigned network_tries;
	pid_t slave_pid, dhcp_pid; /* 0: not running */
	uint64_t slave_since;
	char device[MAX_DEVICE + 1];
	int signals, lease; /* descriptors; lease is -1 without udhcpc */
	char lease_text[MAX_LEASE + 1];
	size_t lease_len;
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
	close_fd(&init->lease);
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
		warn("the slave was killed by signal %d (%s); starting it again in %u s", WTERMSIG(status), strsignal(WTERMSIG(status)),
			(unsigned)pause);
	else
		warn("the slave ended with status %d; starting it again in %u s", WEXITSTATUS(status), (unsigned)pause);
}

/* ---- network ---- */

static void
network_failed(struct init *init, const char *why)
{
	if (init->network.pause >= QUIET_PAUSE)
		warn("network: %s; trying again in %u s", why, (unsigned)(init->network.pause / 1000));
	plan_again(&init->network);
}

/* A host name on the command line comes before the lease's, and that before the image's files. */
static void
take_hostname(struct init *init, const char *leased, uint32_t address)
{
	const char *first = cmdline_value(&init->words, "gproc.hostname"), *second = cmdline_value(&init->words, "hostname");
	const char *given = first ? first : second ? second : init->wanted.hostname;
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

/* The network is up: what depends on name and address can start. */
static void
network_ready(struct init *init, const struct ipconfig *config)
{
	init->network.at = 0;
	boot_resolver(config);
	take_hostname(init, config->hostname, config->address);
	if (!init->slave_pid && !init->slave.at)
		init->slave.at = now_ms();
}

static void
tell_dropped(const char *where, struct strings *dropped)
{
	size_t i;

	for (i = 0; i < dropped->count; i++)
		warn("%s: %s", where, dropped->at[i]);
	strings_free(dropped);
}

static void
apply(struct init *init, const struct ipconfig *config)
{
	char address[IPV4_TEXT], netmask[IPV4_TEXT];

	if (netdev_configure(init->device, config) < 0) {
		network_failed(init, netdev_error());
		return;
	}
	warn("%s has address %s, netmask %s", init->device, ipv4_text(config->address, address), ipv4_text(config->netmask, netmask));
	network_ready(init, config);
}

/* The script that udhcpc runs for each event. PID 1 reads its words from a pipe, and trusts none of them. */
static int
write_lease_script(void)
{
	static const char script[] = "#!/bin/busybox sh\n"
				     "printf 'event=%s\\nip=%s\\nsubnet=%s\\nrouter=%s\\ndns=%s\\ndomain=%s\\nhostname=%s\\n\\n' "
				     "\"$1\" \"$ip\" \"$subnet\" \"$router\" \"$dns\" \"$domain\" \"$hostname\" >&9\n";
	int fd, failed;

	(void)mkdir("/etc", 0755);
	(void)mkdir("/etc/gproc", 0755);
	fd = open(LEASE_SCRIPT, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
	if (fd < 0)
		return -1;
	failed = write_full(fd, script, sizeof(script) - 1);
	return close(fd) | failed;
}

static void __attribute__((noreturn)) be_dhcp(const struct init *init, int report)
{
	const char *name = init->wanted.hostname;
	char *hostname = xasprintf("hostname:%s", name);
	const char *argv[] = {"/bin/busybox", "udhcpc", "-f", "-i", init->device, "-s", LEASE_SCRIPT, "-t", "5", "-T", "2", "-A", "5",
		*name ? "-x" : NULL, hostname, NULL};

	(void)dup2(report, LEASE_FD);
	(void)execv(argv[0], (char *const *)argv);
	warn("ip=dhcp needs %s in the image: %s", argv[0], strerror(errno));
	_exit(127);
}

static void
start_dhcp(struct init *init)
{
	int ends[2];
	pid_t pid;

	init->network.at = 0;
	init->dhcp_begun = true;
	if (write_lease_script() < 0 || pipe2(ends, O_CLOEXEC) < 0) {
		network_failed(init, strerror(errno));
		return;
	}
	pid = start_child();
	if (pid == 0)
		be_dhcp(init, ends[1]);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		network_failed(init, "no DHCP client");
		return;
	}
	init->dhcp_pid = pid;
	init->lease = ends[0];
	init->lease_len = 0;
}

static void
dhcp_ended(struct init *init)
{
	init->dhcp_pid = 0;
	network_failed(init, "the DHCP client has ended");
}

/* One event, without the empty line behind it. */
static void
lease_event(struct init *init, const char *text)
{
	struct strings dropped = {0};
	struct ipconfig config;

	if (has_prefix(text, "event=leasefail\n"))
		warn("network: no DHCP server answers on %s", init->device);
	if (!has_prefix(text, "event=bound\n") && !has_prefix(text, "event=renew\n"))
		return;
	if (ipconfig_lease(text, &config, &dropped) < 0)
		warn("network: %s", ipconfig_error());
	else
		apply(init, &config);
	tell_dropped(init->device, &dropped);
}

static void
read_lease(struct init *init)
{
	char *text = init->lease_text, *end;
	ssize_t n = read(init->lease, text + init->lease_len, MAX_LEASE - init->lease_len);

	if (n <= 0) { /* also when an event is longer than there is room for */
		close_fd(&init->lease);
		return;
	}
	init->lease_len += (size_t)n;
	text[init->lease_len] = '\0';
	while ((end = strstr(text, "\n\n"))) {
		end[1] = '\0';
		lease_event(init, text);
		init->lease_len -= (size_t)(end + 2 - text);
		memmove(text, end + 2, init->lease_len + 1);
	}
}

static void
try_network(struct init *init)
{
	bool any = init->network_tries++ >= CARRIER_TRIES;
	struct ipconfig config = {.how = IP_STATIC};

	if (netdev_choose(init->wanted.device, init->has_mac ? init->mac : NULL, any, init->device) < 0) {
		network_failed(init, netdev_error());
		return;
	}
	/* An address that the interface has already was set by a kernel with CONFIG_IP_PNP, or by an earlier program. */
	config.address = init->dhcp_begun ? 0 : netdev_address(init->device);
	if (config.address)
		network_ready(init, &config);
	else if (init->wanted.how == IP_STATIC)
		apply(init, &init->wanted);
	else
		start_dhcp(init);
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
		else if (pid == init->dhcp_pid)
			dhcp_ended(init);
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
	init->slave_pid = init->dhcp_pid = 0;
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

/* Milliseconds to the earlier of the two; -1 when neither is planned. */
static int
until_next(const struct init *init)
{
	uint64_t a = init->network.at, b = init->slave.at, now = now_ms();
	uint64_t next = !a ? b : !b ? a : a < b ? a : b;

	if (!next)
		return -1;
	return next <= now ? 0 : (int)(next - now);
}

static void __attribute__((noreturn)) supervise(struct init *init)
{
	for (;;) {
		struct pollfd wait[] = {{.fd = init->signals, .events = POLLIN}, {.fd = init->lease, .events = POLLIN}};

		if (is_due(&init->network))
			try_network(init);
		if (is_due(&init->slave))
			start_slave(init);
		wait[1].fd = init->lease;
		if (poll(wait, COUNT(wait), until_next(init)) <= 0)
			continue;
		if (wait[1].revents)
			read_lease(init);
		if (wait[0].revents)
			take_signals(init);
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
	const char *value;

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
	value = cmdline_value(&init->words, "ip");
	if (value && ipconfig_parse(value, &init->wanted, &refused) < 0)
		warn("ip=: %s", ipconfig_error());
	tell_dropped("ip=", &refused);
	value = cmdline_value(&init->words, "BOOTIF");
	init->has_mac = value && bootif_parse(value, init->mac) == 0;
}

static void
begin(struct init *init)
{
	struct utsname system;

	set_message_prefix("gproc init");
	boot_mounts();
	boot_console();
	clean_environment();
	if (uname(&system) == 0)
		warn("Linux %s on %s", system.release, system.machine);
	/* EINVAL in a pid namespace, whose PID 1 gets no Ctrl-Alt-Del; and the machine's settings are not its own. */
	if (reboot(RB_DISABLE_CAD) == 0)
		boot_protect();
	read_command_line(init);
	boot_modules(MODULE_LIST);
	if (netdev_up("lo") < 0)
		warn("%s", netdev_error());
}

int
init_main(int (*run_slave)(int argc, char **argv))
{
	struct init init = {.run_slave = run_slave, .network.pause = 100, .slave.pause = QUIET_PAUSE, .lease = -1};

	if (getpid() != 1) {
		warn("init is for PID 1 only: the kernel's, or that of a namespace (unshare -pfm gproc init)");
		return 2;
	}
	init.signals = open_signals();
	begin(&init);
	if (init.wanted.how == IP_OFF)
		network_ready(&init, &init.wanted);
	else
		init.network.at = now_ms();
	supervise(&init);
}
