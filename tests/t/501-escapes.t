#!/bin/sh
# At a terminal the keys ~. ~d ~^Z ~~ and ~? behind a newline are gproc's, as in ssh; -escape says another character, or none.
. tests/lib.sh
enter_namespaces "$@"
. "$REPO/tests/tty.sh"

start_master
start_tree 2 1
# shell_on SWITCHES: a shell on the node of the second level.
shell_on() {
	line "clear; PS1='there\$ ' $GPROC -t $* e 0:1 bash --norc --noprofile; echo status \$?"
	sees '^there\$'
}
no_job() { ! "$GPROC" ps | grep -q bash; }
start_tty
before=$(modes)

shell_on
line 'echo ~~/x'
ok "a ~ that is not behind a newline is the program's" sees '^~~/x$'
types '~~' ' is 1' Enter
ok "~~ is one" sees '~ is 1'
types '~x is 2' Enter
ok "~ and another key are both the program's" sees '~x is 2'
types '~?'
ok "~? lists them" sees '~d +leaves'
types C-z Enter
types '~' C-z
ok "~^Z stops gproc" sees 'Stopped'
sees_prompt
put_back "with the terminal as it was" "$before"
line 'clear; echo here $(tput lines); fg'
sees '^here 24'
sees 'gproc -t'
line 'echo there $((1 + 2))'
ok "and fg goes on" sees '^there 3'
types Enter '~.'
sees_prompt
line 'echo status $?'
ok "~. ends with 255" sees '^status 255'
put_back "the terminal is as it was" "$before"
ok "and the job with it" until_true no_job

shell_on -escape=%
line 'cat'
types '~.' Enter '%%' ' percent' Enter
ok "-escape says another character" sees '^% percent$'
types '%.'
ok "by which the job ends" sees '^status 255'
shell_on '-escape=^]'
types C-] .
ok "a control character too" sees '^status 255'
shell_on -escape=none
types '~.' C-u
line "printf '%s\\n' a | sed s/a/none/"
ok "with none there is none" sees '^none$'
line 'exit 3'
sees '^status 3'

shell_on
line 'echo $$ >/tmp/shell; sleep 1000'
until_true test -s /tmp/shell
types Enter '~d'
ok "~d leaves with 0" sees '^status 0'
ok "and says how to come back" sees 'gproc attach [0-9.a-f]+'
put_back "the terminal is as it was then" "$before"
like "the job runs on" "$("$GPROC" ps)" 'detached'
is "its shell too" "$(tr '\0' ' ' <"/proc/$(cat /tmp/shell)/cmdline")" 'bash --norc --noprofile '
job=$("$GPROC" ps | sed -n 's/^\([0-9][0-9.a-f]*\) .*/\1/p' | head -n 1)
"$GPROC" kill "$job" HUP
ok "HUP hangs its terminal up" until_true no_job

for bad in ab '' '^]]'; do
	run "$GPROC" -t -escape="$bad" e 0 true
	is "-escape=$bad is refused" "$status" 2
done
kill -INT "$MASTER"
tty_tmux kill-server
wait
done_testing
