#!/bin/bash
# Contents pass through nodes without room, the master among them: each of these fails alone, whoever is below has all of it; what
# stands still below holds nobody else up for long; and no more of it is in such a node's memory than doc/architecture.md says.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
start_master -heartbeat="$(span 10000)" -store=3M
start_slave 0 master -store=3M
start_slave 1 slave0 -store=3M
start_slave 2 slave1
start_slave 3 slave1
start_slave 4 slave0
start_slave 5 master
start_slave 6 master -store=36M
start_slave 7 slave6
wait_up 8
full='^gproc: could not start: [0-9:,]+( \([0-9]+\))?: it needs [0-9.]+ MiB, and of the store.s [0-9.]+ MiB there are [0-9.]+ ([MK]iB|bytes) to be had$'
sums='cd "$0" && cat * | cksum'

# files COUNT SIZE: new ones in $T/files, their names with commas in $files, what sums prints in $sum.
files() {
	rm -rf "$T/files"
	mkdir "$T/files"
	head -c "$(($1 * $2))" /dev/urandom | split -b "$2" - "$T/files/"
	files=$(printf '%s,' "$T/files"/*)
	files=${files%,}
	sum=$(cd "$T/files" && cat ./* | cksum)
}

# passes NAME: the nodes below those without room have the files, these say why not.
passes() {
	run timeout "$(limit 120)" "$GPROC" -f="$files" e 0,0:1,0:1:2,0:1:3,0:4,5 /bin/sh -c "$sums" "/tmp/xproc$T/files"
	is "$1: the four that have room run" "$(printf '%s\n' "$out" | grep -cx "$sum")" 4
	is "$1: the two that have none do not" "$status $(printf '%s\n' "$err" | wc -l) $(printf '%s\n' "$err" | grep -Ec "$full")" "126 1 1"
}

# peak: of the nodes that things pass through, in KiB.
peak() {
	awk '/^VmHWM/ { if ($2 > most) most = $2 } END { print most }' "/proc/$(pid_of_slave 0)/status" "/proc/$(pid_of_slave 1)/status"
}

run timeout "$(limit 60)" "$GPROC" e 5 /bin/true
before=$(peak)
files 1 12000000
passes "one file"
files 40 300000
passes "many files"

# Two launches at a time, of two files.
files 1 8000000
"$GPROC" -f="$files" e 0:1:2,0:1:3 /bin/sh -c "$sums" "/tmp/xproc$T/files" >"$T/first.out" 2>"$T/first.err" &
first=$! first_sum=$sum
mkdir "$T/other"
head -c 8000000 /dev/urandom >"$T/other/file"
run timeout "$(limit 120)" "$GPROC" -f="$T/other/file" e 0:1:3,0:4 /bin/sh -c "$sums" "/tmp/xproc$T/other"
is "two launches: one has its file" "$status$err $(printf '%s\n' "$out" | grep -cx "$(cksum <"$T/other/file")")" "0 2"
wait $first
is "two launches: so has the other" "$?$(cat "$T/first.err") $(grep -cx "$first_sum" "$T/first.out")" "0 2"

# A manifest alone that is too large.
rm -rf "$T/empty"
mkdir "$T/empty"
(cd "$T/empty" && seq -f "$(printf '%0200d' 0)%05g" 1 16000 | xargs touch)
run timeout "$(limit 120)" "$GPROC" -f="$T/empty" e 0,0:4 /bin/sh -c 'ls "$0" | wc -l' "/tmp/xproc$T/empty"
is "a large manifest: whoever has room runs" "$out" 16000
like "a large manifest: the other says why not" "$err" '^gproc: could not start: 0: [0-9.]+ MiB do not fit into a store of 3\.0 MiB$'
is "a large manifest: it alone" "$status $(printf '%s\n' "$err" | wc -l)" "126 1"

# A store that another job's files fill.
files 1 12000000
hold
"$GPROC" -f="$files" e 6 /bin/sh -c 'echo up; flock -s /tmp/held true' >"$T/held.out" 2>&1 4>&- &
holder=$!
until grep -q up "$T/held.out"; do kill -0 $holder || break; done
files 1 9000000
run timeout "$(limit 120)" "$GPROC" -f="$files" e 6,6:7 /bin/sh -c "$sums" "/tmp/xproc$T/files"
is "a full store: whoever has room runs" "$(printf '%s\n' "$out" | grep -cx "$sum")" 1
is "a full store: the other says why not" "$status $(printf '%s\n' "$err" | grep -Ec "$full") $(printf '%s\n' "$err" | wc -l)" "126 1 1"
release
wait $holder
is "a full store: whose files fill it is not harmed" "$?" 0

# stall NUMBER: a child stands still while a file comes that its kernel can't take for it; its siblings have it nevertheless.
stall() {
	files 1 24000000
	kill -STOP "$(pid_of_slave "$1")"
	"$GPROC" -f="$files" e 0:1:2,0:1:3,0:4 /bin/sh -c "$sums" "/tmp/xproc$T/files" >"$T/stall.out" 2>"$T/stall.err" &
	staller=$!
	until [ "$(grep -cx "$sum" "$T/stall.out")" = 2 ]; do kill -0 $staller || break; done
}
stall 3
kill -CONT "$(pid_of_slave 3)"
wait $staller
is "stopped for a while: siblings had it, and it in the end" "$?$(cat "$T/stall.err") $(grep -cx "$sum" "$T/stall.out")" "0 3"
stall 4
wait $staller
is "stopped for good: the siblings have it" "$? $(grep -cx "$sum" "$T/stall.out")" "255 2"
like "stopped for good: it is lost" "$(cat "$T/stall.err")" '^gproc: lost: 0:4'
kill -CONT "$(pid_of_slave 4)"
wait_up 8

after=$(peak)
ok "memory: $before KiB before, $after at the most, of which 2 MiB are windows" test "$after" -le $((before + 2048 + 2048))
run timeout "$(limit 60)" "$GPROC" e 5,0:4,0:1:3 /bin/true
is "all are free" "$status$err" 0
done_testing
