#!/bin/sh
# Any node that dies or falls silent under a job gets one verdict, lost; the others, those below it too, run to their end; and the
# node can come back.
. tests/lib.sh
enter_namespaces "$@"
start_master -heartbeat="$(span 4000)"
start_deep

# The job says "up", stands still, says "end".
job='echo up; flock -s /tmp/held true; echo end $GPROC_NODE'

# verdict NAME PATH ENDS: what the last job should have come to: PATH lost, ENDS others at their end.
verdict() {
	is "$1: status" "$status" 255
	like "$1: $2 is named as lost" "$err" "^gproc: lost: $2: "
	is "$1: only $2" "$(printf '%s\n' "$err" | grep -c lost)" 1
	is "$1: the others reach their end, once" "$(printf '%s\n' "$out" | grep '^end' | sort -u | wc -l) of $(printf '%s\n' "$out" |
		grep -c '^end')" "$3 of $3"
}

# up_again NAME: all 14 are there, and free.
up_again() {
	wait_up 14
	run "$GPROC" e ... /bin/true
	is "$1: all nodes are free again" "$status$err" 0
}

# 13 is a leaf (1:5:13), 5 is above it (1:5), 1 above that; all three on the way to the master.
for victim in 13:1:5:13:slave5 5:1:5:slave1 1:1:master; do
	number=${victim%%:*} parent=${victim##*:}
	path=${victim#*:}
	path=${path%:*}

	hold
	start_job ... 14 "$job"
	kill -KILL "$(pid_of_slave "$number")"
	wait "$(pid_of_slave "$number")" 2>/dev/null
	release
	end_job
	verdict "$path killed" "$path" 13
	start_slave "$number" "$parent"
	up_again "$path killed"

	hold
	start_job ... 14 "$job"
	kill -STOP "$(pid_of_slave "$number")"
	wait_log "$T/master.log" "node $path (.*) is lost: silent"
	release
	kill -CONT "$(pid_of_slave "$number")"
	end_job
	verdict "$path stopped" "$path" 13
	up_again "$path stopped"

	hold
	start_job ... 14 "$job"
	kill -STOP "$(pid_of_slave "$number")"
	kill -CONT "$(pid_of_slave "$number")"
	release
	end_job
	is "$path stopped for less than the heartbeat harms nothing" "$status$err $(printf '%s\n' "$out" | grep -c '^end')" "0 14"
done

# A keeper that is killed: its node alone has a verdict, and says why.
hold
start_job ... 14 "$job"
until [ "$(pgrep -cP "$(pid_of_slave 13)")" = 1 ]; do :; done # those of earlier jobs may still be clearing away
keeper=$(pgrep -P "$(pid_of_slave 13)")
kill -KILL "$keeper"
release
end_job
is "a keeper killed: status" "$status" 255
like "and told" "$err" '^gproc: lost: 1:5:13: its keeper was killed'
is "the others reach their end" "$(printf '%s\n' "$out" | grep -v 1:5:13 | grep -c '^end')" 13
up_again "a keeper killed"

# A fork storm ends with its job.
start_job 1:5:13 1 'echo up; storm() { storm & storm & }; ulimit -u 300 2>/dev/null; i=0; while :; do sleep 1000 & i=$((i + 1)); [ $i -lt 200 ] || wait; done'
kill -KILL "$CLIENT"
end_job
up_again "a fork storm"
until_true none_called sleep # nobody waits for the end of a job whose client is gone
is "nothing of it is left" "$(pgrep -c sleep)" 0

end_tree
done_testing
