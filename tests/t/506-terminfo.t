#!/bin/sh
# The description of the user's terminal goes along: a program draws on a node that has none, however it sees the node's files.
. tests/lib.sh
enter_namespaces "$@"
for tool in tput infocmp tic; do command -v $tool >/dev/null || skip_all "$tool is missing"; done

start_master
start_bare 0 true
start_slave 1 master
start_slave 2 slave1
wait_up 3
infocmp screen | sed 's/^screen|[^,]*,/gproctest|a terminal of this test,/; s/colors#[^,]*,/colors#77,/' >"$T/source"
grep -q 'colors#77' "$T/source" || printf '\tcolors#77,\n' >>"$T/source"
# colors SWITCHES: what a program on node $node takes the terminal to have.
colors() {
	run env TERM=gproctest "$GPROC" -t "$@" e "$node" tput colors
	out=$(printf %s "$out" | tr -d '\r')
}

place() {
	tic -o "$1" "$T/source" || fact 1 "an entry in $1"
	for node in 0 1:2; do
		colors
		is "$node: an entry in $1 is found" "$out$err" 77
		colors -view=none
		is "$node: below binRoot alone too" "$out$err" 77
	done
	rm -rf "$1"/*/gproctest
}
place /etc/terminfo
place "$HOME/.terminfo"
mkdir -p /tmp/own
export TERMINFO=/tmp/own
place /tmp/own
unset TERMINFO
TERMINFO_DIRS=/tmp/none:/tmp/own
export TERMINFO_DIRS
place /tmp/own
unset TERMINFO_DIRS
for system in /lib/terminfo /usr/share/terminfo; do
	[ -d $system ] || { skip "an entry in $system" "there is none here"; continue; }
	mount -t tmpfs gproc-test $system && place $system
	umount $system
done

# What is Debian's own, on a node that has nothing.
run env TERM=screen "$GPROC" -t e 0 tput cols
is "the machine's own entries are" "$(printf %s "$out" | tr -d '\r')" 80
for term in '' / ../../etc/passwd .. no-such-terminal; do
	run env TERM="$term" "$GPROC" -t e 0 sh -c 'echo "<$TERM>"'
	is "TERM=$term does no harm" "$status$(printf %s "$out" | tr -d '\r')$err" "0<$term>"
done
run env -u TERM "$GPROC" -t e 0 sh -c 'echo "<${TERM-none}>"'
is "nor does none" "$status$(printf %s "$out" | tr -d '\r')$err" "0<none>"
tic -o "$HOME/.terminfo" "$T/source"
colors -f=/etc/hostname
is "files of -f go beside it" "$out" 77
node=1
cp "$(command -v tput)" /tmp/tput
run env TERM=gproctest "$GPROC" -t -localbin e 1 /tmp/tput colors
is "for the node's own programs too" "$(printf %s "$out" | tr -d '\r')" 77
run env TERM=gproctest "$GPROC" e 1 sh -c 'echo "<${TERMINFO-none}>"'
is "without -t nothing of it is sent" "$out" '<none>'
kill -INT "$MASTER"
wait
done_testing
