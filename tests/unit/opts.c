/* opts: Go's switch syntax, the modes and where switches may stand, and every kind of slip. */
#include "unit/tap.h"
#include "opts.h"

#include <stdarg.h>

#define END ((char *)0)
static struct command_line line;
static char *words[16];

/* Parses "gproc" and the words given, up to END. */
static int
parse(char *first, ...)
{
	int argc = 0;
	va_list args;
	char *word;

	words[argc++] = "gproc";
	va_start(args, first);
	for (word = first; word; word = va_arg(args, char *))
		words[argc++] = word;
	va_end(args);
	words[argc] = NULL;
	return opts_parse(argc, words, &line);
}

static void
defaults(void)
{
	ok(parse("m", END) == 0 && line.mode == MODE_MASTER && line.argc == 0 && !line.argv[0], "m");
	is(line.options.binroot, "/tmp/xproc", "-binRoot");
	is(line.options.uds, "/tmp/g", "-defaultMasterUDS");
	is(line.options.root, "/", "-r");
	is(line.options.files, "", "-f");
	is(line.options.my_parent, "127.0.0.1", "-myParent");
	is(line.options.view, "merged", "-view");
	ok(line.options.cmdport == 6666 && line.options.debug == 0, "-cmdport, -debug");
	ok(line.options.private && !line.options.localbin && line.options.glob, "-p, -localbin, -glob");
	ok(line.options.heartbeat == 15000 && line.options.grace == 30000, "-heartbeat, -grace");
}

static void
forms(void)
{
	ok(parse("-cmdport=1", "--debug=2", "m", END) == 0 && line.options.cmdport == 1 && line.options.debug == 2, "-a=v and --a=v");
	ok(parse("-cmdport", "3", "m", "--debug", "4", END) == 0 && line.options.cmdport == 3 && line.options.debug == 4,
		"-a v and --a v, behind the mode too");
	ok(parse("-p=false", "s", END) == 0 && !line.options.private, "-p=false");
	ok(parse("-p=F", "-p", "s", END) == 0 && line.options.private, "a boolean alone is true, and the last one counts");
	ok(parse("-p", "false", "s", END) == -1, "a boolean takes no word of its own");
	ok(parse("-store=64m", "-grace=1.5m", "m", END) == 0 && line.options.store == 64 << 20 && line.options.grace == 90000,
		"sizes and times");
	ok(parse("-key=", "m", END) == 0 && !*line.options.key, "-a= is the empty text");
	ok(parse("-myParent", "-x", END) == 0 && strcmp(line.options.my_parent, "-x") == 0, "a value may begin with a dash");
	ok(parse("--", "m", END) == 0 && line.mode == MODE_MASTER, "-- ends the switches");
}

static void
places(void)
{
	ok(parse("-l", "e", "-strict", "./.", "/bin/ls", "-b", "-l", END) == 0 && line.options.label && line.options.strict &&
			!line.options.fold,
		"e takes switches up to the nodes");
	ok(line.argc == 4 && strcmp(line.argv[0], "./.") == 0 && strcmp(line.argv[2], "-b") == 0 && !line.argv[4],
		"and all that follows is the command's");
	ok(parse("-detach", "e", "0-3", "./gproc", "-myParent=x", "s", END) == 0 && line.argc == 4 && line.options.detach,
		"gproc can be launched by gproc");
	ok(parse("e", ".", "-l", "date", END) == -1, "a switch behind the nodes is a slip");
	is(opts_error(), "-l stands where the command is expected: switches go before the nodes", "and told so");
	ok(parse("-f=a", "-f", "b,c", "-f=", "e", ".", "x", END) == 0, "-f several times");
	is(line.options.files, "a,b,c,", "adds up");
	ok(parse("-f=a\\", "-f=b\\\\", "-f=c", "e", ".", "x", END) == 0, "-f of names that end in a backslash");
	is(line.options.files, "a\\\\,b\\\\\\\\,c", "keeps them apart");
	ok(parse("i", "1/.", "-wait=3", END) == 0 && line.options.wait == 3 && line.argc == 1, "i takes them anywhere");
	ok(parse("eval", "-hostname=a", "5", "-3", "+", END) == 0 && line.argc == 3, "eval takes negative numbers");
	ok(parse("e", ".", "--", "date", "--", "x", END) == 0 && line.argc == 4 && strcmp(line.argv[1], "date") == 0 &&
			strcmp(line.argv[2], "--") == 0,
		"one -- right behind the nodes is dropped");
	ok(parse("e", ".", "date", "--", "x", END) == 0 && line.argc == 4, "and no other");
	ok(parse("e", ".", "--", "-l", END) == 0 && strcmp(line.argv[1], "-l") == 0, "behind it stands the command, whatever it is");
	ok(parse("kill", "-9", "12", END) == 0 && strcmp(line.argv[0], "-9") == 0, "kill -9 JOB");
	ok(parse("kill", "-TERM", "12", END) == 0 && strcmp(line.argv[1], "12") == 0, "kill -TERM JOB");
	ok(parse("kill", "-debug=1", "12", "-term", END) == 0 && line.options.debug == 1 && line.argc == 2, "among switches");
	ok(parse("-defaultMasterUDS=/x", "help", END) == 0 && line.mode == MODE_HELP, "help takes any switch");
	ok(parse("-defaultMasterUDS=/x", "version", END) == 0 && line.mode == MODE_VERSION, "so does version");
	ok(parse("kill", "12", "-9", END) == 0 && strcmp(line.argv[1], "-9") == 0, "kill takes a signal with its dash");
}

static void
modes(void)
{
	static const struct {
		char *word;
		enum mode mode;
	} aliases[] = {{"master", MODE_MASTER}, {"slave", MODE_SLAVE}, {"worker", MODE_SLAVE}, {"info", MODE_INFO}, {"ps", MODE_PS},
		{"init", MODE_INIT}, {"keygen", MODE_KEYGEN}, {"version", MODE_VERSION}, {"help", MODE_HELP}};
	size_t i;

	for (i = 0; i < COUNT(aliases); i++)
		ok(parse(aliases[i].word, END) == 0 && line.mode == aliases[i].mode, "%s", aliases[i].word);
	ok(parse("-myParent=master", "-myId=1", END) == 0 && line.mode == MODE_SLAVE, "no mode but -myParent is s");
	ok(parse("-debug=1", END) == -1 && parse(END) == -1, "no mode is an error");
	ok(parse("help", "exec", END) == 0 && line.mode == MODE_HELP && line.help_of == MODE_EXEC, "help MODE");
	ok(parse("e", "-h", END) == 0 && line.mode == MODE_HELP && line.help_of == MODE_EXEC, "-h asks for the mode's help");
	ok(parse("--help", END) == 0 && line.mode == MODE_HELP && line.help_of == MODE_NONE, "--help alone for all of it");
	ok(parse("-version", END) == 0 && line.mode == MODE_VERSION, "-version");
}

static void
slips(void)
{
	static const struct {
		char *words[3];
		const char *error;
	} cases[] = {
		{{"frob"}, "there is no mode frob (gproc help lists them)"},
		{{"haltt", "."}, "there is no mode haltt; did you mean halt (gproc help lists them)"},
		{{"help", "hlat"}, "there is no mode hlat; did you mean halt (gproc help lists them)"},
		{{"-binroot=/x", "m"}, "there is no switch -binroot; did you mean -binRoot (gproc help MODE lists them)"},
		{{"-cmdprt=1", "m"}, "there is no switch -cmdprt; did you mean -cmdport (gproc help MODE lists them)"},
		{{"date"}, "there is no mode date (gproc help lists them)"},
		{{"-t", "10", "e"}, "-t takes no number: -start=10 gives up on nodes that have not started by then"},
		{{"1-3", "date"}, "there is no mode 1-3: nodes stand behind the mode: gproc e NODES COMMAND"},
		{{"-lb", "e"}, "there is no switch -lb: each has a dash of its own, -l -b"},
		{{"-w", "1-3"}, "there is no switch -w: nodes stand behind the mode: gproc e NODES COMMAND"},
		{{"-u=3", "e"}, "there is no switch -u: -timeout=TIME ends a command that takes too long"},
		{{"-S", "e"}, "there is no switch -S: the highest status of all nodes is always returned"},
		{{"-a", "e"}, "there is no switch -a: all nodes are written ... : gproc e ... COMMAND"},
		{{"-v", "e"}, "there is no switch -v: -debug=1 says more"},
		{{"-cwd=x", "e"}, "-cwd=x: give an absolute path, or . for this directory's"},
		{{"-zzz", "m"}, "there is no switch -zzz (gproc help MODE lists them)"},
		{{"-localbin", "m"}, "the switch -localbin belongs to e, not to m"},
		{{"-cmdport=1", "e", "."}, "the switch -cmdport belongs to m and s, not to e"},
		{{"-debug=11", "m"}, "-debug=11: give a number from 0 to 10"},
		{{"-cmdport=0", "m"}, "-cmdport=0: give a number from 1 to 65535"},
		{{"-cmdport=66x", "m"}, "-cmdport=66x: give a number from 1 to 65535"},
		{{"-p=maybe", "s"}, "-p=maybe: give true or false"},
		{{"-store=lots", "m"}, "-store=lots: give bytes, as 65536, 512m or 2g"},
		{{"-grace=soon", "m"}, "-grace=soon: give a time, as 15s, 1.5m, 2h or 500ms"},
		{{"-heartbeat=1ms", "m"}, "-heartbeat=1ms: give a longer time"},
		{{"-view=most", "e", "."}, "-view=most: give merged, all or none"},
		{{"-binRoot=tmp", "m"}, "-binRoot=tmp: give an absolute path other than /"},
		{{"-binRoot=//", "m"}, "-binRoot=//: give an absolute path other than /"},
		{{"-users=a,,b", "m"}, "-users=a,,b: give user names or numbers parted by commas, or *"},
		{{"-users=a,*", "m"}, "-users=a,*: give user names or numbers parted by commas, or *"},
		{{"-cmdport"}, "-cmdport needs a value"},
		{{"e", "."}, "e needs more operands: gproc [switches] e <nodes> <command>"},
		{{"m", "x"}, "x is one word too many: gproc [switches] m"},
		{{"halt"}, "halt needs more operands: gproc [switches] halt <nodes>"},
	};
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		ok(parse(cases[i].words[0], cases[i].words[1], cases[i].words[2], END) == -1, "refused: %s", cases[i].words[0]);
		is(opts_error(), cases[i].error, "and why");
	}
	ok(parse("-l", "-b", "e", ".", "date", END) == -1, "-l and -b exclude each other");
	ok(parse("-o=%n.%s", "e", ".", "date", END) == 0 && parse("-o=%q", "e", ".", "date", END) == -1 &&
			parse("-o=x%", "e", ".", "date", END) == -1,
		"-o is checked for what may follow its %%");
}

/* A name of any length is refused, and shown cut off. */
static void
long_names(void)
{
	char name[5000];

	memset(name, '-', 2);
	memset(name + 2, 'a', sizeof(name) - 3);
	name[sizeof(name) - 1] = '\0';
	ok(parse(name, "m", END) == -1, "a switch of 5000 letters");
	ok(parse(name + 2, END) == -1 && strlen(opts_error()) < 600, "a mode of 5000 letters");
}

static void
usage(void)
{
	char *text = opts_usage(MODE_NONE), *one = opts_usage(MODE_KEYGEN);

	ok(strstr(text, "s, slave, worker") && !strstr(text, "-binRoot"), "the overview has the modes");
	ok(strstr(one, "-cpio") && !strstr(one, "-binRoot"), "a mode's usage has its own switches only");
	free(text);
	free(one);
	is(opts_mode_name(MODE_EXEC), "e", "a mode's short name");
}

static void
presets(void)
{
	char good[] = "# the site's\n\n-cwd=.\n  binRoot=/srv/x/  # where\ncmdport=7777\n", no_name[] = "\ncmdport\n",
	     other[] = "l=true\n", value[] = "cmdport=many\n", back[] = "cwd=\nbinRoot=/tmp/xproc\ncmdport=6666\n";

	ok(opts_preset(good) == 0 && parse("e", ".", "x", END) == 0, "a site's switches");
	is(line.options.cwd, ".", "one");
	is(line.options.binroot, "/srv/x", "another");
	ok(parse("m", END) == 0 && line.options.cmdport == 7777, "a mode that has no -cwd does not mind");
	ok(parse("-cwd=", "-binRoot=/y", "e", ".", "x", END) == 0 && !*line.options.cwd, "what is given goes before");
	is(line.options.binroot, "/y", "always");
	ok(opts_preset(no_name) == -1, "a line without a value");
	is(opts_error(), "line 2: NAME=VALUE is wanted", "is told");
	ok(opts_preset(other) == -1, "another switch");
	is(opts_error(), "line 1: -l can't be set here: only cwd, binRoot, defaultMasterUDS, cmdport and key can", "is told");
	ok(opts_preset(value) == -1, "a wrong value");
	is(opts_error(), "line 1: -cmdport=many: give a number from 1 to 65535", "is told");
	ok(opts_preset(back) == 0, "the last one holds");
}

static void
mode_given(void)
{
	static const struct {
		char *words[4];
		bool given;
	} cases[] = {{{"gproc"}, false}, {{"gproc", "splash"}, false}, {{"gproc", "version"}, true}, {{"gproc", "-key", "none", "s"}, true},
		{{"gproc", "-p", "e"}, true}, {{"gproc", "-key=s"}, false}, {{"gproc", "-key", "s"}, false}, {{"gproc", "-myParent=a"}, true},
		{{"gproc", "--help"}, true}, {{"gproc", "quiet", "s"}, false}};
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		char *typed[5] = {0};
		int argc = 0;

		while (argc < 4 && cases[i].words[argc]) {
			typed[argc] = cases[i].words[argc];
			argc++;
		}
		ok(opts_give_mode(argc, typed) == cases[i].given, "%d: %s %s", (int)i, typed[1] ? typed[1] : "", typed[2] ? typed[2] : "");
	}
}

int
main(void)
{
	presets();
	mode_given();
	defaults();
	forms();
	places();
	modes();
	slips();
	long_names();
	usage();
	return done();
}
