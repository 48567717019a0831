#!/bin/bash
# Input when nodes die: a lost one holds up nobody; those behind one that was only on the way get every byte, once.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
start_master
start_deep
head -c 24M /dev/urandom >"$T/large"
sum=$(sha256sum <"$T/large" | tr -s ' ')

# feeding NODES: a job there that copies its input, one half of it after release; returns when each has begun to read.
feeding() {
	start_fed "$1" "$2" 'head -c 4M >"/tmp/in.$GPROC_JOB.$GPROC_RANK"; echo half
		flock -s /tmp/held true; cat >>"/tmp/in.$GPROC_JOB.$GPROC_RANK"; sha256sum <"/tmp/in.$GPROC_JOB.$GPROC_RANK"; rm "/tmp/in.$GPROC_JOB.$GPROC_RANK"'
}
start_fed() {
	rm -f "$T/job.fifo"
	mkfifo "$T/job.fifo"
	"$GPROC" -cwd=/tmp e "$1" /bin/sh -c "$3" <"$T/large" >"$T/job.fifo" 2>"$T/job.err" 4>&- &
	CLIENT=$!
	exec 3<"$T/job.fifo"
	: >"$T/job.out"
	for ((i = 0; i < $2; i++)); do read -r line <&3; done
}

hold
feeding 0:2:6-7,1:5:12-13,0:3:8 5
{ kill -KILL "$(pid_of_slave 2)" "$(pid_of_slave 5)"; wait "$(pid_of_slave 2)" "$(pid_of_slave 5)"; } 2>/dev/null
release
end_job
is "two on the way die in the middle: all five have all" "$status$err $(printf '%s\n' "$out" | sort | uniq -c | tr -s ' ')" "0  5 $sum"
start_slave 2 slave0
start_slave 5 slave1
wait_up 14

# While it flows, without a pause.
for victim in 0 4 1; do
	"$GPROC" e 0:2:6-7,1:4:10-11,1:5:12 sha256sum <"$T/large" >"$T/out" 2>&1 &
	client=$!
	until [ "$(awk '/^rchar/ { print $2 }' /proc/$client/io)" -gt 6000000 ]; do kill -0 $client || break; done
	{ kill -KILL "$(pid_of_slave $victim)"; wait "$(pid_of_slave $victim)"; } 2>/dev/null
	wait $client
	is "$victim dies while it flows: all five have all" "$? $(sort "$T/out" | uniq -c | tr -s ' ')" "0  5 $sum"
	start_slave $victim "$(deep_parent $victim)"
	wait_up 14
done

# A chosen node, and one that stands still until it is lost.
hold
feeding 0:2:6-7,1:5:12-13 4
{ kill -KILL "$(pid_of_slave 6)"; wait "$(pid_of_slave 6)"; } 2>/dev/null
until_true eval '[ "$(pgrep -cx flock)" = 3 ]' # what the dead one ran has gone with it
release
end_job
is "a chosen node is lost: the other three have all" "$status $(printf '%s\n' "$out" | sort | uniq -c | tr -s ' ')" "255  3 $sum"
like "and it is named" "$err" '^gproc: lost: 0:2:6: '
is "no file is left half written but the lost one's" "$(ls /tmp/in.* 2>/dev/null | wc -l)" 1
rm -f /tmp/in.*

# The client goes in the middle of its input.
hold
feeding 0:2:7,1:5:12-13 3
{ kill -KILL "$CLIENT"; wait "$CLIENT"; } 2>/dev/null
release
exec 3<&-
until_true no_job
is "a client that is killed takes its job along" "$("$GPROC" ps | wc -l)" 1
run "$GPROC" e 0:2:7,1:5:12-13 echo fine
is "and nothing else" "$status$err $(echo $out)" "0 fine fine fine"
done_testing
