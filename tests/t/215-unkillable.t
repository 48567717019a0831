#!/bin/bash
# A process that SIGKILL does not end (it is traced, and its tracer does not let it be reaped) holds up nobody: its node's verdict is
# lost, with that as the reason, others have theirs, and when it goes at last nothing of it stays.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
built tracer
start_master -heartbeat="$(span 1000)"
start_flat 3

# held NUMBER: who writes its pid into $T/pid.NUMBER can't be reaped until let_go NUMBER.
held() {
	mkfifo "$T/pid.$1" "$T/stay.$1" "$T/said.$1"
	(
		read -r pid <"$T/pid.$1"
		exec "$tracer" "$pid" 2>/dev/null
	) <"$T/stay.$1" >"$T/said.$1" &
	exec {stay[$1]}>"$T/stay.$1" {said[$1]}<"$T/said.$1"
}
let_go() {
	exec {stay[$1]}>&-
}

# held_job NUMBER [switches]: a job on all three whose process on node NUMBER is held; the client's pid is in clients[NUMBER]. Fails when
# its time was over before all three ran.
held_job() {
	local number=$1 line
	shift
	rm -f "$T"/*."$number"
	held "$number"
	"$GPROC" "$@" e . /bin/sh -c 'trap "" INT TERM HUP; echo up; [ $GPROC_NODE != '"$number"' ] || echo $$ >'"$T/pid.$number"'
		exec sleep 1000' >"$T/out.$number" 2>"$T/err.$number" &
	clients[$number]=$!
	read -r line <&"${said[$number]}" && [ "$line" = holds ] || return
	until [ "$(grep -c up "$T/out.$number")" = 3 ]; do kill -0 "${clients[$number]}" 2>/dev/null || return; done
}

# left_on NUMBER: keepers, and what jobs have in the store.
left_on() {
	local pid
	pid=$(pid_of_slave "$1")
	pgrep -P "$pid"
	ls "$(store_of "$pid")/room"
}

before=$(for i in 0 1 2; do left_on $i; done)
# A busy machine may be slower than a short limit.
for limit in 3s 10s 60s; do
	held_job 1 -timeout=$limit && break
	let_go 1
	wait "${clients[1]}"
done
ok "another job has one" held_job 2
job=$("$GPROC" ps | sed -n 's/^\([^ ]*\) .*running.*pid\.2.*/\1/p')
run "$GPROC" kill "$job" KILL
is "one is killed" "$status$err" 0
for number in 1 2; do
	wait "${clients[$number]}"
	is "job $number: status" $? 255
	like "job $number: told" "$(cat "$T/err.$number")" "^gproc: lost: $number: it did not end within $(((10000 + $(span 1000 | tr -d ms)) / 1000)) s of being killed"
	like "job $number: the others have their own verdicts" "$(cat "$T/err.$number")" \
		"^gproc: (timed out after [0-9.]+ s|killed by signal 9): $([ $number = 1 ] && echo 0,2 || echo 0-1) \(2\)"
done
run "$GPROC" e . /bin/echo fine
is "later launches run there" "$status$err $(printf '%s\n' "$out" | grep -c fine)" "0 3"
like "where it was, the keeper waits" "$(left_on 1)" .
for number in 1 2; do let_go $number; done
as_before() { [ "$(for i in 0 1 2; do left_on $i; done)" = "$before" ]; }
until_true as_before
until_true no_job
is "let go, nothing is left there" "$(for i in 0 1 2; do left_on $i; done)" "$before"
is "nor in the list of jobs" "$("$GPROC" ps | sed 1d)" ""
is "nor of its processes" "$(pgrep -cx sleep)" 0

# The tree ends without it, and its keeper behind it.
ok "a third job has one" held_job 1
kill -INT "$MASTER"
wait "$MASTER" "${clients[1]}"
for i in 0 1 2; do wait "$(pid_of_slave $i)"; done
like "the daemons end, the keeper waits" "$(gprocs_left | wc -l)" '^1$'
let_go 1
until_true no_gproc
wait
is "let go, nothing is left" "$(gprocs_left)$(mounts_left)$(pgrep -x sleep)" ""
done_testing
