#!/bin/bash
# What is written for a program just after its end is its output too; a pipe that somebody holds for ever holds up nobody for ever, and
# that is said. What lies in the pipes at the end is never lost.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
start_master
start_flat 3
cd /

run "$GPROC" e 1 /bin/bash -c 'exec > >(tee /dev/null) 2>&1; echo start; seq 3'
is "what tee writes when the program has ended is there" "$status$err $(echo $out)" "0 start 1 2 3"
# The program is gone before its child has read a line.
printf '#!/bin/bash\nexec > >(sleep 0.3; cat)\nseq 100000\n' >/tmp/late
chmod 755 /tmp/late
wanted=$(seq 100000 | md5sum)
for switches in "" "-l" "-b" "-o=/tmp/out.%n.%s"; do
	run "$GPROC" $switches e 0-2 /tmp/late
	is "all of it, from three nodes ($switches): status" "$status$err" 0
	case $switches in
	"") whole=$(sort -n <<<"$out" | uniq -c | awk '$1 != 3 { bad = 1 } END { print NR, bad + 0 }')
		is "and three of each" "$whole" "100000 0" ;;
	-l) for node in 0 1 2; do is "whole, in order, from $node" "$(sed -n "s/^$node: //p" <<<"$out" | md5sum)" "$wanted"; done ;;
	-b) is "folded into one" "$(sed 1,3d <<<"$out" | md5sum)" "$wanted" ;;
	-o*) for node in 0 1 2; do is "the file of $node" "$(md5sum </tmp/out.$node.out)" "$wanted"; done ;;
	esac
done

# Who leaves a child that has nothing of its output waits for nothing; one that has it is waited for as long as -drain says.
run "$GPROC" -drain=1h e . /bin/sh -c 'sleep 1000 >/dev/null 2>&1 & echo out'
is "a child without its output: no wait" "$status$err $(echo $out)" "0 out out out"
run "$GPROC" e . /bin/sh -c 'echo out; sleep 1000 &'
is "a child with it: the verdict falls all the same" "$status $(echo $out)" "0 out out out"
is "and that is said once" "$err" \
	"gproc: lingering: 0-2 (3): children of the program hold its output; what they write from now on is dropped"
sleepers() { [ "$(pgrep -cx sleep)" = "$1" ]; }
ok "they live on" until_true sleepers 6 # a child may not have got to its own exec when its parent has ended
run "$GPROC" -drain=0 e 0 /bin/sh -c 'echo out; sleep 1000 & exit 4'
is "-drain=0 does not wait" "$status$out" 4out
for job in $("$GPROC" ps | sed -n 's/^\([0-9][0-9.a-f]*\) .*/\1/p'); do "$GPROC" kill "$job" KILL; done
ok "until they are killed" until_true sleepers 0

# A reader that does not read: all that the program wrote, though nothing is waited for any more.
mkfifo "$T/slow"
"$GPROC" -drain=0 e 0 /bin/sh -c 'seq 60000; sleep 1000 & :' >"$T/slow" 2>"$T/slow.err" &
client=$!
exec 5<"$T/slow"
read -r first <&5
is "the whole of it, to a slow reader" "$(cat <&5 | md5sum)" "$(seq 2 60000 | md5sum)"
wait "$client"
is "with its status" "$?$first" 01
exec 5<&-

# After the end the time limit and a kill end the wait, and the status is the program's own.
run "$GPROC" -timeout="$(span 3000)" -drain=1h e 0,2 /bin/sh -c 'echo out; sleep 1000 & exit 3'
is "a time limit after the end changes no status" "$status $(echo $out)" "3 out out"
unlike "nor is it told of" "$err" "time|running"
for signal in TERM KILL; do
	coproc WAITS { "$GPROC" -drain=1h e 1 /bin/sh -c 'trap "" TERM; echo $$; sleep 1000 & exit 5' 2>&1; }
	client=$WAITS_PID
	read -r line <&"${WAITS[0]}"
	job=$("$GPROC" ps | awk '/exit 5/ && /running/ { print $1 }')
	until [ ! -d "/proc/$line" ]; do kill -0 "$MASTER" || break; done
	"$GPROC" kill "$job" $signal
	wait "$client"
	is "$signal after the end ends the wait, with the program's status" "$?" 5
done

# On the way: nothing is lost where a node stands still meanwhile.
"$GPROC" -l e . /tmp/late >"$T/out" 2>"$T/err" &
client=$!
kill -STOP "$(pid_of_slave 1)"
kill -CONT "$(pid_of_slave 1)"
wait "$client"
is "a node that stood still: status" "$?$(cat "$T/err")" 0
is "and all of it" "$(sed -n 's/^1: //p' "$T/out" | md5sum)" "$wanted"
kill -INT "$MASTER"
wait
done_testing
