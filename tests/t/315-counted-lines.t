#!/bin/sh
# A line of a daemon's log that comes again and again is told, then counted; a name that nobody resolves is told of while it is waited for.
. tests/lib.sh
enter_namespaces "$@"

start_master
is "the key is its owner's, what else is in its directory is for all" "$(stat -c '%a %n' /etc/gproc /etc/gproc/key)" \
	"755 /etc/gproc
600 /etc/gproc/key"
start_slave 0 master
wait_up 1

# Refused at every attempt, from another port each time, and so is a wrong key.
"$GPROC" -myParent=master -myId=0 -myAddress=127.0.1.9 s >"$T/second.log" 2>&1 &
second=$!
"$GPROC" -key=/etc/other keygen >/dev/null 2>&1
"$GPROC" -key=/etc/other -myParent=master -myId=7 -myAddress=127.0.1.8 s >"$T/wrong.log" 2>&1 &
wrong=$!
ok "refusals are counted" wait_log "$T/master.log" '^gproc: 2[0-9TZ:-]* 127\.0\.0\.1 may not join: there is a node 0 already: slave0 \([0-9]+ times? more\)$'
ok "wrong keys too" wait_log "$T/master.log" "^gproc: 2[0-9TZ:-]* no link from 127\\.0\\.0\\.1: the peer's key is .* \\([0-9]+ times? more\\)\$"
is "and told once each" "$(grep -v 'more)' "$T/master.log" | grep -c -e 'may not join' -e 'no link from')" 2
kill "$second" "$wrong"
wait "$second" "$wrong"

# What really changes is told each time, unless it does so without an end.
come_and_go() {
	come_left=$1
	while [ "$come_left" -gt 0 ]; do
		start_slave 3 master
		wait_up 2
		kill -INT "$SLAVE"
		wait "$SLAVE"
		come_left=$((come_left - 1))
	done
}
come_and_go 3
until [ "$(grep -c 'node 3 (slave3) has left' "$T/master.log")" -ge 3 ]; do kill -0 "$MASTER" || break; done
is "three times it was there, three times it left" "$(grep -c 'node 3 (slave3) has left' "$T/master.log")" 3
kill -INT "$MASTER"
wait

# Nobody answers the question for this name: that is said while the resolver waits, which it does for five seconds.
"$GPROC" -myParent=no-such-host s >"$T/name.log" 2>&1 &
lost=$!
ok "a name that is waited for is told of" wait_log "$T/name.log" "^gproc: 2[0-9TZ:-]* can't join no-such-host: no name server has said yet where that is; trying again\$"
like "before anything else" "$(head -n 1 "$T/name.log")" 'has said yet'
kill "$lost"
wait "$lost"
done_testing
