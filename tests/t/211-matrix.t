#!/bin/bash
# Whoever dies, stands still or is cut off, at whatever moment and under whatever job: each chosen node has its one right verdict, the
# others lose no line, and when it is healed the tree is whole and nothing is left anywhere. The table is below; make check runs a
# sample of it, SOAK=1 (make soak) all; CASES='leaf killed during' what begins so; WORLDS=n has that many trees of each depth at once;
# HEARTBEAT=n is in seconds: longer where the machine is busy, for a node without a processor is silent.
TEST_SHELL=bash
. tests/lib.sh
. tests/world.sh

# ---- the table ----

# A case is victim, fault, moment, job, depth and place. "upper" is above an interior node; "source" is before another in the order of paths, which
# asks it for the file: the first is on another branch, the last its neighbour; "before" is when the launch is accepted,
# "during" when the file is on its way, "after" when the programs run.
every_combination() {
	printf '%s\n' {client,master,upper,interior,leaf,source,keeper}\ {killed,stopped-{shorter,longer,for-good},link-down,lost-{from,to}}\ \
{before,during,after}\ {silent,chatty,forking}\ {2,3}\ {first,last}
}

# Processes have no cable; a keeper comes after the files; a tree of two levels has nothing above what is interior; client and master
# have one place. For good: what a node is then is told by the heartbeat, a client is waited for, but a keeper has to end.
impossible() {
	case $1-$2 in client-l[io]* | keeper-l[io]*) return 0 ;; keeper-*) ;; *-stopped-for-good) return 0 ;; esac
	case $1-$3 in keeper-before | keeper-during) return 0 ;; esac
	case $1-$5 in upper-2) return 0 ;; esac
	case $1-$6 in client-last | master-last) return 0 ;; esac
	return 1
}

all_cases() {
	local line
	every_combination | while read -r line; do
		# shellcheck disable=SC2086
		impossible $line || echo "$line"
	done
}

# Of each victim with each fault one case: another one each time.
sample() {
	awk '{ pair = $1 " " $2; if (!(pair in n)) order[pairs++] = pair; at[pair, n[pair]++] = $0 }
		END { for (i = 0; i < pairs; i++) print at[order[i], (7 * i + 2) % n[order[i]]] }'
}

chosen_cases() {
	local line
	if [ -n "${CASES:-}" ]; then
		# shellcheck disable=SC2053
		all_cases | while read -r line; do [[ $line != $CASES* ]] || echo "$line"; done
	elif [ "${SOAK:-}" = 1 ]; then
		all_cases
	else
		all_cases | sample
	fi
}

# The values of each column, and the victims with their faults.
values() {
	awk '{ for (i = 1; i <= NF; i++) print i, $i; print $1, $2 }' | sort -u
}

# ---- the worlds: each is this script once more, for one depth; it reads cases and writes facts that have no number yet ----

report() {
	local line
	while IFS= read -r line; do
		case $line in
		"ok - "*) fact 0 "${line#ok - }" ;;
		"not ok - "*) fact 1 "${line#not ok - }" ;;
		*) printf '%s\n' "$line" ;;
		esac
	done
}

worlds=${WORLDS:-2}
run_worlds() {
	local depth share
	for depth in 2 3; do
		for ((share = 0; share < worlds; share++)); do
			awk -v depth=$depth -v count="$worlds" -v share=$share '$5 == depth && n++ % count == share' "$T/cases" \
				>"$T/$depth.$share"
			[ ! -s "$T/$depth.$share" ] || "$0" $depth <"$T/$depth.$share" &
		done
	done
	wait
}

if [ $# = 0 ]; then
	[ "$(id -u)" = 0 ] || skip_all "namespaces need root"
	chosen_cases >"$T/cases"
	[ -n "${CASES:-}" ] || is "there is every value, and every victim with every fault" "$(values <"$T/cases")" "$(all_cases | values)"
	before=$tap_count
	shopt -s lastpipe
	run_worlds | report
	ok "each case has had its end" test $((tap_count - before)) -ge "$(wc -l <"$T/cases")"
	done_testing
fi

# ---- one world ----

enter_namespaces "$@"
exec 2>"$T/shell.log" # which tells of each process that was killed
depth=$1
declare -A path=([0]=0 [1]=1 [2]=0:2 [3]=0:3 [4]=1:4 [5]=1:5 [6]=0:2:6 [7]=0:2:7 [8]=1:5:8 [9]=1:5:9) parent=()
declare -A number=([upper-first]=0 [upper-last]=1 [keeper-first]=0)
if [ "$depth" = 2 ]; then
	nodes=6
	number+=([interior-first]=0 [interior-last]=1 [leaf-first]=2 [leaf-last]=5 [source-first]=3 [source-last]=4 [keeper-last]=5)
else
	nodes=10
	number+=([interior-first]=2 [interior-last]=5 [leaf-first]=6 [leaf-last]=9 [source-first]=7 [source-last]=8 [keeper-last]=9)
fi
machines=(master)
for ((i = 0; i < nodes; i++)); do
	machines+=("slave$i")
	above=${path[$i]%:*}
	parent[slave$i]=slave${above##*:}
	[ "$above" != "${path[$i]}" ] || parent[slave$i]=master
done

# What each node runs: $1 is the kind of job, $0 marks the process. Children of the forking one are nobody's group, hear no signal
# and outlive it; all of them wait for the test's word.
job='
exec 4<> <(:)
sum=$(cksum </tmp/xproc/tmp/matrix/file) n=0
[ $1 != forking ] || for i in 1 2 3; do
	(trap "" HUP INT QUIT TERM
	[ $i = 1 ] || exec >/dev/null 2>&1
	setsid /bin/bash -c "exec 4<> <(:); until [ -e /tmp/matrix/over ]; do read -r -t 0.02 -u 4; done" matrix-job &)
done
: >/tmp/matrix/up
until [ -e /tmp/matrix/go ]; do
	read -r -t 0.02 -u 4
	case $1 in
	chatty) for i in {1..20}; do echo "$GPROC_NODE $((++n)) 0123456789012345678901234567890123456789"; done ;;
	forking) (:&) ;;
	esac
done
echo "$GPROC_NODE end $n $sum"'

wrong() {
	printf '%s\n' "$1" >>"$T/wrong"
}

matrix_dir() {
	echo "/proc/$(holder "$1")/root/tmp/matrix"
}

# ---- a job ----

start_job() {
	local name root
	for name in "${machines[@]}"; do
		root=$(matrix_dir "$name")
		mkdir -p "$root"
		rm -f "$root"/*
	done
	head -c "$1" /dev/urandom >"$(matrix_dir master)/file"
	sum=$(cksum <"$(matrix_dir master)/file")
	rm -f "$T/alive"
	mkfifo "$T/alive"
	# The client alone holds this pipe: its end is the client's.
	nsenter -t "$(holder master)" -u -n -m -r --wdns=/ env -i PATH="$PATH" "$GPROC" $limit -f=/tmp/matrix/file e ... /bin/bash -c "$job" matrix-job \
		"$kind" >"$T/out" 2>"$T/err" </dev/null 8>"$T/alive" &
	client=$!
	exec 6<"$T/alive"
}

# end_job: waits for the client; its status is in $status.
end_job() {
	local line
	read -r -t $PATIENCE -u 6 line
	if [ $? -gt 128 ]; then
		wrong "the client does not end: $(master ps 2>&1)"
		kill -KILL "$client"
	fi
	exec 6<&-
	wait "$client"
	status=$?
} 2>/dev/null

# tell WORD [BUT]: all machines' jobs, but one's or those of several, given as " slave1 slave2 ".
tell() {
	local name
	for name in "${machines[@]}"; do
		case " ${2:-} " in *" $name "*) ;; *) : >"$(matrix_dir "$name")/$1" ;; esac
	done
}

all_run() {
	local i
	for ((i = 0; i < nodes; i++)); do [ -e "$(matrix_dir "slave$i")/up" ] || return 1; done
}

accepted() {
	master ps 2>/dev/null | grep -q matrix-job
}

# arrived NAME: KiB that are there of a file that is not whole.
arrived() {
	local kib=0 size
	find_store "$1" || { echo 0; return; }
	for size in $(find -L "${store[$1]}/part" -type f -printf '%k\n' 2>/dev/null); do kib=$((kib + size)); done
	echo $kib
}

has_some() {
	[ "$(arrived "$1")" -ge 64 ]
}

# Where jobs' processes are: the names of machines, each once.
busy_machines() {
	local pid name
	grep -lsaE '[m]atrix-job' /proc/[0-9]*/cmdline | sed 's/cmdline$/ns\/net/' | xargs -r readlink 2>/dev/null | sort -u | while read -r pid; do
		for name in "${machines[@]}"; do
			[ "$pid" != "$(readlink "/proc/$(holder "$name")/ns/net")" ] || echo "$name"
		done
	done | sort | tr '\n' ' '
}

# ---- the moment and the fault ----

# Where contents can be seen to come, and links that are slow until the fault: those of the first level.
prepare_moment() {
	local i
	witness=$name size=2000000
	case $victim in client) witness=master ;; master) witness=slave0 ;; esac
	case $moment-$victim in
	during-client) size=16000000 ;; # the master takes it as fast as it comes
	before-client) for i in 0 1; do slow slave$i 16kbit 1600; done ;; # its contents are to wait for those who ask
	before-*) for i in 0 1; do slow slave$i 32kbit 3000; done ;;
	during-*) for i in 0 1; do slow slave$i 512kbit 400000; done ;;
	esac
}

await_moment() {
	case $moment in
	before) until_true accepted ;;
	during) until_true has_some "$witness" ;;
	after) until_true all_run ;;
	esac
}

# It is still that moment, with the fault there: and not the next one already.
is_moment() {
	case $moment in
	before) ! has_some "$witness" ;;
	during) has_some "$witness" ;;
	after) ;;
	esac
}

victim_pid() {
	case $victim in
	client) echo "$client" ;;
	keeper) pgrep -P "${daemon[$name]}" | head -n 1 ;;
	*) echo "${daemon[$name]}" ;;
	esac
}

strike() {
	case $fault in
	killed | stopped-*) stand_still "$pid" ;;
	link-down) ip link set "$(cable "$name")" down ;;
	lost-from) from_machine "$name" tc qdisc replace dev eth0 root "${LOSE[@]}" ;;
	lost-to) tc qdisc replace dev "$(cable "$name")" root "${LOSE[@]}" ;;
	esac
	is_moment || return
	[ "$fault" = killed ] || return 0
	kill -KILL "$pid"
	case $victim in client | keeper) ;; *) wait "$pid" ;; esac
	return 0
} 2>/dev/null

heal() {
	case $fault-$victim in
	killed-client | killed-keeper | stopped-for-good-*) ;;
	killed-*) start_daemon "$name" ;;
	stopped-*) kill -CONT "$pid" ;;
	link-down-*) ip link set "$(cable "$name")" up ;;
	lost-from-*) from_machine "$name" tc qdisc del dev eth0 root ;;
	lost-to-*) at_full_speed "$name" ;;
	esac
}

quicken() {
	local i
	for i in 0 1; do [ "$fault-$name" = "lost-to-slave$i" ] || at_full_speed slave$i; done
}

# The moment may have passed before the fault was there: then everything once more.
reach() {
	local try
	for try in 1 2 3 4 5 6 7 8; do
		prepare_moment
		start_job $size
		await_moment || { wrong "the moment never came"; break; }
		pid=$(victim_pid)
		strike && { quicken; return 0; }
		heal
		kill -CONT "$pid"
		fault=none quicken
		kill -KILL "$client"
		end_job
		until_true eval '! accepted'
	done
	wrong "missed the moment $try times"
	return 1
}

# ---- what is to be seen ----

# expect STATUS LOST REGEX: the client's status; who is named, folded, with a verdict like that, and nobody else is; the others'
# lines are all there, once and in order, and of those named no more than a beginning.
expect() {
	local named others want='' i
	local told="${3//@/([0-9:,-]+)( \\([0-9]+\\))?}"
	named=$(sed -En "s/^gproc: $told\$/\1/p" "$T/err" | sort | tr '\n' ',')
	others=$(grep -Ev "^gproc: ($told|lingering: .*)\$" "$T/err" | wc -l)
	[ "$status" = "$1" ] || wrong "status $status, not $1"
	named=${named%,}
	[ "$2" != 0-1 ] || named=${named/#0,1/0-1} # whose link ends first, theirs or the master's, each tells in its own words
	[ "$named" = "$2" ] || wrong "named are ${named:-none}, not ${2:-none}"
	[ "$others" = "${4:-0}" ] || wrong "$others more lines are told"
	for ((i = 0; i < nodes; i++)); do
		case ",$2," in *",${path[$i]},"* | ",$everyone," | ",0-1,") [ "$2" = 0-1 ] && [ $i -gt 1 ] || continue ;; esac
		want="$want ${path[$i]}"
	done
	awk -v want="$want" -v sum="$sum" '
		$2 == "end" { if ($3 != n[$1] + 0 || $4 " " $5 != sum || done[$1]++) bad = bad " the end of " $1; next }
		$2 != ++n[$1] || NF != 3 { bad = bad " line " NR ": " $0; exit }
		END {
			count = split(want, nodes, " ")
			for (i = 1; i <= count; i++) { if (!done[nodes[i]]) bad = bad " no end of " nodes[i]; delete done[nodes[i]] }
			for (i in done) bad = bad " an end of " i
			print substr(bad, 1, 300)
		}' "$T/out" >"$T/bad"
	[ "$(cat "$T/bad")" = "" ] || wrong "output:$(cat "$T/bad")"
}

others_unharmed() {
	local line
	line=$(how_many)
	[ "$line" = "$nodes up, 0 down" ] || wrong "other nodes: $line"
	line=$(all_free) || wrong "$line"
}

told_lost() {
	until_true eval '[[ "$(how_many)" == "$((nodes - 1)) up, 1 down: ${path[$k]}" ]]' || wrong "not told lost: $(how_many)"
}

# A moment that is longer than the heartbeat: the master waits for nodes that there are not.
outlast() {
	[ "$name" = master ] && [ "$victim" = master ] && return
	master i -wait=10000 -timeout=$((HEARTBEAT * 1500))ms >/dev/null 2>&1
}

idle_victim() {
	[[ " $(busy_machines)" != *" $name "* ]]
}

# ---- what each fault is to bring ----

harmless() {
	heal
	tell go
	end_job
	expect 0 "" ""
}

# Early: it is back while the others run; else when the launch is over.
early() {
	[ "$kind" != silent ]
}

node_lost() {
	told_lost
	if early; then
		heal
		{ all_up && until_true idle_victim; } || wrong "it is back, and its job goes on"
	fi
	tell go "$name"
	end_job
	case $fault in
	killed) expect 255 "${path[$k]}" 'lost: @: (the connection was closed|.*[Rr]eset.*)' ;;
	*) expect 255 "${path[$k]}" 'lost: @: silent for [0-9]+ s' ;;
	esac
	early || heal
}

client_killed() {
	until_true eval '! accepted' || wrong "its job goes on"
	exec 6<&-
	wait "$client"
} 2>/dev/null

client_stopped() {
	outlast
	others_unharmed
	early || tell go
	harmless
}

master_killed() {
	end_job
	expect 255 "$everyone" 'lost: @: the master is gone' 1
	heal
}

# lost_it NUMBER: a node of the first level has lost the master.
lost_it() {
	[ "$(grep -c 'lost the parent' "$T/slave$1.log")" -gt "${lost_before[$1]}" ]
}

master_lost() {
	{ until_true lost_it 0 && until_true lost_it 1; } || wrong "its nodes do not notice"
	[ $fault = stopped-longer ] || until_true eval '[[ "$(how_many)" == "0 up, "* ]]' || wrong "it does not notice: $(how_many)"
	early || tell go "slave0 slave1"
	heal
	all_up >>"$T/wrong"
	tell go "slave0 slave1"
	end_job
	expect 255 0-1 'lost: @: .*'
}

keeper_killed() {
	tell go "$name"
	end_job
	expect 255 "${path[$k]}" 'lost: @: its keeper was killed'
}

keeper_stopped() {
	early || tell go
	outlast
	others_unharmed
	harmless
}

keeper_never() {
	tell go "$name"
	end_job
	expect 124 "${path[$k]}" 'timed out after [0-9.]+ s: @'
}

verdict() {
	case $victim-$fault in
	*-stopped-shorter) harmless ;;
	client-killed) client_killed ;;
	client-*) client_stopped ;;
	master-killed) master_killed ;;
	master-*) master_lost ;;
	keeper-killed) keeper_killed ;;
	keeper-stopped-longer) keeper_stopped ;;
	keeper-*) keeper_never ;;
	*) node_lost ;;
	esac
}

# Those children that wait for no signal live where nothing went wrong, and only there.
check_children() {
	local i want=''
	case $victim-$fault in
	client-killed | master-killed | keeper-stopped-for-good) ;;
	*)
		for ((i = 0; i < nodes; i++)); do
			case $victim-$fault-slave$i in
			*-stopped-shorter-* | client-* | keeper-stopped-longer-*) ;;
			master-*-slave[01] | *-"$name") continue ;;
			esac
			want="${want}slave$i "
		done
		;;
	esac
	until_true eval '[ "$(busy_machines)" = "$want" ]' || wrong "daemonised children are on $(busy_machines), not on $want"
}

run_case() {
	local limit=
	victim=$1 fault=$2 moment=$3 kind=$4 place=$6
	: >"$T/wrong"
	k=${number[$victim-$place]:-} name=slave$k
	[ -n "$k" ] || name=master
	[ "$fault" != stopped-for-good ] || limit=-timeout=$(span 15000) # long enough for all others to end
	lost_before=("$(grep -c 'lost the parent' "$T/slave0.log")" "$(grep -c 'lost the parent' "$T/slave1.log")")
	if reach; then
		verdict
		[ "$kind" != forking ] || check_children
	fi
	tell over
	all_at_home >>"$T/wrong"
	all_free >>"$T/wrong"
	until_true nothing_left || wrong "$(cat "$T/left")"
	[ ! -s "$T/wrong" ]
}

start_anew() {
	local name i
	for name in "${machines[@]}"; do end_daemon "$name"; done
	for ((i = 0; i < 50; i++)); do [ "$(processes_left)" ] || break; done
	start_daemons
}

start_machines
start_daemons || { echo "not ok - depth $depth: the tree comes up"; show_logs; exit 1; }
everyone=$(master nodes ...)
while read -r line <&5; do
	now
	began=$now
	# shellcheck disable=SC2086
	if run_case $line; then
		now
		printf 'ok - %s # %s ms\n' "$line" $((now - began))
		continue
	fi
	printf 'not ok - %s\n%s\n# alone: CASES="%s" tests/run tests/t/211-matrix.t\n' "$line" \
		"$({ head -c 2500 "$T/wrong" "$T/err"; tail -n 6 "$T"/master.log "$T"/slave*.log; } | cut -c 1-300 | sed 's/^/# /')" "$line"
	start_anew || { echo "not ok - depth $depth: the tree comes up again"; exit 1; }
done 5<&0
kill -INT "${daemon[master]}"
wait "${daemon[@]}"
left=$(processes_left)
[ -z "$left" ] && echo "ok - depth $depth: no process is left" || printf 'not ok - depth %s: no process is left\n%s\n' "$depth" "$(diag "$left")"
