#!/bin/bash
# Nodes feed each other: however many are below a master, large contents cross each wire about once, and the time is that of one wire.
. tests/lib.sh
TEST_SHELL=bash
enter_namespaces "$@"
. tests/wires.sh

SIZE=6000000

# one_file SWITCHES
one_file() {
	local alone
	start_cabled 30mbit "$1" $(flat 16)
	run on master "$GPROC" -localbin e . /bin/true
	fresh one $SIZE
	bring one 0
	alone=$took
	all_have 1
	fresh all $SIZE
	count_wires
	bring all .
	all_have 16
	wires_at_most $SIZE "16 nodes, ${1:-sealed}"
	ok "in not much more time than one node takes ($took ms, $alone)" test "$took" -lt $((3 * alone))
	kill -INT "$MASTER"
	wait
}

one_file ""
one_file -key=none

start_cabled 30mbit "" $(flat 8)
fresh left $SIZE
left_sum=$fresh_sum
fresh right $SIZE
count_wires
on master "$GPROC" -localbin -f=/tmp/left e . /bin/sh -c "cksum </tmp/xproc/tmp/left" >"$T/left.out" 2>&1 &
other=$!
bring right 2-7
all_have 6
wait $other
is "at the same time 8 have another file" "$(sort "$T/left.out" | uniq -c | sed 's/^ *//')" "8 $left_sum"
wires_at_most $((2 * SIZE)) "two launches at once"
end_tree
done_testing
