#!/bin/bash
# A node in the middle of the chain is killed, stopped, cut off, or all three by turns: those behind it have the rest from the parent, at the offset
# reached, and only that node is lost. One link to the parent takes its place: no storm.
. tests/lib.sh
TEST_SHELL=bash
enter_namespaces "$@"
. tests/wires.sh

SIZE=6000000
has_part() { # NAME BYTES: so much has come to it since count_wires
	local pid
	eval "pid=\$HOST_$1 before=\$was_in_$1"
	[ "$(awk -v dev="v$pid:" '$1 == dev { print $10 }' /proc/net/dev)" -gt $((before + $2)) ]
}

end_it() { kill -KILL "$1"; }
stop_it() { kill -STOP "$1"; }
cut_it() { ip link set "v$1" down; }

# case_of HOW: what is done to node 3 of 8 in the midst.
case_of() {
	start_cabled 8mbit "-heartbeat=$(span 3000) -grace=$(span 20000)" $(flat 8)
	run on master "$GPROC" -localbin e . /bin/true
	fresh file $SIZE
	count_wires
	on master "$GPROC" -localbin -f=/tmp/file e . /bin/sh -c "cksum </tmp/xproc/tmp/file" >"$T/out" 2>"$T/err" &
	client=$!
	until_true has_part slave5 1500000
	"$1" "$HOST_slave3"
	status=0
	wait $client || status=$?
	is "$1: the seven others have all of it" "$(sort "$T/out" | uniq -c | sed 's/^ *//')" "7 $fresh_sum"
	like "$1: node 3 alone is lost" "$(cat "$T/err")" "^gproc: lost: 3: "
	is "$1: and the status says so" "$status $(grep -c lost "$T/err")" "255 1"
	count_wires
	for i in 0 1 2 4 5 6; do
		out=out_slave$i
		ok "$1: node $i sent it once at most (${!out} bytes)" test "${!out}" -le $((SIZE * 13 / 10 + 200000))
	done
	ok "$1: the master sent the rest once more ($out_master bytes)" test "$out_master" -le $((SIZE * 21 / 10 + 200000))
	kill -CONT "$HOST_slave3" 2>/dev/null
	kill -INT "$MASTER"
	for i in $CABLED; do eval "kill -KILL \$HOST_$i"; done 2>/dev/null
	wait
} 2>/dev/null

case_of end_it
case_of stop_it
case_of cut_it
done_testing
