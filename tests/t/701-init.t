#!/bin/sh
# gproc init as PID 1 of a namespace: its slave joins by the kernel's words, comes back when killed, and can be rebooted and halted.
. tests/lib.sh
enter_namespaces "$@"
start_master

# node WORDS: a machine of its own, but for the network. Its unshare is $NODE.
node() {
	echo "$1" >"$T/cmdline"
	unshare -p -m -u --fork --mount-proc sh -c 'mount --bind "$0" /proc/cmdline && exec "$1" init' "$T/cmdline" "$GPROC" >"$T/node.log" 2>&1 &
	NODE=$!
}
# The slave's pid as this namespace has it: the child of PID 1 there.
slave_pid() {
	pgrep -P "$(pgrep -P "$NODE")"
}

node "quiet gproc.hostname=slave3 gproc.myParent=localhost gproc.myId=\"hostname hostbase\" gproc.key=/etc/gproc/key"
wait_up 1
run "$GPROC" e 3 /bin/uname -n
is "the node is the one that the kernel's words say" "$out$err" slave3
kill -KILL "$(slave_pid)"
until grep -q 'killed by signal 9' "$T/node.log"; do kill -0 $NODE || break; done
wait_up 1
run "$GPROC" e 3 /bin/uname -n
is "a slave that is killed comes back" "$out$err" slave3
"$GPROC" e 3 /bin/sh -c 'echo up; sleep 1000' >"$T/job" &
client=$!
until grep -q up "$T/job"; do kill -0 $client || break; done
run "$GPROC" reboot 3
is "reboot is accepted" "$status" 0
status=0
wait $NODE || status=$?
is "and ends the namespace as the kernel does for a reboot, by SIGHUP" $status 129
wait $client
is "the job on it has a verdict" $? 255

node "gproc.hostname=slave4 gproc.myParent=localhost gproc.myId=\"hostname hostbase\""
until "$GPROC" i | grep -q slave4; do kill -0 $NODE || break; done
run "$GPROC" halt 4
is "halt is accepted" "$status" 0
status=0
wait $NODE || status=$?
is "and ends the namespace, by SIGINT" $status 130

node "gproc.hostname=slave5 gproc.myParent=localhost gproc.myId=\"hostname hostbase\""
until "$GPROC" i | grep -q slave5; do kill -0 $NODE || break; done
mkdir "$T/links"
ln -s "$GPROC" "$T/links/poweroff"
run "$T/links/poweroff"
is "a link called poweroff is refused where PID 1 is another program" "$status" 1
like "with a word" "$err" 'PID 1 is not this gproc'
init=$(pgrep -P "$NODE")
# PID 1 stands still until the link has been heard out: what it ends it ends with all else there.
kill -STOP "$init"
run nsenter -t "$init" -p -m "$T/links/poweroff"
is "where it is gproc it is told" "$status$err" 0
kill -CONT "$init"
status=0
wait $NODE || status=$?
is "and ends, by SIGINT" $status 130
done_testing
