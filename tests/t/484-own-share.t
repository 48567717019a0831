#!/bin/sh
# Who lies about what files take, or lets contents that lie in a node's store be pinned again, has no more of it than their share: others'
# launches begin meanwhile. Done with a client of the user's own.
. tests/lib.sh
enter_namespaces "$@"
users
built thief
as() {
	as_id=$1
	shift
	setpriv --reuid="$as_id" --regid="$as_id" --clear-groups timeout "$(limit 120)" "$@"
}
cd / || exit 1
start_master -users=1001,1002 -store=256m
start_slave 0 master -store=64m
wait_up 1

# lie NAME REASON WORDS...: her launch goes no further than to that reason, while her client stays there.
lie() {
	lie_name=$1 lie_reason=$2
	shift 2
	rm -f "$T/told"
	mkfifo "$T/told"
	as 1001 "$thief" /tmp/g 0 "$@" >"$T/told" 2>&1 &
	lie_client=$!
	exec 3<"$T/told"
	IFS= read -r told <&3 # she is asked for her manifest
	while case $told in failed* | *exited*) false ;; esac && IFS= read -r told <&3; do :; done
	like "$lie_name" "$told" "$lie_reason"
	run as 1002 "$GPROC" e 0 /bin/echo fine
	is "and another user's program starts: $lie_name" "$status$out$err" 0fine
	exec 3<&-
	wait "$lie_client"
}
lie "what are no holes" 'failed.*more holes than it has' holes private x 100
lie "a manifest of 100 MiB" 'failed.*(the manifest is refused: it is too big|do not fit|there are .* to be had)' book private z 100
lie "honest files that are too many" 'failed it needs .* of the store.s 64.0 MiB' bulk private b 48
lie "half as many" 'exited 0' bulk private b 24
lie "the other half" 'exited 0' bulk private b 24 24
lie "both, which lie there" 'failed it needs .* of the store.s 64.0 MiB' bulk private b 48
lie "one more time half of it" 'exited 0' bulk private b 24

# What a claim of large files costs the node grows with their number, not with its square: in processor time, as in 473.
spent() {
	read -r spent_ns _ <"/proc/$1/schedstat"
	echo $((spent_ns / 1000000))
}
# claim COUNT: $cost is what it cost the node.
claim() {
	cost=$(spent "$SLAVE_0")
	like "$1 large files are more than there is room for" "$(as 1001 "$thief" /tmp/g 0 large private "of$1-" "$1")" 'failed it needs'
	cost=$(($(spent "$SLAVE_0") - cost))
}
if [ -r /proc/self/schedstat ]; then
	claim 5000
	few=$cost
	claim 40000
	ok "eight times as many cost no more than twenty-four times: $few and $cost ms" test "$cost" -le $((24 * (few + 5)))
fi
kill -INT "$MASTER"
wait
done_testing
