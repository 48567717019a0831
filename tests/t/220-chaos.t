#!/bin/bash
# Whatever node dies or stands still at whatever moment, on three levels: each chosen node has one true verdict, and whoever lives
# loses no line of output. ROUNDS says how often.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
ROUNDS=${ROUNDS:-24}
RANDOM=${SEED:-1}
start_master -heartbeat=2s -grace=8s
start_deep

declare -A path=([0]=0 [1]=1 [2]=0:2 [3]=0:3 [4]=1:4 [5]=1:5 [6]=0:2:6 [7]=0:2:7 [8]=0:3:8 [9]=0:3:9 [10]=1:4:10
	[11]=1:4:11 [12]=1:5:12 [13]=1:5:13)
numbers='BEGIN { for (i = 1; i <= 3000; i++) print ENVIRON["GPROC_NODE"], i }'
jobs=("awk '$numbers'" "head -c 2000000 /dev/zero | wc -c >/dev/null; awk '$numbers'" "cksum /tmp/xproc$T/file >&2; awk '$numbers'")

# parent NUMBER
parent() {
	if [ "$1" -lt 2 ]; then echo master; else echo "slave$(($1 / 2 - 1))"; fi
}

# Some moment between now and half a second later.
moment() {
	local i=$((RANDOM * 3))
	while [ $i -gt 0 ]; do i=$((i - 1)); done
}

# whole NODES: the job's output holds each line of each of the nodes, in order, once.
whole() {
	awk -v want="$1" '$2 != ++n[$1] { bad = bad " " $1 ":" $2 } END {
		count = split(want, node, " ")
		for (i = 1; i <= count; i++) if (n[node[i]] != 3000) bad = bad " " node[i] "=" n[node[i]] + 0
		print bad
	}' "$T/out"
}

wrong=0
for ((round = 0; round < ROUNDS; round++)); do
	victim=$((RANDOM % 14)) fault=$((RANDOM % 4)) kind=$((RANDOM % 3))
	head -c 3000000 /dev/urandom >"$T/file"
	[ $kind = 2 ] && files=-f=$T/file || files=-f=
	timeout -k 1 90 "$GPROC" $files e ... /bin/sh -c "${jobs[kind]}" >"$T/out" 2>"$T/err" &
	client=$!
	moment
	pid=$(pid_of_slave $victim)
	case $fault in
	0 | 1) kill -KILL "$pid"; wait "$pid" 2>/dev/null ;;
	2) kill -STOP "$pid"; moment; kill -CONT "$pid" ;;
	3) kill -STOP "$pid"; until "$GPROC" i | head -n 1 | grep -q down; do :; done; kill -CONT "$pid" ;;
	esac
	wait $client
	status=$?
	others=
	for i in "${!path[@]}"; do [ $i = $victim ] || others="$others ${path[$i]}"; done
	bad=$(whole "$others")
	lost=$(grep -c lost "$T/err")
	if [ $status = 0 ]; then
		bad=$bad$(whole "${path[$victim]}")
	elif [ $status != 255 ] || [ "$lost" != 1 ] || ! grep -q "^gproc: node ${path[$victim]}: lost" "$T/err"; then
		bad="$bad status $status, $lost lost"
	fi
	if [ -n "$bad" ] && ! grep -q "left out" "$T/err"; then # unless it died before the launch
		wrong=$((wrong + 1))
		diag "round $round, job $kind, fault $fault of ${path[$victim]}: $bad"
		diag "$(head -n 20 "$T/err")"
	fi
	[ $fault -gt 1 ] || start_slave $victim "$(parent $victim)"
	wait_up 14 || break
done
is "$ROUNDS rounds, each with the right end" $wrong 0
run timeout 60 "$GPROC" e ... /bin/true
is "all nodes are free" "$status$err" 0
kill -INT "$MASTER"
wait
is "no process is left" "$(gprocs_left)" ""
is "no mount is left" "$(mounts_left)" ""
done_testing
