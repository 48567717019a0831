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
is "it is told once" "$err" "gproc: timed out after $(limit 3) s: 0-2 (3)"
run "$GPROC" -timeout="$(span 3000)" -kill-after="$(span 1000)" e . /bin/sh -c '[ $GPROC_NODE = 1 ] || exit 0; trap "" TERM; while :; do sleep 1000; done'
is "one that does not is killed" "$status" 124
like "and told of, alone" "$err" "^gproc: timed out after [0-9.]+ s: 1\$"
run "$GPROC" -timeout="$(span 3000)" -kill-after=0 e 0 /bin/sh -c 'trap "echo asked" TERM; sleep 1000 & wait'
is "-kill-after=0 asks nobody" "$status$out" 124
like "it kills" "$err" "^gproc: timed out after [0-9.]+ s: 0\$"
run "$GPROC" -timeout="$(span 3000)" e 0-2 /bin/sh -c '[ $GPROC_NODE = 1 ] || exit 7; exec sleep 1000'
is "what had ended has its own verdict" "$status$(printf '%s\n' "$err" | sed 's/after [0-9.]* s/after a time/' | paste -sd' ')" \
	"124gproc: exit 7: 0,2 (2) gproc: timed out after a time: 1"

# A file that does not come in time: it is read from a client that is stopped, before all of it can have been sent.
head -c 30000000 /dev/urandom >/tmp/large
tc qdisc replace dev lo root tbf rate 16mbit burst 128kb latency 100ms
"$GPROC" -timeout="$(span 3000)" -f=/tmp/large e 0 /bin/true 2>"$T/late" &
client=$!
until "$GPROC" ps | grep -q true; do kill -0 $client 2>/dev/null || break; done
kill -STOP $client
tc qdisc del dev lo root
until ! "$GPROC" ps | grep -q true; do kill -0 "$MASTER" || break; done
kill -CONT $client
wait $client
is "what could not start in time: 124" $? 124
like "is told as that" "$(cat "$T/late")" "^gproc: timed out after [0-9.]+ s: 0: it had not started by then\$"
kill -INT "$MASTER"
wait
done_testing
