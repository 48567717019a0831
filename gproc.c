/* The program's face: the command table, and which command is run.
 * Must never know how any of them works. */
#include "base/walk.h"
#include "client/exec.h"
#include "client/nodes.h"
#include "client/doctor.h"
#include "client/files.h"
#include "client/renewal.h"
#include "init/init.h"
#include "link/key.h"
#include "node/node.h"
#include "opts.h"
#include "stackvm.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_SWITCHES 65536 /* bytes of /etc/gproc/switches */
#ifndef HOST_NAME_MAX
#define HOST_NAME_MAX 64
#endif

static int
print(const char *text)
{
	if (write_full(STDOUT_FILENO, text, strlen(text)))
		die(255, "standard output: %s", strerror(errno));
	return 0;
}

/* The parser puts them in another order. */
static char **
copy_words(int argc, char **argv)
{
	return xmemdup(argv, ((size_t)argc + 1) * sizeof(*argv));
}

static int
run_slave(int argc, char **argv)
{
	struct command_line line;
	char **words = copy_words(argc, argv);

	if (opts_parse(argc, argv, &line)) {
		warn("%s", opts_error());
		return 2;
	}
	if (line.mode != MODE_SLAVE) {
		warn("init can only be a slave, not %s", opts_mode_name(line.mode));
		return 2;
	}
	debug_level = (int)line.options.debug;
	line.options.words = words;
	return node_run(&line.options, false);
}

static int
master(const struct command_line *line)
{
	return node_run(&line->options, true);
}

static int
slave(const struct command_line *line)
{
	return node_run(&line->options, false);
}

static int
exec_command(const struct command_line *line)
{
	return client_exec(&line->options, line->argv[0], line->argv + 1);
}

static int
info(const struct command_line *line)
{
	return client_info(&line->options, line->argv[0]);
}

static int
nodes(const struct command_line *line)
{
	return client_nodes(&line->options, line->argv[0]);
}

static int
ldd(const struct command_line *line)
{
	return client_ldd(&line->options, line->argv);
}

static int
ps(const struct command_line *line)
{
	return client_ps(&line->options, line->argv[0]);
}

static int
attach(const struct command_line *line)
{
	return client_attach(&line->options, line->argv[0]);
}

/* "-9" and "-TERM" are what kill(1) has taught everyone. */
static int
kill_job(const struct command_line *line)
{
	bool signal_first = line->argv[0][0] == '-' && line->argv[1];
	const char *signal = line->argv[!signal_first], *job = line->argv[signal_first];

	return client_kill(&line->options, job, signal && *signal == '-' ? signal + 1 : signal);
}

static int
power(const struct command_line *line)
{
	return client_power(&line->options, line->argv[0], line->mode == MODE_REBOOT);
}

static int
init(const struct command_line *line)
{
	(void)line;
	return init_main(run_slave);
}

static int
eval(const struct command_line *line)
{
	const struct strings typed = {.at = line->argv, .count = (size_t)line->argc};
	char own[HOST_NAME_MAX + 1] = "", *words = strings_join(&typed, " "), *result, *shown;
	const char *hostname = line->options.hostname;

	if (!*hostname) {
		if (gethostname(own, sizeof(own) - 1))
			die(255, "the host name: %s", strerror(errno));
		hostname = own;
	}
	result = stackvm_eval(words, hostname);
	free(words);
	if (!result)
		die(2, "%s", stackvm_error());
	shown = xasprintf("%s\n", result);
	free(result);
	print(shown);
	free(shown);
	return 0;
}

static int
make_key(const char *path)
{
	struct keyring keys = {0};
	char id[KEY_ID_TEXT];

	if (key_make(path, &keys))
		die(255, "%s", key_error());
	key_id(keys.key[0], id);
	keyring_wipe(&keys);
	warn("made the key %s in %s: every node of the cluster needs a copy of that file", id, path);
	return 0;
}

static int
write_archive(const char *path, const struct buf *archive)
{
	int fd = *path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : STDOUT_FILENO;

	/* O_CREAT leaves the mode of a file that exists, and others must not read the key. */
	if (fd < 0 || (*path && fchmod(fd, 0600)) || write_full(fd, archive->data, archive->len) || (*path && close(fd)))
		die(255, "%s: %s", *path ? path : "standard output", strerror(errno));
	return 0;
}

static int
pack_key(const char *path, const char *out)
{
	struct keyring keys = {0};
	struct buf archive = {0};

	if (!*out && isatty(STDOUT_FILENO))
		die(2, "the archive is not for a terminal: give -out=FILE or send standard output elsewhere");
	if (key_load(path, &keys)) {
		if (errno != ENOENT)
			die(255, "%s", key_error());
		make_key(path);
		if (key_load(path, &keys))
			die(255, "%s", key_error());
	}
	key_cpio(&keys, &archive);
	keyring_wipe(&keys);
	write_archive(out, &archive);
	explicit_bzero(archive.data, archive.len);
	buf_free(&archive);
	return 0;
}

static int
keygen(const struct command_line *line)
{
	const struct options *o = &line->options;
	char *path = opts_key_path(!o->cpio && *o->out ? o->out : o->key);
	int status;

	if (!path)
		die(2, "there is no HOME to keep a key in: say -key=FILE");
	if (strcmp(path, "none") == 0)
		die(2, "-key=none is a link without a key: there is nothing to make");
	status = o->cpio ? pack_key(path, o->out) : make_key(path);
	free(path);
	return status;
}

static int
doctor(const struct command_line *line)
{
	return client_doctor(&line->options);
}

static int
forget(const struct command_line *line)
{
	return client_forget(&line->options, line->argv[0]);
}

static int
renew(const struct command_line *line)
{
	return client_renew(&line->options, line->argv[0]);
}

static int
files(const struct command_line *line)
{
	return (line->mode == MODE_CP ? client_cp : client_get)(&line->options, line->argv[0], line->argv + 1);
}

static int
version(const struct command_line *line)
{
	(void)line;
	return print("gproc " GPROC_VERSION "\n");
}

static int
help(const struct command_line *line)
{
	char *text = opts_usage(line->help_of);

	print(text);
	free(text);
	return 0;
}

static const struct command {
	enum mode mode;
	int (*run)(const struct command_line *);
} commands[] = {
	{MODE_MASTER, master},
	{MODE_SLAVE, slave},
	{MODE_EXEC, exec_command},
	{MODE_INFO, info},
	{MODE_NODES, nodes},
	{MODE_LDD, ldd},
	{MODE_EVAL, eval},
	{MODE_KEYGEN, keygen},
	{MODE_CP, files},
	{MODE_GET, files},
	{MODE_ATTACH, attach},
	{MODE_PS, ps},
	{MODE_KILL, kill_job},
	{MODE_DOCTOR, doctor},
	{MODE_FORGET, forget},
	{MODE_RENEW, renew},
	{MODE_HALT, power},
	{MODE_REBOOT, power},
	{MODE_INIT, init},
	{MODE_VERSION, version},
	{MODE_HELP, help},
};

static bool
is_called_init(const char *argv0)
{
	return strcmp(last_part(argv0), "init") == 0;
}

static int
usage(void)
{
	char *text = opts_usage(MODE_NONE);

	(void)write_full(STDERR_FILENO, text, strlen(text));
	free(text);
	return 2;
}

/* Where a standard descriptor is closed, the next file that is opened would take its number, and messages would be written into it: a link
 * to the master. So each gets a descriptor that, like a closed one, can be neither read nor written. */
static void
hold_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/", O_PATH);
	while (fd >= 0 && fd <= STDERR_FILENO);
	close_fd(&fd);
}

#define SWITCHES "/etc/gproc/switches"

/* What is wrong with the site's file, or NULL. It is root's, and nobody else may write it: its switches hold for root's commands too.
 * Caller frees. */
static char *
read_switches(void)
{
	int fd = open(SWITCHES, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char *text, *why = NULL;
	ssize_t len = -1;
	struct stat st;

	if (fd < 0 && errno == EACCES) /* perhaps there is none, but what a site has set should not be missing in silence */
		warn("can't read " SWITCHES ": %s; what it may set does not hold", strerror(errno));
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES))
		return NULL;
	text = xcalloc(1, MAX_SWITCHES + 1);
	if (fd < 0 || fstat(fd, &st) || (len = read_full(fd, text, MAX_SWITCHES)) < 0)
		why = xasprintf("can't read " SWITCHES ": %s", strerror(errno));
	else if (!S_ISREG(st.st_mode) || st.st_uid != 0 || (st.st_mode & 022))
		why = xstrdup(SWITCHES " must be root's, and nobody else may write it: chown 0 " SWITCHES "; chmod go-w " SWITCHES);
	else if (len == MAX_SWITCHES)
		why = xstrdup(SWITCHES " is too long");
	else if (opts_preset(text))
		why = xasprintf(SWITCHES ", %s", opts_error());
	free(text);
	close_fd(&fd);
	return why;
}

int
main(int argc, char **argv)
{
	struct command_line line;
	char *why = read_switches(), **words;
	int done = argc > 0 && getpid() != 1 ? init_by_name(last_part(argv[0])) : -1;
	bool trial = argc > 1 && strcmp(argv[1], "trial") == 0; /* successor.h has what for */
	size_t i;

	if (done >= 0)
		return done;
	if ((argc > 0 && is_called_init(argv[0])) || (getpid() == 1 && !opts_give_mode(argc, argv))) {
		if (why)
			warn("%s", why);
		return init_main(run_slave);
	}
	hold_standard_descriptors();
	if (why)
		die(2, "%s", why);
	if (argc < 2)
		return usage();
	words = copy_words(argc, argv);
	if (opts_parse(argc - trial, argv + trial, &line))
		die(2, "%s", opts_error());
	if (trial && line.mode != MODE_SLAVE)
		die(2, "only a slave can be tried");
	line.options.words = words;
	line.options.trial = trial;
	debug_level = (int)line.options.debug;
	for (i = 0; commands[i].mode != line.mode; i++)
		;
	return commands[i].run(&line);
}
