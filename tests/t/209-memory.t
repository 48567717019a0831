#!/bin/bash
# Programs that print without end for clients that read nothing: no daemon takes more than the bound that doc/architecture.md
# derives, whatever the number of jobs; and other jobs, signals and heartbeats go on.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
start_master -heartbeat="$(span 3000)"
start_tree 12 3
stalled=24
# Large pieces, and pieces of one byte, which take more room beside them than in them.
programs=('exec yes 0123456789012345678901234567890123456789' 'echo; while :; do printf x; done')

# The peak of each daemon, in KiB: the highest.
peak() {
	for pid in $MASTER $(for ((i = 0; i < 12; i++)); do pid_of_slave $i; done); do
		awk '/^VmHWM/ { print $2 }' "/proc/$pid/status"
	done | sort -n | tail -n 1
}

before=$(peak)
clients=
for ((k = 0; k < stalled; k++)); do
	mkfifo "$T/fifo.$k"
	"$GPROC" e ... /bin/sh -c "${programs[k % 2]}" >"$T/fifo.$k" 2>/dev/null &
	clients="$clients $!"
done
# Each is opened, read once, and never again.
for ((k = 0; k < stalled; k++)); do
	exec {fd}<"$T/fifo.$k"
	read -r line <&$fd
done
rounds=0
while [ $rounds -lt 15 ]; do
	run "$GPROC" e ... /bin/echo fine
	[ "$status $(printf '%s\n' "$out" | grep -c fine)" = "0 12" ] || break
	rounds=$((rounds + 1))
done
is "other launches go on" $rounds 15
like "heartbeats too" "$("$GPROC" i)" '^12 up, 0 down'
after=$(peak)
# Per job and node: what waits for credit, what is under way upwards, and what a node keeps; see "What a daemon may hold".
bound=$((before + 4 * 8192 + stalled * 512))
diag "$before KiB before, $after with them"
ok "the fattest daemon: $before KiB before, $after with $stalled stalled jobs, bound $bound" test "$after" -le $bound
{ kill -KILL $clients; wait $clients; } 2>/dev/null
until_true no_job
is "all end with their clients" "$("$GPROC" ps | wc -l) $(pgrep -cx "yes|sh")" "1 0"
run "$GPROC" e ... /bin/true
is "all are free" "$status$err" 0
done_testing
