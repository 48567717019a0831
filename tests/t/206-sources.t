#!/bin/bash
# Contents whose source dies or falls silent come from the next who has them: a client that is killed or stopped while its file is
# taken harms only its own job.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
start_master -heartbeat="$(span 2000)"
start_tree 7 3
job='cksum <"$0"'

# uploading: one client has a launch, and its file is on its way.
uploading() {
	head -c 40000000 /dev/urandom >"$T/file"
	sum=$(cksum <"$T/file")
	"$GPROC" -f="$T/file" e ./. /bin/sh -c "$job" "/tmp/xproc$T/file" >"$T/first.out" 2>"$T/first.err" 4>&- &
	first=$!
	until "$GPROC" ps | grep -q running; do :; done
}

# second NAME: another client wants the same file.
second() {
	run timeout "$(limit 60)" "$GPROC" -f="$T/file" e ./. /bin/sh -c "$job" "/tmp/xproc$T/file"
	is "$1: the other client's job has the file everywhere" "$status$err $(printf '%s\n' "$out" | grep -cx "$sum")" "0 7"
}

for round in 1 2 3; do
	uploading
	"$GPROC" -f="$T/file" e ./. /bin/sh -c "$job" "/tmp/xproc$T/file" >"$T/second.out" 2>"$T/second.err" &
	client=$!
	until [ "$("$GPROC" ps | grep -c running)" = 2 ]; do kill -0 $client 2>/dev/null || break; done
	{ kill -KILL $first; wait $first; } 2>/dev/null
	wait $client
	is "killed, round $round: the other job ends well" "$?$(cat "$T/second.err")" 0
	is "killed, round $round: the file is whole everywhere" "$(grep -cx "$sum" "$T/second.out")" 7
done

for round in 1 2 3; do
	uploading
	kill -STOP $first
	[ -s "$T/first.out" ] && diag "the first was quicker"
	second "stopped, round $round"
	kill -CONT $first
	wait $first
	is "stopped, round $round: and its own, when it goes on" "$? $(grep -cx "$sum" "$T/first.out")" "0 7"
done

# A client killed while nobody else wants it leaves nothing: its part of the file is given back.
free_now() {
	"$GPROC" ps | sed 1d | wc -l
}
for round in 1 2 3 4 5; do
	uploading
	{ kill -KILL $first; wait $first; } 2>/dev/null
	until [ "$(free_now)" = 0 ]; do :; done
done
run "$GPROC" e ./. /bin/true
is "all are free" "$status$err" 0

# An interior node that dies while the file passes through it; where that was quicker, while its job runs.
job="$job; flock -s /tmp/held true"
for round in 1 2 3; do
	hold
	uploading
	kill -KILL "$(pid_of_slave 1)"
	wait "$(pid_of_slave 1)" 2>/dev/null
	release
	wait $first
	is "on the way killed, round $round: the others have the file" "$? $(grep -cx "$sum" "$T/first.out") $(grep -c lost "$T/first.err")" "255 6 1"
	start_slave 1 master
	wait_up 7
done
done_testing
