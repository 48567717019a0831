#!/bin/sh
# A terminal outlives the nodes on its way: what is typed and shown goes on by another way, and a size that changed meanwhile is told.
. tests/lib.sh
enter_namespaces "$@"
. "$REPO/tests/tty.sh"

start_master
start_deep
node=$(deep_path 6)
start_tty 80 24
before=$(modes)
line "PS1='there\$ ' $GPROC -t e $node bash --norc --noprofile; echo status \$?"
sees '^there\$'
line 'x=kept; echo before $((1 + 1))'
sees '^before 2'
kill -STOP "$(pid_of_slave 2)"
types 'echo $x $((1'
resize 90 30
types ' + 2)); until stty size | grep -x "30 90"; do :; done' Enter
kill -KILL "$(pid_of_slave 2)"
wait "$(pid_of_slave 2)" 2>/dev/null
ok "what was typed while the way was broken arrives, once" sees '^kept 3$'
ok "and the new size" sees '^30 90$'
line 'seq -f "line %g" 1 500 | tail -n 3; echo after $((2 + 2))'
ok "what is shown comes by the new way" sees '^after 4'
like "whole" "$(screen | grep '^line' | tr '\n' ' ')" '^line 498 line 499 line 500 $'
line 'exit 6'
ok "so does the status" sees '^status 6'
put_back "the terminal is as it was" "$before"

# The node itself.
line "clear; $GPROC -t e 1:4:10 sh -c 'echo it \$((1 + 1)); cat'; echo status \$?"
sees '^it 2'
kill -KILL "$(pid_of_slave 10)"
ok "a node that dies is lost" sees 'lost: 1:4:10'
ok "with 255" sees '^status 255'
put_back "the terminal is as it was" "$before"
kill -INT "$MASTER"
tty_tmux kill-server
wait
done_testing
