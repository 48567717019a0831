#!/bin/bash
# A node at a tenth of the rate: it ends the chain, and only it (and what is below it) waits. So it is in the middle, at the beginning, and where its way
# out alone is narrow, and with two or three in a row.
. tests/lib.sh
TEST_SHELL=bash
enter_namespaces "$@"
. tests/wires.sh

SIZE=6000000
narrow_out() {
	eval "narrow_pid=\$HOST_$1"
	nsenter -t "$narrow_pid" -n tc qdisc replace dev eth0 root tbf rate "$2" burst 32kb latency 100ms
}

# brought NODES OUT: all bring it, and print in hundredths of a second how long that took each, sorted by node.
brought() {
	fresh file $SIZE
	count_wires
	read -r began _ </proc/uptime
	run on master "$GPROC" -localbin -l -f=/tmp/file e "$1" /bin/sh -c 'cksum </tmp/xproc/tmp/file; cut -d " " -f 1 /proc/uptime'
	is "all have it" "$status $(printf '%s\n' "$out" | grep -c "$fresh_sum")" "0 $2"
	took=$(printf '%s\n' "$out" | grep -v "$fresh_sum" | awk -v began="$began" '{ sub(":$", "", $1); print $1, int(100 * ($2 - began)) }' | sort -n)
}

# only WHAT TENTHS SLOW...: the others took less than so many tenths of the time of the quickest of the slow ones.
only() {
	local what=$1 tenths=$2
	shift 2
	ok "$what: only those wait ($(printf '%s' "$took" | tr '\n' ','))" awk -v tenths="$tenths" -v slow=" $* " '
		index(slow, " " $1 " ") { if (!least || $2 < least) least = $2; next }
		$2 > most { most = $2 }
		END { exit !(10 * most < tenths * least) }' <<<"$took"
	count_wires
	ok "$what: and the master does not send it to each ($out_master bytes)" test "$out_master" -le $((SIZE * 31 / 10))
}

start_cabled 20mbit "" $(flat 8)
run on master "$GPROC" -localbin e . /bin/true

# case_of WHAT TENTHS SLOW...
case_of() {
	local i what=$1 tenths=$2
	shift 2
	for i in "$@"; do shape "slave$i" 2mbit; done
	brought . 8
	only "$what" "$tenths" "$@"
	for i in "$@"; do shape "slave$i" 20mbit; done
}
case_of "in the middle" 5 3
case_of "two in a row" 6 3 4
case_of "three in a row" 8 2 3 4
case_of "at the beginning" 5 0
narrow_out slave3 2mbit
brought . 8 # some 24 s, were it asked to the end
ok "a narrow way out is left out ($(printf '%s' "$took" | tr '\n' ','))" awk '{ if ($2 > most) most = $2 } END { exit !(most < 1800) }' <<<"$took"
end_tree
done_testing
