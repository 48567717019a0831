/* init: PID 1 of a namespace brings up network and names, starts its slave again, reaps, and ends when the slave asks.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/machine.h"
#include "unit/tap.h"
#include "init/init.h"

/* Processes are forked on purpose and end by signals: what they still hold is no leak. */
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "detect_leaks=0";
}

static const char *cmdline, *setup;
static int report, runs_file;
static void (*behaviour)(int run);

static void
say(const char *text)
{
	char *line = xasprintf("%s\n", text);

	(void)write_full(report, line, strlen(line));
	free(line);
}

static void
say_output(const char *command)
{
	char line[512];
	FILE *from = popen(command, "r");

	while (from && fgets(line, sizeof(line), from))
		(void)write_full(report, line, strlen(line));
	if (from)
		pclose(from);
}

static void
say_term(int signal_number)
{
	(void)signal_number;
	say("the slave is told to end");
	_exit(0);
}

/* What the slave under test does: counts its starts, tells its arguments at the first, then behaves. */
static int
slave(int argc, char **argv)
{
	int run, i;

	(void)write_full(runs_file, ".", 1);
	run = (int)lseek(runs_file, 0, SEEK_END);
	signal(SIGTERM, say_term);
	for (i = 0; run == 1 && i < argc; i++)
		say(argv[i]);
	behaviour(run);
	return 3;
}

static void
write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write_full(fd, text, strlen(text)) || close(fd))
		die(99, "can't write %s", path);
}

static void
be_pid_one(void)
{
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) || mount("proc", "/proc", "proc", 0, NULL) ||
		mount("tmpfs", "/etc", "tmpfs", 0, NULL) || mount("tmpfs", "/mnt", "tmpfs", 0, NULL))
		die(99, "no mounts");
	write_text("/mnt/cmdline", cmdline);
	if (mount("/mnt/cmdline", "/proc/cmdline", NULL, MS_BIND, NULL))
		die(99, "can't bind the command line");
	write_text("/etc/hosts", "10.9.8.7 node42\n");
	if (system(setup) != 0)
		die(99, "setup failed: %s", setup);
	(void)setenv("hostname", "from-the-kernel", 1);
	exit(init_main(slave));
}

/* Runs a machine to its end. Returns all that was reported; *status is how PID 1 ended. */
static char *
run_machine(const char *words, const char *commands, void (*how)(int run), int *status)
{
	int ends[2];
	pid_t pid;
	size_t room = 65536;
	char *text = xcalloc(1, room);

	cmdline = words;
	setup = commands;
	behaviour = how;
	runs_file = memfd_create("runs", MFD_CLOEXEC);
	if (pipe2(ends, O_CLOEXEC) || runs_file < 0)
		die(99, "no pipe");
	report = ends[1];
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		if (unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC))
			die(99, "no namespaces");
		pid = fork();
		if (pid == 0)
			be_pid_one();
		(void)waitpid(pid, status, 0);
		if (WIFSIGNALED(*status)) {
			signal(WTERMSIG(*status), SIG_DFL);
			(void)kill(getpid(), WTERMSIG(*status));
		}
		_exit(WEXITSTATUS(*status));
	}
	close(ends[1]);
	(void)read_full(ends[0], text, room - 1);
	close(ends[0]);
	close(runs_file);
	(void)waitpid(pid, status, 0);
	return text;
}

static void
has(const char *text, const char *part)
{
	char *name = printable(part);

	if (!ok(strstr(text, part) != NULL, "it reports %s", name))
		fprintf(stderr, "%s\n", text);
	free(name);
}

static void
show_then_reboot(int run)
{
	if (run > 1) {
		say_output("echo zombies: $(grep -l '^State:.Z' /proc/[0-9]*/status | wc -l)");
		(void)init_request(POWER_REBOOT);
		for (;;)
			pause();
	}
	say_output("ip -4 -o addr; ip route; hostname; echo resolver $(cat /etc/resolv.conf); env; grep -c ' /tmp "
		   "tmpfs' /proc/mounts");
	if (fork() == 0) { /* an orphan, gone before the second start */
		if (fork() == 0)
			_exit(0);
		_exit(0);
	}
}

static void
whole_life(void)
{
	int status;
	char *text = run_machine("ip=10.9.8.7::10.9.8.1:255.255.255.0::eth0:off:1.2.3.4 quiet gproc.myParent=10.9.8.1 "
				 "gproc.myId=\"hostname hostbase\" gproc.key=secret",
		"ip link add eth0 type veth peer name other && ip link set other up", show_then_reboot, &status);

	ok(has_prefix(text, "gproc\n-myParent=10.9.8.1\n-myId=hostname hostbase\ns\n"), "the slave's arguments are the command line's");
	has(text, "eth0    inet 10.9.8.7/24 brd 10.9.8.255");
	has(text, "inet 127.0.0.1/8");
	has(text, "default via 10.9.8.1 dev eth0");
	has(text, "\nnode42\n");
	has(text, "resolver nameserver 1.2.3.4");
	has(text, "GPROC_INIT=1");
	ok(!strstr(text, "from-the-kernel"), "the environment is its own");
	has(text, "zombies: 0");
	has(text, "the slave is told to end");
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP, "it reboots, in a namespace by SIGHUP");
	free(text);
}

static void
power_off(int run)
{
	(void)run;
	say_output("hostname");
	(void)init_request(POWER_OFF);
	for (;;)
		pause();
}

static void
device_comes_late(void)
{
	int status;
	char *text = run_machine("ip=10.9.8.7:::24 hostname=late7",
		"(sleep 0.5; ip link add eth0 type veth peer name other; ip link set other up) & :", power_off, &status);

	has(text, "\nlate7\n");
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT, "it powers off, in a namespace by SIGINT");
	free(text);
}

/* A child that ignores SIGTERM, in a session of its own, under a slave that does too. */
static void
stubborn(int run)
{
	(void)run;
	signal(SIGTERM, SIG_IGN);
	if (fork() == 0) {
		(void)setsid();
		for (;;)
			pause();
	}
	(void)init_request(POWER_HALT);
	for (;;)
		pause();
}

static void
nobody_stops_it(void)
{
	int status;
	char *text = run_machine("ip=off", "true", stubborn, &status);

	has(text, "gproc\ns\n");
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT, "it halts though nobody ends by himself");
	free(text);
}

static void
without_init(void)
{
	ok(init_main(slave) == 2, "init refuses to be another process than PID 1");
	ok(!init_is_parent() && init_request(POWER_HALT) == -1, "a slave without init can ask for nothing");
}

int
main(void)
{
	if (getuid() != 0) {
		printf("1..0 # SKIP namespaces want root\n");
		return 0;
	}
	(void)alarm((unsigned)(limit_ms(100) / 1000));
	without_init();
	whole_life();
	device_comes_late();
	nobody_stops_it();
	return done();
}
