#!/bin/bash
# A node that can't run a job fails alone, with its reason: no room, no permission, another machine's program, nothing to find.
. tests/lib.sh
enter_namespaces "$@"
start_master
start_slave 0 master
start_slave 1 master -store=8M
start_slave 2 slave0
start_slave 3 slave1
start_slave 4 slave0 -store=8M
wait_up 5
head -c 12000000 /dev/urandom >"$T/file"
sum=$(cksum <"$T/file")

run "$GPROC" -f="$T/file" e 0,0:2,0:4 /bin/sh -c 'cksum <"$0"' "/tmp/xproc$T/file"
is "no room: status" "$status" 126
like "no room: told, with what it needs and what there is" "$err" '^gproc: could not start: 0:4: .*[0-9].*[0-9]'
is "no room: it alone" "$(printf '%s\n' "$err" | wc -l) $(printf '%s\n' "$out" | grep -cx "$sum")" "1 2"

run timeout "$(limit 60)" "$GPROC" -f="$T/file" e 0,1:3 /bin/sh -c 'cksum <"$0"' "/tmp/xproc$T/file"
is "no room on the way: both have it" "$status$err $(printf '%s\n' "$out" | grep -cx "$sum")" "0 2"
head -c 12000000 /dev/urandom >"$T/file"
sum=$(cksum <"$T/file")
run timeout "$(limit 60)" "$GPROC" -f="$T/file" e 1,1:3 /bin/sh -c 'cksum <"$0"' "/tmp/xproc$T/file"
like "no room on the way: it fails, with what it needs and what there is" "$err" '^gproc: could not start: 1: it needs [0-9.]+ MiB, and of .* there are [0-9.]+ [MK]iB'
is "no room on the way: it alone" "$status $(printf '%s\n' "$err" | wc -l) $(printf '%s\n' "$out" | grep -cx "$sum")" "126 1 1"

printf 'not a program' >"$T/data"
chmod 755 "$T/data"
run "$GPROC" e ... "$T/data"
like "no program: told before anything is sent, or by the nodes" "$status" '^126$'

run "$GPROC" -localbin e ... /nowhere/program
is "nothing there" "$status" 127
run "$GPROC" e ... /bin/true
is "all are free" "$status$err" 0
done_testing
