#!/bin/bash
# Input and links that stand still: what waits for them is bounded; what they lacked comes again; a node that is lost keeps the others waiting no longer.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
head -c 16M /dev/urandom >"$T/large"
head -c 1M "$T/large" >"$T/small"
large=$(sha256sum <"$T/large")
small=$(sha256sum <"$T/small" | tr -s ' ')
start_master -heartbeat="$(span 15000)" # each stop below is over in a fraction of it
start_deep

peak() { awk '/^VmHWM/ { print $2 }' "/proc/$1/status"; }

# stands PATH NUMBER ABOVE OTHER: the daemon of node PATH stands still, the program there has closed its input, one on OTHER reads all of it.
# ABOVE is the daemon above.
stands() {
	local path=$1 number=$2 above=$3 other=$4 before more
	"$GPROC" e "$path,$other" sha256sum <"$T/small" >/dev/null
	before=$(peak "$above")
	hold
	"$GPROC" -timeout="$(limit 200)s" e "$path,$other" sh -c '[ $GPROC_NODE = '"$path"' ] && exec <&-
		echo up >"'"$T"'/up.$GPROC_NODE"
		[ $GPROC_NODE = '"$path"' ] && exec flock -s /tmp/held true
		flock -s /tmp/held.go true; sha256sum' <"$T/large" >"$T/out.large" 2>&1 4>&- 5>&- &
	CLIENT=$!
	until_true test -e "$T/up.$path" -a -e "$T/up.$other"
	"$GPROC" -n e "$path" sleep 0.1 # that an input is closed is told milliseconds later: with the end of this it has been
	kill -STOP "$(pid_of_slave "$number")"
	exec 5>&-
	until_true grep -q . "$T/out.large"
	is "$path: it arrives where it is read" "$(cat "$T/out.large")" "$large"
	more=$(($(peak "$above") - before))
	ok "$path: for the link to it less than 6 MiB wait above ($more KiB)" test $more -le 6144
	# Another job's input on that link meets more than may wait there.
	"$GPROC" -timeout="$(limit 100)s" e "$path,$other" sha256sum <"$T/small" >"$T/out.small" 2>&1 4>&- &
	client=$!
	until_true eval '[ "$("$GPROC" ps | grep -c sha256sum)" -ge 2 ]'
	kill -CONT "$(pid_of_slave "$number")"
	wait $client
	is "$path: what was not sent meanwhile comes again" "$? $(sort "$T/out.small" | uniq -c | tr -s ' ')" "0  2 $small"
	release
	wait $CLIENT
	is "$path: and all end well" "$? $(cat "$T/out.large")" "0 $large"
	rm -f "$T"/up.*
}
: >/tmp/held.go
for case in "0 0 $MASTER 1" "0:2 2 $(pid_of_slave 0) 1:5" "0:2:6 6 $(pid_of_slave 2) 0:2:7"; do
	exec 5>/tmp/held.go
	flock 5
	stands $case
done

# One that stands still for longer is lost, and then keeps the others waiting no more.
exec 5>/tmp/held.go
flock 5
"$GPROC" -timeout="$(limit 200)s" e 0:2:7,1:4:10,1:5:12 sh -c 'head -c 100000 >/dev/null; echo up >"'"$T"'/up.$GPROC_NODE"; flock -s /tmp/held.go true; sha256sum' \
	<"$T/large" >"$T/out" 2>"$T/err" 4>&- 5>&- &
CLIENT=$!
until_true test -e "$T/up.0:2:7" -a -e "$T/up.1:4:10" -a -e "$T/up.1:5:12"
kill -STOP "$(pid_of_slave 5)" "$(pid_of_slave 12)"
exec 5>&-
wait $CLIENT
is "the others have all when it is lost" "$? $(uniq -c "$T/out" | sed 's|^ *||')" "255 2 $(tail -c +100001 "$T/large" | sha256sum)"
like "and it is named" "$(cat "$T/err")" '^gproc: lost: 1:5:12: '
kill -CONT "$(pid_of_slave 5)" "$(pid_of_slave 12)"
done_testing
