#!/bin/sh
# A client that stops reading, and a program that prints without end, hold up nobody else, and nobody's memory grows.
. tests/lib.sh
enter_namespaces "$@"
start_master
start_tree 7 3

# A client that reads one line and then no more.
start_job ./. 1 'while :; do echo 0123456789012345678901234567890123456789; done'
kill -STOP "$CLIENT"
rss() {
	for pid in $MASTER $(for i in 0 1 2 3 4 5 6; do pid_of_slave $i; done); do
		awk '/^VmHWM/ { print $2 }' "/proc/$pid/status"
	done | sort -n | tail -n 1
}
i=0
while [ $i -lt 20 ]; do
	run "$GPROC" e ./. /bin/echo fine
	[ "$status $(printf '%s\n' "$out" | grep -c '^fine$')" = "0 7" ] || break
	i=$((i + 1))
done
is "20 launches while another client stands still" $i 20
peak=$(rss)
ok "no daemon has more than 64 MiB ($peak KiB)" test "$peak" -le 65536
run "$GPROC" i
like "all are up" "$out" '^7 up, 0 down$'
kill -KILL "$CLIENT"
kill -CONT "$CLIENT" 2>/dev/null
end_job
run "$GPROC" e ./. /bin/true
is "and when it is gone the nodes are free" "$status$err" 0

# Without end, for a client that reads: bounded too.
start_job ./. 100000 'while :; do echo 0123456789012345678901234567890123456789; done'
peak=$(rss)
ok "no more after 100,000 lines ($peak KiB)" test "$peak" -le 65536
kill -INT "$CLIENT"
end_job
is "Ctrl-C ends it" "$status" 130

# Those who all print without end are all heard: the node on the way no more than the two below it.
start_job 0,0:3,0:6 60000 'while :; do echo $GPROC_NODE 0123456789012345678901234567890123456789; done'
kill -INT "$CLIENT"
exec 3<&-
wait "$CLIENT"
for path in 0 0:3 0:6; do
	lines=$(head -n 60000 "$T/job.out" | grep -c "$path 0")
	ok "$path has its part of 60,000 lines: $lines" test "$lines" -ge 6000
done
run "$GPROC" e ./. /bin/true
is "and all are free" "$status$err" 0

# -timeout ends a silent one, with who was still running.
run "$GPROC" -timeout="$(span 2000)" e ./. /bin/sh -c '[ "$GPROC_NODE" != 1 ] || exec sleep 1000'
is "-timeout is status 124" "$status" 124
like "and names who was still running" "$err" '^gproc: .*1'
run "$GPROC" -kill-on-bad e ./. /bin/sh -c '[ "$GPROC_NODE" != 1 ] || exit 9; exec sleep 1000'
like "-kill-on-bad ends all" "$status" '^(9|137|143)$'
is "nothing is left of it" "$(pgrep -c sleep)" 0
done_testing
