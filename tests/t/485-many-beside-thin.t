#!/bin/sh
# While contents pass through a node that has no room for them, and stand still, a launch of very many files costs it as much as before: by the
# square of their number it was silent for so long that it was given up. Counted in processor time, as in 473.
. tests/lib.sh
enter_namespaces "$@"
users
[ -r /proc/self/schedstat ] || skip_all "the kernel does not count a process's time in nanoseconds"
built thief
cd / || exit 1
start_master -users=1001 -store=4g
start_slave 0 master -store=1g
start_slave 1 slave0 -store=4g
wait_up 2
mkfifo "$T/said"
alice "$thief" /tmp/g 0:1 silent private q >"$T/said" &
client=$!
exec 3<"$T/said"
while IFS= read -r said <&3 && [ "$said" != "asked loot 1001" ]; do :; done
is "one launch stands still" "$said" "asked loot 1001"
# guess COUNT: $cost is what it cost the node.
spent() {
	read -r spent_ns _ <"/proc/$1/schedstat"
	echo $((spent_ns / 1000000))
}
guess() {
	cost=$(spent "$SLAVE_0")
	is "$1 contents are asked for" "$(alice "$thief" /tmp/g 0 guess private "of$1-" "$1" | sed -n '/all asked/p')" "all asked"
	cost=$(($(spent "$SLAVE_0") - cost))
}
guess 1000
guess 2500
few=$cost
guess 20000
ok "eight times as many cost no more than twenty-four times: $few and $cost ms" test "$cost" -le $((24 * (few + 5)))
kill "$client"
kill -INT "$MASTER"
wait
done_testing
