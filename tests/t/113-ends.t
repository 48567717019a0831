#!/bin/sh
# How things end: Ctrl-C at the client and at the master, TERM at the master, a stale socket.
. tests/lib.sh
enter_namespaces "$@"
start_master
start_tree 7 3

start_job ./. 7 'echo up; exec sleep 1000'
kill -INT "$CLIENT"
wait "$CLIENT"
is "Ctrl-C at the client ends the job by INT" $? 130
exec 3<&-
like "and the nodes are named" "$(cat "$T/job.err")" '0-2'
is "nothing of it is left" "$(grep -l '^Name:.sleep' /proc/[0-9]*/status 2>/dev/null)" ""

# Not by the shell: a signal that comes just before it forks is only seen when the child has ended.
start_job ./. 7 'exec perl -e "\$| = 1; \$SIG{INT} = sub { print qq(interrupted\n) }; print qq(up\n); sleep 1 while 1"'
kill -INT "$CLIENT"
i=0
while [ $i -lt 7 ] && read -r line <&3; do i=$((i + 1)); done
is "a job may outlive the first Ctrl-C" "$i $line" "7 interrupted"
kill -INT "$CLIENT"
wait "$CLIENT"
is "the second kills it" $? 137
exec 3<&-
run "$GPROC" e ./. /bin/true
is "the nodes are free" "$status$err" 0

# With nohup a hangup is nobody's business.
hold
rm -f "$T/hup"
: >"$T/hup"
(trap '' HUP; exec "$GPROC" e 0 /bin/sh -c 'echo up; flock -s /tmp/held true; echo end' >"$T/hup" 2>&1) 4>&- &
client=$!
until grep -q up "$T/hup"; do kill -0 $client || break; done
kill -HUP $client
release
wait $client
is "a client that was started to ignore hangups goes on" "$? $(echo $(cat "$T/hup"))" "0 up end"

# A client killed outright takes its job along.
start_job ./. 7 'echo up; exec sleep 1000'
kill -KILL "$CLIENT"
wait "$CLIENT" 2>/dev/null
exec 3<&-
run "$GPROC" e ./. /bin/true
is "after a client's sudden death the nodes go on" "$status$err" 0

# TERM: the master alone.
kill -TERM "$MASTER"
wait "$MASTER"
is "TERM ends the master with 0" $? 0
ok "its socket is gone" test ! -e /tmp/g
stay=0
for i in 0 1 2 3 4 5 6; do kill -0 "$(pid_of_slave $i)" && stay=$((stay + 1)); done
is "the slaves stay" $stay 7
start_master
wait_up 7
run "$GPROC" e ./. /bin/true
is "and join the next master by themselves" "$status$err" 0

# A master that dies leaves its socket, which stops nobody.
kill -KILL "$MASTER"
wait "$MASTER" 2>/dev/null
ok "a killed master leaves its socket" test -S /tmp/g
run "$GPROC" i
is "a client finds nobody there" "$status" 255
like "and says so" "$err" '^gproc: .*/tmp/g.*gproc m|no master'
start_master
wait_up 7
run "$GPROC" e ./. /bin/true
is "a stale socket does not stop the next master" "$status$err" 0
run "$GPROC" -myAddress=127.0.0.1 -cmdport=6667 m
is "but a living master's socket does" "$status" 255
like "and it is named" "$err" '/tmp/g'

# INT: the whole tree, with jobs running.
start_job ./. 7 'echo up; exec sleep 1000'
kill -INT "$MASTER"
wait "$MASTER"
is "Ctrl-C ends the master with 0" $? 0
for i in 0 1 2 3 4 5 6; do
	wait "$(pid_of_slave $i)"
	is "and slave$i with 0" $? 0
done
wait "$CLIENT"
is "the client is told" $? 255
exec 3<&-
is "no process is left" "$(gprocs_left)$(grep -l '^Name:.sleep' /proc/[0-9]*/status 2>/dev/null)" ""
is "no mount is left" "$(mounts_left)" ""
ok "no file is left" test ! -e /tmp/g -a ! -e /tmp/xproc
done_testing
