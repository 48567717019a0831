#!/bin/sh
# What a warm launch costs a node is counted: its system calls beside the program's own, the processes made for it, and how often it
# waits. The limits are those of doc/performance.md.
. tests/lib.sh
enter_namespaces "$@"
command -v strace >/dev/null || skip_all "no strace"
users
start_master -users=1001 -heartbeat="$(limit 600)s"
start_slave 0 master -heartbeat="$(limit 600)s"
wait_up 1
cd /

attached() {
	grep -q attached "$T/strace.err"
}
at_rest() {
	[ -z "$(pgrep -P "$SLAVE")" ]
}

# counts COMMAND...: of one launch, in $counts: system calls, processes, calls in which the node waited. Until its exec a program's are
# the node's.
counts() {
	strace -f -o "$T/trace" -p "$SLAVE" 2>"$T/strace.err" &
	strace=$!
	until_true attached
	run "$@"
	until_true at_rest
	kill -INT $strace
	wait $strace
	counts=$(awk '
		!($1 in own) && $2 ~ /^[a-z0-9_]+\(/ { calls++ }
		$2 ~ /^(clone|clone3|fork|vfork)\(/ && !($1 in own) { made++ }
		$2 ~ /^(poll|ppoll|epoll_wait|epoll_pwait)\(/ && !($1 in own) { waits++ }
		/execve(\(| resumed)/ && / = 0$/ { own[$1] }
		END { print calls, made, waits }' "$T/trace")
}

# least COMMAND...: the same of five launches, the least of each: a busy machine splits what comes together.
least() {
	least_of=
	for least_i in 1 2 3 4 5; do
		counts "$@"
		least_of="$least_of$status $counts
"
	done
	least=$(printf '%s' "$least_of" | awk '
		{ for (i = 1; i <= 4; i++) if (NR == 1 || $i < n[i]) n[i] = $i }
		END { print n[1], n[2], n[3], n[4] }')
	set -- $least
	failed=$1 calls=$2 made=$3 waits=$4
}

for i in 1 2; do
	run "$GPROC" e 0 /bin/date
	run as 1001 "$GPROC" e 0 /bin/date
done

least "$GPROC" e 0 /bin/date
is "root's launches run" "$failed" 0
ok "one of root's takes $calls system calls, 180 at most" test "$calls" -gt 0 -a "$calls" -le 180
is "and makes two processes" "$made" 2
ok "it waits $waits times, 9 at most" test "$waits" -le 9
root=$calls

least as 1001 "$GPROC" e 0 /bin/date
is "a user's run" "$failed" 0
ok "one of a user's takes $calls, at most 1.2 times as many as root's $root" test "$((calls * 10))" -le "$((root * 12))"
is "and makes two processes, too" "$made" 2

# Voluntary switches: of the daemon from one launch to the next, of the keeper until its program runs.
switches() {
	awk '/^voluntary/ { print $2 }' "/proc/$SLAVE/status"
}
of_daemon=1000 of_keeper=1000
for i in 1 2 3 4 5 6 7 8; do
	before=$(switches)
	run "$GPROC" e 0 /bin/sh -c 'exec sed -n "s/^voluntary_ctxt_switches:[[:space:]]*//p" /proc/$PPID/status'
	until_true at_rest
	n=$(($(switches) - before))
	[ "$n" -ge "$of_daemon" ] || of_daemon=$n
	[ "$out" -ge "$of_keeper" ] || of_keeper=$out
done
ok "the daemon is switched to $of_daemon times for a launch, 6 at most" test "$of_daemon" -le 6
ok "its keeper $of_keeper times before the program runs, 2 at most" test "$of_keeper" -le 2
end_tree
done_testing
