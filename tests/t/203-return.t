#!/bin/sh
# A node that was told as lost and comes back kills what it was told lost for, silent or not, before and after its launch is over.
. tests/lib.sh
enter_namespaces "$@"
start_master -heartbeat="$(span 2000)"
start_deep

# sleepers: how many of the jobs' processes live.
sleepers() {
	pgrep -cx sleep
}

# no_sleepers: they end, in good time.
no_sleepers() {
	until_true eval '[ "$(sleepers)" = '"${1:-0} ]"
	sleepers
}

for victim in 13:1:5:13 5:1:5 1:1; do
	number=${victim%%:*} path=${victim#*:}
	# Only there: the launch is over before the node is back.
	start_job "$path" 1 'echo up; exec sleep 1000'
	kill -STOP "$(pid_of_slave "$number")"
	end_job
	is "$path stands still: status" "$status" 255
	like "$path: told" "$err" "^gproc: lost: $path: silent for"
	kill -CONT "$(pid_of_slave "$number")"
	wait_up 14
	is "$path is back: its job is gone" "$(no_sleepers)" 0

	# Everywhere: the launch goes on.
	start_job ... 14 'echo up; exec sleep 1000'
	kill -STOP "$(pid_of_slave "$number")"
	until "$GPROC" i | head -n 1 | grep -Eq "down: (.*,)?$path(,|\$)"; do :; done
	kill -CONT "$(pid_of_slave "$number")"
	wait_up 14
	is "$path is back while the others go on: its part alone is gone" "$(no_sleepers 13)" 13
	kill -INT "$CLIENT"
	end_job
	is "$path: the others end by the signal" "$status $(no_sleepers)" "255 0"
	run "$GPROC" e ... /bin/true
	is "$path: all are free" "$status$err" 0
done

# Started anew it is another one: nobody takes its verdict for the first one's.
start_job ... 14 'echo up; [ "$GPROC_NODE" = 1:5 ] && exec sleep 1000; exit 0'
kill -KILL "$(pid_of_slave 5)"
wait "$(pid_of_slave 5)" 2>/dev/null
start_slave 5 slave1
end_job
is "started anew: lost" "$status" 255
like "and told" "$err" '^gproc: lost: 1:5: '
wait_up 14
is "its keeper has gone with it" "$(no_sleepers)" 0
done_testing
