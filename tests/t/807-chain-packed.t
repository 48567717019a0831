#!/bin/bash
# What shrinks goes deflated from node to node of a chain, over each wire about once, and as the first who deflated it did it: those behind hand it on.
. tests/lib.sh
TEST_SHELL=bash
enter_namespaces "$@"
. tests/wires.sh
built sham

SIZE=8000000
# between NODE NAME BYTES LEAST MOST: of what went over that cable, in hundredths of the bytes given, and what a launch takes beside.
between() {
	ok "$2 $1: $3 bytes" test "$3" -ge $(($4 * $5 / 100)) -a "$3" -le $(($4 * $6 / 100 + 150000))
}

start_cabled 20mbit "" $(flat 8)
run on master "$GPROC" -localbin e . /bin/true
root=/proc/$MASTER/root/tmp
cat /usr/lib/*-linux-gnu*/*.so* /lib/*-linux-gnu*/*.so* 2>/dev/null | head -c $SIZE >"$root/libraries"
fresh_sum=$(cksum <"$root/libraries")
least=$(gzip -1 <"$root/libraries" | wc -c)
count_wires
bring libraries .
all_have 8
count_wires
for i in 0 1 2 3 4 5 6 7; do
	in=in_slave$i out=out_slave$i
	between "$i" "to node" ${!in} "$least" 90 120
	between "$i" "out of node" ${!out} "$least" 0 120
done
between "" "out of the master" "$out_master" "$least" 90 130
kill -INT "$MASTER"
wait

# A node that deflates as none of them does, to ten times as many bytes: those behind it hand on what it sent, and deflate nothing anew.
start_cabled 20mbit -key=none 0:m 2:m 3:m 4:m
host slave1 "$sham" node 10.9.254.1 1 huffman
CABLED="$CABLED slave1"
shape slave1 20mbit
up_on master 5
run on master "$GPROC" -localbin e 0,2-4 /bin/true
root=/proc/$MASTER/root/tmp
seq 1 9999999 | sed 's/$/ nodes were asked, and answered, by node/' | head -c $SIZE >"$root/text"
fresh_sum=$(cksum <"$root/text")
count_wires
bring text 0-4
all_have 4
like "the node that deflates so was asked" "$(cat "$T/slave1.log")" asked
count_wires
ok "and sent far more than a node deflates it to ($out_slave1 bytes)" test "$out_slave1" -gt $((5 * $(gzip -1 <"$root/text" | wc -c)))
for i in 2 3 4; do
	in=in_slave$i
	between $i "to node" ${!in} "$out_slave1" 90 110
done
end_tree
done_testing
