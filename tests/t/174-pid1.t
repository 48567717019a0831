#!/bin/sh
# As the first process of a container gproc is what its mode says; it is init when called init, or when no mode is given.
. tests/lib.sh
enter_namespaces "$@"

# first COMMAND...: as process 1 of a pid namespace.
first() {
	unshare -p --fork --kill-child --mount-proc "$@"
}
start_master
run first "$GPROC" version
is "version" "$status $out$err" "0 $("$GPROC" version)"
run first "$GPROC" -key=none eval 1 2 +
like "wrong usage is wrong usage" "$status $err" "^2 gproc: the switch -key belongs to "
run first "$GPROC" eval 1 2 +
is "eval" "$status $out$err" "0 3"

unshare -p --fork --kill-child --mount-proc "$GPROC" -myParent=127.0.0.1 -myId=5 -myAddress=127.0.1.6 s >"$T/slave.log" 2>&1 &
runner=$!
wait_up 1
pid=$(pgrep -P $runner)
like "a slave" "$(cat "/proc/$pid/status")" "^NSpid:.*	1$"
run first "$GPROC" e 5 /bin/echo fine
is "the client, and a node that is process 1" "$status $out$err" "0 fine"
# Orphans of a container become its first process's children, and are reaped.
nsenter -t "$pid" -p sh -c '(sh -c "exit 3" & exec true) & wait'
"$GPROC" e 5 /bin/sh -c 'true & true & exit 0'
# The keeper of the job before may just have ended.
no_zombie() { [ "$("$GPROC" e 5 /bin/sh -c 'cat /proc/[0-9]*/stat 2>/dev/null | grep -c " Z "')" = 0 ]; }
ok "it reaps" until_true no_zombie
kill -TERM "$pid"
status=0
wait $runner || status=$?
is "and ends on TERM" "$status" 0
unlike "it was no init" "$(cat "$T/slave.log")" init

cp "$GPROC" "$T/init"
timeout "$(limit 20)" unshare -m -u -n -p --fork --kill-child "$T/init" version >"$T/init.log" 2>&1 &
runner=$!
ok "called init, it is init, whatever words there are" wait_log "$T/init.log" '^gproc init: '
kill -KILL "$(pgrep -P "$(pgrep -P $runner)")" 2>/dev/null
wait $runner 2>/dev/null
timeout "$(limit 20)" unshare -m -u -n -p --fork --kill-child "$GPROC" quiet splash >"$T/none.log" 2>&1 &
runner=$!
ok "as process 1 without a mode too" wait_log "$T/none.log" '^gproc init: '
kill -KILL "$(pgrep -P "$(pgrep -P $runner)")" 2>/dev/null
wait $runner 2>/dev/null
done_testing
