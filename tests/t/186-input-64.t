#!/bin/bash
# Input through a tree of 8 x 8, to all 72 nodes of it and to the 64 leaves: whole, once over each link, in little memory. MEBIBYTES=1024 SPECS=./.: 1 GB.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
mebibytes=${MEBIBYTES:-24}
head -c ${mebibytes}M /dev/urandom >"$T/large"
chmod 644 "$T/large"
start_master
start_tree 72 8

# Of each daemon the peak, in KiB: the master's, then the nodes'.
peaks() {
	for pid in $MASTER $(for ((i = 0; i < 72; i++)); do pid_of_slave $i; done); do
		awk '/^VmHWM/ { print $2 }' "/proc/$pid/status"
	done
}
# Bytes that the loopback has carried.
carried() { awk '/lo:/ { print $2 }' /proc/net/dev; }

for spec in ${SPECS:-./. 0-7:.}; do
	count=64
	[ $spec != ./. ] || count=72
	"$GPROC" e $spec true </dev/null
	peaks >"$T/before"
	before=$(carried)
	status=0
	out=$("$GPROC" -timeout="$(limit 900)s" e $spec sh -c 'cmp - "$0" && echo whole' "$T/large" <"$T/large" 2>&1) || status=$?
	after=$(carried)
	is "whole on all $count" "$status $(printf '%s\n' "$out" | sort | uniq -c | tr -s ' ')" "0  $count whole"
	# See "What a daemon may hold": one job, no link that stands still.
	more=$(peaks | paste "$T/before" - | awk '{ print $2 - $1 }' | sort -n | tail -n 1)
	ok "the fattest of 73 daemons takes $more KiB more, at most 1024" test "$more" -le 1024
	links=$(((after - before) * 100 / (mebibytes << 20)))
	ok "it went once over each of 72 links: $links hundredths of it were carried" test $links -lt 7900 -a $links -ge 7200
done
done_testing
