#!/bin/sh
# gproc i: the count first, who is down by name, the whole tree below, or a part of it.
. tests/lib.sh
enter_namespaces "$@"
start_master
run "$GPROC" i
is "a tree without nodes is no failure" "$status" 0
like "and says so" "$out" '^0 up'
start_deep
run "$GPROC" i
like "the first line counts" "$(printf '%s\n' "$out" | head -n 1)" '^14 up, 0 down$'
for name in 0 1 2 5 6 13; do like "slave$name is shown" "$out" "(^|[^0-9a-z])slave$name([^0-9]|\$)"; done
like "with its address" "$out" '127\.0\.1\.14'
like "its machine" "$out" "$(uname -m)"
is "one line each" "$(printf '%s\n' "$out" | grep -c slave)" 14
run "$GPROC" i 0:2:...
is "a part of it" "$(printf '%s\n' "$out" | grep -c 'slave[67]')" 2
unlike "only that part" "$out" 'slave13'
kill -KILL "$(pid_of_slave 13)"
wait "$(pid_of_slave 13)" 2>/dev/null
run "$GPROC" e 1:5:13 /bin/true
is "a launch on a node that was killed is a failure" "$status" 255
run "$GPROC" i
like "who is down is named" "$(printf '%s\n' "$out" | head -n 1)" '^13 up, 1 down: 1:5:13$'
start_slave 13 slave5
wait_up 14
run "$GPROC" i
like "and back when it is back" "$(printf '%s\n' "$out" | head -n 1)" '^14 up, 0 down$'
run "$GPROC" i -wait=15 -timeout=100ms
is "waiting for more than there are ends with the time" "$status" 255
run "$GPROC" i 1/x
is "a bad spec is wrong usage" "$status" 2
done_testing
