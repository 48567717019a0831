#!/bin/sh
# forget: nodes that are down for good leave the map; halt and reboot of several ask a person once.
. tests/lib.sh
enter_namespaces "$@"

start_master -users='*'
start_flat 3
start_slave 3 slave2
start_slave 4 slave3
wait_up 5
# down COUNT: so many nodes are.
down() {
	[ "$("$GPROC" -json i | grep -c '"state":"down"')" = "$1" ]
}
kill "$(pid_of_slave 4)"
until_true down 1
run "$GPROC" e ... true
like "one that is down stands in every answer" "$status $err" '^0 gproc: down, left out: 2:3:4$'
run "$GPROC" forget 1
is "one that is up is refused" "$status $out$err" "1 gproc: up, and not forgotten: 1"
run "$GPROC" forget 77
like "one that never was" "$status $out$err" '^255 gproc: not there: 77'
run setpriv --reuid=1007 --regid=1007 --clear-groups "$GPROC" forget 2:3:4
like "it is no user's to say" "$status $out$err" '^1 gproc: only root and the user who runs the master'
run "$GPROC" forget 2:3:4
is "it is forgotten" "$status $out$err" "0 forgot 2:3:4"
run "$GPROC" e ... true
is "and no answer names it" "$status $err" "0 "
is "nor i" "$("$GPROC" i | grep -c slave4)" 0
start_slave 4 slave3
wait_up 5
run "$GPROC" e 2:3:4 hostname
is "it may come back" "$status $out" "0 slave4"

kill "$(pid_of_slave 4)"
until_true down 1
kill "$(pid_of_slave 3)"
until_true down 2
run "$GPROC" forget @down
is "all that are down" "$status $(echo "$out" | sort | tr '\n' ' ')$err" "0 forgot 2:3 forgot 2:3:4 "
run "$GPROC" forget @down
like "there are none then" "$status $out$err" '^255 '
done_testing
