#!/bin/sh
# doctor: what is wrong, each thing once, with its nodes and what to do; 1 where something is.
. tests/lib.sh
enter_namespaces "$@"
built clock denied

run "$GPROC" doctor
like "no master" "$status $out$err" '^1 no master at /tmp/g: .*start the master'
# Two keys, of which the first is offered, as while one is exchanged for the other.
"$GPROC" -key=/etc/gproc/key keygen >/dev/null 2>&1
"$GPROC" -key=/tmp/old keygen >/dev/null 2>&1
cat /tmp/old >>/etc/gproc/key
id_of() {
	sed -n 's/^# gproc cluster key \([0-9a-f]*\).*/\1/p' "$1" | head -n 1
}
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
nine=$!
wait_up 3
run "$GPROC" doctor
like "two of one name" "$status $out" '^1 9: all called slave0: a name that two have is no node'
kill "$nine"
wait "$nine"
until_true down 1
"$GPROC" forget 9 >/dev/null

# ---- what nodes say of themselves: each of these has one thing wrong, two have the same ----
wrapped() {
	printf '#!/bin/sh\nexec %s "$@"\n' "$1" >"$T/wrapped"
	chmod 755 "$T/wrapped"
	right=$GPROC
	GPROC=$T/wrapped
	shift
	start_slave "$@"
	GPROC=$right
}
wrapped "$clock 3630 $GPROC" 11 master
wait_up 3
wrapped "$clock -3630 $GPROC" 12 slave2
wait_up 4
wrapped "$clock -3630 $GPROC" 13 master
wait_up 5
wrapped "$clock 1 $GPROC" 14 master # which nobody need be told
start_slave 15 master -binRoot=/tmp/other
start_slave 16 slave2 -key=/tmp/old
wait_up 8
wrapped "$denied move_mount 1 $GPROC" 17 master
wait_up 9
sed 's/0\.1\.0/0.1.9/g' "$GPROC" >"$T/newer"
chmod 755 "$T/newer"
wrapped "$T/newer" 18 master
wait_up 10
run "$GPROC" doctor
is "clocks, a binRoot, an old key, what a kernel lacks, a version" "$status $(printf '%s\n' "$out" | sed 's/(move_mount:.*)/(WHY)/' | sort)$err" \
	"1 11: its clock is 60 min ahead: set it, as by NTP: times of files there are wrong
13,2:12 (2): its clock is 60 min behind: set it, as by NTP: times of files there are wrong
15: /tmp/other: is its binRoot, unlike that of others: give all nodes the same -binRoot
17: makes do: no mount namespace (WHY): no view, files go into binRoot itself and stay; the store is a directory, not a tmpfs of its own, and nothing bounds what jobs write: another kernel, or what the container allows, would change that
18: version 0.1.9, where this gproc is 0.1.0: give all nodes the same
2:16: offers the key $(id_of /tmp/old), the master's is $(id_of /etc/gproc/key): copy the master's key file there, before its old key ends"
run "$GPROC" -a ps
is "and no job is left of the question" "$status $(printf '%s\n' "$out" | wc -l)" "0 1"
is "nor a line in the log" "$(grep -c ' job ' "$T/master.log")" 0
for i in 11 12 13 15 16 17 18; do kill -KILL "$(pid_of_slave $i)"; done
until_true down 7
"$GPROC" forget @down >/dev/null
run "$GPROC" doctor
is "all is well again: a second of difference is none" "$status $out$err" "0 3 up, nothing wrong"

# What takes long on its way is no difference: the answer of a node that stands still comes three seconds later.
kill -STOP "$(pid_of_slave 14)"
"$GPROC" doctor >"$T/delayed" 2>&1 &
delayed=$!
now
asked=$now
until [ "$now" -gt $((asked + 3000)) ]; do now; done
kill -CONT "$(pid_of_slave 14)"
wait "$delayed"
is "nor is what takes long on its way" "$? $(cat "$T/delayed")" "0 3 up, nothing wrong"

# ---- a store that is held by two users ----
kill -KILL "$(pid_of_slave 14)"
until_true down 1
"$GPROC" forget @down >/dev/null
kill -INT "$MASTER"
wait "$MASTER"
start_master -users='*'
start_flat 2
start_slave 4 master -store=16m
wait_up 3
# fill COMMAND: by a job of a user's, which has all that it may have.
mkfifo "$T/full"
fill() {
	"$@" e 4 /bin/sh -c 'cat /dev/zero >all; echo full; exec sleep 1000' >"$T/full" 2>/dev/null &
	read -r _ <"$T/full"
}
fill "$GPROC"
run "$GPROC" doctor
is "half of a store in use is what a store is for" "$status $out$err" "0 3 up, nothing wrong"
fill as 1007 "$GPROC"
run "$GPROC" doctor
is "a store that is nearly full" "$status $out$err" "1 4: jobs have more than three fifths of its store: end jobs there, or give its gproc more: -store"
"$GPROC" kill 1 KILL >/dev/null
"$GPROC" kill 3 KILL >/dev/null
idle() {
	"$GPROC" doctor >/dev/null
}
ok "and no more when the jobs are over" until_true idle

# ---- who was refused, by the master and by a node ----
"$GPROC" -key=/tmp/strange keygen >/dev/null 2>&1
start_slave 5 slave1 -key=/tmp/strange
start_slave 6 master -key=/tmp/strange
told() {
	"$GPROC" doctor >"$T/told"
	[ "$(grep -c 'no link from' "$T/told")" = 2 ]
}
until_true told
is "strangers, with the keys that they have and where" "$(sort "$T/told")" \
	"1: no link from 127.0.0.1: the peer's key is $(id_of /tmp/strange), ours $(id_of /etc/gproc/key) or $(id_of /tmp/old): if that is yours, give it the key, the id or the right that it lacks
the master: no link from 127.0.0.1: the peer's key is $(id_of /tmp/strange), ours $(id_of /etc/gproc/key) or $(id_of /tmp/old): if that is yours, give it the key, the id or the right that it lacks"
kill "$(pid_of_slave 5)" "$(pid_of_slave 6)"

# ---- this machine ----
cp /etc/gproc/key /tmp/right
cat /tmp/strange >/etc/gproc/key
run "$GPROC" doctor
like "a key here that is not the master's" "$status $out" "^(1 )?the key in /etc/gproc/key is $(id_of /tmp/strange), the master's $(id_of /tmp/right): copies of this file let no node in"
cat /tmp/right >/etc/gproc/key
sed 's/0\.1\.0/0.1.9/g' "$GPROC" >"$T/newer"
run "$T/newer" doctor
like "a master of another version" "$out" '^the master has version 0.1.0, this gproc is 0.1.9: use the same$'
as 1007 "$GPROC" -defaultMasterUDS=/tmp/h -cmdport=7777 -key=none m 2>"$T/theirs" &
theirs=$!
until_true test -S /tmp/h
run "$GPROC" -defaultMasterUDS=/tmp/h doctor
like "somebody else's master" "$status $out" '^1 the master at /tmp/h is run by user 1007, who is neither root nor you: not talking to it: start the master'
kill "$theirs"
done_testing
