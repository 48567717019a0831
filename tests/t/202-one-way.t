#!/bin/sh
# Packets that are lost in one direction alone: the node is told as lost within the heartbeat, those below it find another way with
# their jobs, and it comes back when the packets do.
. tests/lib.sh
enter_namespaces "$@"
start_network
"$GPROC" keygen 2>/dev/null
host master "$GPROC" -heartbeat="$(span 2000)" -grace="$(span 20000)" m
until on master "$GPROC" i >/dev/null 2>&1; do kill -0 "$HOST" || break; done
for i in 0 1; do host "slave$i" "$GPROC" -myParent=master -myId="hostname hostbase" -myAddress=hostname; done
host slave2 "$GPROC" -myParent=slave0 -myId="hostname hostbase" -myAddress=hostname
up_on master 3

# Without it, neighbours would forget each other's hardware address, and the silence would be in both directions.
for a in master slave0 slave1 slave2; do
	for b in master slave0 slave1 slave2; do
		[ $a != $b ] || continue
		eval "pid=\$HOST_$b"
		mac=$(nsenter -t "$pid" -n ip -o link show eth0 | sed 's/.*ether \([^ ]*\).*/\1/')
		address=$(awk -v name="$b" '$2 == name { print $1 }' /etc/hosts)
		eval "nsenter -t \$HOST_$a -n ip neigh replace $address lladdr $mac dev eth0 nud permanent"
	done
done

# All that goes out here is larger than the burst, and dropped.
for direction in from to; do
	eval "pid=\$HOST_slave0"
	if [ $direction = from ]; then at="nsenter -t $pid -n tc" dev=eth0; else at=tc dev=v$pid; fi
	mkfifo "$T/$direction"
	on master "$GPROC" e ./. /bin/sh -c 'echo up; while [ ! -e /tmp/go ]; do read -t 0.1 line; done; echo end $GPROC_NODE' \
		>"$T/$direction" 2>"$T/err" </dev/null &
	client=$!
	exec 3<"$T/$direction"
	for i in 0 1 2; do read -r line <&3; done
	$at qdisc add dev $dev root tbf rate 8kbit burst 10 limit 10
	until on master "$GPROC" i | head -n 1 | grep -Eq '^2 up, 1 down: 0$'; do :; done
	for i in 0 1 2; do eval "touch /proc/\$HOST_slave$i/root/tmp/go"; done
	cat <&3 >"$T/out"
	exec 3<&-
	wait $client
	is "lost $direction it: status" $? 255
	is "lost $direction it: it is named, alone" "$(grep -c "^gproc: lost: 0: silent for $(limit 2) s" "$T/err") $(grep -c lost "$T/err")" "1 1"
	is "lost $direction it: the others reach their end" "$(sort "$T/out" | tr '\n' ' ')" "end 0:2 end 1 "
	$at qdisc del dev $dev root
	on master "$GPROC" i -wait=3 -timeout="$LIMIT_UP" >/dev/null
	for i in 0 1 2; do eval "rm -f /proc/\$HOST_slave$i/root/tmp/go"; done
	run on master "$GPROC" e ./. /bin/true
	is "lost $direction it: healed, all are free" "$status$err" 0
	run on master "$GPROC" ps
	is "lost $direction it: no job is left" "$(printf "%s\n" "$out" | sed 1d)" ""
done
end_tree "$HOST_master"
done_testing
