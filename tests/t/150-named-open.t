#!/bin/sh
# Chosen nodes that are down, absent or refused. What is named is told before the start and at the end, the others run, and the launch has
# failed; what is open leaves them out with a note. -strict starts nothing then. So too for nodes, i, halt and reboot.
. tests/lib.sh
enter_namespaces "$@"
start_master
start_tree 6 3 # 0, 1, 2; below them 0:3, 1:4, 2:5
kill -KILL "$(pid_of_slave 2)" "$(pid_of_slave 4)"
until "$GPROC" i | grep -q '^3 up, 3 down\|^4 up, 2 down'; do kill -0 "$MASTER" || break; done
kill -KILL "$(pid_of_slave 5)"
until "$GPROC" i | grep -q '^3 up, 3 down'; do kill -0 "$MASTER" || break; done

# told WANTED: what is said of nodes, in order, without "gproc: "
told() {
	printf '%s\n' "$err" | sed 's/^gproc: //; s/ ([0-9]*)$//' | tr '\n' '|'
}

# named NODES WHAT: said twice, 255, and the others have run
named() {
	run "$GPROC" e "$1" /bin/sh -c 'echo $GPROC_NODE'
	is "e $1: status, and who ran" "$status $(printf '%s\n' "$out" | sort | tr '\n' ' ')" "255 $3 "
	is "e $1: told before and at the end" "$(told)" "$2|$2|"
}
named 0,2 "down: 2" 0
named 0-2 "down: 2" "0 1"
named 1,1:4 "down: 1:4" 1
named 0,77 "not there: 77" 0
named 0:3,2:5 "down: 2:5" 0:3

# open NODES WHAT RAN: said once, and no failure
open() {
	run "$GPROC" e "$1" /bin/sh -c 'echo $GPROC_NODE'
	is "e $1: status, and who ran" "$status $(printf '%s\n' "$out" | sort | tr '\n' ' ')" "0 $3 "
	is "e $1: told once" "$(told)" "$2|"
}
open . "down, left out: 2" "0 1"
open 0-. "down, left out: 2" "0 1"
open ... "down, left out: 2,1:4,2:5" "0 0:3 1"
open 0,1:. "down, left out: 1:4" 0
open 0,8:. "not there: 8" 0
run "$GPROC" e 8/.,0 true
is "a node that is named on the way to what is open is named" "$status $(told)" "255 not there: 8|not there: 8|"
run "$GPROC" e 8:. true
is "nobody but what is open below an absent one: nothing runs" "$status $(told)" \
	'255 "8:." selects no node that is up; not there: 8|'

# strict NODES WHAT
strict() {
	run "$GPROC" -strict e "$1" /bin/sh -c "touch '$T/ran'"
	is "-strict e $1 starts nothing" "$status $(told)" \
		"255 \"$1\" selects nodes that are not all up (-strict): nothing was started; $2|"
}
strict 0,2 "down: 2"
strict . "down: 2"
strict 0,77 "not there: 77"
strict 0,8:. "not there: 8"
ok "really nothing" test ! -e "$T/ran"
run "$GPROC" -strict e 0,0:3 true
is "-strict where all are up" "$status$err" 0

run "$GPROC" -x=1 e 1 true
is "emptied by -x" "$status $(told)" '255 "1" selects no node that -x does not leave out|'
run "$GPROC" -x=77 e 0 true
is "-x of a node that is not there" "$status $(told)" '0 -x leaves out what is not there: 77|'
run "$GPROC" -x=77,2,1:4 e 0-2,77,1:4 true
is "what -x leaves out is no failure, there or not" "$status $(told)" '0 -x leaves out what is not there: 77|'

run "$GPROC" nodes 0,2,77
is "nodes of named ones" "$status $out $(told)" "255 0 down: 2|not there: 77|"
run "$GPROC" nodes .
is "nodes of open ones" "$status $out $(told)" "0 0-1 down, left out: 2|"
run "$GPROC" -x=1 nodes 1
is "nodes, emptied by -x" "$status $out $(told)" '255  "1" selects no node that is up and not left out by -x|'
run "$GPROC" i 0,2
is "i shows a node that is down" "$status $(printf '%s\n' "$out" | sed -n 1p)$err" "0 3 up, 3 down: 2"
run "$GPROC" i 0,77
is "i of one that is not there" "$status $(told)" "255 not there: 77|"
run "$GPROC" -x=0 i 0
is "i, emptied by -x" "$status $(told)" '255 "0" selects no node that -x does not leave out|'

run "$GPROC" halt .
is "halt of those that can't be: all are told, once" "$status $(told)" \
	"255 down, left out: 2|nodes 0-1 can't be halted or rebooted from here: PID 1 there is not gproc|"
run "$GPROC" -x=1 reboot 1
is "reboot, emptied by -x" "$status $(told)" '255 "1" selects no node that is up and not left out by -x|'
run "$GPROC" -strict halt 0,2
is "-strict halt" "$status $(told)" '255 down: 2|-strict: not all of "0,2" are up, no node was told to halt|'
# A node that is a machine of its own, with gproc as PID 1, beside those that can't be halted: it goes, they are told.
echo 'quiet gproc.hostname=slave9 gproc.myParent=localhost gproc.myId="hostname hostbase" gproc.key=/etc/gproc/key' >"$T/cmdline"
unshare -p -m -u --fork --mount-proc sh -c 'mount --bind "$0" /proc/cmdline && exec "$1" init' "$T/cmdline" "$GPROC" >"$T/node.log" 2>&1 &
NODE=$!
wait_up 4
run "$GPROC" halt .
is "halt goes on after those that can't be" "$status $out $(told)" \
	"1 halt 9 down, left out: 2|nodes 0-1 can't be halted or rebooted from here: PID 1 there is not gproc|"
status=0
wait $NODE || status=$?
is "and the one that can be has ended" $status 130
done_testing
