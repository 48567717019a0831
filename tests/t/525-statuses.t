#!/bin/bash
# The exit statuses of e, one by one, at every depth; and which of them applies where several do: 2; 130 or 141; 255; 124; the culprit of
# -kill-on-bad; the highest.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
run "$GPROC" e 0 true
is "no master" "$status" 255
start_master # who stands still below is not lost yet
start_deep

# gives NAME STATUS ARGUMENTS...
gives() {
	local name=$1 want=$2
	shift 2
	run timeout "$(limit 60)" "$GPROC" "$@"
	is "$name" "$status" "$want"
}

for depth in 1 2 3; do
	at_depth $depth
	gone=${one%[0-9]*}77
	at="depth $depth:"
	gives "$at all returned 0" 0 e $both true
	gives "$at the highest" 7 e $both sh -c 'exit $((GPROC_RANK * 4 + 3))'
	gives "$at a signal" 143 e $both sh -c 'kill -TERM $$'
	gives "$at a signal beside a higher status" 200 e $both sh -c '[ $GPROC_RANK = 0 ] && exit 200; kill -TERM $$'
	gives "$at not found" 127 -localbin e $both /nowhere/prog
	gives "$at can't be run" 126 -localbin e $both /etc/passwd
	gives "$at the culprit, not the highest" 3 -kill-on-bad e $both sh -c '[ $GPROC_RANK = 0 ] && exit 3; exec sleep 1000'
	gives "$at -timeout" 124 -timeout="$(span 1000)" e $both sleep 1000
	gives "$at -timeout before what had failed" 124 -timeout="$(span 1500)" e $both sh -c '[ $GPROC_RANK = 0 ] && exit 200; exec sleep 1000'
	gives "$at -timeout before the culprit" 124 -kill-on-bad -timeout="$(span 1000)" e $both sleep 1000
	gives "$at a named node is not there" 255 e $both,$gone true
	gives "$at which goes before -timeout" 255 -timeout="$(span 1000)" e $both,$gone sleep 1000
	gives "$at and before the culprit" 255 -kill-on-bad e $both,$gone sh -c 'exit 3'
	gives "$at -strict" 255 -strict e $both,$gone true
	gives "$at wrong usage goes before all" 2 -nosuch e $gone true
	gives "$at a spec that is none" 2 e "$both,," true
	for mode in nodes i halt reboot renew forget; do # a variable that is not set is no cluster
		gives "$at an empty spec: $mode" 2 $mode ""
	done
	gives "$at an empty spec: cp" 2 cp "" /etc/passwd /tmp/copied
	gives "$at an empty spec: get" 2 get "" /etc/passwd "$T/got"
	gives "$at -detach: started" 0 -detach e $both sh -c 'exit 3'
	gives "$at -detach: can't be" 127 -localbin -detach e $both /nowhere/prog
	gives "$at -detach: one is not there" 255 -detach e $both,$gone true
	"$GPROC" e $both sh -c 'while :; do echo x; done' 2>"$T/err" | head -n 1 >"$T/line"
	is "$at the reader has gone" "${PIPESTATUS[0]} $(wc -l <"$T/err")" "141 0"
	: >"$T/up" # what stands there from the tree before would be taken for this one's
	env --default-signal=INT "$GPROC" -n e $both sh -c 'trap "" INT; echo up; exec sleep 1000' >"$T/up" 2>"$T/err" &
	client=$!
	until_true eval '[ "$(grep -c up "$T/up")" = 2 ]'
	kill -STOP "$(pid_of_slave ${two##*:})"
	kill -INT $client
	until_true grep -q interrupted "$T/err"
	kill -INT $client
	until_true grep -q killed "$T/err"
	kill -INT $client
	wait $client
	is "$at the third Ctrl-C" $? 130
	like "$at with who still runs" "$(tail -n 1 "$T/err")" "^gproc: still running: ($two|$both \\(2\\))\$"
	kill -CONT "$(pid_of_slave ${two##*:})"
	"$GPROC" i -wait=14 -timeout="$LIMIT_UP" >/dev/null
done
# -start, and a node that is lost or down
kill -STOP "$(pid_of_slave 12)"
run "$GPROC" -start="$(span 300)" e 1:5:12-13 true
is "not started, and lost" "$status" 255
kill -CONT "$(pid_of_slave 12)"
"$GPROC" i -wait=14 -timeout="$LIMIT_UP" >/dev/null
victim=$(pid_of_slave 13) run "$GPROC" e 0,1:5:12-13 sh -c '[ $GPROC_NODE != 1:5:13 ] || { kill -KILL $victim; sleep 1000; }; exit 3'
is "lost" "$status" 255
wait_down 1
gives "down, and named" 255 e 1:5:12-13 true
gives "down, of what is open" 0 e 1:5:. true
gives "nothing but what is down" 255 e 1:5:13 true
"$GPROC" i -wait=13 -timeout="$LIMIT_UP" >/dev/null
end_tree
done_testing
