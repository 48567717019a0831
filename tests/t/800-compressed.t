#!/bin/bash
# What shrinks goes deflated over every wire, deflated once on its way; what doesn't, and what stays on one machine, goes as it is. Counted on cables.
. tests/lib.sh
TEST_SHELL=bash
enter_namespaces "$@"
. tests/wires.sh

SIZE=4000000
make_contents() {
	local root=/proc/$MASTER/root/tmp
	cat /usr/lib/*-linux-gnu*/*.so* /lib/*-linux-gnu*/*.so* 2>/dev/null | head -c $SIZE >"$root/libraries"
	seq 1 9999999 | sed 's/$/ nodes were asked, and answered/' | head -c $SIZE >"$root/text"
	head -c $SIZE /dev/urandom >"$root/random"
	cat /usr/lib/*-linux-gnu*/*.so* 2>/dev/null | gzip -1 2>/dev/null | head -c $SIZE >"$root/compressed"
	[ "$(cat "$root"/{libraries,text,random,compressed} | wc -c)" = $((4 * SIZE)) ]
}

# least NAME: bytes that a wire must carry of it.
least() {
	gzip -1 <"/proc/$MASTER/root/tmp/$1" | wc -c | { read -r least_size; echo $((least_size < SIZE ? least_size : SIZE)); }
}

# send NAME NODES COUNT: a launch that brings that file to so many nodes, whole.
send() {
	local want
	want=$(cksum <"/proc/$MASTER/root/tmp/$1")
	count_wires
	run on master "$GPROC" -localbin -f="/tmp/$1" e "$2" /bin/sh -c "cksum </tmp/xproc/tmp/$1"
	count_wires
	is "$1: all of it is on $3 nodes" "$status $(printf '%s\n' "$out" | sort | uniq -c | sed 's/^ *//')" "0 $3 $want"
}

# at_most NAME WIRE BYTES FACTOR: in tenths, of what must go over it; and what a launch takes beside.
at_most() {
	ok "$1: $2 carries it about once ($3 bytes)" test "$3" -le $(($4 * $(least "$1") / 10 + 150000))
}

# Three levels, each node below the one before it: what came deflated is handed on as it came.
start_cabled 100mbit "" 0:m 1:0 2:1
make_contents || exit
send text '...' 3
for i in master slave0 slave1; do out=out_$i; at_most text $i "${!out}" 12; done
for rate in 100mbit 10mbit; do
	for i in $CABLED; do shape "$i" $rate; done
	for name in libraries random compressed; do
		printf x >>"/proc/$MASTER/root/tmp/$name" # another object than before
		send $name '...' 3
		for i in master slave0 slave1; do out=out_$i; at_most $name $i "${!out}" 12; done
	done
done

# A store that has it whole deflates what it gives to who comes late.
printf y >>"/proc/$MASTER/root/tmp/libraries"
send libraries 0 1
send libraries 0:1 1
at_most libraries slave0 "$out_slave0" 12
is "the master had nothing more to send" "$((out_master < 150000))" 1
kill -INT "$MASTER"
wait

# On one machine nothing is deflated: it would only cost.
lo_bytes() { awk '$1 == "lo:" { print $2 }' /proc/net/dev; }
rm -f /etc/hosts
{ echo 127.0.0.1 localhost master; host_lines 1024; } >/etc/hosts
ip link set lo up
start_master
start_flat 2
head -c 4000000 /dev/zero | tr '\0' x >"$T/plain"
before=$(lo_bytes)
run "$GPROC" -localbin -f="$T/plain" e . /bin/sh -c "cksum <'/tmp/xproc$T/plain'"
is "two nodes on this machine have it" "$status $(printf '%s\n' "$out" | sort | uniq -c | sed 's/^ *//')" "0 2 $(cksum <"$T/plain")"
bytes=$(($(lo_bytes) - before))
ok "and it went over loopback as it is, to each ($bytes bytes)" test $bytes -gt 7900000 -a $bytes -lt 9500000
end_tree
done_testing
