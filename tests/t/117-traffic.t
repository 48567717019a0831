#!/bin/sh
# Contents cross a link once, and a second launch sends none: counted at the master's own network card.
. tests/lib.sh
enter_namespaces "$@"
start_hosts 8

head -c 8000000 /dev/urandom >"/proc/$MASTER/root/tmp/big"
before=$(sent_by "$MASTER")
run on master "$GPROC" -f=/tmp/big e ./. /usr/bin/wc -c /tmp/xproc/tmp/big
is "8 nodes have it all" "$status $(printf '%s\n' "$out" | sort | uniq -c | tr -s ' ')" "0  8 8000000 /tmp/xproc/tmp/big"
first=$(($(sent_by "$MASTER") - before))
ok "the master sent it once: its children feed each other ($first bytes)" \
	test "$first" -gt 8000000 -a "$first" -lt 11000000
before=$(sent_by "$MASTER")
run on master "$GPROC" -f=/tmp/big e ./. /usr/bin/wc -c /tmp/xproc/tmp/big
is "once more" "$status" 0
second=$(($(sent_by "$MASTER") - before))
ok "a second launch sends no contents ($second bytes)" test "$second" -lt 200000
run on master "$GPROC" e ./. /usr/bin/wc -c /proc/self/comm
third=$(($(sent_by "$MASTER") - before - second))
ok "nor does another of the same program ($third bytes)" test "$third" -lt 100000
kill -INT "$MASTER"
wait
done_testing
