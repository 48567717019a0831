#!/bin/sh
# A shell on a machine that has nothing but a ramdisk: /dev/ptmx and /dev/pts are there, seen by what was sent, and programs draw.
. tests/cluster.sh
need_kernel x86_64
enter_namespaces "$@"
. "$REPO/tests/tty.sh"
start_cluster 2 --fanout 1 --build "-busybox $(command -v busybox)"
vi=$(command -v vim.tiny || command -v vi)

start_tty 80 24
before=$(modes)
line "PS1='there\$ ' $GPROC -defaultMasterUDS=$UDS -t -f=$(command -v tty),$(command -v stty),$(command -v tput) e 1:2 bash --norc --noprofile; echo status \$?"
ok "a shell has its prompt" sees '^there\$'
line 'tty; stty size; tput cols; (: </dev/tty) && echo controlling'
ok "its terminal has a name" sees '^/dev/pts/[0-9]+$'
ok "a size" sees '^24 80$'
ok "a description" sees '^80$'
ok "and is the controlling one" sees '^controlling$'
line 'exec 3<>/dev/ptmx && echo more'
ok "the job can make terminals of its own" sees '^more$'
line 'echo loops; while :; do :; done'
sees '^loops$'
types C-c
sees_there
line 'echo after $?'
ok "Ctrl-C interrupts" sees '^after 130$'
resize 100 30
line 'clear; until [ "$(stty size)" = "30 100" ]; do :; done; stty size'
ok "a new size is told" sees '^30 100$'
line 'exit 4'
ok "the status is the shell's" sees '^status 4'
line "clear; $GPROC -defaultMasterUDS=$UDS -t e 1 $vi -u NONE -N /tmp/none; echo status \$?"
ok "vi draws" sees '^~'
types i typed Escape ':wq' Enter
ok "and ends" sees '^status 0'
is "what was typed is written there" "$(cd / && g -localbin e 1 busybox cat /tmp/none)" typed
line "cd /; clear; $GPROC -defaultMasterUDS=$UDS -t -localbin e 1:2 busybox sh -c 'busybox tty; busybox vi /tmp/x'; echo status \$?"
ok "the node's own busybox draws too" sees '^~'
types ':q!' Enter
sees '^status 0'
put_back "the terminal is as it was" "$before"
g halt ... >/dev/null
for i in 1 2; do
	! pid=$(pid_of $i 2>/dev/null) || wait_gone "$pid" || fact 1 "node $i powers off"
done
tty_tmux kill-server
done_testing
