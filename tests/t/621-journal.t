#!/bin/sh
# Who ran what: the master's log has a line for each launch and one for its end.
. tests/lib.sh
enter_namespaces "$@"

start_master -users='*'
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
ok "no line is longer than 300 bytes" awk 'length > 300 { exit 1 }' "$T/master.log"
like "the time is one" "$(grep -o '20[0-9-]*T[0-9:]*Z' "$T/master.log" | head -1)" '^20[0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z$'

# Where systemd's journal reads it, it has a mark and no time.
exec 3>"$T/journal"
JOURNAL_STREAM=$(stat -L -c '%d:%i' "$T/journal") "$GPROC" -defaultMasterUDS=/tmp/h -myAddress=127.0.0.1 -cmdport=7777 m 2>&3 &
other=$!
until_true test -S /tmp/h
"$GPROC" -cmdport=7777 -myId=5 -myAddress=127.0.3.1 s 2>"$T/other.log" &
slave=$!
"$GPROC" -defaultMasterUDS=/tmp/h i -wait=1 -timeout="$LIMIT_UP" >/dev/null
"$GPROC" -defaultMasterUDS=/tmp/h e 5 true
like "for the journal" "$(grep ' job ' "$T/journal" | head -1)" '^<6>gproc: job [0-9.a-f]*: user 0 on 5 \(1\): true$'
kill "$slave" "$other"
done_testing
