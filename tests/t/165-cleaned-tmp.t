#!/bin/sh
# What clears /tmp of old things removes binRoot under a node's hands: the next launch has it again.
. tests/lib.sh
enter_namespaces "$@"
start_master
start_slave 0 master
start_slave 1 master -p=false -binRoot=/tmp/kept
wait_up 2
cd "$T" || exit 1
printf '#!/bin/sh\necho fine\n' >program
chmod 755 program

for round in 1 2; do
	run "$GPROC" e 0-1 ./program
	is "round $round: status" "$status" 0
	is "round $round: both nodes run it" "$out" "fine
fine"
	rm -r /tmp/xproc /tmp/kept
done
run "$GPROC" e 0-1 ./program
is "and again" "$status" 0
kill -INT "$MASTER"
wait
ok "at the end binRoot is gone" test ! -e /tmp/xproc
done_testing
