/* The texts of help: which modes stand together, what switches are for, examples, the grammar of node specs.
 * Must never know what any of it does. */
#include "help.h"

#include <stddef.h>

const struct help_row help_overview[] = {
	{"m", "be the master, to which commands go"},
	{"s", "be a node below -myParent"},
	{"e", "run a command on nodes"},
	{"cp get", "copy files to nodes, fetch files of nodes"},
	{"i", "show the tree of nodes"},
	{"nodes", "show whom a node spec selects"},
	{"ps attach kill", "come back to a job, list all, signal one"},
	{"halt reboot forget renew", "stop, restart, unlist, update them"},
	{"ldd eval keygen doctor", "what would be sent; words; a key; what is wrong"},
	{"init version help", "PID 1 of a ramdisk"},
	{NULL, NULL},
};

const struct help_row help_purposes[] = {
	{"x only strict wait yes fanout stop-after", "which nodes"},
	{"f r L localbin binRoot view cwd glob subst p", "programs and files"},
	{"n t escape l b o json names q e c a tail", "input and output"},
	{"timeout start kill-after drain kill-on-bad now", "times and ends"},
	{"detach keep name", "jobs to come back to"},
	{"myParent myId myAddress cmdport heartbeat grace", "the tree"},
	{"key users allow store", "rights and memory"},
	{"hostname cpio out", "what it works on"},
	{"debug defaultMasterUDS help version", "gproc itself"},
	{NULL, NULL},
};

const char help_examples[] = "\nexamples:\n"
			     "  gproc e ./. date                      all nodes of two levels\n"
			     "  gproc -l e 'n[1-8],@rack2' uname -r   hosts and a group; lines with their node\n"
			     "  gproc -b -x=@down e ... uptime        equal output once; without what is down\n"
			     "  gproc e 1-64 ./prog <data             a program of this machine, and its input\n"
			     "  gproc -t e n5 bash                    a shell on a node\n"
			     "  gproc cp 1-64 app.conf /etc/app/      files to nodes\n"
			     "\ngproc help MODE: its switches. gproc help nodes: how to name them. man gproc\n";

const char help_grammar[] = "\nnodes:\n"
			    "  1-80  3,7  5-.       ids of the first level: a range, a list, 5 and up\n"
			    "  .  ./.  ...          all of the first level, of two levels, of all\n"
			    "  1/5  1:5  1:...      / selects what it leads through too, : does not\n"
			    "  slave5  'n[01-12]'   hosts by name, wherever they are; 'n*': all that fit\n"
			    "  rack1-n7/.           that host and its children: a name begins a path\n"
			    "  @rack1  @rack1:.     a group of /etc/gproc/groups; its nodes' children\n"
			    "  @down  @arch=x86_64  @version=0.1*  '@host=3com*'\n\n"
			    "  nodes   = path { \",\" path }         path = \"...\" | first rest\n"
			    "  first   = nodeset | name | group    rest = \"\" | sep nodeset rest | sep \"...\"\n"
			    "  nodeset = node | node \"-\" node      sep  = \"/\" | \":\"\n"
			    "  node    = \".\" | number              span = number | number \"-\" number\n"
			    "  name    = letter { letter | digit | \"-\" | \"_\" | \".\" | \"*\" | \"?\"\n"
			    "                   | \"[\" span { \",\" span } \"]\" }\n"
			    "  group   = \"@\" word | \"@\" word \"=\" value\n\n"
			    "What begins with a digit is an id, with a letter a name. Nodes that are named\n"
			    "and not up make the status 255; of \".\" \"5-.\" \"...\" \"*\" \"?\" \"@word=value\" those\n"
			    "that are down are left out. -x takes away, -only keeps what is in both.\n";
