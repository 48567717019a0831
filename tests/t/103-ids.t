#!/bin/bash
# Slaves that ask for no id get the lowest that are free, also when all come at once, or when another has theirs by now.
. tests/lib.sh
enter_namespaces "$@"
start_master -heartbeat="$(span 2000)"

# nameless NUMBER: a slave without -myId, at an address of its own; its pid is in $SLAVE.
nameless() {
	"$GPROC" -myParent=127.0.0.1 -myAddress="127.0.2.$1" -heartbeat="$(span 2000)" s >"$T/slave$1.log" 2>&1 &
	SLAVE=$!
}

for i in $(seq 20); do nameless "$i"; done
wait_up 20
run "$GPROC" nodes .
is "twenty that come at once have 1 to 20" "$out" "1-20"
unlike "and none was refused on the way" "$(cat "$T/master.log")" "may not join"

kill -STOP "$SLAVE"
until "$GPROC" i | grep -q '^19 up, 1 down'; do kill -0 "$MASTER" || break; done
lost=$("$GPROC" i | sed -n 's/^19 up, 1 down: //p')
stopped=$SLAVE
nameless 21
wait_up 20
run "$GPROC" nodes .
is "a new one gets the id of one that is lost" "$out" "1-20"
kill -CONT "$stopped"
wait_up 21
run "$GPROC" nodes .
is "which gets another when it comes back" "$out" "1-21"
like "it was node $lost and says that it lost its parent" "$(cat "$T/slave20.log")" "lost the parent"
done_testing
