#!/bin/bash
# Launches by the thousand, many at once, some killed, leave nothing: memory, descriptors, processes, mounts and the stores' room
# are afterwards what they were before. SOAK=1 (make soak): 1,000 daemons, 200 launches at once, 10,000 in a row.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
if [ "${SOAK:-}" = 1 ]; then
	nodes=1000 first=30 at_once=200 in_a_row=10000 heartbeat=$(span 60000) # a thousand daemons share a processor or two
else
	nodes=40 first=6 at_once=20 in_a_row=${LAUNCHES:-300} heartbeat=$(span 5000)
fi
OWN_COPIES=yes
start_master -heartbeat=$heartbeat
start_tree "$nodes" "$first"

daemons() {
	echo "$MASTER"
	for ((i = 0; i < nodes; i++)); do pid_of_slave $i; done
}

# used: private KiB of all daemons together, of the fattest, their descriptors, processes here, mounts, and KiB in the stores.
used() {
	local pid memory=0 fattest=0 descriptors=0 mounts=0 room=0 one
	for pid in $(daemons); do
		one=$(awk '/^RssAnon/ { print $2 }' "/proc/$pid/status")
		memory=$((memory + one)) fattest=$((one > fattest ? one : fattest))
		set -- /proc/"$pid"/fd/*
		descriptors=$((descriptors + $#)) room=$((room + $(stat -f -L -c '(%b-%f)*%s/1024' "$(store_of "$pid")")))
		[ $((pid % 20)) != 0 ] || mounts=$((mounts + $(wc -l <"/proc/$pid/mountinfo")))
	done
	set -- /proc/[0-9]*
	echo "$memory $fattest $descriptors $# $mounts $room"
}

# one launch, of the kind that its number gives; it must end as it should. Whoever launches in a row has one kind after the other; one
# in forty is on all nodes. What is kept of the output of a hundred jobs is no leak: where there is much, nothing is kept.
launch() {
	local turn=$((($1 + $1 / at_once) % 40))
	case $((turn ? turn % 10 : -1)) in
	-1) "$GPROC" e ... /bin/date ;;
	1) "$GPROC" e 0-2 /bin/sh -c 'exit 3' 2>/dev/null || [ $? = 3 ] ;;
	2) "$GPROC" -timeout=20ms e 1-3 /bin/sleep 1000 2>/dev/null || [ $? = 124 ] ;;
	3) "$GPROC" -keep=0 e 0/. /bin/sh -c 'head -c 100000 /dev/zero; (sleep 0.01 &)' ;;
	4) "$GPROC" -detach e 4 /bin/true ;;
	*) "$GPROC" e $(($1 % first)) /bin/true ;;
	esac >/dev/null || echo "$1" >>"$T/bad"
}

# many FROM COUNT: that many, at_once of them under way.
many() {
	local k workers=()
	for ((k = 0; k < at_once; k++)); do
		(for ((i = $1 + k; i < $1 + $2; i += at_once)); do launch $i; done) &
		workers+=($!)
	done
	wait "${workers[@]}"
}

# idle: returns when no job is left anywhere, nor the file systems for what they wrote.
idle() {
	local pid
	until_true no_job
	"$GPROC" ps | sed 1d >>"$T/left"
	for pid in $(daemons); do until_true no_rooms "$pid" || ls -d "$(store_of "$pid")"/room/* >>"$T/left"; done
}

: >"$T/bad"
many 0 $((at_once * 10))
idle
before=$(used)
many 0 $in_a_row
idle
# What idle links keep is given back at their next heartbeats.
for ((tries = 0; tries < 20; tries++)); do
	after=$(used)
	[ "${after%% *}" -gt $((${before%% *} * 11 / 10)) ] || break
done
is "all $in_a_row end as they should" "$(wc -l <"$T/bad")" 0
is "no job is left" "$(cat "$T/left")" ""
read -r memory fattest descriptors processes mounts room <<<"$before"
read -r memory2 fattest2 descriptors2 processes2 mounts2 room2 <<<"$after"
diag "KiB of all, of the fattest, descriptors, processes, mounts, KiB stored: $before; then $after"
ok "memory: $memory KiB, then $memory2" test $memory2 -le $((memory + memory / 10 + 8 * nodes))
ok "the fattest: $fattest KiB, then $fattest2" test $fattest2 -le $((fattest + fattest / 2 + 512))
is "descriptors" "$descriptors2" "$descriptors"
is "processes" "$processes2" "$processes"
is "mounts" "$mounts2" "$mounts"
ok "room in the stores: $room KiB, then $room2" test $room2 -le $((room + 64 * nodes))
end_tree
done_testing
