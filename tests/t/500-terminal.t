#!/bin/sh
# With -t a shell on a node is used as one here, at every depth: keys, job control, size, status; and the terminal is as it was afterwards.
. tests/lib.sh
enter_namespaces "$@"
. "$REPO/tests/tty.sh"
printf 'PS1="there$ "\nunset PROMPT_COMMAND\n' >/tmp/rc

start_master
start_deep
for node in 0 "$(deep_path 2)" "$(deep_path 6)"; do
	start_tty 90 20
	before=$(modes)
	line "PS1='there$ ' $GPROC -t e $node bash --norc --noprofile; echo status \$?"
	ok "$node: bash has its prompt" sees '^there\$'
	line 'stty size; tty; echo term $TERM'
	ok "$node: the terminal has the client's size" sees '^20 90$'
	ok "$node: it has a name" sees '^/dev/pts/[0-9]+$'
	line 'exit 7'
	ok "$node: the status is the program's" sees '^status 7'
	is "$node: the modes are as they were" "$(modes)" "$before"
done
kill -INT "$MASTER"
tty_tmux kill-server
wait
done_testing
