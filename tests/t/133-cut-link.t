#!/bin/sh
# A node whose cable is pulled is lost within the heartbeat, and back when it is plugged in again.
. tests/lib.sh
enter_namespaces "$@"
start_network
"$GPROC" keygen 2>/dev/null
host master "$GPROC" -heartbeat="$(span 2000)" m
MASTER=$HOST
until on master "$GPROC" i >/dev/null 2>&1; do kill -0 "$MASTER" || break; done
for i in 0 1 2; do host "slave$i" "$GPROC" -myParent=master -myId="hostname hostbase" -myAddress=hostname; done
for i in 3 4 5; do
	host "slave$i" "$GPROC" -myParent="slave hostname hostbase 3 % strcat" -myId="hostname hostbase" -myAddress=hostname
done
up_on master 6

for number in 4 1; do
	eval "pid=\$HOST_slave$number"
	path=$([ $number = 4 ] && echo 1:4 || echo 1)
	mkfifo "$T/cut.$number"
	on master "$GPROC" e ./. /bin/sh -c 'echo up; while [ ! -e /tmp/go ]; do sleep 0.05; done; echo end' \
		>"$T/cut.$number" 2>"$T/cut.err" &
	client=$!
	exec 3<"$T/cut.$number"
	for i in 0 1 2 3 4 5; do read -r line <&3; done
	ip link set "v$pid" down
	wait_log "$T/master.log" "node $path (.*) is lost: silent"
	for i in 0 1 2 3 4 5; do
		eval "touch /proc/\$HOST_slave$i/root/tmp/go"
	done
	cat <&3 >"$T/cut.out"
	exec 3<&-
	wait "$client"
	is "$path cut off: status" $? 255
	like "$path cut off: it is named" "$(cat "$T/cut.err")" "^gproc: lost: $path: "
	is "$path cut off: the others reach their end" "$(grep -c end "$T/cut.out")" 5
	ip link set "v$pid" up
	on master "$GPROC" i -wait=6 -timeout=$LIMIT_UP >/dev/null
	for i in 0 1 2 3 4 5; do eval "rm -f /proc/\$HOST_slave$i/root/tmp/go"; done
	run on master "$GPROC" e ./. /bin/true
	is "$path cut off: plugged in again, all are free" "$status$err" 0
done
end_tree
done_testing
