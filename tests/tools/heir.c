/* What a process inherits. Usage: heir odd COMMAND...: takes on odd values of all that survives fork and exec, and becomes the command.
 * heir show: prints what it has, a name and a value a line. What the kernel here doesn't let be set is said on stderr. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

enum { JOIN = 1, DESCRIBE = 6, SEARCH = 10, SET_REQUEST_KEYRING = 14, SESSION = -3, IO_REALTIME = 1 << 13 | 4, CPUS = 1024 };

static void
tried(const char *what, long result)
{
	if (result < 0)
		fprintf(stderr, "heir: no %s: %s\n", what, strerror(errno));
}

static long
inherit_all(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data) < 0)
		return -1;
	data[0].inheritable = data[0].permitted;
	data[1].inheritable = data[1].permitted;
	return syscall(SYS_capset, &head, data);
}

static long
write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	long n = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (fd >= 0)
		close(fd);
	return n;
}

static void
be_odd(void)
{
	struct itimerval late = {.it_value = {.tv_sec = 1000000}};
	struct sched_param first = {.sched_priority = 1};
	struct rlimit limit = {.rlim_cur = 1ul << 32, .rlim_max = 1ul << 33};
	struct sock_filter allow = {.code = BPF_RET, .k = SECCOMP_RET_ALLOW};
	struct sock_fprog filter = {.len = 1, .filter = &allow};
	unsigned long memory = 1, mask[CPUS / 64] = {1};
	sigset_t set;

	tried("session keyring", syscall(SYS_keyctl, JOIN, "heir"));
	tried("key", syscall(SYS_add_key, "user", "heirloom", "secret", 6, SESSION));
	tried("destination of keys", syscall(SYS_keyctl, SET_REQUEST_KEYRING, 3));
	tried("login", write_text("/proc/self/loginuid", "4242"));
	tried("dump filter", write_text("/proc/self/coredump_filter", "0x7"));
	tried("memory's score", write_text("/proc/self/oom_score_adj", "0"));
	tried("nice", setpriority(PRIO_PROCESS, 0, -5));
	tried("I/O priority", syscall(SYS_ioprio_set, 1, 0, IO_REALTIME));
	tried("affinity", syscall(SYS_sched_setaffinity, 0, sizeof(mask), mask));
	tried("memory policy", syscall(SYS_set_mempolicy, 1, &memory, 2));
	tried("policy", syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &first));
	tried("timer slack", prctl(PR_SET_TIMERSLACK, 7000000));
	tried("huge pages", prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
	tried("memory failure", prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0));
	tried("I/O flusher", prctl(57, 1, 0, 0, 0));
	tried("merging", prctl(67, 1, 0, 0, 0));
	tried("death signal", prctl(PR_SET_PDEATHSIG, SIGUSR1));
	tried("personality", personality(ADDR_NO_RANDOMIZE | MMAP_PAGE_ZERO));
	tried("timer", setitimer(ITIMER_PROF, &late, NULL));
	tried("limit", setrlimit(RLIMIT_FSIZE, &limit));
	tried("lock", flock(dup2(open("/tmp/heir.lock", O_RDWR | O_CREAT, 0666), 77), LOCK_EX));
	(void)umask(0);
	(void)signal(SIGUSR1, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGALRM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)raise(SIGALRM);
	(void)setenv("HEIRLOOM", "1", 1);
	tried("inheritable capabilities", inherit_all());
	tried("ambient capability", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0));
	tried("bounding set", prctl(PR_CAPBSET_DROP, CAP_SYS_MODULE, 0, 0, 0));
	tried("secure bits", prctl(PR_SET_SECUREBITS, 4)); /* no fixup at setuid */
	tried("no new privileges", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	tried("filter", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter));
}

static void
show_lines(const char *path, const char *names)
{
	char line[512];
	FILE *f = fopen(path, "r");

	while (f && fgets(line, sizeof(line), f)) {
		char *colon = strchr(line, ':');

		if (!colon)
			continue;
		*colon = '\0';
		if (strstr(names, line))
			printf("%s %s", line, colon + 1 + strspn(colon + 1, " \t"));
	}
	if (f)
		fclose(f);
}

static void
show_file(const char *name, const char *path)
{
	char text[64] = "none";
	FILE *f = fopen(path, "r");

	if (f && fgets(text, sizeof(text), f))
		text[strcspn(text, "\n")] = '\0';
	if (f)
		fclose(f);
	printf("%s %s\n", name, text);
}

static void
show_descriptors(void)
{
	int fd;

	printf("descriptors");
	for (fd = 0; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			printf(" %d", fd);
	puts("");
}

static void
show(void)
{
	struct itimerval timer;
	struct rlimit limit;
	unsigned long mask[CPUS / 64] = {0};
	int fd = open("/tmp/heir.lock", O_RDONLY), policy = -1, memory = -1, signal_at_death = -1;
	mode_t old = umask(0);

	show_lines(
		"/proc/self/status", "Groups SigBlk SigIgn ShdPnd SigPnd CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp TracerPid");
	printf("key %s\n", syscall(SYS_keyctl, SEARCH, SESSION, "user", "heirloom", 0) >= 0 ? "found" : "none");
	printf("destination %ld\n", syscall(SYS_keyctl, SET_REQUEST_KEYRING, -1));
	show_file("login", "/proc/self/loginuid");
	show_file("dump-filter", "/proc/self/coredump_filter");
	show_file("score", "/proc/self/oom_score_adj");
	printf("nice %d\n", getpriority(PRIO_PROCESS, 0));
	printf("io %ld\n", syscall(SYS_ioprio_get, 1, 0) >> 13);
	(void)syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask);
	printf("affinity %lx\n", mask[0]);
	(void)syscall(SYS_get_mempolicy, &memory, NULL, 0, NULL, 0);
	printf("memory-policy %d\n", memory);
	policy = (int)syscall(SYS_sched_getscheduler, 0);
	printf("policy %d\n", policy);
	printf("slack %d\n", prctl(PR_GET_TIMERSLACK));
	printf("huge-pages %d\n", prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
	printf("memory-failure %d\n", prctl(PR_MCE_KILL_GET, 0, 0, 0, 0));
	printf("merging %d\n", prctl(68, 0, 0, 0, 0) == 1);
	(void)prctl(PR_GET_PDEATHSIG, &signal_at_death);
	printf("death-signal %d\n", signal_at_death);
	printf("personality %x\n", (unsigned)personality(0xffffffff));
	(void)getitimer(ITIMER_PROF, &timer);
	printf("timer %ld\n", (long)timer.it_value.tv_sec);
	(void)getrlimit(RLIMIT_FSIZE, &limit);
	printf("file-size %ld %ld\n", (long)limit.rlim_cur, (long)limit.rlim_max);
	printf("lock %s\n", fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) == 0 ? "free" : "held");
	if (fd >= 0)
		close(fd);
	printf("umask %03o\n", (unsigned)old);
	printf("securebits %x\n", (unsigned)prctl(PR_GET_SECUREBITS));
	printf("keeps-capabilities %d\n", prctl(PR_GET_KEEPCAPS));
	printf("dumpable %d\n", prctl(PR_GET_DUMPABLE));
	printf("session %s\n", getsid(0) == getpid() && getpgid(0) == getpid() ? "own" : "another's");
	printf("terminal %s\n", open("/dev/tty", O_RDWR) < 0 ? "none" : "some");
	printf("environment %s\n", getenv("HEIRLOOM") ? "the daemon's" : "clean");
	show_descriptors();
}

int
main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "odd") == 0) {
		be_odd();
		(void)execvp(argv[2], argv + 2);
		return 127;
	}
	show();
	return 0;
}
