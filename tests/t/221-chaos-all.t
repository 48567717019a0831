#!/bin/bash
# Several jobs of all kinds at once, and one or two faults at some moment, of nodes, keepers, clients and the master: each chosen node
# has one verdict, one that doc/architecture.md allows; whoever was not hit loses no line; nobody waits for ever, and nothing is
# left. ROUNDS and SEED; SOAK=1 (make soak) is long.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
[ "${SOAK:-}" = 1 ] && ROUNDS=${ROUNDS:-300}
ROUNDS=${ROUNDS:-10}
SEED=${SEED:-$EPOCHSECONDS}
RANDOM=$SEED
HEARTBEAT=${HEARTBEAT:-$(limit 3)} GRACE=$(limit 12)
PATIENCE=${PATIENCE:-$(limit 100)} # seconds until a wait is a hang
master() {
	start_master -heartbeat=${HEARTBEAT}s -grace=${GRACE}s
}
again_with "SEED=$SEED ROUNDS=$ROUNDS"
master
start_deep
for ((i = 0; i < 14; i++)); do path[i]=$(deep_path $i); done

# ---- jobs: kind, nodes, the client's pid, output in $T/out.K and $T/err.K ----

declare -A options=([file]=-f=$T/file [limited]=-timeout=$(span 1000) [bad]=-kill-on-bad [detached]=-detach) script=(
	[chatty]=$NUMBERED
	[file]="cksum </tmp/xproc$T/file | cmp -s - $T/sum || exit 7; $NUMBERED"
	[held]="$NUMBERED | head -n 1500; flock -s /tmp/held true; $NUMBERED | tail -n 1500"
	[forks]="for i in 1 2 3 4 5 6 7 8 9 10; do (echo | cat >/dev/null; exit 3) & done; wait; $NUMBERED"
	[limited]="$NUMBERED; exec sleep 1000"
	[bad]="$NUMBERED; [ \"\$GPROC_NODE\" = \$0 ] && exit 9; exec sleep 1000"
	[detached]="exec sleep 1000")
kinds=(chatty file held forks limited bad detached)

# start_one K: a job on some nodes.
start_one() {
	local i list=()
	for ((i = 0; i < 14; i++)); do [ $((RANDOM % 5)) -lt 2 ] || list+=("${path[i]}"); done
	[ ${#list[@]} -gt 0 ] || list=(0)
	kind[$1]=${kinds[RANDOM % 7]} nodes[$1]=${list[*]} bad_one[$1]=${list[RANDOM % ${#list[@]}]}
	"$GPROC" ${options[${kind[$1]}]:-} e "$(IFS=,; echo "${list[*]}")" /bin/sh -c "${script[${kind[$1]}]}" "${bad_one[$1]}" \
		>"$T/out.$1" 2>"$T/err.$1" 4>&- &
	client[$1]=$!
}

# ---- faults: what NUMBER, in two halves ----

signalled() {
	kill "-$1" "$2" 2>/dev/null
}
dies() {
	{ signalled KILL "$1"; wait "$1"; } 2>/dev/null
}

begin_fault() {
	case $1 in
	slave-dies) dies "$(pid_of_slave $2)" ;;
	slave-*) signalled STOP "$(pid_of_slave $2)" ;;
	keeper-dies) signalled KILL "$(pgrep -P "$(pid_of_slave $2)" | shuf -n 1 --random-source=/dev/zero)" ;;
	client-dies) signalled KILL "${client[$2]}" ;;
	client-*) signalled STOP "${client[$2]}" ;;
	master-dies) dies "$MASTER" ;;
	master-*) signalled STOP "$MASTER" ;;
	esac
}

# how many of the topmost nodes' logs tell of the master's loss.
masterless() {
	cat "$T"/slave[01].log | grep -c 'lost the parent 127.0.0.1:6666'
}

middle_of_fault() {
	case $1 in
	slave-sleeps)
		[[ ${fault[*]} != *master-[ns]* ]] || { moment; return; } # who could be asked stands still too
		until ! signalled 0 "$MASTER" || "$GPROC" i | head -n 1 | grep -q down; do :; done
		;;
	master-sleeps) until [ "$(masterless)" -gt $masterless ]; do :; done ;;
	*) moment ;;
	esac
}

end_fault() {
	case $1 in
	slave-naps | slave-sleeps) signalled CONT "$(pid_of_slave $2)" ;;
	client-naps) signalled CONT "${client[$2]}" ;;
	master-*) signalled CONT "$MASTER" ;;
	esac
}

repair() {
	case $1 in
	slave-dies) start_slave $2 "$(deep_parent $2)" ;;
	master-dies) master ;;
	esac
}

some_fault() {
	local all=(slave-dies slave-dies slave-naps slave-sleeps keeper-dies keeper-dies client-dies client-naps master-naps master-dies
		master-sleeps)
	local is=${all[RANDOM % ${#all[@]}]}
	case $is in
	client-*) echo "$is $((RANDOM % jobs))" ;;
	master-*) echo "$is 0" ;;
	*) echo "$is $((RANDOM % 14))" ;;
	esac
}

# faults_now: one or two at once; sometimes of a parent and its child.
faults_now() {
	local i before now
	fault=("$(some_fault)")
	[ $((RANDOM % 2)) = 0 ] || fault+=("$(some_fault)")
	case ${fault[0]} in slave-*) [ $((RANDOM % 4)) != 0 ] || fault[1]="slave-dies $((${fault[0]#* } < 6 ? ${fault[0]#* } * 2 + 2 : 0))" ;; esac
	[ "${#fault[@]}" = 1 ] || [ "${fault[0]%-*}" != "${fault[1]%-*}" ] || [ "${fault[0]#* }" != "${fault[1]#* }" ] || fault=("${fault[0]}")
	masterless=$(masterless)
	now
	before=$now
	for i in "${fault[@]}"; do begin_fault $i; done
	for i in "${fault[@]}"; do middle_of_fault $i; done
	for i in "${fault[@]}"; do end_fault $i; done
	now
	stood=$((now - before))
}

# ---- verdicts ----

# verdicts K: a line for each node that the client names: path, verdict: x or k and a number, late, keeper, failed, lost, out,
# down, absent.
verdicts() {
	awk '
	function tell(spec, verdict,   part, id, range, n, m, i, j, k, count, at, more) {
		n = split(spec, part, ",")
		for (i = 1; i <= n; i++) {
			count = 1
			at[1] = ""
			m = split(part[i], id, ":")
			for (j = 1; j <= m; j++) {
				split(id[j] "-" id[j], range, "-")
				more = 0
				for (k = 1; k <= count; k++)
					for (v = range[1]; v <= range[2] + 0; v++)
						next_at[++more] = at[k] (j > 1 ? ":" : "") v
				for (k = 1; k <= more; k++)
					at[k] = next_at[k]
				count = more
			}
			for (k = 1; k <= count; k++)
				print at[k], verdict
		}
	}
	function spec(word) { sub(/:$/, "", $word); return $word }
	/^gproc: down, left out: / { tell(spec(5), "out") }
	/^gproc: down: / { tell(spec(3), "down") }
	/^gproc: not there: / { tell(spec(4), "absent") }
	/^gproc: exit / { tell(spec(4), "x" $3 + 0) }
	/^gproc: killed by signal / { tell(spec(6), "k" $5 + 0) }
	/^gproc: ended because of that: / { tell(spec(6), "k9") }
	/^gproc: timed out after / { tell(spec(7), "late") }
	/^gproc: could not start: / { tell(spec(5), "failed") }
	/^gproc: lost: / { tell(spec(3), / its keeper was killed$/ ? "keeper" : "lost") }
	' "$T/err.$1" | sort -u # what was not there is told before the start and at the end
}

# happened PATTERN: some fault is so.
happened() {
	local one
	for one in "${fault[@]}"; do case $one in $1) return 0 ;; esac; done
	return 1
}

# long: who stood still may have been given up; for less than half the heartbeat nobody is.
long() {
	[ $stood -ge $((HEARTBEAT * 500)) ]
}

# hit NODE: a fault took it away, or may have, for longer than the heartbeat.
hit() {
	happened "slave-dies $1" || { long && happened "slave-[ns]* $1"; }
}
master_hit() {
	happened "master-dies *" || { long && happened "master-*"; }
}

# below NODE: itself or some node above it was hit.
below() {
	local at=$1
	while :; do
		! hit $at || return 0
		[ $at -gt 1 ] || return 1
		at=$((at / 2 - 1))
	done
}

# allowed K NODE VERDICT
allowed() {
	local number=${2##*:}
	case ${kind[$1]}:$3 in
	limited:late) return 0 ;;
	bad:k9) [ $2 != ${bad_one[$1]} ] || [ ${#fault[@]} -gt 0 ]; return ;;
	bad:x9) [ $2 = ${bad_one[$1]} ]; return ;;
	limited:0 | bad:0) return 1 ;;
	*:0) return 0 ;;
	*:keeper) happened "keeper-dies $number"; return ;;
	*:k9) [ $stood -ge $((GRACE * 1000)) ] && happened "master-*"; return ;; # every node has ended its jobs, and the master is back
	*:lost) hit $number || master_hit; return ;;
	*:out | *:down) below $number || master_hit; return ;;
	*:absent) master_hit; return ;;
	esac
	return 1
}

# stands_for VERDICTS STATUS: the client's status follows from them.
stands_for() {
	local worst=0 one value
	for one in $1; do
		case $one in
		0 | out) value=0 ;;
		x*) value=${one#x} ;;
		k[0-9]*) value=$((128 + ${one#k})) ;;
		*) value=255 ;;
		esac
		[ $value -le $worst ] || worst=$value
	done
	[ $2 = $worst ]
}

# judge K STATUS: prints what is wrong with a job's end.
judge() {
	local node verdict all= whole= named unnamed=0
	! happened "client-dies $1" || return
	if grep -Eq '^gproc: (no master at|.* selects no node that is up|the master is gone)' "$T/err.$1" && ! grep -Eq '^gproc: (exit|killed|timed|could|lost)' "$T/err.$1"; then
		master_hit || for node in ${nodes[$1]}; do below ${node##*:} || echo " no launch, and $node was up"; done
		[ $2 = 255 ] || echo " no launch, and status $2"
		return
	fi
	named=$(verdicts $1)
	! grep -q '^gproc: ended because of that' "$T/err.$1" || unnamed=k9
	for node in ${nodes[$1]}; do
		verdict=$(awk -v node=$node '$1 == node { print $2 }' <<<"$named")
		[ -n "$verdict" ] || verdict=$unnamed
		allowed $1 $node $verdict || echo " $node: $verdict"
		all="$all $verdict"
		[ "$verdict" != 0 ] || [ ${kind[$1]} = detached ] || whole="$whole $node"
	done
	for node in $(awk '{ print $1 }' <<<"$named"); do case " ${nodes[$1]} " in *" $node "*) ;; *) echo " $node was not chosen" ;; esac; done
	if grep -q '^gproc: timed out after' "$T/err.$1"; then
		[ $2 = 124 ] || { [ $2 = 255 ] && { master_hit || [[ $all =~ lost|keeper|failed|down|absent ]]; }; } || echo " status $2, its time was over"
	else
		stands_for "$all" $2 || { [ $2 = 255 ] && master_hit; } || { [ $unnamed = k9 ] && stands_for "${all//k9/0}" $2; } || echo " status $2 of$all"
	fi
	[ ${kind[$1]} = detached ] || torn "$T/out.$1" "$whole"
}

# ---- what is left ----

# soon COMMAND...: what it prints, when that is nothing; or what it still prints when it is time to give up.
soon() {
	local end left now
	now
	end=$((now + PATIENCE * 1000))
	while left=$("$@" 2>/dev/null) && [ -n "$left" ] && [ "$now" -lt $end ]; do now; done
	printf %s "$left"
}

# Processes here that are neither a daemon nor part of this script (no job runs bash).
strangers() {
	local known=" 1 $MASTER " proc line i
	for ((i = 0; i < 14; i++)); do known="$known$(pid_of_slave $i) "; done
	for proc in /proc/[0-9]*; do
		case $known in *" ${proc#/proc/} "*) continue ;; esac
		{ read -r line <"$proc/stat"; } 2>/dev/null || continue
		case $line in *") Z "* | *"(bash)"*) ;; *) echo "${line:0:40}" ;; esac
	done
	:
}

job_rows() {
	"$GPROC" ps | sed 1d
}

# What jobs and half contents have left in the stores.
stored() {
	local i store
	for ((i = 0; i < 14; i++)); do
		store=$(store_of "$(pid_of_slave $i)") || echo "slave$i has none"
		ls -d "$store"/room/* "$store"/part/* "$store"/*/.new-*
	done
	:
}

# ---- rounds ----

wrong=0
for ((round = 0; round < ROUNDS; round++)); do
	head -c 3000000 /dev/urandom >"$T/file"
	cksum <"$T/file" >"$T/sum"
	jobs=$((1 + RANDOM % 4)) bad=
	hold
	for ((k = 0; k < jobs; k++)); do start_one $k; done
	moment
	faults_now
	release
	for i in "${fault[@]}"; do repair $i 4>&-; done
	for ((k = 0; k < jobs; k++)); do
		timeout $PATIENCE tail -s 0.05 --pid="${client[k]}" -f /dev/null || { bad="$bad, job $k hangs"; signalled KILL "${client[k]}"; }
		wait "${client[k]}"
		status[k]=$?
		said=$(judge $k ${status[k]} | tr -d '\n')
		[ -z "$said" ] || bad="$bad, job $k (${kind[k]} on ${nodes[k]}):$said"
	done
	wait_up 14 || bad="$bad, not all are up again"
	for job in $("$GPROC" ps | awk '/ detached / { print $1 }'); do "$GPROC" kill "$job"; done
	left=$(soon job_rows)
	[ -z "$left" ] || bad="$bad, jobs left: $left"
	left=$(soon strangers)
	[ -z "$left" ] || bad="$bad, processes left: $left"
	if [ -n "$bad" ]; then
		wrong=$((wrong + 1))
		diag "round $round, $(IFS=,; echo "${fault[*]}"), $stood ms$bad"
		for ((k = 0; k < jobs; k++)); do diag "job $k: ${kind[k]}, status ${status[k]}: $(head -n 12 "$T/err.$k")"; done
		[ -z "$left" ] || break
	fi
done
is "$ROUNDS rounds, each with the right ends" $wrong 0
run timeout "$(limit 100)" "$GPROC" e ... /bin/true
is "all nodes are free" "$status$err" 0
is "no job's files are left in a store" "$(soon stored)" ""
end_tree
done_testing
