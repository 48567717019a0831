#!/bin/bash
# Jobs of users who don't want them to end: everything of theirs is stopped as it starts, or held by a tracer at its end. Killed, they end
# all the same, and the verdict says so; others' launches are not held up.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
built clinger
cp "$clinger" /tmp/clinger
chmod 755 /tmp/clinger

as() {
	local user=$1
	shift
	setpriv --reuid="$user" --regid="$user" --clear-groups --inh-caps=-all env HOME=/tmp "$@"
}

# A node whose processes are in a pid namespace of their own: what stops all processes there does not stop the clients here.
start_master -users=1001,1002
unshare -u -m -p --fork --kill-child --mount-proc sh -c 'echo slave0 >/proc/sys/kernel/hostname
	"$@" & wait' sh "$GPROC" -myParent=master -myId=0 -myAddress=slave0 -debug=1 s >"$T/slave0.log" 2>&1 &
SLAVE=$!
wait_up 1

job_of() {
	"$GPROC" ps | awk -v text="$1" 'index($0, text) { print $1 }'
}

cd /
coproc STOPPER { as 1001 "$GPROC" e 0 /tmp/clinger stop 2>&1; }
stopper=$STOPPER_PID
read -r line <&"${STOPPER[0]}"
is "a job stops all of its user's processes" "$line" ready
clients=()
# Its own client is not on the node, and so not stopped; those of its launches are all caught somewhere, one at least before its exec.
while [ ${#clients[@]} -lt 200 ]; do
	as 1001 "$GPROC" -localbin e 0 /bin/sleep 100 >>"$T/out" 2>>"$T/clients.err" &
	clients+=($!)
	until "$GPROC" ps | grep -c sleep | grep -qx ${#clients[@]}; do kill -0 "$MASTER" || break; done
	caught=$(for p in /proc/[0-9]*; do
		grep -qs '^Uid:.1001' "$p/status" && grep -qs '^State:.T' "$p/status" && grep -qs '^Name:.gproc' "$p/status" && echo "$p"
	done)
	[ -z "$caught" ] || break
done
like "a launch is stopped between becoming the user and its program" "$caught" /proc
diag "after ${#clients[@]} launches"
run as 1002 "$GPROC" e 0 /bin/echo fine
is "another user's launch is not held up" "$status$out$err" 0fine
for job in $(job_of sleep); do
	run "$GPROC" kill "$job" KILL
	[ "$status$err" = 0 ] || break
done
is "root kills them" "$status$err" 0
for client in "${clients[@]}"; do
	wait "$client"
	echo $? >>"$T/verdicts"
done
is "killed is what all of them are" "$(sort -u "$T/verdicts")" 137
unlike "and none is lost" "$(cat "$T/clients.err")" lost
run as 1001 "$GPROC" kill "$(job_of 'clinger stop')" KILL
is "its user kills the one that stops" "$status$err" 0
wait "$stopper"
is "it is killed" $? 137

# A process that is traced by its own child does not die of SIGKILL before that one, which is nobody else's child before it dies.
coproc HELD { as 1001 "$GPROC" e 0 /tmp/clinger child 2>&1; }
held=$HELD_PID
read -r line <&"${HELD[0]}"
is "a program is traced by its own child" "$line" ready
run as 1001 "$GPROC" kill "$(job_of 'clinger child')" KILL
is "its user kills it" "$status$err" 0
wait "$held"
is "it is killed" $? 137

# Nor one that another job of the same user traces: that one loses its tracer.
mkfifo "$T/pid"
as 1001 "$GPROC" e 0 /bin/sh -c 'echo $$; exec sleep 1000' >"$T/pid" 2>"$T/err" &
victim=$!
read -r pid <"$T/pid"
coproc TRACER { as 1001 "$GPROC" e 0 /tmp/clinger hold "$pid" 2>&1; }
tracer=$TRACER_PID
read -r line <&"${TRACER[0]}"
is "a program is traced by another job" "$line" ready
run "$GPROC" kill "$(job_of sleep)" KILL
is "root kills it" "$status$err" 0
wait "$victim"
is "it is killed" $? 137
run "$GPROC" kill "$(job_of clinger)" KILL
wait "$tracer" 2>/dev/null

# What a keeper left that was killed itself is ended likewise.
coproc ORPHAN { as 1001 "$GPROC" e 0 /tmp/clinger child 2>&1; }
orphan=$ORPHAN_PID
read -r line <&"${ORPHAN[0]}"
job=$(job_of 'clinger child')
keeper=$(ps -o ppid= "$(pgrep -f -o '^/tmp/clinger child')")
kill -KILL "$keeper"
run "$GPROC" kill "$job" KILL
is "a keeper is killed, and then its job" "$status$err" 0
wait "$orphan"
is "the job is killed" $? 137

until [ -z "$(pgrep clinger)" ]; do kill -0 "$MASTER" || break; done
is "nothing of them is left" "$(ps -eo uid=,comm= | awk '$1 == 1001')" ""
run as 1001 "$GPROC" e 0 /bin/echo fine
is "the node is free" "$status$out$err" 0fine
kill -INT "$MASTER"
wait
done_testing
