#!/bin/sh
# With -t a shell on a node is used as one here, at every depth: keys, job control, size, programs that draw, status; and the terminal is
# as it was afterwards.
. tests/lib.sh
enter_namespaces "$@"
. "$REPO/tests/tty.sh"
printf 'a\nb\nc\n' >/tmp/text
vi=$(command -v vim.tiny || command -v vi)

start_master
start_deep
# The shell there says what came of the keys.
try_shell() {
	before=$(modes)
	line "PS1='there\$ ' $GPROC -t e $1 bash --norc --noprofile; echo status \$?"
	ok "$1: bash has its prompt" sees '^there\$'
	line 'stty size; tty; ps -o tty= -o stat= $$; echo "$TERM" "${#PWD}"'
	ok "$1: the terminal has the client's size" sees '^20 90$'
	ok "$1: and a name" sees '^/dev/pts/[0-9]+$'
	ok "$1: it is the shell's controlling terminal" sees '^pts/[0-9]+ +Ss'
	cat_reads one
	types C-c
	sees_there
	line 'echo after $?'
	ok "$1: Ctrl-C interrupts the program, not the shell or gproc" sees '^after 130'
	cat_reads two
	types 'C-\'
	sees_there
	line 'echo quit $?'
	ok "$1: Ctrl-\\ is QUIT" sees '^quit 131'
	cat_reads three
	types C-z
	ok "$1: Ctrl-Z stops the program" sees 'Stopped +cat'
	line 'jobs; fg'
	types four Enter
	sees '^four$'
	types C-d
	line 'sleep 1000 &'
	line 'kill %1; wait %1; echo waited $?'
	ok "$1: jobs in the background have numbers" sees '^waited 143'
	resize 100 30
	line 'clear; until stty size | grep -x "30 100"; do :; done'
	ok "$1: a new size is told" sees '^30 100$'
	line 'printf "\033[31mred\033[0m\n"'
	sees '^red$'
	like "$1: colours are seen" "$(tty_tmux capture-pane -e -p -t "t$tty_count")" "$(printf '^\033\\[31mred')"
	line 'exit 7'
	ok "$1: the status is the shell's" sees '^status 7'
	put_back "$1: the modes are as they were" "$before"
}
for node in 0 "$(deep_path 2)" "$(deep_path 6)"; do
	start_tty 90 20
	try_shell "$node"
done

# tildes COUNT: on so many lines there is nothing of the file.
tildes() {
	[ "$(screen | grep -c '^~')" -ge "$1" ]
}
draw() {
	start_tty 80 24
	line "$GPROC -t -f=/tmp/text -cwd=/ e $1 $vi -u NONE -N /tmp/text; echo status \$?"
	ok "$1: vi draws" sees '^~'
	sees '^a$'
	rm -f /tmp/written
	types G o typed Escape ':w /tmp/written' Enter
	sees 'written.*4L'
	resize 80 40
	ok "$1: and draws anew for another size" until_true tildes 30
	types ':q!' Enter
	ok "$1: and ends" sees '^status 0'
	is "$1: what was typed is written" "$(tail -n 1 /tmp/written)" typed
	line "$GPROC -t e $1 top; echo status \$?"
	ok "$1: top draws" sees 'PID USER'
	types q
	ok "$1: and ends by q" sees '^status 0'
}
draw 0
draw "$(deep_path 2)"
draw "$(deep_path 6)"
kill -INT "$MASTER"
tty_tmux kill-server
wait
done_testing
