#!/bin/sh
# Whatever ends a client with a terminal, the terminal is put back, and the job is hung up: nothing of it is left but what was told to live on.
. tests/lib.sh
enter_namespaces "$@"
. "$REPO/tests/tty.sh"

start_master -heartbeat="$(span 3000)"
start_tree 2 1
no_job() { ! "$GPROC" ps | grep -q '[0-9]'; }
gone() { ! kill -0 "$1" 2>/dev/null; }
as_before() { [ "$(modes)" = "$before" ]; }
in_raw_mode() { [ "$(modes | grep -o -e '-icanon' -e '-isig' -e '-opost' | sort | tr '\n' ' ')" = '-icanon -isig -opost ' ]; }
# shell_on COMMAND...: started in the terminal; its client's pid is in $client, that of the program's shell in $shell.
shell_on() {
	rm -f /tmp/shell
	line "clear; $GPROC -t e 0:1 $*; echo status \$?"
	until_true test -s /tmp/shell
	shell=$(cat /tmp/shell)
	client=$(pgrep -f "^$GPROC -t e" | head -n 1)
	ok "it is in raw mode" until_true in_raw_mode # the program may run before its client has been told so
}
start_tty
before=$(modes)
SAY="'echo \$\$ >/tmp/shell; cat'"

for signal in 15 1 2 3 11 6 9; do
	shell_on sh -c "$SAY"
	kill -"$signal" "$client"
	ok "$signal: the terminal is as it was" until_true as_before
	case $signal in
	15 | 1 | 2 | 3) ok "$signal: the status says so" sees "^status $((128 + signal))" ;;
	*) sees 'here\$' ;;
	esac
	ok "$signal: the job is over" until_true no_job
	ok "$signal: and its process gone" until_true gone "$shell"
done

# A shell at its prompt sets the terminal itself; what else waits for a client does not.
cat >/tmp/wrapped <<END
$GPROC -t e 0:1 sh -c 'echo \$\$ >/tmp/shell; cat'
touch /tmp/over
exec cat
END
for signal in 9 11; do
	rm -f /tmp/shell /tmp/over
	line 'clear; sh /tmp/wrapped'
	until_true test -s /tmp/shell
	until_true eval 'modes | grep -q -e -icanon'
	kill -$signal "$(pgrep -f "^$GPROC -t e" | head -n 1)"
	until_true test -e /tmp/over
	ok "$signal: the terminal is put back for whatever reads it next" until_true eval '[ "$(modes | grep -o -e "-icanon" -e "-isig")" = "" ]'
	types C-c
	sees_prompt
	until_true no_job
done

shell_on sh -c "'trap \"echo hup >/tmp/hup; exit\" HUP; echo \$\$ >/tmp/shell; while :; do read x; done'"
kill -KILL "$client"
ok "the program hears of it by HUP" until_true test -s /tmp/hup
until_true no_job
shell_on bash -c "'nohup sleep 1000 >/dev/null 2>&1 & echo \$! >/tmp/shell; exec cat'"
kill -KILL "$client"
ok "its program ends" until_true eval "! \$GPROC ps | grep -q running"
ok "and what was told to live on does" kill -0 "$shell"
like "as a part of the job" "$("$GPROC" ps)" lingering
"$GPROC" kill 1 KILL 2>/dev/null
for job in $("$GPROC" ps | sed -n 's/^\([0-9][0-9.a-f]*\) .*/\1/p'); do "$GPROC" kill "$job" KILL; done
until_true no_job
line 'clear'
line "$GPROC -kill-after=$(span 300) -t e 0:1 sh -c 'trap \"\" HUP; echo \$\$ >/tmp/shell; exec sleep 1000'"
rm -f /tmp/shell
until_true test -s /tmp/shell
shell=$(cat /tmp/shell)
kill -KILL "$(pgrep -f "^$GPROC -kill-after" | head -n 1)"
ok "a program that ignores HUP is killed after -kill-after" until_true gone "$shell"
until_true no_job

shell_on sh -c "$SAY"
tty_tmux kill-session -t "t$tty_count"
ok "a terminal that goes away ends the client" until_true gone "$client"
ok "and the job" until_true no_job

start_tty
before=$(modes)
shell_on sh -c "$SAY"
kill -KILL "$MASTER"
ok "a lost master: the terminal is as it was" until_true as_before
ok "the status is 255" sees '^status 255'
ok "and it is said" sees '^gproc: the master is gone'
ok "no process is left at the terminal" until_true eval "! pgrep -f '^$GPROC -t'"
start_master
wait_up 2
ok "the program is gone" until_true gone "$shell"

line "clear; $GPROC -t -timeout=$(span 500) e 0:1 sleep 1000; echo status \$?"
ok "-timeout: the status is 124" sees '^status 124'
ok "the terminal is as it was" until_true as_before
line "clear; $GPROC -t e 0:1 sh -c 'kill -SEGV \$\$'; echo status \$?"
ok "a program that is killed: its signal" sees '^status 139'
line "clear; $GPROC -t -localbin e 0:1 /no/such; echo status \$?"
ok "one that is not there: 127" sees '^status 127'
ok "and why" sees '/no/such: '
ok "the terminal is as it was" until_true as_before
line "clear; $GPROC -t e 0:1 cat &"
stopped() { ps -o stat= -p "$(pgrep -f "^$GPROC -t e" | head -n 1)" | grep -q T; }
ok "in the background it stops before it has the terminal" until_true stopped
types Enter
sees 'Stopped'
put_back "the terminal is as it was" "$before"
line 'fg'
sees '^/.*gproc -t|gproc -t e 0:1 cat$'
until_true in_raw_mode # what is typed before is echoed here, too
types back Enter
ok "and has it in the foreground" eval "until_true eval '[ \$(screen | grep -c ^back\\\$) = 2 ]'"
types C-d
sees_prompt
kill -INT "$MASTER"
tty_tmux kill-server
wait
done_testing
