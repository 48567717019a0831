#!/bin/bash
# Whatever node dies or stands still at whatever moment, on three levels: each chosen node has one true verdict, and whoever lives
# loses no line of output. ROUNDS says how often.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
ROUNDS=${ROUNDS:-24}
RANDOM=${SEED:-1}
start_master -heartbeat="$(span 2000)" -grace="$(span 8000)"
start_deep

for ((i = 0; i < 14; i++)); do path[i]=$(deep_path $i); done
jobs=("$NUMBERED" "head -c 2000000 /dev/zero | wc -c >/dev/null; $NUMBERED" "cksum /tmp/xproc$T/file >&2; $NUMBERED")

wrong=0
for ((round = 0; round < ROUNDS; round++)); do
	victim=$((RANDOM % 14)) fault=$((RANDOM % 4)) kind=$((RANDOM % 3))
	head -c 3000000 /dev/urandom >"$T/file"
	[ $kind = 2 ] && files=-f=$T/file || files=-f=
	timeout -k 1 "$(limit 90)" "$GPROC" $files e ... /bin/sh -c "${jobs[kind]}" >"$T/out" 2>"$T/err" &
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
	bad=$(torn "$T/out" "$others")
	lost=$(grep -c lost "$T/err")
	if [ $status = 0 ]; then
		bad=$bad$(torn "$T/out" "${path[$victim]}")
	elif [ $status != 255 ] || [ "$lost" != 1 ] || ! grep -q "^gproc: lost: ${path[$victim]}: " "$T/err"; then
		bad="$bad status $status, $lost lost"
	fi
	if [ -n "$bad" ] && ! grep -q "left out" "$T/err"; then # unless it died before the launch
		wrong=$((wrong + 1))
		diag "round $round, job $kind, fault $fault of ${path[$victim]}: $bad"
		diag "$(head -n 20 "$T/err")"
	fi
	[ $fault -gt 1 ] || start_slave $victim "$(deep_parent $victim)"
	wait_up 14 || break
done
is "$ROUNDS rounds, each with the right end" $wrong 0
run timeout "$(limit 60)" "$GPROC" e ... /bin/true
is "all nodes are free" "$status$err" 0
end_tree
done_testing
