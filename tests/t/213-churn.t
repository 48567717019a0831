#!/bin/bash
# Nodes that come and go by the hundred, strangers that fail, and jobs, killed and not, leave nothing in a daemon that lives long: its
# memory, descriptors, children and mounts are afterwards what they were before.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
built hostile
"$GPROC" keygen 2>/dev/null
"$GPROC" keygen -key="$T/wrong" 2>/dev/null
start_master -heartbeat="$(span 2000)"
start_slave 0 master
start_slave 1 slave0
wait_up 2

# members COUNT: returns when so many are up, below either.
members() {
	until "$GPROC" i | head -n 1 | grep -q "^$1 up"; do kill -0 "$MASTER" || return; done
}

# comings_and_goings ROUNDS: each time ten nodes join, five below each; half of them say good-bye, half are killed.
comings_and_goings() {
	local i k pids
	for ((k = 0; k < $1; k++)); do
		pids=()
		for ((i = 10; i < 20; i++)); do
			start_slave $i "$( ((i % 2)) && echo slave0 || echo master)" 2>/dev/null
			pids+=("$SLAVE")
		done
		members 12
		for ((i = 0; i < 10; i++)); do
			if ((i / 2 % 2)); then kill -KILL "${pids[i]}"; else kill -TERM "${pids[i]}"; fi
		done
		wait "${pids[@]}" 2>/dev/null
		members 2
	done
}

# strangers: what comes to both ports and fails: garbage, no key, a first message once more, half-open, and another key.
strangers() {
	local address
	for address in 127.0.0.1:6666 127.0.1.1:6666; do
		"$hostile" $address garbage 100
		"$hostile" $address plain
		"$hostile" $address replay /etc/gproc/key
		"$hostile" $address idle 100 </dev/null
	done >/dev/null 2>&1
	for ((i = 0; i < 10; i++)); do
		"$GPROC" -key="$T/wrong" -myParent="$( ((i % 2)) && echo slave0 || echo master)" -myAddress=127.9.9.$((i + 1)) s >"$T/stranger.$i" 2>&1 &
		pids[i]=$!
	done
	for ((i = 0; i < 10; i++)); do wait_log "$T/stranger.$i" "can't join" || echo "# stranger $i"; done
	kill "${pids[@]}"
	wait "${pids[@]}" 2>/dev/null
}

# jobs COUNT: of each kind in turn; one in three is killed.
jobs_by_the_hundred() {
	local i
	for ((i = 0; i < $1; i++)); do
		case $((i % 6)) in
		0) "$GPROC" -timeout=20ms e ... /bin/sleep 1000 ;;
		1) "$GPROC" kill "$("$GPROC" -detach e ... /bin/sleep 1000)" KILL ;;
		2) "$GPROC" e ... /bin/sh -c 'exit 3' ;;
		3) "$GPROC" e 0:1 /nowhere ;;
		*) "$GPROC" e ... /bin/date ;;
		esac >/dev/null 2>&1
	done
	until [ "$("$GPROC" ps | wc -l)" = 1 ]; do kill -0 "$MASTER" || break; done
}

# settled PID: KiB of memory of its own, descriptors, children, mounts, once no user has a room there and the first is not seen to fall
# any more: links end, and their memory is given back, by the next heartbeats. No process is started here for a look: there are many.
settled() {
	local memory least=999999 same=0 text fds children mounts
	until_true no_rooms "$1"
	while [ $same -lt 2000 ]; do
		IFS= read -r -d '' text <"/proc/$1/status" # at once: a line that is sought again may have moved
		text=${text#*RssAnon:}
		memory=$((${text%%kB*}))
		same=$((same + 1))
		[ "$memory" -ge $least ] || least=$memory same=0
	done
	fds=("/proc/$1/fd"/*)
	read -ra children <"/proc/$1/task/$1/children"
	mapfile -t mounts <"/proc/$1/mountinfo"
	echo "$memory ${#fds[@]} ${#children[@]} ${#mounts[@]}"
}
churn() {
	comings_and_goings "$1"
	strangers
	jobs_by_the_hundred "$2"
}

# The first time buffers and tables grow to what they stay at. What the heap's parting in pieces may cost beyond is 64 KiB; a leak of
# 200 bytes for each of the 600 things and more that happen would be twice as much.
churn 2 30
declare -A before
daemons=("$MASTER" "$(pid_of_slave 0)")
for pid in "${daemons[@]}"; do before[$pid]=$(settled "$pid"); done
churn 8 150
for pid in "${daemons[@]}"; do
	name=$([ "$pid" = "$MASTER" ] && echo "the master" || echo "a node on the way")
	read -r memory rest <<<"${before[$pid]}"
	read -r memory_now rest_now <<<"$(settled "$pid")"
	is "$name: descriptors, children, mounts" "$rest_now" "$rest"
	ok "$name: nothing is kept for jobs that have ended" no_rooms "$pid"
	ok "$name: $memory KiB before, $memory_now after" test "$memory_now" -le $((memory + 64))
done
run "$GPROC" e 0,0:1 /bin/true
is "all are free" "$status$err" 0
end_tree
done_testing
