#!/bin/bash
# What ends in the middle of input: the reader of the output, the client, its terminal, its turn at the terminal. Nothing hangs, nothing is left.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
. "$REPO/tests/tty.sh"
start_master
start_deep
head -c 8M /dev/urandom >"$T/large"
export GPROC T

free() { [ "$("$GPROC" ps | wc -l)" = 1 ]; }
# The processor time of a process, in ticks.
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

# The output's reader goes.
for mode in "" -l; do
	for nodes in 0-1 0:2,1:4-5 0,0:2,0:2:6; do
		"$GPROC" $mode -timeout="$(limit 60)s" e $nodes sh -c 'cat >/dev/null & yes | head -c 300000; exec sleep 1000' <"$T/large" 2>"$T/err" |
			head -n 1 >"$T/out"
		status=${PIPESTATUS[0]}
		is "${mode:-raw} on $nodes: head -n 1 gets its line, and 141 comes of it" "$status $(wc -l <"$T/out")" "141 1"
		ok "${mode:-raw} on $nodes: with one message at most" test "$(wc -l <"$T/err")" -le 1
		until_true free || fact 1 "its programs end"
	done
done
"$GPROC" -b e 0,0:2,0:2:6 seq 100000 </dev/null 2>"$T/err" | head -n 1 >"$T/out"
is "-b, at its end" "${PIPESTATUS[0]} $(cat "$T/out" "$T/err")" "141 ---------------"

# The client goes. Until its end nothing counts as read.
rm -f "$T/fifo"
mkfifo "$T/fifo"
{
	"$GPROC" e 0,0:2,0:2:6 sh -c 'head -c 100000 >/dev/null; echo half; sleep 1000' >"$T/fifo" 2>"$T/err" &
	client=$!
	for i in 1 2 3; do read -r line; done <"$T/fifo"
	kill -KILL $client
	wait $client 2>/dev/null
	cat >"$T/rest"
} <"$T/large" 2>/dev/null
ok "a client that is killed leaves its file where it was" cmp "$T/large" "$T/rest"
ok "and its programs end" until_true free
{
	"$GPROC" e 0,0:2,0:2:6 sh -c 'head -c 100000 >/dev/null; kill -TERM $$' 2>/dev/null
	cat >"$T/rest"
} <"$T/large"
ok "programs that are killed have read what they have read" cmp <(tail -c +100001 "$T/large") "$T/rest"

# The terminal goes: its programs are hung up, also those that read from it.
for nodes in 0:2:6 0-1; do
	start_tty
	line "\"\$GPROC\" e $nodes sh -c 'echo up; cat; sleep 1000'"
	sees '^up$'
	tty_tmux kill-session -t "t$tty_count"
	ok "on $nodes the programs of a terminal that goes away end" until_true free
	ok "and its client" until_true eval '! pgrep -f "^$GPROC e $nodes" >/dev/null'
done
# One that does not end by it.
hold
start_tty
line "\"\$GPROC\" e 0:2:6 sh -c 'trap \"\" HUP; echo up; cat; exec flock -s /tmp/held true' >\$T/out"
until_true grep -q up "$T/out"
client=$(pgrep -f "^$GPROC e 0:2:6")
tty_tmux kill-session -t "t$tty_count"
until_true eval '"$GPROC" ps | grep -q flock; ! pgrep -x cat >/dev/null'
ok "one that ignores the hangup reads the end of its input, and runs on" grep -q flock <("$GPROC" ps)
ok "(its client is known)" test "$client"
before=$(ticks "$client")
"$GPROC" -timeout="$(span 1000)" e 0 sleep 1000 2>/dev/null
ok "its client waits, without work: $(($(ticks "$client") - before)) ticks" test $(($(ticks "$client") - before)) -le 5
release
ok "and ends with it" until_true eval '! kill -0 $client 2>/dev/null'

# Whose turn it is at the terminal is looked at before each read, and after CONT.
start_tty
line "\"\$GPROC\" e 0:2:6 sh -c 'echo up; cat' >\$T/out"
until_true grep -q up "$T/out"
line first
until_true grep -q first "$T/out"
types C-z
sees '^here\$ *$'
line bg
sees '&$'
line 'echo "shell reads"; read -r word; echo "shell $word"'
sees '^shell reads$'
line second
sees '^shell second$'
is "stopped, and continued in the background, it reads nothing" "$(grep -c second "$T/out")" 0
line fg
sees '^"\$GPROC" e 0:2:6' # as the shell names what it has fetched
line third
until_true grep -q third "$T/out"
types C-d
sees_prompt
is "in the foreground it goes on" "$(tr '\n' ' ' <"$T/out")" "up first third "
line 'stty tostop; "$GPROC" e 0-1 cat </dev/tty >$T/out & wait; echo "ended $?"'
sees '^ended 0$'
is "several in the background have their end at once" "$(wc -c <"$T/out")" 0
line 'nohup "$GPROC" e 0-1 wc -c >$T/nohup; echo "nohup $?"'
sees '^nohup 0$'
is "nohup at a terminal gives no input" "$(tr -d ' \n' <"$T/nohup")" 00
tty_tmux kill-server
done_testing
