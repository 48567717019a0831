#!/bin/bash
# A node that lies to those who ask it for contents, by silence, by being there and giving nothing, by wrong bytes: they have them from elsewhere. And
# nobody gets by asking a node what the launch in whose name it asks may not have.
. tests/lib.sh
TEST_SHELL=bash
enter_namespaces "$@"
. tests/wires.sh
sham="$REPO/build/tools/sham"
[ -x "$sham" ] || skip_all "build/tools/sham is not built"

for lie in silent alive bytes; do
	start_cabled 100mbit "-key=none -heartbeat=$(span 1000)" 0:m 2:m 3:m
	host slave1 "$sham" node 10.9.254.1 1 $lie
	up_on master 4
	fresh file 6000000
	bring file .
	is "$lie: the other three have all of it" "$status $(printf '%s\n' "$out" | sort | uniq -c | sed 's/^ *//')" "0 3 $fresh_sum"
	is "$lie: it was asked by one of them" "$(sort -u "$T/slave1.log") $(grep -c asked "$T/slave1.log")" "asked 1"
	fresh more 3000000
	bring more .
	is "$lie: the next file comes too" "$status $(printf '%s\n' "$out" | sort | uniq -c | sed 's/^ *//')" "0 3 $fresh_sum"
	[ $lie = alive ] || is "$lie: and it isn't asked again" "$(grep -c asked "$T/slave1.log")" 1
	kill -INT "$MASTER"
	wait
done

# Scopes: a user's file is on node 0, and another user's launch runs there.
CABLED_MASTER=-users=*
start_cabled none -key=none 0:m
host slave9 sleep infinity
root=/proc/$MASTER/root/tmp
as() { # UID COMMAND...: a user on the master's machine
	local uid=$1
	shift
	on master setpriv --reuid="$uid" --regid="$uid" --clear-groups "$@"
}
head -c 2000000 /dev/urandom >"$root/secret"
chmod 600 "$root/secret"
chown 4001 "$root/secret"
cp "$root/secret" "/proc/$HOST/root/tmp/secret"
mkfifo "$T/one" "$T/two"
as 4001 "$GPROC" -localbin -f=/tmp/secret e 0 /bin/sh -c 'echo; exec sleep 1000' >"$T/one" 2>"$T/one.err" &
as 4002 "$GPROC" -localbin e 0 /bin/sh -c 'echo; exec sleep 1000' >"$T/two" 2>"$T/two.err" &
read -r line <"$T/one"
read -r line <"$T/two"
jobs=$(on master "$GPROC" ps)
job_of() { # UID: its job as a number of the protocol
	printf '%s\n' "$jobs" | awk -v uid="$1" '$0 ~ "(^|[ \t])" uid "([ \t]|$)" { print $1 }' | { IFS=. read -r number boot; printf '%s%08x\n' "$boot" "$number"; }
}
asks() { on slave9 "$sham" ask 10.9.1.1 "$1" /tmp/secret "$2"; }
is "in its owner's launch's name it is there for who has the key" "$(asks "$(job_of 4001)" 4001)" data
is "in another user's launch's name it isn't" "$(asks "$(job_of 4002)" 4001)" lack
is "nor in a scope that it is not in" "$(asks "$(job_of 4002)" 4002) $(asks "$(job_of 4001)" 4294967295)" "lack lack"
is "nor in the name of no launch" "$(asks 123456 4001)" lack
on master "$GPROC" kill "$(printf '%s\n' "$jobs" | awk 'NR == 2 { print $1 }')" >/dev/null 2>&1
on master "$GPROC" kill "$(printf '%s\n' "$jobs" | awk 'NR == 3 { print $1 }')" >/dev/null 2>&1
kill "$HOST"
kill -INT "$MASTER"
wait
done_testing
