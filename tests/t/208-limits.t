#!/bin/bash
# -timeout, -start, -kill-on-bad, -strict: waiting has a bound, whoever was still running is named, and nothing is left.
. tests/lib.sh
enter_namespaces "$@"
start_master -heartbeat="$(span 3000)"
start_deep

none_left() {
	until_true none_called sleep
	is "$1: nothing is left" "$(pgrep -cx sleep)" 0
}

run "$GPROC" -timeout="$(span 5000)" e ... /bin/sh -c 'trap "" INT TERM HUP; case $GPROC_NODE in 0:2:6 | 1:5) sleep 1000 & wait; sleep 1000 ;; esac'
is "-timeout: status" "$status" 124
like "-timeout: who was still running, folded" "$err" '^gproc: timed out after [0-9.]+ s: (0:2:6,1:5|1:5,0:2:6) \(2\)$'
none_left -timeout

# A node that stands still keeps nobody waiting beyond the heartbeat.
start_job ... 14 'echo up; exec sleep 1000'
kill -STOP "$(pid_of_slave 5)"
kill -INT "$CLIENT"
end_job
like "a signal, and one that does not hear it: status" "$status" '^255$'
like "it is named" "$err" '^gproc: lost: 1:5: silent'
kill -CONT "$(pid_of_slave 5)"
wait_up 14
none_left "the signal"

# A client that reads nothing does not stretch the limit for the nodes.
for limit in 3 12 48; do # on a busy machine it may be over before the first line has come
	"$GPROC" -timeout=${limit}s e ... /bin/sh -c 'while :; do echo 0123456789; done' >"$T/out" 2>"$T/err" &
	client=$!
	until [ -s "$T/out" ] || ! kill -0 $client 2>/dev/null; do :; done
	[ ! -s "$T/out" ] || break
done
kill -STOP $client
until_true eval '[ -z "$(pgrep -f "echo 0123456789" | grep -vx $client)" ]'
is "-timeout with a client that stands still: the jobs end" "$(pgrep -f 'echo 0123456789' | grep -vxc $client)" 0
kill -CONT $client
wait $client
is "and the client hears of it" $? 124

head -c 60000000 /dev/urandom >"$T/file"
run "$GPROC" -start=1ms -f="$T/file" e 0:2:6,1 /bin/true
is "-start: status" "$status" 255
like "-start: who had not started" "$err" '^gproc: could not start: .*(1|0:2:6).*: it did not start within'
run "$GPROC" -start="$(limit 60)s" e ... /bin/true
is "-start, and all do" "$status$err" 0

# It ends when the others run.
run "$GPROC" -kill-on-bad e ... /bin/sh -c '[ "$GPROC_NODE" = 1:5:13 ] || exec sleep 1000
	until [ "$(pgrep -cx sleep)" = 13 ]; do :; done; exit 9'
is "-kill-on-bad: status" "$status" 9
is "-kill-on-bad: the bad one is named, and what became of the others" "$err" \
	"gproc: exit 9: 1:5:13
gproc: ended because of that: 0-1,0:2-3,1:4-5,0:2:6-7,0:3:8-9,1:4:10-11,1:5:12 (13)"
none_left -kill-on-bad

kill -KILL "$(pid_of_slave 13)"
wait_down 1
run "$GPROC" -strict e ... /bin/true
is "-strict: not at all when one is down" "$status" 255
like "-strict: which" "$err" '1:5:13'
run "$GPROC" e ... /bin/true
is "without it: the others" "$status" 0
like "and it is told" "$err" 'left out: 1:5:13'
run "$GPROC" e 0-3 /bin/true
is "a node that was never there: status" "$status" 255
like "and it is told" "$err" 'not there: 2-3'
done_testing
