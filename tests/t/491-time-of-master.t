#!/bin/bash
# No request costs the master a turn of more than some milliseconds: 32 clients of users who may only look ask for what costs most, at once,
# of a tree of 5,000 nodes; another user's launch goes on, and no turn is long.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
users
built asker swarm
cd / || exit 1
start_master -key=none -debug=1 -users=1001
start_slave 0 master -key=none
wait_up 1
coproc SWARM { exec "$swarm" 127.0.0.1:6666 1 5000; }
read -r -u "${SWARM[0]}" said
is "5,002 nodes" "$said $("$GPROC" i -wait=5002 -timeout="$(limit 60)s" 0 | sed -n '1s/,.*//p')" "up 5002 up"

# Microseconds of processor time.
longest() {
	sed -n 's/.*the longest turn so far took \([0-9]*\) us.*/\1/p' "$T/master.log" | tail -n 1
}
askers=
for uid in 2000 2001; do
	for ((k = 0; k < 16; k++)); do
		as $uid "$asker" /tmp/g ask 2 >"$T/asked.$uid.$k" &
		askers="$askers $!"
	done
done
rounds=0
while [ $rounds -lt 10 ]; do
	run as 1001 "$GPROC" -localbin e 0 /bin/echo fine
	[ "$status $out" = "0 fine" ] || break
	rounds=$((rounds + 1))
done
is "another user's launches go on" "$rounds $status$err" "10 0"
wait $askers
is "all 32 have their answers" "$(cat "$T"/asked.* | sort | uniq -c | tr -s ' ')" " 32 asked"
ok "the longest turn took $(longest) us" test "$(longest)" -le $((20000 * UNIT))
run as 2000 "$GPROC" nodes "$(printf '1,%.0s' {1..40000})1"
like "a spec of more than 64 KiB is refused with its length" "$status $err" '^2 .*node spec of 80001 bytes is too long: 65536 are allowed'
run "$GPROC" i 0
like "and no node was lost" "$out" '^5002 up'
kill -INT "$MASTER"
wait "$MASTER"
done_testing
