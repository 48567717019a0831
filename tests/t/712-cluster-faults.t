#!/bin/sh
# Machines that die, run full or reboot: each has its verdict, and the others do not notice.
. tests/cluster.sh
need_kernel x86_64
enter_namespaces "$@"
start_cluster 3 --fanout 1 --memory 192

# Power is cut in the middle of a job.
mkfifo "$T/out"
status=0
env --default-signal=INT "$GPROC" -defaultMasterUDS="$UDS" -f=/bin/sleep e ./. /bin/sh -c 'echo up; sleep 1000 & wait' >"$T/out" 2>"$T/cut.err" &
client=$!
exec 3<"$T/out"
for i in 1 2 3; do read -r _ <&3; done
kill -KILL "$(pid_of 3)"
run g i -wait=2 -timeout="$(limit 60)s"
timeout $LIMIT_WAIT sh -c 'until "$0" -defaultMasterUDS="$1" i | grep -q "^2 up, 1 down: 1:3"; do sleep 0.1; done' "$GPROC" "$UDS"
is "a machine whose power is cut is down" "$?" 0
run g e ./. /bin/echo well
is "the others run new jobs" "$(printf '%s\n' "$out" | tr '\n' ' ')" "well well "
like "and the lost one is named" "$err" '1:3'
kill -INT $client
wait $client || status=$?
is "the job has its verdict" "$status" 255
like "lost" "$(cat "$T/cut.err")" '^gproc: lost: 1:3: '
like "and the machines that live are ended by Ctrl-C" "$(cat "$T/cut.err")" '^gproc: (killed by signal|exit) [0-9]+: 1,1:2 '
ok "it is booted again" ramdisk/cluster boot 3
run g i -wait=3 -timeout=${LIMIT_WAIT}s
is "and joins" "$status" 0

# More than a node can hold.
head -c 150000000 /dev/urandom >"$T/large"
run g -f="$T/large" e 1:2 /bin/echo ran
is "a launch that does not fit is refused" "$status$out" 126
like "with what it needs and what there is" "$err" '1:2: .*(needs|room|space|memory|fit)'
run g e 1:2 /bin/echo alive
is "the node is alive" "$status$err$out" 0alive

# One reboots.
run g reboot 1:2
is "reboot is accepted" "$status" 0
wait_for "$GPROC_CLUSTER/node2.console" 'this is node2' 2
is "the node boots again" "$?" 0
run g i -wait=3 -timeout=${LIMIT_WAIT}s
is "and joins" "$status" 0
run g e 1:2 /bin/cat /proc/uptime
ok "it is the same machine, started anew" test "${out%%.*}" -lt 60
# Shown on its console, for whoever stands before it.
like "its console says what it did" "$(ramdisk/cluster console 2)" 'gproc init: reboot'

run g halt 1:3,1:2
is "two are halted" "$status" 0
for i in 2 3; do
	! pid=$(pid_of $i 2>/dev/null) || wait_gone "$pid" || fact 1 "node $i powers off"
done
run g e ... /bin/echo last
is "the third runs on" "$out" last
ramdisk/cluster stop
done_testing
