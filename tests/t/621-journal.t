#!/bin/sh
# Who ran what, who came and went: the master's log has a line for each launch and one for its end, for each node that joins or is lost, at
# all depths, with why; slaves say that they joined and lost. Each line has a time, or for systemd's journal its weight.
. tests/lib.sh
enter_namespaces "$@"

start_master -users='*' -grace="$(span 3000)"
start_flat 3
lines() {
	grep "job $1\\b" "$T/master.log" | sed 's/[0-9TZ:-]*Z job/TIME job/; s/after [0-9]\{1,4\}\.[0-9] s/after SOME s/'
}
job() {
	sed -n 's/.* job \([0-9.a-f]*\): .*/\1/p; s/.* job \([0-9.a-f]*\), .*/\1/p' "$T/master.log" | tail -1
}
"$GPROC" e 0-2 /bin/echo hello >/dev/null
is "a launch and its end" "$(lines "$(job)")" "gproc: TIME job $(job): user 0 on 0-2 (3): /bin/echo hello
gproc: TIME job $(job) has ended after SOME s: exit 0"
# shellcheck disable=SC2016
"$GPROC" -name=some e 0-2 /bin/sh -c 'exit $GPROC_NODE' 2>/dev/null
is "its name, and each kind of end" "$(lines "$(job)")" "gproc: TIME job $(job), some: user 0 on 0-2 (3): /bin/sh -c exit \$GPROC_NODE
gproc: TIME job $(job) has ended after SOME s: exit 0: 0; exit 1: 1; exit 2: 2"
setpriv --reuid=1007 --regid=1007 --clear-groups "$GPROC" e 1 /bin/echo "$(printf '%0999d' 5)" "$(printf 'a\nb\033[2J')" >/dev/null
is "a long command is cut, and is one line" "$(lines "$(job)" | head -1 | wc -lc | tr -s ' ')" "$(lines "$(job)" | head -1 | awk '{ print " 1 " length($0) + 1 }')"
like "another's" "$(lines "$(job)" | head -1)" '^gproc: TIME job .*: user 1007 on 1 \(1\): /bin/echo 0*\.\.\.$'
echo some >"$T/one"
"$GPROC" cp 0-1 "$T/one" "$T/into/"
is "a copy" "$(lines "$(job)" | head -1)" "gproc: TIME job $(job): user 0 on 0-1 (2): gproc cp to $T/into/"
"$GPROC" get 0-1 "$T/one" "$T/from"
is "files that are fetched" "$(lines "$(job)" | head -1)" "gproc: TIME job $(job): user 0 on 0-1 (2): gproc get $T/one"
ok "no line is longer than 300 bytes" awk 'length > 300 { exit 1 }' "$T/master.log"

# ---- who comes and goes, three levels down ----
start_slave 3 slave2
wait_up 4
start_slave 4 slave3
wait_up 5
version=$("$GPROC" version | sed -n '1s/gproc \([^ ]*\).*/\1/p')
like "who joins, at each depth, with its host and address" "$(grep 'has joined' "$T/master.log")" " node 2:3:4 \\(slave4\\) has joined: gproc $version at 127\\.0\\.1\\.5:6666\$"
like "the slave says so too" "$(cat "$T/slave4.log")" '^gproc: 2[0-9TZ:-]* joined 127\.0\.1\.4:6666 as node 2:3:4$'
kill -KILL "$(pid_of_slave 3)"
ok "who is lost, and why" wait_log "$T/master.log" ' node 2:3 \(slave3\) is lost: the connection was closed$'
ok "who was below it, in one line" wait_log "$T/master.log" ' 2:3:4 \(1\) look for another way: their parent 2:3 is gone$'
ok "and has found one" wait_log "$T/master.log" ' node 2:3:4 \(slave4\) is back, by way of 2$'
like "the slave says that it had lost it" "$(cat "$T/slave4.log")" ' lost the parent 127\.0\.1\.4:6666: the connection was closed$'
start_slave 3 slave2
wait_up 5
start_slave 5 slave3
wait_up 6
kill -STOP "$(pid_of_slave 5)"
kill -KILL "$(pid_of_slave 3)"
ok "or has found none" wait_log "$T/master.log" ' node 2:3:5 \(slave5\) is lost: its parent 2:3 was lost, and it found no other way$'
kill -INT "$(pid_of_slave 4)"
ok "who leaves of itself" wait_log "$T/master.log" ' node 2:3:4 \(slave4\) has left: '
is "each line has a time" "$(cat "$T"/*.log | grep -Evc '^gproc: 20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z ')" 0

# ---- where systemd's journal reads it, it has a weight and no time ----
exec 3>"$T/journal"
JOURNAL_STREAM=$(stat -L -c '%d:%i' "$T/journal") "$GPROC" -defaultMasterUDS=/tmp/h -myAddress=127.0.0.1 -cmdport=7777 -debug=1 m 2>&3 &
other=$!
until_true test -S /tmp/h
"$GPROC" -cmdport=7777 -myId=5 -myAddress=127.0.3.1 s 2>"$T/other.log" &
slave=$!
"$GPROC" -defaultMasterUDS=/tmp/h i -wait=1 -timeout="$LIMIT_UP" >/dev/null
"$GPROC" -defaultMasterUDS=/tmp/h e 5 true
like "for the journal" "$(grep ' job ' "$T/journal" | head -1)" '^<6>gproc: job [0-9.a-f]*: user 0 on 5 \(1\): true$'
for i in 1 2 3; do setpriv --reuid=1007 --regid=1007 --clear-groups "$GPROC" -defaultMasterUDS=/tmp/h e 5 true 2>/dev/null; done
kill -KILL "$slave"
ok "trouble weighs more" wait_log "$T/journal" '^<4>gproc: node 5 \(.*\) is lost: '
ok "what -debug tells less" grep -q '^<7>gproc: ' "$T/journal"
kill "$other"
wait "$other"
is "who is refused is told once, and counted" "$(grep 'user 1007' "$T/journal")" "<4>gproc: user 1007 is refused: not one of those who may use this master
<4>gproc: user 1007 is refused: not one of those who may use this master (2 times more)"
is "no line is without one" "$(grep -vc '^<[3467]>gproc: [^2]' "$T/journal")" 0
done_testing
