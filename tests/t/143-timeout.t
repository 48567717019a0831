#!/bin/bash
# -timeout asks before it kills, and one event is told once; what a node could not even start is told as that.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
start_master
start_flat 3
cd /
run "$GPROC" -timeout="$(limit 3)" -kill-after=1h e . /bin/sh -c 'trap "echo cleared; exit 0" TERM; sleep 1000 & wait'
is "a program that clears up may; the status is 124 though it returns 0" "$status $(echo $out)" "124 cleared cleared cleared"
is "it is told once" "$err" "gproc: nodes 0-2: still running when its time was over: exit status 0"
run "$GPROC" -timeout="$(span 3000)" -kill-after="$(span 1000)" e . /bin/sh -c '[ $GPROC_NODE = 1 ] || exit 0; trap "" TERM; while :; do sleep 1000; done'
is "one that does not is killed" "$status" 124
is "and told of, alone" "$err" "gproc: node 1: still running when its time was over: killed by signal 9 (Killed)"
run "$GPROC" -timeout="$(span 3000)" -kill-after=0 e 0 /bin/sh -c 'trap "echo asked" TERM; sleep 1000 & wait'
is "-kill-after=0 asks nobody" "$status$out" 124
like "it kills" "$err" "^gproc: node 0: still running when its time was over: killed by signal 9"
run "$GPROC" -timeout="$(span 3000)" e 0-2 /bin/sh -c '[ $GPROC_NODE = 1 ] || exit 7; exec sleep 1000'
is "what had ended has its own verdict" "$status$(printf '%s\n' "$err" | sort | paste -sd' ')" \
	"124gproc: node 1: still running when its time was over: killed by signal 15 (Terminated) gproc: nodes 0,2: exit status 7"

# A file that does not come in time: it is read from a client that is stopped.
head -c 30000000 /dev/urandom >/tmp/large
"$GPROC" -timeout="$(span 3000)" -f=/tmp/large e 0 /bin/true 2>"$T/late" &
client=$!
until "$GPROC" ps | grep -q true; do kill -0 $client 2>/dev/null || break; done
kill -STOP $client
until ! "$GPROC" ps | grep -q true; do kill -0 "$MASTER" || break; done
kill -CONT $client
wait $client
is "what could not start in time: 124" $? 124
is "is told as that" "$(cat "$T/late")" "gproc: node 0: could not start in the time that -timeout gives"
kill -INT "$MASTER"
wait
done_testing
