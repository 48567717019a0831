#!/bin/sh
# The cluster key in use: who may read it, changing it without a moment at which nodes can't meet, and links without one.
. tests/lib.sh
enter_namespaces "$@"
cd / || exit 1
one="$T/one" two="$T/two"
"$GPROC" keygen -key="$one" 2>/dev/null
"$GPROC" keygen -key="$two" 2>/dev/null
key_line() {
	grep -v '^#' "$1"
}
# keys FILE KEY...: a key file of them, in that order.
keys() {
	keys_file=$1
	shift
	for key in "$@"; do key_line "$key"; done >"$keys_file"
	chmod 600 "$keys_file"
}
# meet NAME MASTER'S SLAVE'S: nodes with those key files make a tree.
meet() {
	start_master -key="$2"
	start_slave 0 master -key="$3"
	run "$GPROC" i -wait=1 -timeout="$(limit 20)s"
	is "$1" "$status" 0
	kill -INT "$MASTER"
	wait
}
keys "$T/old" "$one"
keys "$T/both" "$one" "$two"
keys "$T/turned" "$two" "$one"
keys "$T/new" "$two"
meet "step 1: the second key is known to the master" "$T/both" "$T/old"
meet "or first to the slave" "$T/old" "$T/both"
meet "step 2: it is offered by the slave" "$T/both" "$T/turned"
meet "or only by the master" "$T/turned" "$T/both"
meet "step 3: the first is gone from the master" "$T/new" "$T/turned"
meet "and from the slave" "$T/turned" "$T/new"
start_master -key="$T/new"
"$GPROC" -key="$T/old" -myParent=master -myAddress=127.0.1.1 s >"$T/late.log" 2>&1 &
late=$!
until [ -s "$T/late.log" ]; do kill -0 $late || break; done
like "who has only the old one is out" "$(cat "$T/late.log")" "the peer's key is [0-9a-f]{8}, ours [0-9a-f]{8}"
kill $late
kill -INT "$MASTER"
wait

for mode in 640 604 660 666; do
	chmod "$mode" "$T/new"
	run "$GPROC" -key="$T/new" -myAddress=127.0.0.1 m
	is "a master does not start with a key of mode $mode" "$status" 255
	like "and says what puts it right" "$err" "chmod 600 $T/new"
	run "$GPROC" -key="$T/new" s
	is "nor a slave" "$status" 255
done
chmod 600 "$T/new"
chown 1001 "$T/new"
run "$GPROC" -key="$T/new" -myAddress=127.0.0.1 m
is "nor with one that another user could change" "$status" 255

start_master -key=none
start_slave 0 master -key=none
run "$GPROC" i -wait=1 -timeout="$(limit 20)s"
is "without a key on both ends nodes meet" "$status" 0
run grep -c 'cluster.s key' "$T/master.log"
is "and none is made" "$out" 0
ok "not even a file" test ! -e /etc/gproc/key
kill -INT "$MASTER"
wait
done_testing
