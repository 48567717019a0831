#!/bin/sh
# One can come back to a terminal: the first to attach has the keyboard, others are told whose user has it and look; at every depth.
. tests/lib.sh
enter_namespaces "$@"
. "$REPO/tests/tty.sh"

start_master
start_deep
no_job() { ! "$GPROC" ps | grep -q 'bash --norc'; }
come_back() {
	start_tty 80 24
	before=$(modes)
	line "PS1='there\$ ' $GPROC -t -name=shell e $1 bash --norc --noprofile; echo status \$?"
	sees '^there\$'
	line 'x=kept; echo first'
	sees '^first'
	types '~d'
	ok "$1: ~d leaves with 0" sees '^status 0'
	start_tty 100 30
	line "$GPROC attach shell; echo status \$?"
	ok "$1: attach shows what was there" sees '^first'
	line 'echo $x $((40 + 2)); until stty size | grep -x "30 100"; do :; done'
	ok "$1: and types on" sees '^kept 42'
	ok "$1: with the size of the new terminal" sees '^30 100'
	like "$1: ps shows it as detached, for no client of its own is there" "$("$GPROC" ps)" detached
	first=$tty_count
	start_tty 80 24
	line "$GPROC attach shell; echo status \$?"
	ok "$1: a second one is told who has the keyboard" sees 'user 0 has the keyboard'
	ok "$1: and looks" sees '^kept 42'
	types C-c
	ok "$1: Ctrl-C leaves it" sees '^status 130'
	second=$tty_count
	tty_count=$first
	cat_reads still
	types C-c
	sees_there
	line 'echo after $?'
	ok "$1: Ctrl-C of the one with the keyboard is the program's" sees '^after 130'
	types Enter '~d'
	ok "$1: ~d leaves attach with 0" sees '^status 0'
	tty_count=$second
	line "clear; $GPROC attach shell; echo status \$?"
	sees '^after 130'
	line 'echo free $((1 + 1))'
	ok "$1: then the keyboard is free" sees '^free 2'
	kill -KILL "$(pgrep -f "^$GPROC attach" | head -n 1)"
	sees_prompt
	put_back "$1: a client that is killed leaves the terminal as it was" "$before"
	like "$1: and the job running" "$("$GPROC" ps)" 'shell.* detached'
	line "clear; $GPROC attach shell; echo status \$?"
	sees '^free 2'
	line 'exit 5'
	ok "$1: the program's status is attach's" sees '^status 5'
	ok "$1: and the job is over" until_true no_job
}
come_back 0
come_back "$(deep_path 2)"
come_back "$(deep_path 6)"

# Started without a client at the terminal.
job=$("$GPROC" -t -detach e 0:2:6 env 'PS1=there$ ' bash --norc --noprofile)
start_tty 80 24
line "$GPROC attach $job; echo status \$?"
ok "-t -detach waits for the first to attach" sees '^there\$'
line 'echo $((6 * 7))'
ok "who types there" sees '^42'
types Enter '~.'
ok "~. at attach ends it, with 255" sees '^status 255'
until_true no_job
"$GPROC" -t -name=drawn -detach -f=/etc/hosts e 0 "$(command -v vim.tiny || command -v vi)" -u NONE -N /tmp/none >/dev/null
line "clear; $GPROC -tail=0 attach drawn; echo status \$?"
ok "a program that draws does so anew" sees '^~'
types ':q!' Enter
sees '^status 0'
"$GPROC" -t -name=looked -detach e 0 cat >/dev/null
for how in '</dev/null' '<&-' '| cat'; do
	: >"$T/looked"
	eval "\"\$GPROC\" attach looked >>\"\$T/looked\" 2>&1 $how" &
	look=$!
	until_true pgrep -f "^$GPROC attach looked" >/dev/null
	kill -TERM "$(pgrep -f "^$GPROC attach looked" | head -n 1)" 2>/dev/null
	wait $look
	unlike "attach $how only looks" "$(cat "$T/looked")" keyboard
done
like "which ends nothing" "$("$GPROC" ps)" looked
"$GPROC" kill looked HUP
until_true eval '! $GPROC ps | grep -q looked'
run timeout "$(limit 60)" "$GPROC" attach looked
is "of one that was hung up the status is its signal's" "$status" 129
kill -INT "$MASTER"
tty_tmux kill-server
wait
done_testing
