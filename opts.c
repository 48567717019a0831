/* The option table and the mode table: what the command line may say, and the usage text made from them.
 * Must never know what a mode does. */
#include "opts.h"
#include "help.h"

#include "letters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>
#include <unistd.h>

static char error[512];

const char *
opts_error(void)
{
	return error;
}

/* ---- checks of a switch's text: what to give instead, or NULL when the text is right ---- */

static const char *const views[] = {"merged", "all", "none"};

int
opts_view(const char *text)
{
	int i;

	for (i = 0; i < (int)COUNT(views); i++)
		if (strcmp(text, views[i]) == 0)
			return i;
	return -1;
}

static const char *
check_view(const char *text)
{
	return opts_view(text) < 0 ? "merged, all or none" : NULL;
}

int
opts_escape(const char *text)
{
	if (strcmp(text, "none") == 0)
		return -1;
	if (text[0] == '^' && text[1] >= '@' && text[1] <= 'z' && !text[2])
		return text[1] & 31;
	return text[0] > ' ' && text[0] < 127 && !text[1] ? text[0] : -2;
}

static const char *
check_escape(const char *text)
{
	return opts_escape(text) == -2 ? "a character, ^ and a letter, or none" : NULL;
}

static const char *
check_directory(const char *text)
{
	return text[0] == '/' && text[strspn(text, "/")] ? NULL : "an absolute path other than /";
}

static const char *
check_cwd(const char *text)
{
	return !*text || *text == '/' || strcmp(text, ".") == 0 ? NULL : "an absolute path, or . for this directory's";
}

static const char *
check_socket(const char *text)
{
	const struct sockaddr_un *address = NULL;

	return *text && strlen(text) < sizeof(address->sun_path) ? NULL : "a path of 1 to 107 bytes";
}

static const char *
check_present(const char *text)
{
	return *text ? NULL : "a text that is not empty";
}

/* The master checks whether the users exist; a list with an empty part is surely a slip. */
static const char *
check_users(const char *text)
{
	static const char wanted[] = "user names or numbers parted by commas, or *";
	size_t len;

	if (!*text || strcmp(text, "*") == 0)
		return NULL;
	for (;; text += len + 1) {
		len = strcspn(text, ",");
		if (len == 0 || memchr(text, '*', len) || memchr(text, ' ', len))
			return wanted;
		if (!text[len])
			return NULL;
	}
}

static const char *
check_pattern(const char *text)
{
	return letters_unknown(text, LETTERS_ALL "s") ? letters_help(true) : NULL;
}

/* A number is a job's own. */
static const char *
check_name(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", rest[] = "0123456789-_.";
	size_t len = 0;

	while (text[len] && (strchr(letters, text[len]) || (len && strchr(rest, text[len]))))
		len++;
	return text[len] || len > 64 ? "a letter, and then letters, digits, - _ . (64 in all)" : NULL;
}

static const char *
check_count(const char *text)
{
	uint64_t count;

	return *text && parse_u64(text, UINT64_MAX, &count) ? "a number of lines" : NULL;
}

uint64_t
opts_tail(const char *text)
{
	uint64_t count = UINT64_MAX;

	(void)parse_u64(text, UINT64_MAX, &count);
	return count;
}

/* ---- the tables ---- */

#define IN(mode) (1u << MODE_##mode)
#define DAEMONS (IN(MASTER) | IN(SLAVE))
#define POWER (IN(HALT) | IN(REBOOT))
#define FILES (IN(CP) | IN(GET))
#define CLIENTS (IN(EXEC) | FILES | IN(INFO) | IN(NODES) | IN(ATTACH) | IN(PS) | IN(KILL) | IN(FORGET) | IN(RENEW) | IN(DOCTOR) | POWER)
#define SHOWERS (IN(EXEC) | IN(ATTACH))
#define PACKERS (IN(EXEC) | IN(LDD))
#define ANY (~0u)

#define MAX_SPAN (30ull * 24 * 3600 * 1000) /* milliseconds: 32 bits hold it, and sums of a few */
enum kind { BOOL, TEXT, NUMBER, SIZE, DURATION };

struct option {
	const char *name;
	enum kind kind;
	unsigned modes;
	size_t at;	      /* offset in struct options */
	const char *preset;   /* the default, as it would be given */
	const char *value;    /* what the usage calls the value where the default is empty */
	uint64_t least, most; /* NUMBER and DURATION (milliseconds); most 0: no limit */
	const char *(*check)(const char *);
	const char *help;
	bool adds; /* given again, it adds to the list, as parted by commas */
	bool site; /* a site may preset it: see opts_preset */
};
#define AT(field) offsetof(struct options, field)

static const struct option options[] = {
	{"localbin", BOOL, IN(EXEC), AT(localbin), "false", .help = "run the nodes' own program; ship nothing but -f"},
	{"p", BOOL, IN(SLAVE), AT(private), "true", .help = "mount binRoot privately; with false what is shipped stays there"},
	{"debug", NUMBER, DAEMONS | CLIENTS | IN(LDD), AT(debug), "0", NULL, 0, 10, .help = "how much to tell"},
	{"f", TEXT, PACKERS, AT(files), "", "FILE,...", .help = "files and directories to copy along with the program", .adds = true},
	{"binRoot", TEXT, DAEMONS | IN(EXEC), AT(binroot), "/tmp/xproc", .check = check_directory,
		.help = "where on the nodes the shipped files are placed", .site = true},
	{"defaultMasterUDS", TEXT, IN(MASTER) | CLIENTS, AT(uds), "/tmp/g", .check = check_socket, .help = "the master's socket",
		.site = true},
	{"cwd", TEXT, IN(EXEC), AT(cwd), "", "DIR", .check = check_cwd,
		.help = "start in the node's own DIR; . is the path of this one; else private", .site = true},
	{"cmdport", NUMBER, DAEMONS, AT(cmdport), "6666", NULL, 1, 65535, .help = "TCP port on which nodes listen and are dialled",
		.site = true},
	{"r", TEXT, PACKERS | IN(RENEW), AT(root), "/", .check = check_present,
		.help = "root to take programs and libraries from; %m is a node's machine"},
	{"L", TEXT, PACKERS, AT(lib_dirs), "", "DIR:...", .help = "more directories, inside -r, to seek libraries in"},
	{"myParent", TEXT, IN(SLAVE), AT(my_parent), "127.0.0.1", .check = check_present,
		.help = "stack words: the parent's name or address, perhaps with :port"},
	{"myId", TEXT, IN(SLAVE), AT(my_id), "", "WORDS", .help = "stack words: this node's number; else the parent gives one"},
	{"myAddress", TEXT, DAEMONS, AT(my_address), "", "WORDS", .help = "stack words: the address to listen on; else all"},
	{"key", TEXT, DAEMONS | IN(KEYGEN), AT(key), "", "FILE",
		.help = "the cluster key (/etc/gproc/key, or ~/.config/gproc/key); none: no key", .site = true},
	{"users", TEXT, IN(MASTER), AT(users), "", "a,b,...", .check = check_users,
		.help = "who may launch beside root and the master's own user; * is all"},
	{"allow", TEXT, IN(MASTER), AT(allow), "", "FILE", .help = "who may use which nodes"},
	{"store", SIZE, DAEMONS, AT(store), "0", .help = "memory for shipped files, as 512m or 2g; 0 is half of it all"},
	{"heartbeat", DURATION, DAEMONS, AT(heartbeat), "15s", NULL, 100, MAX_SPAN, .help = "how long a silent link is held to be alive"},
	{"grace", DURATION, DAEMONS, AT(grace), "30s", .most = MAX_SPAN, .help = "how long a node without a parent keeps its jobs"},
	{"x", TEXT, IN(EXEC) | FILES | IN(NODES) | IN(INFO) | IN(FORGET) | IN(RENEW) | POWER, AT(exclude), "", "NODES", .help = "nodes to leave out"},
	{"only", TEXT, IN(EXEC) | FILES | IN(NODES) | IN(INFO) | IN(KILL) | IN(FORGET) | IN(RENEW) | POWER, AT(only), "", "NODES",
		.help = "none but those among these"},
	{"l", BOOL, SHOWERS, AT(label), "false", .help = "put the node before each line"},
	{"b", BOOL, SHOWERS, AT(fold), "false", .help = "at the end, show equal output of equal status once, under its nodes"},
	{"o", TEXT, SHOWERS, AT(output), "", "PATTERN", .check = check_pattern,
		.help = "output to files: %n path, %r rank, %s out, err or rc; DIR/ is DIR/%n.%s"},
	{"json", BOOL, SHOWERS | IN(NODES) | IN(INFO) | IN(PS), AT(json), "false", .help = "what happens as JSON, an object a line"},
	{"names", BOOL, SHOWERS | IN(NODES) | IN(PS) | FILES, AT(names), "false", .help = "show nodes by the names of their hosts"},
	{"q", BOOL, SHOWERS | FILES, AT(quiet), "false", .help = "say nothing of how programs end: only what gproc itself fails at"},
	{"view", TEXT, IN(EXEC), AT(view), "merged", .check = check_view,
		.help = "what the program sees: merged, all (merge everything), none"},
	{"glob", BOOL, IN(EXEC) | IN(GET), AT(glob), "true",
		.help = "expand arguments under binRoot, or get's names, that hold * ? [ on the node"},
	{"detach", BOOL, IN(EXEC), AT(detach), "false", .help = "return when the programs have started"},
	{"n", BOOL, SHOWERS, AT(no_input), "false", .help = "the programs read nothing; else what gproc reads goes to all"},
	{"t", BOOL, IN(EXEC), AT(terminal), "false", .help = "a terminal for the program, on one node; ~? shows which keys are gproc's"},
	{"escape", TEXT, SHOWERS, AT(escape), "~", .check = check_escape, .help = "the character instead of that ~, as % or ^]; or none"},
	{"keep", SIZE, IN(EXEC), AT(keep), "1m", .help = "output that each node keeps for attach; 0 is none"},
	{"name", TEXT, IN(EXEC), AT(name), "", "NAME", .check = check_name, .help = "what the job is called, for attach, ps and kill"},
	{"tail", TEXT, IN(ATTACH), AT(tail), "", "N", .check = check_count,
		.help = "begin with each node's last N lines; 0: none; else with all that is kept"},
	{"a", BOOL, IN(PS), AT(all), "false", .help = "show jobs that have ended too"},
	{"strict", BOOL, IN(EXEC) | POWER, AT(strict), "false", .help = "start, or halt, nothing unless every chosen node is up"},
	{"timeout", DURATION, IN(EXEC) | FILES | IN(INFO) | IN(RENEW), AT(timeout), "0",
		.help = "end everything after so long (a bare number: seconds); 0 is never"},
	{"start", DURATION, IN(EXEC), AT(start), "0", .help = "give up on nodes that have not started by then; 0 is never"},
	{"kill-after", DURATION, IN(EXEC), AT(kill_after), "5s", .most = MAX_SPAN,
		.help = "KILL so long after the TERM of -timeout; 0: KILL at once"},
	{"drain", DURATION, IN(EXEC), AT(drain), "2s", .most = MAX_SPAN,
		.help = "wait so long after the program's end for what still writes its output"},
	{"fanout", NUMBER, IN(EXEC), AT(fanout), "0", NULL, 0, UINT32_MAX,
		.help = "at most so many nodes at a time, in order of their paths; 0 is all"},
	{"stop-after", NUMBER, IN(EXEC), AT(stop_after), "0", NULL, 0, UINT32_MAX,
		.help = "after so many failures start no more nodes (with -fanout); 0 is never"},
	{"subst", BOOL, IN(EXEC) | IN(CP), AT(subst), "false",
		.help = "fill in %n path, %i id, %h host, %r rank, %m machine, %j job in words"},
	{"kill-on-bad", BOOL, IN(EXEC), AT(kill_on_bad), "false", .help = "end the program everywhere when it fails on one node"},
	{"yes", BOOL, POWER, AT(yes), "false", .help = "don't ask before several nodes go"},
	{"now", BOOL, IN(RENEW), AT(now), "false", .help = "don't wait for jobs: they are ended"},
	{"wait", NUMBER, IN(INFO), AT(wait), "0", .help = "until so many nodes are up, or -timeout is over"},
	{"e", BOOL, IN(NODES), AT(each), "false", .help = "one node a line"},
	{"c", BOOL, IN(NODES), AT(count), "false", .help = "how many they are"},
	{"hostname", TEXT, IN(EVAL), AT(hostname), "", "NAME", .help = "what the word hostname yields; else this machine's"},
	{"cpio", BOOL, IN(KEYGEN), AT(cpio), "false", .help = "write the key as an archive to be a second initrd"},
	{"out", TEXT, IN(KEYGEN), AT(out), "", "FILE", .help = "where to write; else -key, or standard output for -cpio"},
	{"help", BOOL, ANY, AT(help), "false", .help = "show the mode's usage (also -h)"},
	{"version", BOOL, ANY, AT(version), "false", .help = "show the version"},
};

enum { MAX_MODE_NAMES = 3 }; /* slave, worker and s are as many as any mode has */

struct mode_row {
	enum mode mode;
	const char *names[MAX_MODE_NAMES]; /* the short one first */
	const char *operands;
	int least, most; /* operands; most -1: no limit */
	bool stops;	 /* switches end at the first operand: what follows belongs to it */
	const char *help;
};

static const struct mode_row modes[] = {
	{MODE_MASTER, {"m", "master"}, "", 0, 0, false, "be the master: the head of the tree, to which commands go"},
	{MODE_SLAVE, {"s", "slave", "worker"}, "", 0, 0, false, "be a node (also when no mode but -myParent is given)"},
	{MODE_EXEC, {"e", "exec"}, " <nodes> <command>", 2, -1, true, "run a command on nodes"},
	{MODE_INFO, {"i", "info"}, " [nodes]", 0, 1, false, "show the tree of nodes"},
	{MODE_NODES, {"nodes"}, " <nodes>", 1, 1, false, "show whom a node spec selects now"},
	{MODE_CP, {"cp"}, " <nodes> <from...> <to>", 3, -1, false, "copy files to nodes: to is a path there; with / behind, a directory"},
	{MODE_GET, {"get"}, " <nodes> <from...> <to>", 3, -1, false, "fetch files of nodes: each node's into to/NODE/, or where to has %n"},
	{MODE_ATTACH, {"attach"}, " <job>", 1, 1, false, "show what a job has printed, and follow it to its end"},
	{MODE_PS, {"ps"}, " [job]", 0, 1, false, "show the jobs of all nodes, or the processes of one"},
	{MODE_KILL, {"kill"}, " <job> [signal]", 1, 2, true, "send a signal to a job"},
	{MODE_LDD, {"ldd"}, " <program...>", 1, -1, false, "show what would be sent, and for whom"},
	{MODE_EVAL, {"eval"}, " <words>", 1, -1, true, "show what stack words yield"},
	{MODE_KEYGEN, {"keygen"}, "", 0, 0, false, "make a cluster key, or pack it for a node's ramdisk"},
	{MODE_HALT, {"halt"}, " <nodes>", 1, 1, false, "halt nodes whose PID 1 is gproc"},
	{MODE_REBOOT, {"reboot"}, " <nodes>", 1, 1, false, "reboot nodes whose PID 1 is gproc"},
	{MODE_DOCTOR, {"doctor"}, "", 0, 0, false, "say what is wrong with the cluster, and what to do"},
	{MODE_FORGET, {"forget"}, " <nodes>", 1, 1, false, "take nodes that are down for good out of the map"},
	{MODE_RENEW, {"renew"}, " <nodes>", 1, 1, false, "have nodes run this gproc in the place of theirs"},
	{MODE_INIT, {"init"}, "", 0, 0, false, "be PID 1 of a ramdisk; switches come from the kernel command line"},
	{MODE_VERSION, {"version"}, "", 0, 0, false, "show the version"},
	{MODE_HELP, {"help"}, " [mode]", 0, 1, false, "show this, or one mode's usage"},
};

/* Puts one text behind another; takes both over. */
static void
add(char **text, char *more)
{
	char *both = xasprintf("%s%s", *text, more);

	free(*text);
	free(more);
	*text = both;
}

/* ---- looking up, with a hint for a slip of the finger ---- */

enum { MAX_NAME = 32 }; /* no name of a switch or mode is longer */

static unsigned
least_of(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;

	return least < c ? least : c;
}

/* Letters to add, drop or change to make one word of the other, case aside (Levenshtein). */
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[MAX_NAME + 1], i, j, len = (unsigned)strlen(b);

	if (len > MAX_NAME || strlen(a) > MAX_NAME)
		return MAX_NAME;
	for (j = 0; j <= len; j++)
		row[j] = j;
	for (i = 1; a[i - 1]; i++) {
		unsigned corner = row[0];

		row[0] = i;
		for (j = 1; j <= len; j++) {
			unsigned same = strncasecmp(&a[i - 1], &b[j - 1], 1) == 0;
			unsigned next = least_of(row[j] + 1, row[j - 1] + 1, corner + !same);

			corner = row[j];
			row[j] = next;
		}
	}
	return row[len];
}

/* Keeps in *best the name that is nearest to text: at most half of the letters of either may differ. */
static void
nearer(const char *text, const char *name, const char **best, unsigned *best_distance)
{
	unsigned d = distance(text, name);

	if (d < *best_distance && d * 2 <= strlen(name) && d * 2 <= strlen(text)) {
		*best = name;
		*best_distance = d;
	}
}

static const struct option *
find_option(const char *name)
{
	size_t i;

	if (strcmp(name, "h") == 0)
		name = "help";
	for (i = 0; i < COUNT(options); i++)
		if (strcmp(name, options[i].name) == 0)
			return &options[i];
	return NULL;
}

/* Switches of other launchers that people bring along, and what stands in their place here. */
static const struct {
	const char *name, *hint;
} foreign[] = {
	{"w", "nodes stand behind the mode: gproc e NODES COMMAND"},
	{"u", "-timeout=TIME ends a command that takes too long"},
	{"S", "the highest status of all nodes is always returned"},
	{"a", "all nodes are written ... : gproc e ... COMMAND"},
	{"v", "-debug=1 says more"},
};

static const char *
foreign_hint(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT(foreign); i++)
		if (strcmp(foreign[i].name, name) == 0)
			return foreign[i].hint;
	return NULL;
}

/* Several switches of one letter behind one dash: " -l -b", or "". Caller frees. */
static char *
letters_apart(const char *name)
{
	char *text = xstrdup("");
	size_t i;

	for (i = 0; name[i]; i++) {
		char letter[] = {name[i], '\0'};
		const struct option *o = find_option(letter);

		if (!name[1] || !o || o->kind != BOOL || o->name[1]) {
			free(text);
			return xstrdup("");
		}
		add(&text, xasprintf(" -%c", name[i]));
	}
	return text;
}

static int
unknown_option(const char *name)
{
	const char *hint = foreign_hint(name);
	char *letters = letters_apart(name);
	unsigned best_distance = MAX_NAME;
	const char *best = NULL;
	size_t i;

	for (i = 0; i < COUNT(options); i++)
		nearer(name, options[i].name, &best, &best_distance);
	if (hint)
		set_error(error, sizeof(error), "there is no switch -%s: %s", name, hint);
	else if (*letters)
		set_error(error, sizeof(error), "there is no switch -%s: each has a dash of its own,%s", name, letters);
	else
		set_error(error, sizeof(error), "there is no switch -%s%s%s (gproc help MODE lists them)", name,
			best ? "; did you mean -" : "", best ? best : "");
	free(letters);
	return -1;
}

static const struct mode_row *
find_mode(const char *name)
{
	size_t i, j;

	for (i = 0; i < COUNT(modes); i++)
		for (j = 0; j < MAX_MODE_NAMES && modes[i].names[j]; j++)
			if (strcmp(name, modes[i].names[j]) == 0)
				return &modes[i];
	return NULL;
}

static int
unknown_mode(const char *name)
{
	unsigned best_distance = MAX_NAME;
	const char *best = NULL;
	size_t i, j;

	for (i = 0; i < COUNT(modes); i++)
		for (j = 0; j < MAX_MODE_NAMES && modes[i].names[j]; j++)
			nearer(name, modes[i].names[j], &best, &best_distance);
	set_error(error, sizeof(error), "there is no mode %s%s%s (gproc help lists them)", name, best ? "; did you mean " : "",
		best ? best : "");
	return -1;
}

static const struct mode_row *
mode_row(enum mode mode)
{
	size_t i;

	for (i = 0; modes[i].mode != mode; i++)
		;
	return &modes[i];
}

const char *
opts_mode_name(enum mode mode)
{
	return mode_row(mode)->names[0];
}

/* ---- values ---- */

static int
wrong_value(const struct option *o, const char *text, const char *wanted)
{
	set_error(error, sizeof(error), "-%s=%s: give %s", o->name, text, wanted);
	return -1;
}

/* The words that Go's strconv.ParseBool takes. */
static int
set_bool(const struct option *o, const char *text, bool *value)
{
	static const char *const words[] = {"false", "true", "0", "1", "f", "t", "F", "T", "FALSE", "TRUE", "False", "True"};
	size_t i;

	for (i = 0; i < COUNT(words); i++)
		if (strcmp(text, words[i]) == 0) {
			*value = i & 1;
			return 0;
		}
	return wrong_value(o, text, "true or false");
}

static int
set_number(const struct option *o, const char *text, uint64_t *value)
{
	uint64_t most = o->most ? o->most : UINT64_MAX;
	char wanted[96];

	if (parse_u64(text, most, value) == 0 && *value >= o->least)
		return 0;
	if (o->most)
		(void)snprintf(
			wanted, sizeof(wanted), "a number from %llu to %llu", (unsigned long long)o->least, (unsigned long long)o->most);
	else
		(void)snprintf(wanted, sizeof(wanted), "a number");
	return wrong_value(o, text, wanted);
}

static int
set_value(const struct option *o, const char *text, struct options *into)
{
	void *value = (char *)into + o->at;
	const char *wanted;

	switch (o->kind) {
	case BOOL:
		return set_bool(o, text, value);
	case NUMBER:
		return set_number(o, text, value);
	case SIZE:
		return parse_size(text, value) ? wrong_value(o, text, "bytes, as 65536, 512m or 2g") : 0;
	case DURATION:
		if (parse_duration(text, value))
			return wrong_value(o, text, "a time, as 15s, 1.5m, 2h or 500ms");
		if (o->most && *(uint64_t *)value > o->most)
			return wrong_value(o, text, "a shorter time");
		return *(uint64_t *)value < o->least ? wrong_value(o, text, "a longer time") : 0;
	case TEXT:
		break;
	}
	wanted = o->check ? o->check(text) : NULL;
	if (wanted)
		return wrong_value(o, text, wanted);
	*(const char **)value = text;
	return 0;
}

/* ---- the command line ---- */

struct scan {
	int argc, at; /* at: the next word */
	char **argv;
	char **kept; /* where the next operand goes; never beyond at */
	int kept_count;
	const struct mode_row *mode; /* NULL until one was found */
	bool marked;		     /* "--" stands before the command */
	bool given[COUNT(options)];
	struct options *options;
};

/* The values given before and the new one, parted by a comma; a backslash at the end of the first must not quote it. */
static void
add_value(const char **value, const char *before)
{
	static char *both;
	size_t len = strlen(before), tail = 0;
	char *old = both;

	while (tail < len && before[len - tail - 1] == '\\')
		tail++;
	both = xasprintf("%s%s,%s", before, before + len - tail, *value);
	*value = both;
	free(old); /* which `before` may be */
}

static int
take_value(struct scan *s, const struct option *o, const char *text)
{
	const char **value = (const char **)((char *)s->options + o->at), *before = o->adds ? *value : "";

	if (set_value(o, text, s->options))
		return -1;
	if (*before)
		add_value(value, before);
	return 0;
}

static int
take_switch(struct scan *s)
{
	const char *word = s->argv[s->at++], *name = word + (word[1] == '-' ? 2 : 1), *equals = strchr(name, '=');
	char key[MAX_NAME + 1];
	const struct option *o;

	(void)snprintf(key, sizeof(key), "%.*s", equals ? (int)(equals - name) : (int)sizeof(key), name);
	o = find_option(key);
	if (!o)
		return unknown_option(key);
	s->given[o - options] = true;
	if (equals)
		return take_value(s, o, equals + 1);
	if (o->kind == BOOL)
		return set_value(o, "true", s->options);
	if (s->at < s->argc)
		return take_value(s, o, s->argv[s->at++]);
	set_error(error, sizeof(error), "-%s needs a value", o->name);
	return -1;
}

static void
add_operand(struct scan *s)
{
	s->kept[s->kept_count++] = s->argv[s->at++];
}

/* "kill -9 JOB": a word with a dash that is no switch, but digits or capital letters. */
static bool
is_signal(const struct scan *s, const char *word)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmnopqrstuvwxyz";
	size_t len = strlen(word + 1);

	return s->mode && s->mode->mode == MODE_KILL && s->kept_count == 0 && len == strspn(word + 1, letters) && !find_option(word + 1);
}

/* A number where the mode is expected: of -t 10, or nodes. */
static int
no_mode(const struct scan *s, const char *word)
{
	size_t digits = strspn(word, "0123456789");

	if (!digits)
		return unknown_mode(word);
	if (s->at > 1 && strcmp(s->argv[s->at - 1], "-t") == 0)
		set_error(error, sizeof(error), "-t takes no number: -start=%s gives up on nodes that have not started by then", word);
	else
		set_error(error, sizeof(error), "there is no mode %s: nodes stand behind the mode: gproc e NODES COMMAND", word);
	return -1;
}

static int
scan_words(struct scan *s)
{
	bool ended = false, had_nodes = false;

	while (s->at < s->argc) {
		const char *word = s->argv[s->at];

		bool is_end = word[0] == '-' && word[1] == '-' && !word[2];

		if (is_end && (!ended || had_nodes)) { /* one right behind the nodes too */
			ended = true;
			s->marked = had_nodes;
			had_nodes = false;
			s->at++;
		} else if (!ended && word[0] == '-' && word[1] && !is_signal(s, word)) {
			if (take_switch(s))
				return -1;
		} else if (!s->mode) {
			s->mode = find_mode(word);
			if (!s->mode)
				return no_mode(s, word);
			s->at++;
		} else {
			had_nodes = s->mode->mode == MODE_EXEC && s->kept_count == 0;
			add_operand(s);
			ended = ended || s->mode->stops;
		}
	}
	s->kept[s->kept_count] = NULL;
	return 0;
}

/* A slave's command line may leave the mode out, as the README's own do. */
static int
default_mode(struct scan *s)
{
	if (s->given[find_option("myParent") - options])
		s->mode = mode_row(MODE_SLAVE);
	else if (s->options->help || s->options->version)
		s->mode = mode_row(MODE_HELP);
	if (s->mode)
		return 0;
	set_error(error, sizeof(error), "no mode is given: m, s, e, i or another (gproc help lists them)");
	return -1;
}

/* "m, s and e": the modes in a set. */
static void
name_modes(unsigned set, char *out, size_t room)
{
	size_t i, left = 0, at = 0;

	for (i = 0; i < COUNT(modes); i++)
		left += set >> modes[i].mode & 1;
	*out = '\0';
	for (i = 0; i < COUNT(modes) && at < room; i++) {
		if (!(set >> modes[i].mode & 1))
			continue;
		left--;
		at += (size_t)snprintf(out + at, room - at, "%s%s", modes[i].names[0], left > 1 ? ", " : left ? " and " : "");
	}
}

static int
check_modes(const struct scan *s)
{
	char names[128];
	size_t i;

	for (i = 0; i < COUNT(options); i++) {
		if (!s->given[i] || options[i].modes >> s->mode->mode & 1)
			continue;
		name_modes(options[i].modes, names, sizeof(names));
		if (foreign_hint(options[i].name) && s->mode->mode == MODE_EXEC)
			return unknown_option(options[i].name);
		set_error(error, sizeof(error), "the switch -%s belongs to %s, not to %s", options[i].name, names, s->mode->names[0]);
		return -1;
	}
	return 0;
}

static int
check_operands(const struct scan *s)
{
	const struct mode_row *m = s->mode;

	if (s->kept_count < m->least) {
		set_error(error, sizeof(error), "%s needs more operands: gproc [switches] %s%s", m->names[0], m->names[0], m->operands);
		return -1;
	}
	if (m->most >= 0 && s->kept_count > m->most) {
		set_error(
			error, sizeof(error), "%s is one word too many: gproc [switches] %s%s", s->kept[m->most], m->names[0], m->operands);
		return -1;
	}
	if (m->mode == MODE_EXEC && s->kept[1][0] == '-' && !s->marked) {
		set_error(error, sizeof(error), "%s stands where the command is expected: switches go before the nodes", s->kept[1]);
		return -1;
	}
	return 0;
}

static int
check_together(const struct options *o)
{
	const char *shown = o->label ? "-l" : o->fold ? "-b" : *o->output ? "-o" : o->json ? "-json" : NULL;

	if (o->stop_after && !o->fanout) {
		set_error(error, sizeof(error), "-stop-after needs -fanout: without it all nodes start at once");
		return -1;
	}
	if (o->detach && shown) {
		set_error(error, sizeof(error), "%s shows output, and with -detach there is none to show: gproc attach JOB has it", shown);
		return -1;
	}
	if (o->terminal && (o->label || o->fold || o->json || *o->output)) {
		set_error(error, sizeof(error), "-t shows a terminal as it is: -l, -b, -o and -json don't go with it");
		return -1;
	}
	if (o->each + o->count + o->json > 1) {
		set_error(error, sizeof(error), "-e, -c and -json exclude each other");
		return -1;
	}
	if (o->label + o->fold + o->json + (*o->output != '\0') <= 1)
		return 0;
	set_error(error, sizeof(error), "-l, -b, -o and -json exclude each other");
	return -1;
}

static int
take_help(const struct scan *s, struct command_line *out)
{
	const struct mode_row *about = s->options->help && s->mode->mode != MODE_HELP ? s->mode : NULL;

	if (s->mode->mode == MODE_HELP && s->kept_count > 0) {
		about = find_mode(s->kept[0]);
		if (!about)
			return unknown_mode(s->kept[0]);
	}
	out->mode = s->options->version && !s->options->help ? MODE_VERSION : MODE_HELP;
	out->help_of = about ? about->mode : MODE_NONE;
	return 0;
}

/* Drops doubled slashes and those at the end: a path below binRoot is known by its beginning, on other nodes too. */
static const char *
tidy_directory(const char *path)
{
	static char *tidy;
	char *to;

	free(tidy);
	tidy = to = xcalloc(1, strlen(path) + 1);
	for (; *path; path++)
		if (*path != '/' || (path[1] && path[1] != '/'))
			*to++ = *path;
	return tidy;
}

/* ---- what a site presets ---- */

static char *site_presets[COUNT(options)]; /* or NULL: the table's own */

static int
preset_line(char *line, unsigned number)
{
	char *name, *value;
	const struct option *o;
	struct options unused;
	char *why;

	line[strcspn(line, "#")] = '\0';
	name = line + strspn(line, " \t\r");
	if (!*name)
		return 0;
	name += strspn(name, "-");
	value = strchr(name, '=');
	if (!value)
		return latch_error(error, sizeof(error), "line %u: NAME=VALUE is wanted", number);
	*value++ = '\0';
	value[strcspn(value, " \t\r")] = '\0';
	o = find_option(name);
	if (!o || !o->site)
		return latch_error(error, sizeof(error),
			"line %u: -%s can't be set here: only cwd, binRoot, defaultMasterUDS, cmdport and key can", number, name);
	if (set_value(o, value, &unused)) {
		why = xstrdup(error);
		(void)latch_error(error, sizeof(error), "line %u: %s", number, why);
		free(why);
		return -1;
	}
	free(site_presets[o - options]);
	site_presets[o - options] = xstrdup(value);
	return 0;
}

int
opts_preset(char *text)
{
	char *line;
	unsigned number = 0;

	while ((line = strsep(&text, "\n")))
		if (preset_line(line, ++number))
			return -1;
	return 0;
}

bool
opts_give_mode(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		const char *word = argv[i], *name = word + strspn(word, "-");
		const struct option *o = find_option(name);

		if (*word != '-')
			return find_mode(word) != NULL;
		if (has_prefix(name, "myParent") || strcmp(name, "h") == 0 || has_prefix(name, "help") || has_prefix(name, "version"))
			return true;
		i += o && o->kind != BOOL; /* its value is the next word */
	}
	return false;
}

int
opts_parse(int argc, char **argv, struct command_line *out)
{
	int first = argc > 0;
	struct scan s = {.argc = argc, .at = first, .argv = argv, .kept = argv + first, .options = &out->options};
	size_t i;

	*out = (struct command_line){0};
	for (i = 0; i < COUNT(options); i++)
		if (set_value(&options[i], site_presets[i] ? site_presets[i] : options[i].preset, s.options))
			return -1;
	if (scan_words(&s) || (!s.mode && default_mode(&s)))
		return -1;
	s.options->binroot = tidy_directory(s.options->binroot);
	out->mode = s.mode->mode;
	out->argc = s.kept_count;
	out->argv = s.kept;
	if (s.options->help || s.options->version)
		return take_help(&s, out);
	if (s.mode->mode == MODE_HELP && check_operands(&s) == 0)
		return take_help(&s, out);
	if ((s.mode->mode != MODE_VERSION && check_modes(&s)) || check_operands(&s) || check_together(s.options))
		return -1;
	return 0;
}

char *
opts_key_path(const char *key)
{
	const char *home = getenv("HOME");

	if (*key)
		return xstrdup(key);
	if (geteuid() == 0)
		return xstrdup("/etc/gproc/key");
	return home && *home == '/' ? xasprintf("%s/.config/gproc/key", home) : NULL;
}

/* ---- the usage, printed from the tables ---- */

enum { WIDTH = 80, NAMES = 20, CALLS = 30 }; /* columns: of a line, of a switch, of a mode with its operands */

/* Adds a text from a column on, in lines of WIDTH. */
static void
add_wrapped(char **text, size_t used, size_t column, const char *help)
{
	size_t len;

	for (; *help; help += len + strspn(help + len, " ")) {
		len = strcspn(help, " ");
		if (used + 1 + len > WIDTH) {
			add(text, xasprintf("\n%*s", (int)column, ""));
			used = column;
		}
		add(text, xasprintf("%s%.*s", used ? " " : "", (int)len, help));
		used += 1 + len;
	}
	add(text, xstrdup("\n"));
}

/* What stands in the first column, and the text beside it. */
static void
add_row(char **text, size_t width, char *first, const char *help)
{
	char *row = xasprintf("  %-*s", (int)width, first);

	free(first);
	first = xstrdup(row);
	add(text, row);
	add_wrapped(text, strlen(first), width + 2, help);
	free(first);
}

static void
add_option(char **text, const struct option *o)
{
	add_row(text, NAMES, xasprintf("-%s=%s", o->name, *o->preset || !o->value ? o->preset : o->value), o->help);
}

/* Whether the name is among those of the row, which blanks part. */
static bool
is_among(const char *names, const char *name)
{
	size_t len = strlen(name);

	for (; *names; names += strcspn(names, " "), names += strspn(names, " "))
		if (strncmp(names, name, len) == 0 && (!names[len] || names[len] == ' '))
			return true;
	return false;
}

/* Its switches, below the titles that say what they are for. */
static void
add_switches(char **text, const struct mode_row *m)
{
	const struct help_row *row;
	bool titled;
	size_t i;

	for (row = help_purposes; row->names; row++)
		for (i = titled = 0; i < COUNT(options); i++) {
			if (!(options[i].modes >> m->mode & 1) || !is_among(row->names, options[i].name))
				continue;
			if (!titled)
				add(text, xasprintf("\n%s:\n", row->text));
			titled = true;
			add_option(text, &options[i]);
		}
}

/* Names and operands of the modes that stand together, those of them that there are. */
static char *
calls(const char *names)
{
	const char *operands = NULL;
	bool alike = true, several = strchr(names, ' ') != NULL;
	char *text = xstrdup("");
	size_t i, k;

	for (i = 0; i < COUNT(modes); i++) {
		if (!is_among(names, modes[i].names[0]))
			continue;
		alike &= !operands || strcmp(operands, modes[i].operands) == 0;
		operands = modes[i].operands;
		for (k = 0; k < (several ? 1 : MAX_MODE_NAMES) && modes[i].names[k]; k++)
			add(&text, xasprintf("%s%s", *text ? ", " : "", modes[i].names[k]));
	}
	add(&text, xstrdup(alike && operands ? operands : ""));
	return text;
}

static char *
overview(void)
{
	char *text = xstrdup("usage: gproc [switches] <mode> ...\n\nmodes:\n");
	const struct help_row *row;

	for (row = help_overview; row->names; row++)
		add_row(&text, CALLS, calls(row->names), row->text);
	add(&text, xstrdup(help_examples));
	return text;
}

char *
opts_usage(enum mode mode)
{
	const struct mode_row *m = mode == MODE_NONE ? NULL : mode_row(mode);
	char *text;
	size_t i;

	if (!m)
		return overview();
	text = xasprintf("usage: gproc [switches] %s%s\n", m->names[0], m->operands);
	for (i = 1; i < MAX_MODE_NAMES && m->names[i]; i++)
		add(&text, xasprintf("%s%s", i == 1 ? "also: " : ", ", m->names[i]));
	add(&text, xstrdup(i > 1 ? "\n" : ""));
	add_wrapped(&text, 0, 0, m->help);
	add_switches(&text, m);
	if (m->mode == MODE_NODES)
		add(&text, xstrdup(help_grammar));
	return text;
}
