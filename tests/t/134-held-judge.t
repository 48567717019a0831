#!/bin/sh
# A daemon that is held in the middle of its work for longer than the heartbeat, here by a reader that does not take what it tells,
# calls nobody silent afterwards: it was not listening. That the others gave it up is the reason that it tells.
. tests/lib.sh
enter_namespaces "$@"
mkfifo "$T/says"
exec 5<>"$T/says"
cat <"$T/says" >"$T/master.log" 5>&- &
reader=$!
"$GPROC" -myAddress=127.0.0.1 -heartbeat="$(span 1000)" -debug=10 m 2>"$T/says" 5>&- &
MASTER=$!
until "$GPROC" i >/dev/null 2>&1; do :; done
start_flat 8 5>&-

# given_up NUMBER: how often that node has given the master up.
given_up() {
	grep -c 'lost the parent.*: silent' "$T/slave$1.log"
}

# told_lost: how often the master has told of that node's loss.
told_lost() {
	grep -ac 'node 0 .*is lost: the connection was closed' "$T/master.log"
}
gave_up() { [ "$(given_up 0)" -gt "$before" ]; }
knows() { [ "$(told_lost)" -gt "$knew" ]; }

for round in 1 2 3 4 5 6; do
	before=$(given_up 0) knew=$(told_lost)
	kill -STOP $reader
	# 60 of the pipe's 64 KiB, or what there is room for beside what has not been read.
	dd if=/dev/zero bs=4096 count=15 oflag=nonblock >&5 2>/dev/null
	until_true gave_up || break
	kill -CONT $reader
	until_true knows || break # it may say before that all are up
	wait_up 8 5>&-
done
like "it was given up by those who heard nothing of it" "$(tr -d '\0' <"$T/master.log")" 'node 0 \(slave0\) is lost: the connection was closed'
unlike "and called none of them silent" "$(tr -d '\0' <"$T/master.log")" 'is lost: silent'
kill -INT $MASTER
wait $MASTER
is "it ends as ever" $? 0
kill $reader
done_testing
