#!/bin/sh
# The last word: whatever was not 0 stands at the end of standard error, a line for each kind and reason with its nodes folded and counted,
# at every depth; -q leaves of it what gproc itself failed at.
. tests/lib.sh
enter_namespaces "$@"
start_master
start_deep

# says NAME ERR COMMAND...: the whole of what is told
says() {
	local name=$1 want=$2
	shift 2
	run timeout "$(limit 60)" "$GPROC" "$@"
	is "$name" "$err" "$want"
}

for depth in 1 2 3; do
	at_depth $depth
	spec=$(echo "$one" | tr -c ':\n' . | tr : /)
	says "depth $depth: a status" "gproc: exit 3: $one" e $one sh -c 'exit 3'
	says "depth $depth: of two" "gproc: exit 3: $both (2)" e $both sh -c 'exit 3'
	says "depth $depth: a signal, behind a status" "gproc: exit 1: $one
gproc: killed by signal 9: $two" e $both sh -c '[ $GPROC_RANK = 0 ] && exit 1; kill -9 $$'
	says "depth $depth: equal reasons" "gproc: could not start: $both (2): /nowhere/prog: No such file or directory" -localbin e $both /nowhere/prog
	run "$GPROC" -timeout="$(span 3000)" e $both sleep 1000
	like "depth $depth: the time" "$err" "^gproc: timed out after [0-9.]+ s: $both \\(2\\)\$"
	is "depth $depth: and nothing else" "$(printf '%s\n' "$err" | wc -l) $status" "1 124"
	says "depth $depth: nothing" "" e $spec true
	says "depth $depth: -q is silent about programs" "" -q e $both sh -c 'exit 3'
	is "depth $depth: their status stays" "$status" 3
	says "depth $depth: -q tells what gproc fails at" "gproc: not there: $one:99
gproc: not there: $one:99" -q e "$both,$one:99" sh -c 'exit 3'
	is "depth $depth: which is the status" "$status" 255
done

# All at once: one lost while it runs, one down, one absent, statuses, a signal.
kill -KILL "$(pid_of_slave 13)"
wait_down 1
victim=$(pid_of_slave 12)
victim=$victim "$GPROC" e 0-1,0:2-3,1:4-5,0:2:6,1:5:12,1:5:13,77 sh -c 'case $GPROC_NODE in
	0 | 1:4) exit 1 ;;
	1) exit 2 ;;
	0:2) kill -TERM $$ ;;
	1:5:12) kill -KILL $victim; sleep 1000 ;;
	esac' 2>"$T/err"
is "everything: status" $? 255
is "everything: one table, by kind, at the end" "$(tail -n 6 "$T/err" | sed 's/: the connection.*//')" "gproc: exit 1: 0,1:4 (2)
gproc: exit 2: 1
gproc: killed by signal 15: 0:2
gproc: lost: 1:5:12
gproc: down: 1:5:13
gproc: not there: 77"
end_tree
done_testing
