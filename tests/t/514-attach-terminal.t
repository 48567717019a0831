#!/bin/sh
# attach at a terminal: of a job that has none Ctrl-C leaves it and the terminal is as it was; a detached one with -t waits for a keyboard.
# (508 has shells that are left and come back to.)
. tests/lib.sh
enter_namespaces "$@"
. "$REPO/tests/tty.sh"
LIMIT=$(limit 60)

start_master
start_deep
start_tty
before=$(modes)

# A job without a terminal: the keys of attach are its own.
hold
"$GPROC" -detach -name=plain e 1,0:2:6 sh -c 'echo here; flock -s /tmp/held true' >"$T/job"
line "clear; $GPROC attach plain; echo status \$?"
sees '^here'
types C-c
ok "Ctrl-C leaves" sees '^status 130'
run "$GPROC" ps plain
is "and the job runs on" "$(printf '%s\n' "$out" | grep -c running)" 2
sees_prompt
put_back "the terminal is as it was" "$before"
# What has come to it yet can't be seen from outside: it is left again and again until it had something.
gathers() {
	line "clear; $GPROC attach -b plain; echo status \$?"
	until_true pgrep -f "^$GPROC attach -b plain" >/dev/null
	types C-c
	sees '^status 130'
	sees_prompt
	tty_shows '^here'
}
ok "with -b it shows what it has gathered" until_true gathers
line "clear; $GPROC ps"
ok "ps at 80 columns: no line is longer" sees 'plain +root .*~$'
line "clear; $GPROC i"
ok "nor of i" sees '0:2:6 .*slave6'
is "not even of the whole tree" "$(screen | awk 'length > 80' | wc -l)" 0
release
# A detached one has a keyboard from its start.
"$GPROC" -detach -name=typed -t e 0:3 bash --norc --noprofile >"$T/job"
line "clear; $GPROC attach typed; echo status \$?"
line 'echo sum $((20 + 3))'
ok "-detach -t waits for whom attaches" sees '^sum 23'
"$GPROC" attach -n typed >"$T/looks" 2>"$T/err" </dev/null &
looks=$!
until_true grep -q 'sum 23' "$T/looks"
line 'exit 3'
sees '^status 3'
status=0; wait "$looks" || status=$?
is "-n looks, and nothing is said" "$status$(grep -v '^gproc: exit 3' "$T/err")" 3
end_tree
done_testing
