# A tree of machines whose daemons can be killed, stopped and cut off, and a look at what is left on them: . tests/world.sh behind
# tests/lib.sh, in bash, with machines, parent and nodes set. A machine is held by a process of its own: its cable and its files outlive its gproc.
declare -A daemon=() mounts=() store=() # of each machine: pid; its mounts when it is idle (its descriptors: $T/NAME.stock); its store's directory

HEARTBEAT=${HEARTBEAT:-$(limit 2)} # seconds

holder() {
	local name=HOST_$1
	echo "${!name}"
}

# ---- daemons ----

# launch_daemon NAME [switches]
launch_daemon() {
	local name=$1
	shift
	nsenter -t "$(holder "$name")" -u -n -m -r --wdns="$REPO" setsid "$GPROC" -heartbeat="${HEARTBEAT}s" -grace="$(span 20000)" -myAddress="$name" "$@" \
		</dev/null >>"$T/$name.log" 2>&1 5<&- 6<&- &
	daemon[$name]=$!
	unset "store[$name]"
}

# start_daemon NAME: master, or slaveN below its parent as world_of has it.
start_daemon() {
	case $1 in
	master) launch_daemon master m ;;
	*) launch_daemon "$1" -myParent="${parent[$1]}" -myId="${1#slave}" s ;;
	esac
}

# end_daemon NAME: dies on the spot.
end_daemon() {
	kill -KILL "${daemon[$1]}"
	wait "${daemon[$1]}"
} 2>/dev/null

master() {
	on master "$GPROC" "$@"
}

# The first line of `gproc i`: asked in the master's own time, so that asking again and again is no load.
how_many() {
	master i -wait=10000 -timeout=50ms 2>/dev/null | head -n 1
}

# ---- machines ----

# Without these, neighbours would forget each other's hardware address, and a loss in one direction would be one in both.
know_neighbours() {
	local a b mac address lines=''
	for b in "${machines[@]}"; do
		mac=$(nsenter -t "$(holder "$b")" -n ip -o link show eth0 | sed 's/.*ether \([^ ]*\).*/\1/')
		address=$(awk -v name="$b" '$2 == name { print $1 }' /etc/hosts)
		lines="${lines}neigh replace $address lladdr $mac dev eth0 nud permanent"$'\n'
	done
	for a in "${machines[@]}"; do
		# Its own address is no neighbour's: that line has no effect.
		printf '%s' "$lines" | nsenter -t "$(holder "$a")" -n ip -force -batch - >/dev/null 2>&1
	done
}

# Without the contents that it keeps open, some at a time.
descriptors_of() {
	find "/proc/${daemon[$1]}/fd" -type l ! -lname '*/blob/*' -printf '%f %l\n' 2>/dev/null | sort -n
}

# links_beside NAME: its daemon has links to others than its parent and children: nodes that it fed, or that fed it, a moment ago.
links_beside() {
	local tree=0 name
	for name in "${machines[@]}"; do [ "$name" = master ] || [ "${parent[$name]}" != "$1" -a "$name" != "$1" ] || tree=$((tree + 1)); done
	[ "$(awk '$4 == "01"' "/proc/${daemon[$1]}/net/tcp" "/proc/${daemon[$1]}/net/tcp6" | wc -l)" -gt $tree ]
}

# idle NAME: its daemon has taken note of every end: of its children's, and of those of the clients that it spoke with.
idle() {
	local pid=${daemon[$1]}
	! links_beside "$1" && ! pgrep -P "$pid" >/dev/null && no_rooms "$pid" && ! awk '$6 == "03" && $8 == "/tmp/g" { found = 1 } END { exit !found }' "/proc/$pid/net/unix"
}

# What an idle daemon has; taken when all have run something and rest again.
take_stock() {
	local name
	for name in "${machines[@]}"; do
		until_true idle "$name" || { echo "$name does not come to rest"; return 1; }
		mounts[$name]=$(wc -l <"/proc/${daemon[$name]}/mountinfo")
		descriptors_of "$name" >"$T/$name.stock"
	done
}

# all_free: a launch on all does what it should; it brings what jobs need to nodes that are new.
all_free() {
	local out
	out=$(master e ... /bin/bash -c 'exec 4<> <(:); setsid true; cksum /dev/null; mkdir -p /tmp/matrix' 2>&1) || { echo "launch on all: $out"; return 1; }
	[ "$(printf '%s\n' "$out" | grep -c '^4294967295 0')" = "$nodes" ] || { echo "launch on all: $out"; return 1; }
}

all_up() {
	master i -wait="$nodes" -timeout="${PATIENCE}s" >"$T/tree" 2>&1 && return
	printf 'not all are up: %s\n' "$(cat "$T/tree")"
	return 1
}

no_orphans() {
	master i >"$T/tree" 2>&1 && ! grep -q adopted "$T/tree"
}

all_at_home() {
	all_up && until_true no_orphans && return
	printf 'not all are at home: %s\n' "$(cat "$T/tree")"
	return 1
}

start_machines() {
	local name
	start_network
	"$GPROC" keygen 2>/dev/null
	for name in "${machines[@]}"; do host "$name" sleep infinity; done
	know_neighbours
}

start_daemons() {
	local name
	for name in "${machines[@]}"; do start_daemon "$name"; done
	until_true eval 'master i >/dev/null 2>&1'
	all_at_home && all_free && until_true at_rest && take_stock
}

at_rest() {
	[ -z "$(processes_left)" ] && [ "$(master ps | wc -l)" = 1 ]
}

# ---- what is left ----

# Processes of jobs, and daemons' children.
processes_left() {
	local pid
	grep -lsaE '[m]atrix-job' /proc/[0-9]*/cmdline
	for pid in $(gprocs_left); do
		case " ${daemon[*]} " in *" $pid "*) ;; *) echo "process $pid: $(tr '\0' ' ' <"/proc/$pid/cmdline")" ;; esac
	done 2>/dev/null
}

# find_store NAME: looked for once.
find_store() {
	[ -n "${store[$1]:-}" ] || store[$1]=$(store_of "${daemon[$1]}")
}

files_left() {
	local name=$1 file root
	root=/proc/$(holder "$name")/root/tmp
	find_store "$name" || { echo "$name: no store"; return; }
	for file in "${store[$name]}"/part/* "${store[$name]}"/room/* "${store[$name]}"/{tree,inode}/.new-* "$root"/* "$root"/.[!.]* "$root"/xproc/*; do
		case $file in
		"$root"/matrix | "$root"/xproc | "$root"/g) ;;
		*) [ ! -e "$file" ] || echo "$name: $file" ;;
		esac
	done
}

# left_over: a line for each thing that an idle tree would not have.
left_over() {
	local name now
	processes_left
	master ps 2>&1 | sed '1d; s/^/job: /'
	for name in "${machines[@]}"; do
		files_left "$name"
		now=$(wc -l <"/proc/${daemon[$name]}/mountinfo")
		[ "$now" = "${mounts[$name]}" ] || echo "$name: $now mounts, ${mounts[$name]} before"
		descriptors_of "$name" >"$T/$name.now"
		[ "$(wc -l <"$T/$name.now")" = "$(wc -l <"$T/$name.stock")" ] ||
			diff "$T/$name.stock" "$T/$name.now" | sed -n "s/^[<>]/$name: descriptor &/p"
	done
}

nothing_left() {
	left_over >"$T/left" 2>&1
	[ ! -s "$T/left" ]
}

# ---- links ----

cable() {
	echo "v$(holder "$1")"
}

from_machine() {
	local name=$1
	shift
	nsenter -t "$(holder "$name")" -n "$@"
}

# Whatever is sent is larger than the burst, and dropped.
LOSE=(tbf rate 8kbit burst 10 limit 10)

# slow NAME RATE BURST: what comes to it after so many bytes comes slowly.
slow() {
	tc qdisc replace dev "$(cable "$1")" root tbf rate "$2" burst "$3" limit 20000
}

at_full_speed() {
	tc qdisc del dev "$(cable "$1")" root 2>/dev/null
	:
}

is_stopped() {
	[[ $(<"/proc/$1/stat") == *") T "* ]]
}

stand_still() {
	kill -STOP "$1"
	until_true is_stopped "$1"
}
