#!/bin/sh
# doctor: what is wrong, each thing once, with its nodes and what to do; 1 where something is.
. tests/lib.sh
enter_namespaces "$@"

run "$GPROC" doctor
like "no master" "$status $out$err" '^1 no master at /tmp/g: .*start the master'
start_master
run "$GPROC" doctor
like "no nodes" "$status $out" '^1 no node has joined'
start_flat 3
start_slave 3 slave2
wait_up 4
run "$GPROC" doctor
is "all is well" "$status $out$err" "0 4 up, nothing wrong"
kill -KILL "$(pid_of_slave 3)" "$(pid_of_slave 1)"
down() {
	[ "$("$GPROC" -json i | grep -c '"state":"down"')" = "$1" ]
}
until_true down 2
run "$GPROC" doctor
is "two that went alike are one line" "$status $out$err" \
	'1 1,2:3 (2): down for less than a minute: the connection was closed: start gproc there again, or "gproc forget" what is gone for good'
"$GPROC" forget 1,2:3 >/dev/null
chmod 644 /etc/gproc/key
run "$GPROC" doctor
like "a key for all to read" "$status $out" '^1 /etc/gproc/key can be read by others \(mode 0644\): chmod 600'
chmod 600 /etc/gproc/key
unshare -u sh -c 'echo slave0 >/proc/sys/kernel/hostname; exec "$0" -myParent=127.0.0.1 -myId=9 -myAddress=127.0.9.9 s' "$GPROC" 2>"$T/nine" &
wait_up 3
run "$GPROC" doctor
like "two of one name" "$status $out" '^1 9: all called slave0: a name that two have is no node'
done_testing
