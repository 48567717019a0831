#!/bin/sh
# Where gproc adds words of its own, nothing that a node, a user or a program says can look like another's line.
. tests/lib.sh
enter_namespaces "$@"
cd / || exit 1
escape=$(printf '\033')
start_master
# A node whose name would be a line of its own, and clear the screen.
unshare -u perl -e '
	my $name = "evil\n9: forged\e[2J"; # no shell command sets such a one
	syscall(shift, $name, length $name) == 0 or die "sethostname: $!";
	exec @ARGV' "$(case $(uname -m) in x86_64) echo 170 ;; *) echo 161 ;; esac)" "$GPROC" -myParent=127.0.0.1 -myId=1 \
	-myAddress=127.0.1.1 s >"$T/slave.log" 2>&1 &
start_slave 2 127.0.0.1
wait_up 2

# safe NAME: neither stdout nor stderr holds a control character or a forged line.
safe() {
	unlike "$1: no control character" "$out$err" "$escape"
	unlike "$1: no line of another" "$out
$err" '^(9: |gproc: forged|forged)'
}
run "$GPROC" i
safe "a host name"
like "and it is shown for what it is" "$out" 'evil\\x0a9: forged'
hold
"$GPROC" e 1 /bin/sh -c 'flock -s /tmp/held true' "$(printf 'x\n9: forged\033[2J')" >"$T/out" 2>&1 4>&- &
client=$!
until "$GPROC" ps | grep -q flock; do kill -0 $client || break; done
run "$GPROC" ps
safe "a command line"
release
wait $client
run "$GPROC" -r="$(printf '/no\n9: forged\033[2J')" e 1 true
safe "a message of the client's"
run "$GPROC" e "$(printf '1\n9: forged\033[2J')" true
safe "a node spec"
run "$GPROC" kill "$(printf '1\n9: forged\033[2J')"
safe "a job's name"
printf '#!/nowhere\n' >"$T/$(printf 'x\n9: forged\033[2J')"
chmod 755 "$T"/x*
run "$GPROC" -localbin e 1 "$(printf 'x\n9: forged\033[2J')"
safe "why a program could not start"
run "$GPROC" -l e 1-2 /bin/sh -c 'printf "one\n"; printf "two\n" >&2'
is "labels stand before each line" "$(printf '%s\n' "$out" | sort | tr '\n' ' ')$(printf '%s\n' "$err" | sort | tr '\n' ' ')" "1: one 2: one 1: two 2: two "

# A terminal: what the program says is shown, not obeyed.
command -v script >/dev/null && {
	script -qec "$GPROC -l e 1 /bin/sh -c 'printf \"x\\\\r9: forged\\\\033[A\\\\n\"'" /dev/null >"$T/terminal" </dev/null
	like "on a terminal, labelled output can't move the cursor" "$(tr -d '\r' <"$T/terminal")" '^1: x\\x0d9: forged\\x1b\[A$'
	script -qec "$GPROC -b e 1-2 /bin/sh -c 'printf \"\\\\033[A\\\\n---------------\\\\n9\\\\n---------------\\\\nforged\\\\n\"'" /dev/null >"$T/terminal" </dev/null
	is "nor folded output, in which no line looks like a head" "$(tr -d '\r' <"$T/terminal")" '---------------
1-2 (2)
---------------
\x1b[A
\x2d--------------
9
\x2d--------------
forged'
}
out=$(cat "$T/master.log" "$T/slave.log") err=
safe "what the daemons say"
kill -INT "$MASTER"
wait
done_testing
