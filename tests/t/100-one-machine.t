#!/bin/sh
# Master and slave on one machine, with default switches, as a newcomer tries it.
. tests/lib.sh
enter_namespaces "$@"

# The process that becomes the master has a child that has ended, as the one that looked up the name in -myAddress may have.
perl -e '$child = fork || exit; do { open(F, "/proc/$child/stat") } until <F> =~ /\) Z/; exec @ARGV' "$GPROC" m >"$T/master.log" 2>&1 &
MASTER=$!
until "$GPROC" i >/dev/null 2>&1; do kill -0 "$MASTER" || break; done
is "the first master makes a key for its owner alone" "$(stat -c %a /etc/gproc/key)" 600
like "and tells its short id" "$(cat "$T/master.log")" "$(sed -n 's/^# gproc cluster key \([0-9a-f]*\).*/\1/p' /etc/gproc/key)"
"$GPROC" s >"$T/slave.log" 2>&1 &
SLAVE=$!
wait_up 1
run "$GPROC" e . /bin/date
is "a command returns 0" "$status" 0
is "one line comes back" "$(printf '%s\n' "$out" | wc -l)" 1
like "it is a date" "$out" '[0-9][0-9]:[0-9][0-9]:[0-9][0-9]'
is "and nothing on standard error" "$err" ""
is "children that ended before the master waited for any are reaped" "$(pgrep -P "$MASTER")" ""
run "$GPROC" i
like "i counts it" "$out" '^1 up'
like "the slave tells that it can only be a leaf: its port is its parent's" "$(cat "$T/slave.log")" 'leaf'
kill -INT "$MASTER"
wait "$MASTER"
is "Ctrl-C ends the master with 0" $? 0
wait "$SLAVE"
is "and the slave with 0" $? 0
ok "the socket is gone" test ! -e /tmp/g
ok "binRoot is gone" test ! -e /tmp/xproc
is "no process is left" "$(gprocs_left)" ""
is "no mount is left" "$(mounts_left)" ""
done_testing
