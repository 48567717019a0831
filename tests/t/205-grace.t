#!/bin/sh
# Without a master for longer than the grace every node ends its jobs, those too that have their parent; and waits for the next one.
. tests/lib.sh
enter_namespaces "$@"
start_master -heartbeat="$(span 2000)" -grace="$(span 4000)"
start_deep
start_job ... 14 'echo up; trap "" TERM INT HUP; while :; do sleep 1000; done'
kill -KILL "$MASTER"
wait "$MASTER" 2>/dev/null
end_job
is "the client is told" "$status" 255
is "each node once" "$(printf '%s\n' "$err" | grep -c 'lost: ')" 1
for i in 0 1; do wait_log "$T/slave$i.log" "without the master for $(limit 4) s: ending the jobs here"; done
until_true none_called sleep
is "nothing of the job is left on any level" "$(pgrep -cx sleep)" 0
slaves_alone() { [ "$(gprocs_left | wc -l)" -le 14 ]; }
until_true slaves_alone # a keeper ends behind its program
is "all slaves are there" "$(gprocs_left | wc -l)" 14
start_master -heartbeat="$(span 2000)" -grace="$(span 4000)"
wait_up 14
run "$GPROC" e ... /bin/true
is "and free for the next master" "$status$err" 0

# Stopped for longer than the heartbeat, but not than the grace: it is the same master, and its nodes were lost to it.
start_job ... 14 'echo up; exec sleep 1000'
kill -STOP "$MASTER"
wait_log "$T/slave0.log" 'lost the parent 127.0.0.1:6666: silent'
wait_log "$T/slave1.log" 'lost the parent 127.0.0.1:6666: silent'
kill -CONT "$MASTER"
"$GPROC" i -wait=14 -timeout="$LIMIT_UP" >/dev/null
kill -INT "$CLIENT"
end_job
is "a master that stood still gives each node a verdict" "$status" 255
run "$GPROC" e ... /bin/true
is "and all are free" "$status$err" 0
until_true none_called sleep
is "nothing is left of it" "$(pgrep -cx sleep)" 0
done_testing
