#!/bin/bash
# Keys without -t: Ctrl-C interrupts, says at once what still runs, then kills, then leaves; Ctrl-Z stops the client alone.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
. "$REPO/tests/tty.sh"
start_master
start_deep
export GPROC nodes=0,0:2:6,1:5

# terminal COMMAND: a shell runs it on a terminal of its own, with job control, and stays.
terminal() {
	tty_open 120 24 "bash --norc -mc '$1; exec cat'"
}
count() { screen | grep -Ec -e "$1"; }
# A program that does not end by it. Not a shell: what comes just before that forks is only seen when the child has ended.
stubborn='exec perl -e "\$| = 1; \$SIG{INT} = sub { print qq(heard\n) }; print qq(up\n); sleep 1 while 1"'
export stubborn
for depth in 0-1 0:2,1:5 $nodes; do
	case $depth in 0-1) told="0-1 \(2\)" ;; 0:2,1:5) told="0:2,1:5 \(2\)" ;; *) told="0,1:5,0:2:6 \(3\)" ;; esac
	many=${told##* } many=${many//[^0-9]/}
	terminal "\"\$GPROC\" e $depth sh -c \"\$stubborn\"; echo \"status \$?\""
	until_true eval '[ "$(count "^up")" = $many ]'
	types C-c
	until_true eval '[ "$(count "^heard")" = $many ]'
	is "$depth: the first Ctrl-C reaches all programs, and is told in one folded line" \
		"$(count "gproc: interrupted; still running: $told; Ctrl-C again kills\$") $(count 'gproc: ')" "1 1"
	types C-c
	sees '^status'
	is "$depth: the second kills" "$(count '^status 137$') $(count 'gproc: killed; still running: .*; Ctrl-C again leaves$')" "1 1"
done

# The other signals, which no key sends.
for signal in INT TERM QUIT HUP USR1 USR2; do
	start_job $nodes 3 "exec perl -e '\$| = 1; \$SIG{$signal} = sub { exit 9 }; print qq(up\n); sleep 1 while 1'"
	kill -$signal "$CLIENT"
	wait "$CLIENT"
	is "SIG$signal reaches the job on all levels" "$? $(grep -c '^gproc: exit 9: 0,1:5,0:2:6 (3)$' "$T/job.err")" "9 1"
	exec 3<&-
done

# Nodes that stand still: what is told comes at once, and the third leaves.
terminal "\"\$GPROC\" -b e $nodes sh -c \"echo gathered; case \\\$GPROC_NODE in 0) exit 3;; esac; echo more; sleep 1000\"; echo \"status \$?\""
until_true eval '"$GPROC" ps | grep -q "sleep 1000"'
until_true eval 'pgrep -fx "sleep 1000" | wc -l | grep -q "^2$"'
# What they printed is on its way by then: it has come when the client knows of the one that has ended, and another job has been there and back.
sees '^started 3, running 2, ended 1 of 3' || fact 1 "one has ended"
"$GPROC" e $nodes true
kill -STOP "$(pid_of_slave 2)" "$(pid_of_slave 5)"
now
began=$now
types C-c
sees 'interrupted; still running: 1:5,0:2:6 \(2\); Ctrl-C again kills$' || fact 1 "those that stand still are named"
types C-c
sees 'killed; still running: 1:5,0:2:6 \(2\)' || fact 1 "also at the second"
types C-c
sees '^status'
now
ok "the third leaves long before a heartbeat is over: $((now - began)) ms" test $((now - began)) -lt $(($(limit 8) * 1000))
is "with 130" "$(count '^status 130$')" 1
like "what still runs is named" "$(screen)" '^gproc: still running: 1:5,0:2:6 \(2\)$'
is "what -b has gathered is printed, once" "$(count '^ *gathered$') $(count '^ *more$')" "2 1"
like "marked incomplete" "$(screen)" 'incomplete'
kill -CONT "$(pid_of_slave 2)" "$(pid_of_slave 5)"
until_true eval '[ "$("$GPROC" ps | wc -l)" = 1 ]'

# Ctrl-Z: the client alone.
hold
terminal "\"\$GPROC\" -cwd=/tmp e $nodes sh -c \"echo up; flock -s /tmp/held true; echo on >>/tmp/ticks; echo end\"; echo \"stopped \$?\"; read -r line; fg; echo \"status \$?\""
until_true eval '[ "$(count "^up")" = 3 ]'
types C-z
sees '^stopped 148' || fact 1 "Ctrl-Z stops the client"
release
ok "the programs go on" until_true eval '[ "$(grep -cs on /tmp/ticks)" = 3 ]'
types Enter
sees '^status'
is "what they wrote meanwhile is there when it goes on" "$(count '^end$') $(count '^status 0$')" "3 1"
done_testing
