#!/bin/bash
# Contents that were damaged, by whoever sends them or in a node's own store, are never used: they come from another source, or the
# job of the source that has them so fails, and a store that was damaged heals.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
built liar
start_master -heartbeat="$(span 5000)"
start_tree 4 2 # 0, 1; 0:2, 1:3
below="$(pid_of_slave 0) $(pid_of_slave 1)"

# ---- a client that sends other bytes, and another that has them as they are ----
# launched COUNT: the master has so many launches; what both ship is asked of the last, as soon as the nodes go on.
launched() {
	until [ "$("$GPROC" ps | grep -c running)" = "$1" ]; do kill -0 "$MASTER" || break; done
}
failed=0
for round in 1 2 3; do
	kill -STOP $below
	"$liar" /tmp/g shared "round $round" >"$T/second.out" &
	second=$!
	launched 1
	"$liar" /tmp/g shared-other-bytes "round $round" >"$T/first.out" &
	first=$!
	launched 2
	kill -CONT $below
	wait $first $second
	failed=$((failed + $(grep -c '^failed 255 .*does not match' "$T/first.out")))
	is "other bytes, round $round: nothing else comes of it" "$(grep -Evc '^failed 255 .*does not match|^exited 0|^out ran' "$T/first.out")" 0
	is "other bytes, round $round: the other's runs" "$(sort "$T/second.out" | uniq -c | awk '{ print $1, $2, $3 }' | tr '\n' ' ')" \
		"2 exited 0 2 out ran "
done

ok "its own job fails for that reason, where it was asked" test $failed -gt 0

# A client itself sees that its file has changed, if it is asked for it.
for round in 1 2 3; do
	head -c 3000000 /dev/urandom >"$T/first"
	cp "$T/first" "$T/second"
	sum=$(cksum <"$T/first")
	kill -STOP $below
	count=0
	for one in first second; do
		"$GPROC" -f="$T/$one" e ... /bin/sh -c 'cksum <"$0"' "/tmp/xproc$T/$one" >"$T/$one.out" 2>"$T/$one.err" &
		eval "$one=$!"
		launched $((count += 1))
	done
	printf damaged | dd of="$T/first" bs=1 seek=$((round * 800000)) conv=notrunc status=none
	kill -CONT $below
	wait "$first"
	like "changed, round $round: its job fails for that reason, or has it from the other" "$?$(cat "$T/first.err")" \
		"^0$|^255.*could not start: .*: $T/first changed while it was being sent"
	is "changed, round $round: nobody has it so" "$(grep -vcx "$sum" "$T/first.out")" 0
	wait "$second"
	is "changed, round $round: the other's has it whole" "$?$(cat "$T/second.err") $(grep -cx "$sum" "$T/second.out")" "0 4"
done

# ---- a store ----
# blobs_like PID FILE: what a daemon holds of these contents.
blobs_like() {
	for blob in "$(store_of "$1")"/blob/*; do cmp -s "$blob" "$2" && echo "$blob"; done
}
# what a damaged blob is like.
overwritten_at() {
	printf damaged | dd of="$2" bs=1 seek="$1" conv=notrunc status=none
}
cut_at() {
	truncate -s "$1" "$2"
}
taken_away() {
	rm "$2"
}
sums() {
	run timeout "$(limit 60)" "$GPROC" -f="$T/file" e "$1" /bin/sh -c 'cksum <"$0"' "/tmp/xproc$T/file"
}
fresh() {
	head -c 3000000 /dev/urandom >"$T/file"
	sum=$(cksum <"$T/file")
}

for where in 0 master; do
	daemon=$([ $where = 0 ] && pid_of_slave 0 || echo "$MASTER")
	for damage in 'overwritten_at 0' 'overwritten_at 1500000' 'overwritten_at 2999990' 'cut_at 1500000' 'cut_at 0' 'taken_away all'; do
		fresh
		sums 0
		is "$where: $damage: the file is there" "$status$err$out" "0$sum"
		blob=$(blobs_like "$daemon" "$T/file")
		$damage "$blob"
		sums 0:2,1
		is "$where: $damage: nobody gets it so" "$status$err $(printf '%s\n' "$out" | grep -cx "$sum")" "0 2"
		sums ...
		is "$where: $damage: and it has healed" "$status$err $(printf '%s\n' "$out" | grep -cx "$sum")" "0 4"
	done
done
done_testing
