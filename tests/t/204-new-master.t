#!/bin/bash
# A master that is killed and started again has its whole tree within seconds, and what its forerunner had started ends, on each
# level, silent or not; what it starts itself outlives the deaths of nodes on the way as ever.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
start_master -heartbeat="$(span 2000)" -grace="$(span 20000)"
start_deep

until_none() {
	until_true none_called sleep
	pgrep -cx sleep
}

for round in 1 2 3 4 5; do
	start_job ... 14 'echo up; exec sleep 1000'
	pids=$(gprocs_left | grep -vx "$MASTER" | grep -vx "$CLIENT" | tr '\n' ' ')
	{ kill -KILL "$MASTER"; wait "$MASTER"; } 2>/dev/null
	end_job
	is "the client is told" "$status" 255
	like "and which nodes it does not know of" "$err" '^gproc: lost: 0-1,.*: '
	now
	before=$now
	start_master -heartbeat="$(span 2000)" -grace="$(span 20000)"
	wait_up 14
	now
	ok "the tree is whole within ten seconds" test $((now - before)) -le $(($(limit 10) * 1000))
	is "what the old master had started is ended" "$(until_none)" 0
	run "$GPROC" e ... /bin/true
	is "all are free" "$status$err" 0
done

# What had ended before the master did keeps its verdict.
start_job 0-1,0:2 3 'echo up; [ $GPROC_NODE != 0 ] || exit 3; exec sleep 1000'
until "$GPROC" ps | grep -q ' 1,0:2'; do :; done
{ kill -KILL "$MASTER"; wait "$MASTER"; } 2>/dev/null
end_job
is "ended before: status" "$status" 255
like "ended before: its own verdict" "$err" '^gproc: exit 3: 0$'
like "ended before: the others" "$err" '^gproc: lost: 1,0:2 \(2\): the master is gone$'
start_master -heartbeat="$(span 2000)" -grace="$(span 20000)"
wait_up 14
is "nothing is left of it" "$(until_none)" 0

# Nodes that did not lose their own parent know of the new master too.
hold
start_job 0:2:6-7,1:5:12-13 4 'echo up; flock -s /tmp/held true; echo end'
kill -KILL "$(pid_of_slave 2)" "$(pid_of_slave 1)"
release
end_job
is "jobs of the new master survive an adoption" "$status$err $(printf '%s\n' "$out" | grep -c end)" "0 4"
done_testing
