/* The option table: every switch with its kind, default, modes and help; the usage is printed from it. */
#ifndef OPTS_H
#define OPTS_H

#include "base/util.h"

enum mode {
	MODE_NONE,
	MODE_MASTER,
	MODE_SLAVE,
	MODE_EXEC,
	MODE_INFO,
	MODE_NODES,
	MODE_LDD,
	MODE_EVAL,
	MODE_KEYGEN,
	MODE_CP,
	MODE_GET,
	MODE_ATTACH,
	MODE_PS,
	MODE_KILL,
	MODE_HALT,
	MODE_REBOOT,
	MODE_DOCTOR,
	MODE_FORGET,
	MODE_RENEW,
	MODE_INIT,
	MODE_VERSION,
	MODE_HELP,
	MODE_COUNT
};

/* Values of all switches, defaults filled in, but for what is not of opts_parse; strings are borrowed from argv or static. Times in milliseconds, sizes in bytes. */
struct options {
	/* m, s */
	const char *my_parent;	/* -myParent=127.0.0.1: stack program; the answer may carry :port */
	const char *my_id;	/* -myId="": stack program; "" lets the parent choose */
	const char *my_address; /* -myAddress="": stack program; "" is all addresses */
	uint64_t cmdport;	/* -cmdport=6666 */
	const char *binroot;	/* -binRoot=/tmp/xproc */
	bool private;		/* -p=true */
	const char *uds;	/* -defaultMasterUDS=/tmp/g */
	const char *key;	/* -key="": the default path; "none" */
	const char *users;	/* -users="": root and the user who runs the master; "a,b,1000" or "*" (m) */
	const char *allow;	/* -allow="" (m) */
	uint64_t store;		/* -store=0: half of the memory */
	uint64_t heartbeat;	/* -heartbeat=15s */
	uint64_t grace;		/* -grace=30s */
	uint64_t debug;		/* -debug=0, to 10 */
	/* e */
	bool no_input;	    /* -n */
	bool terminal;	    /* -t */
	const char *escape; /* -escape=~: see opts_escape */
	bool yes;
	bool now; /* renew: -now */
	bool localbin, detach, strict, glob; /* glob=true, the others false */
	const char *files;		     /* -f */
	const char *cwd;		     /* -cwd="": private; ".", or an absolute path of the node's own */
	const char *root;		     /* -r=/ ; may hold %m */
	const char *lib_dirs;		     /* -L */
	const char *exclude, *only;	     /* -x, -only */
	const char *view;		     /* -view=merged | all | none */
	bool label, fold;		     /* -l, -b */
	bool json;			     /* -json */
	bool names;			     /* -names */
	bool quiet;			     /* -q */
	bool subst;			     /* -subst */
	uint64_t fanout, stop_after;	     /* -fanout=0: all at once; -stop-after=0: never */
	const char *output;		     /* -o=pattern */
	uint64_t timeout, start;	     /* -timeout=0, -start=0: none */
	uint64_t kill_after, drain;	     /* -kill-after=5s, -drain=2s */
	bool kill_on_bad;		     /* -kill-on-bad */
	uint64_t keep;			     /* -keep=1m: bytes of output that a node keeps */
	const char *name;		     /* -name="" */
	/* attach */
	const char *tail; /* -tail="": all */
	/* ps */
	bool all; /* -a */
	/* i */
	uint64_t wait; /* -wait=0: until that many nodes are up, or -timeout is over */
	/* nodes */
	bool each, count; /* -e, -c */
	/* eval */
	const char *hostname; /* -hostname="": this machine's */
	/* keygen */
	bool cpio;	 /* -cpio */
	const char *out; /* -out="": where keygen writes; "" standard output for -cpio, the key's own path else */
	/* any mode */
	bool help, version; /* -help, -h and -version: opts_parse has made them the modes */
	/* not of opts_parse */
	char **words; /* of a daemon: as it was started, argv[0] too */
	bool trial;   /* no daemon: it is tried whether it could be one */
};

struct command_line {
	struct options options;
	enum mode mode;
	int argc;	   /* what stands behind the mode */
	char **argv;	   /* NULL-ended, borrowed */
	enum mode help_of; /* MODE_HELP: of this mode; MODE_NONE: the overview */
};

/* Go's switch syntax (-a, --a, -a=v, -a v, -a=false, -- ends them), before or behind the mode. For e, eval and kill up to the first
 * word that is no switch, elsewhere anywhere; argv's pointers are reordered. No mode but -myParent given is `s`.
 * 0, or -1 with opts_error() (wrong usage: exit 2). */
int opts_parse(int argc, char **argv, struct command_line *out);
/* Takes what a site presets: lines of NAME=VALUE for cwd, binRoot, defaultMasterUDS, cmdport and key, "#" begins a comment; the text is
 * cut up. It holds for every opts_parse that follows. 0, or -1 with opts_error(): the line's number, and why. */
int opts_preset(char *text);
/* Whether the words name a mode, or what stands for one: for PID 1, to which a kernel passes words of its own. */
bool opts_give_mode(int argc, char **argv);
int opts_escape(const char *text);     /* the character that -escape says; -1: none, -2: it is not one */
uint64_t opts_tail(const char *text);  /* what -tail says; UINT64_MAX: all */
int opts_view(const char *text);       /* what -view says, as enum view of proto.h counts; -1: it is no view */
const char *opts_error(void);	       /* what is wrong, in one line; borrowed until the next parse */
char *opts_usage(enum mode);	       /* of one mode; MODE_NONE: the overview. The caller frees */
const char *opts_mode_name(enum mode); /* its short name: "m", "e"; static */
/* The path of the cluster key for a value of -key: the default path for "". The caller frees; NULL when there is no default, for a user who
 * is not root and has no HOME. */
char *opts_key_path(const char *key);
#endif
