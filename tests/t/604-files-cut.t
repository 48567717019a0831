#!/bin/sh
# cp and get where a node's cable is pulled in the middle: it is told, what is there is whole, and the other nodes have theirs.
. tests/lib.sh
enter_namespaces "$@"
. tests/wires.sh
start_network
"$GPROC" keygen 2>/dev/null
host master "$GPROC" -heartbeat="$(span 2000)" m
MASTER=$HOST
until on master "$GPROC" i >/dev/null 2>&1; do kill -0 "$MASTER" || break; done
for i in 0 1; do host "slave$i" "$GPROC" -myParent=master -myId="hostname hostbase" -myAddress=hostname; done
up_on master 2
host slave3 "$GPROC" -myParent=slave0 -myId=3 -myAddress=hostname
up_on master 3
for i in 0 1 3; do eval "tmp$i=/proc/\$HOST_slave$i/root/tmp"; done
cd "/proc/$HOST_master/root/tmp" || exit 1
# client MODE...: in the background, as the master's machine has it. Over its cable all of a file takes seconds.
client() {
	shape master 100mbit
	nsenter -t "$HOST_master" -u -n -m -r --wdns="$REPO" "$GPROC" "$@" 2>"$T/err" &
	client=$!
}
head -c 40000000 /dev/urandom >large
head -c 40000000 /dev/urandom >second

# midway WHICH BYTES: the client is stopped when it has read or written so many: then no more than windows are on their way.
midway() {
	until [ "$(awk -v which="$1:" '$1 == which { print $2 }' "/proc/$client/io")" -gt "$2" ]; do kill -0 "$client" || return; done
	kill -STOP "$client"
	shape master none
}
pull() {
	ip link set "v$HOST_slave3" down
	kill -CONT "$client"
	wait "$client"
	status=$?
	ip link set "v$HOST_slave3" up
	on master "$GPROC" i -wait=3 -timeout="$LIMIT_UP" >/dev/null
	err=$(sed 's/silent for [0-9]* s/silent/' "$T/err")
}
client cp 0/3,1 /tmp/large /tmp/large
midway rchar 41000000
pull
is "cp: it is told" "$status $err" "255 gproc: lost: 0:3: silent"
is "the others have it" "$(cmp large "$tmp0/large" && cmp large "$tmp1/large" && echo same)" same
is "there is nothing of it" "$(find "$tmp3" -name 'large' -o -name '.gproc-*')" ""
run on master "$GPROC" cp 0/3,1 /tmp/large /tmp/large
is "and when it is back it takes the copy" "$status $err $(cmp large "$tmp3/large" && echo same)" "0  same"

for tmp in "$tmp0" "$tmp1" "$tmp3"; do cp second "$tmp/second"; done
client get 0/3,1 /tmp/second /tmp/to
midway wchar 1000000
pull
is "get: it is told" "$status $err" "255 gproc: lost: 0:3: silent"
is "the others' files are whole, and of its own there is nothing" \
	"$(cmp second to/0/second && cmp second to/1/second && echo same; find to -type f | sort | tr '\n' ' ')" "same
to/0/second to/1/second "
run on master "$GPROC" get 0/3,1 /tmp/second /tmp/to
is "and when it is back it comes" "$status $err $(cmp second to/0:3/second && echo same)" "0  same"
end_tree
done_testing
