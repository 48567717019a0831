#!/bin/sh
# Under -fanout contents cross a link once too, whichever node's turn it is: those that ran first have them. Counted at the master's own
# network card.
. tests/lib.sh
enter_namespaces "$@"
start_hosts 6

for n in 1 4; do
	head -c 8000000 /dev/urandom >"/proc/$MASTER/root/tmp/big$n"
	before=$(sent_by "$MASTER")
	run on master "$GPROC" -fanout=$n -f=/tmp/big$n e ./. /usr/bin/wc -c /tmp/xproc/tmp/big$n
	is "-fanout=$n: 6 nodes have it all" "$status $(printf '%s\n' "$out" | sort | uniq -c | tr -s ' ')" "0  6 8000000 /tmp/xproc/tmp/big$n"
	sent=$(($(sent_by "$MASTER") - before))
	ok "-fanout=$n: the master sent it once over each of its links at most ($sent bytes)" test "$sent" -gt 8000000 -a "$sent" -lt 20000000
done
kill -INT "$MASTER"
wait
done_testing
