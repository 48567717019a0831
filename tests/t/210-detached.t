#!/bin/bash
# A detached job outlives its client and the deaths of nodes on the way, can be killed, and its numbers are its own; a node that
# comes twice is refused the second time; a link that comes and goes hurts nobody.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
start_master -heartbeat="$(span 2000)"
start_deep
run "$GPROC" -detach e 0:2:6-7,1:5 /bin/sleep 1000
is "detached: the client returns" "$status$err" 0
job=$out
is "and the job runs" "$(pgrep -cx sleep)" 3
kill -KILL "$(pid_of_slave 2)"
wait "$(pid_of_slave 2)" 2>/dev/null
wait_down 1
is "a death on the way does not end it" "$(pgrep -cx sleep)" 3
run "$GPROC" kill "$job"
is "kill ends it, on adopted nodes too" "$status$err" 0
until_true none_called sleep
is "everywhere" "$(pgrep -cx sleep)" 0
start_slave 2 slave0
wait_up 14

# The same id twice: the second is refused, and told why.
"$GPROC" -myParent=slave1 -myId=5 -myAddress=127.9.9.9 s >"$T/twin.log" 2>&1 &
twin=$!
wait_log "$T/twin.log" 'there is a node 1:5 already'
run "$GPROC" e 1:5 /bin/uname -n
is "the first keeps its place" "$out$err" slave5
kill -KILL "$(pid_of_slave 5)"
wait "$(pid_of_slave 5)" 2>/dev/null
until_true eval '"$GPROC" i 1:5 2>/dev/null | grep -q 127.9.9.9'
wait_up 14
run "$GPROC" e 1:5 /bin/uname -n
is "when it dies the other takes it" "$out$err" master
kill -INT $twin
wait $twin 2>/dev/null
wait_down 1
start_slave 5 slave1
wait_up 14

# Flapping: each time the node on the way comes and goes, jobs below it go on.
hold
start_job 1:4:10-11 2 'echo up; flock -s /tmp/held true; echo end'
for i in 1 2 3 4 5 6; do
	kill -KILL "$(pid_of_slave 4)"
	wait "$(pid_of_slave 4)" 2>/dev/null
	wait_down 1
	start_slave 4 slave1 4>&- # whoever has it open holds the jobs
	wait_up 14
done
release
end_job
is "six deaths on the way" "$status$err $(printf '%s\n' "$out" | grep -c end)" "0 2"
run "$GPROC" e ... /bin/true
is "all are free" "$status$err" 0
done_testing
