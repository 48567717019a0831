#!/bin/bash
# Input through trees of every depth: whole on each node, once over each link, at the pace of the slowest that still reads, in little memory.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
mebibytes=64
head -c ${mebibytes}M /dev/urandom >"$T/large"
sum=$(sha256sum <"$T/large" | tr -s ' ')
size=$((mebibytes << 20))

# The peak of each daemon, in KiB: the highest.
peak() {
	for pid in $MASTER $(for ((i = 0; i < nodes; i++)); do pid_of_slave $i; done); do
		awk '/^VmHWM/ { print $2 }' "/proc/$pid/status"
	done | sort -n | tail -n 1
}

# whole WHAT NODES: the large file arrives on all of them.
whole() {
	local before after
	"$GPROC" e ... /bin/true </dev/null
	before=$(peak)
	status=0
	out=$("$GPROC" e ... sha256sum <"$T/large" 2>&1) || status=$?
	after=$(peak)
	is "$1: whole on all $nodes" "$status $(printf '%s\n' "$out" | sort | uniq -c | tr -s ' ')" "0  $nodes $sum"
	# See "What a daemon may hold": one job, no link that stands still.
	ok "$1: the fattest daemon takes $((after - before)) KiB more, at most 1024" test $((after - before)) -le 1024
}

nodes=4
start_master
start_flat 4
whole "depth 1"
end_tree
nodes=12
start_master
start_tree 12 3
whole "depth 2"
end_tree
nodes=14
start_master
start_deep
whole "depth 3"

# A slow one: it holds the source up once its window is full, and nobody loses anything.
hold
"$GPROC" e ... sh -c '[ $GPROC_RANK = 5 ] && flock -s /tmp/held true; sha256sum' <"$T/large" >"$T/out" 2>&1 4>&- &
client=$!
run timeout "$(limit 60)" "$GPROC" e ... echo fine
is "one that does not read holds up no other job" "$status $(printf '%s\n' "$out" | grep -c fine)" "0 14"
moved() { awk '/^rchar/ { print $2 }' /proc/$client/io; }
tries=0 last=-1
while [ "$(moved)" != "$last" ] && [ $tries -lt 100 ]; do
	last=$(moved)
	"$GPROC" e ... true </dev/null
	tries=$((tries + 1))
done
ok "its client waits" test "$last" -lt $((size / 4))
release
wait $client
is "and goes on to the end" "$? $(sort "$T/out" | uniq -c | tr -s ' ')" "0  14 $sum"

# Many at once share the budget; one of them, whose programs read nothing, keeps no other from its own.
hold
clients=
for ((k = 0; k < 40; k++)); do
	"$GPROC" e ... sh -c 'flock -s /tmp/held true' <"$T/large" >"$T/out.$k" 2>&1 4>&- &
	clients="$clients $!"
done
until_true eval '[ "$("$GPROC" ps | grep -c flock)" = 40 ]'
before=$(peak)
status=0
out=$("$GPROC" e ... sha256sum <"$T/large" 2>&1) || status=$?
is "beside 40 that stand still a job's input arrives" "$status $(printf '%s\n' "$out" | sort | uniq -c | tr -s ' ')" "0  14 $sum"
bound=$((before + 4 * 2048))
after=$(peak)
ok "the fattest daemon: $before KiB before, $after after, bound $bound" test "$after" -le $bound
release
for pid in $clients; do
	wait "$pid" || fact 1 "a client that nobody reads ends with its programs"
done
is "they say nothing" "$(cat "$T"/out.*)" ""
done_testing
