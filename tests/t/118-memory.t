#!/bin/sh
# A node with little memory: a file with no room for a copy beside it is there whole, and there is no room where it is opened for writing;
# one that can't fit is refused with what it needs and what there is, the others run, and the node goes on.
. tests/lib.sh
enter_namespaces "$@"
start_master
start_slave 0 master
start_slave 1 master -store=100m
start_slave 2 master -store=30m
wait_up 3
head -c 40000000 /dev/urandom >"$T/big"

for round in 1 2; do
	run "$GPROC" -f="$T/big" e 0-2 /bin/sh -c "cmp '$T/big' '/tmp/xproc$T/big' && echo same; echo more >>'/tmp/xproc$T/big' && echo \$GPROC_NODE has more"
	is "round $round: two have room for the file, one for a copy of its own" "$(printf '%s\n' "$out" | sort | uniq -c | tr -s ' ' | paste -sd,)" \
		" 1 0 has more, 2 same"
	like "the other is told where it writes" "$err" ": cannot create /tmp/xproc$T/big: No space left on device"
	like "the one without says what it needs and what there is" "$err" "could not start: 2: it needs .* of the store's 30.0 MiB"
	is "and the launch says so" "$status" 126
done
run "$GPROC" e 0-2 /bin/echo alive
is "all of them go on" "$status $(printf '%s\n' "$out" | sort | uniq -c | tr -s ' ')" "0  3 alive"
kill -INT "$MASTER"
wait
done_testing
