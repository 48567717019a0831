#!/bin/bash
# A node whose parent dies and that reaches no ancestor is lost when the grace is over, for that reason, and ends its jobs by itself;
# all others reach their end. When it finds a way again it is free.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
start_network
"$GPROC" keygen 2>/dev/null
host master "$GPROC" -heartbeat="$(span 2000)" -grace="$(span 3000)" m
until on master "$GPROC" i >/dev/null 2>&1; do kill -0 "$HOST" || break; done

# 0 and 1; 0:2 and 1:5; 0:2:3 and 0:2:4.
parents=(master master slave0 slave2 slave2 slave1)
paths=(0 1 0:2 0:2:3 0:2:4 1:5)
start_host() {
	host "slave$1" "$GPROC" -myParent="${parents[$1]}" -myId="hostname hostbase" -myAddress=hostname
	pids[$1]=$HOST
}
for i in 0 1 2 3 4 5; do start_host $i; done
up_on master 6

# cut NODE: its packets to the master go to nobody; only there, so that its parent has it until it dies.
cut() {
	on "slave$1" ip neigh replace 10.9.254.1 lladdr 02:00:00:00:00:99 dev eth0 nud permanent
}
mend() {
	on "slave$1" ip neigh del 10.9.254.1 dev eth0
}

# running PATH: the processes of jobs on that node.
running() {
	grep -lzsx "GPROC_NODE=$1" /proc/[0-9]*/environ | wc -l
}

# start_waiting: everywhere a job that no signal ends, until it is let go.
start_waiting() {
	for pid in "${pids[@]}"; do rm -f "/proc/$pid/root/tmp/go"; done
	rm -f "$T/fifo"
	mkfifo "$T/fifo"
	on master "$GPROC" e ... /bin/sh -c 'trap "" INT TERM HUP; echo up
		while [ ! -e /tmp/go ]; do sleep 0.05; done; echo end $GPROC_NODE' >"$T/fifo" 2>"$T/err" &
	client=$!
	exec 3<"$T/fifo"
	for i in 0 1 2 3 4 5; do read -r line <&3; done
}

die() {
	for number in "$@"; do
		kill -KILL "${pids[$number]}"
		wait "${pids[$number]}" 2>/dev/null
	done
}

# lost_alone NAME DEAD CUT FOLDED: all but these are let go; the cut ones are told as lost for want of a way, and what they run ends
# by itself while they are still cut off.
lost_alone() {
	local name=$1
	for i in 0 1 2 3 4 5; do
		case " $2 $3 " in *" ${paths[i]} "*) ;; *) touch "/proc/${pids[i]}/root/tmp/go" ;; esac
	done
	cat <&3 >"$T/out"
	exec 3<&-
	wait $client
	is "$name: status" $? 255
	like "$name: they are lost for want of a way" "$(cat "$T/err")" "^gproc: lost: $4( \([0-9]+\))?: its parent .* was lost, and it found no other way"
	is "$name: the others reach their end" "$(grep -c end "$T/out")" $((6 - $(set -- $2 $3; echo $#)))
	for path in $3; do until_true eval '[ "$(running "$path")" = 0 ]'; done
	is "$name: on those cut off nothing of it is left" "$(for path in $3; do running "$path"; done | grep -cvx 0)" 0
}

# free_again NAME COUNT
free_again() {
	on master "$GPROC" i -wait="$2" -timeout="$LIMIT_UP" >/dev/null
	run on master "$GPROC" e ... /bin/echo fine
	is "$1: healed, and free" "$status $(printf '%s\n' "$out" | grep -c fine)" "0 $2"
	run on master "$GPROC" ps
	is "$1: no job is left" "$(printf '%s\n' "$out" | sed 1d)" ""
}

start_waiting
cut 5
die 1
lost_alone "an orphan" 1 1:5 1:5
mend 5
free_again "an orphan" 5
start_host 1
up_on master 6

# Its children have their parent; they have no master either.
start_waiting
cut 2
die 0
lost_alone "with all below it" 0 "0:2 0:2:3 0:2:4" 0:2,0:2:3-4
mend 2
free_again "with all below it" 5
start_host 0
up_on master 6

# Of two orphans on the third level one finds the master.
start_waiting
cut 4
die 0 2
lost_alone "one of two" "0 0:2" 0:2:4 0:2:4
mend 4
free_again "one of two" 4
start_host 0
start_host 2
up_on master 6
run on master "$GPROC" e ... /bin/true
is "all are free" "$status$err" 0
end_tree "$HOST_master"
done_testing
