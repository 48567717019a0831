#!/bin/sh
# Nodes of two generations of the protocol in one tree: a head of either sees the other's, gives what was to run there a verdict that says
# why, and ends them with the tree; clients of either ask masters of the other. The older one is built from the history.
. tests/lib.sh
OLD=f83e9ef # the last commit of the first generation
first=build/first/gproc
if [ -z "${GPROC_TEST_INSIDE:-}" ] && [ ! -x $first ]; then
	mkdir -p build/first
	git -c safe.directory='*' archive $OLD 2>/dev/null | tar x -C build/first 2>/dev/null && make -s -C build/first gproc >/dev/null 2>&1 ||
		skip_all "the history has no $OLD, or it can't be built here"
fi
enter_namespaces "$@"
new=$GPROC old=$REPO/$first
cd / || exit 1

# slave NUMBER PARENT BINARY: as start_slave; debug=1, so that it says what it makes of its parent.
slave() {
	GPROC=$3
	start_slave "$1" "$2" -debug=1
	GPROC=$new
}

# tree HEAD FIRST SECOND: 0 and 1 below the head, 2 below 0, 3 below 1: 0 and 3 of FIRST, 1 and 2 of SECOND.
tree() {
	GPROC=$1
	start_master
	slave 0 master "$2"
	slave 1 master "$3"
	GPROC=$1
	wait_up 2
	slave 2 slave0 "$3"
	slave 3 slave1 "$2"
	GPROC=$1
	wait_up 4
	GPROC=$new
}

# over: Ctrl-C at the head ends all, whatever they speak.
over() {
	kill -INT "$MASTER"
	wait "$MASTER"
	status=$?
	for i in 0 1 2 3; do
		wait "$(pid_of_slave $i)" || status=$((status + 100))
	done
	is "$1: the end of the tree reaches all of them" "$status" 0
}

tree "$new" "$new" "$old"
run "$new" i
is "a new head sees old nodes, and new ones below them" "$status $(printf '%s\n' "$out" | sed -n 1p)" "0 4 up, 0 down"
run "$new" e 0 /bin/echo works
is "its own run" "$status$out$err" 0works
run "$new" e ... /bin/echo works
is "of all the others don't, without a word lost" "$status $out" "255 works"
like "and it is said why, for each" "$err" '^gproc: could not start: 1,0:2,1:3 \(3\): its gproc, .*another generation of the protocol'
run "$new" e 1:3 /bin/true
like "a new one below an old one neither" "$err" 'could not start: 1:3: its gproc, .*another generation'
run "$old" i
is "an old client asks a new master" "$status $(printf '%s\n' "$out" | sed -n 1p)" "0 4 up, 0 down"
run "$old" nodes ...
is "for nodes too" "$status$out" "00-1,0:2,1:3"
run "$old" e 0 /bin/true
is "but launches nothing" "$status$err" "255gproc: this gproc speaks generation 1 of the protocol, the master 2: use the same version"
run "$old" halt 0
like "an order to halt is understood" "$status$err" '^255gproc: node 0 can.t be halted .*PID 1 is not gproc'
like "the master has told of each once" "$(grep -c 'which speaks another generation' "$T/master.log")" '^1$'
# An old node that loses its parent is taken in by the master, and seen.
kill -9 "$SLAVE_0"
until "$new" i | grep -q '2 .*adopted'; do kill -0 "$MASTER" || break; done
run "$new" e 2,1 /bin/true
is "an old orphan is adopted, and still told of" "$status $(printf '%s\n' "$err" | grep -c 'could not start')" "255 1"
slave 0 master "$new"
wait_up 4
run "$new" e 0 /bin/echo back
is "a new one in its parent's place runs jobs" "$status$out$err" 0back
over "a new head"

tree "$old" "$old" "$new"
run "$old" i
is "an old head sees new nodes" "$status $(printf '%s\n' "$out" | sed -n 1p)" "0 4 up, 0 down"
run "$old" e 0 /bin/echo works
is "its own run" "$status$out$err" 0works
run "$old" e ... /bin/echo works
is "the others don't" "$status $out" "255 works"
like "and say so themselves, those below them too, in the old client's words" "$err" '^gproc: nodes 1,0:2,1:3: could not start: its gproc, .*another generation of the protocol'
like "a new node says what is the matter" "$(cat "$T/slave1.log")" "the parent's gproc speaks another generation"
run "$new" i
is "a new client asks an old master" "$status $(printf '%s\n' "$out" | sed -n 1p)" "0 4 up, 0 down"
run "$new" e 0 /bin/true
like "but launches nothing" "$status$err" '^255gproc: .*same version'
over "an old head"
is "nothing is left" "$(gprocs_left)" ""
done_testing
