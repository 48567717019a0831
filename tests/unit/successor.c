/* successor: a file is tried, is put in place whole or not at all, and where it can't be run the old one is run again. */
#include "unit/tap.h"
#include "base/sys.h"
#include "run/successor.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/gproc-successor.XXXXXX";
static char *words[] = {"gproc", "-myParent=x", "s", NULL};

static int
file_of(const char *text)
{
	return memory_file(text, strlen(text));
}

/* Waits for it; what it has said, and its status. */
static char *
ended(struct attempt *a, int *status)
{
	(void)waitpid(a->pid, status, 0);
	return attempt_end(a);
}

static void
trials(void)
{
	struct attempt a;
	int fd = file_of("#!/bin/sh\necho one; echo \"gproc: $2 $3 $4\"; exit 3\n"), status;
	char *said;

	/* A script is read by its name, which a file that is closed when it is run has not. */
	ok(trial_start(&a, fd, words) == 0, "a trial begins");
	said = ended(&a, &status);
	ok(WEXITSTATUS(status) != 0 && *said, "what can't be run says so: %s", said);
	free(said);
	close(fd);
	fd = open("/bin/true", O_RDONLY | O_CLOEXEC);
	ok(trial_start(&a, fd, words) == 0, "another");
	said = ended(&a, &status);
	ok(status == 0 && !*said, "what runs and says nothing");
	free(said);
	close(fd);
}

static int
placed(int fd, const char *path, char **said)
{
	struct attempt a;
	int status;

	if (placing_start(&a, fd, path) != 0)
		return -1;
	*said = ended(&a, &status);
	return status;
}

static void
places(void)
{
	char *path = xasprintf("%s/newer", dir), *none = xasprintf("%s/no/newer", dir), *said, *text;
	int fd = file_of("newer"), status;
	struct stat st;
	size_t len;

	ok(placed(fd, path, &said) == 0 && !*said, "it is put where it is wanted");
	text = read_file(path, 100, &len);
	ok(text && len == 5 && memcmp(text, "newer", 5) == 0, "whole");
	ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0755, "and can be run");
	free(text);
	free(said);
	status = placed(fd, none, &said);
	ok(status != 0 && strstr(said, "No such file"), "where there is no directory it says so: %s", said);
	free(said);
	/* This test's own file is no other's place. */
	ok(placed(fd, NULL, &said) == 0, "its own file is replaced");
	text = read_file(successor_path(), 100, &len);
	ok(text && len == 5, "by it");
	free(text);
	free(said);
	(void)unlink(path);
	free(path);
	free(none);
	close(fd);
}

/* What can't be run from its place, nor from memory: this test is run once more, and ends with 42. */
static void
runs_old(const char *path)
{
	int fd = file_of("nothing"), status;
	pid_t pid = fork();

	if (pid == 0) {
		(void)setenv("AGAIN", "42", 1);
		successor_run(fd, path, words);
		_exit(1);
	}
	(void)waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 42, "where the newer one can't be run the old one goes on%s",
		path ? ", placed or not" : "");
	close(fd);
}

/* What stands in its place when it is to be run is looked at once more: another's file is not run, whatever it holds. */
static void
runs_no_other(void)
{
	static const struct {
		const char *what, *program;
		uid_t uid;
		mode_t mode;
		int status;
	} cases[] = {{"what was put there is run", "true", 0, 0755, 0}, {"another file is not", "false", 0, 0755, 42},
		{"one of another user's is not", "true", 1234, 0755, 42}, {"one that others can write is not", "true", 0, 0757, 42}};
	char *path = xasprintf("%s/swapped", dir), *make;
	size_t i, len;
	char *bytes = read_file("/bin/true", 1 << 20, &len);
	int fd = memory_file(bytes, len), status;

	(void)fchmod(fd, 0400); /* from memory it is not to be run */
	for (i = 0; i < COUNT(cases) && geteuid() == 0; i++) {
		pid_t pid;

		make = xasprintf("cp /bin/%s %s; chown %u %s; chmod %o %s", cases[i].program, path, (unsigned)cases[i].uid, path,
			(unsigned)cases[i].mode, path);
		(void)!system(make);
		free(make);
		pid = fork();
		if (pid == 0) {
			(void)setenv("AGAIN", "42", 1);
			successor_run(fd, path, words);
			_exit(1);
		}
		(void)waitpid(pid, &status, 0);
		ok(WIFEXITED(status) && WEXITSTATUS(status) == cases[i].status, "%s", cases[i].what);
	}
	close(fd);
	free(bytes);
	free(path);
}

int
main(int argc, char **argv)
{
	char *copy;
	int status;

	if (getenv("AGAIN"))
		return atoi(getenv("AGAIN"));
	if (argc == 1) { /* a copy, for its own file is replaced */
		if (!mkdtemp(dir))
			return 1;
		copy = xasprintf("cp %s %s/gproc && %s/gproc %s; status=$?; rm -r %s; exit $status", argv[0], dir, dir, dir, dir);
		status = system(copy);
		free(copy);
		return WEXITSTATUS(status);
	}
	(void)snprintf(dir, sizeof(dir), "%s", argv[1]);
	successor_begin();
	ok(strncmp(successor_path(), dir, strlen(dir)) == 0, "it knows its own file");
	trials();
	runs_old(NULL);
	runs_old("/nowhere");
	places();
	runs_no_other();
	return done();
}
