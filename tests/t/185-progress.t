#!/bin/bash
# The live line on a terminal: how far a launch is and which nodes are slow; taken away before anything else is written there, and at the end.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
. "$REPO/tests/tty.sh"
export LC_ALL=C.UTF-8
start_master -heartbeat="$(span 40000)" # each stop below is over in a fraction of it
start_deep
head -c 24M /dev/urandom >"$T/large"
chmod 644 "$T/large"
export GPROC T

# at COLUMNS SCRIPT: a shell runs it on a terminal so wide, and stays when it has ended.
at() {
	tty_open "$1" 24 "bash --norc -c '$2
echo \"status \$?\"; exec cat'"
}
shown() { until_true tty_shows "$2" && fact 0 "$1" || { fact 1 "$1"; got "$(screen)"; }; }
# What the screen shows in the end.
whole() {
	sees '^status'
	out=$(screen | sed '/^$/d')
}

for nodes in 0-1 0:2-3 0,0:2:6-7; do
	case $nodes in 0-1 | 0:2-3) count=2 ;; *) count=3 ;; esac
	hold
	at 80 "\"\$GPROC\" e $nodes sh -c \"flock -s /tmp/held true\" >\$T/out"
	shown "$nodes: with output elsewhere there is a line" "^started $count, running $count, ended 0 of $count\$"
	release
	whole
	is "$nodes: that is gone at the end without a trace" "$out" "status 0"
done

# What is slow, and what is written to the same terminal.
hold
at 80 "\"\$GPROC\" -b e 0-1,1:4-5 sh -c \"[ \\\$GPROC_NODE = 1:5 ] && flock -s /tmp/held true; echo said\""
shown "-b: those that most are ahead of are named" '^started 4, running 1, ended 3 of 4; got 0\.0 MB, 0\.0 MB/s; slow: 1:5$'
release
whole
is "and nothing of it is between the output" "$(printf '%s\n' "$out" | tr '\n' ' ')" "--------------- 0-1,1:4-5 (4) --------------- said status 0 "
hold
at 80 "\"\$GPROC\" -l e 0-1,1:4-5 sh -c \"echo first >&2; flock -s /tmp/held true; echo second >&2\" >\$T/out"
shown "what programs say on the same terminal is whole, above it" '^started 4, running 4, ended 0 of 4'
said_above() { screen | awk '/^ *[0-9:]+: first$/ { said++ } NF { last = $1 } END { exit !(said == 4 && last == "started") }'; }
ok "each line of it" until_true said_above
release
whole
is "in the end nothing of it is left" "$(printf '%s\n' "$out" | grep -c 'started') $(printf '%s\n' "$out" | grep -Ec '^ *[0-9:]+: (first|second)$') $(printf '%s\n' "$out" | tail -n 1)" "0 8 status 0"
hold
at 80 "\"\$GPROC\" -o=\$T/%n.%s e 0-1 sh -c \"flock -s /tmp/held true\""
shown "-o: there is one too" '^started 2, running 2, ended 0 of 2$'
release
whole
is "and it goes" "$out" "status 0"

# Input and contents on their way.
hold
at 80 "\"\$GPROC\" e ... sh -c \"[ \\\$GPROC_NODE = 0:2:6 ] && flock -s /tmp/held true; cat >/dev/null; echo end\" <\$T/large"
shown "the node that holds up the input is named" '^started 14, running 14, ended 0 of 14; sent 0\.[0-9] MB, 0\.0 MB/s; slow: 0:2:6$'
release
whole
is "and the line goes as the output comes" "$(printf '%s\n' "$out" | sort | uniq -c | tr -s ' \n' ' ')" " 14 end 1 status 0 "
kill -STOP "$(pid_of_slave 9)"
at 80 "\"\$GPROC\" -f=\$T/large e 0,0:3,0:3:9 sh -c true"
shown "so is one that contents have not reached" '^started 2, running 0, ended 2 of 3; sent 2[0-9]\.[0-9] MB, [0-9.]+ MB/s; slow: 0:3:9$'
kill -CONT "$(pid_of_slave 9)"
whole
is "and nothing of it is left" "$out" "status 0"
kill -STOP "$(pid_of_slave 9)"
at 80 "\"\$GPROC\" cp 0,0:3,0:3:9 \$T/large /tmp/copied"
shown "cp has one" '^started 2, running 0, ended 2 of 3.*; slow: 0:3:9$'
kill -CONT "$(pid_of_slave 9)"
whole
is "which goes" "$out" "status 0"

# Narrow, and with many.
hold
at 40 "\"\$GPROC\" -b e ... sh -c \"case \\\$GPROC_RANK in *[13579]) flock -s /tmp/held true;; esac\""
shown "at 40 columns it is cut" '^started 14, running 7, ended 7 of 14.*\.\.\.$'
is "to one less than them" "$(screen | awk '/^started/ { print length }')" 39
release
whole
is "and goes" "$out" "status 0"
hold
at 200 "\"\$GPROC\" -o=\$T/%n.%s e ... sh -c \"case \\\$GPROC_RANK in *[13579]) flock -s /tmp/held true;; esac; head -c 12345678 /dev/zero\""
shown "elsewhere it has 80 at most, whatever there is to say" '^started 14, running 7, ended 7 of 14; got [0-9.]+ MB, [0-9.]+ MB/s; slow: .*\.\.\.$'
is "and one less for the cursor" "$(screen | awk '/^started/ { print length }')" 79
release
whole
is "and it goes" "$out" "status 0"

# Where there is none: a line that a program has begun, the background, -q, a terminal that can't take it away.
hold
at 80 "\"\$GPROC\" e 1 sh -c \"printf half; flock -s /tmp/held true; cat >/dev/null; echo line\" <\$T/large"
sees '^half'
"$GPROC" -timeout="$(span 1500)" e 0 sleep 1000 2>/dev/null
is "a line that a program has begun is left alone" "$(screen | sed '/^$/d')" half
release
whole
is "and ends as it should" "$out" "halfline
status 0"
for quiet in "-q:xterm" "-n:dumb"; do
	hold
	at 80 "TERM=${quiet#*:} \"\$GPROC\" ${quiet%:*} e 0-1 sh -c \"echo up; flock -s /tmp/held true\" >\$T/out"
	until_true eval '[ "$(grep -c up "$T/out")" = 2 ]'
	"$GPROC" -timeout="$(span 1500)" e 0 sleep 1000 2>/dev/null
	is "none with $quiet" "$(screen)" ""
	release
	whole
done
hold
at 80 "set -m; \"\$GPROC\" e 0-1 sh -c \"echo up; flock -s /tmp/held true\" >\$T/out & until grep -q up \$T/out; do :; done; echo shell; read -r x; fg >/dev/null"
sees '^shell'
"$GPROC" -timeout="$(span 1500)" e 0 sleep 1000 2>/dev/null
is "none in the background" "$(screen | sed '/^$/d')" shell
types Enter
shown "but when it is fetched" '^started 2, running 2'
types C-z
shown "and Ctrl-Z takes it away" '^status 148'
is "all of it" "$(screen | grep -c 'started')" 0
release
tty_tmux kill-server
done_testing
