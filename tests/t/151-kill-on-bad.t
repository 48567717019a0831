#!/bin/sh
# -kill-on-bad: the node that failed first is named first, with its status, which is that of the launch; those that were ended because of it
# are not taken for failures of their own. And with -detach the status says nothing of ends.
. tests/lib.sh
enter_namespaces "$@"
start_master
start_tree 6 3

# culprit NODES SCRIPT STATUS ERR NAME
culprit() {
	run "$GPROC" -kill-on-bad e "$1" /bin/sh -c "$2"
	is "$5" "$status $err" "$3 $4"
}
for node in 0 2 1:4; do
	culprit ./. '[ $GPROC_NODE != '$node' ] || exit 7; exec sleep 1000' 7 "gproc: exit 7: $node
gproc: ended because of that: $([ $node = 0 ] && echo 1-2,0:3,1:4,2:5 || { [ $node = 2 ] && echo 0-1,0:3,1:4,2:5 || echo 0-2,0:3,2:5; }) (5)" "node $node is to blame"
done
culprit ./. '[ $GPROC_NODE != 1 ] || kill -TERM $$; exec sleep 1000' 143 \
	"gproc: killed by signal 15: 1
gproc: ended because of that: 0,2,0:3,1:4,2:5 (5)" "ended by a signal"
culprit 1 'exit 3' 3 "gproc: exit 3: 1" "alone"
culprit ./. true 0 "" "nobody failed"
run "$GPROC" -kill-on-bad e 0-2,77 /bin/sh -c '[ $GPROC_NODE != 1 ] || exit 3; exec sleep 1000'
is "what gproc failed at goes before it" "$status $(printf '%s\n' "$err" | tail -n 3 | tr '\n' '|')" \
	"255 gproc: exit 3: 1|gproc: ended because of that: 0,2 (2)|gproc: not there: 77|"
run "$GPROC" -kill-on-bad -timeout="$(span 300)" e 0-2 sleep 1000
is "the end of the time is nobody's fault" "$status $(printf '%s\n' "$err" | grep -c because)" "124 0"

i=0
while [ $i -lt 20 ]; do
	run "$GPROC" -detach e ./. false
	[ "$status$err" = 0 ] || break
	i=$((i + 1))
done
is "-detach says nothing of ends, whenever they come" "$i $status $err" "20 0 "
run "$GPROC" -detach e 0,77 false
is "but of who is not there, once" "$status $err" "255 gproc: not there: 77"
run "$GPROC" -detach e 0 "$T/nothing"
is "and of what can't start" "$status" 127
done_testing
