#!/bin/bash
# A program that is stopped ends by a signal that asks it to: it goes on, as shells and schedulers have it.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
start_master
start_flat 1
for signal in TERM HUP INT QUIT; do
	mkfifo "$T/pid.$signal"
	"$GPROC" e 0 /bin/sh -c 'echo $$; exec sleep 1000' >"$T/pid.$signal" 2>"$T/err" &
	client=$!
	read -r pid <"$T/pid.$signal"
	until grep -qs '^Name:.sleep' "/proc/$pid/status"; do kill -0 $client || break; done
	kill -STOP "$pid"
	until grep -qs '^State:.T' "/proc/$pid/status"; do kill -0 $client || break; done
	"$GPROC" kill "$("$GPROC" ps | awk '/sleep/ { print $1 }')" $signal
	wait $client
	is "$signal ends it" $? $((128 + $(kill -l $signal)))
done
kill -INT "$MASTER"
wait
done_testing
