#!/bin/bash
# -fanout: so many nodes at a time, in the order of paths, with clocks from their turn; -stop-after and signals start no more, and what was
# not started is told; -subst.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
start_master
start_deep
everyone="0 0:2 0:2:6 0:2:7 0:3 0:3:8 0:3:9 1 1:4 1:4:10 1:4:11 1:5 1:5:12 1:5:13"

run "$GPROC" -fanout=1 e ... sh -c 'echo $GPROC_NODE; sleep 0.01; echo $GPROC_NODE'
is "-fanout=1: one after the other, each one's output together" "$(echo $out)" "$(for n in $everyone; do echo $n $n; done | paste -sd' ')"
is "all is well" "$status$err" 0

# How many there are at a time: each counts the marks while it has its own.
mkdir "$T/marks"
for n in 1 3 13; do
	run "$GPROC" -fanout=$n e ... sh -c "echo >'$T'/marks/\$GPROC_NODE; ls '$T/marks' | wc -l; sleep 0.05; rm '$T'/marks/\$GPROC_NODE"
	ok "-fanout=$n: never more" test "$(printf '%s\n' "$out" | sort -n | tail -n 1)" -le $n
	is "-fanout=$n: all of them" "$status $(printf '%s\n' "$out" | wc -l)" "0 14"
done
run "$GPROC" -fanout=99 e ... sh -c 'echo $GPROC_SIZE'
is "-fanout above their number" "$status $(printf '%s\n' "$out" | sort | uniq -c | tr -s ' ')" "0  14 14"

for depth in 1 2 3; do
	at_depth $depth
	run "$GPROC" -fanout=1 -stop-after=1 e $both,1:4-5 sh -c '[ $GPROC_RANK != 0 ] || exit 3'
	case $depth in 1) rest="1,1:4-5 (3)" ;; 2) rest="0:3,1:4-5 (3)" ;; 3) rest= ;; esac
	if [ $depth = 3 ]; then
		run "$GPROC" -fanout=1 -stop-after=1 e $both sh -c '[ $GPROC_RANK != 0 ] || exit 3'
		rest=0:2:7
	fi
	is "depth $depth: -stop-after=1" "$status $err" "3 gproc: exit 3: $one
gproc: not started: $rest: 1 failure"
	run "$GPROC" -fanout=1 -stop-after=2 e $both false
	is "depth $depth: -stop-after=2 of two: nothing is left to start" "$err" "gproc: exit 1: $both (2)"
	# 0.6 of its time each: together more than all would have
	run "$GPROC" -fanout=1 -timeout="$(span 5000)" e $both sleep $((UNIT * 3))
	is "depth $depth: -timeout counts from each one's turn" "$status$err" 0
	run "$GPROC" -fanout=1 -timeout="$(span 2500)" e $both sh -c '[ $GPROC_RANK = 1 ] || exec sleep 1000; echo mine'
	like "depth $depth: and ends one alone" "$status $out $err" "^124 mine gproc: timed out after [0-9.]+ s: $one\$"
	run "$GPROC" -fanout=1 -timeout="$(span 2500)" -kill-after="$(span 500)" e $both sh -c '[ $GPROC_RANK = 1 ] || { trap "" TERM; while :; do sleep 1000; done; }; echo mine'
	like "depth $depth: by KILL if need be" "$status $out $err" "^124 mine gproc: timed out after [0-9.]+ s: $one\$"
	run "$GPROC" -fanout=1 -start="$(span 2000)" e $both sleep $((UNIT * 2))
	is "depth $depth: -start counts from each one's turn" "$status$err" 0
	run "$GPROC" -fanout=1 -timeout="$(span 1000)" -stop-after=1 e $both sh -c 'trap "exit 0" TERM; while :; do sleep 0.1; done'
	is "depth $depth: one that is timed out has failed, whatever it returns" "$status $(printf '%s\n' "$err" | sed -n 's/after [0-9.]* s/after a time/; /^gproc/p')" \
		"124 gproc: timed out after a time: $one
gproc: not started: $two: 1 failure"
	run "$GPROC" -fanout=1 -f=/etc/passwd e $both sh -c 'cat /tmp/xproc/etc/passwd | wc -l'
	is "depth $depth: files come to each" "$status $(printf '%s\n' "$out" | sort -u)" "0 $(wc -l </etc/passwd)"
	run "$GPROC" -subst e $both echo '%n|%i|%h|%r|%m|%%'
	is "depth $depth: -subst" "$(printf '%s\n' "$out" | sort)" "$one|${one##*:}|slave${one##*:}|0|$(uname -m)|%
$two|${two##*:}|slave${two##*:}|1|$(uname -m)|%"
	is "depth $depth: input for each in its turn" "$(printf 'in\nput\n' | "$GPROC" -fanout=1 e $both cat | paste -sd' ')" "in put in put"
done
run "$GPROC" -subst e 0 sh -c 'echo "$0" "$1"' 'job %j' %%n
like "-subst: the job, and a %" "$out" '^job [0-9]+\.[0-9a-f]{8} %n$'
run "$GPROC" -subst e 0 echo %n %x
is "-subst: a letter that there is not" "$status $err" "2 gproc: -subst: %x: %n path, %i id, %h host, %r rank, %m machine, %j job, %% a %"
run "$GPROC" e 0 echo %n
is "without it % is %" "$out" %n
run "$GPROC" -stop-after=1 e 0 true
is "-stop-after alone" "$status $err" "2 gproc: -stop-after needs -fanout: without it all nodes start at once"

run "$GPROC" -fanout=2 -kill-on-bad e ... sh -c '[ $GPROC_RANK != 1 ] || exit 5; sleep 1000'
is "-kill-on-bad starts no more" "$status $err" "5 gproc: exit 5: 0:2
gproc: ended because of that: 0
gproc: not started: 1,0:3,1:4-5,0:2:6-7,0:3:8-9,1:4:10-11,1:5:12-13 (12): 1 failure"

# Ctrl-C: those that run are told, the others are not started.
mkfifo "$T/out"
env --default-signal=INT "$GPROC" -n -fanout=2 e 0:2-3,1:4-5 sh -c 'trap "exit 9" INT; echo up; while :; do sleep 0.1; done' >"$T/out" 2>"$T/err" &
client=$!
exec 5<"$T/out"
read -r line <&5
read -r line <&5
kill -INT $client
wait $client
is "Ctrl-C: the status" $? 130
is "Ctrl-C: those that waited are told" "$(tail -n 2 "$T/err")" "gproc: exit 9: 0:2-3 (2)
gproc: not started: 1:4-5 (2): interrupted"
exec 5<&-

# USR1 is for those that run, and for none that come later.
mkfifo "$T/usr"
"$GPROC" -n -fanout=1 e 0:2-3 sh -c 'trap "echo usr; exit 0" USR1; echo up; [ $GPROC_RANK = 0 ] || { sleep 0.3; exit 7; }; while :; do sleep 0.1; done' >"$T/usr" 2>"$T/err" &
client=$!
exec 5<"$T/usr"
read -r line <&5
kill -USR1 $client
rest=$(cat <&5)
wait $client
is "USR1 is not for those that come later" "$? $(echo $rest)" "7 usr up"

# A node that goes before its turn, and one that comes again.
mkfifo "$T/go"
"$GPROC" -n -fanout=1 e 0,1:5:12-13 sh -c '[ $GPROC_RANK != 0 ] || read -r line <'"$T/go"'; echo $GPROC_NODE' >"$T/gone" 2>"$T/err" &
client=$!
until_true eval '"$GPROC" ps | grep -q read'
kill -KILL "$(pid_of_slave 12)" "$(pid_of_slave 13)"
wait_down 2
start_slave 13 slave5
wait_down 1
echo go >"$T/go"
wait $client
is "gone before its turn: lost; come again: it runs" "$? $(paste -sd' ' "$T/gone") $(sed 's/: the conn.*//' "$T/err")" "255 0 1:5:13 gproc: lost: 1:5:12"

# More input than is kept for those that wait: told; what does not read it never minds.
head -c 300000 /dev/zero >"$T/large"
run sh -c "'$GPROC' -fanout=1 e 0-1 wc -c <'$T/large'"
is "too much input for a later turn" "$status $out $err" \
	"255 300000 gproc: not started: 1: its input can't be kept so long: more than 128 KiB were read before its turn"
run sh -c "'$GPROC' -fanout=1 e 0-1,0:2 echo fine <'$T/large'"
is "which is nothing to programs that don't read" "$status$err $(echo $out)" "0 fine fine fine"
id=$("$GPROC" -fanout=3 -detach e 0-1,0:2-3 sh -c 'sleep 0.1')
is "-detach returns when the last has started" "$?" 0
run "$GPROC" -json -fanout=1 -stop-after=1 e 0-1 false
is "-json: not started" "$(printf '%s\n' "$out" | tests/tools/jsonlines '[(o["node"], o["reason"]) for o in of("failed")], of("end")[0]["bad"][1]')" \
	"([('1', 'not started: 1 failure')], {'what': 'unstarted', 'reason': '1 failure', 'nodes': '1', 'count': 1})"
# Ended from elsewhere: one node that waits, then all.
"$GPROC" -n -fanout=1 e 0-1,0:2 sh -c 'echo up; exec sleep 1000' >"$T/first" 2>"$T/err" &
client=$!
until_true grep -q up "$T/first"
job=$("$GPROC" ps -json | tests/tools/jsonlines 'of("job")[0]["job"]')
"$GPROC" kill -only=1 "$job"
until_true eval '"$GPROC" ps "$job" | grep -q "not started"'
"$GPROC" kill "$job"
wait $client
is "kill, of one that waits, and of all" "$? $(cat "$T/err")" "143 gproc: killed by signal 15: 0
gproc: not started: 1,0:2 (2): the job was ended by signal 15"

# One who attaches follows each node from its turn on.
mkfifo "$T/turn"
exec 7<>"$T/turn"
"$GPROC" -n -fanout=1 e 0-1,0:2 sh -c "echo start \$GPROC_NODE; read -r line <'$T/turn'; echo end \$GPROC_NODE" >"$T/first" 2>&1 &
until_true grep -q 'start 0' "$T/first"
job=$("$GPROC" ps -json | tests/tools/jsonlines 'of("job")[0]["job"]')
"$GPROC" attach "$job" >"$T/attached" 2>&1 &
attached=$!
until_true grep -q 'start 0' "$T/attached"
printf 'go\ngo\ngo\n' >&7
wait $attached
is "attach follows the later ones too" "$? $(paste -sd' ' "$T/attached")" "0 start 0 end 0 start 0:2 end 0:2 start 1 end 1"
exec 7<&-
run timeout "$(limit 60)" "$GPROC" e ... true
end_tree
done_testing
