#!/bin/sh
# Who comes to a node's port without the key gets nothing, costs little, and keeps nobody out.
. tests/lib.sh
enter_namespaces "$@"
ulimit -n 8192 2>/dev/null
built hostile

memory() {
	awk '/^VmRSS/ { print $2 }' "/proc/$MASTER/status"
}
strangers() {
	find "/proc/$MASTER/fd" -lname 'socket:*' 2>/dev/null | wc -l
}
# join NUMBER COUNT: a node is up; the milliseconds from its start are in $took.
join() {
	now
	join_begun=$now
	start_slave "$1" master
	"$GPROC" i -wait="$2" -timeout="$(limit 20)s" >/dev/null || return
	now
	took=$((now - join_begun))
}
# joins_quickly NUMBER COUNT: an honest node is up within a second, or on a slow machine in not much more than it takes there without strangers.
joins_quickly() {
	join "$@" || return
	diag "in $took ms; without strangers in $alone ms"
	[ "$took" -lt 1000 ] || [ "$took" -lt $((alone * 20)) ]
}

start_master
join 0 1
alone=$took
before=$(memory)
sockets=$(strangers)

mkfifo "$T/hold" "$T/said"
"$hostile" 127.0.0.1:6666 idle 1000 <"$T/hold" >"$T/said" &
idle=$!
exec 5>"$T/hold" 6<"$T/said"
read -r line <&6
is "1,000 connections are open" "$line" open
ok "an honest node is in within a second" joins_quickly 1 2 5>&- 6<&-
like "few of them are kept" "$(strangers)" '^(2[0-9][0-9]|1[0-9][0-9])$'
after=$(memory)
ok "in at most 2 MiB: $before KiB before, $after KiB with them" test $((after - before)) -lt 2048
exec 5>&-
wait $idle
exec 6<&-

# The flood comes from the same address as the honest nodes.
mkfifo "$T/flood"
"$hostile" 127.0.0.1:6666 flood 20000 >"$T/flood" &
flood=$!
exec 6<"$T/flood"
read -r line <&6
ok "in a flood of connections an honest node is in within a second" joins_quickly 2 3 6<&-
kill "$flood" 2>/dev/null
wait "$flood" 2>/dev/null
exec 6<&-

# One byte a second; while those are at it, others come.
"$hostile" 127.0.0.1:6666 drip 20 >"$T/drip" &
drip=$!
is "nonsense ends" "$("$hostile" 127.0.0.1:6666 garbage 200)" ended
like "a port scan is told, once" "$(grep -v 'more)' "$T/master.log" | grep -c 'does not speak gproc')" '^1$'
is "a first message once more gets nowhere" "$("$hostile" 127.0.0.1:6666 replay /etc/gproc/key)" ended
is "a link without a key is refused" "$("$hostile" 127.0.0.1:6666 plain | tr '\n' ' ')" "refused ended "
unlike "nothing of theirs is in the tree" "$("$GPROC" i)" evil

wait "$drip"
took=$(sed -n 's/^ended //p' "$T/drip")
ok "one byte a second ends after a bounded time: $took ms" test "$took" -ge 5000 -a "$took" -lt $((10000 + $(limit 5) * 1000))
until [ "$(strangers)" -le $((sockets + 2)) ]; do kill -0 "$MASTER" || break; done
fact 0 "nobody is left of them"
diag "$(memory) KiB in the end"
run "$GPROC" e . /bin/true
is "and the tree works" "$status$out$err" 0
kill -INT "$MASTER"
wait
done_testing
